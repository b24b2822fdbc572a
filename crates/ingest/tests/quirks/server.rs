//! A small scriptable RTSP server: answers as a well-behaved camera does, and lets a script change every byte of it.
//! No judgement of what the client should do belongs here, apart from refusing URIs that no camera would know.

use crate::guard::Guard;
use anyhow::{Context, Result};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Something that leaves the camera, or a pause.
#[derive(Clone, Debug)]
pub enum Out {
    /// Bytes on the connection, as they are.
    Bytes(Vec<u8>),
    /// The same, one byte at a time.
    Dribble(Vec<u8>),
    /// The same, again and again, some MB a second, for as long as the client takes them.
    Flood(Vec<u8>),
    /// An RTP packet of a medium (by the order of SETUP URIs), interleaved or over UDP as was agreed.
    Rtp(usize, Vec<u8>),
    /// An RTCP packet.
    Rtcp(usize, Vec<u8>),
    /// A pause in milliseconds.
    Wait(u64),
    /// The connection is closed.
    Close,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    pub uri: String,
    pub headers: Vec<(String, String)>,
    /// Which connection of this camera, from 0.
    pub connection: usize,
    /// How many requests of this method came before on this connection.
    pub nth: usize,
    /// Whether it is a response to something that the camera asked: `method` is the status then.
    pub is_response: bool,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// An answer before it becomes bytes.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: &str) -> Self {
        Self { status: status.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    pub fn replacing(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The usual way of writing it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = format!("RTSP/1.0 {}\r\n", self.status);
        for (name, value) in &self.headers {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() {
            out.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        out.push_str("\r\n");
        let mut out = out.into_bytes();
        out.extend_from_slice(&self.body);
        out
    }

    pub fn out(&self) -> Vec<Out> {
        vec![Out::Bytes(self.bytes())]
    }
}

/// What is said in place of the usual answer.
pub type Tamper = Arc<dyn Fn(&Request, Reply) -> Vec<Out> + Send + Sync>;

/// How packets go over UDP.
#[derive(Clone, Copy, Debug)]
pub struct UdpWay {
    /// `server_port` stands in the answer.
    pub says_port: bool,
    /// Where the packets come from.
    pub from: IpAddr,
    /// `source` in the answer.
    pub says_source: bool,
}

/// What a camera does.
#[derive(Clone)]
pub struct Script {
    pub listen: IpAddr,
    /// The description; `{base}` is the stream's URL.
    pub sdp: Vec<u8>,
    /// The URIs that may be set up, in the order of [`Out::Rtp`]'s media.
    pub setups: Vec<String>,
    /// The URIs that may be played.
    pub plays: Vec<String>,
    pub content_base: Option<String>,
    /// The channels that are answered, where not those that were asked for.
    pub channels: Vec<(u8, u8)>,
    pub session: String,
    pub rtp_info: Option<String>,
    pub guard: Option<Guard>,
    pub tamper: Tamper,
    /// TCP is refused where there is a way over UDP.
    pub udp: Option<UdpWay>,
    /// What comes after PLAY's answer.
    pub show: Vec<Out>,
    /// The same for the second and further connections, where it is another.
    pub show_later: Option<Vec<Out>>,
    /// Path and query of the stream.
    pub path: String,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            sdp: Vec::new(),
            setups: vec!["{base}/trackID=0".into(), "{base}/trackID=1".into(), "{base}/trackID=2".into()],
            plays: vec!["{base}".into(), "{base}/".into()],
            content_base: Some("{base}/".into()),
            channels: Vec::new(),
            session: "12345678;timeout=60".into(),
            rtp_info: None,
            guard: None,
            tamper: Arc::new(|_, reply| reply.out()),
            udp: None,
            show: Vec::new(),
            show_later: None,
            path: "/live".into(),
        }
    }
}

/// A camera that listens.
pub struct Camera {
    pub base: String,
    pub port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
    flooded: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl Camera {
    pub async fn start(script: Script) -> Result<Self> {
        let listener = TcpListener::bind((script.listen, 0)).await?;
        let address = listener.local_addr()?;
        let base = format!("rtsp://{address}{}", script.path);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let flooded = Arc::new(AtomicU64::new(0));
        let shared = Shared {
            script: Arc::new(script),
            base: base.clone(),
            seen: Arc::clone(&seen),
            flooded: Arc::clone(&flooded),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            let count = AtomicUsize::new(0);
            while let Ok((stream, peer)) = listener.accept().await {
                let shared = shared.clone();
                let number = count.fetch_add(1, Ordering::Relaxed);
                let _ = stream.set_nodelay(true);
                connections.spawn(async move {
                    let (read, write) = stream.into_split();
                    shared.serve(read, write, peer, number).await;
                });
            }
        });
        Ok(Self { base, port: address.port(), seen, flooded, _tasks: tasks })
    }

