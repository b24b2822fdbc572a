//! What pictures may cost now, in cores: a pure policy over what is measured once a second. It gives way when live
//! samples wait too long for their turn, or when other programs want the whole machine; it takes again what is idle.
//!
//! It does not swing: it climbs only into room that is measured to be there and stays there after the climb, and a climb
//! that turned out wrong is tried again only after a while, twice as long each time.

use std::time::{Duration, Instant};

/// A live sample that waits longer for its turn is late.
const LATE_MS: u32 = 350;
/// The machine is full below this share of idle cores.
const FULL_SHARE: f64 = 0.04;
/// In a full machine this share of all cores is taken for pictures all the same, as long as they come in time.
const FAIR_SHARE: f64 = 0.25;
/// Kept free when climbing, as a share of all cores: windows paint what is decoded, and others live here too.
const RESERVE_SHARE: f64 = 0.08;
/// Looks in a row that are believed.
const BELIEVED: u32 = 2;
/// Never below this, in cores: some pictures are better than none.
const LEAST_CORE: f64 = 0.05;
/// How much is given up at a time.
const BACK: f64 = 0.7;
/// A climb that was wrong is tried again after so long at first, and at most.
const AGAIN_FIRST: Duration = Duration::from_secs(8);
const AGAIN_MOST: Duration = Duration::from_secs(120);
/// A climb that held for so long was right.
const HELD: Duration = Duration::from_secs(20);

/// What was measured since the look before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Look {
    /// CPU of the workers, in cores.
    pub(crate) used_core: f64,
    /// What the plan in force should cost by the model, in cores.
    pub(crate) planned_core: f64,
    /// Cores that had nothing to do; absent where the system does not say.
    pub(crate) idle_core: Option<f64>,
    /// The longest that a live sample waited for its turn, in milliseconds.
    pub(crate) waited_ms: u32,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Governor {
    /// Of the machine.
    cores: f64,
    most_core: f64,
    budget_core: f64,
    /// Measured cost over the model's.
    factor: f64,
    late: u32,
    full: u32,
    climbed: Option<Instant>,
    /// Not above this until then: what was tried there did not hold.
    ceiling: Option<(f64, Instant)>,
    again: Duration,
}

impl Governor {
    /// For a machine of `cores`, where pictures may cost `most_core` when there is nothing else.
    pub(crate) fn new(cores: f64, most_core: f64) -> Self {
        Self {
            cores,
            most_core,
            budget_core: most_core,
            factor: 1.0,
            late: 0,
            full: 0,
            climbed: None,
            ceiling: None,
            again: AGAIN_FIRST,
        }
    }

    /// What pictures may cost, in cores.
    pub(crate) fn budget_core(&self) -> f64 {
        self.budget_core
    }

    /// The same in the model's cores.
    pub(crate) fn model_budget_core(&self) -> f64 {
        self.budget_core / self.factor
    }

    /// Takes what was measured in. Call it about once a second.
    pub(crate) fn look(&mut self, look: Look, now: Instant) {
        let late = look.waited_ms > LATE_MS;
        let full = look.idle_core.is_some_and(|idle| idle < FULL_SHARE * self.cores);
        self.late = if late { self.late + 1 } else { 0 };
        self.full = if full { self.full + 1 } else { 0 };
        self.learn(look, late || full);
        if self.climbed.is_some_and(|at| now.duration_since(at) > HELD) {
            (self.climbed, self.again) = (None, AGAIN_FIRST);
        }
        let fair_core = (FAIR_SHARE * self.cores).min(self.most_core);
        let least_core = LEAST_CORE.min(self.most_core);
        // What is planned is what the budget is used for; the rest of it is only allowed.
        let spent_core = (look.planned_core * self.factor).max(look.used_core).min(self.budget_core);
        if self.late >= BELIEVED {
            self.give_way((spent_core * BACK).max(least_core), now);
        } else if self.full >= BELIEVED && self.budget_core > fair_core {
            self.give_way((spent_core * BACK).max(fair_core), now);
        } else if !late && !full {
            self.climb(look, now);
        } else if !late && full && self.budget_core < fair_core {
            // In time, and others take the rest: back to the fair share, carefully.
            self.raise((self.budget_core * 1.15).min(fair_core), now);
        }
    }

    /// How far the model is from what is measured. Not while the machine is full: what is used then is what is given.
    fn learn(&mut self, look: Look, pressed: bool) {
        if pressed || look.planned_core < 0.05 || look.used_core <= 0.0 {
            return;
        }
        let seen = (look.used_core / look.planned_core).clamp(0.3, 3.0);
        let smooth = self.factor + 0.25 * (seen - self.factor);
        // Small errors are left alone, so that nothing trembles.
        if (seen / self.factor - 1.0).abs() > 0.1 {
            self.factor = smooth;
        }
    }

    fn give_way(&mut self, to_core: f64, now: Instant) {
        let to_core = to_core.min(self.budget_core);
        (self.late, self.full) = (0, 0);
        if self.climbed.take().is_some() {
            self.ceiling = Some((to_core, now + self.again));
            self.again = (self.again * 2).min(AGAIN_MOST);
        }
        self.budget_core = to_core;
    }

    fn climb(&mut self, look: Look, now: Instant) {
        let room_core = match look.idle_core {
            Some(idle) => look.used_core + idle - RESERVE_SHARE * self.cores,
            // Nobody says how much is free: a little at a time.
            None => self.budget_core * 1.1 + 0.02,
        };
        self.raise(room_core, now);
    }

