//! What supervisors report: incidents counted over a time, cameras over a day; and the filters that people keep.

use super::IncidentQuery;
use easien_model::{CameraId, FilterId, UnitId, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for the incidents of a time, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StatisticsQuery {
    /// The room learned of them at this time or later.
    pub from: UtcMicros,
    /// And before this time; ten years at most.
    pub to: UtcMicros,
}

/// Incidents of a time, counted. An incident counts at the time when the room learned of it. Duplicates that became part
/// of another and cancelled incidents are told by their number and are in no other figure; what belonged to a duplicate
/// counts with the incident that it became part of. An incident that the caller may see no camera of is in none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Statistics {
    /// As asked.
    pub from: UtcMicros,
    /// As asked.
    pub to: UtcMicros,
    /// All of them.
    pub all: Counted,
    /// Those that the room learned of by a time without a camera: no footage and no bookmark.
    pub without_camera: u32,
    /// Cancelled, and no duplicates.
    pub cancelled: u32,
    /// Duplicates.
    pub merged: u32,
    /// By category as it stands on the sheet, the most first; absent: none was chosen.
    pub by_category: Vec<CategoryCount>,
    /// By unit, the most first; absent: none was chosen.
    pub by_unit: Vec<UnitCount>,
    /// By camera, the most first. One with three cameras counts at each of them.
    pub by_camera: Vec<CameraCount>,
    /// By hour of the day in the room's local time: 24.
    pub by_hour: Vec<u32>,
    /// By month in the room's local time, ascending, months without one included.
    pub by_month: Vec<MonthCount>,
    /// From when the room learned of it to when somebody was told first, of those where somebody was.
    pub told: Lengths,
}

/// Some incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Counted {
    /// How many.
    pub count: u32,
    /// Of them closed now. One that was opened again is not.
    pub closed: u32,
    /// From when the room learned of it to when it was closed, of those that are.
    pub open: Lengths,
    /// From when somebody was told to when they answered or were there, of every notice that was answered.
    pub response: Lengths,
}

/// Lengths of time, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Lengths {
    /// Of so many.
    pub count: u32,
    /// Half of them are no longer, in seconds; 0 of none.
    pub median_s: f64,
    /// Nine of ten are no longer, in seconds; 0 of none.
    pub p90_s: f64,
}

/// Incidents of a category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CategoryCount {
    /// Its code.
    pub category: Option<String>,
    /// Its incidents.
    pub of: Counted,
}

/// Incidents of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct UnitCount {
    /// Which.
    pub unit: Option<UnitId>,
    /// Its incidents.
    pub of: Counted,
}

/// Incidents of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraCount {
    /// Which.
    pub camera: CameraId,
    /// Its incidents.
    pub of: Counted,
}

/// Incidents of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MonthCount {
    /// Year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// How many.
    pub count: u32,
}

/// A filter that somebody gave a name. Personal; while nobody needs to sign in, the room's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SavedFilter {
    /// Chosen by the client.
    pub id: FilterId,
    /// Its name, 1 to 80 characters.
    pub name: String,
    /// What it asks for. Where a page begins and how long it is are left out of it.
    pub query: IncidentQuery,
}

/// Asks for the day of all cameras.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DayQuery {
    /// Its begin: local midnight.
    pub from: UtcMicros,
    /// Its end; 30 hours later at most.
    pub to: UtcMicros,
}

/// How the cameras were over a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct DaySheet {
    /// As asked.
    pub from: UtcMicros,
    /// As asked; of a day that is not over, now.
    pub to: UtcMicros,
    /// Every camera that is in the room now and may be seen, by its code.
    pub cameras: Vec<CameraDay>,
    /// The disks as they are now.
    pub volumes: Vec<super::Volume>,
    /// Days of recording that fit now; absent: not known.
    pub storage_days: Option<f32>,
}

/// A camera over a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraDay {
    /// Which.
    pub camera: CameraId,
    /// Share of the measured time that it brought pictures, 0 to 1; absent: nothing was measured (the station did not
    /// run, or it is longer ago than measurements are kept).
    pub live: Option<f32>,
    /// So much of the day was measured, in seconds.
    pub measured_s: u32,
    /// How often it was lost.
    pub losses: u32,
    /// So long it was lost in all, in seconds.
    pub lost_s: u32,
    /// The longest of these, in seconds.
    pub longest_s: u32,
    /// Recorded, in seconds: of the stream that has the most.
    pub recorded_s: u32,
    /// Not recorded although it should have been, in seconds.
    pub missing_s: u32,
    /// Of that because of a disk or because the station was too slow, in seconds; the rest because the camera was lost
    /// or the station did not run.
    pub disk_s: u32,
}
