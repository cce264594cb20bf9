//! Behaviour, seen from outside.

// `cfg(test)` holds for this whole binary; it tells clippy that helpers are tests as well.
#[cfg(test)]
mod cli;
#[cfg(test)]
#[expect(dead_code, unused_imports, reason = "the journeys through the gateway use the rest")]
mod peers;
#[cfg(test)]
#[expect(dead_code, reason = "the journeys through the gateway use the rest")]
mod user_agent;
