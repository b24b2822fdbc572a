//! Alarms: states that want a person. A state that lasts (a disk gone) is looked at again and again, so that its alarm
//! is raised once, survives a restart, and clears by itself when it is over; a happening (the clock was set) is over at
//! once and waits for somebody to take note of it.

use crate::convert;
use crate::station::{Station, lock};
use easien_archive::{ArchiveEvent, VolumeState, VolumeStatus};
use easien_link::data::{Alarm, AlarmKind, AlarmPriority, AlarmQuery, FeedItem};
use easien_link::{Caller, Event, problems};
use easien_model::{AlarmId, Code, GapCause, Problem, VolumeId};
use easien_store::{AlarmDraft, AlarmFilter};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use tokio::time::MissedTickBehavior;

/// How often the lasting states are looked at, beside what the archive tells.
const LOOK: Duration = Duration::from_secs(1);
/// So long after the last thrown away sample the disks are fast enough again.
const OVERLOAD_OVER: Duration = Duration::from_secs(60);
/// A volume that is missing right after the start may only be mounted later than the station is started.
const MISSING_AFTER: Duration = Duration::from_secs(3);

/// What an alarm is about: of each there is one standing at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct About {
    kind: AlarmKind,
    volume: Option<VolumeId>,
}

/// What an alarm says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    priority: AlarmPriority,
    subject: String,
    detail: String,
}

/// What is remembered between looks.
#[derive(Default)]
struct Watched {
    /// Standing alarms of lasting states, as stored.
    standing: HashMap<About, AlarmId>,
    /// Samples were thrown away last.
    overload: Option<(Instant, u64)>,
    overflows: u64,
    /// There was a disk that can be recorded to.
    can_record: Option<bool>,
    /// Failed volumes that were tried again because there was no other, when, and what had failed.
    resorted: HashMap<VolumeId, (Instant, String)>,
    /// Damaged files that no alarm tells of yet.
    damaged: BTreeMap<VolumeId, (u64, String)>,
}

/// Alarms that the store could not take: told and listed all the same, and written down as soon as it can.
#[derive(Default)]
pub struct Unwritten(Mutex<BTreeMap<AlarmId, (AlarmDraft, Alarm)>>);

/// More are not kept; the oldest go first.
const UNWRITTEN_MOST: usize = 200;

/// With no other volume left, those that failed are tried again so often: what can be recorded is recorded. What failed
/// stays set aside, and the alarm stays.
const RESORT_EVERY: Duration = Duration::from_secs(10);
/// So long after the last such try without a failure a volume is believed again.
const RESORT_OVER: Duration = Duration::from_secs(300);

/// Whether a kind lasts and clears by itself.
fn lasts(kind: AlarmKind) -> bool {
    match kind {
        AlarmKind::VolumeFailed
        | AlarmKind::VolumeMissing
        | AlarmKind::VolumeForeign
        | AlarmKind::VolumeFull
        | AlarmKind::NoVolume
        | AlarmKind::RecordingOverload => true,
        AlarmKind::ClockStepped | AlarmKind::FilesDamaged | AlarmKind::IndexRebuilt => false,
    }
}

/// What a volume's state says.
fn of_volume(status: &VolumeStatus, only_held: bool) -> Option<(AlarmKind, AlarmPriority)> {
    Some(match status.state {
        VolumeState::Degraded | VolumeState::ReadOnly => (AlarmKind::VolumeFailed, AlarmPriority::High),
        VolumeState::Missing => (AlarmKind::VolumeMissing, AlarmPriority::High),
        VolumeState::Foreign => (AlarmKind::VolumeForeign, AlarmPriority::High),
        VolumeState::Full => (AlarmKind::VolumeFull, AlarmPriority::High),
        VolumeState::Ready if only_held => (AlarmKind::VolumeFull, AlarmPriority::High),
        VolumeState::Ready | VolumeState::Disabled => return None,
    })
}

