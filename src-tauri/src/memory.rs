//! What a window remembers of itself between two starts: place, size, monitor, whether it is open; in a small file of the
//! data folder; and its name, which is held by a lock, so that two windows on one data folder never take each other's
//! pictures.

use crate::placement::{Screen, Spot};
use anyhow::{Context, bail};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Windows on one data folder on one machine.
pub const WINDOWS_MOST: u32 = 8;
/// The window with everything around the wall.
pub const MAIN: &str = "main";
/// No such file is longer.
const FILE_MOST_BYTES: u64 = 4096;
/// Coordinates of a desktop that cannot be are a damaged file's.
const DESKTOP_MOST_PX: i32 = 100_000;

/// A window as it was. All in device pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Left edge on the desktop, when it did not fill its monitor.
    pub x: i32,
    /// Top edge on the desktop.
    pub y: i32,
    /// Width of the content.
    pub width: u32,
    /// Height of the content.
    pub height: u32,
    /// Whether it filled its monitor.
    pub maximized: bool,
    /// Whether it was a wall alone: the whole monitor, nothing around the pictures.
    #[serde(default)]
    pub bare: bool,
    /// The monitor that it belongs to, whether or not that is plugged in.
    #[serde(default)]
    pub monitor: Option<Screen>,
    /// Nobody closed it: it opens again with the next start.
    #[serde(default)]
    pub open: bool,
}

impl Remembered {
    /// Its rectangle.
    #[must_use]
    pub fn spot(&self) -> Spot {
        let side = |length: u32| i32::try_from(length).unwrap_or(i32::MAX);
        Spot { x: self.x, y: self.y, width: side(self.width), height: side(self.height) }
    }

    fn makes_sense(&self) -> bool {
        let on_desktop = |at: i32| (-DESKTOP_MOST_PX..=DESKTOP_MOST_PX).contains(&at);
        let monitor = self.monitor.as_ref().is_none_or(|screen| {
            on_desktop(screen.x)
                && on_desktop(screen.y)
                && (1..=DESKTOP_MOST_PX).contains(&screen.width)
                && (1..=DESKTOP_MOST_PX).contains(&screen.height)
        });
        (200..=16_384).contains(&self.width)
            && (200..=16_384).contains(&self.height)
            && on_desktop(self.x)
            && on_desktop(self.y)
            && monitor
    }
}

/// A name that no other window on this data folder has, as long as this lives.
#[derive(Debug)]
pub struct NameHeld {
    /// `main`, `wall-2`, ...
    pub name: String,
    _lock: File,
}

/// The names that windows may have, in their order.
pub fn names() -> impl Iterator<Item = String> {
    (1..=WINDOWS_MOST).map(|number| if number == 1 { MAIN.to_owned() } else { format!("wall-{number}") })
}

/// Takes a name, if nobody has it.
///
/// # Errors
/// The data folder cannot be written.
pub fn take(data: &Path, name: &str) -> anyhow::Result<Option<NameHeld>> {
    let path = data.join(format!("window-{name}.lock"));
    let lock = File::create(&path).with_context(|| path.display().to_string())?;
    let free = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
    Ok(free.then(|| NameHeld { name: name.to_owned(), _lock: lock }))
}

/// Takes the first free window name.
///
/// # Errors
/// The data folder cannot be written, or there are too many windows.
pub fn take_name(data: &Path) -> anyhow::Result<NameHeld> {
    for name in names() {
        if let Some(held) = take(data, &name)? {
            return Ok(held);
        }
    }
    bail!("{WINDOWS_MOST} windows are open on {}", data.display())
}

/// The further windows that nobody closed and that do not run: they are to be opened again.
#[must_use]
pub fn left_open(data: &Path) -> Vec<String> {
    names()
        .filter(|name| name != MAIN)
        .filter(|name| recall(data, name).is_some_and(|was| was.open))
        .filter(|name| take(data, name).is_ok_and(|held| held.is_some()))
        .collect()
}

fn path_of(data: &Path, name: &str) -> PathBuf {
    data.join(format!("window-{name}.json"))
}

