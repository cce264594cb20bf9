//! What a command says: data on standard output, everything else on standard error.

use super::failure::{Failure, Result};
use crate::views::List;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Aligned columns, for people.
    Table,
    /// Columns with a tab between, for pipes.
    Tabs,
    /// One JSON document.
    Json,
    /// One JSON document a line.
    JsonLines,
}

/// Where a command writes to, and how.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) quiet: bool,
    pub(super) color: bool,
}

/// A state that is shown in a colour where there are colours.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tone {
    Good,
    Warning,
    Bad,
}

impl Output {
    /// Chooses by flags, `NO_COLOR` (no-color.org) and whether there is a terminal.
    pub(super) fn choose(json: Option<Format>, quiet: bool, no_color: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let format = json.unwrap_or(if terminal { Format::Table } else { Format::Tabs });
        let refused = no_color || std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
        Self { format, quiet, color: terminal && !refused }
    }

    /// Whether a machine wants JSON.
    pub(super) fn is_json(&self) -> bool {
        matches!(self.format, Format::Json | Format::JsonLines)
    }

    /// Writes a line of data.
    #[expect(clippy::unused_self, reason = "every way to write goes through the output")]
    pub(super) fn line(&self, text: impl AsRef<str>) -> Result {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush()).map_err(Failure::unwritten)
    }

    /// Writes text as it is, with the line end that it has.
    #[expect(clippy::unused_self, reason = "every way to write goes through the output")]
    pub(super) fn text(&self, text: &str) -> Result {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::unwritten)
    }

    /// Says something to the person that is no data. A closed standard error is nobody's loss.
    pub(super) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
        }
    }

    /// Writes a JSON document.
    pub(super) fn json(&self, value: &impl Serialize) -> Result {
        let text = match self.format {
            Format::JsonLines => serde_json::to_string(value),
            _ => serde_json::to_string_pretty(value),
        };
        self.line(text.map_err(anyhow::Error::new)?)
    }

    /// Writes one thing: its fields, or its view as JSON.
    pub(super) fn object<V: Serialize>(&self, view: &V, fields: &[(&str, String)]) -> Result {
        if self.is_json() { self.json(view) } else { self.fields(fields) }
    }

    /// Writes names and values, one a line. Those without a value are left out on a terminal.
    pub(super) fn fields(&self, fields: &[(&str, String)]) -> Result {
        let is_table = self.format == Format::Table;
        let width = fields.iter().map(|(name, _)| width(name)).max().unwrap_or_default();
        for (name, value) in fields {
            match is_table {
                true if value.is_empty() => {}
                true => self.line(format!("{}  {value}", pad(name, width)))?,
                false => self.line(format!("{name}\t{}", flat(value)))?,
            }
        }
        Ok(())
    }

    /// Writes a page of a list: a table with these heads, or its views as JSON.
    pub(super) fn list<V: Serialize>(
        &self,
        list: &List<V>,
        heads: &[&str],
        rows: &[Vec<String>],
    ) -> Result {
        match self.format {
            Format::Json => return self.json(list),
            Format::JsonLines => return list.data().iter().try_for_each(|view| self.json(view)),
            Format::Tabs => {
                for row in rows {
                    let cells: Vec<String> = row.iter().map(|cell| flat(cell)).collect();
                    self.line(cells.join("\t"))?;
                }
            }
            Format::Table if rows.is_empty() => self.note("None."),
            Format::Table => self.table(heads, rows)?,
        }
        if let Some(cursor) = list.next_cursor() {
            self.note(format!("There are more: add --cursor {cursor}"));
        }
        Ok(())
    }

    fn table(&self, heads: &[&str], rows: &[Vec<String>]) -> Result {
        let mut widths: Vec<usize> = heads.iter().map(|head| width(head)).collect();
        for row in rows {
            for (most, cell) in widths.iter_mut().zip(row) {
                *most = (*most).max(width(cell));
            }
        }
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let padded: Vec<String> =
                cells.zip(&widths).map(|(cell, width)| pad(cell, *width)).collect();
            padded.join("  ").trim_end().to_owned()
        };
        let head = line(&mut heads.iter().copied());
        self.line(if self.color { format!("\u{1b}[1m{head}\u{1b}[0m") } else { head })?;
        rows.iter().try_for_each(|row| self.line(line(&mut row.iter().map(String::as_str))))
    }

    /// `text` in the colour of `tone`, where there are colours.
    pub(super) fn tone(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => 32,
            Tone::Warning => 33,
            Tone::Bad => 31,
        };
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// `text` with spaces after it up to `width` characters.
pub(super) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(self::width(text));
    format!("{text}{}", " ".repeat(missing))
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// A cell that neither tabs nor line ends can break out of.
fn flat(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

/// A value that may be absent, as a cell.
pub(super) fn cell<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Yes or no, as a cell.
pub(super) fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_break_out_of_its_row() {
        assert_eq!(flat("a\tb\r\nc"), "a b  c");
    }

    #[test]
    fn columns_are_padded_by_characters_not_by_bytes() {
        assert_eq!(pad("é", 3), "é  ");
        assert_eq!(pad("long", 3), "long");
    }
}
