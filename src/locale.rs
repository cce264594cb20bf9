//! Every sentence a person reads, from `locales/`.

use crate::cause::Cause;
use crate::error::Result;
use anyhow::{Context, anyhow, bail};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use toml::{Table, Value};

/// The languages there are, each with its file.
const LOCALES: [(&str, &str); 1] = [("en", include_str!("../locales/en.toml"))];

/// Who can change what kept a sign-in from completing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The one who runs the customer's identity provider.
    ItAdmin,
    /// The one who runs this gateway.
    Operator,
    /// The one who builds the app.
    Developer,
    /// The one who signs in.
    Person,
}

/// What is said about one cause.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CauseText {
    /// Heads the trace.
    pub title: String,
    /// Names it on the error page.
    pub short: String,
    /// What the person reads; filled by [`Locale::person`].
    person: String,
    /// Whether starting again can help.
    pub retry: bool,
    /// What to do about it; filled by `Guides::fix`.
    pub fix: String,
    /// Who does it; the first is asked first.
    pub who: Vec<Who>,
}

/// The sentences of one language.
#[derive(Debug, Clone)]
pub struct Locale {
    texts: BTreeMap<String, String>,
    causes: HashMap<Cause, CauseText>,
    unknown: CauseText,
}

/// The languages there are.
pub fn names() -> impl Iterator<Item = &'static str> {
    LOCALES.iter().map(|(name, _)| *name)
}

impl Locale {
    /// The sentences of the language `name`, parsed; once at start.
    pub fn load(name: &str) -> Result<Self> {
        let file = LOCALES.iter().find(|(known, _)| *known == name);
        let (_, text) = file.with_context(|| format!("there is no locale {name}"))?;
        Ok(parse(text).with_context(|| format!("locales/{name}.toml"))?)
    }

    /// The sentence of `key`, such as `login.title`. A test keeps every key that is asked for in
    /// the file; should one be missing, the key itself is what people see.
    #[must_use]
    pub fn text<'a>(&'a self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// The sentence of `key` with its names in braces filled in.
    #[must_use]
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(self.text(key), values)
    }

    /// What is said about `cause`.
    #[must_use]
    pub fn cause(&self, cause: Cause) -> &CauseText {
        self.causes.get(&cause).unwrap_or(&self.unknown)
    }

    /// What the person reads. Without an organization, as when nothing says whose provider
    /// answered, it is "your company".
    #[must_use]
    pub fn person(&self, cause: Cause, organization: Option<&str>, operator: &str) -> String {
        let company = capitalized(self.text("error.your_company"));
        let organization = organization.unwrap_or(&company);
        let values = [("organization", organization), ("operator", operator)];
        fill(&self.cause(cause).person, &values)
    }

    /// Heads the explanation of metadata that cannot be used (`metadata_is_sp`).
    #[must_use]
    pub fn metadata_title(&self, code: &str) -> &str {
        self.texts.get(&format!("metadata.{code}.title")).map_or("", String::as_str)
    }

    /// The same in the first of these `words` for which there is a title of its own: for the way in which it was given, or
    /// for who reads it.
    #[must_use]
    pub fn metadata_title_in(&self, code: &str, words: &[&str]) -> &str {
        let own = |word: &&str| self.texts.get(&format!("metadata.{code}.{word}_title"));
        words.iter().find_map(own).map_or_else(|| self.metadata_title(code), String::as_str)
    }

    /// What to use instead, in the first of these `words` for which it is said apart.
    #[must_use]
    pub fn metadata_fix_in(&self, code: &str, words: &[&str], button: &str) -> String {
        let own = |word: &&str| self.texts.get(&format!("metadata.{code}.{word}_fix"));
        match words.iter().find_map(own) {
            Some(text) => fill(text, &[("button", button)]),
            None => self.metadata_fix(code, button),
        }
    }

    /// What to use instead; `button` is what the provider's console calls it.
    #[must_use]
    pub fn metadata_fix(&self, code: &str, button: &str) -> String {
        self.fill(&format!("metadata.{code}.fix"), &[("button", button)])
    }
}

