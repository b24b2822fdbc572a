//! The rows as the store takes them (`...Draft`) and gives them (`...Row`). Plain data; the station maps them to the
//! wire. Times are UTC microseconds. No password is in here: see `Store::camera_password`.

use crate::alarms::AlarmRow;
use crate::incidents::IncidentRow;
use crate::profile::RecordProfile;
use easien_model::{
    BookmarkId, CameraId, LossReason, NoteId, StillId, StreamKind, Transport, UnitId, UtcMicros, WallShape,
};
use serde_json::Value;
use std::fmt;
use uuid::Uuid;

/// A commune or ward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRow {
    /// Chosen by the client.
    pub id: UnitId,
    /// 1 to 120 characters; unique among the units in force.
    pub name: String,
    /// Its place in the list; units with the same are sorted by folded name.
    pub position: i64,
    /// First day in force, `YYYY-MM-DD`; absent: since ever.
    pub valid_from: Option<String>,
    /// First day no more in force; absent: still in force.
    pub valid_to: Option<String>,
}

/// What an incident, note or bookmark is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryRow {
    /// Stable code, e.g. `traffic`.
    pub code: String,
    /// The code above it; absent: first level.
    pub parent: Option<String>,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// Free text, e.g. a decree's article; may be empty.
    pub legal_basis: String,
    /// Its place among its siblings.
    pub position: i64,
    /// Since when it is no more offered; absent: it is.
    pub retired: Option<UtcMicros>,
}

/// A camera as written in the form.
#[derive(Clone, PartialEq, Eq)]
pub struct CameraDraft {
    /// Chosen by the client.
    pub id: CameraId,
    /// 1 to 16 letters, digits, `-`, `_`, `.`; unique in the room without regard to case. Empty: the next free one
    /// when added, as it was when updated.
    pub code: String,
    /// 1 to 120 characters.
    pub name: String,
    /// Where it belongs.
    pub unit: Option<UnitId>,
    /// At most 200 characters; may be empty.
    pub place: String,
    /// Address without user and password.
    pub main_url: String,
    /// The same; empty: one stream only.
    pub sub_url: String,
    /// User name at the camera; empty: none.
    pub username: String,
    /// Absent: TCP first, UDP when refused.
    pub transport: Option<Transport>,
    /// What is recorded of it; absent: as stored, at first both streams around the clock.
    pub record: Option<RecordProfile>,
}

impl fmt::Debug for CameraDraft {
    /// Without the addresses: what a person types there may hold a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CameraDraft").field("id", &self.id).field("code", &self.code).finish_non_exhaustive()
    }
}

/// A camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraRow {
    /// Its id.
    pub id: CameraId,
    /// E.g. C017.
    pub code: String,
    /// E.g. "Cổng chợ Ea Siên".
    pub name: String,
    /// Where it belongs.
    pub unit: Option<UnitId>,
    /// Road, kilometre; may be empty.
    pub place: String,
    /// Address without user and password.
    pub main_url: String,
    /// The same; empty: one stream only.
    pub sub_url: String,
    /// User name at the camera; empty: none.
    pub username: String,
    /// Whether a password is stored.
    pub has_password: bool,
    /// Absent: TCP first, UDP when refused.
    pub transport: Option<Transport>,
    /// What is recorded of it.
    pub record: RecordProfile,
    /// When it was added.
    pub created: UtcMicros,
    /// When it was changed last.
    pub changed: UtcMicros,
    /// When it was taken out of the room; absent: it is in it.
    pub deleted: Option<UtcMicros>,
}

/// A window's wall as remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WallRow {
    /// Which window: 1 to 64 letters, digits, `-`, `_`.
    pub window: String,
    /// How it is cut into tiles.
    pub shape: WallShape,
    /// Cameras tile by tile over all pages, at most 256; absent: an empty tile. Deleted cameras leave an empty tile.
    pub tiles: Vec<Option<CameraId>>,
    /// Page, focus and the like, as the page wants it back; at most 64 KiB of JSON.
    pub view: Value,
}

/// A remembered wall, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallRemembered {
    /// The wall.
    pub wall: WallRow,
    /// Who was in front of it.
    pub who: String,
    /// When it was put last.
    pub at: UtcMicros,
}

/// Marks a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookmarkDraft {
    /// Chosen by the client.
    pub id: BookmarkId,
    /// 1 to 64 cameras, each once.
    pub cameras: Vec<CameraId>,
    /// The moment.
    pub at: UtcMicros,
    /// Begin of the clip, inclusive; not after `at`.
    pub start: UtcMicros,
    /// End of the clip, exclusive; after `start`, not before `at`.
    pub end: UtcMicros,
    /// What it says, if that is known already.
    pub text: Option<BookmarkText>,
}

/// What a bookmark says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookmarkText {
    /// At most 200 characters; may be empty.
    pub title: String,
    /// Category code; absent: none.
    pub category: Option<String>,
    /// At most 16 of at most 40 characters, in the order given.
    pub tags: Vec<String>,
    /// At most 10,000 characters; may be empty.
    pub note: String,
    /// Name of its colour; empty: none.
    pub colour: String,
}

/// Edits a bookmark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookmarkEdit {
    /// Which.
    pub id: BookmarkId,
    /// What it says from now on.
    pub text: BookmarkText,
    /// How many edits the writer knew; absent: never mind.
    pub edits: Option<u32>,
}

