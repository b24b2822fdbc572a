//! What the station tells every connected window by itself, after commit.

use crate::data::{
    Alarm, AtDesk, AttachmentProgress, AudioSamples, AudioSilent, Backup, Camera, Copy, FeedItem, Hold,
    Incident, Layout, Neighbours, Recording, ReviewState, Room, RoomStatus, Session, Shift, StationStopping,
    Task, Tour, Unit, Volume, WindowAsk,
};
use easien_model::{CameraId, LayoutId, TourId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A change. Each carries the new whole, so that a missed one is mended by the next or by asking again.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "event", content = "data")]
pub enum Event {
    /// Settings or abilities changed.
    #[serde(rename = "room.changed")]
    RoomChanged(Room),
    /// Every 2 s: the figures of the bottom strip.
    #[serde(rename = "room.status")]
    RoomStatus(RoomStatus),
    /// A camera was added or edited.
    #[serde(rename = "camera.changed")]
    CameraChanged(Camera),
    /// A camera was taken out.
    #[serde(rename = "camera.deleted")]
    CameraDeleted(CameraId),
    /// A unit was added or edited.
    #[serde(rename = "unit.changed")]
    UnitChanged(Unit),
    /// A session changed its state (not sent for mere figures).
    #[serde(rename = "session.changed")]
    SessionChanged(Session),
    /// Something new in the feed, or an item edited (same `id`).
    #[serde(rename = "feed.changed")]
    FeedChanged(FeedItem),
    /// A stream's recording changed its phase.
    #[serde(rename = "recording.changed")]
    RecordingChanged(Recording),
    /// All volumes, when one was added, taken out, or changed its state.
    #[serde(rename = "volume.changed")]
    VolumeChanged(Vec<Volume>),
    /// An alarm was raised, acknowledged or cleared.
    #[serde(rename = "alarm.changed")]
    AlarmChanged(Alarm),
    /// A hold was placed or lifted, or ran out.
    #[serde(rename = "hold.changed")]
    HoldChanged(Hold),
    /// A copy went on (twice a second at most), or ended.
    #[serde(rename = "copy.changed")]
    CopyChanged(Copy),
    /// A backup went on (twice a second at most), or ended.
    #[serde(rename = "backup.changed")]
    BackupChanged(Box<Backup>),
    /// A camera's neighbours were edited.
    #[serde(rename = "neighbours.changed")]
    NeighboursChanged(Neighbours),
    /// A layout was saved.
    #[serde(rename = "layout.changed")]
    LayoutChanged(Layout),
    /// A layout was taken out of the list.
    #[serde(rename = "layout.deleted")]
    LayoutDeleted(LayoutId),
    /// All layouts have this order now.
    #[serde(rename = "layout.ordered")]
    LayoutOrdered(Vec<LayoutId>),
    /// A tour was saved.
    #[serde(rename = "tour.changed")]
    TourChanged(Tour),
    /// A tour was taken out of the list.
    #[serde(rename = "tour.deleted")]
    TourDeleted(TourId),
    /// A file on its way to an incident.
    #[serde(rename = "attachment.progress")]
    AttachmentProgress(AttachmentProgress),
    /// An incident was opened or changed.
    #[serde(rename = "incident.changed")]
    IncidentChanged(Incident),
    /// A shift began or ended, or its clock was compared.
    #[serde(rename = "shift.changed")]
    ShiftChanged(Box<Shift>),
    /// A task was written down, changed, or is done.
    #[serde(rename = "task.changed")]
    TaskChanged(Task),
    /// Who sits at this desk changed by itself; only to its connection.
    #[serde(rename = "desk.changed")]
    DeskChanged(AtDesk),
    /// A window's playhead moved (8 times a second at most), or what its tiles show changed.
    #[serde(rename = "review.state")]
    ReviewState(ReviewState),
    /// A window is asked something by another program of the same person.
    #[serde(rename = "window.asked")]
    WindowAsked(WindowAsk),
    /// The station ends because a person said so; the last thing that it tells.
    #[serde(rename = "station.stopping")]
    StationStopping(StationStopping),
    /// A piece of a camera's sound; only to the connection that listens.
    #[serde(rename = "audio.samples")]
    AudioSamples(AudioSamples),
    /// A camera that is listened to is not heard; only to the connection that listens.
    #[serde(rename = "audio.silent")]
    AudioSilent(AudioSilent),
    /// Events were lost on the way to this window: ask for everything again.
    #[serde(rename = "resync")]
    Resync,
}
