//! Why a session could not be made or was lost: from the RTSP library's texts to a reason and a sentence that is safe
//! to show. The library's own texts repeat URLs, headers and bodies; they are never passed on as they are.

use crate::source::Source;
use easien_model::{Code, LossReason, Transport};
use secrecy::ExposeSecret;
use std::fmt;

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Resolve,
    Connect,
    Describe,
    Setup,
    Play,
    FirstSample,
    Receive,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "name lookup",
            Self::Connect => "connect",
            Self::Describe => "DESCRIBE",
            Self::Setup => "SETUP",
            Self::Play => "PLAY",
            Self::FirstSample => "waiting for the first picture",
            Self::Receive => "receiving",
        })
    }
}

/// A session's failure. `detail` is English, technical, and without credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason:?}: {detail}")]
pub(crate) struct Failure {
    pub(crate) reason: LossReason,
    pub(crate) detail: String,
    pub(crate) step: Step,
    /// The transport was refused: the other one may be taken.
    pub(crate) transport_refused: bool,
    /// The bridge may get along with this camera where the library alone does not.
    pub(crate) bridge_may_help: bool,
}

impl Failure {
    pub(crate) fn new(reason: LossReason, step: Step, detail: impl fmt::Display) -> Self {
        Self {
            reason,
            detail: format!("{step}: {detail}"),
            step,
            transport_refused: false,
            bridge_may_help: false,
        }
    }

    pub(crate) fn timeout(step: Step) -> Self {
        Self::new(LossReason::Timeout, step, "no answer in time")
    }

    /// From an RTSP status.
    pub(crate) fn status(status: u16, step: Step, transport: Transport) -> Self {
        let refused = step == Step::Setup && matches!(status, 400 | 406 | 451 | 456..=461 | 500 | 501 | 551);
        let reason = match status {
            401 | 407 => LossReason::Unauthorized,
            403 => LossReason::Forbidden,
            404 | 410 | 454 => LossReason::NotFound,
            453 | 503 => LossReason::Busy,
            _ if refused => LossReason::TransportRefused,
            408 | 504 => LossReason::Timeout,
            _ => LossReason::Protocol,
        };
        let mut failure = Self::new(reason, step, format_args!("status {status} ({transport:?})"));
        failure.transport_refused = refused;
        failure
    }

    /// From the RTSP library's error.
    pub(crate) fn library(error: &retina::Error, step: Step, transport: Transport, source: &Source) -> Self {
        let text = error.to_string();
        if let Some(status) = error.status_code().filter(|status| !(200..300).contains(status)) {
            let mut failure = Self::status(status, step, transport);
            // Accepted before, refused now: the nonce was used up. The bridge answers new challenges.
            failure.bridge_may_help = status == 401 && matches!(step, Step::Setup | Step::Play)
                // "Wait": the library takes it for the answer.
                || status < 200;
            return failure;
        }
        let first_line = text.lines().next().unwrap_or("");
        if text.starts_with("Unable to connect to RTSP server") {
            return Self::connect(os_error(&text), step);
        }
        if text.contains("No parseable streams") {
            let detail = "the description names no stream that is understood";
            return Self { bridge_may_help: true, ..Self::new(LossReason::NoVideo, step, detail) };
        }
        // In the middle of a packet the library, or the codec below it, says it in another way.
        let closed = text.contains("EOF while expecting")
            || text.contains("message at EOF")
            || text.contains("bytes remaining on stream")
            || os_error(&text).is_some_and(|code| {
                use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
                let kind = std::io::Error::from_raw_os_error(code).kind();
                matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset)
            });
        let keep_alive = text.contains("Unexpected RTSP response") || text.contains("keepalive");
        let reason = if closed { LossReason::Closed } else { LossReason::Protocol };
        let mut failure = if keep_alive {
            Self::new(LossReason::Protocol, step, "the camera answers keep-alives wrongly")
        } else if closed {
            Self::new(reason, step, "the camera closed the connection")
        } else {
            Self::new(reason, step, scrub(first_line, source))
        };
        // Some cameras close the connection after a 401; the bridge comes again.
        failure.bridge_may_help = !closed || keep_alive || step == Step::Describe;
        failure
    }

    /// From a connection's error number.
    pub(crate) fn connect(os_error: Option<i32>, step: Step) -> Self {
        use std::io::ErrorKind::{ConnectionRefused, TimedOut};
        let kind = os_error.map(|code| std::io::Error::from_raw_os_error(code).kind());
        match kind {
            Some(ConnectionRefused) => Self::new(LossReason::Refused, step, "connection refused"),
            Some(TimedOut) => Self::new(LossReason::Unreachable, step, "no answer to the connection request"),
            Some(kind) => Self::new(LossReason::Unreachable, step, kind),
            None => Self::new(LossReason::Unreachable, step, "no connection"),
        }
    }
}

/// The number in "... (os error 111)", as std prints it.
fn os_error(text: &str) -> Option<i32> {
    let (_, tail) = text.split_once("(os error ")?;
    tail.split_once(')')?.0.parse().ok()
}

/// Why `probe` has no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason:?}: {detail}")]
pub struct ProbeFailure {
    /// The plain reason.
    pub reason: LossReason,
    /// English, technical, without credentials.
    pub detail: String,
}

