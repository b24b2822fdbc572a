//! A file on its way into the data folder and out of it: read once, summed up while it is copied, under its name only
//! when all of it is on the disk. Blocking.

use super::name;
use crate::copies::place::writable;
use crate::volumes::space;
use easien_link::problems;
use easien_model::{Code, Problem};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Always left free on the data folder's disk.
const LEFT_FREE_BYTES: u64 = 256 << 20;
const BUFFER_BYTES: usize = 256 * 1024;
/// Folders of the data folder whose files may be attached: what the room made for people.
const OPEN: [&str; 2] = ["copies", "stills"];
/// Not files in the sense of anybody who attaches one.
const SYSTEM: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Told how much was read; false stops it.
pub(crate) type Progress<'a> = &'a dyn Fn(u64, u64) -> bool;

/// What stands in a file's place as long as it is not complete; removed when it is dropped.
struct Part {
    path: PathBuf,
    file: File,
}

impl Part {
    fn make(folder: &Path) -> io::Result<Self> {
        let path = folder.join(format!(".{}.part", uuid::Uuid::now_v7()));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { path, file })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Gone already when it has its name.
        let _ = fs::remove_file(&self.path);
    }
}

/// A file that was read whole and stands in the data folder, under no name yet.
pub(crate) struct Taken {
    pub name: String,
    pub bytes: u64,
    pub sha256: [u8; 32],
    part: Part,
}

fn path_problem(path: &str, why: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Invalid, problems::ATTACHMENT_PATH).with("path", path).field("path").detail(why)
}

fn read_problem(path: &str, error: &io::Error) -> Problem {
    Problem::new(Code::Unavailable, problems::ATTACHMENT_READ).with("path", path).field("path").detail(error)
}

/// What writing into the data folder says.
fn write_problem(error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Problem::new(Code::DiskFull, problems::DISK_FULL).detail(error)
        }
        _ => Problem::new(Code::Unavailable, problems::STORAGE).detail(error),
    }
}

/// The file that a path means, where it may be attached: not the room's own database and keys, not the system's.
fn find(path: &str, root: &Path) -> Result<PathBuf, Problem> {
    let typed = Path::new(path);
    if !typed.is_absolute() || path.contains('\0') || path.len() > 4096 {
        return Err(path_problem(path, "not an absolute path"));
    }
    let real = typed.canonicalize().map_err(|error| path_problem(path, error))?;
    let own = real.strip_prefix(root).is_ok_and(|inner| !OPEN.iter().any(|open| inner.starts_with(open)));
    let secret = std::env::var_os("CREDENTIALS_DIRECTORY")
        .and_then(|folder| PathBuf::from(folder).canonicalize().ok())
        .is_some_and(|folder| real.starts_with(folder));
    if own || secret || SYSTEM.iter().any(|system| real.starts_with(system)) {
        return Err(Problem::new(Code::Forbidden, problems::ATTACHMENT_PRIVATE)
            .with("path", path)
            .field("path"));
    }
    Ok(real)
}

/// What tells whether a file was written to meanwhile.
fn state(found: &Metadata) -> (u64, i64, i64, i64, i64) {
    (found.len(), found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec())
}

