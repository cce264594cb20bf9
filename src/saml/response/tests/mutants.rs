//! No change of any byte gives another person, and none makes the verifier panic.

use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

static MESSAGES: LazyLock<Vec<(Vec<u8>, Identity)>> = LazyLock::new(|| {
    let key =
        Some((&testing::other_rsa().certificate, crate::saml::issue::ContentCipher::Aes256Gcm));
    [
        (Signed::Assertion, None),
        (Signed::Response, None),
        (Signed::Both, None),
        (Signed::Assertion, key),
    ]
    .into_iter()
    .map(|(signed, encryption)| {
        let xml = Issue { signed, encryption, ..issue() }.xml().unwrap();
        let identity = world().accepts(&xml);
        (xml.into_bytes(), identity)
    })
    .collect()
});

fn world() -> World {
    let key = DecryptionKey::new(testing::other_rsa().key.clone()).unwrap();
    World { decryption_keys: vec![key], ..World::new() }
}

#[derive(Debug, Clone)]
pub(super) enum Change {
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, String),
    Delete(prop::sample::Index, usize),
    Copy(prop::sample::Index, prop::sample::Index, usize),
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    let piece = prop::sample::select(vec![
        "<",
        ">",
        "/>",
        "&",
        "&#xD;",
        "&lt;",
        "<!-- -->",
        "<![CDATA[",
        "]]>",
        "<?x?>",
        "\"",
        "'",
        " ",
        "\r\n",
        "\u{a0}",
        "\0",
        "xmlns=\"\"",
        " xmlns:saml=\"urn:x\"",
        " ID=\"_x\"",
        "<saml:Assertion/>",
        "<ds:Signature/>",
        "saml:",
        "</saml:Subject>",
        "admin@globex.example",
        "#",
        "=",
    ]);
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        (at(), piece).prop_map(|(at, piece)| Change::Insert(at, piece.to_owned())),
        (at(), 1..400usize).prop_map(|(at, length)| Change::Delete(at, length)),
        (at(), at(), 1..2_000usize).prop_map(|(from, to, length)| Change::Copy(from, to, length)),
    ]
}

pub(super) fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Flip(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] ^= byte;
        }
        Change::Insert(at, piece) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, piece.bytes());
        }
        Change::Delete(at, length) => {
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len() - 1).max(at);
            bytes.drain(at..end);
        }
        Change::Copy(from, to, length) => {
            let from = from.index(bytes.len());
            let piece = bytes[from..(from + length).min(bytes.len())].to_vec();
            let to = to.index(bytes.len());
            bytes.splice(to..to, piece);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_gives_another_person(which in 0..4usize, changes in prop::collection::vec(change(), 1..4)) {
        let (message, right) = &MESSAGES[which];
        let mut bytes = message.clone();
        for change in &changes {
            apply(&mut bytes, change);
        }
        if let Ok(identity) = world().verify_field(&STANDARD.encode(&bytes)).result {
            prop_assert_eq!(&identity, right);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_verifier_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,200}") {
        let _ = world().verify_field(&STANDARD.encode(&bytes));
        let _ = world().verify_field(&text);
        let _ = in_response_to(&text);
        let _ = world().verify(&text);
    }
}
