//! Cameras: how they are reached, how their sessions are.

use super::{RecordProfile, Recording};
use easien_model::{CameraId, Codec, LossReason, SessionState, SessionStats, StreamKind, Transport, UnitId};
use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// A camera with the state of its sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Camera {
    /// Its id.
    pub id: CameraId,
    /// E.g. C017; unique in the room.
    pub code: String,
    /// E.g. "Cổng chợ Ea Siên".
    pub name: String,
    /// Where it belongs.
    pub unit: Option<UnitId>,
    /// Free text: road, kilometre.
    pub place: String,
    /// The main stream's address, without credentials.
    pub main_url: String,
    /// The sub stream's address, without credentials; empty: the camera has one stream only.
    pub sub_url: String,
    /// User name at the camera; empty: none.
    pub username: String,
    /// Whether a password is stored. It is never sent.
    pub has_password: bool,
    /// How its packets shall travel; absent: TCP first, UDP when refused.
    pub transport: Option<Transport>,
    /// Its sessions: the sub stream's always, the main stream's while wanted.
    pub sessions: Vec<Session>,
    /// What is recorded of it, as wished.
    pub record: RecordProfile,
    /// What is recorded of it, as it is: one for each stream that it has.
    pub recordings: Vec<Recording>,
}

/// A camera as written in the form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CameraDraft {
    /// Chosen by the client.
    pub id: CameraId,
    /// Empty: the next free one (C001, C002, ...).
    pub code: String,
    /// E.g. "Cổng chợ Ea Siên".
    pub name: String,
    /// Where it belongs.
    pub unit: Option<UnitId>,
    /// Free text.
    pub place: String,
    /// `rtsp://host[:port]/path`. A user and password inside are taken out into the fields below.
    pub main_url: String,
    /// As above; empty: none.
    pub sub_url: String,
    /// User name at the camera; empty: none.
    pub username: String,
    /// Absent: as stored. Empty: none.
    pub password: Option<String>,
    /// Absent: TCP first, UDP when refused.
    pub transport: Option<Transport>,
    /// What is recorded of it; absent: as stored, at first both streams around the clock.
    #[serde(default)]
    pub record: Option<RecordProfile>,
}

impl fmt::Debug for CameraDraft {
    /// Without password and addresses, which may hold one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CameraDraft").field("id", &self.id).field("code", &self.code).finish_non_exhaustive()
    }
}

/// One RTSP connection to one stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Session {
    /// The camera.
    pub camera: CameraId,
    /// Which of its streams.
    pub which: StreamKind,
    /// Its state.
    pub state: SessionState,
    /// Its figures.
    pub stats: SessionStats,
}

/// How much moves before a camera.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CameraActivity {
    /// The camera.
    pub camera: CameraId,
    /// 0 (still) to 100: sizes of non-key frames against their own recent quiet, over some seconds.
    pub level: u8,
}

/// What trying a camera found, stream by stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraTest {
    /// The main stream.
    pub main: StreamTest,
    /// The sub stream, if an address is given.
    pub sub: Option<StreamTest>,
}

/// What trying a stream found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct StreamTest {
    /// Why it does not work; absent: it works.
    pub failure: Option<LossReason>,
    /// Technical detail in English, without credentials.
    pub detail: String,
    /// Codec.
    pub codec: Option<Codec>,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// Pictures per second, measured.
    pub fps: f32,
    /// Bits per second, measured.
    #[ts(type = "number")]
    pub bitrate_bps: u64,
    /// How the packets travelled.
    pub transport: Option<Transport>,
    /// Audio codec, if there is audio.
    pub audio: Option<Codec>,
    /// The picture, as a `data:` URL of a JPEG.
    pub picture: Option<String>,
}

/// Names a window: `main`, `wall-2`, ...
pub type WindowName = String;
