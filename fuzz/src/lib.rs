//! What libFuzzer calls. The same functions run for a bounded time in the tests of the product (`tests/it/fuzz.rs`).

pub mod targets;