    /// Every request so far, of all connections.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no panics").clone()
    }

    pub fn count(&self, method: &str) -> usize {
        self.seen().iter().filter(|request| request.method == method).count()
    }

    /// Bytes of [`Out::Flood`] that the client's side took.
    pub fn flooded(&self) -> u64 {
        self.flooded.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Shared {
    script: Arc<Script>,
    base: String,
    seen: Arc<Mutex<Vec<Request>>>,
    flooded: Arc<AtomicU64>,
}

/// How the packets of one medium go.
enum Way {
    Interleaved(u8, u8),
    Udp(Arc<UdpSocket>, SocketAddr),
}

impl Shared {
    async fn serve(&self, mut read: OwnedReadHalf, write: OwnedWriteHalf, peer: SocketAddr, number: usize) {
        let (out, queue) = mpsc::channel(64);
        let mut tasks = JoinSet::new();
        tasks.spawn(writer(write, queue, Arc::clone(&self.flooded)));
        let mut ways: Vec<(usize, Way)> = Vec::new();
        let mut buffer = Vec::new();
        let mut counts: Vec<(String, usize)> = Vec::new();
        loop {
            let Some(mut request) = next_request(&mut read, &mut buffer).await else { return };
            request.connection = number;
            match counts.iter_mut().find(|(method, _)| *method == request.method) {
                Some((_, count)) => {
                    request.nth = *count;
                    *count += 1;
                }
                None => counts.push((request.method.clone(), 1)),
            }
            self.seen.lock().expect("no panics").push(request.clone());
            if request.is_response {
                continue;
            }
            let reply = self.reply(&request, &mut ways, peer).await;
            let plays = request.method == "PLAY" && reply.status.starts_with("200");
            for item in (self.script.tamper)(&request, reply) {
                if send(&out, &ways, item).await.is_none() {
                    return;
                }
            }
            if plays {
                let later = if number > 0 { self.script.show_later.clone() } else { None };
                let show = later.unwrap_or_else(|| self.script.show.clone());
                let (out, ways) = (out.clone(), std::mem::take(&mut ways));
                tasks.spawn(async move {
                    for item in show {
                        if send(&out, &ways, item).await.is_none() {
                            return;
                        }
                    }
                    // The sockets stay open.
                    std::future::pending::<()>().await;
                });
            }
        }
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{base}", &self.base)
    }

    async fn reply(&self, request: &Request, ways: &mut Vec<(usize, Way)>, peer: SocketAddr) -> Reply {
        let script = &self.script;
        let cseq = request.header("CSeq").unwrap_or("0");
        let ok = Reply::new("200 OK").with("CSeq", cseq);
        if let Some(guard) = &script.guard
            && let Some(challenges) = guard.refuses(request)
        {
            let refusal = Reply::new("401 Unauthorized").with("CSeq", cseq);
            return challenges.iter().fold(refusal, |reply, value| reply.with("WWW-Authenticate", value));
        }
        let has = |uris: &[String]| uris.iter().position(|uri| self.fill(uri) == request.uri);
        match request.method.as_str() {
            "DESCRIBE" => {
                if request.uri != self.base {
                    return Reply::new("404 Not Found").with("CSeq", cseq);
                }
                let mut reply = ok.with("Content-Type", "application/sdp");
                if let Some(base) = &script.content_base {
                    reply = reply.with("Content-Base", &self.fill(base));
                }
                reply.body = replace(&script.sdp, b"{base}", self.base.as_bytes());
                reply
            }
            "SETUP" => {
                let Some(medium) = has(&script.setups) else {
                    return Reply::new("404 Stream Not Found").with("CSeq", cseq);
                };
                match self.agree(request.header("Transport").unwrap_or(""), medium, peer).await {
                    Ok((way, transport)) => {
                        ways.push((medium, way));
                        ok.with("Transport", &transport).with("Session", &script.session)
                    }
                    Err(_) => Reply::new("461 Unsupported Transport").with("CSeq", cseq),
                }
            }
            "PLAY" => {
                if has(&script.plays).is_none() {
                    return Reply::new("404 Not Found").with("CSeq", cseq);
                }
                let reply = ok.with("Session", &script.session);
                match &script.rtp_info {
                    Some(info) => reply.with("RTP-Info", &self.fill(info)),
                    None => reply,
                }
            }
            "OPTIONS" => ok.with("Public", "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"),
            _ => ok.with("Session", &script.session),
        }
    }

    async fn agree(&self, asked: &str, medium: usize, peer: SocketAddr) -> Result<(Way, String)> {
        let part = |name: &str| asked.split(';').find_map(|part| part.trim().strip_prefix(name));
        let pair = |text: &str| -> Result<(u16, u16)> {
            let (a, b) = text.split_once('-').context("a pair")?;
            Ok((a.parse()?, b.parse()?))
        };
        match self.script.udp {
            None => {
                let asked = pair(part("interleaved=").context("TCP")?)?;
                let asked = (u8::try_from(asked.0)?, u8::try_from(asked.1)?);
                let (rtp, rtcp) = self.script.channels.get(medium).copied().unwrap_or(asked);
                let text = format!("RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}");
                Ok((Way::Interleaved(rtp, rtcp), text))
            }
            Some(udp) => {
                let (rtp, rtcp) = pair(part("client_port=").context("UDP")?)?;
                let socket = UdpSocket::bind((udp.from, 0)).await?;
                let port = socket.local_addr()?.port();
                let mut text = format!("RTP/AVP;unicast;client_port={rtp}-{rtcp}");
                if udp.says_source {
                    text.push_str(&format!(";source={}", udp.from));
                }
                if udp.says_port {
                    text.push_str(&format!(";server_port={port}-{}", port.wrapping_add(1)));
                }
                Ok((Way::Udp(Arc::new(socket), SocketAddr::new(peer.ip(), rtp)), text))
            }
        }
    }
}

/// `None` when the connection is over.
async fn send(out: &mpsc::Sender<Out>, ways: &[(usize, Way)], item: Out) -> Option<()> {
    let (medium, packet, is_rtcp) = match item {
        Out::Wait(milliseconds) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            return Some(());
        }
        Out::Rtp(medium, packet) => (medium, packet, false),
        Out::Rtcp(medium, packet) => (medium, packet, true),
        other => return out.send(other).await.ok(),
    };
    // Media that nobody set up are not sent.
    let Some((_, way)) = ways.iter().find(|(own, _)| *own == medium) else { return Some(()) };
    match way {
        Way::Interleaved(rtp, rtcp) => {
            let channel = if is_rtcp { *rtcp } else { *rtp };
            out.send(Out::Bytes(frame(channel, &packet))).await.ok()
        }
        Way::Udp(socket, to) => {
            let port = if is_rtcp { to.port() + 1 } else { to.port() };
            let _ = socket.send_to(&packet, SocketAddr::new(to.ip(), port)).await;
            Some(())
        }
    }
}

/// An interleaved frame.
pub fn frame(channel: u8, packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len()).expect("a short packet");
    [&[b'$', channel], &length.to_be_bytes()[..], packet].concat()
}

