//! Passwords and codes: hashed with Argon2id (RFC 9106), compared, made.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use easien_link::data::Secret;
use easien_model::{Code, Problem, UtcMicros};

/// Fewest characters of a password (NIST SP 800-63B, 5.1.1.2).
const LEAST: usize = 8;
/// Most, so that nobody keeps the station busy with hashing.
const MOST: usize = 256;

/// Wrong ones in a row that cost no wait.
const FREE: u32 = 2;
/// The longest wait.
const WAIT_MOST_S: i64 = 60;

/// Letters and digits of a code that is read from paper: none that is taken for another.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The second recommended choice of OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).unwrap_or_default())
}

/// A password that may be one.
pub(super) fn check(password: &Secret, field: &str) -> Result<(), Problem> {
    if (LEAST..=MOST).contains(&password.0.chars().count()) {
        return Ok(());
    }
    Err(Problem::new(Code::Invalid, easien_link::problems::PERSON_PASSWORD).field(field))
}

/// A PHC string. Takes some hundredths of a second; not on an async task's thread.
pub(super) fn hash(password: &Secret) -> Result<String, Problem> {
    let internal = |error: String| {
        tracing::error!(error, "a password cannot be hashed");
        Problem::new(Code::Internal, easien_link::problems::INTERNAL)
    };
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| internal(error.to_string()))?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| internal(error.to_string()))?;
    Ok(argon2()
        .hash_password(password.0.as_bytes(), &salt)
        .map_err(|error| internal(error.to_string()))?
        .to_string())
}

/// Whether this is the password. Without one to compare with it takes as long, so that nobody learns who exists.
pub(super) fn matches(password: &Secret, stored: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    if password.0.chars().count() > MOST {
        return false;
    }
    let Ok(parsed) = PasswordHash::new(stored.unwrap_or(NOBODY)) else { return false };
    argon2().verify_password(password.0.as_bytes(), &parsed).is_ok() && stored.is_some()
}

/// A code for the sealed envelope: five groups of five, 125 bits.
pub(super) fn code() -> Result<Secret, Problem> {
    let mut bytes = [0; 25];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no random numbers");
        Problem::new(Code::Internal, easien_link::problems::INTERNAL)
    })?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    Ok(Secret(letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")))
}

/// A code as typed: small letters, blanks and missing hyphens do not matter.
pub(super) fn typed(code: &Secret) -> Secret {
    let letters: Vec<char> = code
        .0
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    Secret(letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// So many seconds are still to wait after so many wrong ones in a row: 2, 4, 8, ... and never more than a minute.
pub(super) fn wait_s((failures, last): (u32, Option<UtcMicros>), now: UtcMicros) -> i64 {
    let Some(last) = last.filter(|_| failures > FREE) else { return 0 };
    let whole = 1_i64.checked_shl(failures - FREE).unwrap_or(WAIT_MOST_S).clamp(1, WAIT_MOST_S);
    // A clock that was set back does not make it longer.
    (whole - now.since(last).as_secs() as i64).clamp(0, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    #[test]
    fn only_the_password_itself_matches() {
        let stored = hash(&secret("mật khẩu 1")).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(matches(&secret("mật khẩu 1"), Some(&stored)));
        for wrong in ["", "mật khẩu 2", "mat khau 1", "mật khẩu 1 "] {
            assert!(!matches(&secret(wrong), Some(&stored)), "{wrong}");
        }
        assert!(!matches(&secret("mật khẩu 1"), None));
        assert!(!matches(&secret("mật khẩu 1"), Some("nonsense")));
        assert_ne!(hash(&secret("mật khẩu 1")).unwrap(), stored, "salted");
    }

    #[test]
    fn the_wait_grows_and_ends() {
        let at = |seconds: i64| UtcMicros(seconds * 1_000_000);
        let wait = |failures, seconds: i64| wait_s((failures, Some(at(100))), at(100 + seconds));
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 40, u32::MAX].map(|n| wait(n, 0)),
            [0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60]
        );
        assert_eq!([wait(5, 3), wait(5, 8), wait(5, 900)], [5, 0, 0]);
        assert_eq!(wait(5, -500), 8, "a clock that was set back");
        assert_eq!(wait_s((9, None), at(0)), 0);
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let made = code().unwrap();
        assert_eq!(made.0.len(), 29);
        assert_eq!(typed(&made), made);
        assert_eq!(typed(&secret(&made.0.replace('-', " ").to_lowercase())), made);
    }
}
