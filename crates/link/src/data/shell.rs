//! Windows among themselves, the station's orderly end, and a camera's sound.

use easien_model::{CameraId, Codec, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a window is asked by another program of the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WindowWish {
    /// To come to the front: somebody started the program again.
    Raise,
    /// To ask whether it is to close, and everything to stop.
    Close,
    /// To close; it is opened again with the next start.
    Leave,
}

/// A wish for one window, or for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WindowAsk {
    /// Its name; absent: every window.
    pub window: Option<String>,
    /// What it is asked.
    pub wish: WindowWish,
}

/// The station ends in order because a person said so. Windows close and do not start it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StationStopping {
    /// Who said so.
    pub by: String,
    /// When.
    pub at: UtcMicros,
}

/// Whose sound a window wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AudioListen {
    /// The camera. It replaces the one that this connection listened to.
    pub camera: CameraId,
}

/// A piece of a camera's sound, for the connection that listens only. Order holds; a slow listener misses some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AudioSamples {
    /// The camera.
    pub camera: CameraId,
    /// How it is coded.
    pub codec: Codec,
    /// Samples per second.
    pub rate_hz: u32,
    /// Channels.
    pub channels: u8,
    /// AAC: the AudioSpecificConfig, base64; empty for G.711.
    pub config: String,
    /// The frames in their order, base64 each.
    pub frames: Vec<String>,
}

/// Why a camera is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AudioSilence {
    /// Its pictures come, its sound does not: it has no microphone, or that is switched off.
    NoAudio,
    /// Nothing comes from it now.
    Lost,
}

/// A camera that a connection listens to is not heard, for that connection only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AudioSilent {
    /// The camera.
    pub camera: CameraId,
    /// Why.
    pub why: AudioSilence,
}
