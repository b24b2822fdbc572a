//! Incidents of a time, counted for the supervisor's report. Here belongs how they count; what they are is the store's.

use crate::station::Station;
use easien_link::data::{
    CameraCount, CategoryCount, Counted, Lengths, MonthCount, Statistics, StatisticsQuery, UnitCount,
};
use easien_link::{Caller, Sight, problems};
use easien_model::{Code, IncidentState, Problem, UtcMicros};
use easien_store::CaseFigures;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::hash::Hash;

/// Ten years, and the leap days in them.
const LONGEST_US: i64 = 3653 * 86_400 * 1_000_000;

/// Lengths of time that come one by one, in microseconds.
#[derive(Default)]
struct Gathered(Vec<i64>);

impl Gathered {
    fn summed(mut self) -> Lengths {
        self.0.sort_unstable();
        let at = |index: usize| self.0.get(index).map_or(0.0, |us| *us as f64 / 1e6);
        let count = self.0.len();
        if count == 0 {
            return Lengths::default();
        }
        Lengths {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            // Of an even number, what lies between the two in the middle.
            median_s: f64::midpoint(at((count - 1) / 2), at(count / 2)),
            p90_s: at((count * 9).div_ceil(10) - 1),
        }
    }
}

/// A heap of incidents that grows.
#[derive(Default)]
struct Heap {
    count: u32,
    closed: u32,
    open: Gathered,
    response: Gathered,
}

impl Heap {
    fn add(&mut self, case: &CaseFigures) {
        self.count += 1;
        if let (IncidentState::Closed, Some(closed)) = (case.state, case.closed) {
            self.closed += 1;
            self.open.0.push((closed - case.detected).max(0));
        }
        let answers = case.notices.iter().filter_map(|(told, answered)| Some((*answered)? - *told));
        self.response.0.extend(answers.map(|us| us.max(0)));
    }

    fn summed(self) -> Counted {
        Counted {
            count: self.count,
            closed: self.closed,
            open: self.open.summed(),
            response: self.response.summed(),
        }
    }
}

/// The most first; as many of several: as their keys order.
fn ordered<K: Ord + Hash, T>(heaps: HashMap<K, Heap>, make: impl Fn(K, Counted) -> T) -> Vec<T> {
    let mut all: Vec<(K, Counted)> = heaps.into_iter().map(|(key, heap)| (key, heap.summed())).collect();
    all.sort_by(|a, b| b.1.count.cmp(&a.1.count).then_with(|| a.0.cmp(&b.0)));
    all.into_iter().map(|(key, of)| make(key, of)).collect()
}

/// Every month that the time touches.
fn months(from: UtcMicros, to: UtcMicros, zone: &TimeZone) -> Vec<MonthCount> {
    let month = |at: UtcMicros| {
        let day = jiff::Timestamp::from_microsecond(at.0).ok().map(|at| zone.to_datetime(at).date());
        day.map(|day| (i32::from(day.year()), u32::from(day.month().unsigned_abs())))
    };
    let (Some(first), Some(last)) = (month(from), month(UtcMicros(to.0 - 1))) else { return Vec::new() };
    let mut months = Vec::new();
    let (mut year, mut number) = first;
    while (year, number) <= last {
        months.push(MonthCount { year, month: number, count: 0 });
        (year, number) = if number == 12 { (year + 1, 1) } else { (year, number + 1) };
    }
    months
}