/// Reads a file into the data folder. Nothing stays of one that is too large, changes while it is read, or does not fit.
pub(crate) fn take(
    path: &str,
    root: &Path,
    most_bytes: u64,
    progress: Progress<'_>,
) -> Result<Taken, Problem> {
    let real = find(path, root)?;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let mut from = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or(0))
        .open(&real)
        .map_err(|error| read_problem(path, &error))?;
    let before = from.metadata().map_err(|error| read_problem(path, &error))?;
    if !before.is_file() {
        return Err(path_problem(path, "not a plain file"));
    }
    let too_large = |bytes: u64| {
        Problem::new(Code::Invalid, problems::ATTACHMENT_TOO_LARGE)
            .with("bytes", bytes)
            .with("most", most_bytes >> 20)
            .field("path")
    };
    if before.len() > most_bytes {
        return Err(too_large(before.len()));
    }
    let folder = root.join("attachments");
    make_folder(&folder).map_err(|error| write_problem(&error))?;
    let free = space(&folder).map_err(|error| write_problem(&error))?.free_bytes;
    if free < before.len().saturating_add(LEFT_FREE_BYTES) {
        return Err(
            Problem::new(Code::DiskFull, problems::DISK_FULL).detail(format!("{free} bytes are free"))
        );
    }
    let mut part = Part::make(&folder).map_err(|error| write_problem(&error))?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; BUFFER_BYTES]);
    loop {
        let count = from.read(&mut buffer).map_err(|error| read_problem(path, &error))?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        bytes += count as u64;
        if bytes > most_bytes {
            return Err(too_large(bytes));
        }
        hash.update(read);
        part.file.write_all(read).map_err(|error| write_problem(&error))?;
        if !progress(bytes, before.len()) {
            return Err(Problem::new(Code::Cancelled, problems::ATTACHMENT_STOPPED));
        }
    }
    let after = from.metadata().map_err(|error| read_problem(path, &error))?;
    if state(&before) != state(&after) || bytes != before.len() {
        return Err(Problem::new(Code::Conflict, problems::ATTACHMENT_CHANGING)
            .with("path", path)
            .field("path"));
    }
    part.file.sync_all().map_err(|error| write_problem(&error))?;
    let name = real.file_name().map(|name| name::kept(&name.to_string_lossy())).unwrap_or_default();
    Ok(Taken { name, bytes, sha256: hash.finalize().into(), part })
}

fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Where a file is by its SHA-256: `attachments/ab/abcd...`.
pub(crate) fn place(root: &Path, sha256: &[u8; 32]) -> PathBuf {
    let hex = crate::convert::hex(sha256);
    root.join("attachments").join(hex.get(..2).unwrap_or_default()).join(&hex)
}

/// Gives a file its name. One that is there already and is the same stays; one that is there and is not, is replaced by
/// what was just read. Gives whether it is new.
pub(crate) fn keep(taken: &Taken, root: &Path) -> Result<bool, Problem> {
    let place = place(root, &taken.sha256);
    let folder = place.parent().unwrap_or(root);
    let known = sum(&place).is_ok_and(|known| known == (taken.sha256, taken.bytes));
    if known {
        return Ok(false);
    }
    make_folder(folder)
        .and_then(|()| fs::rename(&taken.part.path, &place))
        .and_then(|()| File::open(folder)?.sync_all())
        .and_then(|()| File::open(root.join("attachments"))?.sync_all())
        .map_err(|error| write_problem(&error))?;
    Ok(true)
}

/// SHA-256 and size of a file as it is on the disk now.
pub(crate) fn sum(path: &Path) -> io::Result<([u8; 32], u64)> {
    let found = path.symlink_metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let (mut file, mut hash, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; BUFFER_BYTES]);
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
        bytes += count as u64;
    }
    Ok((hash.finalize().into(), bytes))
}

/// Takes away what a crash left of files that were being read.
pub(crate) fn clear_left(root: &Path) {
    let Ok(entries) = fs::read_dir(root.join("attachments")) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|end| end == "part") {
            let _ = fs::remove_file(path);
        }
    }
}

/// Where attachments may be saved: a folder that is there and can be written, not the room's own.
pub(crate) fn target(folder: &str, root: &Path) -> Result<PathBuf, Problem> {
    let bad = |why: &str| {
        Problem::new(Code::Invalid, problems::ATTACHMENT_FOLDER)
            .with("folder", folder)
            .field("folder")
            .detail(why)
    };
    let typed = Path::new(folder);
    if !typed.is_absolute() || folder.contains('\0') {
        return Err(bad("not an absolute path"));
    }
    let real = typed.canonicalize().map_err(|error| bad(&error.to_string()))?;
    let own = real.strip_prefix(root).is_ok_and(|inner| !inner.starts_with("copies"));
    if own || !real.is_dir() || !writable(&real) {
        return Err(bad("nothing can be written there"));
    }
    Ok(real)
}

