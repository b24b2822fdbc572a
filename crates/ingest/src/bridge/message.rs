//! RTSP messages as bytes: cutting them out of a stream that also carries interleaved packets, reading and writing
//! headers. Lenient in what it reads, strict in what it writes.

use std::io;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// The most that is read at once.
const READ_BYTES: usize = 64 * 1024;

/// Longest head (start line and headers) that is believed.
const MOST_HEAD_BYTES: usize = 64 * 1024;

/// Longest body that is believed.
const MOST_BODY_BYTES: usize = 1024 * 1024;

/// Bytes that are passed over while looking for the next message.
const MOST_NOISE_BYTES: usize = 256 * 1024;

/// A request or a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Request line or status line.
    pub(crate) start: String,
    /// In order, names as written.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn request(method: &str, uri: &str) -> Self {
        Self { start: format!("{method} {uri} RTSP/1.0"), ..Self::default() }
    }

    pub(crate) fn response(status: u16, reason: &str) -> Self {
        Self { start: format!("RTSP/1.0 {status} {reason}"), ..Self::default() }
    }

    /// The first value of a header, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All values of a header.
    pub(crate) fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.chars().filter(|c| !c.is_control()).collect()));
        self
    }

    pub(crate) fn cseq(&self) -> Option<u32> {
        self.header("CSeq").and_then(|value| value.trim().parse().ok())
    }

    /// A response's status; `None` for requests.
    pub(crate) fn status(&self) -> Option<u16> {
        let rest = self.start.strip_prefix("RTSP/")?;
        rest.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    /// A request's method and URI.
    pub(crate) fn method_uri(&self) -> (&str, &str) {
        let mut words = self.start.split_ascii_whitespace();
        (words.next().unwrap_or(""), words.next().unwrap_or(""))
    }

    /// The bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{}\r\n", self.start).into_bytes();
        for (name, value) in &self.headers {
            out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if !self.body.is_empty() {
            out.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }
}

/// What stands at the front of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// An interleaved packet of this channel; the whole frame is so many bytes.
    Packet { channel: u8, bytes: usize },
    /// A message that took so many bytes.
    Message(Message, usize),
    /// Bytes that belong to nothing.
    Noise(usize),
    /// More bytes are needed.
    Incomplete,
    /// This is not RTSP.
    Hopeless,
}

/// Looks at the front of `buffer`.
pub(crate) fn front(buffer: &[u8]) -> Front {
    let noise = buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | 0)).count();
    if noise > 0 {
        return Front::Noise(noise);
    }
    match buffer {
        [] => Front::Incomplete,
        [b'$', rest @ ..] => match rest {
            [channel, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                if rest.len() < 3 + length {
                    Front::Incomplete
                } else {
                    Front::Packet { channel: *channel, bytes: 4 + length }
                }
            }
            _ => Front::Incomplete,
        },
        [first, ..] if first.is_ascii_uppercase() => message(buffer),
        _ => skip(buffer),
    }
}

/// Noise up to where a packet or a response may begin.
fn skip(buffer: &[u8]) -> Front {
    let next = (1..buffer.len()).find(|&at| buffer[at] == b'$' || buffer[at..].starts_with(b"RTSP/"));
    match next {
        Some(at) => Front::Noise(at),
        None if buffer.len() > MOST_NOISE_BYTES => Front::Hopeless,
        None => Front::Incomplete,
    }
}

