//! Which cameras' troubles are one alarm: "12 cameras on one line lost" is one, not twelve. Pure: told once a second who
//! is in trouble since when and what cameras have in common, it says what to raise, to change and to clear. Who is in
//! trouble, and what is stored and told of it, belongs elsewhere.

use super::shared::{self, Facts};
use easien_link::data::AlarmShared;
use easien_model::{AlarmId, CameraId, LossReason, UtcMicros};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Troubles that begin within so long of each other began together.
const TOGETHER_US: i64 = 5_000_000;
/// What they have in common being known, more may trickle in so long after the last one.
const TRICKLE_US: i64 = 20_000_000;
/// A camera in trouble for so short a time is not taken into an alarm: it may be a blink.
const BLINK_US: i64 = 3_000_000;
/// A camera that is well for so long is well again; three times as long each time that it was not, up to the most.
const STEADY_US: i64 = 10_000_000;
const STEADY_MOST_US: i64 = 300_000_000;
/// So long well, and its past is forgotten.
const FORGIVEN_US: i64 = 900_000_000;
/// Two cameras of one address, or of one network, may be in trouble together by chance; for the whole room it takes this
/// share of it.
const ROOM_SHARE: f64 = 0.8;
const ROOM_LEAST: usize = 4;

/// A camera is in trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Since when.
    pub since: UtcMicros,
    /// Why, if known.
    pub reason: Option<LossReason>,
}

/// A camera of a standing alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Since when it is, or was, in trouble: the newest time.
    pub lost: UtcMicros,
    /// Well again since then.
    pub back: Option<UtcMicros>,
    /// Why, if known.
    pub reason: Option<LossReason>,
}

/// A standing alarm about cameras.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The alarm.
    pub id: AlarmId,
    /// The first trouble's begin.
    pub raised: UtcMicros,
    /// What its cameras have in common, as far as it says something.
    pub shared: Option<AlarmShared>,
    /// A person took note: what begins after that is news, and an alarm of its own.
    pub acknowledged: Option<UtcMicros>,
    /// Its cameras.
    pub members: BTreeMap<CameraId, Member>,
}

impl Group {
    fn last_loss(&self) -> UtcMicros {
        self.members.values().map(|member| member.lost).max().unwrap_or(self.raised)
    }

    /// What the alarms of a room tell apart by: its first camera (a camera is in one standing alarm of a kind).
    pub fn topic(&self) -> String {
        let first = self.members.iter().min_by_key(|(id, member)| (member.lost, **id));
        first.map(|(id, _)| id.to_string()).unwrap_or_default()
    }
}

/// What has become of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Raised(AlarmId),
    /// A camera came to it, is back, or is in trouble again.
    Changed(AlarmId),
    /// All its cameras are well again, the last since then.
    Cleared(AlarmId, UtcMicros),
}

/// The standing alarms of one kind.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    standing: BTreeMap<AlarmId, Group>,
    /// How often a camera came back lately, and when last.
    returns: HashMap<CameraId, (u32, UtcMicros)>,
}

impl Groups {
    /// As it stood at the end of the station's last life.
    pub fn restore(groups: impl IntoIterator<Item = Group>) -> Self {
        let standing = groups.into_iter().map(|group| (group.id, group)).collect();
        Self { standing, returns: HashMap::new() }
    }

    /// A standing alarm.
    pub fn get(&self, id: AlarmId) -> Option<&Group> {
        self.standing.get(&id)
    }

    /// All standing alarms.
    pub fn all(&self) -> BTreeMap<AlarmId, Group> {
        self.standing.clone()
    }

    /// A person took note of an alarm.
    pub fn acknowledged(&mut self, id: AlarmId, at: UtcMicros) {
        if let Some(group) = self.standing.get_mut(&id) {
            group.acknowledged.get_or_insert(at);
        }
    }

