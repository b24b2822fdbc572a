//! Incidents, as the wire and the store both know them: states, what a sheet says, what may belong to one.

use crate::{BookmarkId, CameraId, IncidentId, StillId, UnitId, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How far an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Opened, nothing done yet (mới).
    New,
    /// Being verified (đang xác minh).
    Verifying,
    /// Being handled (đang xử lý).
    Handling,
    /// Waits for a supervisor's approval (chờ duyệt).
    Waiting,
    /// Approved and closed (đã đóng).
    Closed,
    /// Opened again after it was closed (mở lại).
    Reopened,
    /// Was none, or is part of another (đã hủy).
    Cancelled,
}

/// How grave an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Of little consequence.
    Low,
    /// As most are.
    Medium,
    /// Grave.
    High,
    /// Danger to life, or wide damage.
    Critical,
}

/// How the room learned of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum IncidentSource {
    /// Seen on a camera.
    Camera,
    /// Somebody reported it in person or in writing.
    Report,
    /// By telephone.
    Phone,
    /// By a patrol.
    Patrol,
    /// In another way.
    Other,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Handled by the unit itself.
    Handled,
    /// Handed on to another authority.
    Transferred,
    /// Still being watched.
    Watching,
    /// There was no violation.
    NoViolation,
    /// The report was false.
    FalseReport,
}

/// What an incident's sheet says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IncidentText {
    /// Its title, 1 to 200 characters.
    pub title: String,
    /// Category code; absent: none yet.
    pub category: Option<String>,
    /// How grave.
    pub severity: Severity,
    /// How the room learned of it.
    pub source: IncidentSource,
    /// When the room learned of it.
    pub detected: UtcMicros,
    /// When it happened, or began; absent: not known.
    pub occurred: Option<UtcMicros>,
    /// When it was over; absent: not known, or not yet.
    pub ended: Option<UtcMicros>,
    /// Commune or ward.
    pub unit: Option<UnitId>,
    /// Road, 200 characters at most.
    pub road: String,
    /// Place, 200 characters at most.
    pub place: String,
    /// Forces that took part, 2,000 characters at most.
    pub forces: String,
    /// What became of it.
    pub outcome: Option<Outcome>,
    /// What is to be said of the outcome, 10,000 characters at most.
    pub outcome_note: String,
    /// Related paper forms, e.g. "145/BB-XM 12/2026", 16 at most, 80 characters each.
    pub forms: Vec<String>,
}

/// A stretch of a camera's footage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Footage {
    /// Which camera.
    pub camera: CameraId,
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive.
    pub end: UtcMicros,
}

/// What may belong to an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Linked {
    /// Footage; it is held.
    Footage(Footage),
    /// A bookmark; its footage is held.
    Bookmark(BookmarkId),
    /// A still.
    Still(StillId),
    /// Another incident.
    Incident(IncidentId),
}

/// What a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A person.
    Person,
    /// A vehicle.
    Vehicle,
}

/// An order of incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum IncidentOrder {
    /// Detected last first.
    #[default]
    Detected,
    /// Highest number first.
    Number,
    /// Gravest first, then the newest.
    Severity,
}

/// Who wants to move an incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mover {
    /// A supervisor.
    pub supervisor: bool,
    /// Who opened it.
    pub opener: bool,
}

impl IncidentState {
    /// All of them, in the order of a case's life.
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::Verifying,
        Self::Handling,
        Self::Waiting,
        Self::Closed,
        Self::Reopened,
        Self::Cancelled,
    ];

    /// Nothing more is written into it, unless it is opened again.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Cancelled)
    }

    /// Whether the mover may make `to` of it. What is cancelled stays so.
    #[must_use]
    pub fn may_become(self, to: Self, mover: Mover) -> bool {
        use IncidentState as S;
        match (self, to) {
            (S::New | S::Handling | S::Reopened, S::Verifying)
            | (S::New | S::Verifying | S::Reopened, S::Handling)
            | (S::Verifying | S::Handling | S::Reopened, S::Waiting) => true,
            (S::New, S::Cancelled) => mover.supervisor || mover.opener,
            (S::Waiting, S::Closed | S::Handling) | (S::Closed, S::Reopened) => mover.supervisor,
            (S::Verifying | S::Handling | S::Waiting | S::Reopened, S::Cancelled) => mover.supervisor,
            _ => false,
        }
    }

    /// Whether that must be given a reason: to cancel, to open again, to send back.
    #[must_use]
    pub fn needs_reason(self, to: Self) -> bool {
        matches!(to, Self::Cancelled | Self::Reopened) || (self, to) == (Self::Waiting, Self::Handling)
    }

    /// Where the mover may move it.
    #[must_use]
    pub fn moves(self, mover: Mover) -> Vec<Self> {
        Self::ALL.into_iter().filter(|to| self.may_become(*to, mover)).collect()
    }
}
