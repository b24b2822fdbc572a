//! Checking who asks: basic (RFC 7617) and digest (RFC 2617, RFC 7616) authentication.

use base64::Engine;
use md5::Digest;
use secrecy::{ExposeSecret, SecretString};

/// Which authentication the cameras want.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// None at all.
    #[default]
    None,
    /// User name and password in base64.
    Basic,
    /// Digest with MD5.
    Md5,
    /// Digest with SHA-256.
    Sha256,
}

/// User name and password of all simulated cameras.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The user name.
    pub username: String,
    /// The password; never shown by `Debug`.
    pub password: SecretString,
}

const REALM: &str = "camsim";

/// The `WWW-Authenticate` header. With `qop` false the digest challenge is as in RFC 2069.
#[must_use]
pub fn challenge(auth: Auth, nonce: &str, qop: bool) -> String {
    let qop = if qop { ", qop=\"auth\"" } else { "" };
    match auth {
        Auth::None | Auth::Basic => format!("Basic realm=\"{REALM}\""),
        Auth::Md5 => format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\"{qop}"),
        Auth::Sha256 => format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm=SHA-256{qop}"),
    }
}

/// Whether an `Authorization` header proves knowledge of the credential.
#[must_use]
pub fn check(auth: Auth, credential: &Credential, nonce: &str, method: &str, header: Option<&str>) -> bool {
    if auth == Auth::None {
        return true;
    }
    let Some((scheme, rest)) = header.and_then(|header| header.trim().split_once(' ')) else { return false };
    let password = credential.password.expose_secret();
    if auth == Auth::Basic {
        let expected = format!("{}:{password}", credential.username);
        let given = base64::engine::general_purpose::STANDARD.decode(rest.trim()).unwrap_or_default();
        return scheme.eq_ignore_ascii_case("basic") && given == expected.as_bytes();
    }
    if !scheme.eq_ignore_ascii_case("digest") {
        return false;
    }
    let fields = fields(rest);
    let field = |name: &str| {
        fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    let (Some(uri), Some(response)) = (field("uri"), field("response")) else { return false };
    if field("username") != Some(&credential.username) || field("nonce") != Some(nonce) {
        return false;
    }
    if field("realm") != Some(REALM) {
        return false;
    }
    let algorithm = field("algorithm").unwrap_or("MD5");
    let wanted = if auth == Auth::Md5 { "MD5" } else { "SHA-256" };
    if !algorithm.eq_ignore_ascii_case(wanted) {
        return false;
    }
    let ha1 = hash(auth, &format!("{}:{REALM}:{password}", credential.username));
    let ha2 = hash(auth, &format!("{method}:{uri}"));
    let expected = match (field("qop"), field("nc"), field("cnonce")) {
        (Some(qop), Some(nc), Some(cnonce)) => {
            hash(auth, &format!("{ha1}:{nonce}:{nc}:{cnonce}:{qop}:{ha2}"))
        }
        _ => hash(auth, &format!("{ha1}:{nonce}:{ha2}")),
    };
    response.eq_ignore_ascii_case(&expected)
}

fn hash(auth: Auth, text: &str) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if auth == Auth::Sha256 { hex(&sha2::Sha256::digest(text)) } else { hex(&md5::Md5::digest(text)) }
}

/// `name=value, name="va\"lue"` into pairs.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut letters = text.chars().peekable();
    loop {
        let name: String =
            std::iter::from_fn(|| letters.next_if(|letter| *letter != '=')).collect::<String>();
        if letters.next().is_none() {
            return pairs;
        }
        let mut value = String::new();
        if letters.next_if_eq(&'"').is_some() {
            while let Some(letter) = letters.next() {
                match letter {
                    '"' => break,
                    '\\' => value.extend(letters.next()),
                    other => value.push(other),
                }
            }
            while letters.next_if(|letter| *letter != ',').is_some() {}
        } else {
            value.extend(std::iter::from_fn(|| letters.next_if(|letter| *letter != ',')));
        }
        letters.next();
        pairs.push((name.trim_matches([' ', ',']).to_owned(), value.trim().to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn credential() -> Credential {
        Credential { username: "ad\"min".into(), password: "p@ss:wörd/%41\"'".into() }
    }

    #[test]
    fn basic() {
        let given = base64::engine::general_purpose::STANDARD.encode("ad\"min:p@ss:wörd/%41\"'");
        let check = |header: Option<&str>| check(Auth::Basic, &credential(), "n", "DESCRIBE", header);
        assert!(check(Some(&format!("Basic {given}"))));
        assert!(!check(Some("Basic d3Jvbmc6d3Jvbmc=")));
        assert!(!check(None));
    }

    #[test]
    fn digest_with_and_without_qop() {
        for auth in [Auth::Md5, Auth::Sha256] {
            let ha1 = hash(auth, "ad\"min:camsim:p@ss:wörd/%41\"'");
            let ha2 = hash(auth, "DESCRIBE:rtsp://x/C001/sub");
            let algorithm = if auth == Auth::Md5 { "" } else { ", algorithm=SHA-256" };
            let start = format!(
                "Digest username=\"ad\\\"min\", realm=\"camsim\", nonce=\"abc\", uri=\"rtsp://x/C001/sub\"{algorithm}"
            );
            let plain = format!("{start}, response=\"{}\"", hash(auth, &format!("{ha1}:abc:{ha2}")));
            let qop = hash(auth, &format!("{ha1}:abc:00000001:xyz:auth:{ha2}"));
            let qop = format!("{start}, qop=auth, nc=00000001, cnonce=\"xyz\", response=\"{qop}\"");
            for header in [&plain, &qop] {
                assert!(check(auth, &credential(), "abc", "DESCRIBE", Some(header)), "{header}");
                assert!(!check(auth, &credential(), "other", "DESCRIBE", Some(header)));
                assert!(!check(auth, &credential(), "abc", "SETUP", Some(header)));
                let other = Credential { password: "wrong".into(), ..credential() };
                assert!(!check(auth, &other, "abc", "DESCRIBE", Some(header)));
            }
        }
    }

    proptest! {
        #[test]
        fn any_header_is_survived(header in ".{0,80}") {
            let header = format!("Digest {header}");
            prop_assert!(!check(Auth::Md5, &credential(), "n", "PLAY", Some(&header)));
        }
    }
}
