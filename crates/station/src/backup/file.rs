//! The file of a backup, and how it is made: a ZIP without compression with `manifest.json` (what is in it, each with
//! its SHA-256, and how many rows each table has), `easien.db`, the stills, the attachments, the high-water mark of
//! incident numbers, and, only with a passphrase, the station's master key, sealed. Its comment is the SHA-256 of all
//! that stands before it, so that no byte can change unseen. What is not complete stands in a folder that ends in `.part`.

use super::fault::Fault;
use super::restore::{self, Rehearsal};
use super::seal::{KEYS, Locker, Opener};
use crate::convert::hex;
use crate::volumes::space;
use easien_store::{DATABASE_FILE, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub(crate) const MANIFEST: &str = "manifest.json";
/// 1 had no sum of the whole file.
pub(crate) const FORMAT: u32 = 2;
/// The comment: SHA-256 in hexadecimal.
pub(crate) const SEAL_BYTES: u64 = 64;
/// Ends the name of a folder that is not complete.
pub(crate) const PART: &str = ".part";
/// Files of the data folder that are taken as they are, where they are there.
const SINGLE: [&str; 1] = ["numbers"];
/// Folders that are taken with everything in them.
const FOLDERS: [&str; 2] = ["stills", "attachments"];
/// Always left free where backups go: a full disk would stop the recording too, if it is the same.
const LEFT_FREE_BYTES: u64 = 256 << 20;
const BUFFER_BYTES: usize = 256 * 1024;

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub format: u32,
    pub program: String,
    pub station: String,
    pub made_us: i64,
    /// SHA-256 and size of each file, by its name.
    pub files: BTreeMap<String, (String, u64)>,
    /// Rows of each table of the database.
    pub rows: BTreeMap<String, u64>,
    pub keys: bool,
}

impl Manifest {
    /// Files below a folder: how many, how large.
    pub(crate) fn below(&self, folder: &str) -> (u64, u64) {
        let inside = self.files.iter().filter(|(name, _)| name.starts_with(folder));
        inside.fold((0, 0), |(count, bytes), (_, (_, size))| (count + 1, bytes + size))
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.files.values().map(|(_, bytes)| bytes).sum()
    }

    pub(crate) fn row_count(&self) -> u64 {
        self.rows.values().sum()
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Database,
    Files,
    Sealing,
    /// The rehearsal reads the whole file.
    Reading,
    Rehearsal,
}

/// Told how far it is, in bytes; false stops it.
pub(crate) type Progress<'a> = &'a dyn Fn(Stage, u64) -> bool;

/// A backup that was made and rehearsed.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub manifest: Manifest,
    pub bytes: u64,
    /// Of the whole file but its comment, hexadecimal; the comment says the same.
    pub sha256: String,
    pub rehearsal: Rehearsal,
}

/// A folder of our own beside the backup, taken away at the end, however it ends. It is locked as long as it is used, so
/// that one which a crash left behind can be told from one that is being filled.
pub(crate) struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    pub(crate) fn beside(file: &Path) -> Result<Self, Fault> {
        let mut name = file.file_name().unwrap_or_default().to_os_string();
        name.push(PART);
        let path = file.with_file_name(name);
        let folder = |source| Fault::Folder { folder: folder_of(file).to_owned(), source };
        // What is in a backup is nobody else's business, also while it is made.
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(folder)?;
        let lock = File::create_new(path.join("lock")).map_err(folder)?;
        // Some network disks know no locks; what is left there stays there.
        let _ = rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive);
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "what a backup left is not taken away");
        }
    }
}

/// Takes away what backups of this program that a crash ended left in a folder.
pub(crate) fn clear_left(folder: &Path, suffix: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let ours = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(suffix));
        if !ours || !path.is_dir() {
            continue;
        }
        let Ok(lock) = File::open(path.join("lock")) else { continue };
        if rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok()
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::warn!(path = %path.display(), %error, "what a backup left is not taken away");
        }
    }
}

