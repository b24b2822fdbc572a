//! The bridge's two ends and what goes between them.

use super::Word;
use super::auth::Auth;
use super::description::tidied;
use super::message::{
    Front, Inlet, Message, answered_channels, interleaved, server_ports, session_timeout_s, stranger,
    tcp_transport, told_source,
};
use super::places::Places;
use super::row::Medium;
use super::udp::Pair;
use crate::failure::{Failure, Step};
use crate::source::{Limits, Source};
use easien_model::{LossReason, Scope, Transport};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

/// Answers that may be missing before the oldest is not waited for any more.
const MOST_PENDING: usize = 8;

/// Frames from UDP that may wait for the library.
const UDP_FRAMES: usize = 1024;

/// How long the camera may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// A request that the camera has not answered.
struct Pending {
    cseq: u32,
    request: Message,
    /// How often it was sent with an `Authorization`.
    signed: u8,
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
    peer: SocketAddr,
    /// How often the camera may still be connected anew before it plays.
    reconnects_left: u8,
    places: Places,
    transport: Transport,
    auth: Auth,
    /// A signed request was accepted.
    proven: bool,
    next_cseq: u32,
    pending: VecDeque<Pending>,
    session: Option<String>,
    playing: bool,
    torn_down: bool,
    get_parameter: Option<bool>,
    keep_alive: Option<Duration>,
    timeout_s: u64,
    /// The media that are set up.
    media: Vec<Medium>,
    /// The camera has answered something.
    answered: bool,
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
        Ok(Self {
            peer: camera.peer_addr()?,
            camera,
            reconnects_left: 2,
            places: Places::new(local_url, source.url.as_str()),
            transport,
            auth: Auth::new(source.credential.clone()),
            proven: false,
            next_cseq: 1,
            pending: VecDeque::new(),
            session: None,
            playing: false,
            torn_down: false,
            get_parameter: None,
            keep_alive: limits.keep_alive,
            timeout_s: 60,
            media: Vec::new(),
            answered: false,
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
                got = from_camera.read(&mut self.camera) => match got {
                    Ok(()) => self.take_from_camera(&mut from_camera, library).await?,
                    Err(error) => {
                        self.look_at_stranger(&from_camera, true)?;
                        self.connect_anew(error).await?;
                        from_camera = Inlet::default();
                    }
                },
                got = from_library.read(library) => {
                    got?;
                    self.take_from_library(&mut from_library, library).await?;
                }
                Some(frame) = self.frames.1.recv() => {
                    // Over UDP the channels are the library's own.
                    let (mut out, channel) = (Vec::with_capacity(frame.len()), frame.get(1).copied());
                    let packet = frame.get(4..).unwrap_or(&[]);
                    for medium in &mut self.media {
                        if channel.is_some_and(|channel| medium.take(channel, packet, &mut out)) {
                            break;
                        }
                    }
                    library.write_all(&out).await?;
                }
                () = sleep_until(keep_alive_at) => {
                    keep_alive_at = Instant::now() + self.keep_alive_every();
                    self.send_keep_alive().await?;
                }
            }
        }
    }

    /// Some cameras close the connection after a 401. Before it plays, another is as good: what was not answered is
    /// asked again.
    async fn connect_anew(&mut self, error: io::Error) -> io::Result<()> {
        if self.playing || self.session.is_some() || self.reconnects_left == 0 {
            return Err(error);
        }
        self.reconnects_left -= 1;
        self.camera = TcpStream::connect(self.peer).await?;
        let unanswered: Vec<Pending> = self.pending.drain(..).collect();
        for pending in unanswered {
            self.send_again(pending.request, pending.signed, pending.whose).await?;
        }
        Ok(())
    }

    fn keep_alive_every(&self) -> Duration {
        let usual = Duration::from_secs((self.timeout_s / 3).clamp(2, 20));
        self.keep_alive.unwrap_or(usual)
    }

    async fn send_keep_alive(&mut self) -> io::Result<()> {
        let Some(session) = self.session.clone().filter(|_| self.playing) else { return Ok(()) };
        let method = if self.get_parameter == Some(true) { "GET_PARAMETER" } else { "OPTIONS" };
        let uri = self.places.base.clone();
        let request = Message::request(method, &uri).with("Session", &session);
        self.send(request, Whose::Own).await
    }

    /// Numbers, signs and sends a request to the camera.
    async fn send(&mut self, request: Message, whose: Whose) -> io::Result<()> {
        self.send_again(request, 0, whose).await
    }

    async fn send_again(&mut self, request: Message, signed: u8, whose: Whose) -> io::Result<()> {
        let cseq = self.next_cseq;
        self.next_cseq = self.next_cseq.wrapping_add(1);
        let signed = signed + u8::from(self.auth.is_known());
        let message =
            self.auth.sign(request.clone()).with("CSeq", &cseq.to_string()).with("User-Agent", "Easien");
        self.pending.push_back(Pending { cseq, request, signed, whose });
        if self.pending.len() > MOST_PENDING {
            self.pending.pop_front();
        }
        match self.camera.write_all(&message.bytes()).await {
            // Closed by the camera: reading will say so, and it is asked again on another connection.
            Err(_) if !self.playing && self.session.is_none() && self.reconnects_left > 0 => Ok(()),
            result => result,
        }
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
        let Some(uri) = self.places.for_camera(uri) else {
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
                    None => tcp_transport(channel),
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

    async fn take_from_camera(&mut self, inlet: &mut Inlet, library: &mut TcpStream) -> io::Result<()> {
        // Packets in a row go on with one write.
        let mut packets = Vec::new();
        loop {
            let front = inlet.front();
            if let Front::Packet { channel, bytes } = front {
                let packet = inlet.bytes(bytes).get(4..).unwrap_or(&[]);
                // Channels that nobody asked for are passed over.
                for medium in &mut self.media {
                    if medium.take(channel, packet, &mut packets) {
                        break;
                    }
                }
                inlet.take(bytes);
                continue;
            }
            if !packets.is_empty() {
                library.write_all(&packets).await?;
                packets.clear();
            }
            match front {
                Front::Packet { bytes, .. } | Front::Noise(bytes) => inlet.take(bytes),
                Front::Incomplete => return self.look_at_stranger(inlet, false),
                Front::Hopeless => {
                    self.leave_word(LossReason::Protocol, "what comes is not RTSP, or without end");
                    return Err(io::ErrorKind::InvalidData.into());
                }
                Front::Message(message, bytes) => {
                    inlet.take(bytes);
                    match message.status() {
                        // "Wait": the answer comes later.
                        Some(100..200) => {}
                        Some(status) => self.camera_answers(message, status, library).await?,
                        None => self.camera_asks(&message).await?,
                    }
                }
            }
        }
    }

    /// Before the first answer: whether it is a camera at all. `ended`: nothing more will come.
    fn look_at_stranger(&self, inlet: &Inlet, ended: bool) -> io::Result<()> {
        let rest = inlet.rest();
        if self.answered {
            return Ok(());
        }
        let begins_right = rest.is_empty() || rest.starts_with(b"RTSP/") || rest.starts_with(b"$");
        let unknown = (ended && !begins_right).then_some("what comes is not RTSP");
        match stranger(rest).or(unknown) {
            Some(who) => {
                self.leave_word(LossReason::Protocol, who);
                Err(io::ErrorKind::InvalidData.into())
            }
            None => Ok(()),
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
        self.answered = true;
        if status == 401 {
            let answerable = self.auth.challenge(&message);
            // A nonce may be old when the credential has been right before. Not more often: wrong tries lock accounts.
            let most = if self.proven { 2 } else { 1 };
            if answerable && pending.signed < most {
                return self.send_again(pending.request, pending.signed, pending.whose).await;
            }
        } else if pending.signed > 0 {
            self.proven = true;
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
            let id = session.split(';').next().unwrap_or("").trim().to_owned();
            self.timeout_s = session_timeout_s(session).unwrap_or(self.timeout_s);
            let id = self.session.get_or_insert(id).clone();
            answer = answer.with("Session", &id);
        }
        match request.method_uri().0 {
            "DESCRIBE" => {
                if let Some(base) =
                    message.header("Content-Base").or_else(|| message.header("Content-Location"))
                {
                    self.places.set_base(base);
                }
                answer = answer
                    .with("Content-Type", "application/sdp")
                    .with("Content-Base", &self.places.local_base());
                let Some(body) = tidied(&message.body) else {
                    self.leave_word(LossReason::Protocol, "the description is none");
                    return head(500);
                };
                answer.body = body;
                answer
            }
            "SETUP" => {
                let transport = message.header("Transport").unwrap_or("");
                let Some((asked, pair)) = setup else { return head(500) };
                match pair {
                    None => {
                        let Some(camera) = answered_channels(transport, asked) else { return head(461) };
                        self.media.push(Medium::new(camera, asked));
                        answer.with("Transport", &tcp_transport(asked))
                    }
                    Some(pair) => {
                        if interleaved(transport).is_some() {
                            return head(461);
                        }
                        let frames = self.frames.0.clone();
                        let from = (self.peer.ip(), told_source(transport));
                        self.scope.spawn("udp", pair.receive(from, server_ports(transport), asked, frames));
                        let camera = (asked, asked.wrapping_add(1));
                        self.media.push(Medium::new(camera, asked));
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

    fn leave_word(&self, reason: LossReason, detail: &str) {
        let mut word = self.word.lock().unwrap_or_else(PoisonError::into_inner);
        word.get_or_insert_with(|| Failure::new(reason, Step::Receive, detail));
    }

    /// TEARDOWN, if there is a session that was not torn down, and a moment for the answer.
    async fn goodbye(&mut self) {
        if let (Some(session), false) = (self.session.clone(), self.torn_down) {
            let uri = self.places.base.clone();
            let request = Message::request("TEARDOWN", &uri).with("Session", &session);
            let farewell = async {
                self.send(request, Whose::Own).await?;
                let mut inlet = Inlet::default();
                loop {
                    inlet.read(&mut self.camera).await?;
                    loop {
                        match inlet.front() {
                            Front::Packet { bytes, .. } | Front::Noise(bytes) => inlet.take(bytes),
                            // Any answer will do: some leave the CSeq out.
                            Front::Message(message, _) if message.status().is_some() => {
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
