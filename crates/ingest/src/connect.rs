//! From a source to packets: resolve, connect, DESCRIBE, SETUP, PLAY, each with its time limit.

use crate::bridge::Bridge;
use crate::depay::aac::{AacDepay, parse_config};
use crate::depay::nal::VideoCodec;
use crate::depay::video::VideoDepay;
use crate::failure::{Failure, Step};
use crate::params::ParamSets;
use crate::sdp::Format;
use crate::source::{Limits, Source};
use crate::track::{AudioTrack, VideoTrack};
use easien_model::{AudioParams, Codec, LossReason, Scope, Transport};
use retina::client::{
    Credentials, Described, InitialSequenceNumberPolicy, InitialTimestampPolicy, PlayOptions, Playing,
    Session, SessionGroup, SessionIdPolicy, SessionOptions, SetupOptions, TeardownPolicy,
    UnassignedChannelDataPolicy, UnknownRtcpSsrcPolicy,
};
use secrecy::ExposeSecret;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Url;

/// How long a camera may put away a refused connection, before it is asked again, and how often.
const AFTER_BUSY: Duration = Duration::from_millis(400);
const MOST_BUSY: u32 = 4;

/// How audio is unpacked.
#[derive(Debug)]
pub(crate) enum AudioDepay {
    Aac(AacDepay),
    G711,
}

/// A stream's audio.
#[derive(Debug)]
pub(crate) struct Audio {
    pub(crate) index: usize,
    pub(crate) codec: Codec,
    pub(crate) depay: AudioDepay,
    pub(crate) track: AudioTrack,
}

/// A session that plays.
pub(crate) struct Connected {
    pub(crate) session: Session<Playing>,
    pub(crate) transport: Transport,
    pub(crate) video_index: usize,
    /// The payload type that the description names.
    pub(crate) video_type: u8,
    pub(crate) depay: VideoDepay,
    pub(crate) track: VideoTrack,
    pub(crate) audio: Option<Audio>,
    /// What stands between, if the library does not talk to the camera itself.
    pub(crate) bridge: Option<Bridge>,
}

/// Over which transport, and whether through the bridge. UDP always goes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) transport: Transport,
    pub(crate) bridge: bool,
}

impl Way {
    /// The way to begin with.
    pub(crate) fn first(source: &Source, limits: &Limits) -> Self {
        Self { transport: source.transport.unwrap_or(Transport::Tcp), bridge: limits.always_bridge }
    }

    /// The same by the other transport.
    pub(crate) fn other_transport(self) -> Self {
        let transport = match self.transport {
            Transport::Tcp => Transport::Udp,
            Transport::Udp => Transport::Tcp,
        };
        Self { transport, ..self }
    }

    fn is_bridged(self) -> bool {
        self.bridge || self.transport == Transport::Udp
    }
}

/// Makes a session, over the other transport when the first is refused, through the bridge when the library alone
/// does not get along. `way` is where it begins, and afterwards how it went.
pub(crate) async fn connect(
    source: &Source,
    limits: &Limits,
    way: &mut Way,
    group: &Arc<SessionGroup>,
    scope: &Scope,
) -> Result<Connected, Failure> {
    let (mut other_transport, mut other_bridge, mut busy) = (false, false, 0);
    loop {
        let failure = match connect_so(source, limits, *way, group, scope).await {
            Ok(connected) => return Ok(connected),
            Err(failure) => failure,
        };
        if failure.transport_refused && source.transport.is_none() && !other_transport {
            other_transport = true;
            *way = way.other_transport();
        } else if failure.bridge_may_help && !way.is_bridged() && !other_bridge {
            other_bridge = true;
            way.bridge = true;
        } else if failure.reason == LossReason::Busy && (other_transport || other_bridge) && busy < MOST_BUSY
        {
            // It is still putting away the connection that went wrong just now.
            busy += 1;
            tokio::time::sleep(AFTER_BUSY).await;
        } else {
            // The next try begins without what did not help.
            way.bridge &= !other_bridge;
            return Err(failure);
        }
        tracing::debug!(stream = %source.stream, detail = %failure.detail, ?way, "another way");
    }
}

async fn connect_so(
    source: &Source,
    limits: &Limits,
    way: Way,
    group: &Arc<SessionGroup>,
    scope: &Scope,
) -> Result<Connected, Failure> {
    if way.is_bridged() {
        let bridge = Bridge::open(source, limits, way.transport, scope).await?;
        let url = bridge.url.clone();
        match handshake(source, limits, way, url, group).await {
            Ok(connected) => Ok(Connected { bridge: Some(bridge), ..connected }),
            Err(failure) => Err(bridge.better(failure)),
        }
    } else {
        handshake(source, limits, way, source.url.clone(), group).await
    }
}

