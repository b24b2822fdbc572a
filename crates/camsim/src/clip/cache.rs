//! The folder in which encoded clips are kept. A name stands for everything that the content depends on; a file is
//! written under another name and renamed, so what has its name is whole. Several processes may share the folder.

use crate::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A folder of clips that are made when first asked for.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// Keeps clips in this folder; made if missing.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be made.
    pub fn new(dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(|source| Error::File { path: dir.to_owned(), source })?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// The file of this name, made by `make` (which writes to the path it is given) if it is not there. Blocks while
    /// another process makes the same one.
    ///
    /// # Errors
    /// Those of `make`, and [`Error::File`].
    pub fn get(&self, name: &str, make: impl FnOnce(&Path) -> Result<(), Error>) -> Result<PathBuf, Error> {
        let path = self.dir.join(name);
        if path.is_file() {
            return Ok(path);
        }
        let file_error = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { path, source }
        };
        let lock_path = self.dir.join(format!("{name}.lock"));
        let lock = File::create(&lock_path).map_err(file_error(&lock_path))?;
        // The lock only saves work (two processes drawing the same clip); the rename alone keeps the cache right.
        lock.lock().map_err(file_error(&lock_path))?;
        if path.is_file() {
            return Ok(path);
        }
        let mut random = [0_u8; 6];
        getrandom::fill(&mut random).map_err(|error| Error::File {
            path: path.clone(),
            source: std::io::Error::other(error.to_string()),
        })?;
        let mark: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        // The ending stays, because ffmpeg chooses the container by it.
        let made = self.dir.join(format!("making-{mark}-{name}"));
        let result = make(&made).and_then(|()| fs::rename(&made, &path).map_err(file_error(&path)));
        if result.is_err() {
            let _ = fs::remove_file(&made);
        }
        let _ = fs::remove_file(&lock_path);
        result.map(|()| path)
    }

    /// Throws a damaged file away, so that the next [`Cache::get`] makes it again.
    pub fn forget(&self, name: &str) {
        let _ = fs::remove_file(self.dir.join(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn made_once_even_by_many_and_again_after_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(&dir.path().join("deep/inside")).unwrap();
        assert!(cache.get("a.h264", |_| Err(Error::Options("no".into()))).is_err());
        let made = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let path = cache
                        .get("a.h264", |path| {
                            made.fetch_add(1, Ordering::SeqCst);
                            fs::write(path, b"half").unwrap();
                            std::thread::sleep(std::time::Duration::from_millis(20));
                            fs::write(path, b"whole").unwrap();
                            Ok(())
                        })
                        .unwrap();
                    assert_eq!(fs::read(path).unwrap(), b"whole");
                });
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
        let left: Vec<_> = fs::read_dir(dir.path().join("deep/inside")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
