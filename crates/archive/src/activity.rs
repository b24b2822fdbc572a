//! How much moves in a stream, without decoding: the sizes of its non-key frames against their own recent past. A byte
//! for each 5 s. A pure function of the pictures' times and sizes, so that a rebuild finds what the writer found.

use easien_model::UtcMicros;

/// Length of a part.
pub const PART_US: i64 = 5_000_000;

/// Nothing is known of a part.
pub const UNKNOWN: u8 = 255;

/// A segment has no more parts than this (a day); later pictures count to the last.
const PARTS: i64 = 17_280;

/// How much of the distance the quiet level follows in a part, in 1/1000: quickly down, slowly up, so that a passing
/// lorry stays visible and a new time of day becomes the new quiet.
const DOWN: i64 = 250;
const UP: i64 = 20;

/// Takes a segment's pictures one after another and says how much moved.
///
/// A part's byte is 0 at the quiet level (the recent low of the mean size of non-key frames), about 64 at twice that,
/// 254 at 16 times and above: the logarithm of the ratio, for sizes spread over orders of magnitude.
#[derive(Clone, Debug)]
pub struct Activity {
    start: UtcMicros,
    /// Sums of sizes and counts of the non-key frames, part by part.
    parts: Vec<(u64, u32)>,
}

impl Activity {
    /// For a segment that begins at `start`.
    #[must_use]
    pub fn new(start: UtcMicros) -> Self {
        Self { start, parts: Vec::new() }
    }

    /// One picture: its UTC, its size, whether it is a key frame.
    pub fn push(&mut self, utc: UtcMicros, bytes: u32, key: bool) {
        let part = ((utc - self.start) / PART_US).clamp(0, PARTS - 1) as usize;
        if self.parts.len() <= part {
            self.parts.resize(part + 1, (0, 0));
        }
        if let Some((sum, count)) = self.parts.get_mut(part).filter(|_| !key) {
            *sum += u64::from(bytes);
            *count += 1;
        }
    }

    /// A byte for each part: 0 (still) to 254; [`UNKNOWN`] where there were no pictures to tell from.
    #[must_use]
    pub fn finish(&self) -> Vec<u8> {
        let means: Vec<Option<i64>> = self
            .parts
            .iter()
            .map(|(sum, count)| (*count > 0).then(|| (sum / u64::from(*count)).max(1) as i64))
            .collect();
        // The first quarter of the sorted means: what the segment looks like when little moves.
        let mut sorted: Vec<i64> = means.iter().flatten().copied().collect();
        sorted.sort_unstable();
        let Some(mut quiet) = sorted.get(sorted.len() / 4).copied() else {
            return vec![UNKNOWN; means.len()];
        };
        means
            .into_iter()
            .map(|mean| {
                let Some(mean) = mean else { return UNKNOWN };
                let share = if mean < quiet { DOWN } else { UP };
                let level = level(mean, quiet);
                quiet = (quiet + (mean - quiet) * share / 1000).max(1);
                level
            })
            .collect()
    }
}

/// 63.5 for each doubling above the quiet level, in whole numbers, so that every machine finds the same.
fn level(mean: i64, quiet: i64) -> u8 {
    let mut ratio = (i128::from(mean) << 16) / i128::from(quiet.max(1));
    let mut level = 0_i128;
    while ratio >= 2 << 16 && level < 254 * 2 {
        ratio >>= 1;
        level += 127;
    }
    // Between two doublings a straight line does.
    level += ((ratio - (1 << 16)).max(0) * 127) >> 16;
    (level / 2).clamp(0, 254) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(sizes: impl Fn(i64) -> u32, seconds: i64) -> Vec<u8> {
        let mut activity = Activity::new(UtcMicros(1_000));
        for frame in 0..seconds * 15 {
            let key = frame % 30 == 0;
            let bytes = if key { 40_000 } else { sizes(frame / 15) };
            activity.push(UtcMicros(1_000 + frame * 1_000_000 / 15), bytes, key);
        }
        activity.finish()
    }

    #[test]
    fn a_still_scene_is_still_and_a_lorry_stands_out() {
        let still = run(|_| 1000, 300);
        assert_eq!(still.len(), 60);
        assert!(still.iter().all(|level| *level == 0), "{still:?}");
        let lorry = run(|second| if (100..110).contains(&second) { 4000 } else { 1000 }, 300);
        assert_eq!(&lorry[19..23], &[0, 127, 119, 0], "{lorry:?}");
        assert!(lorry[22..].iter().all(|level| *level < 8), "{lorry:?}");
    }

    #[test]
    fn only_key_frames_or_nothing_is_not_known() {
        let mut activity = Activity::new(UtcMicros(0));
        assert!(activity.finish().is_empty());
        activity.push(UtcMicros(11_000_000), 9, true);
        assert_eq!(activity.finish(), [UNKNOWN; 3]);
        activity.push(UtcMicros(i64::MAX), u32::MAX, false);
        activity.push(UtcMicros(i64::MIN), u32::MAX, false);
        assert_eq!(activity.finish().len(), 17_280);
    }
}
