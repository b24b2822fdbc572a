//! An open database file: its one writer, its readers, and what every file of ours must be before it is used. What
//! stands in it is said by the modules named after the things.

use crate::error::{Error, Result};
use crate::migrate::{Ladder, check_references};
use crate::secret::sync_folder;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a connection waits for another one (of another program: ours queue for the writer).
const BUSY: Duration = Duration::from_secs(5);
/// How long closing waits for readers of other programs.
const CLOSING: Duration = Duration::from_millis(500);
/// Readers kept open for the next call; more may run at the same time.
const READERS_KEPT: usize = 4;
/// Pages that a reader keeps in memory, in KiB.
const READER_KIB: i64 = 8 * 1024;
/// Up to this size the whole database is checked when it is opened (about 0.3 s); above, only its schema.
const CHECKED_BYTES: i64 = 128 * 1024 * 1024;

/// How a database is kept.
#[derive(Clone, Copy)]
pub(crate) struct Keeping {
    /// What it is brought to.
    pub(crate) ladder: &'static Ladder,
    /// `FULL`: a call that returned is on the disk. `NORMAL`: a lost power supply may cost the last calls.
    pub(crate) synchronous: &'static str,
    /// Bytes of a page of a new file.
    pub(crate) page_bytes: u32,
    /// Pages that the writer keeps in memory, in KiB.
    pub(crate) cache_kib: i64,
}

/// One file, open.
pub(crate) struct Database {
    path: PathBuf,
    /// `None` once closed.
    writer: Mutex<Option<Connection>>,
    /// `None` once closed.
    readers: Mutex<Option<Vec<Connection>>>,
}

impl Database {
    /// Opens or makes the file, checks and migrates it; `settle` then does what must be done before anybody else uses
    /// it.
    pub(crate) fn open<T>(
        path: PathBuf,
        keeping: Keeping,
        settle: impl FnOnce(&mut Connection) -> Result<T>,
    ) -> Result<(Self, T)> {
        make_private(path.parent().unwrap_or(Path::new(".")), &path)?;
        let mut writer = connect(&path, false)?;
        // Refused before anything is written into it: what is not ours stays as it was.
        let found = keeping.ladder.inspect(&writer, &path)?;
        check_pages(&writer)?;
        if found == 0 {
            writer.pragma_update(None, "page_size", keeping.page_bytes)?;
        }
        let mode: String = writer.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        if mode != "wal" {
            return Err(Error::Unsuitable(format!("no write-ahead log on this disk (journal_mode {mode})")));
        }
        writer.pragma_update(None, "synchronous", keeping.synchronous)?;
        writer.pragma_update(None, "cache_size", -keeping.cache_kib)?;
        // What a long read let grow is given back at the next checkpoint.
        writer.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        keeping.ladder.migrate(&mut writer, &path)?;
        let settled = settle(&mut writer)?;
        let database = Self { path, writer: Mutex::new(Some(writer)), readers: Mutex::new(Some(Vec::new())) };
        Ok((database, settled))
    }

    /// Opens a file that is there, for reading only: another program may have it open, and nothing is written, renamed
    /// or migrated.
    pub(crate) fn open_to_read(path: PathBuf, keeping: Keeping) -> Result<Self> {
        let reader = connect(&path, true)?;
        let found = keeping.ladder.inspect(&reader, &path)?;
        let known = keeping.ladder.migrations.last().map_or(0, |last| last.number);
        if found != known {
            return Err(Error::Unsuitable(format!("its version is {found}, only {known} is read as it is")));
        }
        let readers = Mutex::new(Some(vec![reader]));
        Ok(Self { path, writer: Mutex::new(None), readers })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the write-ahead log into the database file as far as readers allow; waits for nobody but the running
    /// call.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        let writer = lock(&self.writer);
        checkpoint(writer.as_ref().ok_or(Error::Closed)?, "PASSIVE")
    }

    /// Goes through the whole database: pages, indexes, checks, references.
    pub(crate) fn check(&self) -> Result<()> {
        self.read(|db| {
            report(db.pragma_query_value(None, "integrity_check", |row| row.get::<_, String>(0))?)?;
            check_references(db)
        })
    }

    /// Waits for the running call, moves the write-ahead log into the database, closes all connections.
    pub(crate) fn close(&self) -> Result<()> {
        let mut writer = lock(&self.writer);
        // Readers go first, so that the checkpoint reaches the end. One that is running drops itself when it is done.
        drop(lock(&self.readers).take());
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

    /// Runs `change` in one transaction, written down to the disk when it returns `Ok`, undone when it returns an
    /// error or panics.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut writer = lock(&self.writer);
        let db = writer.as_mut().ok_or(Error::Closed)?;
        #[cfg(feature = "bulk")]
        if !db.is_autocommit() {
            return change(db);
        }
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = change(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Many writes in one transaction, until it is called again with false. One that fails leaves half of itself.
    #[cfg(feature = "bulk")]
    pub(crate) fn bulk(&self, on: bool) -> Result<()> {
        let writer = lock(&self.writer);
        let db = writer.as_ref().ok_or(Error::Closed)?;
        if on {
            db.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN IMMEDIATE")?;
        } else {
            db.execute_batch("COMMIT")?;
            checkpoint(db, "TRUNCATE")?;
        }
        Ok(())
    }

    /// Runs `query` on a reader, in one transaction: it sees one state of the database, and never waits for a writer.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let kept = lock(&self.readers).as_mut().ok_or(Error::Closed)?.pop();
        let mut db = match kept {
            Some(db) => db,
            None => connect(&self.path, true)?,
        };
        let transaction = db.transaction()?;
        let result = query(&transaction);
        drop(transaction);
        if let Some(readers) = lock(&self.readers).as_mut()
            && readers.len() < READERS_KEPT
        {
            readers.push(db);
        }
        result
    }
}

/// A panic in a call leaves no half-done work behind (its transaction is rolled back), so the lock stays good.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
    db.set_prepared_statement_cache_capacity(128);
    if reader {
        db.pragma_update(None, "cache_size", -READER_KIB)?;
    }
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