/// `text` with each `{name}` replaced by its value, in one pass: braces in a value stay as they
/// are. A name without a value stays too.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, after))
        });
        if let Some((value, after)) = value {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn parse(text: &str) -> anyhow::Result<Locale> {
    let mut table: Table = text.parse()?;
    let causes = table.remove("cause").and_then(|causes| match causes {
        Value::Table(causes) => Some(causes),
        _ => None,
    });
    let mut of_code = causes.context("[cause] is missing")?;
    let mut causes = HashMap::new();
    for &cause in Cause::ALL {
        let text = of_code.remove(cause.code()).ok_or_else(|| anyhow!("no [cause.{cause}]"))?;
        let text = text.try_into().with_context(|| format!("[cause.{cause}]"))?;
        causes.insert(cause, text);
    }
    if let Some(code) = of_code.keys().next() {
        bail!("[cause.{code}] is about no cause");
    }
    let mut texts = BTreeMap::new();
    flatten("", table, &mut texts)?;
    Ok(Locale { texts, causes, unknown: CauseText::default() })
}

fn flatten(prefix: &str, table: Table, texts: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        match value {
            Value::String(text) => {
                texts.insert(key, text);
            }
            Value::Table(table) => flatten(&format!("{key}."), table, texts)?,
            _ => bail!("{key} is not a sentence"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn english() -> Locale {
        Locale::load("en").unwrap()
    }

    /// The names in braces.
    fn names_in(text: &str) -> Vec<&str> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    #[test]
    fn every_cause_has_all_its_sentences_and_names_nothing_unknown() {
        let locale = english();
        for &cause in Cause::ALL {
            let text = locale.cause(cause);
            for sentence in [&text.title, &text.short, &text.person, &text.fix] {
                assert!(!sentence.trim().is_empty(), "{cause}");
            }
            assert!(!text.who.is_empty(), "{cause}");
            for name in names_in(&text.person) {
                assert!(["organization", "operator"].contains(&name), "{cause}: {name}");
            }
            for name in names_in(&text.fix) {
                assert!(["field", "value", "provider"].contains(&name), "{cause}: {name}");
            }
            assert!(names_in(&text.title).is_empty() && names_in(&text.short).is_empty());
        }
    }

    #[test]
    fn a_cause_without_sentences_and_sentences_without_a_cause_are_refused() {
        let (_, text) = LOCALES[0];
        let missing = text.replace("[cause.no_access]", "[cause.no_acces]");
        assert_eq!(parse(&missing).unwrap_err().to_string(), "no [cause.no_access]");
        let leftover = format!("{text}\n[cause.gone]\ntitle = ''\n");
        assert_eq!(parse(&leftover).unwrap_err().to_string(), "[cause.gone] is about no cause");
    }

    #[test]
    fn an_end_user_never_reads_a_term_of_saml() {
        let locale = english();
        for &cause in Cause::ALL {
            let text = locale.person(cause, Some("Globex"), "Orbit Labs").to_lowercase();
            for term in [
                "assertion",
                "saml",
                "scim",
                "audience",
                "idp",
                "tenant",
                "metadata",
                "!",
                "please",
            ] {
                assert!(!text.contains(term), "{cause}: {text}");
            }
        }
    }

    #[test]
    fn the_person_reads_whose_sign_in_it_was() {
        let locale = english();
        let cause = Cause::AudienceMismatch;
        assert_eq!(
            locale.person(cause, Some("Globex"), "Orbit Labs"),
            "Globex's sign-in page answered, but one setting there doesn't match ours. \
             Your password is fine, and trying again won't help until it is changed."
        );
        assert!(locale.person(cause, None, "Orbit Labs").starts_with("Your company's sign-in"));
    }

    #[test]
    fn filling_is_one_pass_and_leaves_unknown_names() {
        let values = [("a", "{b}"), ("b", "x")];
        assert_eq!(fill("{a} {b} {c} {", &values), "{b} x {c} {");
    }

    #[test]
    fn metadata_faults_say_what_to_use_instead() {
        let locale = english();
        for key in locale.texts.keys().filter(|key| key.starts_with("metadata.")) {
            let code = key.split('.').nth(1).unwrap();
            assert!(!locale.metadata_title(code).is_empty());
            assert!(names_in(&locale.metadata_fix(code, "Copy Metadata URL")).is_empty());
            let words = key.split('.').nth(2).unwrap();
            let word = words.trim_end_matches("_title").trim_end_matches("_fix");
            let own = locale.metadata_fix_in(code, &[word], "Copy Metadata URL");
            assert!(names_in(&own).is_empty(), "{key}");
            assert!(names_in(locale.metadata_title_in(code, &[word])).is_empty(), "{key}");
        }
        let fix = locale.metadata_fix("metadata_is_login_page", "Copy Metadata URL");
        assert!(fix.ends_with("Use Copy Metadata URL."), "{fix}");
    }

    #[test]
    fn every_sentence_that_code_or_a_page_asks_for_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let locale = english();
        let mut files = Vec::new();
        collect(&root.join("src"), &mut files);
        collect(&root.join("templates"), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for call in ["locale.text(\"", "locale.fill(\""] {
                for key in text.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                    let exact = !key.ends_with('.') && !key.contains(['…', '\\']);
                    assert!(
                        !exact || locale.texts.contains_key(key),
                        "{} asks for {key}",
                        file.display()
                    );
                }
            }
        }
    }

    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "html") {
                files.push(path);
            }
        }
    }
}
