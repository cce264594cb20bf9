//! The form in which a provider's metadata is given: by address, as a file, as text, or as single values.

use super::pages::Several;
use super::upload::{Sent, Upload};
use crate::acts;
use crate::acts::metadata::{Source, Values};
use crate::error::{Error, FieldError, Result};
use crate::guides::Guide;
use crate::locale::Locale;
use crate::saml::Binding;
use crate::saml::certificate::Certificate;

/// The fields that are typed into.
pub(super) const FIELDS: [&str; 5] =
    ["metadata_url", "metadata_xml", "entity_id", "sign_on_url", "certificate"];
/// The field of the file, of which no browser shows again what was chosen.
pub(super) const FILE: &str = "metadata_file";
/// The field for one of several providers in what was given.
pub(super) const CHOOSE: &str = "choose";
/// The field that says that the choice was shown, of which an answer without one has nothing.
const CHOOSING: &str = "choosing";
/// More of them than these are not shown to be picked from: one is typed then.
const LISTED: usize = 20;

/// What is given in the one of the four ways that was filled in; two are refused, since one of them would be ignored. An
/// address that the page had filled in itself, `known`, gives way to what was given beside it.
pub(super) fn source(form: &Sent, known: Option<&str>) -> Result<Option<Source>> {
    let [url, xml, entity_id, sign_on_url, certificate] = FIELDS.map(|field| form.text(field));
    let has_values = [entity_id, sign_on_url, certificate].iter().any(|value| !value.is_empty());
    let others = [form.file(FILE).is_some(), !xml.is_empty(), has_values];
    let others = others.into_iter().filter(|is_given| *is_given).count();
    let has_url = !url.is_empty() && (others == 0 || known != Some(url));
    if others > 1 || (has_url && others > 0) {
        let at = [(has_url, "metadata_url"), (!xml.is_empty(), "metadata_xml"), (true, FILE)];
        let at = at.into_iter().find(|(is_given, _)| *is_given).map_or(FILE, |(_, field)| field);
        return Err(acts::metadata::given_twice(at));
    }
    match form.file(FILE) {
        Some(Upload::Whole(content)) => return Ok(Some(Source::Xml(content.clone()))),
        // A file is refused for its size before anybody looks into it.
        Some(Upload::TooLarge) => {
            let detail = "A file of metadata has at most 1 MiB.";
            return Err(Error::invalid(format!("/{FILE}"), "metadata_too_large", detail));
        }
        None => {}
    }
    if has_url {
        return Ok(Some(Source::Url(url.to_owned())));
    }
    if !xml.is_empty() {
        return Ok(Some(Source::Xml(xml.as_bytes().to_vec())));
    }
    Ok(has_values.then(|| {
        Source::Values(Values {
            entity_id: entity_id.to_owned(),
            sign_on_url: sign_on_url.to_owned(),
            binding: Binding::Redirect,
            certificates: vec![certificate.to_owned()],
            logout: None,
        })
    }))
}

/// The field that is asked for first.
pub(super) fn first_field(guide: &Guide) -> &'static str {
    if guide.metadata.url { "metadata_url" } else { FILE }
}

