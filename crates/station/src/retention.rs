//! Retention: every minute, and at once when a disk runs short, what is older than wished goes, oldest first, and what a
//! hold protects stays. What goes stands in the audit before it goes: where the audit cannot be written nothing is deleted,
//! unless there were no disk left to record to (ADR 0016).

use crate::station::{Station, lock};
use crate::volumes::STATION;
use easien_archive::retain::{SweepVolume, sweep};
use easien_archive::{Planned, Policy, SegmentIndex, Swept, VolumeState, VolumeStatus};
use easien_model::{CameraId, Code, Problem, UtcMicros, VolumeId};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How often.
pub(crate) const EVERY: Duration = Duration::from_secs(60);
/// How often the disks are looked at between sweeps.
const LOOK: Duration = Duration::from_secs(2);
/// Sweeps for want of room do not follow each other faster.
const PAUSE: Duration = Duration::from_secs(5);
/// How long somebody who protects footage waits for a running sweep.
const WAIT: Duration = Duration::from_secs(10);
/// A day.
const DAY: Duration = Duration::from_secs(86_400);
/// A clock that leapt forward by so much makes recordings look old that are not: for a day nothing goes for its age.
const LEAP_US: i64 = 3_600_000_000;

/// What retention remembers.
#[derive(Default)]
pub struct Retention {
    wanted: Notify,
    /// Held by a running sweep, from the moment at which it asked what is held.
    sweeping: tokio::sync::Mutex<()>,
    /// Volumes on which room cannot be made without deleting what is held.
    only_held: Mutex<HashSet<VolumeId>>,
    /// The audit refused a deletion.
    refused: AtomicBool,
    /// The clock leapt; until then its word on how old things are is not taken.
    doubt_until: Mutex<Option<Instant>>,
}

impl Retention {
    /// Something changed that may make a sweep worthwhile: a quota, a disk, a hold.
    pub(crate) fn look(&self) {
        self.wanted.notify_one();
    }

    /// Room cannot be made there without deleting what is held.
    pub(crate) fn only_held(&self) -> HashSet<VolumeId> {
        lock(&self.only_held).clone()
    }

    /// What is due stays because the audit cannot be written.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// No sweep runs while the answer is kept: what is protected meanwhile is known to the next one. A sweep that takes
    /// very long is not waited for to its end.
    pub(crate) async fn pause(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        tokio::time::timeout(WAIT, self.sweeping.lock()).await.ok()
    }

    /// The station's clock was set.
    pub(crate) fn clock_stepped(&self, step_us: i64) {
        if step_us >= LEAP_US {
            *lock(&self.doubt_until) = Some(Instant::now() + DAY);
        }
    }

    fn in_doubt(&self) -> bool {
        lock(&self.doubt_until).is_some_and(|until| Instant::now() < until)
    }
}

/// What is left free beyond what was asked for, so that a disk is never full between two sweeps: what is written in the
/// meantime, but never more than a small part.
fn margin(status: &VolumeStatus, bytes_per_s: u64) -> u64 {
    let written = bytes_per_s.saturating_mul(2 * EVERY.as_secs());
    let room = status.config.quota_bytes.unwrap_or(status.total_bytes);
    written.min(room / 50)
}

/// A volume as the sweep shall see it: files that are open count, though they are in no sum yet.
fn target(status: &VolumeStatus, root: std::path::PathBuf, closed_bytes: u64, margin: u64) -> SweepVolume {
    let open = status.used_bytes.saturating_sub(closed_bytes);
    SweepVolume {
        id: status.config.id,
        root,
        quota_bytes: status.config.quota_bytes.map(|quota| quota.saturating_sub(open.saturating_add(margin))),
        reserve_bytes: status.config.reserve_bytes.saturating_add(margin),
        make_room: matches!(status.state, VolumeState::Ready | VolumeState::Full),
    }
}

/// Whether a volume has reached what it may take.
fn is_short(status: &VolumeStatus) -> bool {
    match status.state {
        VolumeState::Full => true,
        VolumeState::Ready => {
            let config = &status.config;
            status.free_bytes < config.reserve_bytes
                || config.quota_bytes.is_some_and(|quota| status.used_bytes > quota)
        }
        _ => false,
    }
}

