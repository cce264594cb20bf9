//! `vestibule openapi`: the description of the REST API.

use super::failure::Result;
use super::shell::Shell;
use crate::http::api::openapi;

pub(super) fn run(shell: &Shell) -> Result {
    shell.out.text(&openapi::document())
}
