//! The operator's logos: pictures whose content says what they are, and drawings from which everything is taken that is no drawing.

use super::schema::brand_logos;
use super::types::word;
use super::{Db, Time, Tx, configuration, events, on_backend};
use crate::crypto;
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;
use serde_json::json;

/// Bytes of a logo: it is on every page of a sign-in.
pub const LARGEST: usize = 256 * 1024;

word!(
    /// Where a logo stands.
    Theme {
        /// On light pages, and on dark ones that have none of their own.
        Light = "light",
        /// On dark pages.
        Dark = "dark",
    }
);

word!(
    /// What kind of picture a logo is.
    Kind {
        /// Portable Network Graphics.
        Png = "image/png",
        /// JPEG.
        Jpeg = "image/jpeg",
        /// WebP.
        WebP = "image/webp",
        /// A drawing.
        Svg = "image/svg+xml",
    }
);

impl Kind {
    /// What its file's name ends with.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
            Self::Svg => "svg",
        }
    }

    /// What browsers are told that it is.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        self.as_str()
    }

    /// What content is, by its first bytes.
    fn of(content: &[u8]) -> Option<Self> {
        match content {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            // A drawing is text that begins with an element; whether it is one, is seen when it is read.
            text => {
                let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
                (text.trim_ascii_start().first() == Some(&b'<')).then_some(Self::Svg)
            }
        }
    }
}

/// A logo.
#[derive(Debug, Clone)]
pub struct Logo {
    /// Where it stands.
    pub theme: Theme,
    /// What it is.
    pub kind: Kind,
    /// The beginning of its SHA-256.
    pub hash: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = brand_logos, primary_key(theme), treat_none_as_null = true)]
struct Row {
    theme: Theme,
    media_type: Option<Kind>,
    hash: Option<String>,
    content: Option<String>,
    changed_at: Time,
    changed_by: String,
    revision: i64,
}

/// The logos that there are.
pub fn all(db: &mut Db) -> Result<Vec<Logo>> {
    let rows: Vec<Row> = brand_logos::table.load(db)?;
    let mut all = Vec::new();
    for row in rows {
        let (Some(kind), Some(hash), Some(content)) = (row.media_type, row.hash, row.content)
        else {
            continue;
        };
        let content = STANDARD.decode(content).map_err(|error| Error::Internal(error.into()))?;
        all.push(Logo { theme: row.theme, kind, hash, content });
    }
    Ok(all)
}

/// Puts a logo in the place of the one before it.
pub fn put(tx: &mut Tx, theme: Theme, content: &[u8]) -> Result<()> {
    let pointer = format!("/{theme}");
    if content.len() > LARGEST {
        let detail = format!("A logo has at most {} kB. Save it smaller.", LARGEST / 1024);
        return Err(Error::invalid(pointer, "too_large", detail));
    }
    let strange = || {
        let detail = "This is no PNG, JPEG, WebP or SVG. Export the logo as one of these.";
        Error::invalid(pointer.clone(), "not_a_picture", detail)
    };
    let kind = Kind::of(content).ok_or_else(strange)?;
    let content = match kind {
        Kind::Svg => drawing(content).ok_or_else(strange)?,
        _ => content.to_vec(),
    };
    let digest = crypto::hex(&crypto::sha256(&content));
    let hash: String = digest.chars().take(32).collect();
    write(tx, theme, Some((kind, hash, STANDARD.encode(content))))
}

/// Takes a logo away.
pub fn remove(tx: &mut Tx, theme: Theme) -> Result<()> {
    write(tx, theme, None)
}

fn write(tx: &mut Tx, theme: Theme, logo: Option<(Kind, String, String)>) -> Result<()> {
    let before: Option<Option<String>> =
        brand_logos::table.find(theme).select(brand_logos::hash).first(tx.db).optional()?;
    let before = before.flatten();
    let after = logo.as_ref().map(|(_, hash, _)| hash.clone());
    if before == after {
        return Ok(());
    }
    let (media_type, content) = match logo {
        Some((kind, _, content)) => (Some(kind), Some(content)),
        None => (None, None),
    };
    let row = Row {
        theme,
        media_type,
        hash: after.clone(),
        content,
        changed_at: tx.now,
        changed_by: tx.actor.to_string(),
        revision: configuration::revision(tx.db)? + 1,
    };
    on_backend!(tx.db, conn => diesel::insert_into(brand_logos::table)
        .values(&row)
        .on_conflict(brand_logos::theme)
        .do_update()
        .set(&row)
        .execute(conn))?;
    let name = format!("brand.logo.{theme}");
    let kept = |hash: Option<String>| json!({ name.clone(): hash });
    let change = (kept(before), kept(after));
    let data = json!({ "settings": [name] });
    events::append_change(tx, None, "settings.changed", "settings", data, (&change.0, &change.1))
}

/// A drawing without scripts, links to elsewhere and whatever else is no drawing; none: it is none.
fn drawing(content: &[u8]) -> Option<Vec<u8>> {
    let mut filter = svg_hush::Filter::new();
    filter.set_data_url_filter(svg_hush::data_url_filter::allow_standard_images);
    let mut drawn = Vec::new();
    filter.filter(&mut &*content, &mut drawn).ok()?;
    let text = std::str::from_utf8(&drawn).ok()?;
    (text.contains("<svg") && drawn.len() <= LARGEST).then_some(drawn)
}
