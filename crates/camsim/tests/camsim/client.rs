//! A small RTSP client that hides nothing: raw answers, raw packets.

use base64::Engine;
use bytes::Bytes;
use easien_camsim::clip::nal;
use easien_camsim::{Mode, Options, Sim, strip};
use easien_model::{Codec, StreamKind};
use md5::Digest;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const SUB: StreamKind = StreamKind::Sub;

/// Options of a small simulator; the clips are drawn once for all tests.
pub fn options(cameras: u16) -> Options {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("camsim");
    Options { cameras, cache, small: true, ..Options::default() }
}

/// A simulator whose C001 is in a mode.
pub async fn in_mode(mode: Mode) -> Sim {
    let modes = vec![("C001".to_owned(), SUB, mode)];
    Sim::start(Options { modes, ..options(1) }).await.unwrap()
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(&name.to_ascii_lowercase()).map_or("", String::as_str)
    }
}

#[derive(Clone, Debug)]
pub struct Packet {
    pub channel: u8,
    pub bytes: Vec<u8>,
    pub at: Instant,
}

impl Packet {
    pub fn sequence(&self) -> u16 {
        u16::from_be_bytes([self.bytes[2], self.bytes[3]])
    }
    pub fn time(&self) -> u32 {
        u32::from_be_bytes([self.bytes[4], self.bytes[5], self.bytes[6], self.bytes[7]])
    }
    pub fn marker(&self) -> bool {
        self.bytes[1] & 0x80 != 0
    }
}

/// One access unit as received.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    pub time: u32,
    pub nals: Vec<Vec<u8>>,
}

impl Unit {
    pub fn types(&self) -> Vec<u8> {
        self.nals.iter().map(|one| nal::nal_type(Codec::H264, one)).collect()
    }
}

pub struct Client {
    socket: TcpStream,
    buffer: Vec<u8>,
    cseq: u32,
    pub url: String,
    pub user: Option<(String, String)>,
    pub challenge: Option<String>,
    pub session: Option<String>,
    packets: VecDeque<Packet>,
}

impl Client {
    pub async fn new(url: &str) -> Self {
        let place = url.strip_prefix("rtsp://").unwrap().split('/').next().unwrap();
        let socket = TcpStream::connect(place).await.unwrap();
        let (url, packets) = (url.to_owned(), VecDeque::new());
        Self { socket, buffer: vec![], cseq: 0, url, user: None, challenge: None, session: None, packets }
    }

    /// None: closed, or nothing for `limit`.
    async fn read(&mut self, limit: Duration) -> Option<usize> {
        let mut chunk = vec![0; 65_536];
        let count = tokio::time::timeout(limit, self.socket.read(&mut chunk)).await.ok()?.ok()?;
        self.buffer.extend_from_slice(&chunk[..count]);
        Some(count)
    }

    /// Takes one interleaved frame from the buffer, if it is whole.
    fn take_packet(&mut self) -> bool {
        if self.buffer.len() < 4 || self.buffer[0] != b'$' {
            return false;
        }
        let length = usize::from(u16::from_be_bytes([self.buffer[2], self.buffer[3]]));
        if self.buffer.len() < 4 + length {
            return false;
        }
        let bytes = self.buffer[4..4 + length].to_vec();
        self.packets.push_back(Packet { channel: self.buffer[1], bytes, at: Instant::now() });
        self.buffer.drain(..4 + length);
        true
    }