/// What was typed, to be shown again: of a private key nothing.
pub(super) fn typed(form: &Sent) -> [(&'static str, String); 5] {
    FIELDS.map(|field| (field, Certificate::shown_again(form.text(field)).to_owned()))
}

/// What is in a file that was sent, if that is text: it can go on as text, since browsers forget which was chosen. Of a private key
/// nothing does.
pub(super) fn text_of_file(form: &Sent) -> Option<String> {
    let Some(Upload::Whole(content)) = form.file(FILE) else { return None };
    let text = std::str::from_utf8(content).ok()?;
    Some(Certificate::shown_again(text).to_owned())
}

/// Which of several providers was chosen.
pub(super) fn chosen(form: &Sent) -> Option<String> {
    Some(form.text(CHOOSE)).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Which providers there are to choose from; nothing: that is not asked. The list of a federation is not shown, and of that one is typed.
pub(super) fn several(form: &Sent, faults: &[FieldError]) -> Option<Several> {
    let chosen = chosen(form);
    let choices = faults.iter().map(|fault| &fault.choices).find(|choices| !choices.is_empty());
    // Something else is wrong with the one that was chosen: it stays so.
    let listed = choices.map_or_else(|| chosen.iter().cloned().collect(), Clone::clone);
    let listed = Some(listed).filter(|listed| !listed.is_empty())?;
    let is_long = listed.len() > LISTED;
    let listed = if is_long { Vec::new() } else { listed };
    Some(Several { listed, chosen: chosen.unwrap_or_default() })
}

/// Whether what was given as metadata is what a provider of OpenID Connect says of itself.
pub(super) fn is_openid(faults: &[FieldError]) -> bool {
    faults.iter().any(|fault| fault.code == "metadata_is_oidc")
}

/// In which way metadata was given: the field of it, and how the sentences are called that speak of it, the closest first.
fn way(form: &Sent) -> Option<(&'static str, &'static [&'static str])> {
    let has = |field: &str| !form.text(field).is_empty();
    match form.file(FILE) {
        Some(Upload::Whole(content)) if !is_text(content) => Some((FILE, &["binary", "file"])),
        Some(_) => Some((FILE, &["file"])),
        None if has("metadata_xml") => Some(("metadata_xml", &["text"])),
        None if ["entity_id", "sign_on_url", "certificate"].into_iter().any(has) => {
            Some(("entity_id", &["values"]))
        }
        None => has("metadata_url").then_some(("metadata_url", &[])),
    }
}

/// Whether a file can be XML at all: UTF-8, UTF-16, which begins with its mark, or another encoding that begins as XML does.
fn is_text(content: &[u8]) -> bool {
    if content.trim_ascii_start().starts_with(b"<") {
        return true;
    }
    let is_wide = content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]);
    is_wide || std::str::from_utf8(content).is_ok_and(|text| !text.contains('\0'))
}

/// What is wrong, each at its field, in the words of the provider's console and of the way in which it was given; `reader` calls the
/// sentences that are for whoever reads it alone.
pub(super) fn in_words(
    locale: &Locale,
    (guide, reader): (&Guide, &[&str]),
    form: &Sent,
    faults: Vec<FieldError>,
) -> Vec<(&'static str, String)> {
    let (own_field, of_way) = way(form).unwrap_or((first_field(guide), &[]));
    let words = [reader, of_way].concat();
    let is_unchosen = form.has(CHOOSING) && chosen(form).is_none();
    let one = |fault: FieldError| {
        let given = [FILE].into_iter().chain(FIELDS).find(|field| fault.pointer.contains(field));
        // What is wrong with the text of a file is told where the file was chosen.
        let field = match given {
            Some("metadata_xml")
                if form.file(FILE).is_some() && form.text("metadata_xml").is_empty() =>
            {
                Some(FILE)
            }
            other => other,
        };
        let title = match &*fault.code {
            "metadata_multiple" if is_unchosen => locale.text("portal.choose_nothing"),
            code => locale.metadata_title_in(code, &words),
        };
        let text = if title.is_empty() {
            fault.detail
        } else {
            let fix = locale.metadata_fix_in(&fault.code, &words, &guide.metadata.button);
            match &*fault.code {
                // Why it could not be fetched differs: no such name, no trust, a status, no answer in time.
                "metadata_unreachable" => format!("{title}: {} {fix}", fault.detail),
                _ => format!("{title}. {fix}"),
            }
        };
        // Whoever gave several is asked which one is meant.
        let asked = (fault.code == "metadata_multiple").then_some(CHOOSE);
        (asked.or(field).unwrap_or(own_field), text)
    };
    faults.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::Fault;
    use crate::guides::Guides;

    #[test]
    fn why_an_address_could_not_be_fetched_is_told_at_its_field() {
        let (guides, locale) = (Guides::load(None).unwrap(), Locale::load("en").unwrap());
        let host = || "idp.example".to_owned();
        let faults = [
            (Fault::Dns { host: host() }, "was not found in DNS"),
            (Fault::Connect { host: host() }, "does not accept connections"),
            (Fault::Tls { host: host(), why: "expired".to_owned() }, "by TLS: expired"),
            (Fault::Status { host: host(), status: 404 }, "answered with status 404"),
            (Fault::TimeOut { host: host(), seconds: 5 }, "did not answer within 5 seconds"),
        ];
        for (fault, said) in faults {
            let fault =
                FieldError::new("/metadata_url".to_owned(), fault.code(), fault.to_string());
            let form = Sent::default();
            let told = in_words(&locale, (guides.of("jumpcloud"), &[]), &form, vec![fault]);
            let [(field, text)] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!(*field, "metadata_url");
            assert!(text.contains(said) && text.contains("Copy Metadata URL"), "{said}: {text}");
        }
    }
}
