//! The open store of a data folder: its database and its master key. What stands in which table is said by the modules
//! named after the things.

use crate::audit;
use crate::catalogue;
use crate::database::{Database, Keeping};
use crate::error::{Error, Result};
use crate::holds::{self, Standing};
use crate::incidents::Summary;
use crate::keys;
use crate::migrate;
use crate::secret::{KEY_FILE, KeyOrigin, MasterKey};
use easien_model::{Clock, UtcMicros};
use rusqlite::{Connection, OptionalExtension, params};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Name of the database in the data folder.
pub const DATABASE_FILE: &str = "easien.db";

pub(crate) const KEEPING: Keeping =
    Keeping { ladder: &migrate::ROOM, synchronous: "FULL", page_bytes: 4096, cache_kib: 2000 };

/// The store of one data folder. Clones share it. All calls block; none may run on an async task's thread.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    database: Database,
    clock: Arc<dyn Clock>,
    key: Arc<MasterKey>,
    station: Uuid,
    summary: Mutex<Option<Summary>>,
    /// Counts changes of holds.
    holds_generation: AtomicU64,
    standing: Mutex<Option<(u64, UtcMicros, Standing)>>,
    #[cfg(feature = "bulk")]
    bulk: std::sync::atomic::AtomicBool,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.0.database.path()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database of a data folder, or makes it: migrates it, refuses one that is newer, foreign or damaged,
    /// finds or makes the master key, seeds the categories. The master key comes from systemd
    /// (`$CREDENTIALS_DIRECTORY`) where that is set, else from the folder.
    ///
    /// # Errors
    /// `Newer`, `Foreign`, `Damaged`, `KeyMissing`, `KeyWrong`, `KeyUnusable`, `DiskFull`, `Busy`, `File`.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self::open_with(folder, clock, credentials.as_deref())
    }

    /// As [`Store::open`], with systemd's credentials folder given.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(folder: &Path, clock: Arc<dyn Clock>, credentials: Option<&Path>) -> Result<Self> {
        let (database, (key, station)) = Database::open(folder.join(DATABASE_FILE), KEEPING, |writer| {
            let key = Arc::new(settle_key(writer, folder, credentials)?);
            audit::admit(writer, key.clone())?;
            audit::adopt(writer, &key, clock.utc_now())?;
            keys::settle(writer, &key, clock.utc_now())?;
            catalogue::seed(writer, clock.utc_now())?;
            Ok((key, settle_station(writer)?))
        })?;
        Ok(Self(Arc::new(Inner {
            database,
            clock,
            key,
            station,
            summary: Mutex::new(None),
            holds_generation: AtomicU64::new(0),
            standing: Mutex::new(None),
            #[cfg(feature = "bulk")]
            bulk: Default::default(),
        })))
    }

    /// Where the master key came from.
    #[must_use]
    pub fn key_origin(&self) -> KeyOrigin {
        self.0.key.origin()
    }

    /// Who this station is, on its volumes and in its recordings: made once with the database, never changed.
    #[must_use]
    pub fn station(&self) -> Uuid {
        self.0.station
    }

    /// Copies the database as it is now into a new file, while others write.
    ///
    /// # Errors
    /// What SQLite says, e.g. when the file is there already.
    pub fn copy_to(&self, file: &Path) -> Result<()> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(self.0.database.path(), flags)?;
        reader.execute("VACUUM INTO ?1", [file.to_string_lossy()])?;
        Ok(())
    }

    /// The master key, for a backup that seals it.
    #[must_use]
    pub fn export_key(&self) -> secrecy::zeroize::Zeroizing<Vec<u8>> {
        self.0.key.export()
    }

    /// Many writes in one transaction, which is not waited for, until it is called again with false; what they wrote is
    /// not found by its words until [`Store::fill_search`].
    ///
    /// # Errors
    /// What SQLite says.
    #[cfg(feature = "bulk")]
    pub fn bulk(&self, on: bool) -> Result<()> {
        self.0.bulk.store(on, std::sync::atomic::Ordering::Relaxed);
        crate::search::LATER.store(on, std::sync::atomic::Ordering::Relaxed);
        self.0.database.bulk(on)
    }

    /// Indexes everything, as the migration does that brings the index.
    ///
    /// # Errors
    /// What SQLite says.
    #[cfg(feature = "bulk")]
    pub fn fill_search(&self) -> Result<()> {
        self.write(crate::search::fill)
    }

    /// Many writes are under way: what lies beside the database is not written for each of them.
    #[cfg(feature = "bulk")]
    pub(crate) fn in_bulk(&self) -> bool {
        self.0.bulk.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Never, in a program that people run.
    #[cfg(not(feature = "bulk"))]
    pub(crate) fn in_bulk(&self) -> bool {
        false
    }

    /// Moves the write-ahead log into the database file as far as readers allow; waits for nobody but the running
    /// call.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn checkpoint(&self) -> Result<()> {
        self.0.database.checkpoint()
    }

    /// Goes through the whole database: pages, indexes, checks, references. Takes long on a large one.
    ///
    /// # Errors
    /// `Damaged` with the first thing found.
    pub fn check(&self) -> Result<()> {
        self.0.database.check()
    }

    /// Ends the store: waits for the running call, moves the write-ahead log into the database, closes all
    /// connections. Every later call fails with `Closed`; a second close does nothing.
    ///
    /// # Errors
    /// What SQLite says; the store is closed all the same and nothing acknowledged is lost.
    pub fn close(&self) -> Result<()> {
        self.0.database.close()
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &Path {
        self.0.database.path().parent().unwrap_or(Path::new("."))
    }

    /// Now, by the store's clock.
    pub(crate) fn now(&self) -> UtcMicros {
        self.0.clock.utc_now()
    }

    /// What lists of incidents go by; None until it is asked for.
    pub(crate) fn summary(&self) -> &Mutex<Option<Summary>> {
        &self.0.summary
    }

    pub(crate) fn holds_generation(&self) -> u64 {
        self.0.holds_generation.load(Ordering::SeqCst)
    }

    /// Holds as they were read last: at which generation, and when.
    pub(crate) fn standing(&self) -> &Mutex<Option<(u64, UtcMicros, Standing)>> {
        &self.0.standing
    }

    pub(crate) fn key(&self) -> &MasterKey {
        &self.0.key
    }

    pub(crate) fn key_shared(&self) -> Arc<MasterKey> {
        self.0.key.clone()
    }

    /// Runs `change` in one transaction, written down to the disk when it returns `Ok`, undone when it returns an
    /// error or panics.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let changed = self.0.database.write(change);
        if holds::take_changed() {
            self.0.holds_generation.fetch_add(1, Ordering::SeqCst);
        }
        changed
    }

    /// Runs `query` on a reader, in one transaction: it sees one state of the database, and never waits for a writer.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.0.database.read(query)
    }
}

