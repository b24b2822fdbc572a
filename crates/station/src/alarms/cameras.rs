//! The alarms about cameras: who is in trouble of which kind goes in, `groups` says what is one alarm, and that is
//! written down and told. Called once a second by `watch`, which knows the losses.

use super::groups::{Change, Group, Groups, Member, Trouble};
use super::keep::word;
use super::kinds::{CAMERA_KINDS, about_cameras, priority};
use super::shared::Facts;
use crate::sessions::base;
use crate::station::{Station, lock};
use easien_link::data::{Alarm, AlarmCamera, AlarmKind, RecordingPhase};
use easien_model::{AlarmId, CameraId, LossReason, SessionPhase, UtcMicros};
use easien_store::AlarmDraft;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;

/// Wanted and live, but not recorded for so long: sessions and segments take their time to begin.
const NOT_RECORDED_AFTER_US: i64 = 30_000_000;

/// The standing alarms about cameras.
#[derive(Default)]
pub struct Standing {
    groups: Mutex<HashMap<AlarmKind, Groups>>,
    /// What the store did not take yet.
    unsaid: Mutex<HashMap<AlarmId, Unsaid>>,
}

/// What has to be said of an alarm once more.
#[derive(Clone, Debug)]
enum Unsaid {
    Cameras(Group),
    Over(Option<Group>, UtcMicros),
}

impl Standing {
    /// A person took note.
    pub(super) fn acknowledged(&self, kind: AlarmKind, id: AlarmId, at: UtcMicros) {
        if let Some(groups) = lock(&self.groups).get_mut(&kind) {
            groups.acknowledged(id, at);
        }
    }
}

/// The troubles of one look, kind by kind.
pub(crate) type Troubles = HashMap<AlarmKind, BTreeMap<CameraId, Trouble>>;

fn listed(group: &Group) -> Vec<AlarmCamera> {
    let each = |(&camera, &Member { lost, back, reason }): (&CameraId, &Member)| AlarmCamera {
        camera,
        lost,
        back,
        reason,
    };
    let mut all: Vec<AlarmCamera> = group.members.iter().map(each).collect();
    all.sort_by_key(|each| (each.back.is_some(), each.lost, each.camera));
    all
}

fn group(alarm: Alarm) -> Group {
    let member =
        |each: AlarmCamera| (each.camera, Member { lost: each.lost, back: each.back, reason: each.reason });
    Group {
        id: alarm.id,
        raised: alarm.raised,
        shared: alarm.shared,
        acknowledged: alarm.acknowledged,
        members: alarm.cameras.into_iter().map(member).collect(),
    }
}

impl Station {
    /// The alarms about cameras that stood when the station ended last.
    pub(crate) fn restore_camera_alarms(&self, standing: Vec<Alarm>) {
        let mut of_kind: HashMap<AlarmKind, Vec<Group>> = HashMap::new();
        for alarm in standing.into_iter().filter(|alarm| about_cameras(alarm.kind)) {
            of_kind.entry(alarm.kind).or_default().push(group(alarm));
        }
        *lock(&self.alarms.cameras.groups) =
            of_kind.into_iter().map(|(kind, groups)| (kind, Groups::restore(groups))).collect();
    }

