//! What is missing of a stream in an interval, and why: what no segment covers, with the cause of the gap that lies
//! there. Pure.

use super::sidecar::Missing;
use easien_archive::GapRow;
use easien_model::UtcMicros;

/// Nearer together than this, two recordings are one after the other where no gap row says else: labels are rounded.
const ROUNDED_US: i64 = 100_000;

/// `covered`: what is recorded, in any order.
pub(crate) fn missing(
    start: UtcMicros,
    end: UtcMicros,
    covered: &[(UtcMicros, UtcMicros)],
    gaps: &[GapRow],
) -> Vec<Missing> {
    let mut covered = covered.to_vec();
    covered.sort_unstable();
    let mut found = Vec::new();
    let mut at = start;
    for (from, to) in covered {
        if from > at {
            explain(at, from.min(end), gaps, &mut found);
        }
        at = at.max(to);
        if at >= end {
            return found;
        }
    }
    explain(at, end, gaps, &mut found);
    found
}

/// Cuts an empty stretch at the gaps that say why.
fn explain(start: UtcMicros, end: UtcMicros, gaps: &[GapRow], found: &mut Vec<Missing>) {
    let mut at = start;
    let unknown = |from: UtcMicros, to: UtcMicros, found: &mut Vec<Missing>| {
        if to - from >= ROUNDED_US {
            found.push(Missing { start: from, end: to, cause: None });
        }
    };
    for gap in gaps {
        let to = gap.end.unwrap_or(UtcMicros(i64::MAX)).min(end);
        let from = gap.start.max(at);
        if from >= to {
            continue;
        }
        unknown(at, from, found);
        found.push(Missing { start: from, end: to, cause: Some(gap.cause) });
        at = to;
    }
    unknown(at, end, found);
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::{CameraId, GapCause, StreamId, StreamKind};

    fn at(seconds: i64) -> UtcMicros {
        UtcMicros(seconds * 1_000_000)
    }

    fn gap(start: i64, end: Option<i64>, cause: GapCause) -> GapRow {
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
        GapRow { stream, start: at(start), end: end.map(at), cause }
    }

    fn seen(found: &[Missing]) -> Vec<(i64, i64, Option<GapCause>)> {
        found.iter().map(|one| (one.start.0 / 1_000_000, one.end.0 / 1_000_000, one.cause)).collect()
    }

    #[test]
    fn a_whole_clip_misses_nothing() {
        let covered = [(at(0), at(10)), (UtcMicros(10_040_000), at(30))];
        assert_eq!(missing(at(5), at(20), &covered, &[]), []);
    }

    #[test]
    fn what_is_missing_has_the_cause_of_its_gap() {
        let gaps = [gap(10, Some(20), GapCause::Overload), gap(30, None, GapCause::Stopped)];
        let covered = [(at(20), at(30)), (at(0), at(10))];
        let found = missing(at(5), at(40), &covered, &gaps);
        assert_eq!(seen(&found), [(10, 20, Some(GapCause::Overload)), (30, 40, Some(GapCause::Stopped))]);
    }

    #[test]
    fn what_nothing_explains_is_said_to_be_unknown() {
        let gaps = [gap(12, Some(14), GapCause::StationDied)];
        let found = missing(at(0), at(30), &[(at(5), at(10)), (at(16), at(40))], &gaps);
        assert_eq!(
            seen(&found),
            [(0, 5, None), (10, 12, None), (12, 14, Some(GapCause::StationDied)), (14, 16, None)]
        );
        assert_eq!(seen(&missing(at(0), at(1), &[], &[])), [(0, 1, None)]);
    }
}
