//! Recorded pictures kept for painting again without decoding: stepping and playing backwards. Bounded by bytes; what
//! is let go first is what lies far from where somebody looks, and among equals every second one, so that what is
//! left lies evenly.

use std::collections::BTreeMap;

/// Pictures within so many microseconds of where somebody looks count alike.
const NEAR_US: f64 = 2e6;

/// Pictures by their time.
pub struct Kept<T> {
    shots: BTreeMap<i64, (T, usize)>,
    bytes: usize,
    focus_us: i64,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { shots: BTreeMap::new(), bytes: 0, focus_us: 0 }
    }
}

impl<T> Kept<T> {
    /// What they hold.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The picture of this time.
    pub fn get(&self, at_us: i64) -> Option<&T> {
        self.shots.get(&at_us).map(|(shot, _)| shot)
    }

    /// Somebody looks at this time.
    pub fn look_at(&mut self, at_us: i64) {
        self.focus_us = at_us;
    }

    /// Makes room for a picture of so many bytes within `most_bytes`. False: those that are there are worth more, and
    /// nothing changed.
    pub fn make_room(&mut self, at_us: i64, bytes: usize, most_bytes: usize) -> bool {
        if bytes > most_bytes {
            return false;
        }
        self.remove(at_us);
        let own = self.worth(at_us);
        while self.bytes + bytes > most_bytes {
            match self.least() {
                Some((at, worth)) if worth <= own => self.remove(at),
                _ => return false,
            }
        }
        true
    }

    /// Keeps a picture.
    pub fn put(&mut self, at_us: i64, shot: T, bytes: usize) {
        self.remove(at_us);
        self.bytes += bytes;
        self.shots.insert(at_us, (shot, bytes));
    }

    /// Lets the least of them go.
    pub fn forget_one(&mut self) {
        if let Some((at, _)) = self.least() {
            self.remove(at);
        }
    }

    /// Lets those go that are not as asked.
    pub fn retain(&mut self, as_asked: impl Fn(&T) -> bool) {
        self.shots.retain(|_, (shot, _)| as_asked(shot));
        self.bytes = self.shots.values().map(|(_, bytes)| bytes).sum();
    }

    fn remove(&mut self, at_us: i64) {
        if let Some((_, bytes)) = self.shots.remove(&at_us) {
            self.bytes -= bytes;
        }
    }

    /// The hole that a picture fills, the less the farther from where somebody looks.
    fn worth(&self, at_us: i64) -> f64 {
        let before = self.shots.range(..at_us).next_back().map(|(at, _)| at_us - at);
        let after = self.shots.range(at_us.saturating_add(1)..).next().map(|(at, _)| at - at_us);
        let hole_us = match (before, after) {
            (Some(before), Some(after)) => before + after,
            // Beyond the ends there is nothing at all.
            (Some(one), None) | (None, Some(one)) => 4 * one,
            (None, None) => i64::MAX,
        };
        let away = (at_us.abs_diff(self.focus_us)) as f64 / NEAR_US;
        hole_us as f64 / away.max(1.0).powi(4)
    }

    fn least(&self) -> Option<(i64, f64)> {
        self.shots.keys().map(|at| (*at, self.worth(*at))).min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts pictures of 100 bytes every 40 ms; the times that are left.
    fn filled(kept: &mut Kept<()>, frames: std::ops::Range<i64>, most: usize) -> Vec<i64> {
        for at in frames.map(|frame| frame * 40_000) {
            if kept.make_room(at, 100, most) {
                kept.put(at, (), 100);
            }
            assert!(kept.bytes() <= most && kept.bytes() == kept.shots.len() * 100);
        }
        kept.shots.keys().map(|at| at / 40_000).collect()
    }

    #[test]
    fn what_fits_is_all_there() {
        let mut kept = Kept::default();
        assert_eq!(filled(&mut kept, 0..50, 5000).len(), 50);
        assert!(kept.get(40_000).is_some() && kept.get(40_001).is_none());
    }

    #[test]
    fn of_a_group_that_does_not_fit_every_few_are_left_evenly() {
        let mut kept = Kept::default();
        kept.look_at(0);
        let left = filled(&mut kept, 0..50, 1300);
        assert_eq!(left.len(), 13);
        let holes: Vec<i64> = left.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let most = holes.iter().max().unwrap();
        assert!(*most <= 10 && left[0] <= 4 && left[12] >= 40, "{left:?}");
    }

    #[test]
    fn those_near_where_somebody_looks_win() {
        let mut kept = Kept::default();
        filled(&mut kept, 0..500, 2000);
        // Looks at second 10 and pushes what is there again, as a step back would.
        kept.look_at(250 * 40_000);
        let left = filled(&mut kept, 240..260, 2000);
        let near = left.iter().filter(|frame| (240..260).contains(*frame)).count();
        assert!(near >= 17, "{near} of 20: {left:?}");
        // Nothing is kept that would not fit at all.
        assert!(!kept.make_room(0, 3000, 2000));
    }

    #[test]
    fn playing_on_and_on_lets_go_of_what_was() {
        let mut kept = Kept::default();
        for frame in 0..5000 {
            kept.look_at(frame * 40_000);
            filled(&mut kept, frame..frame + 1, 5000);
        }
        let last: Vec<i64> = kept.shots.keys().map(|at| at / 40_000).collect();
        assert!(last.iter().filter(|frame| **frame >= 4970).count() >= 25, "{last:?}");
    }
}
