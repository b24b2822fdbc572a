//! How the keys in a backup are sealed: XChaCha20-Poly1305 under a key that Argon2id makes of a passphrase. For backups
//! that it takes by itself the station keeps that key and its salt, sealed with its own master key, and never the
//! passphrase: whoever finds it can open what holds nothing but the master key that they have already.

use super::fault::Fault;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;

/// Name of the sealed keys in a backup, which they are bound to.
pub(crate) const KEYS: &str = "keys.sealed";
pub(crate) const SALT_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// Half a second on a small machine, which a guess costs too: 64 MiB, three passes (RFC 9106, second choice).
const ARGON2: (u32, u32, u32) = (64 * 1024, 3, 1);
/// A passphrase's length in characters.
const PASSPHRASE: std::ops::RangeInclusive<usize> = 12..=256;

/// What seals the keys of backups. Wiped from memory when dropped; shows nothing of itself.
pub struct Locker {
    salt: [u8; SALT_BYTES],
    key: Zeroizing<[u8; KEY_BYTES]>,
}

impl std::fmt::Debug for Locker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Locker").finish_non_exhaustive()
    }
}

/// Refuses a passphrase that is too short to be one.
///
/// # Errors
/// `ShortPassphrase`.
pub(crate) fn check_passphrase(phrase: &str) -> Result<(), Fault> {
    if PASSPHRASE.contains(&phrase.chars().count()) { Ok(()) } else { Err(Fault::ShortPassphrase) }
}

impl Locker {
    /// Of a passphrase, with a salt of its own. Takes half a second.
    ///
    /// # Errors
    /// `ShortPassphrase`, or `Other` without random numbers or memory.
    pub fn new(phrase: &str) -> Result<Self, Fault> {
        check_passphrase(phrase)?;
        let mut salt = [0; SALT_BYTES];
        random(&mut salt)?;
        Self::with_salt(phrase, salt)
    }

    fn with_salt(phrase: &str, salt: [u8; SALT_BYTES]) -> Result<Self, Fault> {
        let other = |error: argon2::Error| Fault::Other(format!("the passphrase cannot be used: {error}"));
        let (memory_kib, passes, lanes) = ARGON2;
        let params = Params::new(memory_kib, passes, lanes, Some(KEY_BYTES)).map_err(other)?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(phrase.as_bytes(), &salt, key.as_mut())
            .map_err(other)?;
        Ok(Self { salt, key })
    }

    /// As the station keeps it: salt, key.
    #[must_use]
    pub(crate) fn export(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([&self.salt[..], self.key.as_ref()].concat())
    }

    /// Of what [`Locker::export`] gave.
    #[must_use]
    pub(crate) fn import(bytes: &[u8]) -> Option<Self> {
        let (salt, key) = bytes.split_at_checked(SALT_BYTES)?;
        Some(Self { salt: salt.try_into().ok()?, key: Zeroizing::new(key.try_into().ok()?) })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.key.as_ref().into())
    }

    /// Salt, nonce, sealed bytes.
    pub(crate) fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: KEYS.as_bytes() })
            .map_err(|_| Fault::Other("the keys cannot be sealed".to_owned()))?;
        Ok([&self.salt[..], &nonce, &sealed].concat())
    }
}

/// What opens the keys of a backup.
#[derive(Clone, Copy)]
pub enum Opener<'a> {
    /// What a person typed.
    Passphrase(&'a str),
    /// What sealed them.
    Locker(&'a Locker),
}

impl Opener<'_> {
    /// Opens what [`Locker::seal`] made.
    pub(crate) fn open(self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let damaged = || Fault::Damaged("its sealed keys are cut short".to_owned());
        let (salt, rest) = sealed.split_at_checked(SALT_BYTES).ok_or_else(damaged)?;
        let (nonce, rest) = rest.split_at_checked(NONCE_BYTES).ok_or_else(damaged)?;
        let made;
        let locker = match self {
            Self::Locker(locker) => locker,
            Self::Passphrase(phrase) => {
                made = Locker::with_salt(phrase, salt.try_into().map_err(|_| damaged())?)?;
                &made
            }
        };
        locker
            .cipher()
            .decrypt(XNonce::from_slice(nonce), Payload { msg: rest, aad: KEYS.as_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| Fault::WrongPassphrase)
    }
}

fn random(bytes: &mut [u8]) -> Result<(), Fault> {
    getrandom::fill(bytes).map_err(|error| Fault::Other(format!("no random numbers: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_opens_the_keys() {
        let locker = Locker::new("một câu đủ dài").unwrap();
        let sealed = locker.seal(b"key").unwrap();
        assert_ne!(sealed, locker.seal(b"key").unwrap(), "a nonce of its own each time");
        assert_eq!(Opener::Passphrase("một câu đủ dài").open(&sealed).unwrap().as_slice(), b"key");
        // As the station keeps it, without the passphrase.
        let kept = Locker::import(&locker.export()).unwrap();
        assert_eq!(Opener::Locker(&kept).open(&sealed).unwrap().as_slice(), b"key");
        assert!(matches!(Opener::Passphrase("một câu khác hẳn").open(&sealed), Err(Fault::WrongPassphrase)));
        let mut flipped = sealed.clone();
        flipped[SALT_BYTES + NONCE_BYTES] ^= 1;
        assert!(Opener::Locker(&kept).open(&flipped).is_err());
        assert!(Opener::Locker(&kept).open(&sealed[..10]).is_err());
        assert!(Locker::import(&[0; 47]).is_none() && Locker::import(&[0; 49]).is_none());
        assert_eq!(format!("{locker:?}"), "Locker { .. }");
    }

    #[test]
    fn a_passphrase_is_long() {
        assert!(check_passphrase("mười một chữ").is_ok());
        assert!(check_passphrase(&"x".repeat(11)).is_err() && check_passphrase(&"x".repeat(257)).is_err());
    }
}
