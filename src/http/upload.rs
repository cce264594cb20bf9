//! What a form holds, also one with a file in it, as `multipart/form-data` (RFC 7578).
//!
//! Nothing of it is written anywhere. How long a body may take to arrive is said once for all, in [`crate::http::server`].

use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::error::{PayloadError, UrlencodedError};
use actix_web::web::{BytesMut, Form};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use std::collections::HashMap;

/// Bytes of a file, and of everything else together.
const LARGEST: usize = 1024 * 1024;
/// Bytes that are read and thrown away, so that whoever chose a file that is too large reads why.
const LONGEST: usize = 8 * LARGEST;
/// More fields than any form with a file has.
const MOST_FIELDS: usize = 30;

/// A file that somebody chose.
#[derive(Debug)]
pub(super) enum Upload {
    /// What is in it.
    Whole(Vec<u8>),
    /// More than is taken.
    TooLarge,
}

/// What a form holds.
#[derive(Debug, Default)]
pub(super) struct Sent {
    fields: HashMap<String, String>,
    files: HashMap<String, Upload>,
}

impl Sent {
    /// What was filled in, without spaces around it; empty if the field was not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.typed(name).trim()
    }

    /// The same as it was typed.
    pub(super) fn typed(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Whether a box was ticked or a button pressed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// All that was filled in, by its names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Fills something in.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.fields.insert(name.to_owned(), value.to_owned());
    }

    /// A file that was chosen.
    pub(super) fn file(&self, name: &str) -> Option<&Upload> {
        self.files.get(name)
    }
}

/// Reads a form, with files or without.
pub(super) fn form(
    request: &HttpRequest,
    payload: &mut Payload,
) -> LocalBoxFuture<'static, Result<Sent, actix_web::Error>> {
    // Either reads the body: only one of them may have it.
    if request.content_type().eq_ignore_ascii_case("multipart/form-data") {
        let files = Multipart::from_request(request, payload);
        return Box::pin(async move { Ok(read(files.await?).await?) });
    }
    let plain = Form::<HashMap<String, String>>::from_request(request, payload);
    Box::pin(async move { Ok(Sent { fields: plain.await?.into_inner(), ..Sent::default() }) })
}

/// Reads a form to its end.
async fn read(mut form: Multipart) -> Result<Sent, UrlencodedError> {
    let mut sent = Sent::default();
    // What may still come: of text, and at all.
    let (mut text, mut all) = (LARGEST, LONGEST);
    let mut parts = 0;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|error| unreadable(&error))?;
        parts += 1;
        if parts > MOST_FIELDS {
            return Err(UrlencodedError::Encoding);
        }
        let name = field.name().ok_or(UrlencodedError::Encoding)?.to_owned();
        if sent.fields.contains_key(&name) || sent.files.contains_key(&name) {
            return Err(UrlencodedError::Encoding);
        }
        let file_name = field.content_disposition().and_then(|it| it.get_filename());
        let is_file = file_name.is_some();
        let is_chosen = file_name.is_some_and(|name| !name.is_empty());
        let content = take(&mut field, if is_file { LARGEST } else { text }, &mut all).await?;
        if !is_file {
            let content = content.ok_or(overflow(LARGEST))?;
            text = text.saturating_sub(content.len());
            let content = String::from_utf8(content).map_err(|_| UrlencodedError::Encoding)?;
            sent.fields.insert(name, content);
        } else if is_chosen {
            // A field of a file in which none was chosen comes without a name.
            let upload = content.map_or(Upload::TooLarge, Upload::Whole);
            sent.files.insert(name, upload);
        }
    }
    Ok(sent)
}

/// What is in a field; none if that is more than `most`.
async fn take(
    field: &mut Field,
    most: usize,
    all: &mut usize,
) -> Result<Option<Vec<u8>>, UrlencodedError> {
    let mut content = Some(BytesMut::new());
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|error| unreadable(&error))?;
        *all = all.checked_sub(chunk.len()).ok_or(overflow(LONGEST))?;
        match &mut content {
            Some(content) if content.len().saturating_add(chunk.len()) <= most => {
                content.extend_from_slice(&chunk);
            }
            _ => content = None,
        }
    }
    Ok(content.map(Into::into))
}

fn overflow(limit: usize) -> UrlencodedError {
    UrlencodedError::Overflow { size: limit, limit }
}

fn unreadable(error: &actix_multipart::MultipartError) -> UrlencodedError {
    tracing::debug!(%error, "a form with a file was not read");
    UrlencodedError::Payload(PayloadError::Incomplete(None))
}