/// How many rows each table of a database file has; its shadow tables of the full-text index aside.
///
/// # Errors
/// What SQLite says.
pub fn table_rows(file: &Path) -> Result<std::collections::BTreeMap<String, u64>> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags)?;
    let names: Vec<String> = db
        .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    names
        .into_iter()
        .map(|name| {
            let count: i64 =
                db.query_row(&format!("SELECT count(*) FROM \"{name}\""), [], |row| row.get(0))?;
            Ok((name, u64::try_from(count).unwrap_or_default()))
        })
        .collect()
}

/// A list's length as asked for, held between 1 and 500.
pub(crate) fn clamp_limit(limit: u32) -> u32 {
    limit.clamp(1, 500)
}

/// The master key that fits the database. A new one is made only while nothing is sealed.
fn settle_key(db: &mut Connection, folder: &Path, credentials: Option<&Path>) -> Result<MasterKey> {
    let sealed: bool =
        db.query_row("SELECT EXISTS (SELECT 1 FROM camera WHERE password IS NOT NULL)", [], |row| {
            row.get(0)
        })?;
    let key = match MasterKey::load(folder, credentials)? {
        Some(key) => key,
        None if sealed => return Err(Error::KeyMissing(folder.join(KEY_FILE))),
        None => MasterKey::create(folder)?,
    };
    let proof: Option<Vec<u8>> =
        db.query_row("SELECT sealed FROM key_check", [], |row| row.get(0)).optional()?;
    if proof.is_some_and(|proof| key.matches(&proof)) {
        return Ok(key);
    }
    if sealed {
        return Err(Error::KeyWrong(key.path().to_owned()));
    }
    db.execute(
        "INSERT INTO key_check (only, sealed) VALUES (1, ?1) ON CONFLICT (only) DO UPDATE SET sealed = excluded.sealed",
        params![key.proof()?],
    )?;
    Ok(key)
}