async fn writer(mut write: OwnedWriteHalf, mut queue: mpsc::Receiver<Out>, flooded: Arc<AtomicU64>) {
    while let Some(item) = queue.recv().await {
        let written = match item {
            Out::Bytes(bytes) => write.write_all(&bytes).await,
            Out::Dribble(bytes) => dribble(&mut write, &bytes).await,
            Out::Flood(bytes) => loop {
                if let Err(error) = write.write_all(&bytes).await {
                    break Err(error);
                }
                flooded.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            },
            _ => break,
        };
        if written.is_err() {
            break;
        }
    }
    let _ = write.shutdown().await;
}

async fn dribble(write: &mut OwnedWriteHalf, bytes: &[u8]) -> std::io::Result<()> {
    for (i, byte) in bytes.iter().enumerate() {
        write.write_all(&[*byte]).await?;
        // Every byte a segment of its own, without taking a second for each message.
        if i % 8 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

/// The next request (or response) of the client; interleaved packets are passed over.
async fn next_request(read: &mut OwnedReadHalf, buffer: &mut Vec<u8>) -> Option<Request> {
    loop {
        while buffer.first() == Some(&b'$') && buffer.len() >= 4 {
            let length = 4 + usize::from(u16::from_be_bytes([buffer[2], buffer[3]]));
            if buffer.len() < length {
                break;
            }
            buffer.drain(..length);
        }
        if buffer.first() != Some(&b'$')
            && let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let text = String::from_utf8_lossy(&buffer[..end]).into_owned();
            buffer.drain(..end + 4);
            let mut lines = text.lines();
            let mut words = lines.next().unwrap_or("").split(' ');
            let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            let is_response = first.starts_with("RTSP/");
            let headers = lines.filter_map(|line| line.split_once(':'));
            return Some(Request {
                method: if is_response { second } else { first }.to_owned(),
                uri: if is_response { "" } else { second }.to_owned(),
                headers: headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect(),
                is_response,
                ..Request::default()
            });
        }
        if read.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

fn replace(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(what.len()).position(|window| window == what) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(with);
        rest = &rest[at + what.len()..];
    }
    out.extend_from_slice(rest);
    out
}
