//! Brings a database to this program's schema: the numbered files of `migrations/`, each in one transaction with the
//! new `user_version`. Here belongs what a database file must be before anything else touches it.

use crate::error::{Error, Result};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// The numbered files that a database is built by.
#[derive(Debug)]
pub struct Ladder {
    /// `PRAGMA application_id`.
    pub application_id: i64,
    /// In order from 1 without a hole.
    pub migrations: &'static [Migration],
}

/// One numbered file.
#[derive(Debug)]
pub struct Migration {
    /// `PRAGMA user_version` after it.
    pub number: i64,
    /// As in the file's name.
    pub name: &'static str,
    /// The file.
    pub statements: &'static str,
    /// What SQL cannot do, in the same transaction.
    pub then: Option<fn(&Connection) -> Result<()>>,
}

/// `easien.db`: "EaSi".
pub const ROOM: Ladder = Ladder {
    application_id: 0x4561_5369,
    migrations: &[
        Migration {
            number: 1,
            name: "room",
            statements: include_str!("../../../migrations/0001_room.sql"),
            then: None,
        },
        Migration {
            number: 2,
            name: "recording",
            statements: include_str!("../../../migrations/0002_recording.sql"),
            then: Some(crate::bookmarks::fold_all),
        },
        Migration {
            number: 3,
            name: "alarms",
            statements: include_str!("../../../migrations/0003_alarms.sql"),
            then: None,
        },
        Migration {
            number: 4,
            name: "measurements",
            statements: include_str!("../../../migrations/0004_measurements.sql"),
            then: None,
        },
        Migration {
            number: 5,
            name: "layouts",
            statements: include_str!("../../../migrations/0005_layouts.sql"),
            then: None,
        },
        Migration {
            number: 6,
            name: "people",
            statements: include_str!("../../../migrations/0006_people.sql"),
            then: Some(crate::audit::carry_over),
        },
        Migration {
            number: 7,
            name: "casebook",
            statements: include_str!("../../../migrations/0007_casebook.sql"),
            then: None,
        },
        Migration {
            number: 8,
            name: "shifts",
            statements: include_str!("../../../migrations/0008_shifts.sql"),
            then: None,
        },
        Migration {
            number: 9,
            name: "search",
            statements: include_str!("../../../migrations/0009_search.sql"),
            then: None, // made anew by a later one
        },
        Migration {
            number: 10,
            name: "backups",
            statements: include_str!("../../../migrations/0010_backups.sql"),
            then: None,
        },
        Migration {
            number: 11,
            name: "filters",
            statements: include_str!("../../../migrations/0011_filters.sql"),
            then: None,
        },
        Migration {
            number: 12,
            name: "attachments",
            statements: include_str!("../../../migrations/0012_attachments.sql"),
            then: None,
        },
        Migration {
            number: 13,
            name: "search_at_size",
            statements: include_str!("../../../migrations/0013_search_at_size.sql"),
            then: Some(crate::search::fill),
        },
    ],
};

/// `recordings.db`: "EaSr".
pub const RECORDINGS: Ladder = Ladder {
    application_id: 0x4561_5372,
    migrations: &[Migration {
        number: 1,
        name: "index",
        statements: include_str!("../../../migrations/recordings/0001_index.sql"),
        then: None,
    }],
};

impl Ladder {
    /// The version this program works with.
    #[must_use]
    pub fn newest(&self) -> i64 {
        self.migrations.last().map_or(0, |migration| migration.number)
    }

    /// Refuses a database that is not ours or newer than us, without writing to it. Gives its version; 0: empty.
    ///
    /// # Errors
    /// `Foreign`, `Newer`, `Damaged`, or what SQLite says.
    pub fn inspect(&self, db: &Connection, path: &Path) -> Result<i64> {
        let number = |pragma: &str| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let (found, id) = (number("user_version")?, number("application_id")?);
        let objects: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let empty = found == 0 && id == 0 && objects == 0;
        if !empty && id != self.application_id {
            return Err(Error::Foreign(path.to_owned()));
        }
        if found > self.newest() {
            return Err(Error::Newer { found, known: self.newest() });
        }
        Ok(found)
    }

    /// Applies what is missing, after [`Ladder::inspect`]. Leaves `foreign_keys` on.
    ///
    /// # Errors
    /// As [`Ladder::inspect`]; the migrations that were applied before stay applied.
    pub fn migrate(&self, db: &mut Connection, path: &Path) -> Result<()> {
        let found = self.inspect(db, path)?;
        apply(db, self.migrations.iter().filter(|migration| migration.number > found))
    }
}

fn apply<'a>(db: &mut Connection, migrations: impl Iterator<Item = &'a Migration>) -> Result<()> {
    // A table is rebuilt by copying; its references must not be followed meanwhile. Checked before each commit.
    db.pragma_update(None, "foreign_keys", false)?;
    let applied = migrations.into_iter().try_for_each(|migration| {
        let Migration { number, name, statements, then } = migration;
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute_batch(statements)?;
        if let Some(then) = then {
            then(&change)?;
        }
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
        let step = |number, statements| Migration { number, name: "step", statements, then: None };
        let steps = [
            step(1, "CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT"),
            step(2, "CREATE TABLE two (one INTEGER REFERENCES one (id)) STRICT; INSERT INTO two VALUES (7)"),
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
