//! What is said of a sign-in that was refused because the domain of the address still waits for its DNS record: the code is that
//! of a domain that nobody has added, and what there is to do is not.

use crate::check::{self, Check};
use crate::locale::Locale;

/// In place of what is said of the cause. Not for whoever signs in.
pub(super) struct Words {
    /// What is wrong.
    pub(super) title: String,
    /// What to do about it.
    pub(super) fix: String,
}

/// The words, where a trace's checks say that this is it.
pub(super) fn of(locale: &Locale, checks: &[Check]) -> Option<Words> {
    let (domain, since) = check::waiting_domain(checks)?;
    let say = |key: &str| {
        locale.fill(&format!("domain_waits.{key}"), &[("domain", domain), ("day", since)])
    };
    Some(Words { title: say("title"), fix: say("fix") })
}
