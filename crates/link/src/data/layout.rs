//! Saved layouts, tours, and what a window remembers of its wall.

use super::WindowName;
use easien_model::{CameraId, LayoutId, TourId, UtcMicros, WallShape};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Saves a layout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LayoutDraft {
    /// Chosen by the client.
    pub id: LayoutId,
    /// 1 to 80 characters; unique among the shared ones, or among one's own.
    pub name: String,
    /// Everybody's; else the owner's alone.
    pub shared: bool,
    /// How the wall is cut into tiles.
    pub shape: WallShape,
    /// Cameras tile by tile over all pages, at most 256; absent: an empty tile. The hotspot takes none.
    pub cameras: Vec<Option<CameraId>>,
    /// The tile of each page that follows the chosen camera, with its main stream.
    pub hotspot: Option<u32>,
    /// The count of edits that the person saw; 0: it is new.
    pub edits: u32,
}

/// A saved layout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Layout {
    /// Its id.
    pub id: LayoutId,
    /// Its name.
    pub name: String,
    /// Everybody's; else the owner's alone.
    pub shared: bool,
    /// How the wall is cut into tiles.
    pub shape: WallShape,
    /// Cameras tile by tile over all pages; absent: an empty tile. One that is not in the room any more stays named.
    pub cameras: Vec<Option<CameraId>>,
    /// The tile of each page that follows the chosen camera.
    pub hotspot: Option<u32>,
    /// Counts its changes.
    pub edits: u32,
    /// Who made it.
    pub owner: String,
    /// Who changed it last.
    pub changed_by: String,
    /// When.
    pub changed: UtcMicros,
}

/// Takes a layout out of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LayoutDelete {
    /// Which.
    pub id: LayoutId,
    /// The count of edits that the person saw.
    pub edits: u32,
}

/// A step of a tour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TourStep {
    /// What is shown; a layout that was deleted meanwhile is passed over.
    pub layout: LayoutId,
    /// Which of its pages, from 0; absent: each in turn.
    pub page: Option<u32>,
    /// How long a page stands, 3 to 3600 s.
    pub dwell_s: u32,
}

/// Saves a tour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TourDraft {
    /// Chosen by the client.
    pub id: TourId,
    /// 1 to 80 characters; unique among the shared ones, or among one's own.
    pub name: String,
    /// Everybody's; else the owner's alone.
    pub shared: bool,
    /// 1 to 64.
    pub steps: Vec<TourStep>,
    /// The count of edits that the person saw; 0: it is new.
    pub edits: u32,
}

/// Layouts shown in turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Tour {
    /// Its id.
    pub id: TourId,
    /// Its name.
    pub name: String,
    /// Everybody's; else the owner's alone.
    pub shared: bool,
    /// What is shown, in turn and again.
    pub steps: Vec<TourStep>,
    /// Counts its changes.
    pub edits: u32,
    /// Who made it.
    pub owner: String,
    /// Who changed it last.
    pub changed_by: String,
    /// When.
    pub changed: UtcMicros,
}

/// Takes a tour out of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TourDelete {
    /// Which.
    pub id: TourId,
    /// The count of edits that the person saw.
    pub edits: u32,
}

/// A window's wall as remembered: what stands on it, and where the eye is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct WallMemory {
    /// Which window.
    pub window: WindowName,
    /// How the wall is cut into tiles.
    pub shape: WallShape,
    /// Cameras tile by tile over all pages; absent: an empty tile.
    pub tiles: Vec<Option<CameraId>>,
    /// Where the eye is.
    #[serde(default)]
    pub view: WallView,
    /// Who was in front of it; told by the station.
    #[serde(default)]
    pub who: Option<String>,
    /// When it was remembered; told by the station.
    #[serde(default)]
    pub at: Option<UtcMicros>,
}

/// Where the eye is on a wall. What an older program did not know is as if it were not there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct WallView {
    /// The page, from 0.
    pub page: u32,
    /// The tile with the frame.
    pub focus: u32,
    /// That tile fills the wall.
    pub large: bool,
    /// The saved layout that is open; absent: all cameras.
    pub layout: Option<LayoutId>,
    /// The tile that follows the chosen camera.
    pub hotspot: Option<u32>,
    /// The camera that stands there.
    pub followed: Option<CameraId>,
    /// A person chose the shape; else it grows with the room.
    pub chosen: bool,
    /// The tour that goes on.
    pub tour: Option<TourView>,
    /// Cameras were brought up over what was there: why, as the screen says it; may be empty.
    pub brought: Option<String>,
    /// All cameras at once are shown instead of the wall. Kept apart from the wall, under the window's name and `_overview`.
    pub overview: bool,
    /// There they stand by number, not by unit.
    pub by_number: bool,
}

/// Where a tour is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct TourView {
    /// Which; absent: the pages of what is shown.
    pub tour: Option<TourId>,
    /// The stop, from 0, counting every page.
    pub stop: u32,
    /// How long a page stands where no saved tour says it.
    pub dwell_s: u32,
    /// A person stopped it for a while.
    pub paused: bool,
}
