//! The archive on the screen: playhead, timeline, calendar, thumbnails, and working copies of clips.

use crate::data::WindowName;
use easien_model::{CameraId, CopyId, GapCause, Problem, StreamKind, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Moves a window's playhead. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields)]
pub struct ReviewSet {
    /// Which window.
    pub window: WindowName,
    /// To this moment. Beyond the newest recording: to the newest.
    pub at: Option<UtcMicros>,
    /// Play or pause.
    pub playing: Option<bool>,
    /// Times real time: 0.125 to 64, or -64 to -0.125 for reverse.
    pub speed: Option<f32>,
    /// The person drags: pictures of the nearest key frames come first, exact ones when the hand rests.
    pub scrubbing: bool,
}

/// Steps through the pictures of one tile; the others follow in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReviewStep {
    /// Which window.
    pub window: WindowName,
    /// Whose pictures are counted.
    pub tile: u32,
    /// How many pictures forward, negative: back; -100 to 100.
    pub frames: i32,
}

/// A window's playhead as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ReviewState {
    /// Which window.
    pub window: WindowName,
    /// The moment.
    pub at: UtcMicros,
    /// It moves.
    pub playing: bool,
    /// Times real time; negative: reverse.
    pub speed: f32,
    /// It waits for pictures that are not there yet.
    pub waiting: bool,
    /// It is at the newest that there is, and follows it.
    pub newest: bool,
    /// The window's archive tiles.
    pub tiles: Vec<ReviewTile>,
}

/// What an archive tile shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ReviewTile {
    /// The tile's number in its window.
    pub tile: u32,
    /// The camera.
    pub camera: CameraId,
    /// Which of its streams is shown.
    pub which: Option<StreamKind>,
    /// When the picture that is shown was taken, by the station's clock; absent: none is shown.
    pub at: Option<UtcMicros>,
    /// A key frame stands in for the exact picture.
    pub key_only: bool,
    /// Nothing is recorded at the playhead.
    pub missing: Option<ReviewMissing>,
}

/// Nothing is recorded at the playhead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ReviewMissing {
    /// Why, if it is known.
    pub cause: Option<GapCause>,
    /// Since when.
    pub since: Option<UtcMicros>,
    /// When recording goes on.
    pub until: Option<UtcMicros>,
}

/// Where to jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JumpTo {
    /// The marked moment of a bookmark.
    Bookmark,
    /// The begin of an alarm, or of a camera's loss.
    Alarm,
    /// The begin of a gap.
    Gap,
    /// The begin of what is recorded.
    Footage,
}

/// Looks for the next of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Jump {
    /// On these cameras.
    pub cameras: Vec<CameraId>,
    /// From here, exclusive.
    pub at: UtcMicros,
    /// What.
    pub to: JumpTo,
    /// Forward in time, or back.
    pub forward: bool,
}

/// Asks for what is recorded of some cameras.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineQuery {
    /// 1 to 64 cameras.
    pub cameras: Vec<CameraId>,
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive.
    pub end: UtcMicros,
    /// So many parts of equal length for the activity, 0 to 4000.
    pub buckets: u32,
}

/// One camera's part of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineLane {
    /// Which camera.
    pub camera: CameraId,
    /// What is recorded, in order, without overlap; what is nearer together than a pixel (a bucket) is one.
    pub spans: Vec<TimelineSpan>,
    /// What is missing, in order.
    pub gaps: Vec<TimelineGap>,
    /// How much moves, bucket by bucket: 0 to 254; 255: not known.
    pub activity: Vec<u8>,
}

/// Something is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimelineSpan {
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive.
    pub end: UtcMicros,
    /// Of the main stream.
    pub main: bool,
    /// Of the sub stream.
    pub sub: bool,
}

/// Something is missing of every stream that should be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimelineGap {
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive; absent: it goes on.
    pub end: Option<UtcMicros>,
    /// Which stream; absent: every one.
    pub which: Option<StreamKind>,
    /// Why.
    pub cause: GapCause,
}

/// Asks on which days there is footage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CalendarQuery {
    /// Of these cameras; empty: of any.
    pub cameras: Vec<CameraId>,
    /// Begin of each day and the end of the last, as the page's local time has them; 2 to 64, ascending.
    pub days: Vec<UtcMicros>,
}

/// Asks for a small picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ThumbnailQuery {
    /// Of which camera.
    pub camera: CameraId,
    /// The nearest key frame not after this; else the next one within 10 s.
    pub at: UtcMicros,
    /// Width in pixels, 32 to 640.
    pub width_px: u32,
}

/// A small picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Thumbnail {
    /// As a `data:` URL of a JPEG.
    pub url: String,
    /// When it was taken.
    pub at: UtcMicros,
}

/// Asks for a working copy of a clip: a plain MP4 a camera, and beside it what is in it and what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CopyDraft {
    /// Chosen by the client.
    pub id: CopyId,
    /// Of these cameras, 1 to 16.
    pub cameras: Vec<CameraId>,
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive; at most 24 h after the begin.
    pub end: UtcMicros,
    /// Which stream; absent: main where it is recorded, else sub.
    pub which: Option<StreamKind>,
    /// Into this folder (absolute); a folder of its own is made in it. Empty: the room's setting.
    pub folder: String,
}

/// What a copy would take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CopyPlan {
    /// Size of the copies, in bytes, about.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Free where they go.
    #[ts(type = "number")]
    pub free_bytes: u64,
    /// Where they go.
    pub folder: String,
    /// Camera by camera.
    pub files: Vec<CopyFile>,
}

/// A working copy of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Copy {
    /// As asked for; `folder` is the copy's own folder.
    #[serde(flatten)]
    pub asked: CopyDraft,
    /// What is going on.
    pub phase: CopyPhase,
    /// Who asked.
    pub author: String,
    /// When.
    pub created: UtcMicros,
    /// Written so far, in bytes.
    #[ts(type = "number")]
    pub done_bytes: u64,
    /// To be written in all, in bytes.
    #[ts(type = "number")]
    pub total_bytes: u64,
    /// Seconds left, about.
    pub seconds_left: Option<f32>,
    /// The files that are complete.
    pub files: Vec<CopyFile>,
    /// Why it failed.
    pub problem: Option<Problem>,
}

/// What is going on with a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CopyPhase {
    /// Being written.
    Running,
    /// Complete.
    Done,
    /// Not complete; nothing is left that looks whole.
    Failed,
    /// Stopped by a person; nothing is left that looks whole.
    Cancelled,
}

/// One camera's part of a copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CopyFile {
    /// The camera.
    pub camera: CameraId,
    /// Which stream.
    pub which: StreamKind,
    /// File name within the folder; several parts where the camera's parameters changed.
    pub file: String,
    /// Its size, in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// What is in it: from the key frame before the begin asked for.
    pub start: UtcMicros,
    /// To the end of its last picture.
    pub end: UtcMicros,
    /// Pictures.
    #[ts(type = "number")]
    pub frames: u64,
    /// What is missing within what was asked for.
    pub gaps: Vec<TimelineGap>,
}
