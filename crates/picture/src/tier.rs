//! How much of each stream is decoded: a pure policy over sizes, rates and a budget. The costs come from
//! measurements (design, section 2) and are a model: they say which wish is the more expensive one, and about how much.
//!
//! The wishes are degraded in one fixed order, step by step, until the whole fits the budget. So more budget never
//! gives any tile less, and the same wishes give the same answer. To climb back, the better answer must fit 85 % of
//! the budget: no swinging between two.

use easien_model::{CameraId, Codec};
pub use easien_mosaic::Tier;
use serde::{Deserialize, Serialize};

/// Climbing needs the better answer to fit this share of the budget.
const CLIMB_SHARE: f64 = 0.85;

/// A stream's figures, as far as known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Codec.
    pub codec: Codec,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// Pictures per second.
    pub fps: f64,
    /// Seconds from key frame to key frame.
    pub key_interval_s: f64,
}

impl Figures {
    /// What a sub stream is taken for before it is known.
    pub const SUB: Self =
        Self { codec: Codec::H264, width_px: 640, height_px: 360, fps: 15.0, key_interval_s: 2.0 };
    /// What a main stream is taken for before it is known.
    pub const MAIN: Self =
        Self { codec: Codec::H264, width_px: 1920, height_px: 1080, fps: 25.0, key_interval_s: 2.0 };

    fn px(&self) -> f64 {
        f64::from(self.width_px) * f64::from(self.height_px)
    }

    fn fps(&self) -> f64 {
        if self.fps.is_finite() { self.fps.clamp(0.1, 240.0) } else { 25.0 }
    }

    /// Key frames per second.
    fn keys_per_s(&self) -> f64 {
        let interval =
            if self.key_interval_s.is_finite() { self.key_interval_s.clamp(0.02, 600.0) } else { 2.0 };
        (1.0 / interval).min(self.fps())
    }

    /// Cost of decoding one picture, in milliseconds: 0.57 / 3.7 for H.264, 0.8 / 5.2 for H.265 at 640x360 / 1080p.
    #[must_use]
    pub fn decode_ms(&self) -> f64 {
        match self.codec {
            Codec::H265 => 0.25 + 2.39e-6 * self.px(),
            _ => 0.18 + 1.70e-6 * self.px(),
        }
    }
}

/// What is wanted of one camera, over all windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Want {
    /// The camera.
    pub camera: CameraId,
    /// Pixels painted per picture, over all its tiles.
    pub painted_px: u64,
    /// A tile of it is enlarged: the main stream is wanted, the sub stream runs beneath.
    pub enlarged: bool,
    /// The eye is on a tile of it: it loses last.
    pub focused: bool,
    /// All its tiles are small ones among many: key frames are enough, unless the eye is on it.
    pub glance: bool,
    /// The main stream, if it is decoded at all.
    pub main: Option<Figures>,
    /// The sub stream, if there is one.
    pub sub: Option<Figures>,
}

impl Want {
    /// Cost of one second at `tier`, in milliseconds of one core.
    #[must_use]
    pub fn cost_ms(&self, tier: Tier) -> f64 {
        let sub = self.sub.or(self.main).unwrap_or(Figures::SUB);
        let scale = |from: &Figures| 0.02 + 0.3e-6 * from.px() + 1.3e-6 * self.painted_px as f64;
        match tier {
            Tier::Main => {
                let main = self.main.unwrap_or(Figures::MAIN);
                let beneath = if self.sub.is_some() { sub.decode_ms() * sub.fps() } else { 0.0 };
                (main.decode_ms() + scale(&main)) * main.fps() + beneath
            }
            Tier::Sub => (sub.decode_ms() + scale(&sub)) * sub.fps(),
            Tier::SubLight => (0.8 * sub.decode_ms() + scale(&sub)) * sub.fps(),
            // A key frame costs about 2.8 of the average; where every picture is one, it is the average.
            Tier::KeyFrames => {
                let each = if sub.keys_per_s() >= sub.fps() { 1.0 } else { 2.8 * 0.8 };
                (each * sub.decode_ms() + scale(&sub)) * sub.keys_per_s()
            }
            .min(self.cost_ms(Tier::SubLight)),
            Tier::Held => 0.0,
        }
    }

