//! The canonical form against that of libxml2, which is not ours.

use super::*;
use crate::saml::xml::{Limits, line_ends, parse, scan};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn ours(text: &str, method: &Method<'_>) -> String {
    let text = line_ends(text);
    let document = parse(scan(text.as_bytes(), &Limits::RESPONSE).unwrap(), &Limits::RESPONSE);
    canonical(document.unwrap().root_element(), None, method)
}

/// What `xmllint` writes for a whole document.
fn theirs(text: &str, option: &str) -> String {
    let mut child = Command::new("xmllint")
        .args([option, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xmllint is needed by this test: install libxml2-utils");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{text}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn same(text: &str) {
    assert_eq!(ours(text, &Method::Exclusive(Vec::new())), theirs(text, "--exc-c14n"), "{text}");
    assert_eq!(ours(text, &Method::Inclusive), theirs(text, "--c14n"), "{text}");
}

/// The canonical form of the element `<e`, in whatever is around it.
fn part(text: &str, method: &Method<'_>) -> String {
    let document = parse(text, &Limits::RESPONSE).unwrap();
    let apex = document.descendants().find(|node| node.tag_name().name() == "e").unwrap();
    canonical(apex, None, method)
}

#[test]
fn odd_corners_of_namespaces_are_as_in_libxml2() {
    for text in [
        "<a/>",
        "<?xml version='1.0'?>\n<a></a>\n",
        "<a xmlns='urn:a'><b xmlns=''><c xmlns='urn:a'/></b></a>",
        "<a xmlns=''><b xmlns='urn:b'/></a>",
        "<p:a xmlns:p='urn:a' xmlns='urn:d'><b/><p:b xmlns=''/></p:a>",
        "<p:a xmlns:p='urn:a'><p:b xmlns:p='urn:a'><q:c xmlns:q='urn:a'/></p:b></p:a>",
        "<p:a xmlns:p='urn:a'><p:b xmlns:p='urn:b'><p:c xmlns:p='urn:a'/></p:b></p:a>",
        "<a xmlns:z='urn:1' xmlns:y='urn:2' z:a='1' y:a='2' a='3' xml:lang='en' b='4'/>",
        "<a xmlns:z='urn:1' xmlns:y='urn:0'><b z:c='1' y:c='2'/><b y:c='1'/></a>",
        "<a b=' &#9;&#10;&#13;&quot;&apos;&lt;&gt;&amp; \t\n\r x'>&#9;&#10;&#13;&quot;&lt;&gt;&amp;\t\n\r\r\n</a>",
        "<a>\r&#10;&#13;\r\n&#13;\r</a>",
        "<a xml:space='preserve' xmlns:xml='http://www.w3.org/XML/1998/namespace'><b xml:id='c'/></a>",
        "<é ü='ö'>\u{10400}&#x10400;</é>",
        "<a  b = \"'\"  c='\"' ><b\n/></a >",
    ] {
        same(text);
    }
}

#[test]
fn exclusive_form_renders_what_is_used_and_what_is_listed() {
    let text = "<r xmlns='urn:d' xmlns:p='urn:p' xmlns:q='urn:q'><p:e x='1'><q:f/><g/></p:e></r>";
    let exclusive = |list: &[&'static str]| part(text, &Method::Exclusive(list.to_vec()));
    assert_eq!(
        exclusive(&[]),
        "<p:e xmlns:p=\"urn:p\" x=\"1\"><q:f xmlns:q=\"urn:q\"></q:f><g xmlns=\"urn:d\"></g></p:e>"
    );
    assert_eq!(
        exclusive(&["q", "#default", "absent", "xml"]),
        "<p:e xmlns=\"urn:d\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" x=\"1\"><q:f></q:f><g></g></p:e>"
    );
}

#[test]
fn inclusive_form_inherits_from_what_is_left_outside() {
    let text = "<r xmlns='urn:d' xmlns:p='urn:p' xml:lang='en' xml:base='b' c='d'><x xmlns='' xml:lang='de'><p:e xml:base='f'/></x></r>";
    assert_eq!(
        part(text, &Method::Inclusive),
        "<p:e xmlns:p=\"urn:p\" xml:base=\"f\" xml:lang=\"de\"></p:e>"
    );
    let text = "<r xmlns='urn:d' xmlns:p='urn:p'><p:e><f xmlns=''/></p:e></r>";
    assert_eq!(
        part(text, &Method::Inclusive),
        "<p:e xmlns=\"urn:d\" xmlns:p=\"urn:p\"><f xmlns=\"\"></f></p:e>"
    );
}

#[test]
fn a_subtree_can_be_left_out() {
    let document = parse("<a>1<b><c/></b>2</a>", &Limits::RESPONSE).unwrap();
    let root = document.root_element();
    let without = root.first_element_child();
    assert_eq!(canonical(root, without, &Method::Inclusive), "<a>12</a>");
}

#[test]
fn remarks_of_metadata_are_left_out_or_kept_as_the_standard_says() {
    let text = "<a>1<!-- c -->2<?p  q ?><?r?></a>";
    let document = parse(text, &Limits::METADATA).unwrap();
    let form = canonical(document.root_element(), None, &Method::Inclusive);
    assert_eq!(form, "<a>12<?p q ?><?r?></a>");
}

#[derive(Debug, Clone)]
struct Tree {
    prefix: usize,
    declared: Vec<(usize, usize)>,
    attributes: Vec<(usize, usize, String)>,
    content: Vec<(String, Tree)>,
    tail: String,
}

const PREFIXES: [&str; 4] = ["", "a", "b", "c"];
const URIS: [&str; 4] = ["urn:one", "urn:two", "urn:three", ""];

fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "x",
        " ",
        "\n",
        "\t",
        "\r\n",
        "\r",
        "&amp;",
        "&lt;",
        "&gt;",
        "&quot;",
        "&apos;",
        "&#13;",
        "&#10;",
        "&#9;",
        "é",
        "\u{a0}",
        "\u{10400}",
        ">",
        "]]",
        "&#x20AC;",
    ]);
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat().replace("]]>", "]"))
}

