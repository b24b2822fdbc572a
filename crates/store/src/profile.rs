//! What is recorded of a camera, when, and how long it is kept: three columns of its row.

use crate::error::{Error, Result};
use crate::sql::{damaged, json};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

/// Which of a camera's streams are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordStreams {
    /// Main and sub; of a camera with one stream, that one.
    #[default]
    Both,
    /// Main only.
    Main,
    /// Sub only; of a camera with one stream, that one.
    Sub,
    /// Nothing.
    Off,
}

/// What is recorded of a camera, when, and how long it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecordProfile {
    /// Which streams.
    pub streams: RecordStreams,
    /// The times of the week, by the station's local time; empty: around the clock.
    pub schedule: Vec<WeekSpan>,
    /// Days kept, 1 to 3650; absent: the room's setting.
    pub keep_days: Option<u32>,
}

/// A time of the week: `[from_minute, to_minute)` of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WeekSpan {
    /// 0 Monday to 6 Sunday.
    pub day: u8,
    /// Minutes since midnight, 0 to 1439.
    pub from_minute: u16,
    /// Minutes since midnight, 1 to 1440.
    pub to_minute: u16,
}

/// Refuses times of the week that overlap, are empty or are none.
pub(crate) fn check(profile: &RecordProfile) -> Result<()> {
    let schedule_key = "problem_record_schedule";
    let wrong = |span: &WeekSpan| span.day > 6 || span.from_minute >= span.to_minute || span.to_minute > 1440;
    let mut spans = profile.schedule.clone();
    spans.sort_by_key(|span| (span.day, span.from_minute));
    let overlap =
        spans.windows(2).any(|pair| pair[0].day == pair[1].day && pair[1].from_minute < pair[0].to_minute);
    if spans.iter().any(wrong) || overlap {
        return Err(Error::Invalid { key: schedule_key, field: "schedule" });
    }
    if profile.keep_days.is_some_and(|days| !(1..=3650).contains(&days)) {
        return Err(Error::Invalid { key: "problem_keep_days", field: "keep_days" });
    }
    Ok(())
}

/// Which streams, as stored.
pub(crate) fn streams_text(streams: RecordStreams) -> &'static str {
    match streams {
        RecordStreams::Both => "both",
        RecordStreams::Main => "main",
        RecordStreams::Sub => "sub",
        RecordStreams::Off => "off",
    }
}

/// Reads a profile from three columns.
pub(crate) fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<RecordProfile> {
    let streams = match row.get_ref(column)?.as_str()? {
        "both" => RecordStreams::Both,
        "main" => RecordStreams::Main,
        "sub" => RecordStreams::Sub,
        "off" => RecordStreams::Off,
        _ => return Err(damaged(column, "not a choice of streams")),
    };
    Ok(RecordProfile { streams, schedule: json(row, column + 1)?, keep_days: row.get(column + 2)? })
}
