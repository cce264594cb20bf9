//! What is let through, and what is not.

use super::*;
use crate::cause::Cause;

fn cause(text: impl AsRef<[u8]>) -> Option<Cause> {
    scan(text.as_ref(), &Limits::RESPONSE).err().map(|fault| fault.cause)
}

#[test]
fn plain_xml_passes() {
    for text in [
        "<a/>",
        "<?xml version=\"1.0\"?><a/>",
        "<?xml version='1.0' encoding='utf-8' standalone = \"no\" ?>\r\n<a b='1'>&lt;&#x41;</a>\n",
        "\n<a b = '>' c=\"'\"><b></b ></a>",
    ] {
        assert_eq!(cause(text), None, "{text}");
    }
}

#[test]
fn a_document_type_an_entity_a_comment_cdata_and_instructions_are_forbidden() {
    for text in [
        "<!DOCTYPE a><a/>",
        "<!doctype a><a/>",
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<a>&b;</a>",
        "<a b='&b;'/>",
        "<a><!-- --></a>",
        "<!-- --><a/>",
        "<a/><!-- -->",
        "<a><![CDATA[b]]></a>",
        "<a><?b?></a>",
        "<a/><?b?>",
        "<?xml-stylesheet href='b'?><a/>",
        "<?xml version=\"1.1\"?><a/>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>",
        "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>",
        "\u{feff}<a/>",
    ] {
        assert_eq!(cause(text), Some(Cause::XmlForbidden), "{text}");
    }
    let wide: Vec<u8> = "\u{feff}<a/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(cause(wide), Some(Cause::XmlForbidden));
}

#[test]
fn what_is_not_xml_is_invalid() {
    for text in [
        "",
        " ",
        "ann",
        "<",
        "<a",
        "<a>",
        "</a>",
        "<a/><a/>",
        "<a></a></a>",
        "<a b></a>",
        "<a b=c/>",
        "<a b='c/>",
        "<a b='<'/>",
        "<a/>b",
        "<a>&#xD800;</a>",
        "<a>&#0;</a>",
        "<a>&#;</a>",
        "<a>&#x110000;</a>",
        "<a>&#+65;</a>",
        "<a>Research & Development</a>",
        "<a b='https://idp.example/?c=d&e=f'/>",
        "<a>&;</a>",
        "<a>&amp</a>",
    ] {
        assert_eq!(cause(text), Some(Cause::XmlInvalid), "{text}");
    }
    assert_eq!(cause(b"<a>\xff</a>"), Some(Cause::XmlInvalid));
}

#[test]
fn what_is_too_long_deep_or_wide_is_too_large() {
    let deep = "<a>".repeat(100_000);
    let many = format!("<a>{}</a>", "<b/>".repeat(20_000));
    let wide =
        format!("<a {}/>", (0..25).map(|n| format!("b{n}='' ")).collect::<Vec<_>>().concat());
    let long = format!("<a b='{}'/>", "c".repeat(8 * 1024 + 1));
    let spaces = format!("<a>{}</a>", "<b xmlns='urn:b'/>".repeat(2_001));
    let scope = (0..4).fold("<b/>".to_owned(), |inner, level| {
        let names =
            (0..20).map(|n| format!("xmlns:p{level}_{n}='urn:p' ")).collect::<Vec<_>>().concat();
        format!("<a {names}>{inner}</a>")
    });
    let huge = "a".repeat(10 * 1024 * 1024);
    let broad = format!("<a>{}</a>", "<b c='' d='' e=''/>".repeat(15_000));
    for text in [deep, many, wide, long, spaces, scope, huge, broad] {
        assert_eq!(cause(&text), Some(Cause::ResponseTooLarge), "{text:.40}");
    }
    let just = |depth| format!("{}<a/>{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert_eq!(cause(just(31)), None);
    assert_eq!(cause(just(32)), Some(Cause::ResponseTooLarge));
}

#[test]
fn a_namespace_is_an_absolute_uri() {
    for uri in [
        "urn:oasis:names:tc:SAML:2.0:assertion",
        "http://www.w3.org/2000/09/xmldsig#",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://schemas.microsoft.com/ws/2008/06/identity/claims?a=b",
        "",
    ] {
        assert_eq!(cause(format!("<a xmlns='{uri}'/>")), None, "{uri}");
    }
    for uri in [
        "relative",
        "/a",
        "//host/a",
        "../a",
        "?a",
        "#a",
        ":a",
        "1:a",
        "u rn:a",
        "urn:a b",
        "urn:ä",
        "http://host:0x/",
        "http://a#b#c",
        "urn:a%",
        "urn&#58;a",
    ] {
        assert_eq!(cause(format!("<a xmlns:b='{uri}'/>")), Some(Cause::XmlInvalid), "{uri}");
        assert_eq!(scan(format!("<a xmlns='{uri}'/>").as_bytes(), &Limits::METADATA).err(), None);
    }
}

#[test]
fn a_remark_counts_as_an_element() {
    for remark in ["<!---->", "<?a?>", "<a/>"] {
        let text = |count| format!("<a>{}</a>", remark.repeat(count));
        assert_eq!(scan(text(59_999).as_bytes(), &Limits::METADATA).err(), None);
        let fault = scan(text(60_000).as_bytes(), &Limits::METADATA).unwrap_err();
        assert_eq!(fault.cause, Cause::ResponseTooLarge);
    }
}

#[test]
fn metadata_may_have_remarks_but_no_document_type() {
    let limits = &Limits::METADATA;
    let text = "\u{feff}<?xml version='1.0'?><?b c?><!-- < --><a><!-- d --></a><!-- e -->";
    assert_eq!(scan(text.as_bytes(), limits), Ok(text.trim_start_matches('\u{feff}')));
    let fault = scan(b"<!DOCTYPE a><a/>", limits).unwrap_err();
    assert_eq!(fault.cause, Cause::XmlForbidden);
}
