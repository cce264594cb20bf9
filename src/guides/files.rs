//! Guides as files: those that are compiled in, and those of a folder, which take their places or come beside them.

use super::{EntityIdSource, GENERIC, Guide, Guides, Kind, Protocol, Value};
use crate::config::{Problem, Problems};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files in the order in which people choose among them.
const FILES: [&str; 13] = [
    include_str!("../../guides/jumpcloud.toml"),
    include_str!("../../guides/okta.toml"),
    include_str!("../../guides/entra.toml"),
    include_str!("../../guides/google.toml"),
    include_str!("../../guides/onelogin.toml"),
    include_str!("../../guides/pingone.toml"),
    include_str!("../../guides/rippling.toml"),
    include_str!("../../guides/keycloak.toml"),
    include_str!("../../guides/adfs.toml"),
    include_str!("../../guides/auth0.toml"),
    include_str!("../../guides/duo.toml"),
    include_str!("../../guides/cyberark.toml"),
    include_str!("../../guides/generic.toml"),
];

/// What a value may have in braces; `{host}` is for the reader to fill in.
const NAMES: [&str; 12] = [
    "idp_entity_id",
    "sp_entity_id",
    "sp_metadata_url",
    "acs",
    "acs_pattern",
    "slo",
    "login_url",
    "app",
    "host",
    "scim_base_url",
    "scim_token",
    "test_user",
];
/// What is set up without a guide: see `store::setup_links::Way`.
const TAKEN: [&str; 3] = ["saml", "openid", "scim"];
/// The longest file.
const LONGEST: u64 = 256 * 1024;
/// The most files of a folder.
const MOST: usize = 200;

/// Why a file is no guide: the line, and what was expected there.
type Fault = (usize, String);

impl Guides {
    /// Parses the guides that are compiled in, and those of `folder`, each `<id>.toml` and whole: it takes the place of the
    /// one of its ID, or is another one. Everything wrong with the folder is told at once.
    pub fn load(folder: Option<&Path>) -> Result<Self, Problems> {
        let mut named = Vec::new();
        for text in FILES {
            let read = read(text).map_err(|(line, why)| {
                Problem::new(
                    format!("A guide that is compiled in cannot be read at its line {line}."),
                    why,
                    "This is a fault of the program.",
                )
            })?;
            named.push(read);
        }
        let mut problems = Vec::new();
        let mut added = Vec::new();
        for file in folder.map(|folder| files(folder, &mut problems)).unwrap_or_default() {
            match of_file(&file) {
                Ok(guide) => match named.iter_mut().find(|known| known.id == guide.id) {
                    Some(known) => *known = guide,
                    None => added.push(guide),
                },
                Err(problem) => problems.push(problem.about("guides_dir")),
            }
        }
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        let is_generic = |guide: &Guide| guide.id == GENERIC;
        let (mut generic, mut named): (Vec<_>, Vec<_>) = named.into_iter().partition(is_generic);
        named.extend(added);
        let generic = generic.pop().ok_or_else(|| {
            Problem::new("There is no generic guide.", "Every other rests on it.", "Add it again.")
        })?;
        Ok(Self { named, generic })
    }
}

/// The guides of a folder, in the order of their names.
fn files(folder: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()
    });
    let mut files = match listed {
        Ok(files) => files,
        Err(error) => {
            let problem = Problem::new(
                format!("The folder of guides {} cannot be read.", folder.display()),
                format!("The system says: {error}."),
                "Make it, or let the user that runs the gateway read it, or unset guides_dir.",
            );
            problems.push(problem.about("guides_dir"));
            return Vec::new();
        }
    };
    files.retain(|file| file.extension().is_some_and(|kind| kind == "toml"));
    files.sort();
    if files.len() > MOST {
        let problem = Problem::new(
            format!("The folder of guides {} has more than {MOST} files.", folder.display()),
            "IT admins choose among all of them.",
            "Is it another folder that was meant?",
        );
        problems.push(problem.about("guides_dir"));
        files.clear();
    }
    files
}

