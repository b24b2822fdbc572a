//! `easien-station backup`: everything but the footage in one file, taken while the station runs; its restoring; and the
//! rehearsal of that, which is part of taking it: a backup that nobody ever restored is a hope.
//!
//! The file is a ZIP without compression: `manifest.json` (what is in it, each with its SHA-256, and how many rows each
//! table has), `easien.db`, the stills, the attachments, the high-water mark of incident numbers, and, only with a
//! passphrase, the station's master key: sealed by XChaCha20-Poly1305 under a key that Argon2id makes of the passphrase.

use anyhow::{Context, bail, ensure};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use easien_store::{DATABASE_FILE, Store};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const MANIFEST: &str = "manifest.json";
const KEYS: &str = "keys.sealed";
/// Files of the data folder that are taken as they are, where they are there.
const SINGLE: [&str; 1] = ["numbers"];
/// Folders that are taken with everything in them.
const FOLDERS: [&str; 2] = ["stills", "attachments"];
const FORMAT: u32 = 1;
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
/// Half a second on a small machine, which a guess costs too: 64 MiB, three passes (RFC 9106, second choice).
const ARGON2: (u32, u32, u32) = (64 * 1024, 3, 1);

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    program: String,
    station: String,
    made_us: i64,
    /// SHA-256 and size of each file, by its name.
    files: BTreeMap<String, (String, u64)>,
    /// Rows of each table of the database.
    rows: BTreeMap<String, u64>,
    keys: bool,
}

/// Takes a backup and rehearses its restoring. Ends with 0 when both went well.
#[must_use]
pub fn make(data: &Path, to: &Path, passphrase: Option<&Path>) -> ExitCode {
    end(try_make(data, to, passphrase))
}

/// Restores a backup into an empty data folder.
#[must_use]
pub fn restore(from: &Path, data: &Path, passphrase: Option<&Path>) -> ExitCode {
    end(try_restore(from, data, passphrase).map(|manifest| {
        println!("restored: {} files, {} rows", manifest.files.len(), manifest.rows.values().sum::<u64>());
        if !manifest.keys {
            println!("The backup holds no keys: put the old station's master.key into the folder before starting it.");
        }
    }))
}

fn end(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("easien-station: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_passphrase(file: Option<&Path>) -> anyhow::Result<Option<Zeroizing<String>>> {
    let Some(file) = file else { return Ok(None) };
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let text = Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned());
    ensure!(text.chars().count() >= 12, "a passphrase has 12 characters or more");
    Ok(Some(text))
}

fn try_make(data: &Path, to: &Path, passphrase: Option<&Path>) -> anyhow::Result<()> {
    ensure!(data.join(DATABASE_FILE).is_file(), "{} holds no {DATABASE_FILE}", data.display());
    ensure!(!to.exists(), "{} is there already", to.display());
    let phrase = read_passphrase(passphrase)?;
    let scratch = Scratch::beside(to)?;
    let draft = scratch.0.join("backup.part");
    let manifest = write(data, &draft, &scratch.0, phrase.as_ref().map(|text| text.as_str()))?;
    println!(
        "taken: {} files, {} bytes, {} rows, keys {}",
        manifest.files.len(),
        manifest.files.values().map(|(_, bytes)| bytes).sum::<u64>(),
        manifest.rows.values().sum::<u64>(),
        if manifest.keys { "sealed in it" } else { "not in it" },
    );
    // The rehearsal reads what was written, as a restoring would.
    let place = scratch.0.join("rehearsal");
    let restored =
        try_restore(&draft, &place, passphrase).context("the rehearsal of its restoring failed")?;
    ensure!(restored == manifest, "the rehearsal restored something else than what was taken");
    println!("rehearsed: restored into a scratch folder, every file and every count is the same");
    File::open(&draft)?.sync_all()?;
    fs::rename(&draft, to).with_context(|| format!("{} cannot be made", to.display()))?;
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A folder of our own beside the backup, taken away at the end, however it ends.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(file: &Path) -> anyhow::Result<Self> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let path = folder.join(format!(".easien-backup-{}", uuid::Uuid::now_v7().simple()));
        // What is in a backup is nobody else's business, also while it is made.
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("nothing can be written in {}", folder.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("easien-station: {} stays behind: {error}", self.0.display());
        }
    }
}

