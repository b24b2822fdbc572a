//! What a window remembers of itself between two starts: place and size, in a small file of the data folder; and its
//! name, which is held by a lock, so that two windows on one data folder never take each other's pictures.

use anyhow::{Context, bail};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Windows on one data folder on one machine.
const WINDOWS_MOST: u32 = 8;

/// Place and size of a window in device pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Left edge on the desktop.
    pub x: i32,
    /// Top edge on the desktop.
    pub y: i32,
    /// Width of the content.
    pub width: u32,
    /// Height of the content.
    pub height: u32,
    /// Whether it filled its screen.
    pub maximized: bool,
}

/// A name that no other window on this data folder has, as long as this lives.
#[derive(Debug)]
pub struct NameHeld {
    /// `main`, `wall-2`, ...
    pub name: String,
    _lock: File,
}

/// Takes the first free window name.
///
/// # Errors
/// The data folder cannot be written, or there are too many windows.
pub fn take_name(data: &Path) -> anyhow::Result<NameHeld> {
    for number in 1..=WINDOWS_MOST {
        let name = if number == 1 { "main".to_owned() } else { format!("wall-{number}") };
        let path = data.join(format!("window-{name}.lock"));
        let lock = File::create(&path).with_context(|| path.display().to_string())?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Ok(NameHeld { name, _lock: lock });
        }
    }
    bail!("{WINDOWS_MOST} windows are open on {}", data.display())
}

fn path_of(data: &Path, name: &str) -> PathBuf {
    data.join(format!("window-{name}.json"))
}

/// What is remembered, if it makes sense.
#[must_use]
pub fn recall(data: &Path, name: &str) -> Option<Remembered> {
    let text = std::fs::read_to_string(path_of(data, name)).ok()?;
    let found: Remembered = serde_json::from_str(&text).ok()?;
    let sane = (200..=16_384).contains(&found.width) && (200..=16_384).contains(&found.height);
    sane.then_some(found)
}

/// Remembers; the former file stays if this fails.
///
/// # Errors
/// The data folder cannot be written.
pub fn remember(data: &Path, name: &str, what: &Remembered) -> anyhow::Result<()> {
    let path = path_of(data, name);
    let part = path.with_extension("json.part");
    let mut file = File::create(&part)?;
    file.write_all(&serde_json::to_vec(what)?)?;
    drop(file);
    std::fs::rename(&part, &path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_window_has_its_own_name() -> anyhow::Result<()> {
        let data = tempfile::tempdir()?;
        let first = take_name(data.path())?;
        let second = take_name(data.path())?;
        assert_eq!((first.name.as_str(), second.name.as_str()), ("main", "wall-2"));
        drop(first);
        assert_eq!(take_name(data.path())?.name, "main");
        Ok(())
    }

    #[test]
    fn a_damaged_file_is_as_none() -> anyhow::Result<()> {
        let data = tempfile::tempdir()?;
        assert_eq!(recall(data.path(), "main"), None);
        let what = Remembered { x: -5, y: 7, width: 1600, height: 900, maximized: false };
        remember(data.path(), "main", &what)?;
        assert_eq!(recall(data.path(), "main"), Some(what));
        std::fs::write(path_of(data.path(), "main"), "{\"x\":1")?;
        assert_eq!(recall(data.path(), "main"), None);
        std::fs::write(
            path_of(data.path(), "main"),
            r#"{"x":0,"y":0,"width":1,"height":900,"maximized":false}"#,
        )?;
        assert_eq!(recall(data.path(), "main"), None);
        Ok(())
    }
}
