//! What is recorded where, how long it is kept, what is missing.

use easien_model::{CameraId, GapCause, StreamKind, UtcMicros, VolumeId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which of a camera's streams are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordStreams {
    /// Main and sub; of a camera with one stream, that one.
    #[default]
    Both,
    /// Main only.
    Main,
    /// Sub only; of a camera with one stream, that one.
    Sub,
    /// Nothing.
    Off,
}

/// What is recorded of a camera, when, and how long it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecordProfile {
    /// Which streams.
    pub streams: RecordStreams,
    /// The times of the week at which it is recorded, by the station's local time; empty: around the clock.
    pub schedule: Vec<WeekSpan>,
    /// Days kept, 1 to 3650; absent: the room's setting.
    pub keep_days: Option<u32>,
}

/// A time of the week: `[from_minute, to_minute)` of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct WeekSpan {
    /// 0 Monday to 6 Sunday.
    pub day: u8,
    /// Minutes since midnight, 0 to 1439.
    pub from_minute: u16,
    /// Minutes since midnight, 1 to 1440.
    pub to_minute: u16,
}

/// A stream's recording as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Recording {
    /// The camera.
    pub camera: CameraId,
    /// Which of its streams.
    pub which: StreamKind,
    /// What is going on.
    pub phase: RecordingPhase,
    /// Since when.
    pub since: UtcMicros,
    /// Why not, unless `recording`.
    pub cause: Option<GapCause>,
    /// Written per second over the last minutes, in bits.
    #[ts(type = "number")]
    pub bitrate_bps: u64,
}

/// What is going on with a stream's recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordingPhase {
    /// Not wanted, or not now.
    Off,
    /// Wanted, but no samples come.
    Waiting,
    /// Samples reach the disk.
    Recording,
    /// Samples come, but no disk takes them.
    Failing,
}

/// A place on a disk that recordings are written to, as a person sets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VolumeDraft {
    /// Chosen by the client; for a folder that is a volume already, its own id (`volume.inspect`).
    pub id: VolumeId,
    /// E.g. "Ổ 1".
    pub name: String,
    /// An absolute path of a folder.
    pub path: String,
    /// Recordings take at most so much; absent: what the disk has, less the reserve.
    #[ts(type = "number | null")]
    pub quota_bytes: Option<u64>,
    /// So much is always left free, in bytes.
    #[ts(type = "number")]
    pub reserve_bytes: u64,
    /// It is written to.
    pub enabled: bool,
}

/// A place on a disk that recordings are written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Volume {
    /// As set. `path` is where it was found now.
    #[serde(flatten)]
    pub set: VolumeDraft,
    /// What it is like now.
    pub state: VolumeState,
    /// Since when.
    pub since: UtcMicros,
    /// In English, technical: what the system said; empty: nothing.
    pub detail: String,
    /// The disk's size.
    #[ts(type = "number")]
    pub total_bytes: u64,
    /// Free on the disk.
    #[ts(type = "number")]
    pub free_bytes: u64,
    /// Taken by recordings.
    #[ts(type = "number")]
    pub used_bytes: u64,
    /// Streams written to it now.
    pub streams: u32,
}

/// What a volume is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VolumeState {
    /// It is written to.
    Ready,
    /// A person switched it off; what is on it can be read.
    Disabled,
    /// It is not there.
    Missing,
    /// Another volume, or none, is at its path.
    Foreign,
    /// No room is left that retention could make.
    Full,
    /// Reading only.
    ReadOnly,
    /// It failed while writing or syncing, and is set aside until a person looks.
    Degraded,
}

/// What a folder is, before it is made a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VolumeInspection {
    /// The volume that it is already, if one.
    pub id: Option<VolumeId>,
    /// It can be written to.
    pub writable: bool,
    /// It lies on the same disk as this volume of the room.
    pub same_disk_as: Option<VolumeId>,
    /// The disk's size.
    #[ts(type = "number")]
    pub total_bytes: u64,
    /// Free on the disk.
    #[ts(type = "number")]
    pub free_bytes: u64,
}

/// How long the disks last, from what is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct StoragePlan {
    /// Room for recordings on all volumes that can be written to, used and free, in bytes.
    #[ts(type = "number")]
    pub capacity_bytes: u64,
    /// Of it taken.
    #[ts(type = "number")]
    pub used_bytes: u64,
    /// Of that held, and so never deleted.
    #[ts(type = "number")]
    pub held_bytes: u64,
    /// Written in a day at the rates measured and the schedules set, in bytes.
    #[ts(type = "number")]
    pub bytes_per_day: u64,
    /// Days that fit; absent while nothing is measured.
    pub days_fit: Option<f32>,
    /// Needed to keep every camera as long as is wished, in bytes.
    #[ts(type = "number")]
    pub needed_bytes: u64,
    /// The oldest recording.
    pub oldest: Option<UtcMicros>,
    /// Camera by camera, by code.
    pub cameras: Vec<CameraPlan>,
}

/// How long a camera's recordings last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraPlan {
    /// Which.
    pub camera: CameraId,
    /// Measured rate of the main stream; 0: not measured, or not recorded.
    #[ts(type = "number")]
    pub main_bps: u64,
    /// Measured rate of the sub stream; 0: not measured, or not recorded.
    #[ts(type = "number")]
    pub sub_bps: u64,
    /// Share of the week that it is recorded, 0 to 1.
    pub share: f32,
    /// Written in a day, in bytes.
    #[ts(type = "number")]
    pub bytes_per_day: u64,
    /// Days wished.
    pub keep_days: u32,
    /// Days that fit, if all cameras are treated alike.
    pub days_fit: Option<f32>,
    /// Its oldest recording.
    pub oldest: Option<UtcMicros>,
    /// On disk now, in bytes.
    #[ts(type = "number")]
    pub used_bytes: u64,
}

/// Where a camera's road goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Neighbour {
    /// The next camera.
    pub camera: CameraId,
    /// About how long one drives there, 0 to 3600 s.
    pub seconds: u32,
    /// Which way, e.g. "về Buôn Hồ"; may be empty.
    pub direction: String,
}

/// A camera's neighbours, in the order of the keys that lead to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Neighbours {
    /// The camera.
    pub camera: CameraId,
    /// Where the road goes on, 8 at most.
    pub next: Vec<Neighbour>,
}
