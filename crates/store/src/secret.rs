//! Secrets at rest: one master key seals the camera passwords. The key comes from systemd
//! (`$CREDENTIALS_DIRECTORY/easien-master-key`) or, where that is not given, from the file `master.key` (0600) in the
//! data folder, made once. What is sealed opens only at the place (table, column, row) it was sealed for. Here belongs
//! cryptography and the key's file; which column is sealed is said where the column is written.

use crate::error::{Error, Result};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Name of the credential that systemd hands over (`LoadCredential=easien-master-key:...`).
pub const CREDENTIAL: &str = "easien-master-key";
/// Name of the file in the data folder.
pub const KEY_FILE: &str = "master.key";

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// First byte of everything sealed: how it is sealed. 1: XChaCha20-Poly1305, random nonce, place as additional data.
const FORMAT: u8 = 1;
/// Sealed to prove later that the key is the same one.
const KNOWN_TEXT: &[u8] = b"easien master key";
/// Where [`KNOWN_TEXT`] is sealed for.
const KNOWN_PLACE: Place<'static> = Place { column: "key_check.sealed", row: &[1] };

/// Where the master key came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// A systemd credential.
    Systemd,
    /// The file in the data folder.
    File,
}

impl KeyOrigin {
    /// As the health page and the wire call it: `systemd`, `file`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::File => "file",
        }
    }
}

/// Where a sealed value stands; it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Table and column, e.g. `camera.password`.
    pub column: &'a str,
    /// The row's id.
    pub row: &'a [u8],
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        // The column holds no zero byte, so the two parts cannot be told apart wrongly.
        [b"easien\0", self.column.as_bytes(), b"\0", self.row].concat()
    }
}

/// The key that seals everything else. Wiped from memory when dropped.
pub struct MasterKey {
    key: Zeroizing<[u8; KEY_BYTES]>,
    origin: KeyOrigin,
    path: PathBuf,
}

impl fmt::Debug for MasterKey {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl MasterKey {
    /// The key that is there: in `credentials` (systemd's folder) first, then in the data folder. `None`: there is
    /// none yet.
    ///
    /// # Errors
    /// `KeyUnusable` when something is there that cannot be the key or that others could have changed or read and that
    /// could not be mended; `File` when it cannot be read.
    pub fn load(folder: &Path, credentials: Option<&Path>) -> Result<Option<Self>> {
        if let Some(path) = credentials.map(|credentials| credentials.join(CREDENTIAL)) {
            match File::open(&path) {
                Ok(file) => return read_key(file, path, KeyOrigin::Systemd).map(Some),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(source) => return Err(Error::File { path, source }),
            }
        }
        let path = folder.join(KEY_FILE);
        match open_guarded(&path)? {
            Some(file) => read_key(file, path, KeyOrigin::File).map(Some),
            None => Ok(None),
        }
    }

    /// Makes the key's file in the data folder: complete and on the disk before it has its name, never over another.
    ///
    /// # Errors
    /// `KeyUnusable` when a file is there already, `File` when it cannot be written, `Random` without random numbers.
    pub fn create(folder: &Path) -> Result<Self> {
        let path = folder.join(KEY_FILE);
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        random(key.as_mut())?;
        let mut mark = [0; 8];
        random(&mut mark)?;
        let draft = folder.join(format!("{KEY_FILE}.{:016x}", u64::from_be_bytes(mark)));
        let written = write_new(&draft, key.as_ref()).and_then(|()| {
            // A link, unlike a rename, never replaces what is there. Where links are unknown (some network and FAT
            // disks), the file is made in place: a crash in between leaves an unusable key, which is said, not used.
            match fs::hard_link(&draft, &path) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => write_new(&path, key.as_ref()),
                other => other,
            }
        });
        // Best effort: a draft left behind is a spare copy of the key with the same rights, and of no other use.
        let _ = fs::remove_file(&draft);
        written.and_then(|()| sync_folder(folder)).map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => {
                Error::KeyUnusable { path: path.clone(), why: "a file is there already".to_owned() }
            }
            _ => Error::File { path: path.clone(), source },
        })?;
        Ok(Self { key, origin: KeyOrigin::File, path })
    }

    /// The key itself; wiped from memory when dropped.
    pub(crate) fn export(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.key.to_vec())
    }

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> KeyOrigin {
        self.origin
    }

    /// The file it came from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Seals `plain` for `place`: format byte, 24 bytes of nonce, ciphertext, 16 bytes of tag.
    ///
    /// # Errors
    /// `Random` without random numbers.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: &place.bytes() })
            .map_err(|_| Error::Unopenable)?;
        Ok([&[FORMAT][..], &nonce, &sealed].concat())
    }

    /// Opens what was sealed for `place`. The result is wiped from memory when dropped.
    ///
    /// # Errors
    /// `Unopenable` when it was changed, moved, or sealed with another key.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        if sealed.len() < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] != FORMAT {
            return Err(Error::Unopenable);
        }
        let (nonce, sealed) = sealed[1..].split_at(NONCE_BYTES);
        self.cipher()
            .decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: &place.bytes() })
            .map(Zeroizing::new)
            .map_err(|_| Error::Unopenable)
    }

    /// A known text, sealed: see [`MasterKey::matches`].
    ///
    /// # Errors
    /// As [`MasterKey::seal`].
    pub fn proof(&self) -> Result<Vec<u8>> {
        self.seal(KNOWN_PLACE, KNOWN_TEXT)
    }

    /// Whether `proof` was made with this key.
    #[must_use]
    pub fn matches(&self, proof: &[u8]) -> bool {
        self.open(KNOWN_PLACE, proof).is_ok_and(|text| text.as_slice() == KNOWN_TEXT)
    }

    /// HMAC-SHA-256 (RFC 2104) of `bytes` with this key: a digest that says nothing about what it was made from to
    /// whoever has no key.
    #[must_use]
    pub fn digest(&self, bytes: &[u8]) -> [u8; 32] {
        let pad = |byte: u8| {
            let mut block = Zeroizing::new([byte; 64]);
            block.iter_mut().zip(self.key.iter()).for_each(|(block, key)| *block ^= key);
            block
        };
        let inner = Sha256::new().chain_update(pad(0x36).as_ref()).chain_update(bytes).finalize();
        Sha256::new().chain_update(pad(0x5c).as_ref()).chain_update(inner).finalize().into()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.key.as_ref().into())
    }
}

fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| Error::Random(error.to_string()))
}

/// 32 bytes, or for systemd also 64 hexadecimal digits (a credential is often written by hand).
fn read_key(file: File, path: PathBuf, origin: KeyOrigin) -> Result<MasterKey> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(256));
    if let Err(source) = file.take(255).read_to_end(&mut bytes) {
        return Err(Error::File { path, source });
    }
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    let text = bytes.trim_ascii();
    if bytes.len() == KEY_BYTES {
        key.copy_from_slice(&bytes);
    } else if origin == KeyOrigin::Systemd && text.len() == 2 * KEY_BYTES {
        for (byte, digits) in key.iter_mut().zip(text.chunks_exact(2)) {
            let pair = digits.iter().try_fold(0, |value, digit| {
                (*digit as char).to_digit(16).map(|digit| value << 4 | digit as u8)
            });
            match pair {
                Some(pair) => *byte = pair,
                None => return Err(unusable(path, "64 characters, but not all hexadecimal digits")),
            }
        }
    } else {
        return Err(unusable(path, format!("{} bytes instead of {KEY_BYTES}", bytes.len())));
    }
    Ok(MasterKey { key, origin, path })
}

fn unusable(path: impl Into<PathBuf>, why: impl Into<String>) -> Error {
    Error::KeyUnusable { path: path.into(), why: why.into() }
}

/// Opens the key's file if it is there, is a file of ours and is only ours. Rights that are too wide are narrowed and
/// said in the log; anything else is refused.
fn open_guarded(path: &Path) -> Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
            return Err(unusable(path, format!("a symbolic link ({source})")));
        }
        Err(source) => return Err(Error::File { path: path.to_owned(), source }),
    };
    let found = file.metadata().map_err(|source| Error::File { path: path.to_owned(), source })?;
    if !found.is_file() {
        return Err(unusable(path, "not a plain file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(unusable(path, "it belongs to another user"));
        }
        if found.mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(|source| {
                unusable(path, format!("others may read it and that cannot be mended: {source}"))
            })?;
            tracing::warn!(
                path = %path.display(),
                mode = format!("{:o}", found.mode() & 0o7777),
                "the master key could be read by others; its rights are 0600 now"
            );
        }
    }
    Ok(Some(file))
}

/// Writes a new file of ours alone, down to the disk.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Brings the names in a folder to the disk.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(bytes: [u8; KEY_BYTES]) -> MasterKey {
        MasterKey { key: Zeroizing::new(bytes), origin: KeyOrigin::File, path: PathBuf::new() }
    }

    #[test]
    fn the_digest_is_hmac_sha_256() {
        // RFC 4231 test case 1: the key of 20 bytes is filled up with zeros to a block, as ours of 32 is.
        let mut bytes = [0; KEY_BYTES];
        bytes[..20].fill(0x0b);
        let digest: String =
            key(bytes).digest(b"Hi There").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    }

    #[test]
    fn debug_says_nothing_of_the_key() {
        assert_eq!(format!("{:?}", key([0x41; KEY_BYTES])), "MasterKey { origin: File, .. }");
    }

    proptest! {
        #[test]
        fn sealed_opens_only_there_only_whole_and_only_with_the_key(
            plain in prop::collection::vec(any::<u8>(), 0..64), row in any::<[u8; 16]>(), at in any::<prop::sample::Index>(),
        ) {
            let place = Place { column: "camera.password", row: &row };
            let first = key([7; KEY_BYTES]);
            let sealed = first.seal(place, &plain).unwrap();
            prop_assert_ne!(&sealed, &first.seal(place, &plain).unwrap(), "a nonce of its own each time");
            let opened = first.open(place, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), &plain[..]);
            let mut other = row;
            other[at.index(16)] ^= 1;
            let moved = [Place { row: &other, ..place }, Place { column: "camera.username", ..place }];
            prop_assert!(moved.iter().all(|place| first.open(*place, &sealed).is_err()));
            prop_assert!(key([8; KEY_BYTES]).open(place, &sealed).is_err());
            let mut changed = sealed.clone();
            changed[at.index(sealed.len())] ^= 1;
            prop_assert!(first.open(place, &changed).is_err());
            prop_assert!(first.open(place, &sealed[..at.index(sealed.len())]).is_err());
        }
    }
}
