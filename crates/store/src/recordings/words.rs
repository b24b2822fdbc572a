//! How the index writes states, codecs, causes and paths down in few bytes.

use super::rows::SegmentState;
use crate::error::Result;
use crate::sql::{damaged, reason_text};
use easien_model::{Codec, GapCause, LossReason, StreamKind, UtcMicros};
use rusqlite::Row;

/// Longer ones, and those without an end, are looked for by an index of their own, so that a search by time need not
/// go back further than this.
pub(super) const LONG_US: i64 = 20 * 60 * 1_000_000;

const STATES: [SegmentState; 5] = [
    SegmentState::Open,
    SegmentState::Whole,
    SegmentState::Recovered,
    SegmentState::Damaged,
    SegmentState::Deleting,
];
const CODECS: [Codec; 5] = [Codec::H264, Codec::H265, Codec::Aac, Codec::Pcmu, Codec::Pcma];

pub(super) fn which_number(which: StreamKind) -> i64 {
    match which {
        StreamKind::Main => 0,
        StreamKind::Sub => 1,
    }
}

pub(super) fn which(row: &Row<'_>, column: usize) -> rusqlite::Result<StreamKind> {
    match row.get::<_, i64>(column)? {
        0 => Ok(StreamKind::Main),
        1 => Ok(StreamKind::Sub),
        _ => Err(damaged(column, "not a stream")),
    }
}

pub(super) fn state_number(state: SegmentState) -> i64 {
    match state {
        SegmentState::Open => 0,
        SegmentState::Whole => 1,
        SegmentState::Recovered => 2,
        SegmentState::Damaged => 3,
        SegmentState::Deleting => 4,
    }
}

pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<SegmentState> {
    STATES.get(usize::from(row.get::<_, u8>(column)?)).copied().ok_or_else(|| damaged(column, "not a state"))
}

pub(super) fn codec_number(codec: Codec) -> i64 {
    match codec {
        Codec::H264 => 0,
        Codec::H265 => 1,
        Codec::Aac => 2,
        Codec::Pcmu => 3,
        Codec::Pcma => 4,
    }
}

pub(super) fn codec(row: &Row<'_>, column: usize) -> rusqlite::Result<Codec> {
    CODECS.get(usize::from(row.get::<_, u8>(column)?)).copied().ok_or_else(|| damaged(column, "not a codec"))
}

pub(super) fn codec_opt(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Codec>> {
    if row.get::<_, Option<i64>>(column)?.is_none() { Ok(None) } else { codec(row, column).map(Some) }
}

/// A cause's code, its loss, its step.
pub(super) fn cause_parts(cause: GapCause) -> Result<(&'static str, Option<String>, Option<i64>)> {
    Ok(match cause {
        GapCause::CameraLost { reason } => (cause.code(), reason.map(reason_text).transpose()?, None),
        GapCause::ClockStep { step_us } => (cause.code(), None, Some(step_us)),
        _ => (cause.code(), None, None),
    })
}

/// Reads a cause from three columns.
pub(super) fn cause(row: &Row<'_>, column: usize) -> rusqlite::Result<GapCause> {
    Ok(match row.get_ref(column)?.as_str()? {
        "camera_lost" => {
            let reason: Option<LossReason> = match row.get::<_, Option<String>>(column + 1)? {
                None => None,
                Some(text) => Some(
                    serde_json::from_value(serde_json::Value::String(text))
                        .map_err(|error| damaged(column + 1, error))?,
                ),
            };
            GapCause::CameraLost { reason }
        }
        "overload" => GapCause::Overload,
        "disk_full" => GapCause::DiskFull,
        "disk_failed" => GapCause::DiskFailed,
        "stopped" => GapCause::Stopped,
        "scheduled" => GapCause::Scheduled,
        "station_stopped" => GapCause::StationStopped,
        "station_died" => GapCause::StationDied,
        "clock_step" => {
            GapCause::ClockStep { step_us: row.get::<_, Option<i64>>(column + 2)?.unwrap_or_default() }
        }
        "timestamp_leap" => GapCause::TimestampLeap,
        "parameters_changed" => GapCause::ParametersChanged,
        "file_damaged" => GapCause::FileDamaged,
        _ => return Err(damaged(column, "not a cause")),
    })
}

/// A path as folder and name. The name is left out where it follows from the begin, as it mostly does.
pub(super) fn split(path: &str, start: UtcMicros) -> (&str, Option<&str>) {
    let usual = path.strip_suffix(dated(start).as_str()).and_then(|folder| folder.strip_suffix('/'));
    if let Some(folder) = usual.filter(|folder| !folder.is_empty()) {
        return (folder, None);
    }
    let mut slashes = path.rmatch_indices('/').map(|(at, _)| at);
    match (slashes.next(), slashes.next()) {
        (Some(_), Some(at)) if at > 0 => (&path[..at], Some(&path[at + 1..])),
        _ => ("", Some(path)),
    }
}

/// The path that [`split`] took apart.
pub(super) fn join(folder: &str, name: Option<&str>, start: UtcMicros) -> String {
    match name {
        Some(name) if folder.is_empty() => name.to_owned(),
        Some(name) => format!("{folder}/{name}"),
        None => format!("{folder}/{}", dated(start)),
    }
}

/// `YYYY-MM-DD/HHMMSS.mp4` of a moment, in UTC.
fn dated(at: UtcMicros) -> String {
    let seconds = at.0.div_euclid(1_000_000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}/{:02}{:02}{:02}.mp4", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Year, month, day of a day since 1970-01-01, in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, so that a leap day is a year's last.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_usual_path_needs_no_name() {
        let start = UtcMicros(1_795_462_200_123_456);
        let path = "C017_1234abcd/main/2026-11-23/193000.mp4";
        assert_eq!(split(path, start), ("C017_1234abcd/main", None));
        assert_eq!(split(path, start.plus_seconds(1)).1, Some("2026-11-23/193000.mp4"));
    }

    proptest! {
        #[test]
        fn any_path_comes_back(path in "[a-z/.0-9]{0,40}", start in -1_000_000_000_000_000_i64..5_000_000_000_000_000) {
            let start = UtcMicros(start);
            let (folder, name) = split(&path, start);
            prop_assert_eq!(join(folder, name, start), path.clone());
            let usual = format!("{path}/{}", dated(start));
            let (folder, name) = split(&usual, start);
            prop_assert_eq!(name.is_none(), !path.is_empty());
            prop_assert_eq!(join(folder, name, start), usual);
        }

        #[test]
        fn days_are_named_one_after_the_other(days in -700_000_i64..2_000_000) {
            let (year, month, day) = civil(days);
            let next = civil(days + 1);
            prop_assert!(next == (year, month, day + 1) || next == (year, month + 1, 1) || next == (year + 1, 1, 1));
            prop_assert!((1..=12).contains(&month) && (1..=31).contains(&day));
        }
    }

    #[test]
    fn known_days() {
        assert_eq!((civil(0), civil(-1), civil(11_016)), ((1970, 1, 1), (1969, 12, 31), (2000, 2, 29)));
    }
}
