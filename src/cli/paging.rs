//! Which part of a list is wanted.

use super::failure::Result;
use crate::store::Window;

/// Which part of a list is wanted.
#[derive(Debug, clap::Args)]
pub(super) struct Paging {
    /// How many at most: 1 to 200
    #[arg(long, default_value_t = crate::store::page::DEFAULT_LIMIT)]
    limit: i64,
    /// Where to go on, as the page before says
    #[arg(long)]
    cursor: Option<String>,
}

impl Paging {
    pub(super) fn window(&self) -> Result<Window> {
        Ok(Window::parse(Some(self.limit), self.cursor.clone())?)
    }
}
