//! The camera's side of authentication: RFC 7616 digest with and without qop, MD5 and SHA-256, and basic.

use crate::server::Request;
use base64::Engine as _;
use md5::Md5;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub const USER: &str = "admin";
pub const PASSWORD: &str = "p@ss:wörd/%41\"'";

/// A way to prove who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Basic,
    Md5,
    Md5Qop,
    Sha256,
}

/// Who may ask.
#[derive(Clone)]
pub struct Guard {
    /// In the order in which they are offered.
    pub schemes: Vec<Scheme>,
    /// All in one header.
    pub one_header: bool,
    pub opaque: Option<&'static str>,
    /// A nonce is good for so many requests; then comes a challenge with `stale=true`.
    pub nonce_lasts: Option<usize>,
    /// Requests that were let in.
    pub admitted: Arc<AtomicUsize>,
}

impl Guard {
    pub fn new(schemes: &[Scheme]) -> Self {
        Self {
            schemes: schemes.to_vec(),
            one_header: false,
            opaque: None,
            nonce_lasts: None,
            admitted: Arc::new(AtomicUsize::new(0)),
        }
    }

    fn nonce(&self) -> String {
        let admitted = self.admitted.load(Ordering::Relaxed);
        format!("nonce{:08x}", self.nonce_lasts.map_or(0, |lasts| admitted / lasts))
    }

    /// The challenges, when the request is not let in.
    pub fn refuses(&self, request: &Request) -> Option<Vec<String>> {
        let given = request.header("Authorization");
        if given.is_some_and(|given| self.admits(given, &request.method)) {
            self.admitted.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let challenges: Vec<String> =
            self.schemes.iter().map(|scheme| self.challenge(*scheme, given)).collect();
        Some(if self.one_header { vec![challenges.join(", ")] } else { challenges })
    }

    fn challenge(&self, scheme: Scheme, given: Option<&str>) -> String {
        let extra = match scheme {
            Scheme::Basic => return "Basic realm=\"camera\"".into(),
            Scheme::Md5 => "",
            Scheme::Md5Qop => ", qop=\"auth\", algorithm=MD5",
            Scheme::Sha256 => ", qop=\"auth\", algorithm=SHA-256",
        };
        let opaque = self.opaque.map_or(String::new(), |opaque| format!(", opaque=\"{opaque}\""));
        let stale = if given.is_some() && self.nonce_lasts.is_some() { ", stale=true" } else { "" };
        format!("Digest realm=\"camera\", nonce=\"{}\"{opaque}{stale}{extra}", self.nonce())
    }

    fn admits(&self, given: &str, method: &str) -> bool {
        if let Some(token) = given.strip_prefix("Basic ") {
            let right = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
            return self.schemes.contains(&Scheme::Basic) && token == right;
        }
        let Some(fields) = given.strip_prefix("Digest ") else { return false };
        let field = |name: &str| {
            fields.split(',').find_map(|part| {
                let (own, value) = part.trim().split_once('=')?;
                (own == name).then(|| value.trim_matches('"').to_owned())
            })
        };
        let get = |name: &str| field(name).unwrap_or_default();
        if get("nonce") != self.nonce() || self.opaque.is_some_and(|opaque| get("opaque") != opaque) {
            return false;
        }
        let sha = field("algorithm").as_deref() == Some("SHA-256");
        let qop = field("qop");
        let scheme = match (sha, &qop) {
            (true, _) => Scheme::Sha256,
            (false, Some(_)) => Scheme::Md5Qop,
            (false, None) => Scheme::Md5,
        };
        let hash = |text: String| if sha { hex(&Sha256::digest(text)) } else { hex(&Md5::digest(text)) };
        let a1 = hash(format!("{USER}:camera:{PASSWORD}"));
        let a2 = hash(format!("{method}:{}", get("uri")));
        let middle = qop.map_or(String::new(), |qop| format!("{}:{}:{qop}:", get("nc"), get("cnonce")));
        let right = hash(format!("{a1}:{}:{middle}{a2}", get("nonce")));
        self.schemes.contains(&scheme) && get("response") == right
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