/// A marked clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookmarkRow {
    /// Its id.
    pub id: BookmarkId,
    /// Its cameras in the order given.
    pub cameras: Vec<CameraId>,
    /// The moment marked.
    pub at: UtcMicros,
    /// Begin of the clip, inclusive.
    pub start: UtcMicros,
    /// End of the clip, exclusive.
    pub end: UtcMicros,
    /// What it says.
    pub text: BookmarkText,
    /// Who made it.
    pub author: String,
    /// When it was made.
    pub created: UtcMicros,
    /// How often it was edited.
    pub edits: u32,
    /// Taken out of the lists; absent: it stands in them.
    pub hidden: Option<HiddenRow>,
}

/// When, by whom and why something was hidden or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenRow {
    /// When.
    pub at: UtcMicros,
    /// By whom.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// Something that a bookmark said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookmarkVersionRow {
    /// 1 is the first.
    pub number: u32,
    /// What it said.
    pub text: BookmarkText,
    /// Who wrote that.
    pub author: String,
    /// When.
    pub at: UtcMicros,
}

/// Which bookmarks; every field that is given narrows. Newest moment first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookmarkFilter {
    /// Whose clip ends after this.
    pub from: Option<UtcMicros>,
    /// Whose clip begins before this.
    pub to: Option<UtcMicros>,
    /// With any of these cameras; empty: any.
    pub cameras: Vec<CameraId>,
    /// With a camera of this unit.
    pub unit: Option<UnitId>,
    /// Of this category.
    pub category: Option<String>,
    /// With this tag, tone marks and case ignored.
    pub tag: Option<String>,
    /// By this author.
    pub author: Option<String>,
    /// Whose title, note, tags or cameras hold every word of this, tone marks and case ignored.
    pub text: String,
    /// Hidden ones too.
    pub hidden: bool,
    /// Only what was marked before this.
    pub before: Option<UtcMicros>,
    /// At most so many, 1 to 500, and those that tie with the last.
    pub limit: u32,
    /// Only as far as it goes in a few milliseconds.
    pub quick: bool,
}

/// Files a still.
#[derive(Clone, PartialEq, Eq)]
pub struct StillDraft {
    /// Chosen by the client.
    pub id: StillId,
    /// Of which camera.
    pub camera: CameraId,
    /// From which stream.
    pub which: StreamKind,
    /// When the picture arrived.
    pub at: UtcMicros,
    /// The camera's clock minus the station's at that time, in microseconds, if known.
    pub clock_offset_us: Option<i64>,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// File name relative to the stills folder, with `/`; unique.
    pub file: String,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// A small JPEG, at most 256 KiB.
    pub thumbnail: Vec<u8>,
}

impl fmt::Debug for StillDraft {
    /// Without the thumbnail's bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StillDraft").field("id", &self.id).field("file", &self.file).finish_non_exhaustive()
    }
}

/// A still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StillRow {
    /// What was filed.
    pub still: StillDraft,
    /// Who took it.
    pub author: String,
    /// When it was filed.
    pub created: UtcMicros,
}

/// Writes a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteDraft {
    /// Chosen by the client.
    pub id: NoteId,
    /// 1 to 10,000 characters.
    pub text: String,
    /// The camera it is about, if one.
    pub camera: Option<CameraId>,
    /// The moment it is about.
    pub at: UtcMicros,
    /// Category code.
    pub category: Option<String>,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// What was written.
    pub note: NoteDraft,
    /// Who wrote it.
    pub author: String,
    /// When it was written.
    pub created: UtcMicros,
}

/// A camera was lost or came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraEventRow {
    /// Made by the store.
    pub id: Uuid,
    /// Which camera.
    pub camera: CameraId,
    /// Lost at.
    pub lost: UtcMicros,
    /// Back at; absent: still lost.
    pub back: Option<UtcMicros>,
    /// Why it was lost at first.
    pub reason: LossReason,
}

/// One thing in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedRow {
    /// A note.
    Note(NoteRow),
    /// A bookmark.
    Bookmark(BookmarkRow),
    /// A still.
    Still(StillRow),
    /// A camera was lost or came back.
    Camera(CameraEventRow),
    /// An alarm was raised.
    Alarm(AlarmRow),
    /// An incident was opened.
    Incident(Box<IncidentRow>),
}

impl FeedRow {
    /// The time that the feed is sorted and paged by: of a note, bookmark and still the moment it is about (`at`), of
    /// a camera event when the camera was lost, of an alarm when it was raised, of an incident when it was opened.
    #[must_use]
    pub fn at(&self) -> UtcMicros {
        match self {
            Self::Note(row) => row.note.at,
            Self::Bookmark(row) => row.at,
            Self::Still(row) => row.still.at,
            Self::Camera(row) => row.lost,
            Self::Alarm(row) => row.raised,
            Self::Incident(row) => row.opened,
        }
    }
}

/// Who did what, when, to what.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// 1, 2, 3, ... without a hole.
    pub seq: i64,
    /// When.
    pub at: UtcMicros,
    /// Who.
    pub who: String,
    /// Command as on the wire, e.g. `camera.add`.
    pub command: String,
    /// Kind and id, e.g. `camera 0198...`.
    pub object: String,
    /// What was changed; never a credential or a whole address.
    pub detail: Value,
    /// Its leaf in the Merkle tree.
    pub leaf: [u8; 32],
}

/// Which rows of the audit; every field that is given narrows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By this person.
    pub who: Option<String>,
    /// Of this command, or of all that begin so where it ends with a point.
    pub command: Option<String>,
    /// About this: kind and id.
    pub object: Option<String>,
    /// At this time or later.
    pub from: Option<UtcMicros>,
    /// Before this time.
    pub to: Option<UtcMicros>,
    /// With a lower number.
    pub before: Option<i64>,
    /// At most so many, 1 to 500.
    pub limit: u32,
}
