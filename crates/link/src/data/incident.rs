//! Incidents: the case files.

use super::{Hidden, Note};
use easien_model::{
    AttachmentId, BookmarkId, CameraId, HoldId, IncidentId, NoteId, NoticeId, StillId, SubjectId, UnitId,
    UtcMicros,
};
pub use easien_model::{
    Footage, IncidentOrder, IncidentSource, IncidentState, IncidentText, Linked, Outcome, Severity,
    SubjectKind,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Opens an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentDraft {
    /// Chosen by the client; the same id again is the same incident.
    pub id: IncidentId,
    /// What its sheet says.
    pub text: IncidentText,
    /// Footage that belongs to it, 64 at most; it is held at once.
    #[serde(default)]
    pub footage: Vec<Footage>,
    /// Bookmarks that belong to it, 64 at most.
    #[serde(default)]
    pub bookmarks: Vec<BookmarkId>,
    /// Stills that belong to it, 64 at most.
    #[serde(default)]
    pub stills: Vec<StillId>,
    /// The first words of its chronology; empty: none.
    #[serde(default)]
    pub note: String,
}

/// Changes what an incident's sheet says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentEdit {
    /// Which.
    pub id: IncidentId,
    /// What it says from now on.
    pub text: IncidentText,
    /// The writer's `Incident::edits`; another number now is a conflict, with both texts kept by their writers.
    pub edits: u32,
}

/// Moves an incident from one state to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentMove {
    /// Which.
    pub id: IncidentId,
    /// The state that the mover saw; another one now is a conflict.
    pub from: IncidentState,
    /// Where to.
    pub to: IncidentState,
    /// Why, 1,000 characters at most; needed to send back, to reopen, to cancel.
    #[serde(default)]
    pub reason: String,
}

/// Makes an incident part of another. Both histories stay; the first is cancelled and points at the second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentMerge {
    /// The duplicate.
    pub id: IncidentId,
    /// What it becomes part of.
    pub into: IncidentId,
    /// Why, 1 to 1,000 characters.
    pub reason: String,
}

/// An incident as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// Its number: `ES-2026-0142`.
    pub number: String,
    /// What its sheet says.
    pub text: IncidentText,
    /// How far it is.
    pub state: IncidentState,
    /// Since when.
    pub state_since: UtcMicros,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened: UtcMicros,
    /// Who approved it, when it was closed last.
    pub approved_by: Option<String>,
    /// When it was closed last.
    pub closed: Option<UtcMicros>,
    /// The incident that this one became part of.
    pub merged_into: Option<IncidentId>,
    /// How often its sheet was changed.
    pub edits: u32,
    /// Cameras of its footage, in order.
    pub cameras: Vec<CameraId>,
    /// Notes in its chronology, corrections included.
    pub notes: u32,
}

/// An incident with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentFile {
    /// Itself.
    pub incident: Incident,
    /// Where the caller may move it.
    pub moves: Vec<IncidentState>,
    /// Its chronology, oldest first.
    pub notes: Vec<IncidentNote>,
    /// Its footage.
    pub footage: Vec<LinkedFootage>,
    /// Its bookmarks.
    pub bookmarks: Vec<super::Bookmark>,
    /// Its stills.
    pub stills: Vec<super::Still>,
    /// Subjects and vehicles.
    pub subjects: Vec<Subject>,
    /// Who was told.
    pub notices: Vec<Notice>,
    /// Attachments.
    pub attachments: Vec<Attachment>,
    /// Related incidents, both ways.
    pub related: Vec<RelatedIncident>,
    /// Duplicates that became part of it.
    pub merged: Vec<RelatedIncident>,
    /// Its sheet as it was, and the states it went through, newest first.
    pub history: Vec<IncidentStep>,
}

/// A note in an incident's chronology.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentNote {
    /// What was written.
    pub note: Note,
    /// The note that this one corrects.
    pub corrects: Option<NoteId>,
    /// The note that corrects this one.
    pub corrected_by: Option<NoteId>,
    /// The incident it was written in, where a duplicate brought it along.
    pub from: Option<IncidentId>,
}

/// Adds to an incident's chronology.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentNoteDraft {
    /// Chosen by the client; the same id with the same content again is the same note.
    pub id: NoteId,
    /// Which incident.
    pub incident: IncidentId,
    /// The text, 1 to 10,000 characters.
    pub text: String,
    /// The moment it is about.
    pub at: UtcMicros,
    /// The note it corrects; that one stays readable, struck through.
    #[serde(default)]
    pub corrects: Option<NoteId>,
}

/// Footage that belongs to an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LinkedFootage {
    /// Which.
    pub footage: Footage,
    /// Who linked it.
    pub by: String,
    /// When.
    pub at: UtcMicros,
    /// The hold that protects it; absent: it was lifted or ran out.
    pub hold: Option<HoldId>,
}

/// Adds to or takes from what belongs to an incident. Taking away keeps the row, with who, when and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentLink {
    /// Which.
    pub id: IncidentId,
    /// What.
    pub what: Linked,
    /// Why it is taken away, 1 to 1,000 characters; absent: it is added.
    #[serde(default)]
    pub removed: Option<String>,
}

/// Another incident, by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RelatedIncident {
    /// Its id.
    pub id: IncidentId,
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// How far it is.
    pub state: IncidentState,
}

