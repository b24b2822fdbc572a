//! The health of the station and of its cameras, now and as it was.

use super::{CameraEvent, RoomStatus, Session};
use easien_model::{CameraId, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct StationHealth {
    /// When it was started.
    pub started: UtcMicros,
    /// The figures of the bottom strip.
    pub status: RoomStatus,
    /// Cores of this machine.
    pub cores: f32,
    /// Memory of this machine, in bytes; 0: it does not tell.
    #[ts(type = "number")]
    pub memory_bytes: u64,
    /// Written to disks by the station over the last seconds, in bits per second; absent: not known.
    #[ts(type = "number | null")]
    pub disk_write_bps: Option<u64>,
    /// The picture workers.
    pub workers: Vec<WorkerHealth>,
    /// Whether the system keeps the clock by a time server; absent: it does not tell.
    pub clock_synchronised: Option<bool>,
    /// The clock of this machine now.
    pub now: UtcMicros,
}

/// A picture worker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct WorkerHealth {
    /// Its process; absent while it is down.
    pub pid: Option<u32>,
    /// Restarts since the start of the station.
    pub restarts: u32,
    /// Samples dropped because it was too slow.
    #[ts(type = "number")]
    pub dropped: u64,
    /// Cores used over the last seconds; absent at first.
    pub cpu_core: Option<f32>,
    /// Its memory, in bytes.
    #[ts(type = "number")]
    pub rss_bytes: u64,
    /// Streams that it decodes.
    pub streams: u32,
}

/// What a camera fails, or does in a way that somebody should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CameraFlag {
    /// The password is one that cameras are delivered with, or that everybody tries first.
    DefaultPassword,
    /// It asks for no password.
    NoPassword,
    /// Its pictures travel unencrypted (rtsp, not rtsps).
    PlainRtsp,
    /// Its clock is more than 2 s away from the station's.
    ClockOff,
    /// Its key frames are more than 4 s apart: pictures come late after every change.
    KeyFramesRare,
    /// More than 0.5 % of its packets are lost.
    PacketsLost,
    /// Its pictures are not understood by the decoder.
    Undecodable,
}

/// A camera over the last day and week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraHealth {
    /// Which.
    pub camera: CameraId,
    /// Share of the last 24 hours (or since it was added) without a loss that was written down, 0 to 1. Times when the
    /// station did not run count as such.
    pub up_day: f32,
    /// The same of the last 7 days.
    pub up_week: f32,
    /// How often it was lost in the last 24 hours.
    pub losses_day: u32,
    /// How often it was lost in the last 7 days.
    pub losses_week: u32,
    /// What it fails.
    pub flags: Vec<CameraFlag>,
}

/// A camera in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraReport {
    /// As in the table.
    pub health: CameraHealth,
    /// Its sessions with their figures.
    pub sessions: Vec<Session>,
    /// When it was lost in the last 7 days, newest first, 200 at most.
    pub losses: Vec<CameraEvent>,
}

/// How far back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HistorySpan {
    /// The last hour, every 10 s, since the station was started.
    Hour,
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
}

/// Asks how something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HistoryQuery {
    /// Which camera; absent: the station.
    pub camera: Option<CameraId>,
    /// How far back.
    pub span: HistorySpan,
}

/// How something was. Where nothing was measured (the station did not run) there is no point in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct History {
    /// From when.
    pub from: UtcMicros,
    /// Until when.
    pub to: UtcMicros,
    /// Between two points at most this lies, else the station did not measure between them.
    #[ts(type = "number")]
    pub step_us: i64,
    /// The points in time, ascending.
    pub at: Vec<UtcMicros>,
    /// The figures at those points.
    pub series: Vec<HistorySeries>,
}

/// One figure's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HistorySeries {
    /// Which.
    pub figure: HistoryFigure,
    /// As many as there are points; absent: not known then.
    pub values: Vec<Option<f32>>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HistoryFigure {
    /// Share of all cores used by station and workers, 0 to 1.
    Cpu,
    /// Memory of station and workers, in bytes.
    Memory,
    /// Received from all cameras, or from the camera, in bits per second.
    Network,
    /// Written to disks, in bits per second.
    DiskWrite,
    /// Arrival to painting, median, in milliseconds.
    Latency,
    /// Pictures painted per second and tile.
    Painted,
    /// Cameras that bring pictures.
    Live,
    /// Cameras that are recorded.
    Recording,
    /// Pictures per second that the camera sends.
    Fps,
    /// Share of its packets lost, 0 to 1.
    Loss,
    /// Share of the time that it brought pictures, 0 to 1.
    Up,
}
