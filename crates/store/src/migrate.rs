//! Brings a database to this program's schema: the numbered files of `migrations/`, each in one transaction with the
//! new `user_version`. Here belongs what a database file must be before anything else touches it.

use crate::error::{Error, Result};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// `PRAGMA application_id` of our databases: "EaSi".
pub const APPLICATION_ID: i64 = 0x4561_5369;

/// Number, name and statements of each migration, in order from 1 without a hole.
pub const MIGRATIONS: &[(i64, &str, &str)] =
    &[(1, "room", include_str!("../../../migrations/0001_room.sql"))];

/// The version this program works with.
#[must_use]
pub fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |(number, ..)| *number)
}

/// Refuses what is not ours or newer than us, then applies what is missing. Leaves `foreign_keys` on.
///
/// # Errors
/// `Foreign`, `Newer`, `Damaged`, or what SQLite says; the migrations that were applied before stay applied.
pub fn migrate(db: &mut Connection, path: &Path) -> Result<()> {
    let number =
        |db: &Connection, pragma: &str| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let found = number(db, "user_version")?;
    let id = number(db, "application_id")?;
    let objects: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = found == 0 && id == 0 && objects == 0;
    if !empty && id != APPLICATION_ID {
        return Err(Error::Foreign(path.to_owned()));
    }
    if found > newest() {
        return Err(Error::Newer { found, known: newest() });
    }
    for (number, name, statements) in MIGRATIONS.iter().filter(|(number, ..)| *number > found) {
        // A table is rebuilt by copying; its references must not be followed meanwhile. Checked before the commit.
        db.pragma_update(None, "foreign_keys", false)?;
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute_batch(statements)?;
        check_references(&change)?;
        change.pragma_update(None, "user_version", number)?;
        change.commit()?;
        tracing::info!(number, name, "database migrated");
    }
    db.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

/// Refuses rows that point at nothing.
///
/// # Errors
/// `Damaged` with the first table that holds one.
pub fn check_references(db: &Connection) -> Result<()> {
    let mut statement = db.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    match rows.next()? {
        None => Ok(()),
        Some(row) => Err(Error::Damaged(format!("a row of {} points at nothing", row.get::<_, String>(0)?))),
    }
}
