//! Incidents as the store takes them (`...Draft`) and gives them (`...Row`). Plain data; the station maps them to the
//! wire.

use crate::holds::HoldRow;
use crate::rows::{BookmarkRow, HiddenRow, NoteRow, StillRow};
use easien_model::{
    AttachmentId, BookmarkId, CameraId, Footage, HoldId, IncidentId, IncidentOrder, IncidentState,
    IncidentText, NoteId, NoticeId, StillId, SubjectId, SubjectKind, UnitId, UtcMicros,
};
use serde_json::Value;

/// Opens an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentDraft {
    /// Chosen by the client.
    pub id: IncidentId,
    /// What its sheet says.
    pub text: IncidentText,
    /// Footage that belongs to it, 64 at most.
    pub footage: Vec<Footage>,
    /// Bookmarks that belong to it, 64 at most.
    pub bookmarks: Vec<BookmarkId>,
    /// Stills that belong to it, 64 at most.
    pub stills: Vec<StillId>,
    /// The first words of its chronology; empty: none.
    pub note: String,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRow {
    /// Its id.
    pub id: IncidentId,
    /// `ES-2026-0142`.
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
    /// What it became part of.
    pub merged_into: Option<IncidentId>,
    /// How often its sheet was changed.
    pub edits: u32,
    /// Cameras of its footage and its bookmarks, in the order they came.
    pub cameras: Vec<CameraId>,
    /// Notes of its own chronology, corrections included.
    pub notes: u32,
}

/// What a change of an incident made of it, and of the holds on its footage.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentChange {
    /// As it stands now.
    pub incident: IncidentRow,
    /// Holds that were placed or lifted with it.
    pub holds: Vec<HoldRow>,
    /// Other incidents that were changed with it.
    pub others: Vec<IncidentRow>,
}

/// An incident with everything that belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentFileRow {
    /// Itself.
    pub incident: IncidentRow,
    /// Its chronology and that of its duplicates, oldest moment first.
    pub notes: Vec<IncidentNoteRow>,
    /// Its footage.
    pub footage: Vec<LinkedFootageRow>,
    /// Its bookmarks.
    pub bookmarks: Vec<BookmarkRow>,
    /// Its stills.
    pub stills: Vec<StillRow>,
    /// Subjects, also those that were taken away.
    pub subjects: Vec<SubjectRow>,
    /// Who was told.
    pub notices: Vec<NoticeRow>,
    /// Attachments.
    pub attachments: Vec<AttachmentRow>,
    /// Related incidents, both ways.
    pub related: Vec<RelatedRow>,
    /// Duplicates that became part of it.
    pub merged: Vec<RelatedRow>,
    /// Sheets as they were and states gone through, newest first.
    pub history: Vec<IncidentStepRow>,
}

/// A note in a chronology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentNoteRow {
    /// What was written.
    pub note: NoteRow,
    /// The note that it corrects.
    pub corrects: Option<NoteId>,
    /// The note that corrects it.
    pub corrected_by: Option<NoteId>,
    /// The incident that it was written in.
    pub incident: IncidentId,
}

/// Adds to a chronology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentNoteDraft {
    /// Chosen by the client.
    pub id: NoteId,
    /// Which incident.
    pub incident: IncidentId,
    /// 1 to 10,000 characters.
    pub text: String,
    /// The moment it is about.
    pub at: UtcMicros,
    /// The note it corrects.
    pub corrects: Option<NoteId>,
}

/// Footage of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedFootageRow {
    /// Which.
    pub footage: Footage,
    /// Who linked it.
    pub who: String,
    /// When.
    pub at: UtcMicros,
    /// The hold that protects it now.
    pub hold: Option<HoldId>,
}

/// Another incident, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedRow {
    /// Its id.
    pub id: IncidentId,
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// How far it is.
    pub state: IncidentState,
}

/// A person or a vehicle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectDraft {
    /// Chosen by the client.
    pub id: SubjectId,
    /// Person or vehicle.
    pub kind: SubjectKind,
    /// As it was read, 20 characters at most; empty: none, or a person.
    pub plate: String,
    /// 40 characters at most.
    pub colour: String,
    /// 1,000 characters at most.
    pub description: String,
}

/// A subject of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRow {
    /// What is written of it.
    pub subject: SubjectDraft,
    /// Whose subject.
    pub incident: IncidentId,
    /// Taken away.
    pub hidden: Option<HiddenRow>,
    /// How often it was changed.
    pub edits: u32,
}

/// Somebody was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeDraft {
    /// Chosen by the client.
    pub id: NoticeId,
    /// Who was told, 1 to 200 characters.
    pub whom: String,
    /// When.
    pub notified: UtcMicros,
    /// When they answered.
    pub responded: Option<UtcMicros>,
    /// 1,000 characters at most.
    pub remark: String,
}

/// A notice, as it was written last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// What is written of it.
    pub notice: NoticeDraft,
    /// Who wrote it down first.
    pub author: String,
}

/// Files an attachment whose file is written and synced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentDraft {
    /// Chosen by the client.
    pub id: AttachmentId,
    /// The file's name, 1 to 200 characters, without a folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentRow {
    /// What was filed.
    pub attachment: AttachmentDraft,
    /// Whose.
    pub incident: IncidentId,
    /// Who brought it.
    pub author: String,
    /// When.
    pub created: UtcMicros,
    /// Struck through.
    pub struck: Option<HiddenRow>,
}

/// What happened to a sheet or a state once.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentStepRow {
    /// When.
    pub at: UtcMicros,
    /// Who.
    pub who: String,
    /// The state it was moved to; absent: its sheet was changed.
    pub state: Option<IncidentState>,
    /// What the sheet said until then; absent: its state was moved.
    pub before: Option<IncidentText>,
    /// Why.
    pub reason: String,
}

/// Which incidents; every field that is given narrows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncidentFilter {
    /// Of these states; empty: of all.
    pub states: Vec<IncidentState>,
    /// Of this category or one below it.
    pub category: Option<String>,
    /// Of this unit.
    pub unit: Option<UnitId>,
    /// With footage or a bookmark of this camera.
    pub camera: Option<CameraId>,
    /// Without those that are about these cameras alone.
    pub hidden: Vec<CameraId>,
    /// Opened by this person.
    pub opened_by: Option<String>,
    /// Detected at this time or later.
    pub from: Option<UtcMicros>,
    /// Detected before this time.
    pub to: Option<UtcMicros>,
    /// Words of number, title, road, place, notes, subjects; plates in part. Tone marks and case do not matter.
    pub text: String,
    /// The order.
    pub order: IncidentOrder,
    /// The other way round.
    pub reversed: bool,
    /// The last incident of the page before.
    pub after: Option<IncidentId>,
    /// At most so many, 1 to 500.
    pub limit: u32,
    /// Only as far as it goes in a few milliseconds.
    pub quick: bool,
}

/// A page of incidents.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentPageRow {
    /// The incidents.
    pub items: Vec<IncidentRow>,
    /// More follow.
    pub more: bool,
    /// How many of each state there are, whatever the filter's states say; only with the first page.
    pub counts: Vec<(IncidentState, u32)>,
}

/// A row of the audit that is about an incident or what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentAuditRow {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: UtcMicros,
    /// Who.
    pub who: String,
    /// Command as on the wire.
    pub command: String,
    /// Kind and id.
    pub object: String,
    /// The incident's number, where the object is one.
    pub object_name: String,
    /// What the command wrote down.
    pub detail: Value,
}
