//! The index of recordings: `recordings.db`, a file of its own beside the casebook. Nothing stands in it that the files
//! of recording do not say themselves; so it need not survive a lost power supply to the last row (open segments are
//! looked at again), and one that is damaged is set aside and made anew. Tables: migrations/recordings/schema.sql.

mod apply;
mod query;
mod rows;
mod sums;
mod words;

pub use rows::*;

use crate::database::{Database, Keeping, lock};
use crate::error::{Error, Result};
use crate::migrate;
use easien_model::UtcMicros;
use rusqlite::Connection;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Name of the index in the data folder.
pub const RECORDINGS_FILE: &str = "recordings.db";

/// Larger pages than usual: the rows of a stream lie together, a day of them in a few pages. Each of 480 streams is
/// written at a place of its own: the writer keeps those pages.
const KEEPING: Keeping =
    Keeping { ladder: &migrate::RECORDINGS, synchronous: "NORMAL", page_bytes: 8192, cache_kib: 12 * 1024 };

/// The index of one data folder. Clones share it. All calls block; none may run on an async task's thread.
#[derive(Clone)]
pub struct Recordings(Arc<Inner>);

struct Inner {
    database: Database,
    numbers: Mutex<apply::Numbers>,
    damaged: AtomicBool,
}

impl fmt::Debug for Recordings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recordings").field("path", &self.0.database.path()).finish_non_exhaustive()
    }
}

impl Recordings {
    /// Opens the index of a data folder, or makes it. One that is damaged, foreign or newer is renamed (with its
    /// logs; nothing is deleted), and a new one made: [`Found`] says so, and the caller then fills it from the files.
    ///
    /// # Errors
    /// `DiskFull`, `Busy`, `File`, `Unsuitable`, or what SQLite says where a new index would help nobody.
    pub fn open(folder: &Path, now: UtcMicros) -> Result<(Self, Found)> {
        let path = folder.join(RECORDINGS_FILE);
        let mark = damage_mark(&path);
        let there = fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        let opened = if mark.exists() && there {
            Err(Error::Damaged("damage was found while it was in use".to_owned()))
        } else {
            Database::open(path.clone(), KEEPING, |_| Ok(()))
        };
        let (database, found) = match opened {
            Ok((database, ())) => (database, if there { Found::Kept } else { Found::Missing }),
            Err(error @ (Error::Damaged(_) | Error::Foreign(_) | Error::Newer { .. })) => {
                let aside = set_aside(&path, now)?;
                tracing::error!(%error, path = %aside.display(), "the index of recordings was set aside");
                let (database, ()) = Database::open(path, KEEPING, |_| Ok(()))?;
                (database, Found::SetAside { path: aside, why: error.to_string() })
            }
            Err(error) => return Err(error),
        };
        match fs::remove_file(&mark) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File { path: mark, source });
            }
            _ => {}
        }
        let inner = Inner { database, numbers: Mutex::default(), damaged: AtomicBool::new(false) };
        Ok((Self(Arc::new(inner)), found))
    }

    /// Opens an index that is there, for reading only: a station may have it open. Nothing is made, renamed or
    /// migrated; every change fails with `Closed`.
    ///
    /// # Errors
    /// `Damaged`, `Foreign`, `Newer`, `Unsuitable` (of an older program), or what SQLite says.
    pub fn open_to_read(folder: &Path) -> Result<Self> {
        let database = Database::open_to_read(folder.join(RECORDINGS_FILE), KEEPING)?;
        // Whoever only looks marks nothing.
        let inner = Inner { database, numbers: Mutex::default(), damaged: AtomicBool::new(true) };
        Ok(Self(Arc::new(inner)))
    }

    /// Makes these changes in one transaction, in order. Doing so twice is harmless.
    ///
    /// # Errors
    /// What SQLite says; nothing was changed.
    pub fn apply(&self, changes: &[Change]) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut numbers = lock(&self.0.numbers);
        let mut known = std::mem::take(&mut *numbers);
        let done = self.watch(self.0.database.write(|db| apply::apply(db, &mut known, changes)));
        if done.is_ok() {
            // Only what is committed may be remembered.
            *numbers = known;
        }
        done
    }

    /// Damage was found while the index was in use: the next [`Recordings::open`] sets it aside.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.0.damaged.load(Ordering::Relaxed)
    }

    /// Moves the write-ahead log into the database file as far as readers allow.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn checkpoint(&self) -> Result<()> {
        self.watch(self.0.database.checkpoint())
    }

    /// Goes through the whole index. Takes long on a large one.
    ///
    /// # Errors
    /// `Damaged` with the first thing found.
    pub fn check(&self) -> Result<()> {
        self.watch(self.0.database.check())
    }

    /// Ends the index; every later call fails with `Closed`.
    ///
    /// # Errors
    /// What SQLite says; it is closed all the same.
    pub fn close(&self) -> Result<()> {
        self.0.database.close()
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.watch(self.0.database.read(query))
    }

    /// Leaves a mark beside the file when damage shows: a large index is not gone through at every start.
    fn watch<T>(&self, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::Damaged(_))) && !self.0.damaged.swap(true, Ordering::Relaxed) {
            let mark = damage_mark(self.0.database.path());
            if let Err(error) = fs::write(&mark, b"") {
                tracing::error!(%error, "the damaged index cannot be marked");
            }
        }
        result
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn damage_mark(path: &Path) -> PathBuf {
    beside(path, "-damaged")
}

/// Renames the index and its logs; gives the new name.
fn set_aside(path: &Path, now: UtcMicros) -> Result<PathBuf> {
    let mut aside = path.with_file_name(format!("recordings-aside-{}.db", now.0));
    for number in 2.. {
        if !aside.exists() {
            break;
        }
        aside = path.with_file_name(format!("recordings-aside-{}-{number}.db", now.0));
    }
    // The database first: should a rename behind it fail, a log without its database is ignored by SQLite.
    for end in ["", "-wal", "-shm"] {
        match fs::rename(beside(path, end), beside(&aside, end)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File { path: beside(path, end), source });
            }
            _ => {}
        }
    }
    Ok(aside)
}
