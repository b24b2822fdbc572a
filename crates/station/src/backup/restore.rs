//! Restoring a backup into an empty data folder, and the rehearsal of it, which is part of taking one: a backup that
//! nobody ever restored is a hope.

use super::fault::Fault;
use super::file::{FORMAT, MANIFEST, Manifest, Progress, SEAL_BYTES, Stage, copy_hashed, sum_before_seal};
use super::seal::{KEYS, Opener};
use easien_store::{DATABASE_FILE, FileReference, NUMBERS_FILE, Store, raise_numbers};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path};
use std::sync::Arc;
use std::time::Instant;
use zip::ZipArchive;

/// Left in a restored data folder for the station's first start: what was restored, for its audit.
pub(crate) const RESTORED_FILE: &str = "restored.json";
/// What is named of what is missing, at most.
const NAMED_MOST: usize = 50;

/// What a station is told of its restoring.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Restored {
    /// The backup's file.
    pub from: String,
    /// When the backup was made.
    pub made_us: i64,
    /// The sum that it ends with.
    pub sha256: String,
}

/// What the rehearsal found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rehearsal {
    /// Files that came back with the same hash.
    pub files: u64,
    /// Rows that came back, table by table the same.
    pub rows: u64,
    /// Tables.
    pub tables: u32,
    /// Rows of the audit whose codes were gone through.
    pub audit_rows: u64,
    /// The sealed keys were opened and opened the database.
    pub keys_opened: bool,
    /// Stills and attachments that the database names and that were missing or changed in the data folder already; the
    /// first ones.
    pub missing: Vec<String>,
    /// All of them.
    pub missing_count: u64,
    /// How long it took.
    pub seconds: f32,
}

/// A backup that is open and whole.
struct Opened {
    zip: ZipArchive<File>,
    manifest: Manifest,
    sha256: String,
}

fn open(from: &Path, progress: Progress<'_>) -> Result<Opened, Fault> {
    let mut file = File::open(from).map_err(Fault::file(from))?;
    let bytes = file.metadata().map_err(Fault::file(from))?.len();
    if bytes == 0 {
        return Err(Fault::Empty);
    }
    let mut begin = [0; 4];
    if bytes <= SEAL_BYTES || file.read_exact(&mut begin).is_err() || begin != *b"PK\x03\x04" {
        return Err(Fault::NotABackup);
    }
    let mut seal = String::new();
    let end = -i64::try_from(SEAL_BYTES).unwrap_or(64);
    let sealed = file.seek(SeekFrom::End(end)).is_ok() && file.read_to_string(&mut seal).is_ok();
    // A file that was cut off has some other bytes there.
    let sum = sum_before_seal(&mut file, from, Stage::Reading, progress)?;
    if !sealed || seal != sum {
        return Err(Fault::Damaged("it was cut short or changed since it was made".to_owned()));
    }
    let damaged = |error: zip::result::ZipError| Fault::Damaged(error.to_string());
    let mut zip = ZipArchive::new(file).map_err(damaged)?;
    let manifest: Manifest = {
        let entry = zip.by_name(MANIFEST).map_err(|_| Fault::NotABackup)?;
        serde_json::from_reader(entry.take(256 * 1024 * 1024))
            .map_err(|error| Fault::Damaged(format!("its manifest: {error}")))?
    };
    if manifest.format > FORMAT {
        return Err(Fault::Newer(manifest.program));
    }
    Ok(Opened { zip, manifest, sha256: sum })
}

impl Opened {
    /// The master key, where it is in it.
    fn key(&mut self, opener: Option<Opener<'_>>) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
        if !self.manifest.keys {
            return Ok(None);
        }
        let opener = opener.ok_or(Fault::NeedsPassphrase)?;
        let mut sealed = Vec::new();
        self.zip
            .by_name(KEYS)
            .map_err(|_| Fault::Damaged("its sealed keys are missing".to_owned()))?
            .take(4096)
            .read_to_end(&mut sealed)
            .map_err(|error| Fault::Damaged(error.to_string()))?;
        opener.open(&sealed).map(Some)
    }
}

