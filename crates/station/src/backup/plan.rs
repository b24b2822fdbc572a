//! When the station makes backups by itself: which moment is due. Pure; days and minutes are the station's local ones.

use easien_link::data::BackupPlan;
use easien_model::UtcMicros;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// What failed is tried again so often,
const TRIES: usize = 3;
/// and not before so long.
const TRY_AGAIN_US: i64 = 15 * 60 * 1_000_000;
const DAY_US: i64 = 86_400 * 1_000_000;

fn date(at: UtcMicros, zone: &TimeZone) -> Option<Date> {
    Some(zone.to_datetime(Timestamp::from_microsecond(at.0).ok()?).date())
}

/// The plan's moment on a day. On a day whose clock skips it: as much later.
fn moment(plan: &BackupPlan, day: Date, zone: &TimeZone) -> Option<UtcMicros> {
    let minute = i8::try_from(plan.at_minute % 60).ok()?;
    let hour = i8::try_from(plan.at_minute / 60).ok().filter(|hour| *hour < 24)?;
    Some(UtcMicros(zone.to_timestamp(day.at(hour, minute, 0, 0)).ok()?.as_microsecond()))
}

/// The plan's first day: of the first moment after it came into force.
fn first_day(plan: &BackupPlan, zone: &TimeZone) -> Option<Date> {
    let day = date(plan.since, zone)?;
    if moment(plan, day, zone)? > plan.since { Some(day) } else { day.tomorrow().ok() }
}

/// The plan's number of a moment, counted from 0, at or before `now`; negative before the first.
fn steps(plan: &BackupPlan, now: UtcMicros, zone: &TimeZone) -> Option<i64> {
    let days = i64::from((date(now, zone)? - first_day(plan, zone)?).get_days());
    let step = days.div_euclid(i64::from(plan.every_days.max(1)));
    if nth(plan, step, zone)? > now { Some(step - 1) } else { Some(step) }
}

fn nth(plan: &BackupPlan, step: i64, zone: &TimeZone) -> Option<UtcMicros> {
    let days = step.checked_mul(i64::from(plan.every_days.max(1)))?;
    moment(plan, first_day(plan, zone)?.checked_add(days.days()).ok()?, zone)
}

/// The plan's last moment up to now; absent: there was none yet, or there is no plan.
pub(crate) fn due(plan: &BackupPlan, now: UtcMicros, zone: &TimeZone) -> Option<UtcMicros> {
    let step = steps(plan, now, zone).filter(|step| plan.on && *step >= 0)?;
    nth(plan, step, zone)
}

/// The plan's next moment.
pub(crate) fn next(plan: &BackupPlan, now: UtcMicros, zone: &TimeZone) -> Option<UtcMicros> {
    if !plan.on {
        return None;
    }
    nth(plan, (steps(plan, now, zone)? + 1).max(0), zone)
}

/// Whether a moment that is due wants a backup now, after what was tried for it: when each try ended, and whether it
/// settled the matter (it was made, or a person stopped it).
pub(crate) fn wants(tries: &[(UtcMicros, bool)], now: UtcMicros) -> bool {
    if tries.len() >= TRIES || tries.iter().any(|(_, settled)| *settled) {
        return false;
    }
    // A clock that was set back does not hold it up for ever.
    tries.last().is_none_or(|(at, _)| !(0..TRY_AGAIN_US).contains(&(now - *at)))
}

