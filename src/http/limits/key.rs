//! What an API key has left, as each answer to it says.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// What one may ask.
pub(in crate::http) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of it.
pub(in crate::http) const LEFT: HeaderName = HeaderName::from_static("ratelimit");
/// Seconds in which as many requests are forgiven as may come at once.
const WINDOW: u64 = 60;

/// How many requests a key may make at once, and how many of these are left.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct Standing {
    pub(super) limit: u32,
    pub(super) left: u32,
}

impl Standing {
    /// Says so in the headers of draft-ietf-httpapi-ratelimit-headers: the quota `q` in a window of `w` seconds; how many remain,
    /// `r`, and in how many seconds all are there again, `t`.
    pub(in crate::http) fn tell(self, headers: &mut HeaderMap) {
        let (limit, left) = (u64::from(self.limit), u64::from(self.left));
        let whole = (limit.saturating_sub(left) * WINDOW).div_ceil(limit.max(1));
        let told = [
            (POLICY, format!("\"key\";q={limit};w={WINDOW}")),
            (LEFT, format!("\"key\";r={left};t={whole}")),
        ];
        for (name, value) in told {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}
