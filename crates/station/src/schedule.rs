//! What of a camera is to be recorded at a moment: its streams, its profile, the times of the week. Pure; the week is
//! the station's local one, so that 06:00 stays 06:00 over a change of the clocks.

use easien_link::data::{RecordProfile, RecordStreams, WeekSpan};
use easien_link::problems;
use easien_model::{Code, GapCause, Problem, StreamKind, UtcMicros};
use jiff::tz::TimeZone;

/// Minutes in a day.
const DAY: u16 = 24 * 60;
/// Minutes in a week.
const WEEK: f32 = 7.0 * 24.0 * 60.0;
/// Days that recordings may be kept.
const KEEP: std::ops::RangeInclusive<u32> = 1..=3650;

/// A stream is to be recorded, or why not.
pub(crate) type Wish = Result<(), GapCause>;

/// The streams that a camera has.
pub(crate) fn streams_of(has_sub: bool) -> &'static [StreamKind] {
    if has_sub { &[StreamKind::Sub, StreamKind::Main] } else { &[StreamKind::Main] }
}

/// Whether the profile asks for a stream at all.
pub(crate) fn chosen(profile: &RecordProfile, has_sub: bool, which: StreamKind) -> bool {
    match profile.streams {
        RecordStreams::Off => false,
        RecordStreams::Both => true,
        RecordStreams::Main => which == StreamKind::Main,
        // Of a camera with one stream, that one.
        RecordStreams::Sub => which == StreamKind::Sub || !has_sub,
    }
}

/// What is wished of a stream at `now`.
pub(crate) fn wish(
    profile: &RecordProfile,
    has_sub: bool,
    which: StreamKind,
    now: UtcMicros,
    zone: &TimeZone,
) -> Wish {
    if !chosen(profile, has_sub, which) {
        return Err(GapCause::Stopped);
    }
    if within(&profile.schedule, now, zone) { Ok(()) } else { Err(GapCause::Scheduled) }
}

/// Whether the local time at `now` lies in one of the times of the week; without any: always.
fn within(schedule: &[WeekSpan], now: UtcMicros, zone: &TimeZone) -> bool {
    if schedule.is_empty() {
        return true;
    }
    let Ok(time) = jiff::Timestamp::from_microsecond(now.0) else {
        // Rather too much than nothing.
        return true;
    };
    let local = zone.to_datetime(time);
    let day = u8::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(0);
    schedule.iter().any(|span| span.day == day && (span.from_minute..span.to_minute).contains(&minute))
}

/// Share of the week that is recorded, 0 to 1.
pub(crate) fn share(profile: &RecordProfile) -> f32 {
    if profile.streams == RecordStreams::Off {
        return 0.0;
    }
    if profile.schedule.is_empty() {
        return 1.0;
    }
    let minutes: u32 =
        profile.schedule.iter().map(|span| u32::from(span.to_minute.saturating_sub(span.from_minute))).sum();
    (minutes as f32 / WEEK).min(1.0)
}