/// How they count. Pure.
fn count(cases: &[CaseFigures], query: StatisticsQuery, sight: &Sight, zone: &TimeZone) -> Statistics {
    let mut all = Heap::default();
    let (mut cancelled, mut merged, mut without_camera) = (0, 0, 0);
    let (mut categories, mut units, mut cameras) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut by_hour = vec![0; 24];
    let mut by_month = months(query.from, query.to, zone);
    let mut told = Gathered::default();
    for case in cases {
        if !case.cameras.is_empty() && !case.cameras.iter().any(|camera| sight.sees(*camera)) {
            continue;
        }
        if case.merged {
            merged += 1;
            continue;
        }
        if case.state == IncidentState::Cancelled {
            cancelled += 1;
            continue;
        }
        all.add(case);
        categories.entry(case.category.clone()).or_insert_with(Heap::default).add(case);
        units.entry(case.unit).or_insert_with(Heap::default).add(case);
        for camera in case.cameras.iter().filter(|camera| sight.sees(**camera)) {
            cameras.entry(*camera).or_insert_with(Heap::default).add(case);
        }
        without_camera += u32::from(case.cameras.is_empty());
        if let Some(first) = case.notices.iter().map(|(told, _)| *told).min() {
            told.0.push((first - case.detected).max(0));
        }
        if let Ok(at) = jiff::Timestamp::from_microsecond(case.detected.0) {
            let local = zone.to_datetime(at);
            if let Some(hour) = by_hour.get_mut(usize::from(local.hour().unsigned_abs())) {
                *hour += 1;
            }
            let month = (i32::from(local.year()), u32::from(local.month().unsigned_abs()));
            if let Some(known) = by_month.iter_mut().find(|each| (each.year, each.month) == month) {
                known.count += 1;
            }
        }
    }
    Statistics {
        from: query.from,
        to: query.to,
        all: all.summed(),
        without_camera,
        cancelled,
        merged,
        by_category: ordered(categories, |category, of| CategoryCount { category, of }),
        by_unit: ordered(units, |unit, of| UnitCount { unit, of }),
        by_camera: ordered(cameras, |camera, of| CameraCount { camera, of }),
        by_hour,
        by_month,
        told: told.summed(),
    }
}

