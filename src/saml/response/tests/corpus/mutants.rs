//! Valid messages changed at random: whatever is accepted of them was inside octets that another verifier confirms as signed.

use super::elsewhere::{Jobs, signer};
use super::*;
use crate::saml::response::tests::mutants::{apply, change};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const MUTANTS: usize = 3_000;

/// A change that most signatures survive.
#[derive(Debug, Clone)]
enum Gentle {
    /// Into a tag, before its end.
    IntoTag(Index, &'static str),
    /// Between two tags.
    Between(Index, &'static str),
    /// A letter of a text becomes a reference.
    Reference(Index),
    /// Double quotes become single ones, or the other way round.
    Quotes(Index),
    /// Line ends become those of Windows.
    LineEnds,
}

fn gentle() -> impl Strategy<Value = Gentle> {
    let into = prop::sample::select(vec![
        " ",
        "\n",
        "\t ",
        " xmlns:u=\"urn:u\"",
        " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"",
        " Consent=\"x\"",
        " xml:lang=\"en\"",
        " xmlns=\"urn:u\"",
    ]);
    let between =
        prop::sample::select(vec![" ", "\n", "\r\n", "&#x20;", "<x xmlns=\"urn:x\"/>", "text"]);
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), into).prop_map(|(at, what)| Gentle::IntoTag(at, what)),
        3 => (at(), between).prop_map(|(at, what)| Gentle::Between(at, what)),
        3 => at().prop_map(Gentle::Reference),
        2 => at().prop_map(Gentle::Quotes),
        1 => Just(Gentle::LineEnds),
    ]
}

impl Gentle {
    fn apply(&self, xml: &mut String) {
        let places = |xml: &str, is_place: fn(&[u8]) -> bool| -> Vec<usize> {
            xml.as_bytes()
                .windows(2)
                .enumerate()
                .filter(|(_, pair)| is_place(pair))
                .map(|(at, _)| at)
                .collect()
        };
        match self {
            Self::IntoTag(at, what) => {
                let places = places(xml, |pair| matches!(pair, [b'"' | b'\'', b'>']));
                if !places.is_empty() {
                    xml.insert_str(places[at.index(places.len())] + 1, what);
                }
            }
            Self::Between(at, what) => {
                let places = places(xml, |pair| pair == b"><");
                if !places.is_empty() {
                    xml.insert_str(places[at.index(places.len())] + 1, what);
                }
            }
            Self::Reference(at) => {
                let places = places(xml, |pair| pair[0] == b'>' && pair[1].is_ascii_alphanumeric());
                if !places.is_empty() {
                    let at = places[at.index(places.len())] + 1;
                    let letter = xml.as_bytes()[at];
                    xml.replace_range(at..=at, &format!("&#{letter};"));
                }
            }
            Self::Quotes(at) => {
                let places = places(xml, |pair| pair == b"=\"");
                if !places.is_empty() {
                    let begin = places[at.index(places.len())] + 1;
                    let end = begin + 1 + xml[begin + 1..].find('"').unwrap_or_default();
                    if !xml[begin..end].contains('\'') {
                        xml.replace_range(end..=end, "'");
                        xml.replace_range(begin..=begin, "'");
                    }
                }
            }
            Self::LineEnds => *xml = xml.replace('\n', "\r\n"),
        }
    }
}

#[test]
fn whatever_is_accepted_of_changed_messages_another_verifier_confirms() {
    let messages: Vec<_> = KEPT
        .iter()
        .filter(|it| {
            it.expected.is_ok() && !it.signed.is_empty() && it.setting.decryption_key.is_none()
        })
        .map(|it| (it, it.outcome_of(it.bytes()).unwrap(), it.world()))
        .collect();
    let mut runner = TestRunner::default();
    let changes = (
        any::<Index>(),
        prop::collection::vec(gentle(), 1..6),
        prop::collection::vec(change(), 0..2),
    );
    let mut jobs = Jobs::default();
    let mut accepted = 0;
    for _ in 0..MUTANTS {
        let (which, gentle, rough) = changes.new_tree(&mut runner).unwrap().current();
        let (message, right, world) = &messages[which.index(messages.len())];
        let mut xml = String::from_utf8(message.bytes().to_vec()).unwrap();
        for change in &gentle {
            change.apply(&mut xml);
        }
        let mut bytes = xml.into_bytes();
        for change in &rough {
            apply(&mut bytes, change);
        }
        let Ok(identity) = world.verify_field(&STANDARD.encode(&bytes)).result else { continue };
        let xml = String::from_utf8(bytes).unwrap();
        assert_eq!(identity, *right, "{xml}");
        accepted += 1;
        for element in message.signed {
            // What it names now may have been changed; it is not signed.
            let original = std::str::from_utf8(message.bytes()).unwrap();
            let key = signer(original, element, &message.setting.keys);
            jobs.add(element, key, xml.clone(), Some(identity.clone()));
        }
    }
    assert!(accepted > MUTANTS / 10, "only {accepted} were accepted: the test tells little");
    jobs.run();
}

/// Parts of generated documents, in every form and with every list of prefixes: what we canonicalise, libxml2 does.
#[test]
fn another_verifier_finds_the_same_canonical_form_of_any_part_of_a_document() {
    const DOCUMENTS: usize = 300;
    let prefixes =
        prop::sample::subsequence(vec!["a", "b", "c", "#default", "saml", "absent"], 0..=4);
    let form = || prop::sample::select(vec![Method::EXCLUSIVE, Method::INCLUSIVE]);
    let declared = prop::sample::select(vec![
        "",
        " xmlns:a='urn:four'",
        " xmlns='urn:five'",
        " xml:lang='en'",
    ]);
    let strategy = (crate::saml::xml::generated(), prefixes, form(), form(), declared);
    let mut runner = TestRunner::default();
    let mut jobs = Jobs::default();
    for _ in 0..DOCUMENTS {
        let (text, prefixes, canonical, transform, declared) =
            strategy.new_tree(&mut runner).unwrap().current();
        let value = format!("<saml:AttributeValue>{}", xml::line_ends(&text));
        let plain = plain()
            .replacen(
                "<saml:AttributeValue ",
                &format!("{value}</saml:AttributeValue><saml:AttributeValue "),
                1,
            )
            .replacen("<samlp:Response ", &format!("<samlp:Response{declared} "), 1);
        let prefixes =
            if transform == Method::EXCLUSIVE { prefixes.join(" ") } else { String::new() };
        let signing = Signing { canonical, transform, prefixes: &prefixes, ..Signing::default() };
        for (id, element) in [("_assertion", "Assertion"), ("_response", "Response")] {
            let xml = signing.sign(&plain, id);
            World::new().accepts(&xml);
            jobs.add(element, "rsa", xml, None);
        }
    }
    assert_eq!(jobs.run(), 2 * DOCUMENTS);
}
