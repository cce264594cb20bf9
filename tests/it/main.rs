//! Behaviour, seen from outside.

// `cfg(test)` holds for this whole binary; it tells clippy that helpers are tests as well.
#[cfg(test)]
mod apps;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod browser_attacks;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod console;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod domains;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod embedding;
#[cfg(test)]
mod forward;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod installed;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod openid;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod pictures;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod reread;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod scim;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod telemetry;
#[cfg(test)]
mod user_agent;
#[cfg(test)]
mod webhooks;
