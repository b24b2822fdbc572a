//! The data of commands and events, as both sides see it. Times are UTC microseconds; the page turns them into local
//! time. Passwords only ever travel towards the station.

mod alarm;
mod backup;
mod bookmark;
mod camera;
mod casebook;
mod health;
mod incident;
mod layout;
mod people;
mod recording;
mod report;
mod review;
mod shell;
mod shift;
mod wall;

pub use alarm::*;
pub use backup::*;
pub use bookmark::*;
pub use camera::*;
pub use casebook::*;
pub use health::*;
pub use incident::*;
pub use layout::*;
pub use people::*;
pub use recording::*;
pub use report::*;
pub use review::*;
pub use shell::*;
pub use shift::*;
pub use wall::*;

use easien_model::{CameraId, LossReason, NoteId, StillId, StreamKind, UnitId, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Room {
    /// The station's name, e.g. "Ea Siên".
    pub name: String,
    /// Who is in front of the window, until sign-in exists.
    pub operator: String,
    /// The program's version.
    pub version: String,
    /// Where the data is.
    pub data_folder: String,
    /// What the numbers of incidents begin with now: `ES`.
    pub prefix: String,
    /// Settings that people may change.
    pub settings: RoomSettings,
    /// Whether there is a disk that can be recorded to now; the screen says so when not.
    pub recording: bool,
    /// The secret that protects the camera passwords: `systemd`, `file`.
    pub master_key: String,
    /// What stands between the decoder and the rest, in force now: `process`.
    pub sandbox: String,
    /// Simulated cameras can be started here (the program camsim and ffmpeg are there).
    pub can_simulate: bool,
}

/// Settings that people may change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RoomSettings {
    /// The station's name, e.g. "Ea Siên".
    pub name: String,
    /// Who is in front of the window.
    pub operator: String,
    /// Language of the screens: `vi` or `en`.
    pub language: String,
    /// Seconds before the moment that a bookmark takes in, 0 to 3600.
    pub bookmark_pre_s: u32,
    /// Seconds after the moment that a bookmark takes in, 0 to 3600.
    pub bookmark_post_s: u32,
    /// How stills are written.
    pub still_format: StillFormat,
    /// Days that recordings are kept, where a camera says nothing else, 1 to 3650.
    pub keep_days: u32,
    /// Where working copies of clips go, where the person names no other folder; empty: `copies` in the data folder.
    pub copy_folder: String,
    /// A camera in trouble for longer raises an alarm, 3 to 600 s.
    pub alarm_after_s: u32,
    /// What alarms sound like.
    pub alarm_sound: AlarmSound,
    /// A desk where nobody moved a hand for so long is locked, 60 to 86,400 s; 0: never.
    #[serde(default = "lock_after_s")]
    pub lock_after_s: u32,
    /// What incidents' numbers begin with: 1 to 6 letters A to Z and digits; empty: made of the station's name.
    #[serde(default)]
    pub station_prefix: String,
    /// Days that an incident's footage is held after its closing, 0 to 3650.
    #[serde(default = "hold_after_close_days")]
    pub hold_after_close_days: u32,
    /// Folders off the machine (a USB stick, a share) that each signed checkpoint of the audit is copied to; whole paths, 4 at
    /// most.
    #[serde(default)]
    pub checkpoint_folders: Vec<String>,
    /// Largest file that may be attached to an incident, 1 to 4096 MB.
    #[serde(default = "attachment_most_mb")]
    pub attachment_most_mb: u32,
}

/// A quarter of a year.
fn hold_after_close_days() -> u32 {
    90
}

/// A short video, a long scan.
fn attachment_most_mb() -> u32 {
    100
}

/// Ten minutes.
fn lock_after_s() -> u32 {
    600
}

/// What alarms sound like, in the room's main window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AlarmSound {
    /// Of critical ones.
    pub critical: AlarmTone,
    /// Of high ones.
    pub high: AlarmTone,
    /// Of medium ones.
    pub medium: AlarmTone,
    /// Of low ones.
    pub low: AlarmTone,
    /// 0 to 100.
    pub volume: u32,
    /// Of critical alarms that nobody took note of, again after so many seconds, 5 to 600; 0: once only.
    pub repeat_s: u32,
    /// Nothing sounds until then; absent: all does.
    pub muted_until: Option<UtcMicros>,
}

/// A generated sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AlarmTone {
    /// Nothing.
    None,
    /// One soft, low note.
    Soft,
    /// Two notes, falling.
    Chime,
    /// Three notes, rising.
    Rise,
    /// Two notes in turn, several times.
    Siren,
}

