//! In which theme a browser wants its pages: it is written into them, so that none is drawn in another first.

use actix_web::HttpRequest;
use std::future::Future;

/// The cookie that says so, which the script of a page sets.
const COOKIE: &str = "theme";
/// What it can say.
const THEMES: [&str; 2] = ["light", "dark"];

tokio::task_local! {
    static CHOSEN: Option<&'static str>;
}

/// The theme that a browser has chosen; none: that of its system.
pub(in crate::http) fn of(request: &HttpRequest) -> Option<&'static str> {
    let cookie = request.cookie(COOKIE)?;
    THEMES.into_iter().find(|theme| *theme == cookie.value())
}

/// Answers a request whose browser has chosen this theme.
pub(in crate::http) fn serving<F: Future>(
    theme: Option<&'static str>,
    answer: F,
) -> impl Future<Output = F::Output> {
    CHOSEN.scope(theme, answer)
}

/// Makes a page of such an answer afterwards.
pub(in crate::http) fn during<T>(theme: Option<&'static str>, make: impl FnOnce() -> T) -> T {
    CHOSEN.sync_scope(theme, make)
}

/// The theme of the page that is being made.
pub(super) fn chosen() -> Option<&'static str> {
    CHOSEN.try_with(|theme| *theme).ok().flatten()
}