fn message(buffer: &[u8]) -> Front {
    let head = &buffer[..buffer.len().min(MOST_HEAD_BYTES)];
    let end = head.windows(4).position(|window| window == b"\r\n\r\n").map(|at| (at, at + 4));
    let bare = head.windows(2).position(|window| window == b"\n\n").map(|at| (at, at + 2));
    let Some((head_end, body_at)) = [end, bare].into_iter().flatten().min() else {
        // An upper case letter may also be the first byte of noise.
        let line_end = head.iter().position(|byte| *byte == b'\n');
        let line = &head[..line_end.unwrap_or(head.len())];
        let strange = line.iter().any(|byte| !(0x20..0x7f).contains(byte) && *byte != b'\r');
        return if strange {
            skip(buffer)
        } else if buffer.len() >= MOST_HEAD_BYTES {
            Front::Hopeless
        } else {
            Front::Incomplete
        };
    };
    let text = String::from_utf8_lossy(&head[..head_end]);
    let mut lines = text.lines();
    let start = lines.next().unwrap_or("").trim().to_owned();
    if !start.contains("RTSP/") {
        return skip(buffer);
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            // Folded.
            if let Some(last) = headers.last_mut() {
                if !last.1.is_empty() {
                    last.1.push(' ');
                }
                last.1.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    let mut message = Message { start, headers, body: Vec::new() };
    let length = message.header("Content-Length").and_then(|value| value.parse::<usize>().ok()).unwrap_or(0);
    if length > MOST_BODY_BYTES {
        return Front::Hopeless;
    }
    match buffer.get(body_at..body_at + length) {
        Some(body) => {
            message.body = body.to_vec();
            message.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Content-Length"));
            Front::Message(message, body_at + length)
        }
        None => Front::Incomplete,
    }
}

/// One direction's bytes that are not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Inlet {
    buffer: Vec<u8>,
    taken: usize,
}

impl Inlet {
    /// Reads more; an end of the stream is an error.
    ///
    /// # Cancel safety
    /// Cancel safe: bytes are in the buffer once they are read.
    pub(crate) async fn read(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer.reserve(READ_BYTES);
        match stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn front(&self) -> Front {
        front(self.rest())
    }

    /// So many bytes at the front.
    pub(crate) fn bytes(&self, count: usize) -> &[u8] {
        self.buffer.get(self.taken..self.taken + count).unwrap_or(&[])
    }

    /// All bytes that are not taken.
    pub(crate) fn rest(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or(&[])
    }

    pub(crate) fn take(&mut self, count: usize) {
        self.taken = (self.taken + count).min(self.buffer.len());
    }
}

/// The first channel of a `Transport` header.
pub(crate) fn interleaved(transport: &str) -> Option<u8> {
    let value = transport.split(';').find_map(|part| part.trim().strip_prefix("interleaved="))?;
    value.split('-').next()?.trim().parse().ok()
}

/// Both channels of a `Transport` header's answer to a request for `asked`.
pub(crate) fn answered_channels(transport: &str, asked: u8) -> Option<(u8, u8)> {
    let Some(value) = transport.split(';').find_map(|part| part.trim().strip_prefix("interleaved=")) else {
        // Not told: as asked, unless it says that it sends over UDP.
        let other = transport.contains("_port=") && !transport.contains("TCP");
        return (!other).then_some((asked, asked.wrapping_add(1)));
    };
    let mut channels = value.split('-').map(|channel| channel.trim().parse::<u8>());
    let rtp = channels.next()?.ok()?;
    let rtcp = channels.next().and_then(Result::ok).unwrap_or(rtp.wrapping_add(1));
    Some((rtp, rtcp))
}

/// Where the packets come from, if a `Transport` header says so.
pub(crate) fn told_source(transport: &str) -> Option<std::net::IpAddr> {
    let value = transport.split(';').find_map(|part| part.trim().strip_prefix("source="))?;
    value.trim().trim_matches(['"', '[', ']']).parse().ok()
}

/// Seconds in a `Session` header's `timeout`.
pub(crate) fn session_timeout_s(session: &str) -> Option<u64> {
    session.split(';').skip(1).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("timeout").then(|| value.trim().parse().ok())?
    })
}

/// Who it is that does not speak RTSP, by its first bytes.
pub(crate) fn stranger(first: &[u8]) -> Option<&'static str> {
    match first {
        [0x15 | 0x16, 3, ..] => Some("the port speaks TLS, not plain RTSP"),
        [b'<', ..] => Some("a web server answers here, not RTSP"),
        _ if first.starts_with(b"HTTP/") => Some("a web server answers here, not RTSP"),
        _ if first.starts_with(b"SSH-") => Some("an SSH server answers here, not RTSP"),
        _ => None,
    }
}

/// The server's ports in a `Transport` header.
pub(crate) fn server_ports(transport: &str) -> Option<(u16, u16)> {
    let value = transport.split(';').find_map(|part| part.trim().strip_prefix("server_port="))?;
    let mut ports = value.split('-').map(|port| port.trim().parse::<u16>());
    let rtp = ports.next()?.ok()?;
    let rtcp = ports.next().and_then(Result::ok).or_else(|| rtp.checked_add(1))?;
    Some((rtp, rtcp))
}

/// A `Transport` header for packets in the connection.
pub(crate) fn tcp_transport(channel: u8) -> String {
    format!("RTP/AVP/TCP;unicast;interleaved={channel}-{}", channel.wrapping_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_and_packets_in_turn() {
        let bytes = b"\r\nRTSP/1.0 200 OK\r\nCseq: 7\r\nX:a\r\n b\r\nContent-Length: 2\r\n\r\nhi$\x01\x00\x02abRTSP/1.0";
        assert_eq!(front(bytes), Front::Noise(2));
        let Front::Message(message, used) = front(&bytes[2..]) else { panic!("no message") };
        assert_eq!(
            (message.status(), message.cseq(), message.header("x")),
            (Some(200), Some(7), Some("a b"))
        );
        assert_eq!(message.body, b"hi");
        assert_eq!(front(&bytes[2 + used..]), Front::Packet { channel: 1, bytes: 6 });
        assert_eq!(front(&bytes[8 + used..]), Front::Incomplete);
    }

    #[test]
    fn noise_is_passed_over() {
        assert_eq!(front(b"\x80abc$\x00\x00\x00"), Front::Noise(4));
        assert_eq!(front(b"A\xff\xffRTSP/1.0 200 OK"), Front::Noise(3));
    }

    #[test]
    fn written_is_read() {
        let message = Message::request("SETUP", "rtsp://a/b").with("CSeq", "3").with("X", "a\r\nInjected: 1");
        let Front::Message(read, _) = front(&message.bytes()) else { panic!("no message") };
        assert_eq!(read.method_uri(), ("SETUP", "rtsp://a/b"));
        assert_eq!(read.header("Injected"), None);
    }

    proptest! {
        #[test]
        fn never_panics_and_goes_on(bytes: Vec<u8>, text in "[A-Z$ /.0-9\r\n:RTSP]{0,200}") {
            for mut rest in [&bytes[..], text.as_bytes()] {
                while let Front::Packet { bytes, .. } | Front::Noise(bytes) | Front::Message(_, bytes) = front(rest) {
                    prop_assert!(bytes > 0);
                    rest = &rest[bytes..];
                }
            }
        }
    }
}
