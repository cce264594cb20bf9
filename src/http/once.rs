//! Forms that make a secret make one, however often they are sent: each carries a number that is taken once.
//!
//! The number is claimed in the transaction that makes the secret, so a form that was refused can be sent again.

use super::upload::Sent;
use crate::crypto;
use crate::error::{Error, Result};
use crate::store::Tx;
use crate::store::idempotency::{self, Begun};

/// The field that carries the number.
const FIELD: &str = "once";
/// Longer than any number that was given out.
const LONGEST: usize = 64;

/// What became of a form that makes a secret.
pub(super) enum Made<T> {
    /// It was made now.
    Now(T),
    /// The same form made it before. Its page is there.
    Before(String),
}

/// The number that a form came with; none: it makes a secret each time.
pub(super) struct Once(Option<String>);

impl Once {
    /// The number of a form that somebody sent, which is theirs alone and this form's: `who` is their session, `path` where
    /// they sent it.
    pub(super) fn of(who: &str, path: &str, form: &Sent) -> Self {
        let number = form.text(FIELD);
        let is_one = !number.is_empty() && number.len() <= LONGEST;
        let digest =
            || crypto::hex(&crypto::sha256(format!("form\n{who}\n{path}\n{number}").as_bytes()));
        Self(is_one.then(digest))
    }

    /// Makes it, unless this form did before. `page` is where what was made has its page.
    pub(super) fn make<T>(
        &self,
        tx: &mut Tx,
        make: impl FnOnce(&mut Tx) -> Result<T>,
        page: impl FnOnce(&T) -> String,
    ) -> Result<Made<T>> {
        let Some(id) = &self.0 else { return make(tx).map(Made::Now) };
        match idempotency::begin(tx, id, FIELD)? {
            Begun::New => {
                let secret = make(tx)?;
                idempotency::finish(tx, id, 200, &page(&secret))?;
                Ok(Made::Now(secret))
            }
            Begun::Done { body, .. } => Ok(Made::Before(body)),
            Begun::Running | Begun::Other => {
                Err(Error::conflict("in_progress", "The same form is being worked on."))
            }
        }
    }
}

/// A new number, for a form that is shown.
pub(super) fn number() -> String {
    crypto::hex(&crypto::random::<16>())
}
