//! Where on the stream's time line a run begins: at its true time, unless something is recorded there already. Pure.

use easien_model::{GapCause, UtcMicros};

/// Two recorded parts closer than this are one, for placing: what is between is not worth splitting a run for.
const CLOSE_US: i64 = 60_000_000;

/// Beyond so much of distance the labels' shift is kept as it is; below, labels are slewed back to the truth.
pub(crate) const SLEWED_US: i64 = 5_000_000;

/// A part of the time line that is not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) start: UtcMicros,
    pub(crate) end: UtcMicros,
    /// A gap and its cause; else recordings.
    pub(crate) gap: Option<GapCause>,
}

/// Where a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) start: UtcMicros,
    /// It must end here at the latest.
    pub(crate) bound: Option<UtcMicros>,
    /// A gap of a step of the clock that ends here now, since there are recordings in it.
    pub(crate) trims: Option<Taken>,
}

/// Finds a spot. `taken` is everything after `truth`, ascending by begin. `wish` is where the run would go on after what is
/// there (never before `least`).
pub(crate) fn find(truth: UtcMicros, wish: UtcMicros, least: UtcMicros, taken: &[Taken]) -> Spot {
    if let Some(spot) = free_at(truth, taken) {
        return spot;
    }
    // Behind everything that hangs together from the truth on.
    let mut end = truth;
    for part in taken {
        if part.start.0.saturating_sub(end.0) > CLOSE_US && !is_step(part) {
            break;
        }
        if !is_step(part) {
            end = end.max(part.end);
        }
    }
    let last = taken.iter().filter(|part| !is_step(part)).map(|part| part.end).max().unwrap_or(truth);
    let start = if end >= last { wish.max(least).max(end) } else { end };
    let start = UtcMicros(start.0.saturating_add(i64::from(start == end)));
    Spot { start, bound: bound(start, taken), trims: trims(start, taken) }
}

fn is_step(part: &Taken) -> bool {
    matches!(part.gap, Some(GapCause::ClockStep { .. }))
}

fn bound(start: UtcMicros, taken: &[Taken]) -> Option<UtcMicros> {
    taken.iter().filter(|part| part.gap.is_none() && part.start >= start).map(|part| part.start).min()
}

fn free_at(truth: UtcMicros, taken: &[Taken]) -> Option<Spot> {
    if taken.iter().any(|part| !is_step(part) && part.start <= truth && truth < part.end) {
        return None;
    }
    let bound = bound(truth, taken);
    if bound.is_some_and(|bound| bound - truth < CLOSE_US) {
        return None;
    }
    Some(Spot { start: truth, bound, trims: trims(truth, taken) })
}

fn trims(start: UtcMicros, taken: &[Taken]) -> Option<Taken> {
    taken.iter().find(|part| is_step(part) && part.start < start && start < part.end).copied()
}

/// What of `[from, to)` no recording takes.
pub(crate) fn free_between(from: UtcMicros, to: UtcMicros, taken: &[Taken]) -> Vec<(UtcMicros, UtcMicros)> {
    let mut free = Vec::new();
    let mut at = from;
    for part in taken.iter().filter(|part| part.gap.is_none() && part.end > from && part.start < to) {
        if part.start > at {
            free.push((at, part.start));
        }
        at = at.max(part.end);
    }
    if to > at {
        free.push((at, to));
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn recorded(start: i64, end: i64) -> Taken {
        Taken { start: UtcMicros(start), end: UtcMicros(end), gap: None }
    }

    #[test]
    fn after_what_is_there_when_the_clock_was_set_back() {
        let taken = [recorded(-HOUR, HOUR / 2), recorded(HOUR / 2, HOUR)];
        let spot = find(UtcMicros(0), UtcMicros(HOUR + 5), UtcMicros(HOUR), &taken);
        assert_eq!(spot, Spot { start: UtcMicros(HOUR + 5), bound: None, trims: None });
    }

    #[test]
    fn in_the_hole_that_a_step_ahead_made() {
        let step = Taken {
            start: UtcMicros(0),
            end: UtcMicros(HOUR),
            gap: Some(GapCause::ClockStep { step_us: HOUR }),
        };
        let taken = [step, recorded(HOUR, HOUR + 5)];
        let spot = find(UtcMicros(300), UtcMicros(HOUR + 6), UtcMicros(HOUR + 5), &taken);
        assert_eq!(spot, Spot { start: UtcMicros(300), bound: Some(UtcMicros(HOUR)), trims: Some(step) });
    }

    #[test]
    fn a_year_ahead_does_not_hold_the_present() {
        let taken = [recorded(HOUR * 9000, HOUR * 9001)];
        let spot = find(UtcMicros(0), UtcMicros(HOUR * 9001), UtcMicros(HOUR * 9001), &taken);
        assert_eq!((spot.start, spot.bound), (UtcMicros(0), Some(UtcMicros(HOUR * 9000))));
    }
}
