//! The bridge's two ends and what goes between them.

use super::Word;
use super::auth::Auth;
use super::message::{Front, Message, front};
use super::udp::Pair;
use crate::failure::{Failure, Step};
use crate::source::{Limits, Source};
use easien_model::{LossReason, Scope, Transport};
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

/// Answers that may be missing before the oldest is not waited for any more.
const MOST_PENDING: usize = 8;

/// Frames from UDP that may wait for the library.
const UDP_FRAMES: usize = 1024;

/// The most that is read at once.
const READ_BYTES: usize = 64 * 1024;

/// How long the camera may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// A request that the camera has not answered.
struct Pending {
    cseq: u32,
    request: Message,
    signed: bool,
    whose: Whose,
}

enum Whose {
    /// The library's, with its own CSeq; for SETUP over UDP the ports, and the channel pair.
    Library { cseq: u32, setup: Option<(u8, Option<Pair>)> },
    /// A keep-alive.
    Own,
}

/// See the module.
pub(crate) struct Relay {
    camera: TcpStream,
    peer: IpAddr,
    /// What the library was told to connect to.
    local_url: String,
    request_url: String,
    base_url: String,
    transport: Transport,
    auth: Auth,
    next_cseq: u32,
    pending: VecDeque<Pending>,
    session: Option<String>,
    playing: bool,
    torn_down: bool,
    get_parameter: Option<bool>,
    keep_alive: Option<Duration>,
    timeout_s: u64,
    channels: Vec<u8>,
    word: Word,
    frames: (mpsc::Sender<Vec<u8>>, mpsc::Receiver<Vec<u8>>),
    scope: Scope,
}

impl Relay {
    pub(crate) fn new(
        camera: TcpStream,
        source: &Source,
        limits: &Limits,
        transport: Transport,
        local_url: String,
        word: Word,
    ) -> io::Result<Self> {
        let url = source.url.as_str().to_owned();
        Ok(Self {
            peer: camera.peer_addr()?.ip(),
            camera,
            local_url,
            request_url: url.clone(),
            base_url: url,
            transport,
            auth: Auth::new(source.credential.clone()),
            next_cseq: 1,
            pending: VecDeque::new(),
            session: None,
            playing: false,
            torn_down: false,
            get_parameter: None,
            keep_alive: limits.keep_alive,
            timeout_s: 60,
            channels: Vec::new(),
            word,
            frames: mpsc::channel(UDP_FRAMES),
            scope: Scope::new("bridge"),
        })
    }

    /// Relays until either side ends or the scope is stopped; then says goodbye to the camera.
    pub(crate) async fn run(mut self, mut library: TcpStream, scope: &Scope) {
        let _ = library.set_nodelay(true);
        let udp = scope.child("bridge udp");
        self.scope = udp.clone();
        tokio::select! {
            () = scope.cancelled() => {}
            result = self.relay(&mut library) => {
                if let Err(error) = result {
                    tracing::debug!(kind = ?error.kind(), "bridge ended");
                }
            }
        }
        drop(library);
        udp.cancel();
        self.goodbye().await;
    }

    async fn relay(&mut self, library: &mut TcpStream) -> io::Result<()> {
        let mut from_camera = Inlet::default();
        let mut from_library = Inlet::default();
        let mut keep_alive_at = Instant::now() + self.keep_alive_every();
        loop {
            tokio::select! {
                got = from_camera.read(&mut self.camera) => {
                    got?;
                    self.take_from_camera(&mut from_camera, library).await?;
                }
                got = from_library.read(library) => {
                    got?;
                    self.take_from_library(&mut from_library, library).await?;
                }
                Some(frame) = self.frames.1.recv() => library.write_all(&frame).await?,
                () = sleep_until(keep_alive_at) => {
                    keep_alive_at = Instant::now() + self.keep_alive_every();
                    self.send_keep_alive().await?;
                }
            }
        }
    }

    fn keep_alive_every(&self) -> Duration {
        let usual = Duration::from_secs((self.timeout_s / 3).clamp(2, 20));
        self.keep_alive.unwrap_or(usual)
    }

