//! The simulator: its options, its cameras, and how they are changed while they run.

use crate::clip::cache::Cache;
use crate::clip::encode::Recipe;
use crate::clip::{Variant, given};
use crate::error::Error;
use crate::media::{Media, Origin, SharedMedia};
use crate::rtsp::auth::{Auth, Credential};
use crate::rtsp::connection;
use crate::{Mode, roster};
use easien_model::{Codec, Scope, StreamKind};
use secrecy::SecretString;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, UdpSocket};

/// How to start a [`Sim`].
#[derive(Clone, Debug)]
pub struct Options {
    /// How many cameras, 1 to [`roster::MOST`].
    pub cameras: u16,
    /// Where to listen.
    pub listen: IpAddr,
    /// The RTSP port; 0: any free one.
    pub port: u16,
    /// The folder for drawn clips; several processes may share one.
    pub cache: PathBuf,
    /// A folder of media files to serve instead of drawn scenes.
    pub clips: Option<PathBuf>,
    /// Which authentication the cameras want.
    pub auth: Auth,
    /// User name and password of all cameras.
    pub credential: Credential,
    /// Small pictures (sub 320x180, main 640x360) and short loops (4 s): quick to draw, for tests.
    pub small: bool,
    /// Draw all main streams before being ready, instead of each when first asked for.
    pub prepare_mains: bool,
    /// How long a session lives without a sign of life.
    pub session_timeout: Duration,
    /// Modes to begin with: camera code, stream, mode.
    pub modes: Vec<(String, StreamKind, Mode)>,
    /// Told after each prepared clip: how many of how many.
    pub progress: Option<fn(usize, usize)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cameras: 1,
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            cache: PathBuf::from("target/camsim"),
            clips: None,
            auth: Auth::None,
            credential: Credential { username: "admin".to_owned(), password: SecretString::from("camsim") },
            small: false,
            prepare_mains: false,
            session_timeout: Duration::from_secs(60),
            modes: vec![],
            progress: None,
        }
    }
}

/// A simulated camera, as somebody who adds it needs it.
#[derive(Clone, Debug)]
pub struct Camera {
    /// Code, name, unit, place.
    pub entry: roster::Entry,
    /// URL of the main stream, without credentials.
    pub main_url: String,
    /// URL of the sub stream, without credentials.
    pub sub_url: String,
    /// How far this camera's frame 0 lies before [`Sim::started`], so that cameras do not send at the same moment.
    pub phase: Duration,
}

/// What has happened so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// TCP connections accepted.
    pub connections: u64,
    /// Connections open now.
    pub open: u64,
    /// Successful SETUPs.
    pub setups: u64,
    /// Successful PLAYs.
    pub plays: u64,
    /// TEARDOWNs.
    pub teardowns: u64,
    /// Requests answered with 401.
    pub unauthorized: u64,
    /// Sessions closed because the client gave no sign of life.
    pub timeouts: u64,
    /// Access units sent, all clients.
    pub frames: u64,
    /// Access units not sent because a client read too slowly.
    pub skipped: u64,
    /// Each stream of each camera.
    pub streams: Vec<StreamStats>,
}

/// What one stream has done so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamStats {
    /// The camera's code.
    pub code: String,
    /// Which of its streams.
    pub which: StreamKind,
    /// Clients playing it now.
    pub clients: u64,
    /// Access units sent, all clients.
    pub frames: u64,
    /// Number of the newest frame sent (counted over all rounds of the loop), if any was.
    pub last_frame: Option<u64>,
    /// When it was sent, in microseconds since 1970 UTC.
    pub last_sent_micros: Option<i64>,
}

/// Counters shared by all connections.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub connections: AtomicU64,
    pub open: AtomicU64,
    pub setups: AtomicU64,
    pub plays: AtomicU64,
    pub teardowns: AtomicU64,
    pub unauthorized: AtomicU64,
    pub timeouts: AtomicU64,
    pub skipped: AtomicU64,
}

