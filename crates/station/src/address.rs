//! A camera's address as a person types or pastes it: credentials are taken out, what is left is checked. Nothing
//! here puts what was typed into a problem: it may hold a password.

use easien_link::problems;
use easien_model::{Code, Problem};
use secrecy::SecretString;
use url::Url;

/// What an address consists of.
#[derive(Clone, Debug)]
pub struct Address {
    /// Without user and password.
    pub url: Url,
    /// The user that stood in it.
    pub username: Option<String>,
    /// The password that stood in it.
    pub password: Option<SecretString>,
}

/// Reads `rtsp://[user[:password]@]host[:port][/path]`; user and password are percent-decoded.
///
/// # Errors
/// A problem with `field`, never with a part of the address except a foreign scheme.
pub fn parse(typed: &str, field: &str) -> Result<Address, Problem> {
    let invalid = |key: &str| Problem::new(Code::Invalid, key).field(field);
    let typed = typed.trim();
    if typed.len() > 2048 || typed.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(invalid(problems::CAMERA_URL));
    }
    let Some((scheme, rest)) = typed.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        return Err(invalid(problems::CAMERA_URL_SCHEME_MISSING));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "rtsp" => {}
        "rtsps" => return Err(invalid(problems::CAMERA_URL_RTSPS)),
        other => return Err(invalid(problems::CAMERA_URL_SCHEME).with("scheme", other)),
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // `rtsp://user:12/34@host/`: what looks like a path may be half of a password. Better to ask than to store it.
    if path.contains('@') {
        return Err(invalid(problems::CAMERA_URL_AT));
    }
    let (userinfo, host) = match authority.rsplit_once('@') {
        Some((userinfo, host)) => (Some(userinfo), host),
        None => (None, authority),
    };
    let (username, password) = match userinfo {
        None => (None, None),
        Some(userinfo) => {
            let (user, password) = match userinfo.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (userinfo, None),
            };
            (Some(decoded(user)), password.map(|password| SecretString::from(decoded(password))))
        }
    };
    if !is_host(host) {
        return Err(invalid(problems::CAMERA_URL));
    }
    let url = Url::parse(&format!("rtsp://{host}{path}")).map_err(|_| invalid(problems::CAMERA_URL))?;
    if url.host().is_none() || url.port() == Some(0) || !url.username().is_empty() || url.password().is_some()
    {
        return Err(invalid(problems::CAMERA_URL));
    }
    Ok(Address { url, username: username.filter(|name| !name.is_empty()), password })
}

fn is_scheme(text: &str) -> bool {
    text.len() <= 16
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// `name`, `1.2.3.4` or `[v6]`, with or without `:port`. The library lets nearly anything pass as a host here.
fn is_host(text: &str) -> bool {
    let (name, port) = if let Some(v6) = text.strip_prefix('[') {
        let Some((address, port)) = v6.split_once(']') else { return false };
        if address.parse::<std::net::Ipv6Addr>().is_err() {
            return false;
        }
        ("v6", port)
    } else {
        text.split_at(text.find(':').unwrap_or(text.len()))
    };
    let name_fits = !name.is_empty()
        && name.len() <= 253
        && name.chars().all(|c| c.is_alphanumeric() || "-._".contains(c));
    let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    name_fits && port_fits
}

/// `%41` -> `A`; what is no escape, or not UTF-8 behind one, stays as typed.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = (byte == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escape {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn good(typed: &str) -> (String, Option<String>, Option<String>) {
        let address = parse(typed, "main_url").unwrap();
        (address.url.to_string(), address.username, address.password.map(|p| p.expose_secret().to_owned()))
    }

    fn key(typed: &str) -> String {
        let problem = parse(typed, "main_url").unwrap_err();
        assert_eq!(problem.field.as_deref(), Some("main_url"));
        problem.key
    }

    #[test]
    fn credentials_are_taken_out_and_decoded() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(good("rtsp://10.0.0.7/live"), ("rtsp://10.0.0.7/live".into(), None, None));
        assert_eq!(
            good(" RTSP://admin:p%40ss%3Aw%C3%B6rd%2F%2541%22'@cam.lan:8554/ch1?sub=1&x=%20 "),
            ("rtsp://cam.lan:8554/ch1?sub=1&x=%20".into(), some("admin"), some("p@ss:wörd/%41\"'"))
        );
        assert_eq!(
            good("rtsp://admin:p@ss:w@10.0.0.7:554/"),
            ("rtsp://10.0.0.7:554/".into(), some("admin"), some("p@ss:w"))
        );
        assert_eq!(good("rtsp://admin@[fe80::1]:554/a").1, some("admin"));
        assert_eq!(good("rtsp://[2001:db8::7]/a").0, "rtsp://[2001:db8::7]/a");
        assert_eq!(good("rtsp://u:100%@h/a").2, some("100%"));
        assert_eq!(good("rtsp://:@h/a"), ("rtsp://h/a".into(), None, some("")));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(key("10.0.0.7/live"), problems::CAMERA_URL_SCHEME_MISSING);
        assert_eq!(key("admin:pw@10.0.0.7/live"), problems::CAMERA_URL_SCHEME_MISSING);
        assert_eq!(key(""), problems::CAMERA_URL_SCHEME_MISSING);
        assert_eq!(key("rtsps://10.0.0.7/live"), problems::CAMERA_URL_RTSPS);
        assert_eq!(key("http://10.0.0.7/live"), problems::CAMERA_URL_SCHEME);
        for broken in [
            "rtsp://",
            "rtsp:///a",
            "rtsp://h:99999/a",
            "rtsp://h:0/a",
            "rtsp://h:x/a",
            "rtsp://[::1/a",
            "rtsp://[zz]/a",
            "rtsp://h h/a",
            "rtsp://u:p@/a",
            "rtsp://h\\a/b",
            "rtsp://h<b>/a",
            "rtsp://h:/a:b:c:d@",
        ] {
            let key = key(broken);
            assert!(key == problems::CAMERA_URL || key == problems::CAMERA_URL_AT, "{broken}: {key}");
        }
    }

    #[test]
    fn half_a_password_never_becomes_a_path() {
        for typed in [
            "rtsp://admin:12/34@10.0.0.7/live",
            "rtsp://admin:p@ss:wörd/%41\"'@10.0.0.7/live",
            "rtsp://admin:a?b@10.0.0.7/live",
            "rtsp://admin:a#b@10.0.0.7/live",
        ] {
            assert_eq!(key(typed), problems::CAMERA_URL_AT, "{typed}");
        }
    }
}