    /// The troubles as they are now. An alarm is raised for what lasts longer than `after_us`.
    pub fn step(
        &mut self,
        now: UtcMicros,
        troubles: &BTreeMap<CameraId, Trouble>,
        room: &BTreeMap<CameraId, Facts>,
        after_us: i64,
    ) -> Vec<Change> {
        let mut touched = BTreeSet::new();
        self.follow_members(now, troubles, room, &mut touched);
        let cleared = self.clear(now);
        let mut free: BTreeMap<CameraId, Trouble> = troubles
            .iter()
            .filter(|(id, _)| room.contains_key(id))
            .filter(|(id, _)| !self.standing.values().any(|group| group.members.contains_key(id)))
            // A clock that was set back leaves begins in the future.
            .map(|(id, trouble)| (*id, Trouble { since: trouble.since.min(now), ..*trouble }))
            .filter(|(_, trouble)| now - trouble.since >= BLINK_US.min(after_us))
            .collect();
        self.join(&mut free, room, &mut touched);
        let raised = self.raise(now, &free, room, after_us);
        let mut changes: Vec<Change> = cleared;
        changes.extend(touched.into_iter().filter(|id| self.standing.contains_key(id)).map(Change::Changed));
        changes.extend(raised.into_iter().map(Change::Raised));
        changes
    }

    /// Who of the standing alarms is back, or in trouble again.
    fn follow_members(
        &mut self,
        now: UtcMicros,
        troubles: &BTreeMap<CameraId, Trouble>,
        room: &BTreeMap<CameraId, Facts>,
        touched: &mut BTreeSet<AlarmId>,
    ) {
        let Self { standing, returns } = self;
        for group in standing.values_mut() {
            for (id, member) in &mut group.members {
                let trouble = troubles.get(id).filter(|_| room.contains_key(id));
                match (trouble, member.back) {
                    (Some(trouble), Some(_)) => {
                        *member = Member { lost: trouble.since.min(now), back: None, reason: trouble.reason };
                        touched.insert(group.id);
                    }
                    (Some(trouble), None) if trouble.reason.is_some() && trouble.reason != member.reason => {
                        member.reason = trouble.reason;
                        touched.insert(group.id);
                    }
                    (Some(_), None) => {}
                    (None, None) => {
                        member.back = Some(now);
                        touched.insert(group.id);
                        let known = returns.entry(*id).or_insert((0, now));
                        *known = (known.0 + 1, now);
                    }
                    // As above: a begin in the future would never end.
                    (None, Some(back)) => member.back = Some(back.min(now)),
                }
            }
        }
        returns.retain(|_, (_, last)| (0..FORGIVEN_US).contains(&(now - *last)));
    }

    fn steady_us(&self, camera: CameraId) -> i64 {
        let times = self.returns.get(&camera).map_or(0, |(times, _)| times.saturating_sub(1)).min(10);
        (STEADY_US * 3_i64.pow(times)).min(STEADY_MOST_US)
    }

    fn clear(&mut self, now: UtcMicros) -> Vec<Change> {
        let well = |group: &Group| {
            let mut last = None;
            for (id, member) in &group.members {
                let back = member.back?;
                if now - back < self.steady_us(*id) {
                    return None;
                }
                last = last.max(Some(back));
            }
            last.or(Some(now))
        };
        let over: Vec<(AlarmId, UtcMicros)> =
            self.standing.values().filter_map(|group| Some((group.id, well(group)?))).collect();
        for (id, _) in &over {
            self.standing.remove(id);
        }
        over.into_iter().map(|(id, at)| Change::Cleared(id, at)).collect()
    }

