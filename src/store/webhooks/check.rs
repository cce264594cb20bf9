//! What an endpoint may be, and how many there may be.

use super::count;
use crate::error::{Error, Result};
use crate::store::Db;
use crate::store::input::Faults;
use std::num::NonZeroU32;

const LONGEST_DESCRIPTION: usize = 500;

/// Checks what is written of an endpoint.
pub(super) fn fields(url: &str, description: Option<&str>) -> Result<()> {
    let mut faults = Faults::default();
    faults.web_address("/url", url);
    if description.is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
        let detail = format!("A description has at most {LONGEST_DESCRIPTION} characters.");
        faults.add("/description", "too_long", detail);
    }
    faults.finish()
}

/// Refuses one more where there are as many as there may be.
pub(super) fn room(db: &mut Db, most: Option<NonZeroU32>) -> Result<()> {
    let Some(most) = most else { return Ok(()) };
    if count(db, None)? < i64::from(most.get()) {
        return Ok(());
    }
    Err(Error::conflict(
        "too_many_webhook_endpoints",
        format!(
            "There are {most} webhook endpoints, and that is as many as there may be. Delete one that is not needed, or raise limits.webhook_endpoints."
        ),
    ))
}
