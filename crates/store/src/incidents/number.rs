//! Numbers of incidents: one sequence a year, none given twice. The highest that was ever given also stands in a file
//! beside the database, written before the number is: so a database that was restored from an older copy goes on above
//! what was given after the copy was made.

use crate::error::{Error, Result};
use crate::secret::sync_folder;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Name of the file in the data folder.
pub const NUMBERS_FILE: &str = "numbers";
const HEAD: &str = "easien numbers 1";

/// The highest number of each year.
type Marks = BTreeMap<i32, u32>;

/// The highest number of a year in the database.
pub(super) fn written(db: &Connection, year: i32) -> Result<u32> {
    Ok(db
        .prepare_cached("SELECT ifnull(max(sequence), 0) FROM incident WHERE year = ?1")?
        .query_row([year], |row| row.get(0))?)
}

/// The next number of a year, remembered outside the database before anybody hears of it. A number whose incident is
/// not written after all is left out, not given again.
pub(super) fn next(db: &Connection, folder: &Path, year: i32) -> Result<u32> {
    let written = written(db, year)?;
    let mut marks = read(folder)?;
    let mark = marks.entry(year).or_default();
    let next = written.max(*mark).saturating_add(1);
    *mark = next;
    write(folder, &marks).map_err(|source| Error::File { path: folder.join(NUMBERS_FILE), source })?;
    Ok(next)
}

/// The numbers that were given in one data folder are not given in another either, which is that folder's restored
/// backup. Without a file in `from` nothing changes.
///
/// # Errors
/// `Damaged` when one of the files is, `File` when it cannot be written.
pub fn raise_numbers(folder: &Path, from: &Path) -> Result<()> {
    let (mut marks, others) = (read(folder)?, read(from)?);
    if others.is_empty() {
        return Ok(());
    }
    for (year, sequence) in others {
        let mark = marks.entry(year).or_default();
        *mark = sequence.max(*mark);
    }
    write(folder, &marks).map_err(|source| Error::File { path: folder.join(NUMBERS_FILE), source })
}

/// A file that is not ours or is damaged is refused, not guessed at: what it should say is not known.
fn read(folder: &Path) -> Result<Marks> {
    let path = folder.join(NUMBERS_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Marks::new()),
        Err(source) => return Err(Error::File { path, source }),
    };
    parse(&text)
        .ok_or_else(|| Error::Damaged(format!("{} does not say which numbers were given", path.display())))
}

fn parse(text: &str) -> Option<Marks> {
    let mut lines = text.lines();
    let (head, last) = (lines.next()?, text.ends_with('\n'));
    let marks = lines.map(|line| {
        let (year, sequence) = line.split_once(' ')?;
        Some((year.parse().ok()?, sequence.parse().ok()?))
    });
    if head == HEAD && last { marks.collect() } else { None }
}

fn write(folder: &Path, marks: &Marks) -> std::io::Result<()> {
    let draft = folder.join(format!("{NUMBERS_FILE}.new"));
    let mut text = format!("{HEAD}\n");
    for (year, sequence) in marks {
        text.push_str(&format!("{year} {sequence}\n"));
    }
    let mut file = File::create(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, folder.join(NUMBERS_FILE))?;
    sync_folder(folder)
}

/// As people say it.
pub(super) fn text(prefix: &str, year: i32, sequence: u32) -> String {
    format!("{prefix}-{year}-{sequence:04}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_file_is_believed() {
        let marks: Marks = [(2025, 7), (2026, 142)].into();
        assert_eq!(parse("easien numbers 1\n2025 7\n2026 142\n"), Some(marks.clone()));
        assert_eq!(parse("easien numbers 1\n"), Some(Marks::new()));
        for broken in
            ["", "easien numbers 1", "easien numbers 1\n2026 142", "x\n2026 1\n", "easien numbers 1\n2026\n"]
        {
            assert_eq!(parse(broken), None, "{broken:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), Marks::new());
        write(folder.path(), &marks).unwrap();
        assert_eq!(read(folder.path()).unwrap(), marks);
        fs::write(folder.path().join(NUMBERS_FILE), "2026").unwrap();
        assert!(matches!(read(folder.path()), Err(Error::Damaged(_))));
    }

    #[test]
    fn a_number_has_four_digits_or_more() {
        assert_eq!(
            (text("ES", 2026, 7), text("ES", 2026, 12_345)),
            ("ES-2026-0007".into(), "ES-2026-12345".into())
        );
    }
}
