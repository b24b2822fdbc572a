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

/// Refuses a database that is not ours or newer than us, without writing to it. Gives its version; 0: empty.
///
/// # Errors
/// `Foreign`, `Newer`, `Damaged`, or what SQLite says.
pub fn inspect(db: &Connection, path: &Path) -> Result<i64> {
    let number = |pragma: &str| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (found, id) = (number("user_version")?, number("application_id")?);
    let objects: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = found == 0 && id == 0 && objects == 0;
    if !empty && id != APPLICATION_ID {
        return Err(Error::Foreign(path.to_owned()));
    }
    if found > newest() {
        return Err(Error::Newer { found, known: newest() });
    }
    Ok(found)
}

/// Applies what is missing, after [`inspect`]. Leaves `foreign_keys` on.
///
/// # Errors
/// As [`inspect`]; the migrations that were applied before stay applied.
pub fn migrate(db: &mut Connection, path: &Path) -> Result<()> {
    let found = inspect(db, path)?;
    apply(db, MIGRATIONS.iter().filter(|(number, ..)| *number > found))
}

fn apply<'a>(
    db: &mut Connection,
    migrations: impl Iterator<Item = &'a (i64, &'a str, &'a str)>,
) -> Result<()> {
    // A table is rebuilt by copying; its references must not be followed meanwhile. Checked before each commit.
    db.pragma_update(None, "foreign_keys", false)?;
    let applied = migrations.into_iter().try_for_each(|(number, name, statements)| {
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute_batch(statements)?;
        check_references(&change)?;
        change.pragma_update(None, "user_version", number)?;
        change.commit()?;
        tracing::info!(number, name, "database migrated");
        Ok(())
    });
    db.pragma_update(None, "foreign_keys", true)?;
    applied
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_that_fails_leaves_the_version_before_it() {
        let mut db = Connection::open_in_memory().unwrap();
        let steps = [
            (1, "one", "CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT"),
            (
                2,
                "two",
                "CREATE TABLE two (one INTEGER REFERENCES one (id)) STRICT; INSERT INTO two VALUES (7)",
            ),
        ];
        let error = apply(&mut db, steps.iter()).unwrap_err();
        assert!(matches!(error, Error::Damaged(_)), "{error}");
        let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        let tables: String =
            db.query_row("SELECT group_concat(name) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!((version, tables.as_str()), (1, "one"));
        db.execute("CREATE TABLE three (one INTEGER REFERENCES one (id))", []).unwrap();
        db.execute("INSERT INTO three VALUES (7)", []).unwrap_err();
    }
}