/// One stream of one camera.
#[derive(Debug)]
pub(crate) struct Stream {
    pub number: u16,
    pub which: StreamKind,
    origin: Origin,
    audio: Option<Codec>,
    mode: Mutex<Mode>,
    /// Counts mode changes, so that a connection sees cheaply that there was one.
    pub changes: AtomicU64,
    /// Counts the changes that end running sessions.
    pub epoch: AtomicU64,
    pub clients: AtomicU64,
    pub frames: AtomicU64,
    /// -1: none yet.
    pub last_frame: AtomicI64,
    pub last_sent_micros: AtomicI64,
}

impl Stream {
    pub fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Shelf = HashMap<(usize, &'static str), Arc<tokio::sync::Mutex<Weak<Media>>>>;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Hub {
    pub auth: Auth,
    credential: Mutex<Credential>,
    pub streams: Vec<Stream>,
    pub counters: Counters,
    pub started: Instant,
    pub session_timeout: Duration,
    pub rtp: UdpSocket,
    pub rtcp: UdpSocket,
    cache: Cache,
    shelf: Mutex<Shelf>,
    /// How many clips are drawn at once.
    drawing: tokio::sync::Semaphore,
    scope: Scope,
}

/// How far a camera's frame 0 lies before the start: spread over a GOP, so that neither frames nor key frames of 240
/// cameras come in one burst.
fn phase(number: u16) -> Duration {
    const GOLDEN: f64 = 0.618_033_988_75;
    Duration::from_secs_f64((f64::from(number - 1) * GOLDEN).fract() * 2.0)
}

impl Hub {
    pub fn credential(&self) -> Credential {
        self.credential.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn find(&self, code: &str, which: StreamKind) -> Option<usize> {
        self.streams
            .iter()
            .position(|stream| stream.which == which && format!("C{:03}", stream.number) == code)
    }

    /// Seconds of the stream's own time at an instant.
    pub fn stream_s(&self, stream: usize, at: Instant) -> f64 {
        (at.saturating_duration_since(self.started) + phase(self.streams[stream].number)).as_secs_f64()
    }

    /// The media of a stream in a mode: loaded by the first who asks, shared while anybody holds it.
    pub async fn media(self: &Arc<Self>, stream: usize, mode: Mode) -> Result<SharedMedia, Error> {
        let mode = mode.of_media();
        let place = {
            let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
            shelf.entry((stream, mode.name())).or_default().clone()
        };
        // A task of its own, which goes on when the client who asked loses patience: the next one finds the clip drawn.
        let (to, from) = tokio::sync::oneshot::channel();
        let hub = self.clone();
        self.scope.spawn("media", async move {
            // Held over the loading on purpose: the others who want the same clip wait for it instead of loading it too.
            let mut held = place.lock().await;
            if let Some(media) = held.upgrade() {
                let _ = to.send(Ok(media));
                return;
            }
            let _permit = hub.drawing.acquire().await;
            let own = hub.clone();
            let loading = tokio::task::spawn_blocking(move || {
                let stream = &own.streams[stream];
                Media::load(&stream.origin, stream.audio, mode, &own.cache)
            });
            let loaded = loading.await.map_err(|error| Error::Options(format!("loading ended: {error}")));
            let loaded = loaded.and_then(|loaded| loaded).map(Arc::new);
            if let Ok(media) = &loaded {
                *held = Arc::downgrade(media);
            }
            let _ = to.send(loaded);
        });
        from.await.map_err(|_| Error::Options("the simulator stops".to_owned()))?
    }
}

/// The running simulated cameras. Dropping it stops them without saying goodbye; [`Sim::stop`] waits.
#[derive(Debug)]
pub struct Sim {
    hub: Arc<Hub>,
    scope: Scope,
    address: SocketAddr,
    cameras: Vec<Camera>,
}

impl Sim {
    /// Draws and encodes what is not in the cache yet (the sub streams; the main streams when first asked for) and
    /// starts serving. Call it in a tokio runtime.
    ///
    /// # Errors
    /// When an option is wrong, the port is taken, or `ffmpeg` cannot be run.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        if options.cameras == 0 || options.cameras > roster::MOST {
            return Err(Error::Options(format!("cameras: 1 to {}", roster::MOST)).into());
        }
        let cache = Cache::new(&options.cache)?;
        let given = options.clips.as_deref().map(given::list).transpose()?;
        let streams = (1..=options.cameras)
            .flat_map(|number| [StreamKind::Main, StreamKind::Sub].map(|which| (number, which)))
            .map(|(number, which)| stream(number, which, given.as_deref(), &options))
            .collect();
        let listener = TcpListener::bind((options.listen, options.port)).await.map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let (rtp, rtcp) = udp_pair(options.listen).await?;
        let scope = Scope::new("camsim");
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let hub = Arc::new(Hub {
            auth: options.auth,
            credential: Mutex::new(options.credential.clone()),
            streams,
            counters: Counters::default(),
            started: Instant::now(),
            session_timeout: options.session_timeout,
            rtp,
            rtcp,
            cache,
            shelf: Mutex::new(HashMap::new()),
            drawing: tokio::sync::Semaphore::new(threads),
            scope: scope.clone(),
        });
        let host = crate::rtsp::connection::host_text(address.ip());
        let cameras = (1..=options.cameras).map(|number| {
            let entry = roster::entry(number);
            let url = |which: &str| format!("rtsp://{host}:{}/{}/{which}", address.port(), entry.code);
            Camera { main_url: url("main"), sub_url: url("sub"), phase: phase(number), entry }
        });
        let sim = Self { cameras: cameras.collect(), address, scope, hub };
        for (code, which, mode) in &options.modes {
            sim.set_mode(code, *which, *mode)?;
        }
        sim.prepare(&options).await?;
        let hub = sim.hub.clone();
        let connections = sim.scope.clone();
        sim.scope.spawn("accept", async move {
            loop {
                match listener.accept().await {
                    Ok((socket, peer)) => {
                        hub.counters.connections.fetch_add(1, Ordering::Relaxed);
                        connections.spawn("connection", connection::serve(hub.clone(), socket, peer));
                    }
                    Err(error) => {
                        // Out of descriptors, most likely: let some go first.
                        tracing::warn!(%error, "accept");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        });
        Ok(sim)
    }

    /// Draws what is asked for before being ready, as many at a time as there are processors.
    async fn prepare(&self, options: &Options) -> anyhow::Result<()> {
        let recipes: Vec<Recipe> = self
            .hub
            .streams
            .iter()
            .filter(|stream| stream.which == StreamKind::Sub || options.prepare_mains)
            .filter_map(|stream| match stream.origin {
                Origin::Drawn(recipe) => Some(recipe),
                Origin::Given(_) => None,
            })
            .collect();
        let total = recipes.len();
        let done = AtomicUsize::new(0);
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let jobs = recipes.into_iter().map(|recipe| {
            let hub = self.hub.clone();
            let done = &done;
            async move {
                tokio::task::spawn_blocking(move || recipe.prepare(&hub.cache)).await??;
                let count = done.fetch_add(1, Ordering::Relaxed) + 1;
                if let Some(progress) = options.progress {
                    progress(count, total);
                }
                anyhow::Ok(())
            }
        });
        use futures::{StreamExt, TryStreamExt};
        futures::stream::iter(jobs).buffer_unordered(threads).try_collect::<()>().await
    }

    /// The cameras, in order.
    #[must_use]
    pub fn cameras(&self) -> &[Camera] {
        &self.cameras
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Frame `n` of a stream is sent at this instant + n / fps - the camera's phase, with RTP time n * 90000 / fps.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.hub.started
    }

    /// User name and password as they are now.
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.hub.credential()
    }

    /// Changes how a stream behaves, from now on. Where the change shows only to a new session, the running ones are
    /// closed, as by a camera whose settings were changed.
    ///
    /// # Errors
    /// [`Error::Options`] when there is no such camera, or a given clip cannot be served that way.
    pub fn set_mode(&self, code: &str, which: StreamKind, mode: Mode) -> Result<(), Error> {
        let index = self.hub.find(code, which).ok_or_else(|| Error::Options(format!("no camera {code}")))?;
        let stream = &self.hub.streams[index];
        if mode.needs_drawing() && matches!(stream.origin, Origin::Given(_)) {
            return Err(Error::Options(format!("{mode} is for drawn scenes, not for given clips")));
        }
        let old = std::mem::replace(&mut *stream.mode.lock().unwrap_or_else(PoisonError::into_inner), mode);
        if old != mode {
            if old.needs_new_session() || mode.needs_new_session() {
                stream.epoch.fetch_add(1, Ordering::Release);
            }
            stream.changes.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }

    /// Changes the password of all cameras and closes the running sessions: whoever comes back with the old one gets
    /// 401.
    pub fn set_password(&self, password: SecretString) {
        self.hub.credential.lock().unwrap_or_else(PoisonError::into_inner).password = password;
        for stream in &self.hub.streams {
            stream.epoch.fetch_add(1, Ordering::Release);
            stream.changes.fetch_add(1, Ordering::Release);
        }
    }

    /// What has happened so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let counters = &self.hub.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let streams: Vec<StreamStats> = self.hub.streams.iter().map(stream_stats).collect();
        Stats {
            connections: read(&counters.connections),
            open: read(&counters.open),
            setups: read(&counters.setups),
            plays: read(&counters.plays),
            teardowns: read(&counters.teardowns),
            unauthorized: read(&counters.unauthorized),
            timeouts: read(&counters.timeouts),
            frames: streams.iter().map(|stream| stream.frames).sum(),
            skipped: read(&counters.skipped),
            streams,
        }
    }

    /// Closes everything and waits for it.
    pub async fn stop(self) {
        self.scope.stop(Duration::from_secs(5)).await;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.scope.cancel();
    }
}

fn stream_stats(stream: &Stream) -> StreamStats {
    let last = stream.last_frame.load(Ordering::Relaxed);
    let sent = u64::try_from(last).ok();
    StreamStats {
        code: format!("C{:03}", stream.number),
        which: stream.which,
        clients: stream.clients.load(Ordering::Relaxed),
        frames: stream.frames.load(Ordering::Relaxed),
        last_frame: sent,
        last_sent_micros: sent.map(|_| stream.last_sent_micros.load(Ordering::Relaxed)),
    }
}

fn stream(number: u16, which: StreamKind, given: Option<&[PathBuf]>, options: &Options) -> Stream {
    // A main stream in H.265 takes four times as long to encode.
    let h265 = match which {
        StreamKind::Main => number % 16 == 8,
        StreamKind::Sub => number.is_multiple_of(4),
    };
    let codec = if h265 { Codec::H265 } else { Codec::H264 };
    let origin = match given {
        Some(files) => Origin::Given(files[usize::from(number - 1) % files.len()].clone()),
        None => Origin::Drawn(Recipe {
            camera: number,
            which,
            codec,
            variant: Variant::Usual,
            small: options.small,
        }),
    };
    let audio = match number % 10 {
        0 | 5 => Some(Codec::Aac),
        2 => Some(Codec::Pcma),
        7 => Some(Codec::Pcmu),
        _ => None,
    };
    Stream {
        number,
        which,
        origin,
        audio,
        mode: Mutex::new(Mode::None),
        changes: AtomicU64::new(0),
        epoch: AtomicU64::new(0),
        clients: AtomicU64::new(0),
        frames: AtomicU64::new(0),
        last_frame: AtomicI64::new(-1),
        last_sent_micros: AtomicI64::new(0),
    }
}

/// Two UDP sockets on an even port and the next, as RTP wants it.
async fn udp_pair(listen: IpAddr) -> Result<(UdpSocket, UdpSocket), Error> {
    let mut last = None;
    for _ in 0..100 {
        let rtp = UdpSocket::bind((listen, 0)).await.map_err(Error::Listen)?;
        let port = rtp.local_addr().map_err(Error::Listen)?.port();
        if port % 2 == 1 || port == u16::MAX {
            continue;
        }
        match UdpSocket::bind((listen, port + 1)).await {
            Ok(rtcp) => return Ok((rtp, rtcp)),
            Err(error) => last = Some(error),
        }
    }
    Err(Error::Listen(last.unwrap_or_else(|| std::io::Error::other("no pair of UDP ports is free"))))
}
