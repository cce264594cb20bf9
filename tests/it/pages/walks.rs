//! How to get to pages: files with a step in each line.
//!
//! A walk is a browser of its own; an empty line is between two of them, and a line with `#` is a remark.
//!
//! | step | does |
//! |---|---|
//! | `go ADDRESS` | opens an address, absolute or of the gateway |
//! | `see NAME` | looks at the page that is open; this is the line that adds a page |
//! | `fill SELECTOR TEXT` | fills a field in |
//! | `choose SELECTOR VALUE`, `tick SELECTOR` | chooses one of several, ticks one |
//! | `again` | loads the page again, which sends the form that led to it once more |
//! | `unfold SELECTOR` | clicks what opens something on the same page |
//! | `wait SELECTOR` | waits until something is on the page that a script brings |
//! | `key NAME` | presses a key |
//! | `press SELECTOR` | clicks what leads to another page |
//! | `save SELECTOR` | clicks what gives a file |
//! | `popup SELECTOR` | clicks what leads to a page in another tab, and goes on there |
//! | `here SELECTOR` | clicks the button of a form that leads to another tab, but stays in this one |
//! | `tab ADDRESS`, `close` | opens an address in another tab and goes on there; leaves that tab |
//! | `take WORD SELECTOR` | from now on the word in braces is what stands there |
//! | `totp SELECTOR STEPS` | fills in the code that an app shows so many steps of thirty seconds from now, by the key that was on a page |
//! | `authenticator NONE-OR-ONE` | from now on the browser has no authenticator, or one that has passkeys |
//! | `arrive PATH` | waits until the browser is there |
//! | `keep NAME`, `as NAME` | keeps the browser's cookies by a name; from now on this browser has those |
//! | `forget` | throws the browser's cookies away: from now on it is another's |
//! | `hold` | from now on other servers do not answer, so a page of ours that leads to one stays |
//!
//! A walk that begins with `scripts` needs them, and one that begins with `plain` is only for a browser without them, where `wait`
//! sends the form that was filled in last by its button.
//!
//! Words in braces are what [`super::Scene::words`] says, or what was taken from a page. The name is the file's name of a
//! picture, too.

use std::fs;
use std::path::Path;

/// The steps of a browser.
pub(crate) type Walk = Vec<String>;

/// The walks of a folder, which has a file for each of these areas and no other.
pub(super) fn of(folder: &str, areas: &[(&str, &str)]) -> Vec<Walk> {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(&whole).unwrap().count();
    assert_eq!(files, areas.len(), "{folder} has files that are not walked");
    areas.iter().flat_map(|(area, _)| in_file(&format!("{folder}/{area}.txt"))).collect()
}

/// The walks of a file.
pub(crate) fn in_file(path: &str) -> Vec<Walk> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    let steps = |part: &str| -> Walk {
        part.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    let walks: Vec<Walk> =
        text.trim().split("\n\n").map(steps).filter(|walk| !walk.is_empty()).collect();
    assert!(walks.iter().flatten().all(|step| !step.trim().is_empty()), "{path}: an empty step");
    walks
}

/// Leaves out the walks that are only for a browser with scripts, or only for one without them.
pub(super) fn for_browsers(walks: Vec<Walk>, scripts: bool) -> Vec<Walk> {
    let other = if scripts { "plain" } else { "scripts" };
    walks.into_iter().filter(|walk| walk[0] != other).collect()
}

/// The pages that walks see, in order.
pub(super) fn seen(walks: &[Walk]) -> impl Iterator<Item = &str> {
    walks.iter().flatten().filter_map(|step| step.strip_prefix("see "))
}