/// The figures of the bottom strip.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct RoomStatus {
    /// Cameras in the room.
    pub cameras: u32,
    /// Cameras with at least one live session.
    pub live: u32,
    /// Cameras being recorded, in at least one stream.
    pub recording: u32,
    /// Cameras that should be recorded now and are not, in any of the streams that should be.
    pub not_recording: u32,
    /// Days of recording that fit, at the rates measured now; absent while nothing is measured.
    pub storage_days: Option<f32>,
    /// Free for recordings on all volumes, in bytes.
    #[ts(type = "number")]
    pub storage_free_bytes: u64,
    /// Share of all cores used by station and workers, 0 to 1; absent in the first seconds.
    pub cpu: Option<f32>,
    /// Cores used by station and workers together.
    pub cpu_core: Option<f32>,
    /// Memory of station and workers, in bytes.
    #[ts(type = "number")]
    pub rss_bytes: u64,
    /// Received from all cameras, in bits per second.
    #[ts(type = "number")]
    pub network_bps: u64,
    /// Free on the data folder's disk, in bytes.
    #[ts(type = "number")]
    pub disk_free_bytes: u64,
    /// Picture workers that are up.
    pub workers: u32,
    /// Arrival of a picture's last packet to its painting, median of the last seconds over all windows, in
    /// milliseconds; absent without a window.
    pub glass_ms: Option<f32>,
    /// Pictures painted per second and tile, over all windows; absent without a window.
    pub painted_fps: Option<f32>,
    /// CPU of the picture workers, in cores; absent in the first seconds.
    pub pictures_core: Option<f32>,
    /// CPU that pictures may cost now, in cores; less while other programs need the machine.
    pub pictures_budget_core: f32,
    /// Steps that pictures were taken down to fit it; 0: all are as they are wanted.
    pub pictures_level: u32,
}

/// Starts simulated cameras.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Simulate {
    /// How many, 1 to 240.
    pub cameras: u32,
}

/// A commune or ward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Unit {
    /// Chosen by the client.
    pub id: UnitId,
    /// E.g. "Xã Ea Siên".
    pub name: String,
}

/// An incident category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Category {
    /// Stable code, e.g. `traffic`.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
}

/// How stills are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StillFormat {
    /// Lossless.
    Png,
    /// Small.
    Jpeg,
}

/// Asks for a still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StillDraft {
    /// Chosen by the client.
    pub id: StillId,
    /// Of which camera.
    pub camera: CameraId,
    /// Of which stream it is shown now: the enlarged tile's main, else sub. The main stream is preferred if it runs.
    pub which: StreamKind,
    /// The recorded moment it is of: the newest picture not after it; absent: what is live.
    #[serde(default)]
    pub at: Option<UtcMicros>,
}

/// A still.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Still {
    /// Its id.
    pub id: StillId,
    /// Of which camera.
    pub camera: CameraId,
    /// From which stream.
    pub which: StreamKind,
    /// When the picture arrived.
    pub at: UtcMicros,
    /// The camera's clock minus the station's at that time, in microseconds, if known.
    #[ts(type = "number | null")]
    pub clock_offset_us: Option<i64>,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// File name within the stills folder.
    pub file: String,
    /// Size of the file.
    #[ts(type = "number")]
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// A small JPEG as a `data:` URL.
    pub thumbnail: String,
    /// Who took it.
    pub author: String,
}

/// A file's content for the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Picture {
    /// As a `data:` URL.
    pub url: String,
}

/// Writes a note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct NoteDraft {
    /// Chosen by the client.
    pub id: NoteId,
    /// The text, 1 to 10,000 characters.
    pub text: String,
    /// The camera it is about, if one.
    pub camera: Option<CameraId>,
    /// The moment it is about.
    pub at: UtcMicros,
    /// Category code.
    pub category: Option<String>,
}

/// An append-only text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// The text.
    pub text: String,
    /// The camera it is about.
    pub camera: Option<CameraId>,
    /// The moment it is about.
    pub at: UtcMicros,
    /// Category code.
    pub category: Option<String>,
    /// Who wrote it.
    pub author: String,
    /// When it was written.
    pub created: UtcMicros,
}

/// One thing in the feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "item", rename_all = "snake_case")]
pub enum FeedItem {
    /// A note.
    Note(Note),
    /// A bookmark.
    Bookmark(Bookmark),
    /// A still.
    Still(Still),
    /// A camera was lost or came back.
    Camera(CameraEvent),
    /// Something wants a person.
    Alarm(Alarm),
    /// An incident was opened; its place in the feed is when.
    Incident(Incident),
}

/// A camera was lost or came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraEvent {
    /// Unique among these.
    pub id: String,
    /// Which camera.
    pub camera: CameraId,
    /// Lost at.
    pub lost: UtcMicros,
    /// Back at; absent: still lost.
    pub back: Option<UtcMicros>,
    /// Why.
    pub reason: LossReason,
}

/// A part of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Page {
    /// Only what is older than this; absent: from the newest.
    pub before: Option<UtcMicros>,
    /// At most so many, 1 to 500.
    pub limit: u32,
}