/// The lasting states that there are now.
fn states(
    volumes: &[VolumeStatus],
    only_held: &HashSet<VolumeId>,
    overloaded: Option<u64>,
) -> HashMap<About, Said> {
    let mut states = HashMap::new();
    for status in volumes {
        let id = status.config.id;
        if let Some((kind, priority)) = of_volume(status, only_held.contains(&id)) {
            let said = Said { priority, subject: status.config.name.clone(), detail: status.detail.clone() };
            states.insert(About { kind, volume: Some(id) }, said);
        }
    }
    if !volumes.iter().any(|status| status.state == VolumeState::Ready) {
        let said = Said { priority: AlarmPriority::Critical, subject: String::new(), detail: String::new() };
        states.insert(About { kind: AlarmKind::NoVolume, volume: None }, said);
    }
    if let Some(count) = overloaded {
        let said =
            Said { priority: AlarmPriority::Critical, subject: count.to_string(), detail: String::new() };
        states.insert(About { kind: AlarmKind::RecordingOverload, volume: None }, said);
    }
    states
}

/// A word of the wire, as it is stored.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

impl Station {
    /// Watches the archive until the scope is stopped.
    pub(crate) async fn watch_archive(self, mut events: broadcast::Receiver<ArchiveEvent>) {
        let mut watched = Watched::default();
        match self.store(|store| store.alarms_standing()).await {
            Ok(rows) => {
                for alarm in rows.into_iter().map(convert::alarm) {
                    watched.standing.insert(About { kind: alarm.kind, volume: alarm.volume }, alarm.id);
                }
            }
            Err(problem) => tracing::error!(%problem, "the alarms of last time are not known"),
        }
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => {
                        // What came together is told together.
                        let mut changed = Vec::new();
                        let mut next = Some(event);
                        while let Some(event) = next {
                            match event {
                                ArchiveEvent::RecordingChanged(status) => changed.push(status.stream),
                                other => self.heard_from_archive(other, &mut watched).await,
                            }
                            next = events.try_recv().ok();
                        }
                        self.tell_recordings(&changed);
                    }
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        // States are looked at below anyway; of damaged files the index knows.
                        tracing::warn!(missed, "news of the archive were missed");
                        self.tell_all_recordings();
                        self.tell_volumes();
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                _ = ticks.tick() => {
                    self.look_at_states(&mut watched, begun.elapsed() < MISSING_AFTER).await;
                    self.tell_damaged(&mut watched).await;
                    self.write_late_alarms().await;
                }
            }
        }
    }

    async fn heard_from_archive(&self, event: ArchiveEvent, watched: &mut Watched) {
        match event {
            ArchiveEvent::VolumeChanged(status) => {
                tracing::info!(name = status.config.name, state = ?status.state, detail = status.detail, "a volume");
                self.tell_volumes();
                self.retention.look();
                self.look_at_states(watched, false).await;
            }
            ArchiveEvent::RecordingChanged(status) => tracing::debug!(?status, "a stream's recording"),
            ArchiveEvent::ClockStepped { step_us, .. } => {
                tracing::warn!(step_us, "the station's clock was set");
                let seconds = format!("{:+.1}", step_us as f64 / 1e6);
                let said = Said { priority: AlarmPriority::Medium, subject: seconds, detail: String::new() };
                self.happened(About { kind: AlarmKind::ClockStepped, volume: None }, said).await;
                // What is due by the clock is due anew.
                self.recorders.look();
                self.retention.clock_stepped(step_us);
            }
            ArchiveEvent::FileDamaged { segment, stream, volume, path, detail } => {
                tracing::error!(%segment, %stream, path, detail, "a file of recording is damaged or gone");
                let known = watched.damaged.entry(volume).or_insert((0, format!("{path}: {detail}")));
                known.0 += 1;
            }
            // The sweep's own answer is looked at.
            ArchiveEvent::OnlyHeldLeft { volume } => tracing::warn!(%volume, "only what is held is left"),
            ArchiveEvent::Recovered { volume, segments, found, damaged } => {
                tracing::info!(%volume, segments, found, damaged, "what a crash left open was closed");
            }
            ArchiveEvent::Lost { stream, samples, cause } => {
                tracing::error!(%stream, samples, ?cause, "samples were thrown away");
                if cause == GapCause::Overload {
                    let count = watched.overload.map_or(0, |(_, count)| count) + samples;
                    watched.overload = Some((Instant::now(), count));
                    self.look_at_states(watched, false).await;
                }
            }
        }
    }

    /// Raises and clears the alarms of lasting states.
    async fn look_at_states(&self, watched: &mut Watched, starting: bool) {
        let overflows = self.recorders.overflows();
        if overflows > watched.overflows {
            let count = watched.overload.map_or(0, |(_, count)| count) + (overflows - watched.overflows);
            watched.overload = Some((Instant::now(), count));
            watched.overflows = overflows;
        }
        watched.overload = watched.overload.filter(|(at, _)| at.elapsed() < OVERLOAD_OVER);
        let volumes = self.archive.volumes();
        if starting && volumes.iter().any(|status| status.state == VolumeState::Missing) {
            return;
        }
        let can_record = volumes.iter().any(|status| status.state == VolumeState::Ready);
        if watched.can_record.replace(can_record).is_some_and(|before| before != can_record) {
            match self.get_room().await {
                Ok(room) => self.tell(Event::RoomChanged(room)),
                Err(problem) => tracing::error!(%problem, "the room is not told"),
            }
        }
        if !can_record {
            self.resort(watched, &volumes);
        }
        let mut states =
            states(&volumes, &self.retention.only_held(), watched.overload.map(|(_, count)| count));
        watched.resorted.retain(|_, (at, _)| at.elapsed() < RESORT_OVER);
        for status in &volumes {
            if let Some((_, detail)) = watched.resorted.get(&status.config.id) {
                let about = About { kind: AlarmKind::VolumeFailed, volume: Some(status.config.id) };
                states.entry(about).or_insert_with(|| Said {
                    priority: AlarmPriority::High,
                    subject: status.config.name.clone(),
                    detail: detail.clone(),
                });
            }
        }
        let over: Vec<(About, AlarmId)> = watched
            .standing
            .iter()
            .filter(|(about, _)| lasts(about.kind) && !states.contains_key(about))
            .map(|(about, id)| (*about, *id))
            .collect();
        for (about, id) in over {
            if self.clear_alarm(id).await {
                watched.standing.remove(&about);
            }
        }
        for (about, said) in states {
            if watched.standing.contains_key(&about) {
                continue;
            }
            let id = self.raise_alarm(about, said).await;
            watched.standing.insert(about, id);
        }
    }

    /// There is no volume to record to: those that failed are tried again.
    /// Not one that hangs, and not awaited: alarms wait for no disk.
    fn resort(&self, watched: &mut Watched, volumes: &[VolumeStatus]) {
        let hangs = |status: &VolumeStatus| status.detail.starts_with("a write has not returned");
        let failed: Vec<&VolumeStatus> =
            volumes.iter().filter(|status| status.state == VolumeState::Degraded && !hangs(status)).collect();
        let recently = |(at, _): &(Instant, String)| at.elapsed() < RESORT_EVERY;
        if failed.is_empty() || watched.resorted.values().any(recently) {
            return;
        }
        for status in failed {
            watched.resorted.insert(status.config.id, (Instant::now(), status.detail.clone()));
        }
        tracing::warn!("no volume is left; those that failed are tried again");
        let station = self.clone();
        self.background.spawn("failed volumes again", async move {
            // As they are set now: a person may be changing them.
            let _order = station.changes.lock().await;
            let archive = station.archive.clone();
            let tried = match station.store(crate::volumes::configs).await {
                Ok(configs) => station.blocking(move || archive.set_volumes(configs)).await,
                Err(problem) => Err(problem),
            };
            if let Err(problem) = tried {
                tracing::error!(%problem, "failed volumes are not tried again");
            }
        });
    }

    async fn tell_damaged(&self, watched: &mut Watched) {
        for (volume, (count, detail)) in std::mem::take(&mut watched.damaged) {
            let said = Said { priority: AlarmPriority::High, subject: count.to_string(), detail };
            self.raise_alarm(About { kind: AlarmKind::FilesDamaged, volume: Some(volume) }, said).await;
        }
    }

    /// The index of recordings was made anew from the files.
    pub(crate) async fn index_was_rebuilt(&self, segments: u64, detail: String) {
        let said = Said { priority: AlarmPriority::Low, subject: segments.to_string(), detail };
        self.happened(About { kind: AlarmKind::IndexRebuilt, volume: None }, said).await;
    }

    /// Something happened that is over already.
    async fn happened(&self, about: About, said: Said) {
        let id = self.raise_alarm(about, said).await;
        self.clear_alarm(id).await;
    }

    /// Writes an alarm down and tells it. When the store fails it is told nevertheless, and written down later.
    async fn raise_alarm(&self, about: About, said: Said) -> AlarmId {
        let draft = AlarmDraft {
            id: AlarmId::new(),
            kind: word(&about.kind),
            priority: word(&said.priority),
            camera: None,
            volume: about.volume,
            subject: said.subject.chars().take(200).collect(),
            detail: said.detail.chars().take(2000).collect(),
        };
        let now = self.clock.utc_now();
        let kept = draft.clone();
        let alarm = match self.store(move |store| store.raise_alarm(draft, now)).await {
            Ok(row) => convert::alarm(row),
            Err(problem) => {
                tracing::error!(%problem, ?about, "an alarm is not written down yet");
                let alarm = Alarm {
                    id: kept.id,
                    kind: about.kind,
                    priority: said.priority,
                    camera: None,
                    volume: about.volume,
                    subject: kept.subject.clone(),
                    detail: kept.detail.clone(),
                    raised: now,
                    cleared: None,
                    acknowledged: None,
                    acknowledged_by: None,
                };
                let mut unwritten = lock(&self.alarms.0);
                unwritten.insert(alarm.id, (kept, alarm.clone()));
                if unwritten.len() > UNWRITTEN_MOST {
                    unwritten.pop_first();
                }
                alarm
            }
        };
        tracing::warn!(kind = ?alarm.kind, subject = alarm.subject, detail = alarm.detail, "alarm");
        let id = alarm.id;
        self.tell_alarm(alarm);
        id
    }

    /// What the store could not take before.
    async fn write_late_alarms(&self) {
        let late: Vec<(AlarmDraft, Alarm)> = lock(&self.alarms.0).values().cloned().collect();
        for (draft, alarm) in late {
            let (id, raised, cleared) = (alarm.id, alarm.raised, alarm.cleared);
            let written = self
                .store(move |store| {
                    let row = store.raise_alarm(draft, raised)?;
                    cleared.map_or(Ok(()), |cleared| store.clear_alarm(row.alarm.id, cleared).map(drop))
                })
                .await;
            if written.is_err() {
                return;
            }
            let ended = lock(&self.alarms.0).remove(&id).and_then(|(_, alarm)| alarm.cleared);
            // It may have ended while it was being written.
            if cleared.is_none() && ended.is_some() {
                self.clear_alarm(id).await;
            }
        }
    }

    async fn clear_alarm(&self, id: AlarmId) -> bool {
        let now = self.clock.utc_now();
        let unwritten = lock(&self.alarms.0).get_mut(&id).map(|(_, alarm)| {
            alarm.cleared = Some(now);
            alarm.clone()
        });
        if let Some(alarm) = unwritten {
            self.tell_alarm(alarm);
            return true;
        }
        match self.store(move |store| store.clear_alarm(id, now)).await {
            Ok(row) => {
                self.tell_alarm(convert::alarm(row));
                true
            }
            Err(problem) => {
                tracing::error!(%problem, "the end of an alarm was not written down");
                false
            }
        }
    }

    fn tell_alarm(&self, alarm: Alarm) {
        self.tell(Event::AlarmChanged(alarm.clone()));
        self.tell(Event::FeedChanged(FeedItem::Alarm(alarm)));
    }

    pub(crate) async fn list_alarms(&self, query: AlarmQuery) -> Result<Vec<Alarm>, Problem> {
        if query.limit > 500 {
            return Err(Problem::new(Code::Invalid, problems::PAGE_LIMIT).field("limit"));
        }
        let filter = AlarmFilter {
            open: query.open,
            from: query.from,
            to: query.to,
            limit: if query.limit == 0 { 100 } else { query.limit },
        };
        let fits = |alarm: &Alarm| {
            (!query.open || alarm.cleared.is_none() || alarm.acknowledged.is_none())
                && query.from.is_none_or(|from| alarm.cleared.is_none_or(|cleared| cleared > from))
                && query.to.is_none_or(|to| alarm.raised < to)
        };
        let mut alarms: Vec<Alarm> =
            lock(&self.alarms.0).values().rev().map(|(_, alarm)| alarm.clone()).filter(fits).collect();
        let most = filter.limit as usize;
        match self.store(move |store| store.alarms(&filter)).await {
            Ok(rows) => alarms.extend(rows.into_iter().map(convert::alarm)),
            // What is known without the store is better than nothing.
            Err(problem) if alarms.is_empty() => return Err(problem),
            Err(problem) => tracing::error!(%problem, "the alarms in the store are not known"),
        }
        alarms.truncate(most);
        Ok(alarms)
    }

    pub(crate) async fn acknowledge_alarm(&self, caller: &Caller, id: AlarmId) -> Result<Alarm, Problem> {
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let row = self.store(move |store| store.acknowledge_alarm(&who, id)).await?;
        let mut alarm = convert::alarm(row);
        // A happening that stands until it is seen is over with that.
        if !lasts(alarm.kind) && alarm.cleared.is_none() {
            let now = self.clock.utc_now();
            let row = self.store(move |store| store.clear_alarm(id, now)).await?;
            alarm = convert::alarm(row);
        }
        self.tell_alarm(alarm.clone());
        Ok(alarm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_archive::VolumeConfig;
    use easien_model::UtcMicros;

    fn volume(state: VolumeState) -> VolumeStatus {
        VolumeStatus {
            config: VolumeConfig {
                id: VolumeId::new(),
                name: "Ổ 1".into(),
                path: "/x".into(),
                quota_bytes: None,
                reserve_bytes: 0,
                enabled: true,
                create: false,
            },
            state,
            since: UtcMicros(0),
            detail: "EIO".into(),
            total_bytes: 1,
            free_bytes: 1,
            used_bytes: 0,
            streams: 0,
        }
    }

    fn kinds(volumes: &[VolumeStatus]) -> Vec<AlarmKind> {
        let mut kinds: Vec<_> =
            states(volumes, &HashSet::new(), None).into_keys().map(|about| about.kind).collect();
        kinds.sort_by_key(|kind| format!("{kind:?}"));
        kinds
    }

    #[test]
    fn a_failed_disk_is_one_alarm_and_the_last_one_two() {
        assert_eq!(kinds(&[volume(VolumeState::Ready), volume(VolumeState::Disabled)]), []);
        assert_eq!(
            kinds(&[volume(VolumeState::Ready), volume(VolumeState::Degraded)]),
            [AlarmKind::VolumeFailed]
        );
        assert_eq!(kinds(&[volume(VolumeState::Missing)]), [AlarmKind::NoVolume, AlarmKind::VolumeMissing]);
        assert_eq!(kinds(&[]), [AlarmKind::NoVolume]);
    }

    #[test]
    fn what_is_held_alone_and_what_was_thrown_away_are_said() {
        let ready = volume(VolumeState::Ready);
        let held = HashSet::from([ready.config.id]);
        let states = states(std::slice::from_ref(&ready), &held, Some(7));
        assert_eq!(states.len(), 2);
        let full = About { kind: AlarmKind::VolumeFull, volume: Some(ready.config.id) };
        assert_eq!(states.get(&full).unwrap().subject, "Ổ 1");
        let overload = About { kind: AlarmKind::RecordingOverload, volume: None };
        assert_eq!(states.get(&overload).unwrap().subject, "7");
    }
}
