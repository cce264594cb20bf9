//! The pictures of all pages, light and dark, in the README and beside the pictures: `make screenshots` makes both.

use super::{AREAS, WALKS, walks};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Where the pictures are.
const FOLDER: &str = "docs/screenshots";
/// Between these in the README they are shown.
const MARKS: [&str; 2] =
    ["<!-- pictures: made by `make screenshots` -->\n", "<!-- end of pictures -->\n"];

/// A picture of a page in a theme.
fn file(page: &str, theme: &str) -> String {
    format!("{page}-{theme}.png")
}

/// The pages of an area side by side in both themes, below a prefix.
fn table(area: &str, below: &str) -> String {
    let mut text = "| page | light | dark |\n|---|---|---|\n".to_owned();
    let walks = walks::for_browsers(walks::in_file(&format!("{WALKS}/{area}.txt")), true);
    for page in walks::seen(&walks) {
        let [light, dark] = ["light", "dark"]
            .map(|theme| format!("![{page}, {theme}]({below}{})", file(page, theme)));
        writeln!(text, "| {page} | {light} | {dark} |").unwrap();
    }
    text
}

/// What stands between the marks.
fn folded() -> String {
    let fold = |(area, title): &(&str, &str)| {
        let table = table(area, &format!("{FOLDER}/"));
        format!("<details><summary>{title}</summary>\n\n{table}\n</details>\n")
    };
    AREAS.iter().map(fold).collect()
}

/// What stands beside the pictures.
fn beside() -> String {
    let head = "# Every page, light and dark\n\n`make screenshots` makes the pictures, and this list of them.\n";
    let part = |(area, title): &(&str, &str)| format!("\n## {title}\n\n{}", table(area, ""));
    AREAS.iter().map(part).fold(head.to_owned(), |text, part| text + &part)
}

/// A file is as it is made; with `UPDATE` it is made anew.
fn is_made(path: &Path, made: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, made).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "{} is not as `make screenshots` makes it", path.display());
}

#[test]
fn every_page_s_picture_is_in_the_readme_light_and_dark() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let [begin, end] = MARKS;
    let (before, rest) = readme.split_once(begin).expect("the mark");
    let (_, after) = rest.split_once(end).expect("the mark at the end");
    is_made(&root.join("README.md"), &format!("{before}{begin}{}{end}{after}", folded()));
    is_made(&root.join(FOLDER).join("README.md"), &beside());

    let walks = walks::for_browsers(walks::of(WALKS, AREAS), true);
    let pages = walks::seen(&walks).flat_map(|page| ["light", "dark"].map(|it| file(page, it)));
    let named: BTreeSet<String> = pages.collect();
    let files = fs::read_dir(root.join(FOLDER)).unwrap();
    let there: BTreeSet<String> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    let lacking: Vec<_> = named.difference(&there).collect();
    assert!(lacking.is_empty(), "`make screenshots` was not run: {lacking:?}");
    let spare: Vec<_> = there.difference(&named).collect();
    assert!(spare.is_empty(), "no walk sees these any more: {spare:?}");
}
