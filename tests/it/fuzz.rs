//! The targets of `fuzz/` on what `tests/data` holds, changed at random, for a bounded time.

#[path = "../../fuzz/src/targets.rs"]
#[expect(unreachable_pub, reason = "the file is also a module of the package in fuzz/")]
mod targets;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const TIME: Duration = Duration::from_secs(2);
/// What parsers stumble over.
const TOKENS: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "&",
    ";",
    "&#",
    "&#x",
    "\"",
    "'",
    "=",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "<!DOCTYPE ",
    "xmlns=\"\"",
    " xmlns:a=\"urn:a\"",
    " ID=\"_assertion\"",
    "<saml:Assertion>",
    "<ds:Signature>",
    "\0",
    "\u{feff}",
    "\u{a0}",
    "%00",
    "%",
    "&SAMLResponse=",
    "&RelayState=",
    "SAMLRequest=",
    "+",
    "\r\n",
    "#",
    "xpointer(/)",
    " eq ",
    " and ",
    "not (",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "null",
    "\\",
];

/// A generator of no quality, but fast (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound.max(1)
    }

    /// One to eight changes of one of `seeds`.
    fn mutant(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(64)).min(bytes.len());
            match self.below(6) {
                0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
                1 => drop(bytes.drain(at..end)),
                2 => drop(bytes.splice(at..at, TOKENS[self.below(TOKENS.len())].bytes())),
                3 => {
                    let piece = bytes[at..end].to_vec();
                    let to = self.below(bytes.len() + 1);
                    drop(bytes.splice(to..to, piece));
                }
                4 => bytes.truncate(at.max(1)),
                _ => {
                    let other = &seeds[self.below(seeds.len())];
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(2_000)).min(other.len());
                    drop(bytes.splice(at..end, other[from..to].iter().copied()));
                }
            }
        }
        bytes
    }
}

/// Every file below `folder` of `tests/data` with one of these endings.
fn seeds(folder: &str, endings: &[&str]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|it| endings.iter().any(|ending| it == *ending)) {
            found.push(fs::read(path).unwrap());
        }
    }
    assert!(!found.is_empty());
    found
}

fn run(name: &str, target: fn(&[u8]), seeds: &[Vec<u8>]) {
    for seed in seeds {
        target(seed);
    }
    let mut chance = Chance(RandomState::new().build_hasher().finish() | 1);
    let begin = Instant::now();
    let mut rounds = 0;
    while begin.elapsed() < TIME {
        let bytes = chance.mutant(seeds);
        if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
            let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("finding-{name}"));
            fs::write(&file, &bytes).unwrap();
            panic!("a finding of {name}, kept in {}", file.display());
        }
        rounds += 1;
    }
    assert!(rounds > 20, "{name}: {rounds} in {TIME:?}");
}

#[test]
fn responses_changed_at_random_let_nobody_else_in() {
    run("response", targets::response, &seeds("responses", &["xml"]));
}

#[test]
fn forms_changed_at_random_let_nobody_else_in() {
    run("form", targets::form, &seeds("responses", &["form"]));
}

#[test]
fn queries_changed_at_random_harm_nothing() {
    run("redirect", targets::redirect, &seeds("responses", &["txt", "form"]));
}

#[test]
fn logout_messages_changed_at_random_sign_nobody_out() {
    let request = "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
        xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_1\" Version=\"2.0\" \
        IssueInstant=\"2026-01-31T09:30:00Z\" Destination=\"https://sso.orbit.example/saml/con_1/slo\">\
        <saml:Issuer>https://idp.globex.example/</saml:Issuer><saml:NameID>ann@globex.example</saml:NameID>\
        </samlp:LogoutRequest>";
    let escape =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let message = escape(&BASE64.encode(request));
    let algorithm = escape("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
    let signature = escape(&BASE64.encode([7; 256]));
    let mut seeds = seeds("responses", &["form"]);
    for field in ["SAMLRequest", "SAMLResponse"] {
        let plain = format!("{field}={message}&RelayState=a");
        seeds.push(format!("{plain}&SigAlg={algorithm}&Signature={signature}").into_bytes());
        seeds.push(plain.into_bytes());
    }
    run("logout", targets::logout, &seeds);
}

#[test]
fn metadata_changed_at_random_harms_nothing() {
    run("metadata", targets::metadata, &seeds("metadata", &["xml"]));
}

#[test]
fn filters_changed_at_random_read_as_they_are_written() {
    run("filter", targets::filter, &seeds("scim", &["txt"]));
}

#[test]
fn patches_changed_at_random_leave_sound_resources() {
    run("patch", targets::patch, &seeds("scim", &["json"]));
}
