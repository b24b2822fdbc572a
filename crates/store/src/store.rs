//! The open database: its one writer, its readers, its master key. What stands in which table is said by the modules
//! named after the things.

use crate::catalogue;
use crate::error::{Error, Result};
use crate::migrate;
use crate::secret::{KEY_FILE, KeyOrigin, MasterKey, sync_folder};
use easien_model::{Clock, UtcMicros};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Name of the database in the data folder.
pub const DATABASE_FILE: &str = "easien.db";

/// How long a connection waits for another one (of another program: ours queue for the writer).
const BUSY: Duration = Duration::from_secs(5);
/// How long closing waits for readers of other programs.
const CLOSING: Duration = Duration::from_millis(500);
/// Readers kept open for the next call; more may run at the same time.
const READERS_KEPT: usize = 4;
/// Up to this size the whole database is checked when it is opened (about 0.3 s); above, only its schema.
const CHECKED_BYTES: i64 = 128 * 1024 * 1024;

/// The store of one data folder. Clones share it. All calls block; none may run on an async task's thread.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    key: MasterKey,
    /// `None` once closed.
    writer: Mutex<Option<Connection>>,
    /// `None` once closed.
    readers: Mutex<Option<Vec<Connection>>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.0.path).finish_non_exhaustive()
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
        let path = folder.join(DATABASE_FILE);
        make_private(folder, &path)?;
        let mut writer = connect(&path, false)?;
        // Refused before anything is written into it: what is not ours stays as it was.
        migrate::inspect(&writer, &path)?;
        check_pages(&writer)?;
        let mode: String = writer.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        if mode != "wal" {
            return Err(Error::Unsuitable(format!("no write-ahead log on this disk (journal_mode {mode})")));
        }
        writer.pragma_update(None, "synchronous", "FULL")?;
        // What a long read let grow is given back at the next checkpoint.
        writer.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        migrate::migrate(&mut writer, &path)?;
        let key = settle_key(&mut writer, folder, credentials)?;
        catalogue::seed(&mut writer, clock.utc_now())?;
        Ok(Self(Arc::new(Inner {
            path,
            clock,
            key,
            writer: Mutex::new(Some(writer)),
            readers: Mutex::new(Some(Vec::new())),
        })))
    }

    /// Where the master key came from.
    #[must_use]
    pub fn key_origin(&self) -> KeyOrigin {
        self.0.key.origin()
    }

    /// Moves the write-ahead log into the database file as far as readers allow; waits for nobody but the running
    /// call.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn checkpoint(&self) -> Result<()> {
        let writer = lock(&self.0.writer);
        checkpoint(writer.as_ref().ok_or(Error::Closed)?, "PASSIVE")
    }

    /// Goes through the whole database: pages, indexes, checks, references. Takes long on a large one.
    ///
    /// # Errors
    /// `Damaged` with the first thing found.
    pub fn check(&self) -> Result<()> {
        self.read(|db| {
            report(db.pragma_query_value(None, "integrity_check", |row| row.get::<_, String>(0))?)?;
            migrate::check_references(db)
        })
    }

    /// Ends the store: waits for the running call, moves the write-ahead log into the database, closes all
    /// connections. Every later call fails with `Closed`; a second close does nothing.
    ///
    /// # Errors
    /// What SQLite says; the store is closed all the same and nothing acknowledged is lost.
    pub fn close(&self) -> Result<()> {
        let mut writer = lock(&self.0.writer);
        // Readers go first, so that the checkpoint reaches the end. One that is running drops itself when it is done.
        drop(lock(&self.0.readers).take());
        let Some(db) = writer.take() else { return Ok(()) };
        // Somebody may be looking with a tool: the log then stays, and the next start takes it up.
        let moved = db
            .busy_timeout(CLOSING)
            .and_then(|()| db.execute_batch("PRAGMA optimize"))
            .map_err(Error::from)
            .and_then(|()| checkpoint(&db, "TRUNCATE"));
        db.close().map_err(|(_, error)| Error::from(error))?;
        moved
    }

    /// Now, by the store's clock.
    pub(crate) fn now(&self) -> UtcMicros {
        self.0.clock.utc_now()
    }

    pub(crate) fn key(&self) -> &MasterKey {
        &self.0.key
    }

    /// Runs `change` in one transaction, written down to the disk when it returns `Ok`, undone when it returns an
    /// error or panics.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = lock(&self.0.writer);
        let db = writer.as_mut().ok_or(Error::Closed)?;
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = change(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Runs `query` on a reader, in one transaction: it sees one state of the database, and never waits for a writer.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let kept = lock(&self.0.readers).as_mut().ok_or(Error::Closed)?.pop();
        let mut db = match kept {
            Some(db) => db,
            None => connect(&self.0.path, true)?,
        };
        let transaction = db.transaction()?;
        let result = query(&transaction);
        drop(transaction);
        if let Some(readers) = lock(&self.0.readers).as_mut()
            && readers.len() < READERS_KEPT
        {
            readers.push(db);
        }
        result
    }
}

/// A list's length as asked for, held between 1 and 500.
pub(crate) fn clamp_limit(limit: u32) -> u32 {
    limit.clamp(1, 500)
}

/// A panic in a call leaves no half-done work behind (its transaction is rolled back), so the lock stays good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder and an empty database file, ours alone from the start: the log files take the file's rights over.
fn make_private(folder: &Path, path: &Path) -> Result<()> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    let mut maker = fs::DirBuilder::new();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        maker.mode(0o700);
        options.mode(0o600);
    }
    maker.recursive(true).create(folder).map_err(failed(folder))?;
    let new = !path.exists();
    options.open(path).map_err(failed(path))?;
    if new {
        // SQLite syncs the folder of its log; a new folder's own name is ours to bring to the disk.
        sync_folder(folder).map_err(failed(folder))?;
        if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
            sync_folder(above).map_err(failed(above))?;
        }
    }
    Ok(())
}

fn connect(path: &Path, reader: bool) -> Result<Connection> {
    let access = if reader { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let db = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(64);
    db.pragma_update(None, "foreign_keys", true)?;
    // Deletes made by REPLACE ask the triggers, too.
    db.pragma_update(None, "recursive_triggers", true)?;
    // The schema of a file that somebody else has changed runs no functions with effects.
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    Ok(db)
}

fn check_pages(db: &Connection) -> Result<()> {
    let number = |pragma| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if number("page_count")?.saturating_mul(number("page_size")?) > CHECKED_BYTES {
        return Ok(());
    }
    report(db.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0))?)
}

fn report(found: String) -> Result<()> {
    if found == "ok" { Ok(()) } else { Err(Error::Damaged(found)) }
}

fn checkpoint(db: &Connection, how: &str) -> Result<()> {
    let busy: i64 = db.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| row.get(0))?;
    if busy != 0 {
        tracing::debug!("checkpoint: readers are in the way, the rest of the log stays for the next one");
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::NoteDraft;
    use easien_model::{Code, NoteId, SystemClock};
    use std::panic::{AssertUnwindSafe, catch_unwind};

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
