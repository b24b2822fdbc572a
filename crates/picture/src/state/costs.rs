//! What the pictures cost: which tier each stream is decoded at, and the look at the machine once a second that says how
//! much there is to spend. The choice is `tier`'s, the budget `governor`'s; here they meet what is shown.

use super::{Shared, State, Tile};
use crate::governor::{Governor, Look};
use crate::machine;
use crate::tier::{self, Tier, Want};
use crate::types::{Load, TileSource};
use crate::wire::ToWorker;
use easien_model::{CameraId, StreamId, StreamKind};
use std::collections::{HashMap, HashSet};
use tokio::time::Instant;

impl State {
    /// Chooses the tiers anew and tells those that changed.
    pub(super) fn plan(&mut self, shared: &Shared) {
        let mut wants: HashMap<CameraId, Want> = HashMap::new();
        let live = |tile: &&Tile| tile.source == TileSource::Live;
        for tile in self.windows.values().flat_map(|showing| &showing.tiles).filter(live) {
            let figures = |which| {
                let stream = self.streams.get(&StreamId { camera: tile.camera, which })?;
                Some(stream.measured.get())
            };
            let want = wants.entry(tile.camera).or_insert(Want {
                camera: tile.camera,
                painted_px: 0,
                enlarged: false,
                focused: false,
                glance: true,
                main: figures(StreamKind::Main),
                // A lost one costs nothing and is no step of the ladder.
                sub: figures(StreamKind::Sub).filter(|_| !self.stood_in.contains(&tile.camera)),
            });
            want.painted_px += tile.px();
            want.enlarged |= tile.main;
            want.focused |= tile.focused;
            want.glance &= tile.glance;
        }
        let mut wants: Vec<Want> = wants.into_values().collect();
        wants.sort_by_key(|want| want.camera);
        let budget_core =
            self.governor.as_ref().map_or(shared.options.budget_core, Governor::model_budget_core);
        self.plan = tier::choose(&wants, budget_core, Some(&self.plan));
        let tiers: HashMap<CameraId, Tier> =
            wants.iter().map(|want| want.camera).zip(self.plan.tiers.iter().copied()).collect();
        let still: HashSet<StreamId> = self.stills.values().filter_map(|still| still.stream).collect();
        let mut told = Vec::new();
        for (id, stream) in &mut self.streams {
            // Nobody's, only kept a little longer or for a still: as it is best.
            let camera = tiers.get(&id.camera).copied().unwrap_or(Tier::Main);
            let has_sub = wants.iter().any(|want| want.camera == id.camera && want.sub.is_some());
            let tier = match (id.which, camera) {
                _ if still.contains(id) => Tier::Main,
                (StreamKind::Main, Tier::Main) => Tier::Main,
                (StreamKind::Main, _) if has_sub => Tier::Held,
                (StreamKind::Main, Tier::Sub) => Tier::Main,
                (StreamKind::Sub, Tier::Main) => Tier::Sub,
                (_, tier) => tier,
            };
            let tier = if id.which == StreamKind::Sub { tier.min(Tier::Sub) } else { tier };
            if stream.tier != tier {
                let before = std::mem::replace(&mut stream.tier, tier);
                told.push((*id, stream.worker, stream.key, before, tier));
            }
        }
        for (id, worker, key, before, tier) in told {
            self.send(worker, ToWorker::Tier { key, tier });
            // What was left out since the newest key frame is needed now: the feed begins anew with that.
            let missing = before == Tier::Held || (before == Tier::KeyFrames && tier > Tier::KeyFrames);
            if missing && let Some(mut stream) = self.streams.remove(&id) {
                self.feed(shared, id, &mut stream);
                self.streams.insert(id, stream);
            } else if let Some(worker) = self.workers.get(worker) {
                worker.outbox.set_gate(key, tier);
            }
        }
    }

    /// Looks at what is used, about once a second, and lets the governor think about it.
    pub(super) fn govern(&mut self, shared: &Shared, now: Instant) {
        let used_micros: u64 =
            self.workers.iter().map(|worker| worker.cpu_before_micros + worker.cpu_micros).sum();
        let Some((at, ticks, before_micros)) = self.looked else {
            self.looked = Some((now, machine::ticks(), used_micros));
            return;
        };
        let passed = now.duration_since(at).as_secs_f64();
        if passed < 0.9 {
            return;
        }
        let ticks_now = if shared.options.follows_machine { machine::ticks() } else { None };
        self.looked = Some((now, ticks_now, used_micros));
        let used_core = used_micros.saturating_sub(before_micros) as f64 / 1e6 / passed;
        self.used_core = Some(used_core);
        let waited_ms = self.workers.iter_mut().map(|worker| std::mem::take(&mut worker.waited_ms)).max();
        if !shared.options.follows_machine {
            return;
        }
        let Some(governor) = &mut self.governor else { return };
        let cores = std::thread::available_parallelism().map_or(2, usize::from) as f64;
        let look = Look {
            used_core,
            planned_core: self.plan.cost_core,
            idle_core: ticks.zip(ticks_now).and_then(|(before, now)| machine::idle_core(before, now, cores)),
            waited_ms: waited_ms.unwrap_or(0),
        };
        let before_core = governor.budget_core();
        governor.look(look, now.into_std());
        let budget_core = governor.budget_core();
        if budget_core < before_core {
            tracing::info!(budget_core, ?look, "pictures give way");
        }
    }

    /// What the pictures cost.
    pub(crate) fn load(&self) -> Load {
        Load {
            used_core: self.used_core.map(|core| core as f32),
            budget_core: self.governor.as_ref().map_or(0.0, |governor| governor.budget_core() as f32),
            level: self.plan.level,
        }
    }
}