    /// Raises, changes and clears the alarms about cameras. `lost`: those that bring no picture, since when and why.
    pub(crate) async fn look_at_camera_alarms(
        &self,
        lost: impl Iterator<Item = (CameraId, UtcMicros, Option<LossReason>)>,
    ) {
        let now = self.clock.utc_now();
        let mut troubles = Troubles::new();
        for (camera, since, reason) in lost {
            let kind = match reason {
                Some(LossReason::Undecodable) => AlarmKind::CameraUndecodable,
                _ => AlarmKind::CameraLost,
            };
            // What was so when the station started has this life's time to come back.
            let since = since.max(self.started);
            troubles.entry(kind).or_default().insert(camera, Trouble { since, reason });
        }
        troubles.insert(AlarmKind::NotRecording, self.not_recorded(&troubles));
        let after_us = i64::from(lock(&self.settings).alarm_after_s) * 1_000_000;
        let room: BTreeMap<CameraId, Facts> =
            lock(&self.cameras).values().map(|row| (row.id, Facts::of(row))).collect();
        let none = BTreeMap::new();
        let mut told: Vec<(AlarmKind, Change, Option<Group>)> = Vec::new();
        {
            let mut all = lock(&self.alarms.cameras.groups);
            for kind in CAMERA_KINDS {
                let groups = all.entry(kind).or_default();
                let after_us = if kind == AlarmKind::NotRecording { NOT_RECORDED_AFTER_US } else { after_us };
                let before: BTreeMap<AlarmId, Group> = groups.all();
                for change in groups.step(now, troubles.get(&kind).unwrap_or(&none), &room, after_us) {
                    let (Change::Raised(id) | Change::Changed(id) | Change::Cleared(id, _)) = change;
                    let group = groups.get(id).or_else(|| before.get(&id)).cloned();
                    told.push((kind, change, group));
                }
            }
        }
        for (kind, change, group) in told {
            match (change, group) {
                (Change::Raised(_), Some(group)) => self.raise_group(kind, group).await,
                (Change::Changed(id), Some(group)) => self.say(id, Unsaid::Cameras(group)).await,
                (Change::Cleared(id, at), group) => self.say(id, Unsaid::Over(group, at)).await,
                (Change::Raised(_) | Change::Changed(_), None) => {}
            }
        }
        let unsaid: Vec<(AlarmId, Unsaid)> =
            lock(&self.alarms.cameras.unsaid).iter().map(|(id, what)| (*id, what.clone())).collect();
        for (id, what) in unsaid {
            self.say(id, what).await;
        }
    }

    async fn raise_group(&self, kind: AlarmKind, group: Group) {
        let draft = AlarmDraft {
            id: group.id,
            kind: word(&kind),
            priority: word(&priority(kind)),
            camera: None,
            volume: None,
            subject: String::new(),
            detail: String::new(),
            topic: group.topic(),
        };
        self.raise_draft(kind, draft, group.raised, listed(&group), group.shared).await;
    }

    /// Says how an alarm is now; what the store does not take is said again at the next look.
    async fn say(&self, id: AlarmId, what: Unsaid) {
        let said = match &what {
            Unsaid::Cameras(group) => self.put_alarm_cameras(id, listed(group), group.shared.clone()).await,
            Unsaid::Over(group, at) => {
                let written = match group {
                    Some(group) => self.put_alarm_cameras(id, listed(group), group.shared.clone()).await,
                    None => true,
                };
                written && self.clear_alarm_at(id, *at).await
            }
        };
        let mut unsaid = lock(&self.alarms.cameras.unsaid);
        if said {
            unsaid.remove(&id);
        } else {
            unsaid.insert(id, what);
        }
    }

    /// Cameras that bring pictures, should be recorded, and are not in one of the streams that should be. Where no disk
    /// takes anything at all that is one alarm of its own.
    fn not_recorded(&self, troubles: &Troubles) -> BTreeMap<CameraId, Trouble> {
        if !self.can_record() {
            return BTreeMap::new();
        }
        let lost: HashSet<CameraId> = troubles.values().flat_map(|of_kind| of_kind.keys()).copied().collect();
        let mut found: BTreeMap<CameraId, Trouble> = BTreeMap::new();
        for recording in self.recordings().into_values() {
            let camera = recording.camera;
            let bad = matches!(recording.phase, RecordingPhase::Failing | RecordingPhase::Waiting);
            if !bad || lost.contains(&camera) {
                continue;
            }
            let Some(row) = self.camera_row(camera) else { continue };
            let Some(session) = self.ingest.state(base(&row)) else { continue };
            if session.phase != SessionPhase::Live {
                continue;
            }
            // A camera that has just come back is not recorded since then.
            let since = recording.since.max(session.since).max(self.started);
            let known = found.entry(camera).or_insert(Trouble { since, reason: None });
            known.since = known.since.min(since);
        }
        found
    }
}