fn tree() -> impl Strategy<Value = Tree> {
    let declared = || prop::collection::vec((0..4usize, 0..4usize), 0..3);
    let attributes = || prop::collection::vec((0..4usize, 0..4usize, text()), 0..4);
    let leaf = (0..4usize, declared(), attributes(), text()).prop_map(
        |(prefix, declared, attributes, tail)| Tree {
            prefix,
            declared,
            attributes,
            content: Vec::new(),
            tail,
        },
    );
    leaf.prop_recursive(5, 24, 4, move |inner| {
        let content = prop::collection::vec((text(), inner), 0..4);
        (0..4usize, declared(), attributes(), content, text()).prop_map(
            |(prefix, declared, attributes, content, tail)| Tree {
                prefix,
                declared,
                attributes,
                content,
                tail,
            },
        )
    })
}

/// Writes a tree that is well formed: each prefix declared, no attribute twice.
fn render(tree: &Tree, scope: &[usize; 4], out: &mut String) {
    let mut scope = *scope;
    let mut declared = [false; 4];
    let mut declarations = String::new();
    for (prefix, uri) in &tree.declared {
        // A prefix cannot be undeclared, and nothing is declared twice.
        if declared[*prefix] || (*prefix != 0 && *uri == 3) {
            continue;
        }
        declared[*prefix] = true;
        scope[*prefix] = *uri;
        let colon = if *prefix == 0 { "" } else { ":" };
        write!(declarations, " xmlns{colon}{}='{}'", PREFIXES[*prefix], URIS[*uri]).unwrap();
    }
    let mut seen = Vec::new();
    let mut attributes = String::new();
    for (prefix, local, value) in &tree.attributes {
        let uri = if *prefix == 0 { 9 } else { scope[*prefix] };
        if seen.contains(&(uri, *local)) {
            continue;
        }
        seen.push((uri, *local));
        let colon = if *prefix == 0 { "" } else { ":" };
        let value = value.replace('<', "");
        write!(attributes, "\n{}{colon}n{local}=\"{value}\"", PREFIXES[*prefix]).unwrap();
    }
    let colon = if tree.prefix == 0 { "" } else { ":" };
    let name = format!("{}{colon}e", PREFIXES[tree.prefix]);
    write!(out, "<{name}{attributes}{declarations}>").unwrap();
    for (text, child) in &tree.content {
        out.push_str(text);
        render(child, &scope, out);
    }
    write!(out, "{}</{name}>", tree.tail).unwrap();
}

/// A document whose elements use the prefixes `a`, `b` and `c`, which it declares around them.
pub(in crate::saml) fn generated() -> impl Strategy<Value = String> {
    tree().prop_map(|tree| {
        let mut inside = String::new();
        render(&tree, &[3, 0, 1, 2], &mut inside);
        format!("<r xmlns:a='urn:one' xmlns:b='urn:two' xmlns:c='urn:three'>{inside}</r>")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_forms_are_those_of_libxml2(text in generated()) {
        same(&text);
    }

    #[test]
    fn a_canonical_form_is_its_own_canonical_form(text in generated()) {
        for method in [Method::Exclusive(Vec::new()), Method::Inclusive] {
            let once = ours(&text, &method);
            prop_assert_eq!(&ours(&once, &method), &once);
        }
    }
}