fn of_file(file: &Path) -> Result<Guide, Problem> {
    let unreadable = |why: String| {
        Problem::new(
            format!("The guide {} cannot be read.", file.display()),
            why,
            "Mend the file, or take it out of the folder of guides_dir.",
        )
    };
    let size = fs::metadata(file).map_err(|error| unreadable(format!("The system says: {error}.")));
    if size?.len() > LONGEST {
        return Err(unreadable(format!("It is longer than {LONGEST} bytes.")));
    }
    let text = fs::read_to_string(file)
        .map_err(|error| unreadable(format!("The system says: {error}.")))?;
    let faulty = |(line, why): Fault| {
        Problem::new(
            format!("{} line {line}: this is no guide.", file.display()),
            why,
            "Mend the line. The guides that are compiled in are examples: see docs/identity-providers.md.",
        )
    };
    let guide = read(&text).map_err(faulty)?;
    if file.file_stem().is_none_or(|stem| stem != guide.id.as_str()) {
        let why = format!("Its id is “{0}”, so {0}.toml is expected as the file's name.", guide.id);
        return Err(faulty((line_of(&text, "id"), why)));
    }
    Ok(guide)
}

/// Reads a guide and looks whether it says all that a guide has to.
fn read(text: &str) -> Result<Guide, Fault> {
    let guide: Guide = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        (line, format!("{}.", error.message().trim_end().trim_end_matches('.')))
    })?;
    match fault(&guide) {
        Some((near, why)) => Err((line_of(text, near.as_str()), why)),
        None => Ok(guide),
    }
}

/// The first line that has these words; the first of all if none has.
fn line_of(text: &str, near: &str) -> usize {
    text.lines().position(|line| line.contains(near)).map_or(1, |at| at + 1)
}

/// What a guide lacks, or has too much: words of the line, and what was expected.
fn fault(guide: &Guide) -> Option<(String, String)> {
    let fault = |near: &str, why: &str| Some((near.to_owned(), why.to_owned()));
    let is_word = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
    if guide.id.is_empty() || guide.id.len() > 40 || !guide.id.chars().all(is_word) {
        return fault("id", "An id of 1 to 40 lower-case letters, digits and hyphens is expected.");
    }
    if TAKEN.contains(&guide.id.as_str()) {
        return fault("id", "Another id is expected: this one is the name of a protocol.");
    }
    if guide.name.trim().is_empty() || guide.name.chars().count() > 60 {
        return fault("name", "A name of 1 to 60 characters is expected.");
    }
    if !(1..=2).contains(&guide.tile.chars().count()) {
        return fault("tile", "One or two letters are expected in place of a logo.");
    }
    if guide.protocols.contains(&Protocol::Scim) != guide.scim.is_some() {
        return fault(
            "protocols",
            "Where there is a table [scim], “scim” is expected here, and only there.",
        );
    }
    if !guide.metadata.url && !guide.metadata.file {
        return fault(
            "[metadata]",
            "url or file is expected to be true: the metadata comes in one way.",
        );
    }
    values_fault(guide)
}

/// What is wrong with a value of a guide.
fn values_fault(guide: &Guide) -> Option<(String, String)> {
    for needed in ["{sp_entity_id}", "{acs}"] {
        if !guide.values.iter().any(|entry| entry.value.contains(needed)) {
            let why = format!("A value with {needed} is expected: no provider works without it.");
            return Some(("[[values]]".to_owned(), why));
        }
    }
    let asks = guide.values.iter().any(|entry| entry.value.contains("{idp_entity_id}"));
    if asks != (guide.idp_entity_id == EntityIdSource::Generated) {
        let why = "“generated” is expected where a value has {idp_entity_id}, and “from_metadata” where none has.";
        return Some(("idp_entity_id".to_owned(), why.to_owned()));
    }
    let scim = guide.scim.iter().flat_map(|scim| scim.values.iter().chain(&scim.group_values));
    let rows = guide.rows.each.iter().chain(&guide.rows.groups);
    let values = guide.values.iter().chain(&guide.logout);
    let all: Vec<&Value> = values.chain(rows).chain(scim).collect();
    if let Some(entry) =
        all.iter().find(|it| it.kind != Kind::Choose && !it.alternatives.is_empty())
    {
        let why =
            format!("“{}” is nothing to choose, so no alternatives are expected.", entry.label);
        return Some(("alternatives".to_owned(), why));
    }
    let paths = [&guide.create, &guide.place, &guide.assign, &guide.metadata.path];
    let of_scim = guide.scim.iter().flat_map(|scim| [&scim.create, &scim.first]);
    let steps = paths.into_iter().chain([&guide.rows.path]).chain(of_scim).flatten();
    let fixes = guide.fixes.iter().flat_map(|fix| fix.path.iter().chain([&fix.value]));
    let values = all.iter().map(|entry| &entry.value);
    let unknown = values.chain(steps).chain(fixes).find_map(|text| unknown_name(text));
    unknown.map(|name| {
        let why = format!(
            "{{{name}}} is filled in by nothing. One of these is expected: {}.",
            NAMES.join(", ")
        );
        (format!("{{{name}}}"), why)
    })
}

