//! Alarms: abnormal states that want a person.

use easien_model::{AlarmId, CameraId, LossReason, UnitId, UtcMicros, VolumeId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How much an alarm wants a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AlarmPriority {
    /// To be known.
    Low,
    /// To be looked at in this shift.
    Medium,
    /// To be looked at now.
    High,
    /// Footage is being lost.
    Critical,
}

/// What an alarm is about. One sentence each in the page's catalogue (`alarm_...`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// A volume failed while writing or syncing and is set aside.
    VolumeFailed,
    /// A volume is not there.
    VolumeMissing,
    /// Another disk is where a volume should be.
    VolumeForeign,
    /// A volume is full of what must not be deleted.
    VolumeFull,
    /// There is no disk that can be recorded to.
    NoVolume,
    /// Samples were thrown away because the disks are too slow.
    RecordingOverload,
    /// The station's clock was set.
    ClockStepped,
    /// Files of recording are damaged or gone.
    FilesDamaged,
    /// The index of recordings was rebuilt from the files.
    IndexRebuilt,
    /// Cameras bring no picture.
    CameraLost,
    /// Cameras bring pictures that cannot be decoded.
    CameraUndecodable,
    /// Cameras bring pictures, should be recorded, and are not.
    NotRecording,
    /// The computer is too slow for what is shown: pictures are held back.
    Overloaded,
    /// Picture workers end by themselves again and again.
    WorkersFailing,
    /// The station ended without being asked to, and is back.
    StationCrashed,
    /// The audit cannot be written: exports and deletions stand still.
    AuditFailing,
    /// A folder off the machine that checkpoints are copied to is away for longer than a day.
    CheckpointAway,
    /// Somebody opened the sealed envelope and signed in with it.
    SealOpened,
    /// The newest good backup is older than two intervals of the plan.
    BackupOverdue,
}

/// What the cameras of an alarm have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "by", content = "value", rename_all = "snake_case")]
pub enum AlarmShared {
    /// The address: a recorder, a gateway.
    Host(String),
    /// The first three numbers of the address, or the domain.
    Network(String),
    /// The place, as written.
    Place(String),
    /// The unit.
    Unit(UnitId),
    /// All, or nearly all of the room.
    Room,
}

/// A camera of an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AlarmCamera {
    /// Which.
    pub camera: CameraId,
    /// Since when; of one that was in trouble several times meanwhile, the last time.
    pub lost: UtcMicros,
    /// Well again since; absent: it is not.
    pub back: Option<UtcMicros>,
    /// Why, if known.
    pub reason: Option<LossReason>,
}

/// An abnormal state that wants a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Alarm {
    /// Its id.
    pub id: AlarmId,
    /// What it is about.
    pub kind: AlarmKind,
    /// How much it matters.
    pub priority: AlarmPriority,
    /// The camera, if it is about one.
    pub camera: Option<CameraId>,
    /// The volume, if it is about one.
    pub volume: Option<VolumeId>,
    /// Name of the volume then, a count, a number of seconds: what the sentence needs.
    pub subject: String,
    /// In English, technical; may be empty.
    pub detail: String,
    /// When it began.
    pub raised: UtcMicros,
    /// When it was over; absent: it is not.
    pub cleared: Option<UtcMicros>,
    /// When a person took note.
    pub acknowledged: Option<UtcMicros>,
    /// Who.
    pub acknowledged_by: Option<String>,
    /// What that person wrote; may be empty.
    pub comment: String,
    /// Its cameras, where it is about several or may grow: those in trouble first, by the time that it began.
    pub cameras: Vec<AlarmCamera>,
    /// What they have in common, where that is known.
    pub shared: Option<AlarmShared>,
}

/// Takes note of alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AlarmAcknowledge {
    /// Which, 1 to 200.
    pub ids: Vec<AlarmId>,
    /// What is known about it, at most 1000 characters; may be empty.
    #[serde(default)]
    pub comment: String,
}

/// Which alarms; newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields)]
pub struct AlarmQuery {
    /// Only those that are not over or not acknowledged.
    pub open: bool,
    /// Only those that are over and acknowledged.
    pub closed: bool,
    /// Only of these kinds; empty: any.
    pub kinds: Vec<AlarmKind>,
    /// Only about this camera, alone or among others.
    pub camera: Option<CameraId>,
    /// Over after this, or not over.
    pub from: Option<UtcMicros>,
    /// Raised before this.
    pub to: Option<UtcMicros>,
    /// At most so many, 1 to 500; 0: 100.
    pub limit: u32,
}
