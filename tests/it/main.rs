//! Behaviour, seen from outside.

// `cfg(test)` holds for this whole binary; it tells clippy that helpers are tests as well.
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod user_agent;