/// A name in braces that is filled in by nothing. What is no name in braces is the console's own, as in a template of JSON.
fn unknown_name(text: &str) -> Option<&str> {
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_')
    };
    let names = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    names.filter(is_name).find(|name| !NAMES.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn folder(files: &[(&str, String)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn problem(name: &str, text: String) -> Problem {
        let folder = folder(&[(name, text)]);
        let Problems(mut all) = Guides::load(Some(folder.path())).unwrap_err();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn a_file_of_the_folder_takes_the_place_of_a_guide_or_is_another_one() {
        let renamed = FILES[0].replace("SSO Applications", "Single Sign-On");
        let other = FILES[12].replace("id = \"generic\"", "id = \"acme\"");
        let notes = "Not a guide".to_owned();
        let folder =
            folder(&[("jumpcloud.toml", renamed), ("acme.toml", other), ("notes.txt", notes)]);
        let guides = Guides::load(Some(folder.path())).unwrap();
        let ids: Vec<&str> = guides.all().map(|guide| guide.id.as_str()).collect();
        assert_eq!((ids[0], ids[12], ids[13], ids.len()), ("jumpcloud", "acme", GENERIC, 14));
        assert_eq!(guides.find("jumpcloud").unwrap().place[0], "Single Sign-On");
    }

    #[test]
    fn the_generic_guide_can_be_replaced_and_stays_the_last() {
        let folder = folder(&[("generic.toml", FILES[12].replace("SAML 2.0", "Any other"))]);
        let guides = Guides::load(Some(folder.path())).unwrap();
        assert_eq!(guides.all().last().unwrap().name, "Any other");
        assert_eq!(guides.all().count(), FILES.len());
    }

    #[test]
    fn a_broken_file_is_refused_with_its_line_and_what_was_expected() {
        let typo = FILES[0].replacen("label = \"SP Entity ID\"", "lable = \"SP Entity ID\"", 1);
        let told = problem("jumpcloud.toml", typo.clone());
        let line = typo.lines().position(|line| line.starts_with("lable")).unwrap() + 1;
        assert!(told.what.contains(&format!("jumpcloud.toml line {line}:")), "{}", told.what);
        assert!(told.why.contains("`lable`") && told.why.contains("`label`"), "{}", told.why);
        let told = problem("jumpcloud.toml", "id = \"jumpcloud".to_owned());
        assert!(told.what.contains("line 1:"), "{}", told.what);
    }

    #[test]
    fn a_file_that_says_too_little_or_what_nothing_fills_in_is_refused() {
        let of = |from: &str, to: &str| FILES[0].replace(from, to);
        for (text, expected) in [
            (of("id = \"jumpcloud\"", "id = \"okta\""), "okta.toml is expected"),
            (of("id = \"jumpcloud\"", "id = \"Jump Cloud\""), "lower-case letters"),
            (of("tile = \"JC\"", "tile = \"JCL\""), "One or two letters"),
            (of("{sp_entity_id}", "{sp_entityid}"), "A value with {sp_entity_id}"),
            (of("{login_url}", "{loginurl}"), "{loginurl} is filled in by nothing"),
            (of("\"generated\"", "\"from_metadata\""), "“generated” is expected"),
            (of("\"saml\", \"scim\"", "\"saml\""), "“scim” is expected"),
            (of("code = \"issuer_mismatch\"", "code = \"issuer_mismatched\""), "issuer_mismatched"),
        ] {
            let told = problem("jumpcloud.toml", text);
            assert!(told.why.contains(expected), "{expected}: {}", told.why);
            assert!(told.what.contains("jumpcloud.toml line "), "{}", told.what);
            assert_eq!(told.about.as_deref(), Some("guides_dir"));
        }
        let scim = problem("scim.toml", of("id = \"jumpcloud\"", "id = \"scim\""));
        assert!(scim.why.contains("name of a protocol"), "{}", scim.why);
    }

    #[test]
    fn all_that_is_wrong_with_a_folder_is_told_at_once() {
        let broken = || "id = 1".to_owned();
        let folder = folder(&[("one.toml", broken()), ("two.toml", broken())]);
        assert_eq!(Guides::load(Some(folder.path())).unwrap_err().0.len(), 2);
        let absent = folder.path().join("absent");
        let Problems(told) = Guides::load(Some(&absent)).unwrap_err();
        assert!(told[0].what.contains("absent") && told[0].why.contains("The system says"));
    }
}