    fn raise(&mut self, to_core: f64, now: Instant) {
        if self.ceiling.is_some_and(|(_, until)| until <= now) {
            self.ceiling = None;
        }
        let ceiling = self.ceiling.map_or(self.most_core, |(core, _)| core);
        let to_core = to_core.min(self.most_core).min(ceiling);
        if to_core > self.budget_core {
            self.budget_core = to_core;
            self.climbed = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A machine on which pictures want `wanted` cores, others `others`, and the model is off by `factor`.
    struct Machine {
        cores: f64,
        wanted: f64,
        others: f64,
        factor: f64,
        now: Instant,
        governor: Governor,
        changes: u32,
        spent: f64,
    }

    impl Machine {
        fn new(wanted: f64) -> Self {
            let governor = Governor::new(2.0, 1.5);
            let now = Instant::now();
            Self { cores: 2.0, wanted, others: 0.0, factor: 1.0, now, governor, changes: 0, spent: wanted }
        }

        /// The plan: in steps of 5 % of what is wanted, climbing only into 85 % of the budget, as `tier::choose` does.
        fn plan(&mut self) -> f64 {
            let step = self.wanted * 0.05;
            let fits = |budget: f64| (budget / step).floor().min(20.0) * step;
            let budget = self.governor.model_budget_core() * self.factor;
            let (now, up) = (fits(budget), fits(budget * 0.85));
            let next = if now < self.spent { now } else { self.spent.max(up) };
            if (next - self.spent).abs() > step / 2.0 {
                self.changes += 1;
            }
            self.spent = next;
            next
        }

        fn seconds(&mut self, seconds: u32) {
            for _ in 0..seconds {
                let cost = self.plan();
                let free = self.cores - self.others.min(self.cores);
                // Others that want everything leave half of the machine.
                let can = free.max(self.cores / 2.0);
                let used = cost.min(can);
                let waited_ms = if cost > can * 1.001 { 900 } else { 20 };
                let idle = (self.cores - used - self.others).max(0.0);
                self.now += Duration::from_secs(1);
                let planned = cost / self.factor;
                let look = Look { used_core: used, planned_core: planned, idle_core: Some(idle), waited_ms };
                self.governor.look(look, self.now);
            }
        }
    }

    #[test]
    fn alone_on_the_machine_nothing_is_given_up() {
        let mut machine = Machine::new(0.8);
        machine.seconds(600);
        assert_eq!(machine.changes, 0);
        assert!((machine.spent - 0.8).abs() < 1e-9);
    }

    #[test]
    fn it_gives_way_to_others_and_is_back_within_ten_seconds() {
        let mut machine = Machine::new(0.8);
        machine.seconds(10);
        machine.others = 3.0;
        machine.seconds(8);
        assert!(machine.spent <= 0.5, "{}", machine.spent);
        let stepped = machine.changes;
        machine.seconds(60);
        assert_eq!(machine.changes, stepped, "it stays where it is");
        machine.others = 0.0;
        machine.seconds(10);
        assert!((machine.spent - 0.8).abs() < 1e-9, "{}", machine.spent);
    }

    #[test]
    fn more_than_the_machine_can_is_cut_until_it_is_in_time() {
        let mut machine = Machine::new(3.0);
        machine.factor = 1.6;
        machine.seconds(40);
        let settled = machine.changes;
        machine.seconds(300);
        assert!(machine.spent < 1.501 && machine.spent > 0.5, "{}", machine.spent);
        assert!(machine.changes - settled <= 4, "{} changes in five minutes", machine.changes - settled);
    }

    #[test]
    fn the_model_is_corrected_by_what_is_measured() {
        let mut governor = Governor::new(2.0, 1.5);
        let mut now = Instant::now();
        for _ in 0..40 {
            now += Duration::from_secs(1);
            let look = Look { used_core: 0.8, planned_core: 0.4, idle_core: Some(1.0), waited_ms: 5 };
            governor.look(look, now);
        }
        assert!((governor.model_budget_core() - 0.75).abs() < 0.1, "{}", governor.model_budget_core());
    }

    #[test]
    fn where_the_system_says_nothing_it_still_gives_way_and_comes_back() {
        let mut governor = Governor::new(2.0, 1.5);
        let mut now = Instant::now();
        let mut look = |governor: &mut Governor, waited_ms, seconds| {
            for _ in 0..seconds {
                now += Duration::from_secs(1);
                let used_core = governor.budget_core();
                let look = Look { used_core, planned_core: used_core, idle_core: None, waited_ms };
                governor.look(look, now);
            }
        };
        look(&mut governor, 800, 4);
        assert!(governor.budget_core() < 1.0);
        look(&mut governor, 10, 60);
        assert!((governor.budget_core() - 1.5).abs() < 0.01);
    }

    proptest! {
        /// Whatever others do, once they keep still so do the tiles.
        #[test]
        fn it_settles(wanted in 0.05..3.0f64, factor in 0.5..2.0f64, others in proptest::collection::vec(0.0..3.0f64, 1..6)) {
            let mut machine = Machine::new(wanted);
            machine.factor = factor;
            for load in others {
                machine.others = load;
                machine.seconds(15);
            }
            machine.seconds(120);
            let settled = machine.changes;
            machine.seconds(120);
            prop_assert!(machine.changes - settled <= 2, "{} changes", machine.changes - settled);
            prop_assert!(machine.governor.budget_core() >= 0.05 && machine.governor.budget_core() < 1.501);
        }
    }
}