impl Station {
    pub(crate) async fn statistics(
        &self,
        caller: &Caller,
        query: StatisticsQuery,
    ) -> Result<Statistics, Problem> {
        let length = query.to.0.saturating_sub(query.from.0);
        if length <= 0 || length > LONGEST_US || query.from.0 < 0 {
            return Err(Problem::new(Code::Invalid, problems::STATISTICS_TIME).field("from"));
        }
        let cases = self.store(move |store| store.case_figures(query.from, query.to)).await?;
        let sight = caller.sight.clone();
        self.blocking(move || count(&cases, query, &sight, &TimeZone::system())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::{CameraId, UnitId};

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
    }

    fn at(text: &str) -> UtcMicros {
        UtcMicros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    fn case(detected: &str) -> CaseFigures {
        CaseFigures {
            category: None,
            unit: None,
            detected: at(detected),
            state: IncidentState::Handling,
            closed: None,
            merged: false,
            cameras: vec![],
            notices: vec![],
        }
    }

    fn november() -> StatisticsQuery {
        StatisticsQuery { from: at("2026-10-31T17:00:00Z"), to: at("2026-11-30T17:00:00Z") }
    }

    fn counted(cases: &[CaseFigures]) -> Statistics {
        count(cases, november(), &Sight::default(), &zone())
    }

    #[test]
    fn hours_and_months_are_those_of_the_wall() {
        // One microsecond before local midnight is the month before; the store's time decides what is asked for.
        let cases =
            [case("2026-10-31T17:00:00Z"), case("2026-11-30T16:59:59.999999Z"), case("2026-11-15T01:30:00Z")];
        let found = counted(&cases);
        assert_eq!(found.by_month, [MonthCount { year: 2026, month: 11, count: 3 }]);
        assert_eq!((found.by_hour[0], found.by_hour[23], found.by_hour[8]), (1, 1, 1));
        assert_eq!(found.by_hour.iter().sum::<u32>(), 3);
        let year = StatisticsQuery { from: at("2025-12-31T17:00:00Z"), to: at("2026-12-31T17:00:00Z") };
        let months = count(&cases, year, &Sight::default(), &zone()).by_month;
        let said: Vec<(u32, u32)> = months.iter().map(|month| (month.month, month.count)).collect();
        assert_eq!(said[9..], [(10, 0), (11, 3), (12, 0)]);
        assert_eq!(said.len(), 12);
        // Where clocks are set, an hour that comes twice is one hour.
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let twice = [case("2026-10-25T00:30:00Z"), case("2026-10-25T01:30:00Z")];
        assert_eq!(count(&twice, year, &Sight::default(), &berlin).by_hour[2], 2);
        // Midnight here is the evening before there: another month, in a year that begins in the December before.
        let there = count(&cases[..1], year, &Sight::default(), &berlin).by_month;
        let said: Vec<(i32, u32, u32)> =
            there.iter().map(|month| (month.year, month.month, month.count)).collect();
        assert_eq!((said[0], said[10]), ((2025, 12, 0), (2026, 10, 1)));
    }

    #[test]
    fn duplicates_and_cancelled_ones_are_told_and_not_counted() {
        let gate = CameraId::new();
        let cancelled = CaseFigures {
            state: IncidentState::Cancelled,
            cameras: vec![gate],
            ..case("2026-11-02T01:00:00Z")
        };
        let merged = CaseFigures { merged: true, ..cancelled.clone() };
        let found = counted(&[cancelled, merged, case("2026-11-02T01:00:00Z")]);
        assert_eq!((found.all.count, found.cancelled, found.merged), (1, 1, 1));
        assert_eq!((found.by_camera.len(), found.without_camera), (0, 1));
        assert_eq!(found.by_hour.iter().sum::<u32>(), 1);
        assert_eq!(counted(&[]).all, Counted::default());
    }

    #[test]
    fn times_are_of_those_that_are_over() {
        let closed = |minutes: i64| {
            let begin = case("2026-11-02T01:00:00Z");
            let end = begin.detected.plus_seconds(minutes * 60);
            CaseFigures { state: IncidentState::Closed, closed: Some(end), ..begin }
        };
        // 1 to 10 minutes; one that was opened again, one that never was closed.
        let mut cases: Vec<CaseFigures> = (1..=10).map(closed).collect();
        cases.push(CaseFigures { state: IncidentState::Reopened, ..closed(500) });
        let mut told = case("2026-11-02T01:00:00Z");
        let after = |minutes: i64| told.detected.plus_seconds(minutes * 60);
        told.notices = vec![(after(5), Some(after(25))), (after(3), Some(after(13))), (after(9), None)];
        cases.push(told);
        let found = counted(&cases);
        assert_eq!((found.all.count, found.all.closed), (12, 10));
        let open = found.all.open;
        assert_eq!((open.count, open.median_s, open.p90_s), (10, 330.0, 540.0));
        let response = found.all.response;
        assert_eq!((response.count, response.median_s, response.p90_s), (2, 900.0, 1200.0));
        assert_eq!((found.told.count, found.told.median_s), (1, 180.0), "the first that was told");
        // A clock that was set back makes no time negative.
        assert_eq!(counted(&[closed(-5)]).all.open.median_s, 0.0);
    }

    #[test]
    fn groups_are_in_their_order_and_hidden_cameras_in_none() {
        let (gate, road, yard) = (CameraId::new(), CameraId::new(), CameraId::new());
        let unit = UnitId::new();
        let with = |category: &str, cameras: &[CameraId]| CaseFigures {
            category: Some(category.into()),
            unit: Some(unit),
            cameras: cameras.to_vec(),
            ..case("2026-11-02T01:00:00Z")
        };
        let cases = [
            with("traffic", &[gate, road]),
            with("traffic", &[road]),
            with("fire", &[yard]),
            case("2026-11-03T01:00:00Z"),
        ];
        let found = counted(&cases);
        let names: Vec<_> =
            found.by_category.iter().map(|each| (each.category.as_deref(), each.of.count)).collect();
        assert_eq!(names, [(Some("traffic"), 2), (None, 1), (Some("fire"), 1)]);
        assert_eq!(found.by_unit.iter().map(|each| each.of.count).collect::<Vec<_>>(), [3, 1]);
        assert_eq!((found.by_camera[0].camera, found.by_camera[0].of.count), (road, 2));
        // Whoever does not see the yard and the gate: the fire is no incident for them, the first one is.
        let seen = count(&cases, november(), &Sight::without([yard, gate]), &zone());
        assert_eq!((seen.all.count, seen.by_camera.len()), (3, 1));
        assert!(seen.by_category.iter().all(|each| each.category.as_deref() != Some("fire")));
    }
}