/// Every file below a folder, by its name in the backup.
fn files_below(data: &Path, folder: &Path, found: &mut Vec<(String, PathBuf)>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            files_below(data, &path, found)?;
        } else if kind.is_file() {
            let name = path.strip_prefix(data)?.to_str().context("a file's name is not UTF-8")?.to_owned();
            found.push((name, path));
        }
    }
    Ok(())
}

fn write(data: &Path, to: &Path, scratch: &Path, phrase: Option<&str>) -> anyhow::Result<Manifest> {
    let store = Store::open(data, Arc::new(easien_model::SystemClock))?;
    let copy = scratch.join(DATABASE_FILE);
    store.copy_to(&copy)?;
    let (station, key) = (store.station().to_string(), store.export_key());
    store.close()?;
    let mut files = vec![(DATABASE_FILE.to_owned(), copy.clone())];
    for name in SINGLE {
        if data.join(name).is_file() {
            files.push((name.to_owned(), data.join(name)));
        }
    }
    for folder in FOLDERS {
        if data.join(folder).is_dir() {
            files_below(data, &data.join(folder), &mut files)?;
        }
    }
    let mut manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        station,
        made_us: easien_model::Clock::utc_now(&easien_model::SystemClock).0,
        files: BTreeMap::new(),
        rows: easien_store::table_rows(&copy)?,
        keys: phrase.is_some(),
    };
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut out = ZipWriter::new(file.with_context(|| format!("{} cannot be made", to.display()))?);
    for (name, path) in files {
        out.start_file(name.as_str(), options)?;
        let mut file = File::open(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let known = copy_hashed(&mut file, &mut out)?;
        manifest.files.insert(name, known);
    }
    if let Some(phrase) = phrase {
        let sealed = seal(phrase, &key)?;
        out.start_file(KEYS, options)?;
        out.write_all(&sealed)?;
        manifest.files.insert(KEYS.to_owned(), (hex(&Sha256::digest(&sealed)), sealed.len() as u64));
    }
    out.start_file(MANIFEST, options)?;
    out.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
    out.finish()?.sync_all()?;
    fs::remove_file(&copy)?;
    Ok(manifest)
}

fn copy_hashed(from: &mut impl Read, to: &mut impl Write) -> anyhow::Result<(String, u64)> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; 256 * 1024]);
    loop {
        let count = from.read(&mut buffer)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
        to.write_all(read)?;
        bytes += count as u64;
    }
    Ok((hex(&hash.finalize()), bytes))
}

fn cipher(phrase: &str, salt: &[u8]) -> anyhow::Result<XChaCha20Poly1305> {
    let (memory_kib, passes, lanes) = ARGON2;
    let params =
        Params::new(memory_kib, passes, lanes, Some(32)).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(phrase.as_bytes(), salt, key.as_mut())
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(XChaCha20Poly1305::new(key.as_ref().into()))
}

/// Salt, nonce, sealed key.
fn seal(phrase: &str, key: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut random = [0; SALT_BYTES + NONCE_BYTES];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let (salt, nonce) = random.split_at(SALT_BYTES);
    let sealed = cipher(phrase, salt)?
        .encrypt(XNonce::from_slice(nonce), Payload { msg: key, aad: KEYS.as_bytes() })
        .map_err(|_| anyhow::anyhow!("the keys cannot be sealed"))?;
    Ok([&random[..], &sealed].concat())
}

fn unseal(phrase: &str, sealed: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let (random, sealed) =
        sealed.split_at_checked(SALT_BYTES + NONCE_BYTES).context("the sealed keys are damaged")?;
    let (salt, nonce) = random.split_at(SALT_BYTES);
    cipher(phrase, salt)?
        .decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: KEYS.as_bytes() })
        .map(Zeroizing::new)
        .map_err(|_| anyhow::anyhow!("the passphrase is wrong"))
}

/// A name that stays inside the folder.
fn inside(name: &str) -> anyhow::Result<&Path> {
    let path = Path::new(name);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    ensure!(plain && !name.is_empty(), "the backup names a file outside its folder: {name:?}");
    Ok(path)
}