/// For the audit: per stream from when to when, and why.
fn told(planned: &Planned) -> Value {
    let list: Vec<Value> = planned
        .streams
        .iter()
        .map(|(stream, one)| {
            json!({
                "camera": stream.camera, "stream": stream.which, "from": one.from, "to": one.to,
                "segments": one.segments, "bytes": one.bytes,
            })
        })
        .collect();
    let why = if planned.room_on.is_some() { "for_room" } else { "too_old" };
    json!({ "segments": planned.segments(), "bytes": planned.bytes(), "volume": planned.room_on, why: list })
}

/// Whether there would be no disk left to record to if nothing went on this one.
fn is_last(volume: VolumeId, volumes: &[VolumeStatus]) -> bool {
    let is_full = |status: &VolumeStatus| status.config.id == volume && status.state == VolumeState::Full;
    volumes.iter().any(is_full) && !volumes.iter().any(|status| status.state == VolumeState::Ready)
}

impl Station {
    /// Sweeps until the scope is stopped.
    pub(crate) async fn tend_retention(self) {
        let mut due = Instant::now();
        // A disk that stays short is swept again, but not without a pause, and a longer one where nothing may go.
        let mut short_due = due;
        loop {
            let now = Instant::now();
            if now >= due || (now >= short_due && self.archive.volumes().iter().any(is_short)) {
                let deleted = self.sweep_once().await;
                due = Instant::now() + EVERY;
                short_due = Instant::now() + if deleted { PAUSE } else { PAUSE * 4 };
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.retention.wanted.notified() => due = Instant::now(),
            }
        }
    }

