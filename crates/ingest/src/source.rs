//! What is wanted of ingest: where a stream is, with which credential, and within which limits.

use easien_model::{StreamId, Transport};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::time::Duration;
use url::Url;

/// Name and password for a camera. `Debug` prints neither.
#[derive(Clone)]
pub struct Credential {
    /// The user's name.
    pub username: String,
    /// The password, as typed: no percent-encoding.
    pub password: SecretString,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        self.username == other.username && self.password.expose_secret() == other.password.expose_secret()
    }
}

/// One stream to be had from a camera.
#[derive(Clone, PartialEq)]
pub struct Source {
    /// Which stream the samples belong to.
    pub stream: StreamId,
    /// `rtsp://host[:port]/path[?query]`, without credentials. Credentials in it are taken out and used when
    /// `credential` is `None`.
    pub url: Url,
    /// For digest or basic authentication, when the camera asks.
    pub credential: Option<Credential>,
    /// `None`: TCP first, UDP when refused, and back.
    pub transport: Option<Transport>,
}

impl fmt::Debug for Source {
    /// Without credential, path or query: cameras exist whose passwords stand there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("stream", &self.stream)
            .field("host", &self.url.host_str())
            .field("port", &self.url.port())
            .field("credential", &self.credential.is_some())
            .field("transport", &self.transport)
            .finish()
    }
}

impl Source {
    /// The same source with credentials in the URL moved to `credential`.
    pub(crate) fn tidied(mut self) -> Self {
        if self.credential.is_none() && !self.url.username().is_empty() {
            self.credential = Some(Credential {
                username: percent_decode(self.url.username()),
                password: percent_decode(self.url.password().unwrap_or("")).into(),
            });
        }
        // Both only fail for URLs without a host, which have no credentials.
        let _ = self.url.set_username("");
        let _ = self.url.set_password(None);
        self
    }
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match (first, digits.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = &tail[2..];
            }
            _ => {
                out.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Time limits and bounds. The default values are the product's.
#[derive(Clone, Debug)]
pub struct Limits {
    /// To connect.
    pub connect: Duration,
    /// For each answer: DESCRIBE (with its authentication), SETUP, PLAY.
    pub answer: Duration,
    /// From PLAY to the first video sample.
    pub first_sample: Duration,
    /// Without a video sample: the session is shown as stalled.
    pub stall: Duration,
    /// Without a video sample: the session is given up and made anew.
    pub give_up: Duration,
    /// The first pause before a new try; doubled with each.
    pub back_off_first: Duration,
    /// The longest pause.
    pub back_off_most: Duration,
    /// The first pause after 401 and 403 (cameras lock accounts after a few wrong tries).
    pub back_off_denied_first: Duration,
    /// The longest pause after 401 and 403.
    pub back_off_denied_most: Duration,
    /// A session that lasted this long begins its pauses anew.
    pub settled: Duration,
    /// New sessions per second, all cameras together.
    pub setups_per_s: f64,
    /// The most that the samples since the last key frame may take, per stream.
    pub gop_cache_bytes: usize,
    /// The most that may wait in one lane.
    pub lane_bytes: usize,
    /// The most that may wait in a recorder's lane, where that is another: with many cameras and a disk that hangs all of
    /// them fill at once. Absent: `lane_bytes`.
    pub recorder_bytes: Option<usize>,
    /// A viewer that is further behind at a key frame jumps to it.
    pub viewer_lag: Duration,
    /// How often the bridge keeps a session alive; `None`: a third of what the camera says, 20 s at most.
    pub keep_alive: Option<Duration>,
    /// How long `probe` measures after the first sample, at most.
    pub probe: Duration,
    /// Audio is fetched too, where there is some.
    pub audio: bool,
    /// Every camera through the bridge from the first byte, not only those that the library does not get along with:
    /// whatever it sends is bounded then. Takes half as much processor time again (60 small streams: 0.014 core
    /// alone, 0.022 through it) and three file descriptors for a session in place of one.
    pub always_bridge: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(4),
            answer: Duration::from_secs(5),
            first_sample: Duration::from_secs(10),
            stall: Duration::from_secs(5),
            give_up: Duration::from_secs(10),
            back_off_first: Duration::from_secs(1),
            back_off_most: Duration::from_secs(30),
            back_off_denied_first: Duration::from_secs(30),
            back_off_denied_most: Duration::from_secs(300),
            settled: Duration::from_secs(10),
            setups_per_s: 40.0,
            gop_cache_bytes: 16 << 20,
            lane_bytes: 32 << 20,
            recorder_bytes: None,
            viewer_lag: Duration::from_millis(1500),
            keep_alive: None,
            probe: Duration::from_secs(12),
            audio: true,
            always_bridge: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::{CameraId, StreamKind};

    #[test]
    fn credentials_leave_the_url_and_are_never_printed() {
        let source = Source {
            stream: StreamId { camera: CameraId::new(), which: StreamKind::Main },
            url: Url::parse("rtsp://ad%40min:p%40ss%3Aw%C3%B6rd%2F%2541%22'@10.0.0.1/a?b=c").unwrap(),
            credential: None,
            transport: None,
        }
        .tidied();
        assert_eq!(source.url.as_str(), "rtsp://10.0.0.1/a?b=c");
        let credential = source.credential.clone().unwrap();
        assert_eq!(credential.username, "ad@min");
        assert_eq!(credential.password.expose_secret(), "p@ss:wörd/%41\"'");
        let printed = format!("{source:?} {credential:?}");
        assert!(!printed.contains("p@ss") && !printed.contains("ad@min") && !printed.contains("b=c"));
    }
}