    async fn send_keep_alive(&mut self) -> io::Result<()> {
        let Some(session) = self.session.clone().filter(|_| self.playing) else { return Ok(()) };
        let method = if self.get_parameter == Some(true) { "GET_PARAMETER" } else { "OPTIONS" };
        let uri = self.base_url.clone();
        let request = Message::request(method, &uri).with("Session", &session);
        self.send(request, Whose::Own).await
    }

    /// Numbers, signs and sends a request to the camera.
    async fn send(&mut self, request: Message, whose: Whose) -> io::Result<()> {
        let cseq = self.next_cseq;
        self.next_cseq = self.next_cseq.wrapping_add(1);
        let signed = self.auth.is_known();
        let message =
            self.auth.sign(request.clone()).with("CSeq", &cseq.to_string()).with("User-Agent", "Easien");
        self.pending.push_back(Pending { cseq, request, signed, whose });
        if self.pending.len() > MOST_PENDING {
            self.pending.pop_front();
        }
        self.camera.write_all(&message.bytes()).await
    }

    async fn take_from_library(&mut self, inlet: &mut Inlet, library: &mut TcpStream) -> io::Result<()> {
        loop {
            match inlet.front() {
                Front::Packet { bytes, .. } | Front::Noise(bytes) => inlet.take(bytes),
                Front::Incomplete => return Ok(()),
                Front::Hopeless => return Err(io::ErrorKind::InvalidData.into()),
                Front::Message(message, bytes) => {
                    inlet.take(bytes);
                    self.library_asks(message, library).await?;
                }
            }
        }
    }

    async fn library_asks(&mut self, message: Message, library: &mut TcpStream) -> io::Result<()> {
        let (method, uri) = message.method_uri();
        let cseq = message.cseq().unwrap_or(0);
        let Some(uri) = self.camera_uri(uri) else {
            // Somebody else in this machine found the port.
            return Err(io::ErrorKind::PermissionDenied.into());
        };
        let mut request = Message::request(method, &uri);
        let mut setup = None;
        match method {
            "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER" => {
                let answer =
                    Message::response(200, "OK").with("CSeq", &cseq.to_string()).with("Public", "OPTIONS");
                return library.write_all(&answer.bytes()).await;
            }
            "DESCRIBE" => request = request.with("Accept", "application/sdp"),
            "SETUP" => {
                let channel = interleaved(message.header("Transport").unwrap_or("")).unwrap_or(0);
                let pair = match self.transport {
                    Transport::Tcp => None,
                    Transport::Udp => Some(Pair::bind(self.camera.local_addr()?.ip()).await?),
                };
                let transport = match &pair {
                    None => format!("RTP/AVP/TCP;unicast;interleaved={channel}-{}", channel.wrapping_add(1)),
                    Some(pair) => {
                        format!(
                            "RTP/AVP;unicast;client_port={}-{}",
                            pair.rtp_port,
                            pair.rtp_port.wrapping_add(1)
                        )
                    }
                };
                request = request.with("Transport", &transport);
                setup = Some((channel, pair));
            }
            "PLAY" => request = request.with("Range", "npt=0.000-"),
            "TEARDOWN" => self.torn_down = true,
            _ => {}
        }
        if let Some(session) = &self.session {
            request = request.with("Session", session);
        }
        self.send(request, Whose::Library { cseq, setup }).await
    }

    /// The camera's URI for one of the library's: its own port's are translated, absolute ones of the camera stay.
    fn camera_uri(&self, uri: &str) -> Option<String> {
        match uri.strip_prefix(&self.local_url) {
            Some("") => Some(self.request_url.clone()),
            Some("/") => Some(self.base_url.clone()),
            Some(rest) => {
                let slash = if self.base_url.ends_with('/') { "" } else { "/" };
                Some(format!("{}{slash}{}", self.base_url, rest.strip_prefix('/')?))
            }
            // Only after a DESCRIBE that knew the secret can there be absolute ones.
            None if self.next_cseq > 1 => Some(uri.to_owned()),
            None => None,
        }
    }

