//! Which templates pages come from: by the words that a template has and no other, a page that was seen proves that it did.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use vestibule::locale::Locale;

/// Templates that have no word of their own, as they say only what they are given, with a page that is known to be of each.
const WITHOUT_WORDS: &[(&str, &str)] = &[("message.html", "login-nowhere")];
/// Shorter ones are in any page.
const SHORTEST: usize = 16;

/// The templates of pages of which none was seen. `sources` are the pages by their names, as the server sent them.
pub(super) fn unseen(sources: &Map<String, Value>, locale: &Locale) -> Vec<String> {
    let all = all(locale);
    let own = |name: &str| -> Vec<&str> {
        let is_own =
            |word: &&str| !all.iter().any(|(other, it)| other != name && it.plain.contains(word));
        all[name].words().filter(is_own).collect()
    };
    let is_of = |source: &str, name: &str| own(name).iter().any(|word| source.contains(word));
    let is_page = |name: &String| {
        all[name].base.is_some() && !all.values().any(|other| other.base.as_ref() == Some(name))
    };
    let pages: Vec<&String> = all.keys().filter(|name| is_page(name)).collect();
    let is_unseen = |name: &str| {
        let words = own(name);
        if let Some((_, page)) = WITHOUT_WORDS.iter().find(|(without, _)| *without == name) {
            assert!(words.is_empty(), "{name} has words of its own: {words:?}");
            let source = sources.get(*page).and_then(Value::as_str);
            return source.is_none_or(|source| pages.iter().any(|other| is_of(source, other)));
        }
        assert!(!words.is_empty(), "{name} has no words of its own: name a page in WITHOUT_WORDS");
        let mut texts = sources.values().filter_map(Value::as_str);
        !texts.any(|source| words.iter().any(|word| source.contains(word)))
    };
    pages.iter().filter(|name| is_unseen(name)).map(|name| (*name).clone()).collect()
}

/// A template.
struct Template {
    /// What it extends.
    base: Option<String>,
    /// What it always says the same: a line for each part between two things that are filled in.
    plain: String,
}

impl Template {
    fn words(&self) -> impl Iterator<Item = &str> {
        self.plain.lines().map(str::trim).filter(|word| word.len() >= SHORTEST)
    }
}

/// All templates by their paths in `templates`.
fn all(locale: &Locale) -> BTreeMap<String, Template> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut all = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                all.insert(name, read(&fs::read_to_string(&path).unwrap(), locale));
            }
        }
    }
    all
}

fn read(source: &str, locale: &Locale) -> Template {
    let extends = source.split("{% extends \"").nth(1).and_then(|rest| rest.split('"').next());
    let (mut plain, mut rest) = (String::new(), source);
    while let Some(at) = rest.find('{') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = match rest.get(..2) {
            Some("{{") => "}}",
            Some("{%") => "%}",
            Some("{#") => "#}",
            _ => {
                plain.push('{');
                rest = &rest[1..];
                continue;
            }
        };
        let (inner, after) = rest[2..].split_once(end).unwrap();
        // What is filled in and what is escaped come between its words.
        let said = inner.trim().strip_prefix("shell.").and_then(|call| call.split('"').nth(1));
        let text = said.map(|key| locale.text(key)).filter(|text| Some(*text) != said);
        plain.push_str(&words_of(text.unwrap_or("\n")));
        rest = after;
    }
    plain.push_str(rest);
    Template { base: extends.map(str::to_owned), plain }
}

/// A sentence with a line for each part between what is filled in or escaped.
fn words_of(text: &str) -> String {
    let mut is_name = false;
    let part = |letter: char| {
        let is_out = is_name || matches!(letter, '{' | '<' | '>' | '&' | '"' | '\'');
        is_name = (is_name || letter == '{') && letter != '}';
        if is_out { '\n' } else { letter }
    };
    text.chars().map(part).collect()
}
