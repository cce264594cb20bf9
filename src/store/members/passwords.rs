//! Passwords of members: which are taken, and what a new one ends.

use super::{find, links, passkeys, second_step, sessions};
use crate::error::{Error, Result};
use crate::store::schema::members;
use crate::store::{MemberId, MemberSessionId, Tx, events};
use diesel::prelude::*;
use serde_json::json;
use zxcvbn::Score;
use zxcvbn::feedback::{Feedback, Warning};

/// Characters that a password has at least.
const SHORTEST: usize = 12;
/// Letters of an own word that tell.
const TELLING: usize = 4;
/// Beyond this nobody types it, and hashing it would cost.
const LONGEST: usize = 200;

/// Refuses a password that is guessed soon: one that is common, or made of what is, or of the member's own name and
/// address. Strength comes from length and surprise, not from signs.
pub fn check_password(password: &str, email: &str, name: &str) -> Result<()> {
    let refuse = |code: &str, detail: String| Err(Error::invalid("/password", code, detail));
    let length = password.chars().count();
    if length < SHORTEST {
        return refuse("too_short", format!("A password has at least {SHORTEST} characters."));
    }
    if length > LONGEST {
        return refuse("too_long", format!("A password has at most {LONGEST} characters."));
    }
    let own = own_words(email, name);
    let words: Vec<&str> = own.iter().map(String::as_str).collect();
    let small = password.to_lowercase();
    // What is left without them has to be hard to guess by itself.
    let telling = own.iter().filter(|word| word.chars().count() >= TELLING);
    let rest = telling.fold(small.clone(), |rest, word| rest.replace(word, ""));
    let found = zxcvbn::zxcvbn(password, &words);
    let is_own = rest != small && zxcvbn::zxcvbn(&rest, &words).score() < Score::Three;
    let why = match found.score() {
        _ if is_own => "It is made of your name, your address or the name of this program.",
        Score::Three | Score::Four => return Ok(()),
        _ => why(found.feedback().and_then(Feedback::warning)),
    };
    let what =
        "Take four or more words that do not belong together; signs and digits are not needed.";
    refuse("too_common", format!("This password is easy to guess. {why} {what}"))
}

/// What whoever knows the member tries first: the address, the name, their parts, and what this program is called.
fn own_words(email: &str, name: &str) -> Vec<String> {
    let whole = [email, name, "vestibule"];
    let parts = whole.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let mut words: Vec<String> =
        whole.iter().copied().chain(parts).map(str::to_lowercase).collect();
    words.retain(|word| word.chars().count() > 2);
    // The longest first: an address goes before its parts.
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words
}

/// What makes a password easy to guess.
const fn why(warning: Option<Warning>) -> &'static str {
    match warning {
        Some(
            Warning::StraightRowsOfKeysAreEasyToGuess
            | Warning::ShortKeyboardPatternsAreEasyToGuess,
        ) => "It follows the rows of the keyboard.",
        Some(
            Warning::RepeatsLikeAaaAreEasyToGuess
            | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        ) => "It repeats itself.",
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword,
        ) => "It is among those that many people have.",
        Some(Warning::ThisIsSimilarToACommonlyUsedPassword) => {
            "It is much like one that many people have."
        }
        Some(Warning::SequencesLikeAbcAreEasyToGuess) => "It counts up or down, as abc or 6543 do.",
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => {
            "It is mostly a date."
        }
        Some(
            Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
            | Warning::CommonNamesAndSurnamesAreEasyToGuess,
        ) => "It is mostly a name.",
        Some(Warning::AWordByItselfIsEasyToGuess) => "It is mostly one word.",
        None => "It is made of few and common words.",
    }
}

/// Takes the hash of a new password. Whoever was signed in with the old one is out.
pub fn set_password(tx: &mut Tx, id: &MemberId, hash: &str) -> Result<()> {
    diesel::update(members::table.find(id)).set(members::password.eq(hash)).execute(tx.db)?;
    sessions::end_all(tx, id)?;
    links::void(tx, id)?;
    second_step::reopen(tx, id)?;
    events::append(tx, None, "member.password_set", id.as_str(), json!({}))
}

/// Changes a member's own password. The browser that changes it stays signed in, every other is signed out. `known` is the
/// hash that the old password was compared with: where it was changed meanwhile nothing happens.
pub fn change_password(
    tx: &mut Tx,
    id: &MemberId,
    known: Option<&str>,
    hash: &str,
    keep: &MemberSessionId,
) -> Result<()> {
    if find(tx.db, id)?.password.as_deref() != known {
        let detail = "The password was changed meanwhile. Sign in again.";
        return Err(Error::conflict("password_changed", detail));
    }
    diesel::update(members::table.find(id)).set(members::password.eq(hash)).execute(tx.db)?;
    sessions::end_others(tx, id, keep)?;
    links::void(tx, id)?;
    second_step::reopen(tx, id)?;
    events::append(tx, None, "member.password_set", id.as_str(), json!({}))
}

/// Takes a member's password and passkeys away, and ends every session of theirs: they choose a password by a link. The
/// second step stays.
pub fn reset_password(tx: &mut Tx, id: &MemberId) -> Result<()> {
    find(tx.db, id)?;
    diesel::update(members::table.find(id))
        .set(members::password.eq(None::<String>))
        .execute(tx.db)?;
    sessions::end_all(tx, id)?;
    links::void(tx, id)?;
    passkeys::remove_all(tx, id)?;
    events::append(tx, None, "member.password_reset", id.as_str(), json!({}))
}
