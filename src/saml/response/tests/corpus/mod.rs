//! The corpus: messages made to harm and messages as providers send them. They are made here, kept in
//! `tests/data/responses` beside a manifest, and held to what the manifest says.

mod algorithms;
mod constructs;
mod cost;
mod elsewhere;
mod encodings;
mod encryption;
mod fields;
mod kept;
mod keys;
mod large;
mod mutants;
mod names;
mod providers;
mod references;
mod semantics;
mod shapes;
mod statements;
mod transforms;
mod variants;
mod wrapping;

use super::*;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// One message of the corpus.
pub(super) struct Message {
    /// What kind of trick it is, or which provider sends so. Also its folder.
    family: &'static str,
    name: &'static str,
    /// What it tries, or what is particular about it.
    about: String,
    expected: Result<(), Cause>,
    content: Content,
    setting: Setting,
    /// The elements whose signatures another program can verify in the message as it is.
    signed: &'static [&'static str],
    /// Whether it is another one each time that it is made, as whatever is encrypted or signed with a curve.
    is_random: bool,
}

/// What travels.
pub(super) enum Content {
    /// A document.
    Xml(Vec<u8>),
    /// The form field `SAMLResponse`.
    Field(String),
    /// The whole body of the form.
    Form(String),
}

/// How the connection is set that gets the message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Setting {
    /// Whose certificates it knows, by the names of `tests/data/keys`.
    #[serde(skip_serializing_if = "is_usual")]
    keys: Vec<&'static str>,
    /// The key that assertions are encrypted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    decryption_key: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_response_to: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allow_sha1: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allow_cbc: bool,
    /// When it arrives, in seconds of 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    arrives: Option<i64>,
}

fn is_usual(keys: &[&str]) -> bool {
    keys == ["rsa"]
}

/// A message that must be refused with `cause`.
fn hostile(
    family: &'static str,
    name: &'static str,
    cause: Cause,
    tries: &str,
    xml: impl Into<Vec<u8>>,
) -> Message {
    Message::new(family, name, tries, Err(cause), Content::Xml(xml.into()))
}

/// A message that must be accepted. `signed` are the elements that carry a signature.
fn valid(
    provider: &'static str,
    name: &'static str,
    manner: &str,
    signed: &'static [&'static str],
    xml: impl Into<Vec<u8>>,
) -> Message {
    Message { signed, ..Message::new(provider, name, manner, Ok(()), Content::Xml(xml.into())) }
}

impl Message {
    fn new(
        family: &'static str,
        name: &'static str,
        about: &str,
        expected: Result<(), Cause>,
        content: Content,
    ) -> Self {
        let setting = Setting {
            keys: vec!["rsa"],
            decryption_key: None,
            in_response_to: None,
            allow_sha1: false,
            allow_cbc: false,
            arrives: None,
        };
        let about = about.to_owned();
        Self { family, name, about, expected, content, setting, signed: &[], is_random: false }
    }

    /// For a connection that is set in another way.
    fn with(mut self, set: impl FnOnce(&mut Setting)) -> Self {
        set(&mut self.setting);
        self
    }

    fn random(self) -> Self {
        Self { is_random: true, ..self }
    }

    fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Xml(xml) => xml,
            Content::Field(text) | Content::Form(text) => text.as_bytes(),
        }
    }

    /// The file below `tests/data/responses`.
    fn file(&self) -> String {
        let folder = if self.expected.is_ok() { "valid" } else { "hostile" };
        let ending = match self.content {
            Content::Xml(_) => "xml",
            Content::Field(_) => "txt",
            Content::Form(_) => "form",
        };
        let plain = |text: &str| {
            let words = text.to_lowercase();
            words.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
        };
        format!("{folder}/{}/{}.{ending}", plain(self.family), plain(self.name))
    }

    /// The connection that gets it.
    pub(super) fn world(&self) -> World {
        let keys: Vec<_> = self.setting.keys.iter().map(|name| testing::named(name)).collect();
        let decryption_keys = self.setting.decryption_key.map(testing::named);
        World {
            decryption_keys: decryption_keys
                .map(|pair| DecryptionKey::new(pair.key.clone()).unwrap())
                .into_iter()
                .collect(),
            in_response_to: self.setting.in_response_to,
            allow_sha1: self.setting.allow_sha1,
            allow_cbc: self.setting.allow_cbc,
            is_cbc_spent: false,
            now: self.setting.arrives.map_or_else(testing::now, Time::from_unix),
            ..World::trusting(&keys)
        }
    }

    /// The form field with the message.
    fn field(&self) -> Result<String, Cause> {
        self.field_of(self.bytes())
    }

    fn field_of(&self, bytes: &[u8]) -> Result<String, Cause> {
        match self.content {
            Content::Xml(_) => Ok(STANDARD.encode(bytes)),
            Content::Field(_) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
            Content::Form(_) => Form::read(bytes).response,
        }
    }

    /// What becomes of `bytes`, which are the message or what is kept of it.
    fn outcome_of(&self, bytes: &[u8]) -> Result<Identity, Rejection> {
        let field = self.field_of(bytes);
        let field = field.map_err(|cause| Rejection::new(cause, "The form is not right."))?;
        self.world().verify_field(&field).result
    }
}

/// Every message that is kept in a file.
static KEPT: LazyLock<Vec<Message>> = LazyLock::new(|| {
    let mut messages = Vec::new();
    messages.extend(wrapping::messages());
    messages.extend(references::messages());
    messages.extend(transforms::messages());
    messages.extend(algorithms::messages());
    messages.extend(keys::messages());
    messages.extend(names::messages());
    messages.extend(constructs::messages());
    messages.extend(encodings::messages());
    messages.extend(shapes::messages());
    messages.extend(encryption::messages());
    messages.extend(semantics::messages());
    messages.extend(statements::messages());
    messages.extend(fields::messages());
    messages.extend(providers::messages());
    messages.extend(variants::messages());
    messages
});

#[test]
fn every_message_of_the_corpus_gets_what_the_manifest_says() {
    let mut wrong = Vec::new();
    for message in KEPT.iter() {
        let outcome = message.outcome_of(&kept::read(&message.file()));
        let same = match (&outcome, message.expected) {
            (Ok(identity), Ok(())) => identity.name_id.value == ANN,
            (Err(rejection), Err(cause)) => rejection.cause == cause,
            _ => false,
        };
        if !same {
            let got = outcome.map(|identity| identity.name_id.value);
            wrong.push(format!("{}: {got:?}, not {:?}", message.file(), message.expected));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_corpus_is_as_large_as_it_is_said_to_be() {
    let count = |is_valid| KEPT.iter().filter(|it| it.expected.is_ok() == is_valid).count();
    assert!(count(false) >= 200, "{} hostile", count(false));
    assert!(count(true) >= 50, "{} valid", count(true));
    let files: BTreeSet<_> = KEPT.iter().map(Message::file).collect();
    assert_eq!(files.len(), KEPT.len(), "two messages have one name");
    // No two are the same under two names.
    let different: BTreeSet<_> = KEPT
        .iter()
        .map(|it| (it.bytes(), it.file().rsplit('.').next().map(str::to_owned), &it.setting))
        .collect();
    assert_eq!(different.len(), KEPT.len());
}