/// A person or a vehicle that an incident is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Subject {
    /// Chosen by the client.
    pub id: SubjectId,
    /// Person or vehicle.
    pub kind: SubjectKind,
    /// The plate as it was read, 20 characters at most: `47K1-123.45`; empty: none, or a person.
    pub plate: String,
    /// Colour, 40 characters at most.
    pub colour: String,
    /// Name or description, 1,000 characters at most. Plate or description must say something.
    pub description: String,
    /// Taken away again; it stays readable.
    #[serde(default)]
    pub hidden: Option<Hidden>,
    /// How often it was changed; on writing: as it was when it was looked at. A change meanwhile is a conflict.
    #[serde(default)]
    pub edits: u32,
}

/// Writes a subject down, changes it, or takes it away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SubjectPut {
    /// Which incident.
    pub incident: IncidentId,
    /// The subject.
    pub subject: Subject,
    /// Why it is taken away, 1 to 1,000 characters; absent: it stays.
    #[serde(default)]
    pub removed: Option<String>,
}

/// Somebody was told of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Notice {
    /// Chosen by the client.
    pub id: NoticeId,
    /// Who was told, 1 to 200 characters.
    pub whom: String,
    /// When.
    pub notified: UtcMicros,
    /// When they answered or were there; absent: not yet.
    pub responded: Option<UtcMicros>,
    /// Remarks, 1,000 characters at most.
    pub remark: String,
    /// Who wrote it down.
    #[serde(default)]
    pub by: String,
}

/// Writes down who was told, or that they answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct NoticePut {
    /// Which incident.
    pub incident: IncidentId,
    /// The notice.
    pub notice: Notice,
}

/// A file that belongs to an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The file's name, 1 to 200 characters, without a folder.
    pub name: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// Who brought it.
    pub by: String,
    /// When.
    pub at: UtcMicros,
    /// The incident that it was brought to, where a duplicate brought it along.
    pub from: Option<IncidentId>,
    /// Struck through, like a note that was corrected; the file stays.
    pub struck: Option<Hidden>,
    /// Whether its file is still what was brought.
    pub state: AttachmentState,
}

/// Whether an attachment's file is still what was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentState {
    /// It is, to the byte.
    Whole,
    /// It is there in its size and is being summed up.
    Checking,
    /// It is not there.
    Missing,
    /// Another content is in its place.
    Changed,
}

/// Adds a file to an incident. The station reads it where it is: window and station run as the same person on the same
/// machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AttachmentWish {
    /// Chosen by the client; the same id again is the same attachment.
    pub id: AttachmentId,
    /// Which incident.
    pub incident: IncidentId,
    /// Where the file is, absolute.
    pub path: String,
}

/// A file on its way to an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AttachmentProgress {
    /// Which.
    pub id: AttachmentId,
    /// Of which incident.
    pub incident: IncidentId,
    /// Read.
    #[ts(type = "number")]
    pub done_bytes: u64,
    /// In all; 0: it waits for its turn.
    #[ts(type = "number")]
    pub total_bytes: u64,
}

/// Strikes an attachment through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AttachmentStrike {
    /// Which incident.
    pub incident: IncidentId,
    /// Which attachment.
    pub id: AttachmentId,
    /// Why, 1 to 1,000 characters.
    pub reason: String,
}

/// Saves a copy of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AttachmentSave {
    /// Which incident.
    pub incident: IncidentId,
    /// Which attachment.
    pub id: AttachmentId,
    /// Into this folder, absolute; nothing there is written over.
    pub folder: String,
}

/// A copy of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AttachmentSaved {
    /// Where it is.
    pub path: String,
}

/// What happened to an incident's sheet or state once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentStep {
    /// When.
    pub at: UtcMicros,
    /// Who.
    pub who: String,
    /// The state it was moved to; absent: its sheet was changed.
    pub state: Option<IncidentState>,
    /// What its sheet said until then; absent: its state was moved.
    pub before: Option<IncidentText>,
    /// Why.
    pub reason: String,
}

/// Which incidents; every field that is given narrows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct IncidentQuery {
    /// Of these states; empty: of all.
    pub states: Vec<IncidentState>,
    /// Of this category or one below it.
    pub category: Option<String>,
    /// Of this unit.
    pub unit: Option<UnitId>,
    /// With footage of this camera.
    pub camera: Option<CameraId>,
    /// Opened by this person.
    pub opened_by: Option<String>,
    /// Detected at this time or later.
    pub from: Option<UtcMicros>,
    /// Detected before this time.
    pub to: Option<UtcMicros>,
    /// Words of number, title, place, notes; plates in part.
    pub text: String,
    /// The order.
    pub order: IncidentOrder,
    /// The other way round.
    pub reversed: bool,
    /// The last incident of the page before; absent: from the begin.
    pub after: Option<IncidentId>,
    /// At most so many, 1 to 500; 0: 100.
    pub limit: u32,
    /// Only as far as it goes in some ten milliseconds: what words stand in very many places, or long ago, may then be left
    /// out. Without it everything is looked at, however long it takes.
    #[ts(as = "Option<bool>", optional)]
    pub quick: bool,
}

/// A page of incidents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IncidentPage {
    /// The incidents.
    pub items: Vec<Incident>,
    /// More follow.
    pub more: bool,
    /// How many there are of each state, whatever the query's states say; only with the first page.
    pub counts: Vec<IncidentCount>,
}

/// How many incidents are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IncidentCount {
    /// The state.
    pub state: IncidentState,
    /// How many.
    pub count: u32,
}
