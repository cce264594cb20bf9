//! Rooms: a file uses the rooms below its own, never one beside or above (docs/DESIGN.md, section 1).

use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the bottom. Rooms of one floor do not use each other, except on the ground floor.
const FLOORS: &[&[&str]] = &[
    &[
        "cause",
        "check",
        "clock",
        "config",
        "crypto",
        "dns",
        "domain",
        "email",
        "error",
        "fetch",
        "guides",
        "locale",
        "telemetry",
    ],
    &["saml", "oidc", "scim", "access"],
    &["store"],
    &["acts", "demo", "openapi", "views"],
    &["http", "cli", "jobs"],
];

/// A room that may use another although it is not below it, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("cli", "http", "serve starts the server"),
    ("cli", "jobs", "serve starts the jobs"),
    ("http", "demo", "the demo is served by the gateway itself"),
    ("locale", "saml", "the sentences of the checks are found by their names"),
];

/// A use of a room, found in a file.
#[derive(Debug, PartialEq, Eq)]
struct Use {
    line: usize,
    room: String,
}

/// The rooms that a file uses: what follows `crate::`, one name or several in braces.
fn uses(text: &str) -> Vec<Use> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for (at, _) in code.match_indices("crate::") {
            if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let rest = &code[at + "crate::".len()..];
            let names: Vec<String> = match rest.strip_prefix('{') {
                None => vec![word(rest)],
                Some(_) => braces(text, number, at).iter().map(|part| word(part)).collect(),
            };
            let leaves = names.into_iter().filter(|name| !name.is_empty());
            found.extend(leaves.map(|room| Use { line: number + 1, room }));
        }
    }
    found
}

/// The parts between the braces that begin in this line, which may end in a later one.
fn braces(text: &str, line: usize, at: usize) -> Vec<String> {
    let rest: String = text.lines().skip(line).collect::<Vec<_>>().join("\n");
    let inner = &rest[at + "crate::{".len()..];
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for sign in inner.chars() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(sign);
    }
    parts
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect()
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// What is wrong in a file of a room.
fn faults(room: &str, text: &str) -> Vec<String> {
    let Some(own) = floor(room) else {
        return vec![format!("the room {room} is on no floor")];
    };
    let wrong = |used: &Use| {
        let Some(of) = floor(&used.room) else {
            return Some(format!("line {}: the room {} is on no floor", used.line, used.room));
        };
        let is_allowed = of < own
            || used.room == room
            || own == 0 && of == 0
            || EXCEPTIONS.iter().any(|(from, to, _)| *from == room && *to == used.room);
        (!is_allowed).then(|| format!("line {}: {room} uses {}", used.line, used.room))
    };
    uses(text).iter().filter_map(wrong).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn rooms_use_only_the_rooms_below_them() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    for file in files(&src) {
        let inside = file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        let room = inside.split(['/', '.']).next().unwrap();
        if matches!(room, "lib" | "main") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        all.extend(faults(room, &text).into_iter().map(|fault| format!("src/{inside}: {fault}")));
    }
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn a_use_of_a_room_beside_or_above_is_found() {
    for (room, line, wrong) in [
        ("saml", "use crate::oidc::Error;", true),
        ("saml", "    let x = crate::store::traces::find(db);", true),
        ("store", "use crate::{cause::Cause, http::server};", true),
        ("store", "use crate::{\n    cause::{Cause, A},\n    jobs,\n};", true),
        ("jobs", "pub(in crate::http) fn f() {}", true),
        ("clock", "use crate::saml;", true),
        ("cellar", "", true),
        ("saml", "use crate::cellar;", true),
        ("saml", "use crate::clock::Time; // not crate::http", false),
        ("store", "use crate::{cause::{Cause, store}, saml::check};", false),
        ("http", "use crate::store::Store;", false),
        ("cli", "use crate::http::server;", false),
        ("email", "use crate::domain::DomainName;", false),
        ("store", "use other_crate::http;", false),
    ] {
        assert_eq!(!faults(room, line).is_empty(), wrong, "{room}: {line}");
    }
}

/// What can be put while the gateway runs is read of `State::live`: read of the settings of the start, a change would only be
/// seen after the next one.
#[test]
fn what_can_be_put_since_is_not_read_of_the_settings_of_the_start() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let settable = || vestibule::config::keys().iter().filter(|key| key.is_settable());
    assert!(settable().count() > 10);
    for file in files(&src.join("http")).into_iter().chain(files(&src.join("jobs"))) {
        let text = fs::read_to_string(&file).unwrap();
        for key in settable() {
            let whole = key.path.split('.').next().unwrap();
            for read in [format!(".config.{}", key.path), format!(".config.{whole};")] {
                assert!(!text.contains(&read), "{}: {read}", file.display());
            }
        }
    }
}
