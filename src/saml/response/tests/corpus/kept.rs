//! The files of the corpus and their manifest. `cargo test -- --ignored the_corpus_is_written_anew` makes them.

use super::{KEPT, Message, Setting};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const HEAD: &str = "# Made by src/saml/response/tests/corpus, not by hand.\n\n";

/// What the manifest says of one message.
#[derive(Serialize)]
struct Row<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manner: Option<&'a str>,
    #[serde(flatten)]
    setting: &'a Setting,
}

#[derive(Serialize)]
struct Manifest<'a> {
    hostile: Vec<Row<'a>>,
    valid: Vec<Row<'a>>,
}

fn row(message: &Message) -> Row<'_> {
    let cause = message.expected.err();
    let of_hostile = |text: &'static str| cause.map(|_| text);
    let of_valid = |text: &'static str| cause.is_none().then_some(text);
    Row {
        file: message.file(),
        family: of_hostile(message.family),
        tries: cause.map(|_| message.about.as_str()),
        code: cause.map(super::Cause::code),
        provider: of_valid(message.family),
        manner: cause.is_none().then_some(message.about.as_str()),
        setting: &message.setting,
    }
}

fn manifest() -> String {
    let rows = |is_valid| {
        KEPT.iter().filter(|message| message.expected.is_ok() == is_valid).map(row).collect()
    };
    let text = toml::to_string(&Manifest { hostile: rows(false), valid: rows(true) }).unwrap();
    format!("{HEAD}{text}")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/responses")
}

pub(super) fn read(file: &str) -> Vec<u8> {
    fs::read(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Without whatever looks like base64, which differs where chance has a part in it.
fn skeleton(bytes: &[u8]) -> String {
    const SHORTEST: usize = 24;
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::new();
    let mut run = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=') {
            run.push(c);
            continue;
        }
        out.push_str(if run.len() < SHORTEST { &run } else { "…" });
        out.push(c);
        run.clear();
    }
    out
}

#[test]
fn the_corpus_is_what_its_generator_makes() {
    let mut wrong = Vec::new();
    for message in KEPT.iter() {
        let bytes = read(&message.file());
        let same = if message.is_random {
            skeleton(&bytes) == skeleton(message.bytes())
        } else {
            bytes == message.bytes()
        };
        if !same {
            wrong.push(message.file());
        }
    }
    assert!(wrong.is_empty(), "make the corpus anew: {wrong:#?}");
    assert_eq!(String::from_utf8(read("manifest.toml")).unwrap(), manifest());
    let made: BTreeSet<PathBuf> = KEPT.iter().map(|it| folder().join(it.file())).collect();
    let strangers: Vec<_> = files(&folder()).into_iter().filter(|it| !made.contains(it)).collect();
    let named: Vec<_> = strangers.iter().map(|it| it.file_name().unwrap()).collect();
    assert_eq!(named, [".gitattributes", "README.md", "manifest.toml"].map(std::ffi::OsStr::new));
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

#[test]
#[ignore = "writes the corpus into the source tree"]
fn the_corpus_is_written_anew() {
    for message in KEPT.iter() {
        let path = folder().join(message.file());
        let is_same = |bytes: Vec<u8>| skeleton(&bytes) == skeleton(message.bytes());
        if message.is_random && fs::read(&path).is_ok_and(is_same) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, message.bytes()).unwrap();
    }
    fs::write(folder().join("manifest.toml"), manifest()).unwrap();
}