    /// Sweeps; whether anything was deleted.
    async fn sweep_once(&self) -> bool {
        let _sweeping = self.retention.sweeping.lock().await;
        let policy = match self.policy().await {
            Ok(policy) => policy,
            Err(problem) => {
                // Without knowing what is held nothing is deleted.
                tracing::error!(%problem, "what is held is not known: nothing is deleted");
                return false;
            }
        };
        let station = self.clone();
        let swept = self.blocking(move || {
            let rate: u64 = station.archive.streams().iter().map(|status| status.bitrate_bps / 8).sum();
            let mut volumes = Vec::new();
            let mut margins = HashMap::new();
            for status in station.archive.volumes() {
                let id = status.config.id;
                if matches!(status.state, VolumeState::ReadOnly | VolumeState::Degraded) {
                    continue;
                }
                let Some(root) = station.archive.root(id) else { continue };
                let margin = margin(&status, rate);
                let closed = SegmentIndex::used_bytes(&station.index, id)?;
                margins.insert(id, margin);
                volumes.push(target(&status, root, closed, margin));
            }
            let mut planned = 0;
            let swept = sweep(&station.index, &volumes, &policy, &mut |plan| {
                let permitted = station.may_delete(plan);
                planned += if permitted { plan.segments() } else { 0 };
                permitted
            })?;
            station.folder.make_ballast();
            Ok::<_, easien_archive::ArchiveError>((swept, planned, margins))
        });
        match swept.await {
            Ok(Ok((swept, planned, margins))) => {
                let held = swept
                    .short
                    .iter()
                    .filter(|short| {
                        short.held_bytes > 0
                            && short.needed_bytes > margins.get(&short.volume).copied().unwrap_or(0)
                    })
                    .map(|short| short.volume)
                    .collect();
                *lock(&self.retention.only_held) = held;
                self.retention.refused.store(swept.refused > 0, Ordering::Relaxed);
                self.swept(&swept, planned).await;
                swept.segments() > 0
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "recordings that are due were not deleted");
                false
            }
            Err(_) => false,
        }
    }

    /// What is kept how long, and what is held.
    async fn policy(&self) -> Result<Policy, Problem> {
        let days = |days: u32| DAY.saturating_mul(days);
        let mut held: Vec<(CameraId, UtcMicros, UtcMicros)> = self
            .store(|store| store.held())
            .await?
            .into_iter()
            .map(|span| (span.camera, span.start, span.end))
            .collect();
        held.extend(self.copies.reading());
        let now = self.clock.utc_now();
        if self.retention.in_doubt() {
            return Ok(Policy { keep: HashMap::new(), default_keep: None, held, now });
        }
        let keep = lock(&self.cameras)
            .iter()
            .filter_map(|(id, row)| Some((*id, days(row.record.keep_days?))))
            .collect();
        let default_keep = Some(days(lock(&self.settings).keep_days));
        Ok(Policy { keep, default_keep, held, now })
    }

    /// Writes down what is about to be deleted; without that nothing is. Blocking.
    fn may_delete(&self, planned: &Planned) -> bool {
        let detail = told(planned);
        let write = || self.store.add_audit(STATION, "recording.delete", "retention", &detail);
        let mut written = write();
        if matches!(&written, Err(error) if error.problem().code == Code::DiskFull)
            && self.folder.drop_ballast()
        {
            written = write();
        }
        let Err(error) = written else { return true };
        // Recording goes on whatever happens: where nothing else is left to record to, the oldest goes, and stands in the
        // audit as soon as that can be.
        if let Some(volume) = planned.room_on
            && is_last(volume, &self.archive.volumes())
        {
            tracing::error!(%error, segments = planned.segments(), "recordings go though the audit cannot be written yet");
            self.owe(STATION, "recording.delete", "retention", detail);
            return true;
        }
        tracing::error!(%error, segments = planned.segments(), "the audit cannot be written: recordings that are due stay");
        false
    }

    async fn swept(&self, swept: &Swept, planned: u64) {
        for (path, error) in &swept.failed {
            tracing::error!(path, error, "a file of recording could not be deleted");
        }
        let deleted = swept.segments();
        if deleted > 0 {
            tracing::info!(segments = deleted, bytes = swept.bytes(), "recordings were deleted");
        }
        if deleted >= planned {
            return;
        }
        // Files that would not go, or room that came by itself.
        let detail = json!({ "planned": planned, "segments": deleted, "bytes": swept.bytes(),
            "failed": swept.failed.iter().take(20).map(|(path, _)| path).collect::<Vec<_>>() });
        let kept = detail.clone();
        let written =
            self.store(move |store| store.add_audit(STATION, "recording.kept", "retention", &detail)).await;
        if let Err(problem) = written {
            tracing::error!(%problem, "that less was deleted is not in the audit yet");
            self.owe(STATION, "recording.kept", "retention", kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_archive::VolumeConfig;

    const GB: u64 = 1_000_000_000;

    fn status(quota: Option<u64>, reserve: u64, free: u64, used: u64) -> VolumeStatus {
        VolumeStatus {
            config: VolumeConfig {
                id: VolumeId::new(),
                name: "x".into(),
                path: "/x".into(),
                quota_bytes: quota,
                reserve_bytes: reserve,
                enabled: true,
                create: false,
            },
            state: VolumeState::Ready,
            since: UtcMicros(0),
            detail: String::new(),
            total_bytes: 1000 * GB,
            free_bytes: free,
            used_bytes: used,
            streams: 0,
        }
    }

    #[test]
    fn open_files_count_and_room_is_made_ahead() {
        // 103 GB on the disk, of them 6 still open.
        let status = status(Some(100 * GB), 5 * GB, 500 * GB, 103 * GB);
        let margin = margin(&status, 90_000_000);
        assert_eq!(margin, 2 * GB, "two minutes would be 10.8 GB: a fiftieth is the most");
        let seen = target(&status, "/x".into(), 97 * GB, margin);
        assert_eq!((seen.quota_bytes, seen.reserve_bytes), (Some(92 * GB), 7 * GB));
        assert!(seen.make_room);
    }

    #[test]
    fn short_is_what_has_reached_its_bounds() {
        assert!(!is_short(&status(Some(100 * GB), 5 * GB, 500 * GB, 100 * GB)));
        assert!(is_short(&status(Some(100 * GB), 5 * GB, 500 * GB, 101 * GB)));
        assert!(is_short(&status(None, 5 * GB, 4 * GB, 0)));
        let mut off = status(None, 5 * GB, 4 * GB, 0);
        off.state = VolumeState::Disabled;
        assert!(!is_short(&off));
    }

    #[test]
    fn the_last_disk_is_the_one_that_is_full_where_no_other_takes_anything() {
        let (mut full, other) = (status(None, 5 * GB, 0, 0), status(None, 5 * GB, 9 * GB, 0));
        full.state = VolumeState::Full;
        let id = full.config.id;
        assert!(is_last(id, std::slice::from_ref(&full)));
        assert!(!is_last(id, &[full.clone(), other.clone()]), "there is another one");
        let mut missing = other.clone();
        missing.state = VolumeState::Missing;
        assert!(is_last(id, &[full, missing]));
        assert!(
            !is_last(other.config.id, std::slice::from_ref(&other)),
            "it is over its quota, but takes more"
        );
    }

    #[test]
    fn a_leap_of_the_clock_makes_nothing_old() {
        let retention = Retention::default();
        retention.clock_stepped(-LEAP_US);
        assert!(!retention.in_doubt());
        retention.clock_stepped(LEAP_US);
        assert!(retention.in_doubt());
    }
}
