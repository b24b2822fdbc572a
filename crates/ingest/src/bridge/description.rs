//! A camera's description (SDP, RFC 8866) written anew in plain words: cameras leave lines out, end them oddly, put
//! other bytes between them. Only what a session needs is kept: the media, their formats and their controls.

/// More media than any camera has are not taken.
const MOST_MEDIA: usize = 32;

/// The same description, in order; `None` when it is none.
pub(crate) fn tidied(body: &[u8]) -> Option<Vec<u8>> {
    // Whatever is not plain text (a byte order mark, names in Latin-1, zeros) tells nothing that is needed.
    let plain: String = body
        .iter()
        .filter(|byte| matches!(**byte, b' '..=b'~' | b'\r' | b'\n' | b'\t'))
        .map(|byte| char::from(*byte))
        .collect();
    let mut session = String::from("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\n");
    let mut session_attributes = String::new();
    let mut media = String::new();
    let mut kind: Option<&str> = None;
    // A medium whose first line is not understood is left out with all that belongs to it.
    let mut left_out = false;
    let (mut looks_right, mut count) = (false, 0);
    for line in plain.split(['\r', '\n']).map(str::trim) {
        let Some((letter, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        match letter.trim() {
            "v" => looks_right = true,
            "m" => {
                let words: Vec<&str> = value.split_ascii_whitespace().collect();
                left_out = words.len() < 4 || count >= MOST_MEDIA;
                if let ([name, _, protocol, formats @ ..], false) = (words.as_slice(), left_out) {
                    looks_right = true;
                    count += 1;
                    kind = Some(name);
                    media.push_str(&format!("m={name} 0 {protocol} {}\r\n", formats.join(" ")));
                }
            }
            "a" if !left_out => {
                let (name, value) = value.split_once(':').unwrap_or((value, ""));
                let out = if kind.is_none() { &mut session_attributes } else { &mut media };
                if let Some(value) = attribute(name.trim(), value.trim(), kind) {
                    out.push_str(&format!("a={}:{value}\r\n", name.trim()));
                }
            }
            _ => {}
        }
    }
    session.push_str("t=0 0\r\n");
    looks_right.then(|| [session, session_attributes, media].concat().into_bytes())
}

/// An attribute's value as it is passed on.
fn attribute(name: &str, value: &str, kind: Option<&str>) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    match name {
        "control" | "tool" | "framerate" => Some(value.to_owned()),
        "fmtp" => {
            let (format, parameters) = value.split_once([' ', '\t'])?;
            Some(format!("{format} {}", parameters.trim()))
        }
        "rtpmap" => {
            let (format, encoding) = value.split_once([' ', '\t'])?;
            let encoding: String = encoding.split_ascii_whitespace().collect();
            // All video that is known has this clock.
            let clock = if kind == Some("video") && !encoding.contains('/') { "/90000" } else { "" };
            Some(format!("{format} {encoding}{clock}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn oddly_written_descriptions() {
        let odd = b"\xef\xbb\xbfv=0\rs=Kam\xe9ra\r a=control:* \r\nm=video 99999 RTP/AVP 96\na=rtpmap:96  H264 \na=fmtp\n\
                    a=fmtp:96\na=fmtp:96 packetization-mode=1; x=y\na=control:track1 \nm=\na=control:lost\ngarbage\0\0";
        let expected = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n\
                        a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; x=y\r\na=control:track1\r\n";
        assert_eq!(String::from_utf8(tidied(odd).unwrap()).unwrap(), expected);
        assert_eq!(tidied(b"<html>a=b</html>"), None);
    }

    proptest! {
        #[test]
        fn never_panics_and_is_tidy_once(bytes: Vec<u8>, text in "([vmaost]=[a-z0-9:/ ]{0,20}[\r\n]{1,2}){0,20}") {
            tidied(&bytes);
            if let Some(once) = tidied(text.as_bytes()) {
                prop_assert_eq!(tidied(&once), Some(once.clone()));
            }
        }
    }
}