    async fn take_from_camera(&mut self, inlet: &mut Inlet, library: &mut TcpStream) -> io::Result<()> {
        // Packets in a row go on with one write.
        let mut pass = 0;
        loop {
            match inlet.front_at(pass) {
                Front::Packet { channel, bytes } if self.channels.contains(&channel) => {
                    pass += bytes;
                    continue;
                }
                other => {
                    if pass > 0 {
                        library.write_all(inlet.bytes(pass)).await?;
                        inlet.take(pass);
                        pass = 0;
                    }
                    match other {
                        Front::Packet { bytes, .. } | Front::Noise(bytes) => inlet.take(bytes),
                        Front::Incomplete => return Ok(()),
                        Front::Hopeless => {
                            self.leave_word(LossReason::Protocol, "what comes is not RTSP");
                            return Err(io::ErrorKind::InvalidData.into());
                        }
                        Front::Message(message, bytes) => {
                            inlet.take(bytes);
                            match message.status() {
                                Some(status) => self.camera_answers(message, status, library).await?,
                                None => self.camera_asks(&message).await?,
                            }
                        }
                    }
                }
            }
        }
    }

    /// Some cameras send requests of their own; they get an answer.
    async fn camera_asks(&mut self, message: &Message) -> io::Result<()> {
        let known = matches!(message.method_uri().0, "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER");
        let (status, reason) = if known { (200, "OK") } else { (501, "Not Implemented") };
        let answer = Message::response(status, reason).with("CSeq", message.header("CSeq").unwrap_or("0"));
        self.camera.write_all(&answer.bytes()).await
    }

    async fn camera_answers(
        &mut self,
        message: Message,
        status: u16,
        library: &mut TcpStream,
    ) -> io::Result<()> {
        // By its CSeq; where that is missing or an old one, it answers the oldest request.
        let at = message.cseq().and_then(|cseq| self.pending.iter().position(|pending| pending.cseq == cseq));
        let Some(pending) = self.pending.remove(at.unwrap_or(0)) else { return Ok(()) };
        if status == 401 {
            let answerable = self.auth.challenge(&message);
            // Once more with the new nonce, not for ever: wrong tries lock accounts.
            if answerable && !pending.signed {
                return self.send(pending.request, pending.whose).await;
            }
        }
        match pending.whose {
            Whose::Own => {
                self.note_keep_alive(&pending.request, &message, status);
                Ok(())
            }
            Whose::Library { cseq, setup } => {
                let answer = self.answer_for_library(message, status, cseq, setup, &pending.request);
                library.write_all(&answer.bytes()).await
            }
        }
    }

    fn note_keep_alive(&mut self, request: &Message, message: &Message, status: u16) {
        let good = (200..300).contains(&status);
        if request.method_uri().0 == "GET_PARAMETER" {
            if !good {
                self.get_parameter = Some(false);
            }
        } else if good && self.get_parameter.is_none() {
            let public = message.header("Public").unwrap_or("");
            self.get_parameter = Some(public.contains("GET_PARAMETER"));
        }
    }

    /// What the library is told: the same, in words that it understands, with URLs of the bridge.
    fn answer_for_library(
        &mut self,
        message: Message,
        status: u16,
        cseq: u32,
        setup: Option<(u8, Option<Pair>)>,
        request: &Message,
    ) -> Message {
        let head = |status: u16| Message::response(status, "-").with("CSeq", &cseq.to_string());
        if !(200..300).contains(&status) {
            return head(status);
        }
        let mut answer = head(200);
        if let Some(session) = message.header("Session") {
            let mut parts = session.split(';').map(str::trim);
            let id = parts.next().unwrap_or("").to_owned();
            if let Some(seconds) = parts.find_map(|part| part.strip_prefix("timeout=")?.trim().parse().ok()) {
                self.timeout_s = seconds;
            }
            let id = self.session.get_or_insert(id).clone();
            answer = answer.with("Session", &id);
        }
        match request.method_uri().0 {
            "DESCRIBE" => {
                if let Some(base) =
                    message.header("Content-Base").or_else(|| message.header("Content-Location"))
                {
                    self.base_url = self.absolute(base);
                }
                answer = answer
                    .with("Content-Type", "application/sdp")
                    .with("Content-Base", &format!("{}/", self.local_url));
                answer.body = message.body;
                answer
            }
            "SETUP" => {
                let transport = message.header("Transport").unwrap_or("");
                let Some((asked, pair)) = setup else { return head(500) };
                match pair {
                    None => {
                        let Some(channel) = interleaved(transport) else { return head(461) };
                        self.channels.extend([channel, channel.wrapping_add(1)]);
                        answer.with("Transport", &tcp_transport(channel))
                    }
                    Some(pair) => {
                        if interleaved(transport).is_some() {
                            return head(461);
                        }
                        let frames = self.frames.0.clone();
                        let receive = pair.receive(self.peer, server_ports(transport), asked, frames);
                        self.scope.spawn("udp", receive);
                        answer.with("Transport", &tcp_transport(asked))
                    }
                }
            }
            "PLAY" => {
                self.playing = true;
                answer
            }
            _ => answer,
        }
    }

