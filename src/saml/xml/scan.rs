//! A linear look at the bytes before any parser sees them: forbidden constructs and sizes.

#[cfg(test)]
mod tests;

use super::{Fault, Limits};

/// Checks bytes against `limits` and gives them as text.
///
/// Refuses whatever no honest response needs: document types, entities, comments, CDATA, processing
/// instructions, other encodings, and more depth or width than a tree should be built for.
pub fn scan<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, Fault> {
    if bytes.len() > limits.bytes {
        return Err(Fault::too_large(format!(
            "The document has {} bytes; at most {} are read.",
            bytes.len(),
            limits.bytes
        )));
    }
    let is_wide =
        matches!(bytes, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'<' | 0, ..] | [b'<', 0, ..]);
    if is_wide {
        return Err(Fault::forbidden("The document is not in UTF-8."));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Fault::invalid("The document is not XML in UTF-8."))?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) if limits.remarks => rest,
        Some(_) => return Err(Fault::forbidden("The document begins with a byte-order mark.")),
        None => text,
    };
    let mut scanner = Scanner { rest: skip_declaration(text)?, limits, seen: Seen::default() };
    scanner.document()?;
    Ok(text)
}

/// Steps over `<?xml version="1.0" encoding="UTF-8"?>`, the one declaration accepted.
fn skip_declaration(text: &str) -> Result<&str, Fault> {
    let Some(after) = text.strip_prefix("<?xml") else { return Ok(text) };
    let Some((declaration, rest)) = after.split_once("?>") else {
        return Err(Fault::invalid("The XML declaration has no end."));
    };
    let mut words = declaration;
    for (name, allowed) in [
        ("version", &["1.0"][..]),
        ("encoding", &["utf-8", "us-ascii"]),
        ("standalone", &["yes", "no"]),
    ] {
        let trimmed = words.trim_start_matches(is_space);
        let Some(after_name) = trimmed.strip_prefix(name) else { continue };
        let value = after_name.trim_start_matches(is_space).strip_prefix('=');
        let value = value.unwrap_or_default().trim_start_matches(is_space);
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inner = quote.and_then(|quote| value.get(1..)?.split_once(quote));
        match inner {
            Some((value, after)) if allowed.contains(&value.to_ascii_lowercase().as_str()) => {
                words = after;
            }
            _ => {
                return Err(Fault::forbidden(
                    "The XML declaration is not that of XML 1.0 in UTF-8.",
                ));
            }
        }
    }
    if !words.chars().all(is_space) {
        return Err(Fault::forbidden("The XML declaration is not that of XML 1.0 in UTF-8."));
    }
    Ok(rest)
}

/// No name of SAML has a quarter of this; the tree keeps lengths of names in 16 bits.
const NAME_BYTES: usize = 256;

/// What was counted so far.
#[derive(Default)]
struct Seen {
    elements: usize,
    attributes: usize,
    namespaces: usize,
    /// Per open element, the namespace declarations in force inside it.
    open: Vec<usize>,
    root_closed: bool,
}

struct Scanner<'a> {
    rest: &'a str,
    limits: &'a Limits,
    seen: Seen,
}

impl<'a> Scanner<'a> {
    fn document(&mut self) -> Result<(), Fault> {
        loop {
            let (text, markup) = match self.rest.find('<') {
                Some(at) => self.rest.split_at(at),
                None => (self.rest, ""),
            };
            if self.seen.open.is_empty() {
                if !text.chars().all(is_space) {
                    return Err(Fault::invalid("There is text outside the root element."));
                }
            } else {
                check_references(text)?;
            }
            if markup.is_empty() {
                break;
            }
            self.rest = markup;
            self.markup()?;
        }
        if self.seen.root_closed && self.seen.open.is_empty() {
            Ok(())
        } else {
            Err(Fault::invalid("The XML ends before its root element does."))
        }
    }

    fn markup(&mut self) -> Result<(), Fault> {
        let inside = self.rest.get(1..).unwrap_or_default();
        match inside.bytes().next() {
            Some(b'!') => self.declaration(inside),
            Some(b'?') if self.limits.remarks => {
                self.count_element()?;
                self.skip(inside, "?>")
            }
            Some(b'?') => Err(Fault::forbidden("The document has a processing instruction.")),
            Some(b'/') => {
                if self.seen.open.pop().is_none() {
                    return Err(Fault::invalid("An element ends that did not begin."));
                }
                self.seen.root_closed = self.seen.open.is_empty();
                self.skip(inside, ">")
            }
            Some(_) => self.element(inside),
            None => Err(Fault::invalid("The XML ends within a tag.")),
        }
    }

    fn declaration(&mut self, inside: &'a str) -> Result<(), Fault> {
        if let Some(comment) = inside.strip_prefix("!--") {
            if self.limits.remarks {
                self.count_element()?;
                return self.skip(comment, "-->");
            }
            return Err(Fault::forbidden("The document has a comment."));
        }
        if inside.starts_with("![CDATA[") {
            return Err(Fault::forbidden("The document has a CDATA section."));
        }
        Err(Fault::forbidden("The document has a document type (DTD); that is never accepted."))
    }

    fn skip(&mut self, inside: &'a str, end: &str) -> Result<(), Fault> {
        let (_, rest) = inside
            .split_once(end)
            .ok_or_else(|| Fault::invalid("The XML ends within a tag or a remark."))?;
        self.rest = rest;
        Ok(())
    }