    pub fn authorization(&self, method: &str, url: &str) -> String {
        let (Some((user, password)), Some(challenge)) = (&self.user, &self.challenge) else {
            return String::new();
        };
        if challenge.starts_with("Basic") {
            let both = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            return format!("Authorization: Basic {both}\r\n");
        }
        let sha = challenge.contains("SHA-256");
        let nonce = challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
        let hash = |text: String| -> String {
            let bytes =
                if sha { sha2::Sha256::digest(text).to_vec() } else { md5::Md5::digest(text).to_vec() };
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let (ha1, ha2) = (hash(format!("{user}:camsim:{password}")), hash(format!("{method}:{url}")));
        let algorithm = if sha { ", algorithm=SHA-256" } else { "" };
        let start = format!(
            "Authorization: Digest username=\"{user}\", realm=\"camsim\", nonce=\"{nonce}\", uri=\"{url}\"{algorithm}"
        );
        if challenge.contains("qop") {
            let response = hash(format!("{ha1}:{nonce}:00000001:abc:auth:{ha2}"));
            format!("{start}, qop=auth, nc=00000001, cnonce=\"abc\", response=\"{response}\"\r\n")
        } else {
            format!("{start}, response=\"{}\"\r\n", hash(format!("{ha1}:{nonce}:{ha2}")))
        }
    }

    pub async fn send(&mut self, method: &str, url: &str, headers: &str) {
        self.cseq += 1;
        let session = self.session.as_ref().map(|id| format!("Session: {id}\r\n")).unwrap_or_default();
        let authorization = self.authorization(method, url);
        let text = format!(
            "{method} {url} RTSP/1.0\r\nCSeq: {}\r\n{authorization}{session}{headers}\r\n",
            self.cseq
        );
        self.socket.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next answer; media on the way to it is kept. None: closed, or none within `limit`.
    pub async fn answer(&mut self, limit: Duration) -> Option<Answer> {
        let until = Instant::now() + limit;
        loop {
            while self.take_packet() {}
            if self.buffer.first().is_some_and(|byte| *byte != b'$')
                && let Some(end) = self.buffer.windows(4).position(|part| part == b"\r\n\r\n")
            {
                let head = String::from_utf8(self.buffer[..end].to_vec()).unwrap();
                let mut lines = head.split("\r\n");
                let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
                let headers: BTreeMap<String, String> = lines
                    .filter_map(|line| line.split_once(':'))
                    .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                    .collect();
                let length = headers.get("content-length").map_or(0, |text| text.parse::<usize>().unwrap());
                if self.buffer.len() >= end + 4 + length {
                    let body = String::from_utf8(self.buffer[end + 4..end + 4 + length].to_vec()).unwrap();
                    self.buffer.drain(..end + 4 + length);
                    return Some(Answer { status, headers, body });
                }
            }
            let left = until.checked_duration_since(Instant::now())?;
            if self.read(left).await? == 0 {
                return None;
            }
        }
    }

    pub async fn ask(&mut self, method: &str, url: &str, headers: &str) -> Answer {
        self.send(method, url, headers).await;
        self.answer(Duration::from_secs(60)).await.expect("an answer")
    }

    pub async fn describe(&mut self) -> Answer {
        let url = self.url.clone();
        self.ask("DESCRIBE", &url, "Accept: application/sdp\r\n").await
    }

    pub async fn setup(&mut self, track: u8, transport: &str) -> Answer {
        let url = format!("{}/trackID={track}", self.url);
        let answer = self.ask("SETUP", &url, &format!("Transport: {transport}\r\n")).await;
        if answer.status == 200 {
            self.session = Some(answer.header("session").split(';').next().unwrap().to_owned());
        }
        answer
    }

    pub async fn play(&mut self) -> Answer {
        let url = self.url.clone();
        self.ask("PLAY", &url, "Range: npt=0.000-\r\n").await
    }

    /// Describes, sets up the video and plays it. Returns the session description.
    pub async fn start(&mut self) -> String {
        let described = self.describe().await;
        assert_eq!(described.status, 200);
        assert_eq!(self.setup(0, "RTP/AVP/TCP;unicast;interleaved=0-1").await.status, 200);
        assert_eq!(self.play().await.status, 200);
        described.body
    }

    /// The next packet. None: closed, or nothing for `limit`.
    pub async fn packet(&mut self, limit: Duration) -> Option<Packet> {
        let until = Instant::now() + limit;
        loop {
            if let Some(packet) = self.packets.pop_front() {
                return Some(packet);
            }
            if self.take_packet() {
                continue;
            }
            assert!(
                self.buffer.first().is_none_or(|byte| *byte == b'$'),
                "neither media nor waiting for an answer"
            );
            let left = until.checked_duration_since(Instant::now())?;
            if self.read(left).await? == 0 {
                return None;
            }
        }
    }

    /// RTP packets of channel 0 for some time.
    pub async fn packets(&mut self, seconds: f64) -> Vec<Packet> {
        let until = Instant::now() + Duration::from_secs_f64(seconds);
        let mut all = vec![];
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            match self.packet(left).await {
                Some(packet) if packet.channel == 0 => all.push(packet),
                Some(_) => {}
                None => break,
            }
        }
        all
    }

    /// Bytes that do not make a whole message, after the end.
    pub fn rest(&self) -> &[u8] {
        &self.buffer
    }

    /// Whether the other side closes within `limit`.
    pub async fn closes(&mut self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            let mut chunk = [0; 4_096];
            match tokio::time::timeout(left, self.socket.read(&mut chunk)).await {
                Ok(Ok(0) | Err(_)) => return true,
                Ok(Ok(_)) => {}
                Err(_) => return false,
            }
        }
        false
    }
}

