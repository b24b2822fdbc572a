//! Which view was open in a window. The page says it whenever it rests, and hears it when it begins anew after a crash.
//! Kept in a small file beside the window's other memory; what stood on the wall the station remembers.

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// No such file is longer.
const FILE_MOST_BYTES: u64 = 1024;

/// See the module. What the views are is the page's matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The view that was open.
    pub view: String,
}

impl Place {
    fn makes_sense(&self) -> bool {
        self.view.len() <= 32
    }
}

fn path_of(data: &Path, name: &str) -> PathBuf {
    data.join(format!("window-{name}-place.json"))
}

/// What is kept, if it makes sense.
#[must_use]
pub fn recall(data: &Path, name: &str) -> Option<Place> {
    let mut text = String::new();
    File::open(path_of(data, name)).ok()?.take(FILE_MOST_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok().filter(Place::makes_sense)
}

/// Keeps it, whole or not at all. Not synced: it changes with every glance, and a power cut ends the shift anyway.
///
/// # Errors
/// It makes no sense, or the data folder cannot be written.
pub fn keep(data: &Path, name: &str, place: &Place) -> std::io::Result<()> {
    if !place.makes_sense() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let path = path_of(data, name);
    let part = path.with_extension("json.part");
    File::create(&part)?.write_all(&serde_json::to_vec(place)?)?;
    std::fs::rename(&part, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_and_nonsense_is_none() -> std::io::Result<()> {
        let data = tempfile::tempdir()?;
        assert_eq!(recall(data.path(), "main"), None);
        let place = Place { view: "live".into() };
        keep(data.path(), "main", &place)?;
        assert_eq!(recall(data.path(), "main"), Some(place.clone()));
        assert_eq!(recall(data.path(), "wall-2"), None);
        assert!(keep(data.path(), "main", &Place { view: "x".repeat(99) }).is_err());
        std::fs::write(path_of(data.path(), "main"), "{\"view\":\"live\"")?;
        assert_eq!(recall(data.path(), "main"), None);
        Ok(())
    }
}
