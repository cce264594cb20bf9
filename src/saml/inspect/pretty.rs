//! XML with one element a line, for people.

/// A piece of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Open(&'a str),
    Close(&'a str),
    /// An empty element, a comment, a processing instruction or the declaration.
    Single(&'a str),
    Text(&'a str),
}

/// Indents a document that was scanned before. Tags and texts stay as they are; only white space between tags changes.
pub(super) fn pretty(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 5 / 4);
    let mut depth = 0_usize;
    let mut previous = None;
    let mut rest = text;
    while let Some((token, after)) = next(rest) {
        rest = after;
        match token {
            Token::Text(text) if text.trim_ascii().is_empty() => continue,
            Token::Text(text) => out.push_str(text),
            Token::Open(tag) => {
                new_line(&mut out, depth);
                out.push_str(tag);
                depth += 1;
            }
            Token::Single(tag) => {
                new_line(&mut out, depth);
                out.push_str(tag);
            }
            Token::Close(tag) => {
                depth = depth.saturating_sub(1);
                if !matches!(previous, Some(Token::Open(_) | Token::Text(_))) {
                    new_line(&mut out, depth);
                }
                out.push_str(tag);
            }
        }
        previous = Some(token);
    }
    out.push('\n');
    out
}

fn new_line(out: &mut String, depth: usize) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.extend(std::iter::repeat_n("  ", depth));
}

fn next(rest: &str) -> Option<(Token<'_>, &str)> {
    if rest.is_empty() {
        return None;
    }
    if !rest.starts_with('<') {
        let end = rest.find('<').unwrap_or(rest.len());
        let (text, after) = rest.split_at_checked(end)?;
        return Some((Token::Text(text), after));
    }
    let end = if rest.starts_with("<!--") {
        rest.find("-->")? + 3
    } else if rest.starts_with("<?") {
        rest.find("?>")? + 2
    } else {
        end_of_tag(rest)?
    };
    let (tag, after) = rest.split_at_checked(end)?;
    let token = if tag.starts_with("</") {
        Token::Close(tag)
    } else if tag.starts_with("<!") || tag.starts_with("<?") || tag.ends_with("/>") {
        Token::Single(tag)
    } else {
        Token::Open(tag)
    };
    Some((token, after))
}

/// Behind the `>` that is not inside an attribute's quotes.
fn end_of_tag(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_element_has_its_line() {
        let text = "<?xml version='1.0'?><!-- <x> --><a b='>'>\n <b>one &gt; two</b><c/><d></d>\n<e> <f>x</f></e>mixed</a>\n";
        insta::assert_snapshot!(pretty(text), @r"
        <?xml version='1.0'?>
        <!-- <x> -->
        <a b='>'>
          <b>one &gt; two</b>
          <c/>
          <d></d>
          <e>
            <f>x</f>
          </e>mixed</a>
        ");
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_white_space_changes(text in "[<>/ab='\"!\\-? \n]{0,60}") {
            let visible = |text: &str| text.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>();
            let (before, after) = (visible(&text), visible(&pretty(&text)));
            proptest::prop_assert!(before.starts_with(&after));
        }
    }
}