/// Restores a backup into a data folder that is empty or not there, or holds only the file of the incidents' numbers: those
/// that were given after the backup was taken are not given again then. Damage and a wrong passphrase are found before
/// anything is written where a station would take it up.
pub(crate) fn restore(from: &Path, data: &Path, opener: Option<Opener<'_>>) -> Result<Manifest, Fault> {
    let mut opened = open(from, &|_, _| true)?;
    if data.exists() {
        let mut entries = fs::read_dir(data).map_err(Fault::file(data))?;
        if !entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == NUMBERS_FILE)) {
            return Err(Fault::NotEmpty(data.to_owned()));
        }
    }
    let key = opened.key(opener)?;
    let mut name = data.file_name().unwrap_or_default().to_os_string();
    name.push(".restoring");
    let place = data.with_file_name(name);
    if place.symlink_metadata().is_ok() {
        return Err(Fault::LeftOver(place));
    }
    let restored = unpack(&mut opened, &place, key.as_deref(), true, &|_, _| true).and_then(|()| {
        check(&place, &opened.manifest, key.is_some())?;
        // Opening it wrote into it: what a station takes up is what was taken, to the byte.
        let database = place.join(DATABASE_FILE);
        fs::remove_file(&database).map_err(Fault::file(&database))?;
        unpack_one(&mut opened, DATABASE_FILE, &place, true, &mut |_| Ok(()))?;
        let told = Restored {
            from: from.display().to_string(),
            made_us: opened.manifest.made_us,
            sha256: opened.sha256.clone(),
        };
        let json = serde_json::to_vec(&told).map_err(|error| Fault::Other(error.to_string()))?;
        write_private(&place.join(RESTORED_FILE), &json)?;
        raise_numbers(&place, data).map_err(|error| Fault::Other(error.to_string()))
    });
    if let Err(fault) = restored {
        let _ = fs::remove_dir_all(&place);
        return Err(fault);
    }
    // What was there (nothing, or the numbers) goes when what was restored stands in its place.
    let before = place.with_extension("restoring-before");
    if data.exists() {
        fs::rename(data, &before).map_err(Fault::file(data))?;
    }
    fs::rename(&place, data).map_err(Fault::file(data))?;
    if before.exists() {
        fs::remove_dir_all(&before).map_err(Fault::file(&before))?;
    }
    Ok(opened.manifest)
}

/// Restores into a scratch folder and compares. Without keys in the backup the running station's own key opens the
/// database there.
pub(crate) fn rehearse(
    from: &Path,
    place: &Path,
    opener: Option<Opener<'_>>,
    store: &Store,
    progress: Progress<'_>,
) -> Result<(Manifest, Rehearsal), Fault> {
    let begun = Instant::now();
    let mut opened = open(from, progress)?;
    let sealed = opened.key(opener)?;
    let keys_opened = sealed.is_some();
    let key = sealed.unwrap_or_else(|| store.export_key());
    unpack(&mut opened, place, Some(&key), false, progress)?;
    if !progress(Stage::Rehearsal, opened.manifest.bytes()) {
        return Err(Fault::Cancelled);
    }
    let found = check(place, &opened.manifest, true)?;
    let manifest = opened.manifest;
    let missing: Vec<String> =
        found.references.iter().filter_map(|named| fault_of(named, &manifest)).collect();
    let rehearsal = Rehearsal {
        files: manifest.files.len() as u64,
        rows: manifest.row_count(),
        tables: u32::try_from(manifest.rows.len()).unwrap_or(u32::MAX),
        audit_rows: found.audit_rows,
        keys_opened,
        missing_count: missing.len() as u64,
        missing: missing.into_iter().take(NAMED_MOST).collect(),
        seconds: begun.elapsed().as_secs_f32(),
    };
    fs::remove_dir_all(place).map_err(Fault::file(place))?;
    Ok((manifest, rehearsal))
}