async fn handshake(
    source: &Source,
    limits: &Limits,
    way: Way,
    url: Url,
    group: &Arc<SessionGroup>,
) -> Result<Connected, Failure> {
    let transport = way.transport;
    let mut session = describe(source, limits, way, url, group).await?;
    let (video_index, codec) = choose_video(&session).map_err(|failure| {
        // The bridge may understand the video's description where the library leaves it out.
        let named = session.sdp().windows(7).any(|window| window == b"m=video");
        Failure { bridge_may_help: failure.reason == LossReason::NoVideo && named, ..failure }
    })?;
    let control = session.streams().get(video_index).and_then(|stream| stream.control());
    if control.is_some_and(|control| control.host_str().is_none_or(str::is_empty)) {
        // Made from a base that is a path.
        let failure = Failure::new(LossReason::Protocol, Step::Describe, "a control URL without a host");
        return Err(Failure { bridge_may_help: true, ..failure });
    }
    let audio_choice = if limits.audio { choose_audio(&session) } else { None };
    setup(&mut session, video_index, source, limits, transport).await?;
    let mut audio = None;
    if let Some((index, codec)) = audio_choice {
        // A camera may refuse its audio; the picture is worth having alone.
        match setup(&mut session, index, source, limits, transport).await {
            Ok(()) => audio = Some(make_audio(&session, index, codec, source)),
            Err(failure) if failure.reason == LossReason::Timeout => return Err(failure),
            Err(failure) => {
                tracing::debug!(stream = %source.stream, detail = %failure.detail, "audio left out")
            }
        }
    }
    let (depay, track) = make_video(&session, video_index, codec, source);
    let options = PlayOptions::default()
        .initial_timestamp(InitialTimestampPolicy::Ignore)
        .initial_seq(InitialSequenceNumberPolicy::Ignore)
        .unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::ProcessPackets);
    let playing = within(limits.answer, Step::Play, session.play(options)).await?;
    let session = playing.map_err(|error| Failure::library(&error, Step::Play, transport, source))?;
    let video_type = session.streams().get(video_index).map_or(96, retina::client::Stream::rtp_payload_type);
    Ok(Connected { session, transport, video_index, video_type, depay, track, audio, bridge: None })
}

async fn within<T>(limit: Duration, step: Step, work: impl Future<Output = T>) -> Result<T, Failure> {
    timeout(limit, work).await.map_err(|_| Failure::timeout(step))
}

async fn describe(
    source: &Source,
    limits: &Limits,
    way: Way,
    url: Url,
    group: &Arc<SessionGroup>,
) -> Result<Session<Described>, Failure> {
    let mut options = SessionOptions::default()
        .user_agent("Easien".to_owned())
        .session_group(Arc::clone(group))
        .session_id(SessionIdPolicy::UseFirst)
        .unassigned_channel_data(UnassignedChannelDataPolicy::Ignore);
    if way.is_bridged() {
        // The bridge authenticates and says goodbye.
        options = options.teardown(TeardownPolicy::Never);
        let described = within(limits.answer, Step::Describe, Session::describe(url, options)).await?;
        return described.map_err(|error| Failure::library(&error, Step::Describe, way.transport, source));
    }
    resolve(source, limits).await?;
    options = options.teardown(TeardownPolicy::Auto).creds(source.credential.as_ref().map(|credential| {
        Credentials {
            username: credential.username.clone(),
            password: credential.password.expose_secret().to_owned(),
        }
    }));
    let work = Session::describe(url, options);
    tokio::pin!(work);
    // Connecting and asking are one call of the library: when it takes longer than connecting may, a look from beside
    // tells which of the two it is.
    let result = match timeout(limits.connect, &mut work).await {
        Ok(result) => result,
        Err(_) => {
            knock(source, limits).await?;
            within(limits.answer, Step::Describe, work).await?
        }
    };
    let session = result.map_err(|error| Failure::library(&error, Step::Describe, way.transport, source))?;
    if session.tool().is_some_and(retina::client::Tool::has_live555_tcp_bug) {
        // The library would say goodbye to such a camera on new connections, to the address that the camera calls its
        // own, with the credential. The bridge does not.
        let mut failure = Failure::new(LossReason::Protocol, Step::Describe, "an old LIVE555");
        failure.bridge_may_help = true;
        return Err(failure);
    }
    Ok(session)
}

/// The host has an address.
async fn resolve(source: &Source, limits: &Limits) -> Result<(), Failure> {
    match source.url.host() {
        Some(url::Host::Domain(name)) => {
            let port = source.url.port().unwrap_or(554);
            let found = timeout(limits.connect, lookup_host((name, port))).await;
            let found = found.map(|answer| answer.is_ok_and(|mut addresses| addresses.next().is_some()));
            match found {
                Ok(true) => Ok(()),
                Ok(false) => Err(Failure::new(LossReason::Dns, Step::Resolve, "the name has no address")),
                Err(_) => Err(Failure::new(LossReason::Dns, Step::Resolve, "no answer in time")),
            }
        }
        Some(_) => Ok(()),
        None => Err(Failure::new(LossReason::Dns, Step::Resolve, "the URL has no host")),
    }
}

