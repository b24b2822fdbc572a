//! Walls: what a window shows, and what it painted.

use super::WindowName;
use easien_model::CameraId;
use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// What a window shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct WallShow {
    /// Which window.
    pub window: WindowName,
    /// Its tiles; those not named are taken down.
    pub tiles: Vec<TileShow>,
}

/// What a tile shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TileShow {
    /// The tile's number in its window, 0 to 255.
    pub tile: u32,
    /// The camera.
    pub camera: CameraId,
    /// Width of the tile's video rectangle in device pixels.
    pub width_px: u32,
    /// Height of the tile's video rectangle in device pixels.
    pub height_px: u32,
    /// Enlarged: take the main stream up; the sub picture is shown until it paints.
    pub large: bool,
    /// It shows the archive at the window's playhead (`review.set`) instead of what is live.
    #[serde(default)]
    pub archive: bool,
    /// A small tile among many, to be glanced at: its key frames are enough.
    #[serde(default)]
    pub glance: bool,
    /// Where the eye is: this tile loses last when there is too little CPU, and its main stream is made ready.
    #[serde(default)]
    pub focused: bool,
    /// The part of the picture that fills the tile (digital zoom); absent: the whole.
    #[serde(default)]
    pub view: Option<PicturePart>,
}

/// A part of a picture, in shares of its width and height: `0 <= x`, `0 < w`, `x + w <= 1`, the same for `y` and `h`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct PicturePart {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// Where the pixels are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct WallShown {
    /// The window's mosaic.
    pub mosaic: MosaicHandle,
    /// Its tiles' places.
    pub tiles: Vec<TileShown>,
}

/// How another process of the same user opens a mosaic: `/proc/{pid}/fd/{fd}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct MosaicHandle {
    /// The process that holds it.
    pub pid: u32,
    /// Its descriptor there.
    pub fd: i32,
    /// Its size.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Differs for each mosaic of a station's life.
    #[ts(type = "number")]
    pub generation: u64,
}

/// A tile's place in the mosaic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TileShown {
    /// The tile's number in its window.
    pub tile: u32,
    /// Index of its slot in the mosaic.
    pub slot: u32,
    /// The slot's assignment; pictures of an older one are not this tile's.
    #[ts(type = "number")]
    pub assignment: u64,
}

/// What a window painted since its last report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct WallReport {
    /// Which window.
    pub window: WindowName,
    /// Tiles that may be painted.
    pub tiles: u32,
    /// Pictures painted per second, all tiles together.
    pub painted_fps: f32,
    /// Arrival to painting, median, in milliseconds; absent if nothing was painted.
    pub glass_ms_p50: Option<f32>,
    /// Arrival to painting, 95th percentile, in milliseconds.
    pub glass_ms_p95: Option<f32>,
    /// The window program's own process, to be counted with its children.
    pub pid: u32,
}

/// Where the page presenter connects.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PageDoor {
    /// `ws://127.0.0.1:PORT/?token=...`; whoever has it may do what the window may.
    pub url: String,
}

impl fmt::Debug for PageDoor {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageDoor { .. }")
    }
}