/// A profile as a person sets it.
pub(crate) fn check(profile: &RecordProfile) -> Result<(), Problem> {
    if profile.keep_days.is_some_and(|days| !KEEP.contains(&days)) {
        return Err(Problem::new(Code::Invalid, problems::KEEP_DAYS).field("keep_days"));
    }
    let mut spans = profile.schedule.clone();
    spans.sort_by_key(|span| (span.day, span.from_minute));
    let each =
        spans.iter().all(|span| span.day < 7 && span.from_minute < span.to_minute && span.to_minute <= DAY);
    let apart = spans.windows(2).all(|pair| match pair {
        [one, two] => one.day != two.day || one.to_minute <= two.from_minute,
        _ => true,
    });
    if each && apart && spans.len() <= 7 * 24 {
        return Ok(());
    }
    Err(Problem::new(Code::Invalid, problems::RECORD_SCHEDULE).field("schedule"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(day: u8, from_minute: u16, to_minute: u16) -> WeekSpan {
        WeekSpan { day, from_minute, to_minute }
    }

    fn at(text: &str) -> UtcMicros {
        UtcMicros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn one_stream_cameras_are_recorded_whatever_their_profile_calls_it() {
        let profile = |streams| RecordProfile { streams, ..RecordProfile::default() };
        for (streams, alone, main, sub) in [
            (RecordStreams::Both, true, true, true),
            (RecordStreams::Main, true, true, false),
            (RecordStreams::Sub, true, false, true),
            (RecordStreams::Off, false, false, false),
        ] {
            let profile = profile(streams);
            assert_eq!(chosen(&profile, false, StreamKind::Main), alone, "{streams:?}");
            assert_eq!(chosen(&profile, true, StreamKind::Main), main, "{streams:?}");
            assert_eq!(chosen(&profile, true, StreamKind::Sub), sub, "{streams:?}");
        }
    }

    #[test]
    fn the_week_is_the_stations_own() {
        // Monday 2026-11-23, 06:00 to 22:00 in Ea Siên.
        let profile = RecordProfile { schedule: vec![span(0, 360, 1320)], ..RecordProfile::default() };
        let vietnam = zone("Asia/Ho_Chi_Minh");
        let wish = |text: &str| wish(&profile, true, StreamKind::Sub, at(text), &vietnam);
        assert_eq!(wish("2026-11-22T22:59:59Z"), Err(GapCause::Scheduled));
        assert_eq!(wish("2026-11-22T23:00:00Z"), Ok(()));
        assert_eq!(wish("2026-11-23T14:59:59Z"), Ok(()));
        assert_eq!(wish("2026-11-23T15:00:00Z"), Err(GapCause::Scheduled));
        assert_eq!(wish("2026-11-24T10:00:00Z"), Err(GapCause::Scheduled), "Tuesday");
    }

    #[test]
    fn changes_of_the_clocks_keep_the_hour_on_the_wall() {
        // Berlin, 2026-03-29 (Sunday): 02:00 becomes 03:00. 2026-10-25 (Sunday): 03:00 becomes 02:00.
        let berlin = zone("Europe/Berlin");
        let within = |from, to, text: &str| super::within(&[span(6, from, to)], at(text), &berlin);
        assert!(within(0, 120, "2026-03-29T00:59:59Z"));
        assert!(!within(0, 120, "2026-03-29T01:00:00Z"), "it is 03:00 now");
        assert!(!within(120, 180, "2026-03-29T01:00:00Z"), "an hour that there is not");
        assert!(
            within(120, 180, "2026-10-25T00:30:00Z") && within(120, 180, "2026-10-25T01:30:00Z"),
            "twice"
        );
        assert!(!within(120, 180, "2026-10-25T02:00:00Z"));
    }

    #[test]
    fn midnight_belongs_to_the_day_that_begins() {
        let utc = TimeZone::UTC;
        assert!(within(&[span(0, 0, DAY)], at("2026-11-23T00:00:00Z"), &utc));
        assert!(within(&[span(0, 0, DAY)], at("2026-11-23T23:59:59Z"), &utc));
        assert!(!within(&[span(0, 0, DAY)], at("2026-11-24T00:00:00Z"), &utc));
        assert!(within(&[], at("2026-11-24T00:00:00Z"), &utc));
    }

    #[test]
    fn shares_of_the_week() {
        let of = |schedule| share(&RecordProfile { schedule, ..RecordProfile::default() });
        assert!((of(vec![]) - 1.0).abs() < 1e-6);
        assert!((of((0..7).map(|day| span(day, 0, 720)).collect()) - 0.5).abs() < 1e-6);
        let off = RecordProfile { streams: RecordStreams::Off, ..RecordProfile::default() };
        assert!(share(&off).abs() < 1e-6);
    }

    #[test]
    fn profiles_are_checked() {
        let field = |profile: RecordProfile| check(&profile).err().and_then(|problem| problem.field);
        let with = |schedule| field(RecordProfile { schedule, ..RecordProfile::default() });
        assert_eq!(with(vec![span(0, 600, 660), span(0, 0, 600), span(6, 0, DAY)]), None);
        for wrong in [
            vec![span(7, 0, 1)],
            vec![span(0, 5, 5)],
            vec![span(0, 0, DAY + 1)],
            vec![span(0, 0, 10), span(0, 9, 20)],
        ] {
            assert_eq!(with(wrong).as_deref(), Some("schedule"));
        }
        let keep = |keep_days| field(RecordProfile { keep_days, ..RecordProfile::default() });
        assert_eq!((keep(None), keep(Some(3650))), (None, None));
        assert_eq!(keep(Some(0)).as_deref(), Some("keep_days"));
    }
}