/// What the backup does not hold as the database says it should.
fn fault_of(named: &FileReference, manifest: &Manifest) -> Option<String> {
    match manifest.files.get(&named.path) {
        Some((sha256, bytes)) if *sha256 == named.sha256 && *bytes == named.bytes => None,
        _ => Some(named.path.clone()),
    }
}

/// A name that stays inside the folder.
fn inside(name: &str) -> Result<&Path, Fault> {
    let path = Path::new(name);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    if plain && !name.is_empty() {
        Ok(path)
    } else {
        Err(Fault::Damaged(format!("it names a file outside its folder: {name:?}")))
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    })
    .map_err(Fault::file(path))
}

fn unpack(
    opened: &mut Opened,
    place: &Path,
    key: Option<&Vec<u8>>,
    sync: bool,
    progress: Progress<'_>,
) -> Result<(), Fault> {
    let mut make = fs::DirBuilder::new();
    make.recursive(true).mode(0o700).create(place).map_err(Fault::file(place))?;
    let known = &opened.manifest.files;
    if let Some(name) = opened.zip.file_names().find(|name| *name != MANIFEST && !known.contains_key(*name)) {
        return Err(Fault::Damaged(format!("it holds {name:?}, which its manifest does not name")));
    }
    let mut done = 0;
    for name in known.keys().filter(|name| *name != KEYS).cloned().collect::<Vec<_>>() {
        let bytes = unpack_one(opened, &name, place, sync, &mut |read| {
            if progress(Stage::Rehearsal, done + read) { Ok(()) } else { Err(Fault::Cancelled) }
        })?;
        done += bytes;
    }
    if let Some(key) = key {
        write_private(&place.join(easien_store::secret::KEY_FILE), key)?;
    }
    Ok(())
}

/// One file, which must be what was taken. Gives its size.
fn unpack_one(
    opened: &mut Opened,
    name: &str,
    place: &Path,
    sync: bool,
    on: &mut dyn FnMut(u64) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let path = place.join(inside(name)?);
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Fault::file(folder))?;
    }
    let damaged = || Fault::Damaged(format!("{name} is not what was taken"));
    let mut entry = opened.zip.by_name(name).map_err(|_| damaged())?;
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut file = file.map_err(Fault::file(&path))?;
    let known = copy_hashed(&mut entry, &mut file, on).map_err(|fault| fault.at(&path))?;
    if opened.manifest.files.get(name) != Some(&known) {
        return Err(damaged());
    }
    if sync {
        file.sync_all().map_err(Fault::file(&path))?;
    }
    Ok(known.1)
}

/// What is in a restored folder.
struct Found {
    audit_rows: u64,
    references: Vec<FileReference>,
}

/// Compares the restored database with what was taken, and opens it as a station would: with its key, its pages whole,
/// its audit as it was written.
fn check(place: &Path, manifest: &Manifest, with_key: bool) -> Result<Found, Fault> {
    let rows = easien_store::table_rows(&place.join(DATABASE_FILE))
        .map_err(|error| Fault::Damaged(error.to_string()))?;
    if rows != manifest.rows {
        return Err(Fault::Damaged("the restored database has other counts".to_owned()));
    }
    if !with_key {
        return Ok(Found { audit_rows: 0, references: Vec::new() });
    }
    let store = Store::open_with(place, Arc::new(easien_model::SystemClock), None)?;
    store.check()?;
    let checked = store.check_audit(None)?;
    let references = store.file_references()?;
    store.close()?;
    match checked.fault {
        Some(fault) => Err(Fault::Damaged(format!("its audit is not as it was written: {fault:?}"))),
        None => Ok(Found { audit_rows: checked.rows, references }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        for outside in ["", "/etc/passwd", "../x", "a/../../b", "./a"] {
            assert!(inside(outside).is_err(), "{outside}");
        }
        assert!(inside("stills/2026-11-23/a.png").is_ok());
    }
}
