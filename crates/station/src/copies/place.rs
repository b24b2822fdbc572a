//! Where a copy goes: its folder, its files' names, the room on the disk. A folder's name ends in `.part` until
//! everything in it is complete, so that what a crash leaves behind never looks whole.

use easien_model::{StreamKind, UtcMicros};
use jiff::tz::TimeZone;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Ends the name of a folder that is not complete.
pub(crate) const PART: &str = ".part";

fn stamp(at: UtcMicros, zone: &TimeZone) -> String {
    jiff::Timestamp::from_microsecond(at.0).map_or_else(
        |_| at.0.to_string(),
        |time| time.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d_%H-%M-%S").to_string(),
    )
}

/// `ES_2026-11-23_13-38-20`: a backup's name without its end.
pub(crate) fn stamped(prefix: &str, at: UtcMicros, zone: &TimeZone) -> String {
    format!("{}_{}", plain(prefix), stamp(at, zone))
}

/// A camera's code as a part of a file name on any system.
fn plain(code: &str) -> String {
    code.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect()
}

/// `2026-11-23_13-38-20_C017` or `2026-11-23_13-38-20_C017+3`.
pub(crate) fn folder_name(start: UtcMicros, codes: &[String], zone: &TimeZone) -> String {
    let first = codes.first().map(|code| plain(code)).unwrap_or_default();
    let more = match codes.len() {
        0 | 1 => String::new(),
        count => format!("+{}", count - 1),
    };
    format!("{}_{first}{more}", stamp(start, zone))
}

/// `C017_2026-11-23_13-38-20_main.mp4`: when its first picture was taken, by the station's local time.
pub(crate) fn file_name(code: &str, start: UtcMicros, which: StreamKind, zone: &TimeZone) -> String {
    let which = match which {
        StreamKind::Main => "main",
        StreamKind::Sub => "sub",
    };
    format!("{}_{}_{which}.mp4", plain(code), stamp(start, zone))
}

/// A copy's own folder while it is written.
#[derive(Debug)]
pub(crate) struct OwnFolder {
    /// `NAME.part`.
    part: PathBuf,
    whole: PathBuf,
    kept: bool,
}

impl OwnFolder {
    /// Makes `NAME.part` in `base`; with `-2` and so on behind the name where that is taken.
    pub(crate) fn make(base: &Path, name: &str) -> io::Result<Self> {
        for number in 1..1000_u32 {
            let name = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
            let (part, whole) = (base.join(format!("{name}{PART}")), base.join(&name));
            if whole.symlink_metadata().is_ok() {
                continue;
            }
            match DirBuilder::new().mode(0o700).create(&part) {
                Ok(()) => return Ok(Self { part, whole, kept: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "every name is taken"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.part
    }

    /// Where it will be when it is complete.
    #[cfg(test)]
    pub(crate) fn whole(&self) -> &Path {
        &self.whole
    }

    /// Everything is in it and synced: gives it its name.
    pub(crate) fn complete(mut self) -> io::Result<PathBuf> {
        fs::File::open(&self.part)?.sync_all()?;
        fs::rename(&self.part, &self.whole)?;
        self.kept = true;
        if let Some(above) = self.whole.parent() {
            fs::File::open(above)?.sync_all()?;
        }
        Ok(self.whole.clone())
    }
}

impl Drop for OwnFolder {
    /// Not complete: nothing stays. It is ours alone, made by `make`.
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_dir_all(&self.part)
        {
            tracing::warn!(%error, "an unfinished copy was not taken away");
        }
    }
}

/// Whether a file can be made in a folder, by making one.
pub(crate) fn writable(folder: &Path) -> bool {
    let probe = folder.join(format!(".easien-{}", uuid::Uuid::now_v7()));
    let made = fs::OpenOptions::new().write(true).create_new(true).open(&probe).is_ok();
    let _ = fs::remove_file(&probe);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_local_and_plain() {
        let start = UtcMicros("2026-11-23T06:38:20.9Z".parse::<jiff::Timestamp>().unwrap().as_microsecond());
        let vietnam = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        assert_eq!(file_name("C017", start, StreamKind::Main, &vietnam), "C017_2026-11-23_13-38-20_main.mp4");
        assert_eq!(
            file_name("Cổng/1", start, StreamKind::Sub, &vietnam),
            "C-ng-1_2026-11-23_13-38-20_sub.mp4"
        );
        let codes = ["C017".to_owned(), "C018".to_owned()];
        assert_eq!(folder_name(start, &codes, &vietnam), "2026-11-23_13-38-20_C017+1");
        assert_eq!(folder_name(start, &codes[..1], &vietnam), "2026-11-23_13-38-20_C017");
    }

    #[test]
    fn what_is_not_complete_does_not_stay() {
        let base = tempfile::tempdir().unwrap();
        let first = OwnFolder::make(base.path(), "clip").unwrap();
        let second = OwnFolder::make(base.path(), "clip").unwrap();
        fs::write(first.path().join("a.mp4"), b"x").unwrap();
        fs::write(second.path().join("b.mp4"), b"y").unwrap();
        let unfinished = second.path().to_owned();
        drop(second);
        assert!(!unfinished.exists());
        let whole = first.complete().unwrap();
        assert_eq!(whole, base.path().join("clip"));
        assert_eq!(fs::read(whole.join("a.mp4")).unwrap(), b"x");
        let third = OwnFolder::make(base.path(), "clip").unwrap();
        assert_eq!(third.whole(), base.path().join("clip-2"));
        assert!(writable(base.path()) && !writable(Path::new("/proc")));
    }
}