/// Saves a copy, never over another file, never to be run. One that is missing or was changed is not saved.
pub(crate) fn save(
    root: &Path,
    folder: &Path,
    name: &str,
    known: ([u8; 32], u64),
) -> Result<PathBuf, Problem> {
    let gone = |key: &str, error: &dyn std::fmt::Display| Problem::new(Code::DataLoss, key).detail(error);
    let mut from = match File::open(place(root, &known.0)) {
        Ok(file) => file,
        Err(error) => return Err(gone(problems::ATTACHMENT_MISSING, &error)),
    };
    let out = |error: &io::Error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Problem::new(Code::DiskFull, problems::DISK_FULL).detail(error)
        }
        _ => Problem::new(Code::Unavailable, problems::ATTACHMENT_FOLDER)
            .with("folder", folder.display())
            .field("folder")
            .detail(error),
    };
    let mut part = Part::make(folder).map_err(|error| out(&error))?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; BUFFER_BYTES]);
    loop {
        let count = from.read(&mut buffer).map_err(|error| gone(problems::ATTACHMENT_DAMAGED, &error))?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
        bytes += count as u64;
        part.file.write_all(read).map_err(|error| out(&error))?;
    }
    if (<[u8; 32]>::from(hash.finalize()), bytes) != known {
        return Err(gone(problems::ATTACHMENT_DAMAGED, &"its SHA-256 is another one"));
    }
    part.file.sync_all().map_err(|error| out(&error))?;
    let name = name::written(name);
    for number in 1..1000 {
        let path = folder.join(name::numbered(&name, number));
        // A link never replaces what is there; disks that know none (FAT) get a look first.
        match fs::hard_link(&part.path, &path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) if path.symlink_metadata().is_ok() => {}
            Err(_) => {
                fs::rename(&part.path, &path).map_err(|error| out(&error))?;
                return Ok(path);
            }
        }
    }
    Err(out(&io::Error::new(io::ErrorKind::AlreadyExists, "every name is taken")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::{FileExt, symlink};

    const MOST: u64 = 1 << 20;

    fn room() -> (tempfile::TempDir, PathBuf) {
        let base = tempfile::tempdir().unwrap();
        let root = base.path().canonicalize().unwrap().join("data");
        fs::create_dir_all(root.join("copies")).unwrap();
        (base, root)
    }

    fn key(path: &Path, root: &Path) -> String {
        take(path.to_str().unwrap(), root, MOST, &|_, _| true)
            .err()
            .map(|problem| problem.key)
            .unwrap_or_default()
    }

    fn left(root: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(root.join("attachments")).into_iter().flatten().flatten() {
            match entry.path().is_dir() {
                true => found.extend(fs::read_dir(entry.path()).unwrap().map(|inner| inner.unwrap().path())),
                false => found.push(entry.path()),
            }
        }
        found
    }

    #[test]
    fn the_same_file_is_kept_once_and_healed() {
        let (base, root) = room();
        let file = base.path().join("a.bin");
        fs::write(&file, b"123").unwrap();
        let read = || take(file.to_str().unwrap(), &root, MOST, &|_, _| true).unwrap();
        let first = read();
        assert_eq!((first.name.as_str(), first.bytes), ("a.bin", 3));
        assert!(keep(&first, &root).unwrap());
        let second = read();
        assert!(!keep(&second, &root).unwrap());
        drop((first, second));
        assert_eq!(left(&root).len(), 1, "one file, no part of one");
        let place = left(&root).pop().unwrap();
        assert!(place.ends_with("a6/a665a45920422f9d417e4867efdc4fb8a04a1f3fff1fa07e998e86f7f7a27ae3"));
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&place, b"12x").unwrap();
        assert!(keep(&read(), &root).unwrap(), "a damaged one is replaced");
        assert_eq!(fs::read(&place).unwrap(), b"123");
        fs::write(base.path().join("empty"), b"").unwrap();
        let empty = take(base.path().join("empty").to_str().unwrap(), &root, MOST, &|_, _| true).unwrap();
        assert_eq!(empty.bytes, 0);
    }

    #[test]
    fn what_is_no_file_too_large_or_the_rooms_own_is_refused() {
        let (base, root) = room();
        let at = |name: &str| base.path().join(name);
        fs::write(root.join("master.key"), b"secret").unwrap();
        fs::write(root.join("copies/clip.mp4"), b"clip").unwrap();
        symlink(root.join("master.key"), at("innocent.txt")).unwrap();
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        fs::File::create(at("large")).unwrap().set_len(5 << 30).unwrap();
        fs::File::create(at("most")).unwrap().set_len(MOST).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        for (path, problem) in [
            (root.join("master.key"), problems::ATTACHMENT_PRIVATE),
            (at("innocent.txt"), problems::ATTACHMENT_PRIVATE),
            (PathBuf::from("/proc/self/environ"), problems::ATTACHMENT_PRIVATE),
            (at("missing"), problems::ATTACHMENT_PATH),
            (at("pipe"), problems::ATTACHMENT_PATH),
            (base.path().to_owned(), problems::ATTACHMENT_PATH),
            (PathBuf::from("a.txt"), problems::ATTACHMENT_PATH),
            (at("large"), problems::ATTACHMENT_TOO_LARGE),
            (at("most"), ""),
            (root.join("copies/clip.mp4"), ""),
        ] {
            assert_eq!(key(&path, &root), problem, "{}", path.display());
        }
        assert!(left(&root).is_empty(), "{:?}", left(&root));
    }

    #[test]
    fn a_file_that_changes_meanwhile_or_is_stopped_leaves_nothing() {
        let (base, root) = room();
        let file = base.path().join("log");
        fs::write(&file, vec![1; 600_000]).unwrap();
        let path = file.to_str().unwrap();
        let write = OpenOptions::new().write(true).open(&file).unwrap();
        let changing = |at: u64| {
            let problem = take(path, &root, MOST, &|done, _| {
                if done <= BUFFER_BYTES as u64 {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    write.write_at(b"x", at).unwrap();
                }
                true
            });
            problem.err().unwrap().key
        };
        assert_eq!(changing(600_000), problems::ATTACHMENT_CHANGING, "it grew");
        assert_eq!(changing(3), problems::ATTACHMENT_CHANGING, "it was written over");
        let problem = take(path, &root, MOST, &|_, _| false).err().unwrap();
        assert_eq!((problem.code, problem.key.as_str()), (Code::Cancelled, problems::ATTACHMENT_STOPPED));
        assert!(left(&root).is_empty());
    }

    #[test]
    fn a_copy_is_the_same_never_replaces_and_is_never_run() {
        let (base, root) = room();
        let file = base.path().join("run.sh");
        fs::write(&file, b"#!/bin/sh\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o777)).unwrap();
        let taken = take(file.to_str().unwrap(), &root, MOST, &|_, _| true).unwrap();
        keep(&taken, &root).unwrap();
        let known = (taken.sha256, taken.bytes);
        let out = target(base.path().to_str().unwrap(), &root).unwrap();
        let saved = save(&root, &out, &taken.name, known).unwrap();
        assert_eq!(saved, out.join("run-2.sh"), "the first one is still there");
        assert_eq!(fs::metadata(&saved).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&saved).unwrap(), b"#!/bin/sh\n");
        fs::write(place(&root, &known.0), b"#!/bin/xx\n").unwrap();
        assert_eq!(save(&root, &out, "a", known).err().unwrap().key, problems::ATTACHMENT_DAMAGED);
        fs::remove_file(place(&root, &known.0)).unwrap();
        assert_eq!(save(&root, &out, "a", known).err().unwrap().key, problems::ATTACHMENT_MISSING);
        let names: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 3, "{names:?}");
        for wrong in [root.as_path(), &root.join("attachments"), Path::new("/proc"), Path::new("x")] {
            let key = target(wrong.to_str().unwrap(), &root).err().map(|problem| problem.key);
            assert_eq!(key.as_deref(), Some(problems::ATTACHMENT_FOLDER), "{}", wrong.display());
        }
        target(root.join("copies").to_str().unwrap(), &root).unwrap();
    }
}