    /// Those who belong to an alarm that stands.
    fn join(
        &mut self,
        free: &mut BTreeMap<CameraId, Trouble>,
        room: &BTreeMap<CameraId, Facts>,
        touched: &mut BTreeSet<AlarmId>,
    ) {
        let mut by_time: Vec<(CameraId, Trouble)> = free.iter().map(|(id, each)| (*id, *each)).collect();
        by_time.sort_by_key(|(id, trouble)| (trouble.since, *id));
        for (id, trouble) in by_time {
            let Some(facts) = room.get(&id) else { continue };
            for group in self.standing.values_mut() {
                if group.acknowledged.is_some_and(|seen| trouble.since > seen) {
                    continue;
                }
                let away_us = (trouble.since - group.last_loss()).abs();
                let inside = group.shared.as_ref().is_some_and(|shared| facts.has(shared));
                if !(inside && away_us <= TRICKLE_US) {
                    // What they have in common may be wider than was known.
                    if away_us > TOGETHER_US {
                        continue;
                    }
                    let all = group.members.keys().filter_map(|id| room.get(id)).chain([facts]);
                    let Some(wider) = shared::of_all(all) else { continue };
                    // Two lines in one unit stay two lines.
                    let line = matches!(group.shared, Some(AlarmShared::Host(_) | AlarmShared::Network(_)));
                    if line && !matches!(wider, AlarmShared::Host(_) | AlarmShared::Network(_)) {
                        continue;
                    }
                    group.shared = Some(wider);
                }
                group.members.insert(id, Member { lost: trouble.since, back: None, reason: trouble.reason });
                touched.insert(group.id);
                free.remove(&id);
                break;
            }
        }
    }

    /// New alarms for what has lasted, with all that began together with it.
    fn raise(
        &mut self,
        now: UtcMicros,
        free: &BTreeMap<CameraId, Trouble>,
        room: &BTreeMap<CameraId, Facts>,
        after_us: i64,
    ) -> Vec<AlarmId> {
        let mut by_time: Vec<(UtcMicros, CameraId)> =
            free.iter().map(|(id, each)| (each.since, *id)).collect();
        by_time.sort_unstable();
        let mut raised = Vec::new();
        for together in by_time.chunk_by(|a, b| b.0 - a.0 <= TOGETHER_US) {
            if !together.iter().any(|(since, _)| now - *since >= after_us) {
                continue;
            }
            let cameras: Vec<CameraId> = together.iter().map(|(_, id)| *id).collect();
            for (shared, cameras) in partition(&cameras, room) {
                let members: BTreeMap<CameraId, Member> = cameras
                    .into_iter()
                    .filter_map(|id| {
                        let Trouble { since, reason } = *free.get(&id)?;
                        Some((id, Member { lost: since, back: None, reason }))
                    })
                    .collect();
                let Some(first) = members.values().map(|member| member.lost).min() else { continue };
                let id = AlarmId::new();
                let group = Group { id, raised: first, shared, acknowledged: None, members };
                self.standing.insert(id, group);
                raised.push(id);
            }
        }
        raised
    }
}

/// Cameras whose trouble began together, parted by what they have in common: a network or an address, else a place, else
/// a unit; what is left has nothing in common but the time.
fn partition(
    cameras: &[CameraId],
    room: &BTreeMap<CameraId, Facts>,
) -> Vec<(Option<AlarmShared>, Vec<CameraId>)> {
    let facts = |id: &CameraId| room.get(id);
    if cameras.len() < 2 {
        return vec![(None, cameras.to_vec())];
    }
    let common = shared::of_all(cameras.iter().filter_map(facts));
    if let Some(AlarmShared::Host(_) | AlarmShared::Network(_)) = common {
        return vec![(common, cameras.to_vec())];
    }
    if cameras.len() >= ROOM_LEAST && cameras.len() as f64 >= ROOM_SHARE * room.len() as f64 {
        return vec![(Some(AlarmShared::Room), cameras.to_vec())];
    }
    let mut left: Vec<CameraId> = cameras.to_vec();
    let mut parts = Vec::new();
    for level in [shared::line, shared::host, shared::place, shared::unit] {
        let mut by_value: BTreeMap<String, (AlarmShared, Vec<CameraId>)> = BTreeMap::new();
        for id in &left {
            if let Some((key, value)) = facts(id).and_then(level) {
                by_value.entry(key).or_insert_with(|| (value, Vec::new())).1.push(*id);
            }
        }
        for (_, several) in by_value.into_values().filter(|(_, several)| several.len() > 1) {
            left.retain(|id| !several.contains(id));
            // Narrower than the level, if that says it too: one address of a network.
            let common = shared::of_all(several.iter().filter_map(facts));
            parts.push((common, several));
        }
    }
    if !left.is_empty() {
        parts.push((None, left));
    }
    parts
}

#[cfg(test)]
#[path = "groups_tests.rs"]
mod tests;