fn try_restore(from: &Path, data: &Path, passphrase: Option<&Path>) -> anyhow::Result<Manifest> {
    let phrase = read_passphrase(passphrase)?;
    let file = File::open(from).with_context(|| format!("{} cannot be read", from.display()))?;
    let mut zip = ZipArchive::new(file).context("this is no backup, or it is damaged")?;
    let manifest: Manifest = {
        let entry = zip.by_name(MANIFEST).context("this is no backup: it has no manifest")?;
        serde_json::from_reader(entry.take(64 * 1024 * 1024)).context("the manifest is damaged")?
    };
    ensure!(manifest.format == FORMAT, "this backup is of a newer program ({})", manifest.program);
    ensure!(!manifest.keys || phrase.is_some(), "this backup holds sealed keys: give its passphrase");
    if data.exists() {
        let empty = fs::read_dir(data)
            .with_context(|| format!("{} cannot be read", data.display()))?
            .next()
            .is_none();
        ensure!(empty, "{} is not empty: nothing is written over", data.display());
    }
    // Wrong passphrases and damage are found before anything is written where a station would take it up.
    let key = match (manifest.keys, &phrase) {
        (true, Some(phrase)) => {
            let mut sealed = Vec::new();
            zip.by_name(KEYS).context("the sealed keys are missing")?.take(4096).read_to_end(&mut sealed)?;
            Some(unseal(phrase, &sealed)?)
        }
        _ => None,
    };
    let place = data.with_extension("restoring");
    ensure!(!place.exists(), "{} is left from another restoring: take it away first", place.display());
    let restored = unpack(&mut zip, &manifest, &place, key.as_ref().map(|key| key.as_slice()));
    if let Err(error) = restored {
        let _ = fs::remove_dir_all(&place);
        return Err(error);
    }
    if data.exists() {
        fs::remove_dir(data)?;
    }
    fs::rename(&place, data).with_context(|| format!("{} cannot be made", data.display()))?;
    Ok(manifest)
}

fn unpack(
    zip: &mut ZipArchive<File>,
    manifest: &Manifest,
    place: &Path,
    key: Option<&[u8]>,
) -> anyhow::Result<()> {
    let mut make = fs::DirBuilder::new();
    make.recursive(true).mode(0o700).create(place)?;
    let named: Vec<String> = zip.file_names().map(str::to_owned).collect();
    for name in &named {
        ensure!(
            name == MANIFEST || manifest.files.contains_key(name),
            "the backup holds {name:?}, which its manifest does not name"
        );
    }
    for (name, (sha256, bytes)) in &manifest.files {
        let path = place.join(inside(name)?);
        if name == KEYS {
            continue;
        }
        if let Some(folder) = path.parent() {
            make.create(folder)?;
        }
        let mut entry = zip.by_name(name).with_context(|| format!("{name} is missing in the backup"))?;
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let known =
            copy_hashed(&mut entry, &mut file).with_context(|| format!("{name} is damaged in the backup"))?;
        ensure!(known == (sha256.clone(), *bytes), "{name} is not what was taken: the backup is damaged");
        file.sync_all()?;
    }
    if let Some(key) = key {
        let path = place.join(easien_store::secret::KEY_FILE);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(key)?;
        file.sync_all()?;
    }
    let rows = easien_store::table_rows(&place.join(DATABASE_FILE))?;
    if rows != manifest.rows {
        bail!("the restored database has other counts than the one that was taken");
    }
    if key.is_some() {
        // As a station would open it: with its key, its pages whole, its audit as it was written.
        let store = Store::open_with(place, Arc::new(easien_model::SystemClock), None)?;
        store.check()?;
        let fault = store.check_audit(None)?.fault;
        store.close()?;
        ensure!(fault.is_none(), "the audit in the backup is not as it was written: {fault:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_opens_the_keys() {
        let sealed = seal("một câu đủ dài", b"key").unwrap();
        assert_eq!(unseal("một câu đủ dài", &sealed).unwrap().as_slice(), b"key");
        assert!(unseal("một câu khác", &sealed).is_err());
        let mut flipped = sealed.clone();
        flipped[SALT_BYTES + NONCE_BYTES] ^= 1;
        assert!(unseal("một câu đủ dài", &flipped).is_err());
        assert!(unseal("một câu đủ dài", &sealed[..10]).is_err());
    }

    #[test]
    fn names_stay_inside() {
        for outside in ["", "/etc/passwd", "../x", "a/../../b", "./a"] {
            assert!(inside(outside).is_err(), "{outside}");
        }
        assert!(inside("stills/2026-11-23/a.png").is_ok());
    }
}
