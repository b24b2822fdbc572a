//! The calendar: on which days there is how much footage. From the index's sums, so that a month of all cameras is
//! asked in no time.

use crate::station::Station;
use easien_link::data::CalendarQuery;
use easien_link::{Caller, problems};
use easien_model::{Code, Problem, StreamId, StreamKind, UtcMicros};

/// Borders of days, at least and at most.
const DAYS: std::ops::RangeInclusive<usize> = 2..=64;
/// No day is longer.
const DAY_MOST_US: i64 = 48 * 3_600 * 1_000_000;
/// Cameras named, at most: the town's.
const CAMERAS_MOST: usize = 1000;

fn check(query: &CalendarQuery) -> Result<(), Problem> {
    let ascend = query.days.windows(2).all(|pair| match pair {
        [a, b] => a < b && b.0 - a.0 <= DAY_MOST_US,
        _ => true,
    });
    if !DAYS.contains(&query.days.len()) || !ascend {
        return Err(Problem::new(Code::Invalid, problems::INTERVAL).field("days"));
    }
    if query.cameras.len() > CAMERAS_MOST {
        return Err(Problem::new(Code::Invalid, problems::CAMERAS_COUNT).field("cameras"));
    }
    Ok(())
}

impl Station {
    pub(crate) async fn calendar(
        &self,
        caller: &Caller,
        mut query: CalendarQuery,
    ) -> Result<Vec<f64>, Problem> {
        check(&query)?;
        if query.cameras.is_empty() && !caller.sight.is_full() {
            query.cameras = self.seen_cameras(&caller.sight);
            // No camera at all is not every camera.
            if query.cameras.is_empty() {
                return Ok(vec![0.0; query.days.len().saturating_sub(1)]);
            }
        }
        let streams: Vec<StreamId> = query
            .cameras
            .iter()
            .flat_map(|&camera| [StreamKind::Main, StreamKind::Sub].map(|which| StreamId { camera, which }))
            .collect();
        let mut days = query.days.clone();
        let of_days = streams.clone();
        let recorded = self.ask_index(move |index| index.recorded_between(&of_days, &query.days)).await?;
        // What is being written is not in the sums yet: the page wants to know that there is something today.
        let mut seconds: Vec<f64> = recorded.into_iter().map(|us| us.max(0) as f64 / 1e6).collect();
        for status in self.archive.streams() {
            if !streams.is_empty() && !streams.contains(&status.stream) {
                continue;
            }
            let (Some(begin), Some(end)) = (status.segment_begin, status.written_until) else { continue };
            add_open(&mut seconds, &mut days, begin, end);
        }
        Ok(seconds)
    }
}

/// A day with nothing but an open segment has that much.
fn add_open(seconds: &mut [f64], days: &mut [UtcMicros], begin: UtcMicros, end: UtcMicros) {
    for (pair, seconds) in days.windows(2).zip(seconds) {
        let [from, to] = pair else { continue };
        let part = end.min(*to) - begin.max(*from);
        if part > 0 && *seconds < part as f64 / 1e6 {
            *seconds = part as f64 / 1e6;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn days(hours: &[i64]) -> CalendarQuery {
        CalendarQuery { cameras: vec![], days: hours.iter().map(|hour| UtcMicros(hour * HOUR)).collect() }
    }

    #[test]
    fn days_are_bounded() {
        assert!(check(&days(&[0, 24, 47, 72])).is_ok());
        for wrong in [&[0][..], &[], &[24, 0], &[0, 0], &[0, 49]] {
            assert!(check(&days(wrong)).is_err(), "{wrong:?}");
        }
        assert!(check(&days(&(0..65).map(|day| day * 24).collect::<Vec<_>>())).is_err());
    }

    #[test]
    fn an_open_segment_counts_for_its_days() {
        let mut seconds = vec![0.0, 100.0, 0.0];
        let mut query = days(&[0, 24, 48, 72]);
        add_open(
            &mut seconds,
            &mut query.days,
            UtcMicros(24 * HOUR - 30_000_000),
            UtcMicros(24 * HOUR + 60_000_000),
        );
        assert_eq!(seconds, [30.0, 100.0, 0.0]);
    }
}