    /// The best that is sensible: the enlarged camera's main stream, a glanced-at one's key frames, else its sub stream
    /// (its only stream).
    fn best(&self) -> Tier {
        match self {
            Self { enlarged: true, .. } => Tier::Main,
            Self { glance: true, focused: false, .. } => Tier::KeyFrames,
            _ => Tier::Sub,
        }
    }

    /// It loses after all others.
    fn is_watched(&self) -> bool {
        self.enlarged || self.focused
    }
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// One tier for each want, in their order.
    pub tiers: Vec<Tier>,
    /// How many steps were taken down from the best.
    pub level: usize,
    /// What it costs by the model, in cores.
    pub cost_core: f64,
    cameras: Vec<CameraId>,
}

/// Chooses a tier for each want within `budget_core`. `before` is the answer that is in force; it matters only for
/// climbing, and only while the wants are of the same cameras.
#[must_use]
pub fn choose(wants: &[Want], budget_core: f64, before: Option<&Plan>) -> Plan {
    let mut order: Vec<usize> = (0..wants.len()).collect();
    // The least seen first.
    order.sort_by_key(|&index| wants.get(index).map(|w| (w.painted_px, w.camera)));
    // Each round takes every tile of its kind one tier down, before any tile goes down two.
    let rounds = [
        (false, Tier::SubLight),
        (false, Tier::KeyFrames),
        (true, Tier::Sub),
        (true, Tier::SubLight),
        (true, Tier::KeyFrames),
        (false, Tier::Held),
        (true, Tier::Held),
    ];
    let mut tiers: Vec<Tier> = wants.iter().map(Want::best).collect();
    let cost = |tiers: &[Tier]| -> f64 {
        wants.iter().zip(tiers).map(|(want, tier)| want.cost_ms(*tier)).sum::<f64>() / 1000.0
    };
    // Every possible answer, best first, with its cost.
    let mut answers = vec![(tiers.clone(), cost(&tiers))];
    for (watched, to) in rounds {
        for &index in
            order.iter().filter(|index| wants.get(**index).is_some_and(|want| want.is_watched() == watched))
        {
            if let Some(tier) = tiers.get_mut(index).filter(|tier| **tier > to) {
                *tier = to;
                answers.push((tiers.clone(), cost(&tiers)));
            }
        }
    }
    let cameras: Vec<CameraId> = wants.iter().map(|want| want.camera).collect();
    let floor = before
        .filter(|before| before.cameras == cameras && before.tiers.len() == wants.len())
        .map_or(0, |before| before.level.min(answers.len() - 1));
    let fits = |level: usize| {
        let share = if level < floor { CLIMB_SHARE } else { 1.0 };
        answers.get(level).is_some_and(|(_, cost)| *cost <= budget_core * share)
    };
    let level = (0..answers.len()).find(|&level| fits(level)).unwrap_or(answers.len() - 1);
    let (tiers, cost_core) = answers.swap_remove(level);
    Plan { tiers, level, cost_core, cameras }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn figures() -> impl Strategy<Value = Figures> {
        (any::<bool>(), 1u32..4000, 1u32..2200, 0.0..60.0f64, 0.0..30.0f64).prop_map(
            |(new, w, h, fps, key)| Figures {
                codec: if new { Codec::H265 } else { Codec::H264 },
                width_px: w,
                height_px: h,
                fps,
                key_interval_s: key,
            },
        )
    }

    fn wants() -> impl Strategy<Value = Vec<Want>> {
        let want = (
            1u64..2_000_000,
            any::<(bool, bool, bool)>(),
            proptest::option::of(figures()),
            proptest::option::of(figures()),
        );
        proptest::collection::vec(want, 0..40).prop_map(|wants| {
            (1u128..)
                .zip(wants)
                .map(|(number, (painted_px, (enlarged, focused, glance), main, sub))| Want {
                    camera: CameraId(Uuid::from_u128(number)),
                    painted_px,
                    enlarged,
                    focused,
                    glance,
                    main,
                    sub,
                })
                .collect()
        })
    }

    fn grid(count: u128, px: u64) -> Vec<Want> {
        (0..count)
            .map(|number| Want {
                camera: CameraId(Uuid::from_u128(number)),
                painted_px: px,
                enlarged: false,
                focused: false,
                glance: false,
                main: None,
                sub: Some(Figures::SUB),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn never_above_the_budget(wants in wants(), budget in 0.0..4.0f64) {
            let plan = choose(&wants, budget, None);
            prop_assert_eq!(plan.tiers.len(), wants.len());
            prop_assert!(plan.cost_core <= budget);
        }

        #[test]
        fn more_budget_never_gives_any_tile_less(wants in wants(), budget in 0.0..4.0f64, more in 0.0..2.0f64) {
            let (less, more) = (choose(&wants, budget, None), choose(&wants, budget + more, None));
            for (less, more) in less.tiers.iter().zip(&more.tiers) {
                prop_assert!(more >= less);
            }
        }

        #[test]
        fn it_settles_at_once_and_stays(wants in wants(), first in 0.0..4.0f64, budget in 0.0..4.0f64) {
            let before = choose(&wants, first, None);
            let settled = choose(&wants, budget, Some(&before));
            prop_assert!(settled.cost_core <= budget);
            prop_assert_eq!(&choose(&wants, budget, Some(&settled)), &settled);
        }

        #[test]
        fn a_budget_that_trembles_does_not_make_tiles_flicker(wants in wants(), budget in 0.5..4.0f64) {
            let low = choose(&wants, budget, None);
            let mut plan = low.clone();
            for share in [1.05, 1.0, 1.1, 1.02, 1.15, 1.0] {
                plan = choose(&wants, budget * share, Some(&plan));
                prop_assert_eq!(&plan.tiers, &low.tiers);
            }
        }
    }

    #[test]
    fn grids_of_sub_streams_are_decoded_fully_where_there_is_room() {
        for count in [1, 4, 9, 16, 25, 36, 64] {
            let plan = choose(&grid(count, 480 * 270 * 16 / count as u64), 1.5, None);
            assert!(plan.tiers.iter().all(|tier| *tier == Tier::Sub), "{count}: {plan:?}");
        }
        // 240 on one core: not all of them, but none is black.
        let plan = choose(&grid(240, 120 * 68), 1.0, None);
        assert!(plan.tiers.iter().all(|tier| *tier >= Tier::KeyFrames), "{plan:?}");
        assert!(plan.tiers.contains(&Tier::KeyFrames));
    }

    #[test]
    fn the_enlarged_one_is_the_last_to_lose_and_small_ones_the_first() {
        let mut wants = grid(20, 10_000);
        wants[3] = Want { enlarged: true, main: Some(Figures::MAIN), painted_px: 2_000_000, ..wants[3] };
        wants[7].painted_px = 500_000;
        let plan = choose(&wants, 0.26, None);
        assert_eq!(plan.tiers[3], Tier::Main, "{plan:?}");
        let worst = plan.tiers.iter().min().unwrap();
        assert!(*worst < Tier::Sub && plan.tiers[7] > *worst, "{plan:?}");
    }

    #[test]
    fn what_is_glanced_at_shows_key_frames_and_what_is_looked_at_runs() {
        let mut wants: Vec<Want> =
            grid(240, 96 * 54).into_iter().map(|w| Want { glance: true, ..w }).collect();
        wants[17].focused = true;
        let plan = choose(&wants, 1.5, None);
        assert_eq!((plan.level, plan.tiers[17]), (0, Tier::Sub));
        assert_eq!(plan.tiers.iter().filter(|tier| **tier == Tier::KeyFrames).count(), 239);
        assert!(plan.cost_core < 0.3, "{}", plan.cost_core);
        let plan = choose(&wants, 0.1, None);
        assert_eq!(plan.tiers[17], Tier::KeyFrames);
    }

    #[test]
    fn the_model_is_near_what_was_measured() {
        let near =
            |ms: f64, measured: f64| assert!((ms / measured - 1.0).abs() < 0.15, "{ms} for {measured}");
        near(Figures::SUB.decode_ms(), 0.57);
        near(Figures::MAIN.decode_ms(), 3.7);
        near(Figures { codec: Codec::H265, ..Figures::SUB }.decode_ms(), 0.8);
        near(Figures { codec: Codec::H265, ..Figures::MAIN }.decode_ms(), 5.2);
        let sub = grid(1, 480 * 270)[0];
        near(sub.cost_ms(Tier::Sub) / 15.0, 0.57 + 0.24);
    }
}