/// Whether anybody opens at all.
async fn knock(source: &Source, limits: &Limits) -> Result<(), Failure> {
    let Some(host) = source.url.host_str() else { return Ok(()) };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = source.url.port().unwrap_or(554);
    match timeout(limits.connect / 2, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Failure::connect(error.raw_os_error(), Step::Connect)),
        Err(_) => {
            Err(Failure::new(LossReason::Unreachable, Step::Connect, "no answer to the connection request"))
        }
    }
}

/// The first video in a codec that is known.
fn choose_video(session: &Session<Described>) -> Result<(usize, VideoCodec), Failure> {
    let mut other = None;
    for (index, stream) in session.streams().iter().enumerate() {
        if stream.media() != "video" {
            continue;
        }
        match stream.encoding_name() {
            "h264" => return Ok((index, VideoCodec::H264)),
            "h265" | "hevc" => return Ok((index, VideoCodec::H265)),
            name => {
                other.get_or_insert_with(|| {
                    name.chars().filter(char::is_ascii_alphanumeric).take(20).collect::<String>()
                });
            }
        }
    }
    Err(match other {
        Some(name) => {
            Failure::new(LossReason::UnsupportedCodec, Step::Describe, format_args!("video is {name}"))
        }
        None => Failure::new(LossReason::NoVideo, Step::Describe, "no video is offered"),
    })
}

fn choose_audio(session: &Session<Described>) -> Option<(usize, Codec)> {
    session.streams().iter().enumerate().find_map(|(index, stream)| {
        let codec = match (stream.media(), stream.encoding_name()) {
            ("audio", "mpeg4-generic") => Codec::Aac,
            ("audio", "pcmu") => Codec::Pcmu,
            ("audio", "pcma") => Codec::Pcma,
            _ => return None,
        };
        Some((index, codec))
    })
}

async fn setup(
    session: &mut Session<Described>,
    index: usize,
    source: &Source,
    limits: &Limits,
    transport: Transport,
) -> Result<(), Failure> {
    // Always interleaved: where the camera sends over UDP, the bridge makes it so.
    let options = SetupOptions::default();
    let answer = within(limits.answer, Step::Setup, session.setup(index, options)).await?;
    answer.map_err(|error| {
        let mut failure = Failure::library(&error, Step::Setup, transport, source);
        if failure.transport_refused {
            failure.reason = LossReason::TransportRefused;
        }
        failure
    })
}

/// The SDP's format parameters of a stream.
fn format(session: &Session<Described>, index: usize) -> Format {
    let streams = session.streams();
    let Some(stream) = streams.get(index) else { return Format::default() };
    let same = |other: &&retina::client::Stream| {
        other.media() == stream.media() && other.rtp_payload_type() == stream.rtp_payload_type()
    };
    let nth = streams.iter().take(index).filter(same).count();
    Format::find(session.sdp(), stream.media(), stream.rtp_payload_type(), nth)
}

fn make_video(
    session: &Session<Described>,
    index: usize,
    codec: VideoCodec,
    source: &Source,
) -> (VideoDepay, VideoTrack) {
    let format = format(session, index);
    let stream = session.streams().get(index);
    let fps = stream.and_then(retina::client::Stream::framerate).filter(|fps| (0.05..=480.0).contains(fps));
    let rate_hz = stream.map_or(90_000, retina::client::Stream::clock_rate_hz);
    let sets = ParamSets::new(codec, &format.parameter_sets(), fps);
    let donl = codec == VideoCodec::H265 && format.has_order_numbers();
    (VideoDepay::new(codec, donl), VideoTrack::new(source.stream, codec, sets, rate_hz))
}

fn make_audio(session: &Session<Described>, index: usize, codec: Codec, source: &Source) -> Audio {
    let format = format(session, index);
    let stream = session.streams().get(index);
    let rtp_rate_hz = stream.map_or(8000, retina::client::Stream::clock_rate_hz);
    let sdp_channels = stream.and_then(retina::client::Stream::channels).map_or(1, std::num::NonZero::get);
    let (config, depay) = match codec {
        Codec::Aac => (format.aac_config(), AudioDepay::Aac(AacDepay::new(format.aac_layout()))),
        _ => (bytes::Bytes::new(), AudioDepay::G711),
    };
    let declared = parse_config(&config);
    let params = AudioParams {
        codec,
        rate_hz: declared.map_or(rtp_rate_hz, |(rate_hz, _, _)| rate_hz),
        channels: declared.map_or(u8::try_from(sdp_channels).unwrap_or(1), |(_, channels, _)| channels),
        config,
    };
    Audio { index, codec, depay, track: AudioTrack::new(source.stream, params, rtp_rate_hz) }
}
