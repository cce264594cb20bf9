//! Stylesheet, script, font and icon: one binary, names that change with the content.

use super::server::State;
use crate::crypto;
use crate::error::{Error, Result};
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;
use std::collections::HashMap;
use std::io::Write;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

/// What is served, each after the files that it names.
const FILES: [(&str, &str); 5] = [
    ("vendor/inter.woff2", "font/woff2"),
    ("icon.svg", "image/svg+xml"),
    ("app.css", "text/css; charset=utf-8"),
    ("app.js", "text/javascript; charset=utf-8"),
    ("vendor/htmx.min.js", "text/javascript; charset=utf-8"),
];

/// Another content has another name.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Every file, ready to be sent.
pub struct Assets {
    links: HashMap<&'static str, String>,
    files: HashMap<String, Asset>,
}

struct Asset {
    content_type: &'static str,
    plain: Bytes,
    /// Absent where compressing gains nothing.
    gzip: Option<Bytes>,
}

impl Assets {
    /// Reads every file, once at start.
    pub fn load() -> Result<Self> {
        let mut assets = Self { links: HashMap::new(), files: HashMap::new() };
        for (name, content_type) in FILES {
            let file = Files::get(name).with_context(|| format!("assets/{name} is missing"))?;
            assets.add(name, content_type, file.data.into_owned())?;
        }
        Ok(assets)
    }

    /// The address of a file by its name in the source: `app.css`.
    #[must_use]
    pub fn link(&self, name: &str) -> &str {
        self.links.get(name).map_or("", String::as_str)
    }

    fn add(&mut self, name: &'static str, content_type: &'static str, data: Vec<u8>) -> Result<()> {
        let data = if content_type.starts_with("text/css") { self.rewrite(&data) } else { data };
        let digest = crypto::hex(&crypto::sha256(&data));
        let hash: String = digest.chars().take(16).collect();
        let file = name.rsplit('/').next().unwrap_or(name);
        let (stem, kind) = file.rsplit_once('.').unwrap_or((file, ""));
        let hashed = format!("{stem}-{hash}.{kind}");
        let gzip = compressed(&data).context("compressing an asset")?;
        self.links.insert(name, format!("/assets/{hashed}"));
        self.files.insert(hashed, Asset { content_type, plain: data.into(), gzip });
        Ok(())
    }

    /// The stylesheet names files as they lie beside it; people get their hashed names.
    fn rewrite(&self, css: &[u8]) -> Vec<u8> {
        let mut css = String::from_utf8_lossy(css).into_owned();
        for (name, link) in &self.links {
            css = css.replace(&format!("url(\"{name}\")"), &format!("url(\"{link}\")"));
        }
        css.into_bytes()
    }
}

fn compressed(data: &[u8]) -> std::io::Result<Option<Bytes>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data)?;
    let gzip = encoder.finish()?;
    Ok((gzip.len() < data.len() * 9 / 10).then(|| gzip.into()))
}

/// `GET /assets/{name}`: a file, which the browser keeps for ever since another content has
/// another name.
pub(super) async fn asset(
    state: Data<State>,
    name: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, super::error::PageError> {
    let asset = state.assets.files.get(name.as_str());
    let asset = asset.ok_or_else(|| Error::not_found("file", name.into_inner()))?;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)));
    let Some(gzip) = &asset.gzip else { return Ok(answer.body(asset.plain.clone())) };
    answer.insert_header((header::VARY, HeaderValue::from_static("Accept-Encoding")));
    if takes_gzip(&request) {
        answer.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        return Ok(answer.body(gzip.clone()));
    }
    Ok(answer.body(asset.plain.clone()))
}

/// Whether `Accept-Encoding` names gzip and does not refuse it (RFC 9110 section 12.5.3).
fn takes_gzip(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT_ENCODING);
    let Some(accepted) = accepted.and_then(|value| value.to_str().ok()) else { return false };
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .and_then(|weight| weight.parse::<f32>().ok())
            .is_some_and(|weight| weight <= 0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}
