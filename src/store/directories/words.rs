//! What an act of a directory did, in words.

use super::people::Row;

/// What people call the person, in the request log.
pub(super) fn called(row: &Row) -> String {
    let resource = row.resource();
    let name = resource.display_name().or_else(|| resource.text("userName").map(str::to_owned));
    name.unwrap_or_else(|| row.user_id.to_string())
}

pub(super) fn ended_words(ended: usize) -> String {
    match ended {
        0 => String::new(),
        1 => ". 1 session ended".to_owned(),
        more => format!(". {more} sessions ended"),
    }
}

/// Who comes and who goes, in words.
pub(super) fn counted(added: usize, removed: usize) -> String {
    let people = |n: usize| if n == 1 { "1 person".to_owned() } else { format!("{n} people") };
    match (added, removed) {
        (0, 0) => String::new(),
        (n, 0) => format!(", {} added", people(n)),
        (0, n) => format!(", {} taken out", people(n)),
        (more, less) => format!(", {} added, {} taken out", people(more), people(less)),
    }
}
