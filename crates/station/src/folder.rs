//! The data folder: where things are in it, and the lock that makes one station per folder.

use anyhow::Context;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Room that is kept for the audit on a full disk.
const BALLAST_BYTES: u64 = 8 << 20;

/// The data folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder, made if it is missing; only its user can enter what is made.
    ///
    /// # Errors
    /// When it cannot be made or found.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        let mut make = DirBuilder::new();
        make.recursive(true).mode(0o700);
        make.create(root).with_context(|| format!("the data folder {} cannot be made", root.display()))?;
        let root = fs::canonicalize(root)
            .with_context(|| format!("the data folder {} cannot be found", root.display()))?;
        let folder = Self { root };
        for inner in [folder.stills(), folder.logs()] {
            make.create(&inner).with_context(|| format!("{} cannot be made", inner.display()))?;
        }
        Ok(folder)
    }

    /// `$XDG_DATA_HOME/easien`, or `~/.local/share/easien`.
    #[must_use]
    pub fn default_root() -> Option<PathBuf> {
        let absolute =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
            .map(|base| base.join("easien"))
    }

    /// The folder itself, without links on the way.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Stills, a folder a day.
    #[must_use]
    pub fn stills(&self) -> PathBuf {
        self.root.join("stills")
    }

    /// Logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    fn ballast(&self) -> PathBuf {
        self.root.join("audit.reserve")
    }

    /// Keeps some room on the database's disk: when it is full, that room is for the row that says what is deleted. Does
    /// nothing where it is there already, or where the disk has none to spare.
    pub fn make_ballast(&self) {
        let path = self.ballast();
        if path.exists()
            || crate::picture_file::free_bytes(&self.root).map_or(true, |free| free < 4 * BALLAST_BYTES)
        {
            return;
        }
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).and_then(|file| {
            // Zeros for file systems that cannot promise room.
            let promised =
                rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, BALLAST_BYTES);
            promised.or_else(|_| {
                (&file).write_all(&vec![0; BALLAST_BYTES as usize]).map_err(|_| rustix::io::Errno::NOSPC)
            })?;
            Ok(())
        });
        if let Err(error) = made {
            tracing::warn!(%error, "no room is kept for the audit");
            let _ = fs::remove_file(&path);
        }
    }

    /// Gives that room up. False: there was none.
    pub fn drop_ballast(&self) -> bool {
        let dropped = fs::remove_file(self.ballast()).is_ok();
        if dropped {
            tracing::warn!("the disk is full: the room that was kept for the audit is used");
        }
        dropped
    }

    /// The clips of simulated cameras.
    #[must_use]
    pub fn simulated(&self) -> PathBuf {
        self.root.join("simulated")
    }

    /// Takes the folder's lock; held until dropped. `None`: another station has it.
    ///
    /// # Errors
    /// When the lock's file cannot be used.
    pub fn lock(&self) -> anyhow::Result<Option<Lock>> {
        let path = self.root.join("station.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("{} cannot be opened", path.display()))?;
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be locked", path.display())),
        }
        // For people who look; the lock itself is what counts.
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Some(Lock { _file: file }))
    }

    /// The process that holds the lock, as it wrote there.
    #[must_use]
    pub fn holder(&self) -> Option<u32> {
        let mut text = String::new();
        File::open(self.root.join("station.lock")).ok()?.take(20).read_to_string(&mut text).ok()?;
        text.trim().parse().ok()
    }
}

/// The held lock.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn room_is_kept_for_the_audit_and_given_up_once() {
        let base = tempfile::tempdir().unwrap();
        let folder = Folder::open(base.path()).unwrap();
        assert!(!folder.drop_ballast());
        folder.make_ballast();
        folder.make_ballast();
        let kept = fs::metadata(folder.ballast()).unwrap();
        assert_eq!((kept.len(), kept.blocks() * 512 >= BALLAST_BYTES), (BALLAST_BYTES, true));
        assert!(folder.drop_ballast() && !folder.drop_ballast());
    }

    #[test]
    fn one_station_a_folder() {
        let base = tempfile::tempdir().unwrap();
        let folder = Folder::open(&base.path().join("a/b")).unwrap();
        assert_eq!(fs::metadata(folder.root()).unwrap().mode() & 0o777, 0o700);
        let lock = folder.lock().unwrap();
        assert!(lock.is_some());
        assert!(folder.lock().unwrap().is_none());
        assert_eq!(folder.holder(), Some(std::process::id()));
        drop(lock);
        assert!(folder.lock().unwrap().is_some());
    }
}
