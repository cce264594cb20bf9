//! How pages look that speak for the operator: a stylesheet of its accent, and its logos.
//!
//! Both have addresses that change with what they hold, so browsers keep them for ever.

use super::assets::FOR_EVER;
use super::error::PageError;
use super::server::State;
use crate::config::{Accent, Fill, Shades};
use crate::error::{Error, Result};
use crate::store::logos::{Logo, Theme};
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data, Path};
use std::sync::Arc;

/// Where what belongs to the operator's brand is.
const FOLDER: &str = "/assets/brand";
/// What a logo may do, opened by itself.
const SANDBOX: &str = "default-src 'none'; sandbox";

/// The operator's logos, kept at hand.
#[derive(Default)]
pub(super) struct Logos {
    light: Option<Kept>,
    dark: Option<Kept>,
}

struct Kept {
    file: String,
    media_type: &'static str,
    content: Bytes,
}

impl Logos {
    pub(super) fn of(all: Vec<Logo>) -> Self {
        let mut kept = Self::default();
        for logo in all {
            let file = format!("{}.{}", logo.hash, logo.kind.ending());
            let media_type = logo.kind.media_type();
            let one = Some(Kept { file, media_type, content: logo.content.into() });
            match logo.theme {
                Theme::Light => kept.light = one,
                Theme::Dark => kept.dark = one,
            }
        }
        kept
    }

    /// Where the logo of a theme is.
    pub(super) fn link(&self, theme: Theme) -> Option<String> {
        let kept = match theme {
            Theme::Light => &self.light,
            Theme::Dark => &self.dark,
        };
        kept.as_ref().map(|kept| format!("{FOLDER}/{}", kept.file))
    }

    fn find(&self, file: &str) -> Option<&Kept> {
        [&self.light, &self.dark].into_iter().flatten().find(|kept| kept.file == file)
    }
}

/// The address of the stylesheet of an accent.
pub(super) fn sheet_of(accent: Accent) -> String {
    format!("{FOLDER}/accent-{}.css", accent.digits())
}

/// `GET /assets/brand/{name}`: the stylesheet of an accent, which follows from its name, or a logo.
pub(super) async fn asset(
    state: Data<State>,
    name: Path<String>,
) -> Result<HttpResponse, PageError> {
    let missing = || Error::not_found("file", name.as_str());
    let accent = name.strip_prefix("accent-").and_then(|rest| rest.strip_suffix(".css"));
    let (media_type, content, policy) = if let Some(digits) = accent {
        let accent: Accent = digits.parse().map_err(|_| missing())?;
        ("text/css; charset=utf-8", Bytes::from(sheet(accent)), None)
    } else {
        let logos: Arc<Logos> = state.logos();
        let kept = logos.find(&name).ok_or_else(missing)?;
        (kept.media_type, kept.content.clone(), Some(SANDBOX))
    };
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(media_type)))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)));
    if let Some(policy) = policy {
        answer.insert_header((header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)));
    }
    Ok(answer.body(content))
}

/// The stylesheet of an accent: what stands in it wins over the layers of ours.
fn sheet(accent: Accent) -> String {
    let (day, night) = (variables(&accent.by_day()), variables(&accent.by_night()));
    let Fill { plain, hover, on } = accent.fill();
    format!(
        ":root{{{day}}}\n\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=\"light\"]){{{night}}}}}\n\
         :root[data-theme=\"dark\"]{{{night}}}\n\
         .btn.pri{{background:{plain};border-color:{plain};color:{on}}}\n\
         .btn.pri:hover{{background:{hover};border-color:{hover}}}\n"
    )
}

fn variables(shades: &Shades) -> String {
    let Shades { text, text_hover, soft, line, on_text } = shades;
    format!(
        "--accent:{text};--accent-2:{text_hover};--accent-soft:{soft};--accent-line:{line};--on-accent:{on_text}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::world;
    use crate::store::logos;
    use crate::store::{Actor, Scope};
    use actix_web::test::TestRequest;

    #[actix_web::test]
    async fn an_accent_s_stylesheet_follows_from_its_address_and_nothing_else_does() {
        let world = world(&[]);
        let get = |name: &str| TestRequest::get().uri(&format!("{FOLDER}/{name}"));
        let sheet = world.call(get("accent-ffd400.css")).await;
        assert_eq!(sheet.status, 200);
        assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
        assert_eq!(sheet.header("cache-control"), FOR_EVER);
        assert!(sheet.body.contains(".btn.pri{background:#ffd400"), "{}", sheet.body);
        for wrong in
            ["accent-808080.css", "accent-red.css", "accent-ffd400%7D.css", "x.png", "accent-.css"]
        {
            assert_eq!(world.call(get(wrong)).await.status, 404, "{wrong}");
        }
    }

    #[actix_web::test]
    async fn a_logo_is_served_as_what_it_is_and_may_do_nothing() {
        let world = world(&[]);
        let png = b"\x89PNG\r\n\x1a\nrest".to_vec();
        let set = |tx: &mut crate::store::Tx| logos::put(tx, Theme::Light, &png);
        world.state.store.write_now(&Scope::System, &Actor::System, set).unwrap();
        world.state.renew_settings().unwrap();
        let address = world.state.logos().link(Theme::Light).unwrap();
        assert!(world.state.logos().link(Theme::Dark).is_none());
        let logo = world.call(TestRequest::get().uri(&address)).await;
        assert_eq!((logo.status, logo.header("content-type")), (200, "image/png"));
        assert_eq!(logo.header("content-security-policy"), SANDBOX);
        assert_eq!(logo.header("x-content-type-options"), "nosniff");
        assert_eq!(logo.header("cache-control"), FOR_EVER);
    }
}