/// Puts whole access units of H.264 together; the unfinished last one is left out.
pub fn units(packets: &[Packet]) -> Vec<Unit> {
    let mut all = vec![];
    let mut unit = Unit::default();
    for packet in packets {
        let payload = &packet.bytes[12..];
        unit.time = packet.time();
        if payload[0] & 0x1f == 28 {
            if payload[1] & 0x80 != 0 {
                unit.nals.push(vec![(payload[0] & 0xe0) | (payload[1] & 0x1f)]);
            }
            if let Some(nal) = unit.nals.last_mut() {
                nal.extend_from_slice(&payload[2..]);
            }
        } else {
            unit.nals.push(payload.to_vec());
        }
        if packet.marker() {
            all.push(std::mem::take(&mut unit));
        }
    }
    all
}

/// Writes H.264 as a byte stream to a file.
fn byte_stream(units: &[Unit], sets: &[Bytes]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let mut stream = vec![];
    for nal in sets.iter().map(|set| set.to_vec()).chain(units.iter().flat_map(|unit| unit.nals.clone())) {
        stream.extend_from_slice(&[0, 0, 0, 1]);
        stream.extend_from_slice(&nal);
    }
    let file = dir.path().join("received.h264");
    std::fs::write(&file, stream).unwrap();
    (dir, file)
}

/// The sizes of the decoded pictures, as `width,height`.
pub async fn sizes(units: &[Unit]) -> Vec<String> {
    let (_dir, file) = byte_stream(units, &[]);
    let output = tokio::process::Command::new("ffprobe")
        .args(["-v", "quiet", "-f", "h264", "-show_entries", "frame=width,height", "-of", "csv=p=0"])
        .arg(&file)
        .output()
        .await
        .unwrap();
    // Frames with side data have more lines, without sizes.
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| line.trim_end_matches(',').to_owned());
    lines.filter(|line| line.contains(',')).collect()
}

/// Decodes H.264 with ffmpeg: the strips of the pictures in the order shown, and what ffmpeg complained about.
/// Pictures of another size than the first are scaled to it.
pub async fn decode(units: &[Unit], sets: &[Bytes]) -> (Vec<Option<strip::Strip>>, String) {
    let (_dir, file) = byte_stream(units, sets);
    let output = tokio::process::Command::new("ffmpeg")
        .args(["-v", "warning", "-threads", "1", "-flags", "+output_corrupt", "-f", "h264", "-i"])
        .arg(&file)
        .args([
            "-vf",
            "scale=320:180",
            "-fps_mode",
            "passthrough",
            "-pix_fmt",
            "rgb24",
            "-f",
            "rawvideo",
            "pipe:1",
        ])
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let strips = output.stdout.chunks_exact(320 * 180 * 3).map(|bytes| {
        let picture = image::RgbImage::from_raw(320, 180, bytes.to_vec()).unwrap();
        strip::read(&picture)
    });
    (strips.collect(), String::from_utf8_lossy(&output.stderr).into_owned())
}
