//! What reaches over the whole casebook: the one search, the audit.

use easien_model::{BookmarkId, CameraId, IncidentId, NoteId, PersonId, ShiftId, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The one search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct SearchQuery {
    /// Words, all of which must be there; tone marks, case and order do not matter; the last may be a beginning; `"..."`
    /// is a phrase. 200 characters at most.
    pub text: String,
    /// Only of these kinds; empty: of all.
    pub kinds: Vec<FoundKind>,
    /// At this time or later.
    pub from: Option<UtcMicros>,
    /// Before this time.
    pub to: Option<UtcMicros>,
    /// At most so many, 1 to 200; 0: 30.
    pub limit: u32,
    /// Only as far as it goes in some ten milliseconds: what words stand in very many places, or long ago, may then be left
    /// out. Without it everything is looked at, however long it takes.
    #[ts(as = "Option<bool>", optional)]
    pub quick: bool,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FoundKind {
    /// A camera.
    Camera,
    /// An incident.
    Incident,
    /// A note.
    Note,
    /// A bookmark.
    Bookmark,
    /// A subject: a plate, a person.
    Subject,
    /// A person of the room.
    Person,
    /// A shift.
    Shift,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Found {
    /// Which.
    pub what: FoundWhat,
    /// When it was, or was written.
    pub at: Option<UtcMicros>,
    /// Its first line: code and name, number and title, the text.
    pub title: String,
    /// The part of the text that was found; empty: the title says it.
    pub excerpt: String,
    /// What to light up in the title: begin and end, counted in UTF-16 units as pages do.
    pub title_marks: Vec<[u32; 2]>,
    /// The same in the excerpt.
    pub excerpt_marks: Vec<[u32; 2]>,
    /// The tone marks are those that were typed.
    pub exact: bool,
}

/// Where a find leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FoundWhat {
    /// A camera.
    Camera {
        /// Which.
        id: CameraId,
    },
    /// An incident.
    Incident {
        /// Which.
        id: IncidentId,
    },
    /// A note.
    Note {
        /// Which.
        id: NoteId,
        /// The incident it was written in; absent: one of the feed.
        incident: Option<IncidentId>,
        /// The camera it is about.
        camera: Option<CameraId>,
    },
    /// A bookmark.
    Bookmark {
        /// Which.
        id: BookmarkId,
    },
    /// A subject of an incident.
    Subject {
        /// The incident.
        incident: IncidentId,
    },
    /// A person of the room.
    Person {
        /// Who.
        id: PersonId,
    },
    /// A shift.
    Shift {
        /// Which.
        id: ShiftId,
    },
}

/// Which rows of the audit; every field that is given narrows. Newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct AuditQuery {
    /// By this person.
    pub who: Option<String>,
    /// Of this command, or all that begin so (`incident.`).
    pub command: Option<String>,
    /// About this thing: `incident 0198...`.
    pub object: Option<String>,
    /// At this time or later.
    pub from: Option<UtcMicros>,
    /// Before this time.
    pub to: Option<UtcMicros>,
    /// Only rows with a lower number.
    pub before: Option<u32>,
    /// At most so many, 1 to 500; 0: 100.
    pub limit: u32,
}

/// Who did what, when, to what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AuditEntry {
    /// 1, 2, 3, ... without a hole.
    #[ts(type = "number")]
    pub seq: u64,
    /// When.
    pub at: UtcMicros,
    /// Who.
    pub who: String,
    /// The command, as on the wire.
    pub command: String,
    /// To what: kind and id.
    pub object: String,
    /// What that is called today, if it has a name: a camera's code, an incident's number.
    pub object_name: String,
    /// More, as the command writes it down.
    #[ts(type = "Record<string, unknown>")]
    pub detail: serde_json::Value,
}

/// What the audit's own check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AuditState {
    /// Rows.
    #[ts(type = "number")]
    pub rows: u64,
    /// The number of the first row that is not what was written, or is missing; absent: all is as it was written.
    #[ts(type = "number | null")]
    pub broken_at: Option<u64>,
    /// The newest signed checkpoint.
    pub checkpoint: Option<AuditCheckpoint>,
}

/// So many rows, summed up and signed: kept off the machine, it shows what was changed or cut off later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AuditCheckpoint {
    /// When.
    pub at: UtcMicros,
    /// Rows that it covers.
    #[ts(type = "number")]
    pub rows: u64,
    /// Root of their Merkle tree (RFC 6962, SHA-256), hexadecimal.
    pub root: String,
    /// The checkpoint as a text to be printed or copied, with its signature.
    pub text: String,
}

/// How a folder off the machine is, that checkpoints are copied to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CheckpointFolder {
    /// Its path.
    pub path: String,
    /// It had every checkpoint then; absent: it never did.
    pub whole: Option<UtcMicros>,
    /// Rows of the newest checkpoint in it.
    #[ts(type = "number")]
    pub rows: u64,
    /// Why it does not take any now, in English, technical; absent: it does.
    pub problem: Option<String>,
    /// It is away for longer than a day.
    pub late: bool,
}