impl ProbeFailure {
    /// The error's code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self.reason {
            LossReason::Unauthorized => Code::Unauthenticated,
            LossReason::Forbidden => Code::Forbidden,
            LossReason::NotFound | LossReason::Dns | LossReason::NoVideo => Code::NotFound,
            LossReason::Timeout | LossReason::Stalled => Code::Timeout,
            LossReason::UnsupportedCodec => Code::Unsupported,
            LossReason::Undecodable => Code::DataLoss,
            LossReason::Unreachable
            | LossReason::Refused
            | LossReason::TransportRefused
            | LossReason::Busy
            | LossReason::Protocol
            | LossReason::Closed => Code::Unavailable,
        }
    }
}

impl From<Failure> for ProbeFailure {
    fn from(failure: Failure) -> Self {
        Self { reason: failure.reason, detail: failure.detail }
    }
}

/// Longest text that is passed on, in characters.
const MOST_CHARS: usize = 200;

/// A foreign text without what must not be seen: the password and the user's name in the forms in which they could
/// stand there, any URL's credentials and query, control characters.
pub(crate) fn scrub(text: &str, source: &Source) -> String {
    let mut out: String =
        text.chars().take(4 * MOST_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if let Some(credential) = &source.credential {
        let password = credential.password.expose_secret();
        for form in secret_forms(&credential.username, password) {
            out = out.replace(&form, "***");
        }
    }
    if let Some(query) = source.url.query().filter(|query| !query.is_empty()) {
        out = out.replace(query, "***");
    }
    let words: Vec<String> = out.split(' ').map(scrub_url).collect();
    words.join(" ").chars().take(MOST_CHARS).collect()
}

/// The forms in which a password could be repeated: as it is, percent-encoded, JSON-escaped, in base64 with the name.
fn secret_forms(username: &str, password: &str) -> Vec<String> {
    use base64::Engine as _;
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD_NO_PAD.encode(text);
    let percent = |keep: fn(u8) -> bool, upper: bool| -> String {
        let mut out = String::new();
        for byte in password.bytes() {
            match (keep(byte), upper) {
                (true, _) => out.push(char::from(byte)),
                (false, true) => out.push_str(&format!("%{byte:02X}")),
                (false, false) => out.push_str(&format!("%{byte:02x}")),
            }
        }
        out
    };
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let printable = |byte: u8| byte.is_ascii_graphic();
    let escaped: String = password.escape_default().collect();
    let json = password.replace('\\', "\\\\").replace('"', "\\\"");
    let mut forms = vec![
        password.to_owned(),
        percent(unreserved, true),
        percent(unreserved, false),
        percent(printable, true),
        escaped,
        json,
        format!("{password:?}").trim_matches('"').to_owned(),
        base64(&format!("{username}:{password}")),
        base64(password),
    ];
    // Short ones would tear holes into every text; a password of one or two characters hides itself.
    forms.retain(|form| form.len() > 2);
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.dedup();
    forms
}

/// A word that is a URL loses credentials and query.
fn scrub_url(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or("");
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Credential;
    use easien_model::{CameraId, StreamId, StreamKind};

    fn source(password: &str) -> Source {
        Source {
            stream: StreamId { camera: CameraId::new(), which: StreamKind::Main },
            url: url::Url::parse("rtsp://10.0.0.1/live?token=s3cr3t&a=1").unwrap(),
            credential: Some(Credential { username: "admin".into(), password: password.into() }),
            transport: None,
        }
    }

    #[test]
    fn no_form_of_the_password_is_left() {
        let password = "p@ss:wörd/%41\"'";
        let source = source(password);
        let forms = [
            password.to_owned(),
            "p%40ss%3Aw%C3%B6rd%2F%2541%22%27".to_owned(),
            "p%40ss%3aw%c3%b6rd%2f%2541%22%27".to_owned(),
            format!("{password:?}"),
            "YWRtaW46cEBzczp3w7ZyZC8lNDEiJw".to_owned(),
        ];
        for form in forms {
            let out = scrub(
                &format!("status 200 to {form} at rtsp://admin:{form}@10.0.0.1/x?token=s3cr3t&a=1"),
                &source,
            );
            assert!(!out.contains("p@ss") && !out.contains("ss%3") && !out.contains("w\\u"), "{out}");
            assert!(!out.contains("YWRtaW46") && !out.contains("s3cr3t"), "{out}");
        }
        assert_eq!(scrub("bad SDP\r\nx", &source), "bad SDP  x");
    }

    #[test]
    fn connection_errors_by_their_number() {
        assert_eq!(os_error("Unable: Connection refused (os error 111)"), Some(111));
        assert_eq!(Failure::connect(Some(111), Step::Connect).reason, LossReason::Refused);
        assert_eq!(Failure::connect(Some(113), Step::Connect).reason, LossReason::Unreachable);
    }

    #[test]
    fn statuses() {
        let reason = |status, step| Failure::status(status, step, Transport::Tcp).reason;
        assert_eq!(reason(461, Step::Setup), LossReason::TransportRefused);
        assert_eq!(reason(400, Step::Setup), LossReason::TransportRefused);
        assert_eq!(reason(400, Step::Describe), LossReason::Protocol);
        assert_eq!(reason(454, Step::Play), LossReason::NotFound);
        assert_eq!(reason(453, Step::Setup), LossReason::Busy);
        assert_eq!(reason(503, Step::Describe), LossReason::Busy);
    }
}
