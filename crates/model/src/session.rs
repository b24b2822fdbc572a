//! A session's state and figures, as ingest knows them and the screen shows them.

use crate::{Codec, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// RTP interleaved in the RTSP connection (RFC 2326 section 10.12).
    Tcp,
    /// RTP over UDP.
    Udp,
}

/// Where a session is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SessionPhase {
    /// Not wanted by anybody, or stopped by a person.
    Idle,
    /// Waiting for its turn (the global SETUP rate limit) or for answers.
    Connecting,
    /// Samples arrive.
    Live,
    /// Connected, but no sample for longer than the stall limit.
    Stalled,
    /// Lost; the next try is at [`SessionState::next_try`].
    Retrying,
}

/// Why a session was lost or could not be made. One sentence each in the page's catalogue (`loss_...`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// The name has no address.
    Dns,
    /// The host has no route or does not answer (connect took too long).
    Unreachable,
    /// The host answered, nobody listens on the port.
    Refused,
    /// Connected, but an RTSP answer did not come in time.
    Timeout,
    /// 401 with the credential given, or none given.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404 or 454: no such stream on this camera.
    NotFound,
    /// The camera takes neither TCP nor UDP (461 and the like).
    TransportRefused,
    /// The camera says it is busy: 453, 503.
    Busy,
    /// The answer does not make sense as RTSP, SDP or RTP.
    Protocol,
    /// There is no video in what the camera offers.
    NoVideo,
    /// There is video, but in a codec that this program does not know.
    UnsupportedCodec,
    /// The stream's bits cannot be decoded.
    Undecodable,
    /// No sample for longer than the stall limit.
    Stalled,
    /// The camera closed the connection.
    Closed,
}

/// A session's state, for the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionState {
    /// Where it is in its life.
    pub phase: SessionPhase,
    /// Since when it is there. While retrying: since when the picture is lost, over all tries.
    pub since: UtcMicros,
    /// Why it was lost, while stalled, retrying, or connecting again.
    pub reason: Option<LossReason>,
    /// When the next try is due, while retrying.
    pub next_try: Option<UtcMicros>,
    /// Tries since it was last live.
    pub attempt: u32,
    /// How the packets travel, while live or stalled.
    pub transport: Option<Transport>,
}

impl SessionState {
    /// Not wanted.
    #[must_use]
    pub fn idle(since: UtcMicros) -> Self {
        Self { phase: SessionPhase::Idle, since, reason: None, next_try: None, attempt: 0, transport: None }
    }
}

/// A session's figures over the last seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionStats {
    /// Video codec.
    pub codec: Option<Codec>,
    /// Width in pixels; 0 while unknown.
    pub width_px: u32,
    /// Height in pixels; 0 while unknown.
    pub height_px: u32,
    /// Pictures per second, measured.
    pub fps: f32,
    /// Bits per second of all media, measured.
    #[ts(type = "number")]
    pub bitrate_bps: u64,
    /// Lost packets as a share of those expected, 0 to 1.
    pub loss: f32,
    /// Packets lost since the session began.
    #[ts(type = "number")]
    pub lost_packets: u64,
    /// Seconds from key frame to key frame, measured.
    pub key_interval_s: Option<f32>,
    /// When the newest sample arrived.
    pub last_sample: Option<UtcMicros>,
    /// How much moves, 0 to 1: from the sizes of non-key frames against their own recent past.
    pub activity: f32,
    /// The camera's clock minus the station's, from RTCP sender reports, in microseconds.
    #[ts(type = "number | null")]
    pub clock_offset_us: Option<i64>,
    /// Audio codec, if there is audio.
    pub audio: Option<Codec>,
    /// Samples dropped for viewers that were too slow.
    #[ts(type = "number")]
    pub viewer_drops: u64,
    /// How often the session was made anew since the start of the station.
    pub reconnects: u32,
}
