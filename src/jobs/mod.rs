//! What runs without anybody asking.

pub mod access;
pub mod clean_up;
pub mod deliver;
pub mod keys;
pub mod notices;
pub mod number;
pub mod previews;
pub mod refresh;
