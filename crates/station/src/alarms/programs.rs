//! The alarms about the programs themselves: picture workers that end again and again, a computer that is too slow, a
//! station that ended without being asked to.

use super::keep::{About, Said, word};
use super::kinds::{PROGRAM_KINDS, priority};
use crate::convert;
use crate::station::{Station, lock};
use easien_link::data::AlarmKind;
use easien_model::{AlarmId, UtcMicros};
use easien_store::AlarmDraft;
use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};
use tokio::time::MissedTickBehavior;

/// How often the programs are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often the station says that it lives: so exactly the end of a killed one is known.
const BEAT: Duration = Duration::from_secs(5);
/// So many deaths of workers within so long are no accident.
const DEATHS: usize = 3;
const DEATHS_WITHIN: Duration = Duration::from_secs(300);

/// Pictures cost more than they may, in spite of all steps down, for so long: then it is said; and not any more for as
/// long, then it is over.
const OVERLOAD: Duration = Duration::from_secs(30);
/// So much above what they may cost is no accident of measuring.
const OVER_BUDGET: f32 = 1.1;

/// Whether something has been so for long enough, and then not for long enough.
#[derive(Debug, Default)]
struct Lasting {
    holds: bool,
    /// It is otherwise since then.
    turned: Option<Instant>,
}

impl Lasting {
    fn look(&mut self, so: bool, now: Instant, long: Duration) -> bool {
        if so == self.holds {
            self.turned = None;
        } else if now.duration_since(*self.turned.get_or_insert(now)) >= long {
            (self.holds, self.turned) = (so, None);
        }
        self.holds
    }
}

/// What is remembered of the programs.
#[derive(Default)]
pub struct Lives {
    /// When workers ended by themselves.
    deaths: Mutex<VecDeque<Instant>>,
}

impl Lives {
    /// A picture worker ended by itself.
    pub(crate) fn worker_died(&self) {
        let mut deaths = lock(&self.deaths);
        if deaths.len() == 64 {
            deaths.pop_front();
        }
        deaths.push_back(Instant::now());
    }

    /// Deaths of the last minutes.
    fn recent(&self) -> usize {
        let mut deaths = lock(&self.deaths);
        deaths.retain(|at| at.elapsed() < DEATHS_WITHIN);
        deaths.len()
    }
}

impl Station {
    /// Watches until the scope is stopped.
    pub(crate) async fn watch_programs(self) {
        let mut standing: HashMap<AlarmKind, AlarmId> = HashMap::new();
        match self.store(|store| store.alarms_standing()).await {
            Ok(rows) => {
                let alarms = rows.into_iter().map(convert::alarm);
                let of_programs = alarms.filter(|alarm| PROGRAM_KINDS.contains(&alarm.kind));
                standing.extend(of_programs.map(|alarm| (alarm.kind, alarm.id)));
            }
            Err(problem) => tracing::error!(%problem, "the alarms of last time are not known"),
        }
        self.tell_of_last_life().await;
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beat = Instant::now();
        let mut overload =
            Lasting { holds: standing.contains_key(&AlarmKind::Overloaded), ..Lasting::default() };
        loop {
            ticks.tick().await;
            if beat.elapsed() >= BEAT {
                beat = Instant::now();
                let station = self.clone();
                let _ = self.blocking(move || station.beat()).await;
            }
            let deaths = self.alarms.lives.recent();
            // Once raised it stands until there was none for as long.
            let failing =
                deaths >= DEATHS || (deaths > 0 && standing.contains_key(&AlarmKind::WorkersFailing));
            let said = failing.then(|| Said { subject: deaths.to_string(), detail: String::new() });
            self.settle(AlarmKind::WorkersFailing, said, &mut standing).await;
            let load = self.pictures.load();
            let over =
                load.level > 0 && load.used_core.is_some_and(|used| used > load.budget_core * OVER_BUDGET);
            let said = overload.look(over, Instant::now(), OVERLOAD).then(Said::default);
            self.settle(AlarmKind::Overloaded, said, &mut standing).await;
            if let Some(overdue) = self.backups.overdue() {
                let said = overdue.map(|days| Said { subject: days.to_string(), detail: String::new() });
                self.settle(AlarmKind::BackupOverdue, said, &mut standing).await;
            }
        }
    }

    async fn settle(&self, kind: AlarmKind, said: Option<Said>, standing: &mut HashMap<AlarmKind, AlarmId>) {
        match (said, standing.get(&kind).copied()) {
            (Some(said), None) => {
                let id = self.raise_alarm(About { kind, volume: None }, said).await;
                standing.insert(kind, id);
            }
            (None, Some(id)) if self.clear_alarm(id).await => {
                standing.remove(&kind);
            }
            _ => {}
        }
    }

    /// Present while the station runs; how old it is says when it was alive last.
    fn life_file(&self) -> PathBuf {
        self.folder.root().join("station.life")
    }

    /// The station ended in order: nothing is to be told of it.
    pub(crate) fn end_life(&self) {
        let _ = fs::remove_file(self.life_file());
    }

    fn beat(&self) {
        let file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(self.life_file());
        let written = file.and_then(|mut file| writeln!(file, "{}", std::process::id()));
        if let Err(error) = written {
            // The disk may be full; then the next end is dated too early.
            tracing::debug!(%error, "the sign of life was not written");
        }
    }

    /// A station that was killed, or a computer that lost its power, says so when it is back.
    async fn tell_of_last_life(&self) {
        let station = self.clone();
        let ended = self
            .blocking(move || {
                let modified = fs::metadata(station.life_file()).and_then(|file| file.modified()).ok();
                station.beat();
                modified
            })
            .await;
        let Ok(Some(ended)) = ended else { return };
        let since = ended.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let ended = UtcMicros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)).min(self.started);
        let seconds = (self.started - ended) / 1_000_000;
        tracing::warn!(seconds, "the last station on this folder ended without being asked to");
        let draft = AlarmDraft {
            id: AlarmId::new(),
            kind: word(&AlarmKind::StationCrashed),
            priority: word(&priority(AlarmKind::StationCrashed)),
            camera: None,
            volume: None,
            subject: seconds.to_string(),
            detail: String::new(),
            topic: String::new(),
        };
        let id = self.raise_draft(AlarmKind::StationCrashed, draft, ended, Vec::new(), None).await;
        self.clear_alarm_at(id, self.started).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_begins_late_and_ends_late() {
        let begin = Instant::now();
        let mut lasting = Lasting::default();
        let mut at = |second: u64, so| lasting.look(so, begin + Duration::from_secs(second), OVERLOAD);
        assert!(!at(0, true) && !at(29, true) && !at(30, false), "29 s are not long enough");
        assert!(!at(31, true) && !at(60, true) && at(61, true));
        assert!(at(62, false) && at(70, true) && at(71, false) && at(100, false));
        assert!(!at(101, false));
    }
}