/// The folder that a file is in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Every file below a folder, by its name in the backup. What is still being written is left out.
fn files_below(data: &Path, folder: &Path, found: &mut Vec<(String, PathBuf, u64)>) -> Result<(), Fault> {
    for entry in fs::read_dir(folder).map_err(Fault::file(folder))? {
        let entry = entry.map_err(Fault::file(folder))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(Fault::file(&path))?;
        if kind.is_dir() {
            files_below(data, &path, found)?;
        } else if kind.is_file() && path.extension().is_none_or(|end| end != "part") {
            let name = path.strip_prefix(data).ok().and_then(Path::to_str);
            let name = name.ok_or_else(|| Fault::Other(format!("{}: not UTF-8", path.display())))?.to_owned();
            found.push((name, path.clone(), entry.metadata().map_err(Fault::file(&path))?.len()));
        }
    }
    Ok(())
}

/// What is taken beside the database.
fn beside_the_database(data: &Path) -> Result<Vec<(String, PathBuf, u64)>, Fault> {
    let mut files = Vec::new();
    for name in SINGLE {
        if let Ok(found) = fs::metadata(data.join(name)) {
            files.push((name.to_owned(), data.join(name), found.len()));
        }
    }
    for folder in FOLDERS.map(|folder| data.join(folder)).iter().filter(|folder| folder.is_dir()) {
        files_below(data, folder, &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

/// How large a backup will be, about, in bytes.
pub(crate) fn estimate(data: &Path) -> Result<u64, Fault> {
    let files: u64 = beside_the_database(data)?.iter().map(|(.., bytes)| bytes).sum();
    let database = data.join(DATABASE_FILE);
    Ok(files + size(&database) + size(&database.with_extension("db-wal")))
}

/// Refuses a folder without room for a backup and its rehearsal, which stands beside it for a while.
pub(crate) fn room_for(bytes: u64, folder: &Path) -> Result<(), Fault> {
    let needed_bytes = bytes.saturating_mul(2).saturating_add(LEFT_FREE_BYTES);
    let free_bytes =
        space(folder).map_err(|source| Fault::Folder { folder: folder.to_owned(), source })?.free_bytes;
    if free_bytes < needed_bytes { Err(Fault::NoRoom { needed_bytes, free_bytes }) } else { Ok(()) }
}

/// Takes a backup and rehearses its restoring; the file has its name only when both went well.
pub(crate) fn make(
    data: &Path,
    store: &Store,
    to: &Path,
    locker: Option<&Locker>,
    progress: Progress<'_>,
) -> Result<Made, Fault> {
    if to.symlink_metadata().is_ok() {
        return Err(Fault::Exists(to.to_owned()));
    }
    room_for(estimate(data)?, folder_of(to))?;
    let scratch = Scratch::beside(to)?;
    let draft = scratch.path().join("backup");
    let manifest = write(data, store, &draft, scratch.path(), locker, progress)?;
    let sha256 = seal_file(&draft, progress)?;
    // The rehearsal reads what was written, as a restoring would; the keys are opened where they are in it.
    let place = scratch.path().join("rehearsal");
    let rehearsal = restore::rehearse(&draft, &place, locker.map(Opener::Locker), store, progress)
        .and_then(|(restored, rehearsal)| match restored == manifest {
            true => Ok(rehearsal),
            false => Err(Fault::Damaged("something else than what was taken came back".to_owned())),
        })
        .map_err(|why| match why {
            Fault::Cancelled => why,
            why => Fault::Rehearsal(Box::new(why)),
        })?;
    let bytes = size(&draft);
    File::open(&draft).and_then(|file| file.sync_all()).map_err(Fault::file(&draft))?;
    if to.symlink_metadata().is_ok() {
        return Err(Fault::Exists(to.to_owned()));
    }
    fs::rename(&draft, to).map_err(Fault::file(to))?;
    let folder = folder_of(to);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Fault::file(folder))?;
    Ok(Made { manifest, bytes, sha256, rehearsal })
}

fn write(
    data: &Path,
    store: &Store,
    to: &Path,
    scratch: &Path,
    locker: Option<&Locker>,
    progress: Progress<'_>,
) -> Result<Manifest, Fault> {
    let go_on = |stage, done| if progress(stage, done) { Ok(()) } else { Err(Fault::Cancelled) };
    go_on(Stage::Database, 0)?;
    let copy = scratch.join(DATABASE_FILE);
    store.copy_to(&copy)?;
    let mut manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        station: store.station().to_string(),
        made_us: easien_model::Clock::utc_now(&easien_model::SystemClock).0,
        files: BTreeMap::new(),
        rows: easien_store::table_rows(&copy)?,
        keys: locker.is_some(),
    };
    // The files are looked for after the database was copied: what a row names was there before the row.
    let mut files = vec![(DATABASE_FILE.to_owned(), copy.clone(), size(&copy))];
    files.extend(beside_the_database(data)?);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(true)
        .unix_permissions(0o600);
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut out = ZipWriter::new(file.map_err(Fault::file(to))?);
    let zip = |error: zip::result::ZipError| match error {
        zip::result::ZipError::Io(source) => Fault::File { path: to.to_owned(), source },
        other => Fault::Other(other.to_string()),
    };
    let mut done = 0;
    for (name, path, _) in files {
        let mut file = match File::open(&path) {
            // Between the listing and now; what the database names and is not there is said by the rehearsal.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other.map_err(Fault::file(&path))?,
        };
        out.start_file(name.as_str(), options).map_err(zip)?;
        let known = copy_hashed(&mut file, &mut out, &mut |read| go_on(Stage::Files, done + read))
            .map_err(|fault| fault.at(&path))?;
        done += known.1;
        manifest.files.insert(name, known);
    }
    if let Some(locker) = locker {
        let sealed = locker.seal(&store.export_key())?;
        out.start_file(KEYS, options).map_err(zip)?;
        out.write_all(&sealed).map_err(Fault::file(to))?;
        manifest.files.insert(KEYS.to_owned(), (hex(&Sha256::digest(&sealed)), sealed.len() as u64));
    }
    out.start_file(MANIFEST, options).map_err(zip)?;
    let json = serde_json::to_vec_pretty(&manifest).map_err(|error| Fault::Other(error.to_string()))?;
    out.write_all(&json).map_err(Fault::file(to))?;
    out.set_raw_comment(vec![b'0'; SEAL_BYTES as usize].into_boxed_slice());
    out.finish().map_err(zip)?;
    fs::remove_file(&copy).map_err(Fault::file(&copy))?;
    Ok(manifest)
}

/// The sum of all bytes before the comment, read from the file.
pub(crate) fn sum_before_seal(
    file: &mut File,
    path: &Path,
    stage: Stage,
    progress: Progress<'_>,
) -> Result<String, Fault> {
    let bytes = file.metadata().map_err(Fault::file(path))?.len().saturating_sub(SEAL_BYTES);
    file.rewind().map_err(Fault::file(path))?;
    let mut before = file.take(bytes);
    let (sum, _) = copy_hashed(&mut before, &mut io::sink(), &mut |done| match progress(stage, done) {
        true => Ok(()),
        false => Err(Fault::Cancelled),
    })
    .map_err(|fault| fault.at(path))?;
    Ok(sum)
}

/// Writes the sum of everything before it into the file's comment, which is its end.
fn seal_file(path: &Path, progress: Progress<'_>) -> Result<String, Fault> {
    let mut file = fs::OpenOptions::new().read(true).write(true).open(path).map_err(Fault::file(path))?;
    let sum = sum_before_seal(&mut file, path, Stage::Sealing, progress)?;
    let end = -i64::try_from(SEAL_BYTES).unwrap_or(64);
    file.seek(SeekFrom::End(end)).and_then(|_| file.write_all(sum.as_bytes())).map_err(Fault::file(path))?;
    file.sync_all().map_err(Fault::file(path))?;
    Ok(sum)
}

/// Copies and sums up; `on` is told how much was copied, and may stop it.
pub(crate) fn copy_hashed(
    from: &mut impl Read,
    to: &mut impl Write,
    on: &mut dyn FnMut(u64) -> Result<(), Fault>,
) -> Result<(String, u64), CopyFault> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; BUFFER_BYTES]);
    loop {
        let count = from.read(&mut buffer).map_err(CopyFault::Io)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
        to.write_all(read).map_err(CopyFault::Io)?;
        bytes += count as u64;
        on(bytes).map_err(CopyFault::Stopped)?;
    }
    Ok((hex(&hash.finalize()), bytes))
}

/// Why copying ended early.
pub(crate) enum CopyFault {
    Io(io::Error),
    Stopped(Fault),
}

impl CopyFault {
    /// The same as a fault of this file.
    pub(crate) fn at(self, path: &Path) -> Fault {
        match self {
            Self::Io(source) => Fault::File { path: path.to_owned(), source },
            Self::Stopped(fault) => fault,
        }
    }
}