    /// Some cameras write their base without a scheme, or as a path.
    fn absolute(&self, base: &str) -> String {
        if base.contains("://") {
            base.to_owned()
        } else if base.starts_with('/') || base.is_empty() {
            self.request_url.clone()
        } else {
            format!("rtsp://{base}")
        }
    }

    fn leave_word(&self, reason: LossReason, detail: &str) {
        let mut word = self.word.lock().unwrap_or_else(PoisonError::into_inner);
        word.get_or_insert_with(|| Failure::new(reason, Step::Receive, detail));
    }

    /// TEARDOWN, if there is a session that was not torn down, and a moment for the answer.
    async fn goodbye(&mut self) {
        if let (Some(session), false) = (self.session.clone(), self.torn_down) {
            let uri = self.base_url.clone();
            let request = Message::request("TEARDOWN", &uri).with("Session", &session);
            let farewell = async {
                self.send(request, Whose::Own).await?;
                let cseq = self.next_cseq.wrapping_sub(1);
                let mut inlet = Inlet::default();
                loop {
                    inlet.read(&mut self.camera).await?;
                    loop {
                        match inlet.front() {
                            Front::Packet { bytes, .. } | Front::Noise(bytes) => inlet.take(bytes),
                            Front::Message(message, _) if message.cseq() == Some(cseq) => {
                                return io::Result::Ok(());
                            }
                            Front::Message(_, bytes) => inlet.take(bytes),
                            Front::Incomplete => break,
                            Front::Hopeless => return Ok(()),
                        }
                    }
                }
            };
            // The session is over in any case.
            let _ = timeout(GOODBYE, farewell).await;
        }
    }
}

/// One direction's bytes that are not taken yet.
#[derive(Default)]
struct Inlet {
    buffer: Vec<u8>,
    taken: usize,
}

impl Inlet {
    /// Reads more.
    ///
    /// # Cancel safety
    /// Cancel safe: bytes are in the buffer once they are read.
    async fn read(&mut self, stream: &mut TcpStream) -> io::Result<()> {
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

    fn front(&self) -> Front {
        self.front_at(0)
    }

    fn front_at(&self, offset: usize) -> Front {
        front(self.buffer.get(self.taken + offset..).unwrap_or(&[]))
    }

    fn bytes(&self, count: usize) -> &[u8] {
        self.buffer.get(self.taken..self.taken + count).unwrap_or(&[])
    }

    fn take(&mut self, count: usize) {
        self.taken = (self.taken + count).min(self.buffer.len());
    }
}

fn tcp_transport(channel: u8) -> String {
    format!("RTP/AVP/TCP;unicast;interleaved={channel}-{}", channel.wrapping_add(1))
}

/// The first channel of a `Transport` header.
fn interleaved(transport: &str) -> Option<u8> {
    let value = transport.split(';').find_map(|part| part.trim().strip_prefix("interleaved="))?;
    value.split('-').next()?.trim().parse().ok()
}

/// The server's ports in a `Transport` header.
fn server_ports(transport: &str) -> Option<(u16, u16)> {
    let value = transport.split(';').find_map(|part| part.trim().strip_prefix("server_port="))?;
    let mut ports = value.split('-').map(|port| port.trim().parse::<u16>());
    let rtp = ports.next()?.ok()?;
    let rtcp = ports.next().and_then(Result::ok).or_else(|| rtp.checked_add(1))?;
    Some((rtp, rtcp))
}
