//! The settings file.

use super::load::{Given, Values, unknown};
use super::{Flags, Kind, Origin, Problem, Surroundings};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The file to read: that of the flag, of the variable, or the first that exists.
pub(super) fn choose(flags: &Flags, around: &Surroundings) -> Result<Option<PathBuf>, Problem> {
    let variable = around.variables.iter().find(|(name, _)| name == "VESTIBULE_CONFIG");
    let variable = variable.filter(|(_, file)| !file.is_empty());
    let named = match (&flags.config, variable) {
        (Some(file), _) => Some((file.clone(), "--config")),
        (None, Some((name, file))) => Some((PathBuf::from(file), name.as_str())),
        (None, None) => None,
    };
    match named {
        Some((file, by)) if !file.is_file() => Err(Problem::new(
            format!("The settings file {} is not there.", file.display()),
            format!("{by} names it."),
            "Write it with `vestibule init`, or name another.",
        )),
        Some((file, _)) => Ok(Some(file)),
        None => Ok(around.files.iter().find(|file| file.is_file()).cloned()),
    }
}

/// The values in `path`; what is wrong with it is added to `problems`.
pub(super) fn read(path: &Path, problems: &mut Vec<Problem>) -> Values {
    let mut reader = Reader { path, text: String::new(), values: Values::new(), problems };
    match std::fs::read_to_string(path) {
        Ok(text) => reader.text = text,
        Err(error) => {
            reader.problems.push(Problem::new(
                format!("The settings file {} cannot be read.", path.display()),
                format!("The system says: {error}."),
                "Let the user that runs the gateway read it.",
            ));
            return reader.values;
        }
    }
    let text = reader.text.clone();
    match DeTable::parse(&text) {
        Ok(table) => reader.table("", table.get_ref()),
        Err(error) => {
            let line = error.span().map_or(1, |span| reader.line(span.start));
            reader.problems.push(Problem::new(
                format!("{} line {line} is not TOML.", path.display()),
                format!("{}.", error.message().trim_end_matches('.')),
                "Text is written in double quotes, tables as [name].",
            ));
        }
    }
    reader.values
}

struct Reader<'a> {
    path: &'a Path,
    text: String,
    values: Values,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let path = format!("{prefix}{}", name.get_ref());
            let line = self.line(name.span().start);
            match (super::key(&path), value.get_ref()) {
                (Some(_), value) => self.value(&path, value, line),
                (None, DeValue::Table(table)) if is_group(&path) => {
                    self.table(&format!("{path}."), table);
                }
                (None, _) => {
                    let place = format!("{} line {line}: {path}", self.path.display());
                    self.problems.push(unknown(&place, &path));
                }
            }
        }
    }

    fn value(&mut self, path: &str, value: &DeValue<'_>, line: usize) {
        let Some(key) = super::key(path) else { return };
        let origin = Origin::File(self.path.to_owned(), line);
        let given = match value {
            DeValue::Array(items) if key.kind == Kind::List => items
                .iter()
                .map(Spanned::get_ref)
                .map(scalar)
                .collect::<Option<Vec<_>>>()
                .map(|items| Given { items, origin }),
            value => scalar(value).map(|text| Given::new(key, &text, origin)),
        };
        match given {
            Some(given) => {
                self.values.insert(key.path, given);
            }
            None => self.problems.push(Problem::new(
                format!("{} line {line}: {path} cannot have this value.", self.path.display()),
                format!("A {} is not what it takes.", value.type_str()),
                format!("Write it like this: {}", key.sample()),
            )),
        }
    }

    /// The line of the byte at `offset`, counted from one.
    fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// Whether `path` is a table of settings.
fn is_group(path: &str) -> bool {
    super::GROUPS.iter().any(|(name, _)| *name == path)
}

/// The text of a single value; a number or a boolean is taken as it is written.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(is) => Some(is.to_string()),
        _ => None,
    }
}
