//! One client's connection: requests in, answers and media out.

use super::auth;
use super::playing::{Flow, Playing, Route};
use super::transport::{Offer, offers};
use crate::Mode;
use crate::media::SharedMedia;
use crate::sim::Hub;
use easien_model::StreamKind;
use rtsp_types::headers::{
    AUTHORIZATION, CONTENT_BASE, CONTENT_TYPE, CSEQ, PUBLIC, RANGE, RTP_INFO, SERVER, SESSION, TRANSPORT,
    WWW_AUTHENTICATE,
};
use rtsp_types::{Message, Method, ParseError, Request, Response, ResponseBuilder, StatusCode, Url, Version};
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// A request may be this long.
const MOST_REQUEST_BYTES: usize = 64 * 1024;
/// The session timeout of [`Mode::SetParameterFault`], as of the cameras that have the fault.
const FAULTY_TIMEOUT: Duration = Duration::from_secs(15);

/// An address as it stands in a URL.
pub(crate) fn host_text(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) if address.is_unspecified() => "[::1]".to_owned(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

struct Session {
    id: String,
    stream: usize,
    epoch: u64,
    media: SharedMedia,
    routes: [Option<Route>; 2],
    playing: Option<Playing>,
    timeout: Duration,
}

struct Connection {
    hub: Arc<Hub>,
    peer: SocketAddr,
    local: IpAddr,
    nonce: String,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    buffer: Vec<u8>,
    session: Option<Session>,
    /// The newest sign of life.
    alive: Instant,
    /// The `CSeq` of the request before.
    former_cseq: Option<String>,
    /// Held between DESCRIBE and SETUP, so that it is loaded once.
    described: Option<(usize, SharedMedia)>,
    /// Answers that are held back.
    answers: VecDeque<(Instant, Vec<u8>)>,
}

/// Serves a client until either side closes.
pub(crate) async fn serve(hub: Arc<Hub>, socket: TcpStream, peer: SocketAddr) {
    let local = socket.local_addr().map_or(peer.ip(), |address| address.ip());
    if socket.set_nodelay(true).is_err() {
        return;
    }
    let mut random = [0_u8; 12];
    if getrandom::fill(&mut random).is_err() {
        return;
    }
    let nonce = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let (reader, writer) = socket.into_split();
    hub.counters.open.fetch_add(1, Ordering::Relaxed);
    let mut connection = Connection {
        hub,
        peer,
        local,
        nonce,
        reader,
        writer,
        buffer: Vec::new(),
        session: None,
        alive: Instant::now(),
        former_cseq: None,
        described: None,
        answers: VecDeque::new(),
    };
    let ended = connection.run().await;
    tracing::debug!(%peer, ?ended, "connection ended");
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stop_playing();
        self.hub.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a request's URL names.
struct Target {
    stream: usize,
    track: Option<usize>,
}

impl Connection {
    async fn run(&mut self) -> io::Result<()> {
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer);
        loop {
            let deadline = tokio::time::Instant::from_std(self.deadline());
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            tokio::select! {
                biased;
                () = &mut timer => {
                    if self.wake().await? == Flow::Close {
                        return Ok(());
                    }
                }
                read = self.reader.read_buf(&mut self.buffer) => {
                    if read? == 0 || self.parse().await? == Flow::Close {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn timeout(&self) -> Duration {
        self.session.as_ref().map_or(self.hub.session_timeout, |session| session.timeout)
    }

    fn deadline(&self) -> Instant {
        let idle = self.alive + self.timeout();
        let media = self.session.as_ref().and_then(|session| Some(session.playing.as_ref()?.due()));
        let answer = self.answers.front().map(|(at, _)| *at);
        [media, answer].into_iter().flatten().fold(idle, Instant::min)
    }

    /// Something is due: media, a late answer, or the end.
    async fn wake(&mut self) -> io::Result<Flow> {
        let now = Instant::now();
        while let Some((_, answer)) = self.answers.pop_front_if(|(at, _)| *at <= now) {
            self.writer.write_all(&answer).await?;
        }
        if now.saturating_duration_since(self.alive) >= self.timeout() {
            if self.session.is_some() {
                self.hub.counters.timeouts.fetch_add(1, Ordering::Relaxed);
            }
            return Ok(Flow::Close);
        }
        let Some(session) = &mut self.session else { return Ok(Flow::Continue) };
        let stream = &self.hub.streams[session.stream];
        if stream.epoch.load(Ordering::Acquire) != session.epoch {
            return Ok(Flow::Close);
        }
        match &mut session.playing {
            Some(playing) if playing.due() <= now + Duration::from_millis(1) => {
                playing.send(&self.hub, stream, &mut self.writer).await
            }
            _ => Ok(Flow::Continue),
        }
    }

    /// Handles the whole messages in the buffer.
    async fn parse(&mut self) -> io::Result<Flow> {
        loop {
            let start = self.buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.buffer.drain(..start);
            if self.buffer.is_empty() {
                return Ok(Flow::Continue);
            }
            match Message::<Vec<u8>>::parse(&self.buffer) {
                Ok((message, used)) => {
                    self.buffer.drain(..used);
                    self.alive = Instant::now();
                    if let Message::Request(request) = message
                        && self.request(&request).await? == Flow::Close
                    {
                        return Ok(Flow::Close);
                    }
                }
                Err(ParseError::Incomplete(_)) if self.buffer.len() < MOST_REQUEST_BYTES => {
                    return Ok(Flow::Continue);
                }
                Err(_) => {
                    let answer = Response::builder(Version::V1_0, StatusCode::BadRequest).build(Vec::new());
                    self.send(&answer).await?;
                    return Ok(Flow::Close);
                }
            }
        }
    }

    async fn send(&mut self, answer: &Response<Vec<u8>>) -> io::Result<()> {
        let mut bytes = Vec::new();
        answer.write(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        self.writer.write_all(&bytes).await
    }

    fn target(&self, url: Option<&Url>) -> Option<Target> {
        let mut parts = url?.path_segments()?;
        let code = parts.next()?;
        let which = match parts.next()? {
            "main" => StreamKind::Main,
            "sub" => StreamKind::Sub,
            _ => return None,
        };
        let track = parts.next().and_then(|part| part.strip_prefix("trackID=")?.parse().ok());
        Some(Target { stream: self.hub.find(code, which)?, track })
    }

    async fn request(&mut self, request: &Request<Vec<u8>>) -> io::Result<Flow> {
        let target = self.target(request.request_uri());
        let named =
            target.as_ref().map(|target| target.stream).or(self.session.as_ref().map(|one| one.stream));
        let mode = named.map_or(Mode::None, |stream| self.hub.streams[stream].mode());
        let cseq = request.header(&CSEQ).map(|value| value.as_str().to_owned());
        let former = std::mem::replace(&mut self.former_cseq, cseq.clone());
        if mode == Mode::Silent {
            return Ok(Flow::Continue);
        }
        let mut flow = Flow::Continue;
        let mut answer = if self.allowed(request, mode) {
            match request.method() {
                Method::Options => self.options(mode),
                Method::Describe => self.describe(request, target, mode).await,
                Method::Setup => self.setup(request, target, mode).await,
                Method::Play => self.play(request, mode),
                Method::Pause => self.pause(request),
                Method::SetParameter if mode == Mode::SetParameterFault => {
                    builder(StatusCode::BadRequest).build(Vec::new())
                }
                Method::GetParameter | Method::SetParameter => self.keep_alive(request),
                Method::Teardown => {
                    self.stop_playing();
                    self.session = None;
                    self.hub.counters.teardowns.fetch_add(1, Ordering::Relaxed);
                    flow = Flow::Close;
                    builder(StatusCode::Ok).build(Vec::new())
                }
                _ => builder(StatusCode::NotImplemented).build(Vec::new()),
            }
        } else {
            self.hub.counters.unauthorized.fetch_add(1, Ordering::Relaxed);
            let qop = mode != Mode::DigestWithoutQop;
            let challenge = auth::challenge(self.hub.auth, &self.nonce, qop);
            builder(StatusCode::Unauthorized).header(WWW_AUTHENTICATE, challenge).build(Vec::new())
        };
        let faulty = mode == Mode::SetParameterFault && *request.method() == Method::SetParameter;
        let shown = if faulty { former.or(cseq) } else { cseq };
        let hidden = mode == Mode::NoCseqIn401 && answer.status() == StatusCode::Unauthorized;
        if let (Some(cseq), false) = (shown, hidden) {
            answer.insert_header(CSEQ, cseq);
        }
        if let Mode::SlowAnswers(millis) = mode {
            let mut bytes = Vec::new();
            answer.write(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
            self.answers.push_back((Instant::now() + Duration::from_millis(millis), bytes));
        } else {
            self.send(&answer).await?;
        }
        Ok(flow)
    }

    fn allowed(&self, request: &Request<Vec<u8>>, mode: Mode) -> bool {
        if mode == Mode::Unauthorized {
            return false;
        }
        // OPTIONS is free, as with most cameras: clients ask it before they know that they need a password.
        if *request.method() == Method::Options {
            return true;
        }
        let header = request.header(&AUTHORIZATION).map(|value| value.as_str());
        let method: &str = request.method().into();
        auth::check(self.hub.auth, &self.hub.credential(), &self.nonce, method, header)
    }

    fn options(&self, mode: Mode) -> Response<Vec<u8>> {
        let methods = match mode {
            // Clients prefer GET_PARAMETER where it is offered; the cameras with the fault do not offer it.
            Mode::SetParameterFault => "OPTIONS, DESCRIBE, SETUP, PLAY, SET_PARAMETER, TEARDOWN",
            _ => "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN",
        };
        let builder = builder(StatusCode::Ok).header(PUBLIC, methods);
        match &self.session {
            Some(session) => builder.header(SESSION, session.id.clone()).build(Vec::new()),
            None => builder.build(Vec::new()),
        }
    }

    async fn describe(
        &mut self,
        request: &Request<Vec<u8>>,
        target: Option<Target>,
        mode: Mode,
    ) -> Response<Vec<u8>> {
        let (Some(target), Some(url)) = (target, request.request_uri()) else {
            return builder(StatusCode::NotFound).build(Vec::new());
        };
        if mode == Mode::NotFound {
            return builder(StatusCode::NotFound).build(Vec::new());
        }
        let media = match self.hub.media(target.stream, mode).await {
            Ok(media) => media,
            Err(error) => return broken(&error),
        };
        let base = plain(url);
        let host = self.local.to_string();
        let body = media.describe(&base, &host);
        self.described = Some((target.stream, media));
        builder(StatusCode::Ok)
            .header(CONTENT_TYPE, "application/sdp")
            .header(CONTENT_BASE, format!("{base}/"))
            .build(body)
    }

    async fn setup(
        &mut self,
        request: &Request<Vec<u8>>,
        target: Option<Target>,
        mode: Mode,
    ) -> Response<Vec<u8>> {
        let Some(target) = target.filter(|_| mode != Mode::NotFound) else {
            return builder(StatusCode::NotFound).build(Vec::new());
        };
        if self.session.as_ref().is_some_and(|session| session.stream != target.stream) {
            return builder(StatusCode::AggregateOperationNotAllowed).build(Vec::new());
        }
        let header = request.header(&TRANSPORT).map(|value| value.as_str().to_owned()).unwrap_or_default();
        let offer = offers(&header).into_iter().find(|offer| match offer {
            Offer::Interleaved(_) => mode != Mode::RefuseTcp,
            Offer::Udp(..) => mode != Mode::RefuseUdp,
        });
        let Some(offer) = offer else {
            return builder(StatusCode::UnsupportedTransport).build(Vec::new());
        };
        let media = match self.described.take() {
            Some((stream, media)) if stream == target.stream => media,
            _ => match self.hub.media(target.stream, mode).await {
                Ok(media) => media,
                Err(error) => return broken(&error),
            },
        };
        self.described = Some((target.stream, media.clone()));
        let index = target.track.unwrap_or(usize::from(media.video.is_none()));
        let exists = [media.video.is_some(), media.audio.is_some()].get(index).copied().unwrap_or(false);
        if !exists {
            return builder(StatusCode::NotFound).build(Vec::new());
        }
        let (route, transport) = self.route(offer, index);
        let hub = self.hub.clone();
        let timeout = if mode == Mode::SetParameterFault {
            FAULTY_TIMEOUT.min(self.hub.session_timeout)
        } else {
            hub.session_timeout
        };
        let nonce = &self.nonce;
        let session = self.session.get_or_insert_with(|| Session {
            id: nonce.chars().rev().take(8).collect(),
            stream: target.stream,
            epoch: hub.streams[target.stream].epoch.load(Ordering::Acquire),
            media,
            routes: [None, None],
            playing: None,
            timeout,
        });
        if session.playing.is_some() {
            return builder(StatusCode::MethodNotValidInThisState).build(Vec::new());
        }
        session.routes[index] = Some(route);
        self.hub.counters.setups.fetch_add(1, Ordering::Relaxed);
        builder(StatusCode::Ok)
            .header(TRANSPORT, transport)
            .header(SESSION, format!("{};timeout={}", session.id, session.timeout.as_secs().max(1)))
            .build(Vec::new())
    }

    /// The way to the client and how the answer words it.
    fn route(&self, offer: Offer, index: usize) -> (Route, String) {
        match offer {
            Offer::Interleaved(channels) => {
                let own = u8::try_from(index * 2).unwrap_or(0);
                let (rtp, rtcp) = channels.unwrap_or((own, own + 1));
                (Route::Interleaved(rtp, rtcp), format!("RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}"))
            }
            Offer::Udp(rtp, rtcp) => {
                let port =
                    |socket: &tokio::net::UdpSocket| socket.local_addr().map_or(0, |address| address.port());
                let text = format!(
                    "RTP/AVP;unicast;client_port={rtp}-{rtcp};server_port={}-{}",
                    port(&self.hub.rtp),
                    port(&self.hub.rtcp)
                );
                let to = |port| SocketAddr::new(self.peer.ip(), port);
                (Route::Udp(to(rtp), to(rtcp)), text)
            }
        }
    }

    fn play(&mut self, request: &Request<Vec<u8>>, mode: Mode) -> Response<Vec<u8>> {
        if !self.has_session(request) {
            return builder(StatusCode::SessionNotFound).build(Vec::new());
        }
        let base = request.request_uri().map(plain).unwrap_or_default();
        let Some(session) = &mut self.session else {
            return builder(StatusCode::SessionNotFound).build(Vec::new());
        };
        let answer = builder(StatusCode::Ok).header(SESSION, session.id.clone());
        if session.playing.is_some() {
            return answer.build(Vec::new());
        }
        let Some((playing, begins)) =
            Playing::begin(&self.hub, session.stream, &session.media, session.routes, mode)
        else {
            return builder(StatusCode::MethodNotValidInThisState).build(Vec::new());
        };
        session.playing = Some(playing);
        self.hub.counters.plays.fetch_add(1, Ordering::Relaxed);
        self.hub.streams[session.stream].clients.fetch_add(1, Ordering::Relaxed);
        let info: Vec<String> = begins
            .iter()
            .map(|begin| {
                let track = u8::from(!begin.video);
                format!("url={base}/trackID={track};seq={};rtptime={}", begin.sequence, begin.rtp_time)
            })
            .collect();
        answer.header(RANGE, "npt=0.000-").header(RTP_INFO, info.join(",")).build(Vec::new())
    }

    fn stop_playing(&mut self) {
        if let Some(session) = &mut self.session
            && session.playing.take().is_some()
        {
            self.hub.streams[session.stream].clients.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn pause(&mut self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        if !self.has_session(request) {
            return builder(StatusCode::SessionNotFound).build(Vec::new());
        }
        self.stop_playing();
        self.keep_alive(request)
    }

    /// Whether the request is about the session of this connection.
    fn has_session(&self, request: &Request<Vec<u8>>) -> bool {
        let named = request.header(&SESSION).map(|value| value.as_str());
        let id = named.and_then(|value| value.split(';').next()).map(str::trim);
        self.session.as_ref().is_some_and(|session| id == Some(&session.id))
    }

    fn keep_alive(&self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        if request.header(&SESSION).is_some() && !self.has_session(request) {
            return builder(StatusCode::SessionNotFound).build(Vec::new());
        }
        match &self.session {
            Some(session) => builder(StatusCode::Ok).header(SESSION, session.id.clone()).build(Vec::new()),
            None => builder(StatusCode::Ok).build(Vec::new()),
        }
    }
}

fn builder(status: StatusCode) -> ResponseBuilder {
    let builder = Response::builder(Version::V1_0, status);
    let builder = if status == StatusCode::UnsupportedTransport {
        builder.reason_phrase("Unsupported Transport")
    } else {
        builder
    };
    builder.header(SERVER, "camsim")
}

fn broken(error: &crate::Error) -> Response<Vec<u8>> {
    tracing::error!(%error, "media");
    builder(StatusCode::InternalServerError).build(Vec::new())
}

/// A URL without credentials, query and the slash at its end.
fn plain(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only for URLs that cannot have them.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.as_str().trim_end_matches('/').to_owned()
}
