//! Bookmarks and holds.

use easien_model::{BookmarkId, CameraId, HoldId, UnitId, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Marks a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct BookmarkDraft {
    /// Chosen by the client.
    pub id: BookmarkId,
    /// One or several cameras, 64 at most.
    pub cameras: Vec<CameraId>,
    /// The moment marked, within the clip.
    pub at: UtcMicros,
    /// Begin of the clip, inclusive.
    pub start: UtcMicros,
    /// End of the clip, exclusive; may lie in the future by as much as `bookmark_post_s` allows (3600 s).
    pub end: UtcMicros,
    /// What it says, if that is known already.
    #[serde(default)]
    pub text: Option<BookmarkText>,
}

/// What a bookmark says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct BookmarkText {
    /// Its title, 200 characters at most; may be empty.
    pub title: String,
    /// Category code; absent: none.
    pub category: Option<String>,
    /// Tags, 16 at most, 40 characters each.
    pub tags: Vec<String>,
    /// Free text, 10,000 characters at most.
    pub note: String,
    /// Name of its colour: `blue`, `green`, `amber`, `violet`, `teal`, `pink`; empty: none. (Red is for alarms.)
    #[serde(default)]
    pub colour: String,
}

/// Edits a bookmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct BookmarkEdit {
    /// Which.
    pub id: BookmarkId,
    /// What it says from now on.
    #[serde(flatten)]
    pub text: BookmarkText,
    /// How many edits the writer knew (`Bookmark::edits`): another number now is a conflict; absent: never mind.
    #[serde(default)]
    pub edits: Option<u32>,
}

/// A marked clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Bookmark {
    /// Its id.
    pub id: BookmarkId,
    /// Its cameras.
    pub cameras: Vec<CameraId>,
    /// The moment marked.
    pub at: UtcMicros,
    /// Begin of the clip, inclusive.
    pub start: UtcMicros,
    /// End of the clip, exclusive.
    pub end: UtcMicros,
    /// What it says.
    #[serde(flatten)]
    pub text: BookmarkText,
    /// Who made it.
    pub author: String,
    /// When it was made.
    pub created: UtcMicros,
    /// How often it was edited.
    pub edits: u32,
    /// Whether anything of it is on disk, on any of its cameras.
    pub recorded: bool,
    /// An active hold protects at least a part of it.
    pub held: bool,
    /// Taken out of the lists; absent: it stands in them.
    pub hidden: Option<Hidden>,
}

/// Something was taken out of the lists, and can still be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Hidden {
    /// When.
    pub at: UtcMicros,
    /// By whom.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// A bookmark as it was written once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct BookmarkVersion {
    /// 1 is the first.
    pub number: u32,
    /// What it said.
    #[serde(flatten)]
    pub text: BookmarkText,
    /// Who wrote that.
    pub author: String,
    /// When.
    pub at: UtcMicros,
}

/// Takes a bookmark out of the lists (author, or supervisor).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BookmarkHide {
    /// Which.
    pub id: BookmarkId,
    /// Why, 1 to 1000 characters.
    pub reason: String,
}

/// Which bookmarks; every field that is given narrows. Newest moment first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields)]
pub struct BookmarkQuery {
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
    /// With this tag.
    pub tag: Option<String>,
    /// By this author.
    pub author: Option<String>,
    /// Whose title, note, tags or camera contain every word of this, without tone marks and case.
    pub text: String,
    /// Those taken out of the lists too.
    pub hidden: bool,
    /// Only as far as it goes in some ten milliseconds: what words stand in very many places, or long ago, may then be left
    /// out. Without it everything is looked at, however long it takes.
    #[ts(as = "Option<bool>", optional)]
    pub quick: bool,
    /// Only what was marked before this moment, for the next page.
    pub before: Option<UtcMicros>,
    /// At most so many, 1 to 500; 0: 100.
    pub limit: u32,
}

/// Protects footage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HoldDraft {
    /// Chosen by the client.
    pub id: HoldId,
    /// Of these cameras, 1 to 64.
    pub cameras: Vec<CameraId>,
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive.
    pub end: UtcMicros,
    /// Why, 1 to 1000 characters.
    pub reason: String,
    /// Until when; absent: until lifted.
    pub until: Option<UtcMicros>,
    /// The bookmark it was made from, if one.
    pub bookmark: Option<BookmarkId>,
}

/// What protects a clip from retention.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Of these cameras.
    pub cameras: Vec<CameraId>,
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive.
    pub end: UtcMicros,
    /// Why.
    pub reason: String,
    /// Until when; absent: until lifted.
    pub until: Option<UtcMicros>,
    /// The bookmark it was made from.
    pub bookmark: Option<BookmarkId>,
    /// Who.
    pub author: String,
    /// When it was placed.
    pub created: UtcMicros,
    /// Lifted: when, by whom, why.
    pub lifted: Option<Hidden>,
    /// It protects now: not lifted, not run out.
    pub active: bool,
    /// What it protects on disk, in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// Lifts a hold (who placed it, or a supervisor).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HoldLift {
    /// Which.
    pub id: HoldId,
    /// Why, 1 to 1000 characters.
    pub reason: String,
}

/// Which holds; every field that is given narrows. Newest first, 500 at most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields)]
pub struct HoldQuery {
    /// With any of these cameras; empty: any.
    pub cameras: Vec<CameraId>,
    /// Ending after this.
    pub from: Option<UtcMicros>,
    /// Beginning before this.
    pub to: Option<UtcMicros>,
    /// Those that protect no more too.
    pub ended: bool,
}