    /// One start tag, attribute by attribute.
    fn element(&mut self, inside: &'a str) -> Result<(), Fault> {
        if self.seen.root_closed {
            return Err(Fault::invalid("There is a second root element."));
        }
        self.count_element()?;
        if self.seen.open.len() == self.limits.depth {
            return Err(Fault::too_large(format!(
                "The document's elements are nested more than {} deep.",
                self.limits.depth
            )));
        }
        let name_end = inside.find(|c| is_space(c) || matches!(c, '/' | '>')).unwrap_or_default();
        let (name, mut rest) = inside.split_at_checked(name_end).unwrap_or_default();
        check_name(name, "A tag")?;
        let mut has_default = false;
        let mut in_scope = self.seen.open.last().copied().unwrap_or_default();
        for count in 0.. {
            rest = rest.trim_start_matches(is_space);
            if let Some(after) = rest.strip_prefix("/>") {
                self.rest = after;
                self.seen.root_closed = self.seen.open.is_empty();
                return Ok(());
            }
            if let Some(after) = rest.strip_prefix('>') {
                self.rest = after;
                self.seen.open.push(in_scope);
                return Ok(());
            }
            if count == self.limits.attributes {
                return Err(Fault::too_large(format!(
                    "An element has more than {count} attributes."
                )));
            }
            self.seen.attributes += 1;
            if self.seen.attributes > self.limits.attributes_in_all {
                return Err(Fault::too_large(format!(
                    "The document has more than {} attributes.",
                    self.limits.attributes_in_all
                )));
            }
            let (name, value, after) = self.attribute(rest)?;
            let prefix = name.strip_prefix("xmlns:");
            let is_default = name == "xmlns";
            if prefix.is_some() && value.is_empty() || is_default && has_default {
                return Err(Fault::invalid("A namespace declaration is not well formed."));
            }
            has_default |= is_default;
            if prefix.is_some() || is_default {
                if !self.limits.relative_namespaces && !value.is_empty() && !is_absolute(value) {
                    return Err(Fault::invalid("A namespace is not an absolute URI."));
                }
                in_scope += 1;
                self.count_namespace(in_scope)?;
            }
            rest = after;
        }
        Ok(())
    }

    fn count_element(&mut self) -> Result<(), Fault> {
        self.seen.elements += 1;
        if self.seen.elements > self.limits.elements {
            return Err(Fault::too_large(format!(
                "The document has more than {} elements.",
                self.limits.elements
            )));
        }
        Ok(())
    }

    fn count_namespace(&mut self, in_scope: usize) -> Result<(), Fault> {
        self.seen.namespaces += 1;
        if self.seen.namespaces > self.limits.namespaces
            || in_scope > self.limits.namespaces_in_scope
        {
            return Err(Fault::too_large("The document declares too many namespaces."));
        }
        Ok(())
    }

    /// Name, value and what follows.
    fn attribute(&self, text: &'a str) -> Result<(&'a str, &'a str, &'a str), Fault> {
        let fault = || Fault::invalid("An attribute is not well formed.");
        let (name, after) = text.split_once('=').ok_or_else(fault)?;
        let name = name.trim_end_matches(is_space);
        check_name(name, "An attribute")?;
        let after = after.trim_start_matches(is_space);
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(fault)?;
        let (value, rest) =
            after.get(1..).and_then(|value| value.split_once(quote)).ok_or_else(fault)?;
        if value.len() > self.limits.attribute_bytes {
            return Err(Fault::too_large(format!(
                "An attribute has more than {} bytes.",
                self.limits.attribute_bytes
            )));
        }
        if value.contains('<') {
            return Err(fault());
        }
        check_references(value)?;
        Ok((name, value, rest))
    }
}

/// A qualified name. The parser checks its characters; here is what the parser would let pass.
fn check_name(name: &str, what: &str) -> Result<(), Fault> {
    if name.len() > NAME_BYTES {
        return Err(Fault::too_large(format!("A name has more than {NAME_BYTES} bytes.")));
    }
    // The tree takes `a:xmlns` for a declaration of the default namespace, and `:a` for `a`.
    let is_odd = name.ends_with(":xmlns") || name.starts_with(':');
    if is_odd || name.is_empty() || name.contains(['<', '>', '"', '\'', '&', ' ', '\t', '\n', '\r'])
    {
        return Err(Fault::invalid(format!("{what} is not well formed.")));
    }
    Ok(())
}

/// Only the five entities of XML itself, and references to characters that XML has.
fn check_references(text: &str) -> Result<(), Fault> {
    for after in text.split('&').skip(1) {
        let name = after.split_once(';').map(|(name, _)| name).unwrap_or_default();
        match name.strip_prefix('#') {
            Some(number) if is_character(number) => {}
            Some(_) => return Err(Fault::invalid("A character reference names no character.")),
            None if matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") => {}
            None if is_name(name) => {
                return Err(Fault::forbidden("The document uses an entity of its own."));
            }
            None => return Err(Fault::invalid("An ampersand is not escaped.")),
        }
    }
    Ok(())
}

/// Whether it looks like a name: what does not is text whose ampersand somebody forgot to escape.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '%'))
}

/// Whether it is a URI with a scheme, of the simple form that all namespaces in use have (RFC 3986, 3).
fn is_absolute(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let (path, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let path = match path.strip_prefix("//") {
        Some(rest) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            if !host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')) {
                return false;
            }
            path
        }
        None => path,
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?=,;@!$'()*+".contains(c);
    is_scheme && path.chars().all(is_plain) && fragment.chars().all(is_plain)
}

/// Whether `number` is that of an XML character (XML 1.0, 2.2), as in `&#160;` or `&#xA0;`.
fn is_character(number: &str) -> bool {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return false;
    }
    let character = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    character.is_some_and(|c| {
        matches!(c, '\t' | '\n' | '\r' | '\u{20}'..) && !matches!(c, '\u{fffe}' | '\u{ffff}')
    })
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}