/// The station's own name for itself.
fn settle_station(db: &Connection) -> Result<Uuid> {
    db.execute(
        "INSERT INTO station (only, id) VALUES (1, ?1) ON CONFLICT (only) DO NOTHING",
        [Uuid::now_v7().into_bytes()],
    )?;
    Ok(Uuid::from_bytes(db.query_row("SELECT id FROM station", [], |row| row.get(0))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::NoteDraft;
    use easien_model::{Code, NoteId, SystemClock};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    fn open() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_with(folder.path(), Arc::new(SystemClock), None).unwrap();
        (folder, store)
    }

    fn note(text: &str) -> NoteDraft {
        NoteDraft { id: NoteId::new(), text: text.to_owned(), camera: None, at: UtcMicros(0), category: None }
    }

    #[test]
    fn the_writer_waits_for_the_disk() {
        let (_folder, store) = open();
        let number = |pragma: &'static str| {
            store.write(|db| Ok(db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))?)).unwrap()
        };
        assert_eq!(number("synchronous"), 2, "FULL");
        assert_eq!((number("foreign_keys"), number("recursive_triggers")), (1, 1));
        assert!(rusqlite::version_number() >= 3_051_003, "older ones can corrupt a database in WAL reset");
    }

    #[test]
    fn a_full_disk_refuses_loses_nothing_and_heals() {
        let (_folder, store) = open();
        let most = |more: i64| {
            store
                .write(|db| {
                    let pages: i64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
                    Ok(db.pragma_query_value(None, "max_page_count", |row| row.get::<_, i64>(0)).and_then(
                        |_| {
                            db.pragma_update_and_check(None, "max_page_count", pages + more, |row| {
                                row.get::<_, i64>(0)
                            })
                        },
                    )?)
                })
                .unwrap();
        };
        most(20);
        let mut written = Vec::new();
        let error = loop {
            let draft = note(&"x".repeat(10_000));
            match store.add_note("Y Moan", draft.clone()) {
                Ok(_) => written.push(draft),
                Err(error) => break error,
            }
        };
        assert_eq!((error.code(), error.problem().key.as_str()), (Code::DiskFull, "problem_disk_full"));
        assert!(!written.is_empty());
        most(1_000);
        store.add_note("Y Moan", note("a")).unwrap();
        for draft in written {
            assert_eq!(store.note(draft.id).unwrap().unwrap().note, draft);
        }
        store.check().unwrap();
        assert_eq!(store.audit_broken_at().unwrap(), None);
    }

    #[test]
    fn a_database_held_by_another_program_is_unavailable() {
        let (folder, store) = open();
        store.write(|db| Ok(db.busy_timeout(Duration::from_millis(50))?)).unwrap();
        let other = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let error = store.add_note("Y Moan", note("a")).unwrap_err();
        assert!(matches!(error, Error::Busy) && error.code() == Code::Unavailable, "{error}");
        other.execute_batch("ROLLBACK").unwrap();
        store.add_note("Y Moan", note("a")).unwrap();
    }

    #[test]
    fn a_panic_inside_a_change_undoes_it_and_the_store_goes_on() {
        let (_folder, store) = open();
        let draft = note("a");
        store.add_note("Y Moan", draft.clone()).unwrap();
        let before = store.audit(None, 500).unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            store.write::<()>(|db| {
                crate::audit::write(db, UtcMicros(0), "Y Moan", "x", "x", &serde_json::json!({}))?;
                panic!("on purpose")
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(store.audit(None, 500).unwrap(), before);
        store.add_note("Y Moan", note("b")).unwrap();
    }
}
