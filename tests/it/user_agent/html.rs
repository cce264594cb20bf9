//! The forms of a page, read as tolerantly as a browser would.

use url::Url;

/// A form with the values that it would send.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// Where it goes.
    pub(crate) action: Url,
    /// `get` or `post`.
    pub(crate) method: String,
    /// Names and values in the page's order.
    pub(crate) fields: Vec<(String, String)>,
    /// Whether there is something that a person would fill in or choose.
    pub(crate) asks: bool,
}

impl Form {
    /// The form with a field filled in, or added where the page has none of that name.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => value.clone_into(&mut field.1),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// The form without a field.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// The value of a field.
    pub(crate) fn value(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(known, _)| known == name);
        &field.unwrap_or_else(|| panic!("field {name} in {self:?}")).1
    }
}

/// The forms of a page at an address.
pub(crate) fn forms(page: &Url, html: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut open: Option<Form> = None;
    let mut rest = html;
    while let Some((tag, after)) = next_tag(rest) {
        rest = after;
        match tag.name.as_str() {
            "form" => forms.extend(open.replace(start(page, &tag))),
            "/form" => forms.extend(open.take()),
            "input" | "select" | "textarea" => {
                if let Some(form) = &mut open {
                    add(form, &tag);
                }
            }
            "script" | "style" => {
                rest = rest.find(&format!("</{}", tag.name)).map_or("", |end| &rest[end..]);
            }
            _ => {}
        }
    }
    forms.extend(open);
    forms
}

/// Where a page leads that opens another at once.
pub(crate) fn refresh(html: &str) -> Option<String> {
    let mut rest = html;
    while let Some((tag, after)) = next_tag(rest) {
        rest = after;
        if tag.name == "meta" && tag.attribute("http-equiv") == Some("refresh") {
            return tag.attribute("content")?.strip_prefix("0;url=").map(str::to_owned);
        }
    }
    None
}

fn start(page: &Url, tag: &Tag) -> Form {
    let action = match tag.attribute("action") {
        None | Some("") => page.clone(),
        Some(action) => page.join(action).unwrap(),
    };
    let method = tag.attribute("method").unwrap_or("get").to_ascii_lowercase();
    Form { action, method, fields: Vec::new(), asks: false }
}

fn add(form: &mut Form, tag: &Tag) {
    let kind = tag.attribute("type").unwrap_or("text").to_ascii_lowercase();
    // A button sends its name only when it is the one pressed: `Form::with` says so.
    if matches!(kind.as_str(), "submit" | "button" | "reset" | "image" | "file") {
        return;
    }
    form.asks |= kind != "hidden";
    let unticked =
        matches!(kind.as_str(), "checkbox" | "radio") && tag.attribute("checked").is_none();
    let Some(name) = tag.attribute("name").filter(|_| !unticked) else { return };
    form.fields.push((name.to_owned(), tag.attribute("value").unwrap_or_default().to_owned()));
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The next tag and what follows it.
fn next_tag(html: &str) -> Option<(Tag, &str)> {
    let mut rest = &html[html.find('<')? + 1..];
    while let Some(comment) = rest.strip_prefix("!--") {
        let after = &comment[comment.find("-->")? + 3..];
        rest = &after[after.find('<')? + 1..];
    }
    let end = rest
        .char_indices()
        .find(|(index, sign)| (*index > 0 && *sign == '/') || *sign == '>' || sign.is_whitespace())?
        .0;
    let (name, mut rest) = rest.split_at(end);
    let mut tag = Tag { name: name.to_ascii_lowercase(), attributes: Vec::new() };
    loop {
        rest = rest.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '/');
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Some((tag, after));
        }
        let (attribute, after) = next_attribute(rest)?;
        tag.attributes.push(attribute);
        rest = after;
    }
}

/// The next attribute of a tag and what follows it.
fn next_attribute(text: &str) -> Option<((String, String), &str)> {
    let ends = |sign: char| sign.is_whitespace() || matches!(sign, '=' | '>' | '/');
    let (name, rest) = text.split_at(text.char_indices().skip(1).find(|(_, sign)| ends(*sign))?.0);
    let name = name.to_ascii_lowercase();
    let Some(rest) = rest.trim_start().strip_prefix('=') else {
        return Some(((name, String::new()), rest));
    };
    let rest = rest.trim_start();
    let (value, rest) = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].split_once(quote)?,
        _ => rest.split_at(rest.find(|sign: char| sign.is_whitespace() || sign == '>')?),
    };
    Some(((name, decode(value)), rest))
}

/// Text with its character references replaced.
fn decode(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let reference = after.split_once(';').and_then(|(name, tail)| Some((sign(name)?, tail)));
        let (sign, tail) = reference.unwrap_or(('&', after));
        decoded.push(sign);
        rest = tail;
    }
    decoded + rest
}

fn sign(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_every_way_of_writing_it() {
        let page = Url::parse("http://localhost/a/b?c").unwrap();
        let html = r#"<!doctype html><!-- <form> --><script>"<form>"</script>
            <FORM Method=POST action="../go?x=1&amp;y=2"><input type=hidden name='r' value="a&#38;&#x3c;&quot;'">
            <input name="email" type="email" autofocus><input type=checkbox name=c value=1><br/>
            <input type="checkbox" name="d" value="1" checked/><button name=b value=1>Go</button></FORM>
            <form><input type="hidden" name="k" value="a & b"></form>"#;
        let forms = forms(&page, html);
        assert_eq!(forms.len(), 2);
        assert_eq!(forms[0].action.as_str(), "http://localhost/go?x=1&y=2");
        assert_eq!(forms[0].method, "post");
        let fields: Vec<_> = forms[0].fields.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(fields, ["r=a&<\"'", "email=", "d=1"]);
        assert!(forms[0].asks);
        assert_eq!(forms[1].action, page);
        assert_eq!(forms[1].value("k"), "a & b");
        assert!(!forms[1].asks);
    }

    #[test]
    fn a_field_is_filled_in_where_it_stands() {
        let page = Url::parse("http://localhost/").unwrap();
        let form = forms(&page, "<form><input name=a><input name=b></form>").remove(0);
        let form = form.with("a", "1").with("c", "3").without("b");
        assert_eq!(
            form.fields,
            [("a".to_owned(), "1".to_owned()), ("c".to_owned(), "3".to_owned())]
        );
    }

    #[test]
    fn a_page_that_opens_another_at_once_says_where() {
        let page = |content: &str| {
            format!("<head><meta charset=a><meta http-equiv=refresh content='{content}'>")
        };
        assert_eq!(refresh(&page("0;url=/a?b&#38;c")).as_deref(), Some("/a?b&c"));
        assert_eq!(refresh(&page("3;url=/a")), None);
        assert_eq!(refresh("<meta charset=a><p>"), None);
    }

    #[test]
    fn a_cut_off_page_ends_the_reading() {
        let page = Url::parse("http://localhost/").unwrap();
        for html in
            ["<form", "<form action=", "<form action=\"x", "<form><input name", "<", "<!-- "]
        {
            assert!(forms(&page, html).len() <= 1);
        }
    }
}