/// Whole days since the newest good backup, or since the plan came into force, when those are more than two intervals.
pub(crate) fn overdue_days(plan: &BackupPlan, good: Option<UtcMicros>, now: UtcMicros) -> Option<u64> {
    let last = good.map_or(plan.since, |good| good.max(plan.since));
    let late = plan.on && now - last > 2 * i64::from(plan.every_days.max(1)) * DAY_US;
    late.then(|| ((now - last) / DAY_US).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcMicros {
        UtcMicros(text.parse::<Timestamp>().unwrap().as_microsecond())
    }

    fn plan(at_minute: u32, every_days: u32, since: &str) -> BackupPlan {
        BackupPlan {
            on: true,
            at_minute,
            every_days,
            folder: "/backups".into(),
            keep: 7,
            keys: false,
            since: at(since),
        }
    }

    #[test]
    fn a_day_has_one_moment() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        // 02:30 local is 19:30 UTC of the day before.
        let plan = plan(150, 1, "2026-11-28T10:00:00Z");
        assert_eq!(due(&plan, at("2026-11-28T19:29:59Z"), &zone), None);
        assert_eq!(next(&plan, at("2026-11-28T12:00:00Z"), &zone), Some(at("2026-11-28T19:30:00Z")));
        assert_eq!(due(&plan, at("2026-11-28T19:30:00Z"), &zone), Some(at("2026-11-28T19:30:00Z")));
        // Missed for three days: the last one is caught up, not three.
        assert_eq!(due(&plan, at("2026-12-01T15:00:00Z"), &zone), Some(at("2026-11-30T19:30:00Z")));
        assert_eq!(next(&plan, at("2026-12-01T15:00:00Z"), &zone), Some(at("2026-12-01T19:30:00Z")));
        // A clock far behind: nothing is due, the first one is next.
        assert_eq!(due(&plan, at("2020-01-01T00:00:00Z"), &zone), None);
        assert_eq!(next(&plan, at("2020-01-01T00:00:00Z"), &zone), Some(at("2026-11-28T19:30:00Z")));
        assert_eq!(next(&BackupPlan { on: false, ..plan.clone() }, at("2026-11-28T12:00:00Z"), &zone), None);
        assert_eq!(due(&BackupPlan { on: false, ..plan }, at("2026-12-01T15:00:00Z"), &zone), None);
    }

    #[test]
    fn every_week_is_counted_from_its_first_moment() {
        let plan = plan(0, 7, "2026-11-28T10:00:00Z");
        let zone = TimeZone::UTC;
        assert_eq!(next(&plan, at("2026-11-28T10:00:00Z"), &zone), Some(at("2026-11-29T00:00:00Z")));
        assert_eq!(due(&plan, at("2026-12-05T23:59:59Z"), &zone), Some(at("2026-11-29T00:00:00Z")));
        assert_eq!(due(&plan, at("2026-12-06T00:00:00Z"), &zone), Some(at("2026-12-06T00:00:00Z")));
    }

    #[test]
    fn days_whose_clock_is_turned_have_their_moment_too() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let plan = plan(150, 1, "2026-03-01T00:00:00Z");
        // 02:30 does not exist on 2026-03-29.
        let due = |text: &str| due(&plan, at(text), &zone).unwrap();
        assert_eq!(due("2026-03-29T12:00:00Z"), at("2026-03-29T01:30:00Z"));
        assert_eq!(due("2026-03-30T12:00:00Z"), at("2026-03-30T00:30:00Z"));
        // And twice on 2026-10-25: the first of them.
        assert_eq!(due("2026-10-25T12:00:00Z"), at("2026-10-25T00:30:00Z"));
    }

    #[test]
    fn what_failed_is_tried_again_a_few_times_and_not_at_once() {
        let t = |minute: i64| UtcMicros(minute * 60_000_000);
        assert!(wants(&[], t(0)));
        assert!(!wants(&[(t(0), false)], t(14)) && wants(&[(t(0), false)], t(15)));
        assert!(wants(&[(t(20), false)], t(0)), "the clock was set back");
        assert!(!wants(&[(t(0), true)], t(600)), "made, or stopped by a person");
        let failed = [(t(0), false), (t(15), false), (t(30), false)];
        assert!(!wants(&failed, t(600)));
    }

    #[test]
    fn two_intervals_without_a_good_one_are_too_many() {
        let plan = plan(0, 1, "2026-11-01T00:00:00Z");
        let days = |good: Option<&str>, now: &str| overdue_days(&plan, good.map(at), at(now));
        assert_eq!(days(None, "2026-11-03T00:00:00Z"), None);
        assert_eq!(days(None, "2026-11-03T00:00:01Z"), Some(2));
        assert_eq!(days(Some("2026-11-09T00:00:00Z"), "2026-11-10T12:00:00Z"), None);
        assert_eq!(days(Some("2026-11-09T00:00:00Z"), "2026-11-14T12:00:00Z"), Some(5));
        assert_eq!(days(Some("2026-10-01T00:00:00Z"), "2026-11-02T00:00:00Z"), None, "before the plan");
    }
}