/// What is remembered, if it makes sense.
#[must_use]
pub fn recall(data: &Path, name: &str) -> Option<Remembered> {
    let mut text = String::new();
    File::open(path_of(data, name)).ok()?.take(FILE_MOST_BYTES).read_to_string(&mut text).ok()?;
    let found: Remembered = serde_json::from_str(&text).ok()?;
    found.makes_sense().then_some(found)
}

/// Remembers, whole or not at all, also when the power fails meanwhile; the former file stays if this fails.
///
/// # Errors
/// The data folder cannot be written.
pub fn remember(data: &Path, name: &str, what: &Remembered) -> anyhow::Result<()> {
    let path = path_of(data, name);
    let part = path.with_extension("json.part");
    let mut file = File::create(&part)?;
    file.write_all(&serde_json::to_vec(what)?)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&part, &path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usual() -> Remembered {
        Remembered {
            x: -5,
            y: 7,
            width: 1600,
            height: 900,
            maximized: false,
            bare: true,
            monitor: Some(Screen { name: "DP-2".into(), x: 1920, y: 0, width: 1920, height: 1080 }),
            open: true,
        }
    }

    #[test]
    fn each_window_has_its_own_name() -> anyhow::Result<()> {
        let data = tempfile::tempdir()?;
        let first = take_name(data.path())?;
        let second = take_name(data.path())?;
        assert_eq!((first.name.as_str(), second.name.as_str()), ("main", "wall-2"));
        assert!(take(data.path(), "wall-2")?.is_none());
        drop(first);
        assert_eq!(take_name(data.path())?.name, "main");
        Ok(())
    }

    #[test]
    fn windows_that_nobody_closed_open_again() -> anyhow::Result<()> {
        let data = tempfile::tempdir()?;
        remember(data.path(), MAIN, &usual())?;
        remember(data.path(), "wall-2", &usual())?;
        remember(data.path(), "wall-3", &Remembered { open: false, ..usual() })?;
        remember(data.path(), "wall-4", &usual())?;
        let runs = take(data.path(), "wall-4")?;
        assert_eq!(left_open(data.path()), ["wall-2"]);
        drop(runs);
        assert_eq!(left_open(data.path()), ["wall-2", "wall-4"]);
        Ok(())
    }

    #[test]
    fn a_damaged_file_is_as_none() -> anyhow::Result<()> {
        let data = tempfile::tempdir()?;
        assert_eq!(recall(data.path(), MAIN), None);
        remember(data.path(), MAIN, &usual())?;
        assert_eq!(recall(data.path(), MAIN), Some(usual()));
        // As versions before this one wrote it.
        std::fs::write(
            path_of(data.path(), MAIN),
            r#"{"x":1,"y":2,"width":800,"height":900,"maximized":true}"#,
        )?;
        let old = recall(data.path(), MAIN).context("read")?;
        assert_eq!((old.maximized, old.bare, old.open, old.monitor), (true, false, false, None));
        for bad in [
            r#"{"x":0,"y":0,"width":1,"height":900,"maximized":false}"#,
            r#"{"x":2000000000,"y":0,"width":800,"height":900,"maximized":false}"#,
            r#"{"x":0,"y":0,"width":800,"height":900,"maximized":false,"monitor":{"name":"","x":0,"y":0,"width":0,"height":0}}"#,
            "",
            "\0\0\0\0",
        ] {
            std::fs::write(path_of(data.path(), MAIN), bad)?;
            assert_eq!(recall(data.path(), MAIN), None, "{bad}");
        }
        Ok(())
    }

    proptest! {
        /// A file torn anywhere is none, never a wrong place.
        #[test]
        fn a_torn_file_is_as_none(kept in 0..1000usize) {
            let data = tempfile::tempdir().expect("folder");
            remember(data.path(), MAIN, &usual()).expect("remembered");
            let path = path_of(data.path(), MAIN);
            let whole = std::fs::read(&path).expect("file");
            let kept = kept % whole.len();
            std::fs::write(&path, &whole[..kept]).expect("torn");
            prop_assert_eq!(recall(data.path(), MAIN), None);
        }
    }
}
