//! Alarms: states that want a person. A state that lasts (a disk gone) is looked at again and again, so that its alarm
//! is raised once, survives a restart, and clears by itself when it is over; a happening (the clock was set) is over at
//! once and waits for somebody to take note of it. Here: what the archive says. `keep` raises, clears, lists; `kinds` has
//! what each kind weighs; `cameras` and `programs` watch the rest.

mod cameras;
mod groups;
mod keep;
mod kinds;
mod programs;
mod shared;

pub use keep::Alarms;

use crate::convert;
use crate::station::Station;
use easien_archive::{ArchiveEvent, VolumeState, VolumeStatus};
use easien_link::Event;
use easien_link::data::AlarmKind;
use easien_model::{AlarmId, GapCause, VolumeId};
use keep::{About, Said};
use kinds::{about_archive, lasts};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use tokio::time::MissedTickBehavior;

/// How often the lasting states are looked at, beside what the archive tells.
const LOOK: Duration = Duration::from_secs(1);
/// So long after the last thrown away sample the disks are fast enough again.
const OVERLOAD_OVER: Duration = Duration::from_secs(60);
/// A volume that is missing right after the start may only be mounted later than the station is started.
const MISSING_AFTER: Duration = Duration::from_secs(3);

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

/// With no other volume left, those that failed are tried again so often: what can be recorded is recorded. What failed
/// stays set aside, and the alarm stays.
const RESORT_EVERY: Duration = Duration::from_secs(10);
/// So long after the last such try without a failure a volume is believed again.
const RESORT_OVER: Duration = Duration::from_secs(300);

/// What a volume's state says.
fn of_volume(status: &VolumeStatus, only_held: bool) -> Option<AlarmKind> {
    Some(match status.state {
        VolumeState::Degraded | VolumeState::ReadOnly => AlarmKind::VolumeFailed,
        VolumeState::Missing => AlarmKind::VolumeMissing,
        VolumeState::Foreign => AlarmKind::VolumeForeign,
        VolumeState::Full => AlarmKind::VolumeFull,
        VolumeState::Ready if only_held => AlarmKind::VolumeFull,
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
        if let Some(kind) = of_volume(status, only_held.contains(&id)) {
            let said = Said { subject: status.config.name.clone(), detail: status.detail.clone() };
            states.insert(About { kind, volume: Some(id) }, said);
        }
    }
    if !volumes.iter().any(|status| status.state == VolumeState::Ready) {
        let said = Said { subject: String::new(), detail: String::new() };
        states.insert(About { kind: AlarmKind::NoVolume, volume: None }, said);
    }
    if let Some(count) = overloaded {
        let said = Said { subject: count.to_string(), detail: String::new() };
        states.insert(About { kind: AlarmKind::RecordingOverload, volume: None }, said);
    }
    states
}

impl Station {
    /// Watches the archive until the scope is stopped.
    pub(crate) async fn watch_archive(self, mut events: broadcast::Receiver<ArchiveEvent>) {
        let mut watched = Watched::default();
        match self.store(|store| store.alarms_standing()).await {
            Ok(rows) => {
                for alarm in rows.into_iter().map(convert::alarm).filter(|alarm| about_archive(alarm.kind)) {
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
                let said = Said { subject: seconds, detail: String::new() };
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
        if self.retention.is_refused() || self.owed.count() > 0 {
            let said = Said { subject: String::new(), detail: String::new() };
            states.insert(About { kind: AlarmKind::AuditFailing, volume: None }, said);
        }
        let away: Vec<String> = self
            .list_checkpoint_folders()
            .into_iter()
            .filter(|folder| folder.late)
            .map(|folder| folder.path)
            .collect();
        if !away.is_empty() {
            let said = Said { subject: away.join(", "), detail: String::new() };
            states.insert(About { kind: AlarmKind::CheckpointAway, volume: None }, said);
        }
        watched.resorted.retain(|_, (at, _)| at.elapsed() < RESORT_OVER);
        for status in &volumes {
            if let Some((_, detail)) = watched.resorted.get(&status.config.id) {
                let about = About { kind: AlarmKind::VolumeFailed, volume: Some(status.config.id) };
                states
                    .entry(about)
                    .or_insert_with(|| Said { subject: status.config.name.clone(), detail: detail.clone() });
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
            let said = Said { subject: count.to_string(), detail };
            self.raise_alarm(About { kind: AlarmKind::FilesDamaged, volume: Some(volume) }, said).await;
        }
    }

    /// Somebody opened the sealed envelope.
    pub(crate) async fn seal_was_opened(&self, who: &str, reason: &str) {
        let said = Said { subject: who.to_owned(), detail: reason.to_owned() };
        self.happened(About { kind: AlarmKind::SealOpened, volume: None }, said).await;
    }

    /// The index of recordings was made anew from the files.
    pub(crate) async fn index_was_rebuilt(&self, segments: u64, detail: String) {
        let said = Said { subject: segments.to_string(), detail };
        self.happened(About { kind: AlarmKind::IndexRebuilt, volume: None }, said).await;
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
