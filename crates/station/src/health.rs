//! Health: how the station and its cameras are and were. Measured every 10 s into memory (the last hour), averaged into
//! the store (days). Here belongs what is measured and how it is answered; alarms belong to `alarms`.

mod day;
mod flags;
mod history;

use crate::convert;
use crate::processes;
use crate::station::{Station, lock};
use easien_link::Caller;
use easien_link::data::{
    CameraHealth, CameraReport, History, HistoryQuery, HistorySpan, RoomStatus, StationHealth, WorkerHealth,
};
use easien_model::{CameraId, Problem, SessionPhase, UtcMicros};
use easien_store::{CameraEventRow, CameraMeasurementRow, CameraRow, MeasurementRow};
use flags::Passwords;
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;

const EVERY: Duration = Duration::from_secs(10);
/// An hour in memory.
const KEPT: usize = 360;
/// Looks that make a minute, and five.
const MINUTE: u32 = 6;
const FIVE_MINUTES: u32 = 30;
const HOUR: u32 = 360;
const DAY_US: i64 = 86_400 * 1_000_000;
/// How long the store keeps the figures of the station, and of cameras.
const STATION_KEPT_US: i64 = 30 * DAY_US;
const CAMERAS_KEPT_US: i64 = 8 * DAY_US;
const LOSSES_LISTED: u32 = 200;
/// Of all cameras, for their shares; a room that flaps more than that is told too well.
const LOSSES_MOST: u32 = 100_000;

/// A camera at one look.
#[derive(Clone, Copy, Debug)]
struct CameraSample {
    at: UtcMicros,
    /// `None`: no pictures.
    figures: Option<CameraFigures>,
}

#[derive(Clone, Copy, Debug)]
struct CameraFigures {
    fps: f32,
    bitrate_bps: u64,
    loss: f32,
}

/// What is remembered.
#[derive(Default)]
pub struct Measured(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    status: RoomStatus,
    station: VecDeque<MeasurementRow>,
    cameras: HashMap<CameraId, VecDeque<CameraSample>>,
    /// CPU time of each worker's process at the last look, and cores used before it.
    workers: HashMap<u32, (Duration, Option<f32>)>,
    written: Option<(Instant, u64)>,
    disk_write_bps: Option<u64>,
    looked: Option<Instant>,
    passwords: Passwords,
}

impl Measured {
    /// The figures of the bottom strip were made.
    pub(crate) fn status_is(&self, status: &RoomStatus) {
        lock(&self.0).status = status.clone();
    }
}

fn push<T>(queue: &mut VecDeque<T>, value: T) {
    if queue.len() == KEPT {
        queue.pop_front();
    }
    queue.push_back(value);
}

impl Station {
    /// Measures until the scope is stopped.
    pub(crate) async fn measure(self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first look at once has nothing to compare with.
        ticks.tick().await;
        let mut looks: u32 = 0;
        loop {
            ticks.tick().await;
            looks = looks.wrapping_add(1);
            let station = self.clone();
            // /proc may block.
            if self.blocking(move || station.look_at_health()).await.is_err() {
                continue;
            }
            if looks.is_multiple_of(MINUTE) {
                self.write_measurements(looks).await;
            }
        }
    }

    fn look_at_health(&self) {
        let at = self.clock.utc_now();
        let now = Instant::now();
        let mut figures: HashMap<CameraId, CameraFigures> = HashMap::new();
        for (stream, state, stats) in self.ingest.sessions() {
            let session = self.merged(stream, state);
            if session.state.phase != SessionPhase::Live {
                continue;
            }
            let known =
                figures.entry(stream.camera).or_insert(CameraFigures { fps: 0.0, bitrate_bps: 0, loss: 0.0 });
            known.fps = known.fps.max(stats.fps);
            known.loss = known.loss.max(stats.loss);
            known.bitrate_bps += stats.bitrate_bps;
        }
        let ids: Vec<CameraId> = lock(&self.cameras).keys().copied().collect();
        let pids: Vec<u32> = self.pictures.workers().iter().filter_map(|worker| worker.pid).collect();
        let used: Vec<(u32, processes::Used)> =
            pids.into_iter().filter_map(|pid| Some((pid, processes::used(pid)?))).collect();
        let written = processes::written_bytes();
        let mut memory = lock(&self.health.0);
        let Memory { status, station, cameras, workers, written: before, disk_write_bps, looked, .. } =
            &mut *memory;
        let passed = looked.replace(now).map(|then| now.duration_since(then).as_secs_f32());
        let last = std::mem::take(workers);
        for (pid, used) in used {
            let core = match (last.get(&pid), passed) {
                (Some((cpu, _)), Some(passed)) if passed > 0.1 => {
                    Some(used.cpu.saturating_sub(*cpu).as_secs_f32() / passed)
                }
                _ => None,
            };
            workers.insert(pid, (used.cpu, core));
        }
        *disk_write_bps = match (written, *before) {
            (Some(bytes), Some((then, known))) => {
                let seconds = now.duration_since(then).as_secs_f64();
                (seconds > 0.1).then(|| (bytes.saturating_sub(known) as f64 * 8.0 / seconds) as u64)
            }
            _ => None,
        };
        *before = written.map(|bytes| (now, bytes));
        let row = MeasurementRow {
            at,
            cpu: status.cpu.map(f64::from),
            memory_bytes: status.rss_bytes,
            network_bps: status.network_bps,
            disk_write_bps: *disk_write_bps,
            glass_ms: status.glass_ms.map(f64::from),
            painted_fps: status.painted_fps.map(f64::from),
            live: status.live,
            recording: status.recording,
        };
        push(station, row);
        cameras.retain(|id, _| ids.contains(id));
        for id in ids {
            push(cameras.entry(id).or_default(), CameraSample { at, figures: figures.get(&id).copied() });
        }
    }

    async fn write_measurements(&self, looks: u32) {
        let (row, cameras) = {
            let memory = lock(&self.health.0);
            let Some(row) = history::average(memory.station.iter().rev().take(MINUTE as usize)) else {
                return;
            };
            let mut cameras = Vec::new();
            if looks.is_multiple_of(FIVE_MINUTES) {
                for (id, samples) in &memory.cameras {
                    cameras.extend(average_camera(*id, samples.iter().rev().take(FIVE_MINUTES as usize)));
                }
            }
            (row, cameras)
        };
        let prune = looks % HOUR == MINUTE;
        let written = self
            .store(move |store| {
                store.put_measurements(&row, &cameras)?;
                if prune {
                    let before = |us: i64| UtcMicros(row.at.0 - us);
                    store.prune_measurements(before(STATION_KEPT_US), before(CAMERAS_KEPT_US))?;
                }
                Ok(())
            })
            .await;
        if let Err(problem) = written {
            tracing::debug!(%problem, "measurements were not written");
        }
    }

    pub(crate) async fn station_health(&self, caller: &Caller) -> Result<StationHealth, Problem> {
        let (station, sight) = (self.clone(), caller.sight.clone());
        self.blocking(move || {
            let health = station.station_health_now();
            StationHealth { status: station.status_within(&sight, health.status), ..health }
        })
        .await
    }

    fn station_health_now(&self) -> StationHealth {
        let streams = self.pictures.streams();
        let memory = lock(&self.health.0);
        let workers = self.pictures.workers().into_iter().enumerate().map(|(index, worker)| WorkerHealth {
            pid: worker.pid,
            restarts: worker.restarts,
            dropped: worker.dropped,
            cpu_core: worker.pid.and_then(|pid| memory.workers.get(&pid)?.1),
            rss_bytes: worker.pid.and_then(processes::used).map_or(0, |used| used.rss_bytes),
            streams: u32::try_from(streams.iter().filter(|info| info.worker == index).count()).unwrap_or(0),
        });
        StationHealth {
            started: self.started,
            status: memory.status.clone(),
            cores: processes::cores(),
            memory_bytes: processes::memory_bytes().unwrap_or(0),
            disk_write_bps: memory.disk_write_bps,
            workers: workers.collect(),
            clock_synchronised: clock_synchronised(),
            now: self.clock.utc_now(),
        }
    }

    pub(crate) async fn cameras_health(&self) -> Result<Vec<CameraHealth>, Problem> {
        let rows: Vec<CameraRow> = lock(&self.cameras).values().cloned().collect();
        self.health_of(rows).await
    }

    async fn health_of(&self, rows: Vec<CameraRow>) -> Result<Vec<CameraHealth>, Problem> {
        let now = self.clock.utc_now();
        let week = UtcMicros(now.0 - 7 * DAY_US);
        let only = if let [row] = rows.as_slice() { Some(row.id) } else { None };
        let losses = self.store(move |store| store.camera_losses(only, week, LOSSES_MOST)).await?;
        let mut of: HashMap<CameraId, Vec<CameraEventRow>> = HashMap::new();
        for loss in losses {
            of.entry(loss.camera).or_default().push(loss);
        }
        let station = self.clone();
        self.blocking(move || {
            rows.iter()
                .map(|row| {
                    let losses = of.get(&row.id).map_or(&[] as &[_], Vec::as_slice);
                    let (up_day, losses_day) = up(losses, row.created, now, DAY_US);
                    let (up_week, losses_week) = up(losses, row.created, now, 7 * DAY_US);
                    let flags = station.flags_of(row);
                    CameraHealth { camera: row.id, up_day, up_week, losses_day, losses_week, flags }
                })
                .collect()
        })
        .await
    }

    pub(crate) async fn camera_report(&self, id: CameraId) -> Result<CameraReport, Problem> {
        let row = self.need_camera(id)?;
        let week = UtcMicros(self.clock.utc_now().0 - 7 * DAY_US);
        let losses = self.store(move |store| store.camera_losses(Some(id), week, LOSSES_LISTED)).await?;
        let health = self.health_of(vec![row]).await?.pop();
        let Some(health) = health else { return Err(self.need_camera(id).err().unwrap_or_else(gone)) };
        Ok(CameraReport {
            health,
            sessions: self.sessions_of(id),
            losses: losses.iter().map(convert::camera_event).collect(),
        })
    }

    pub(crate) async fn history(&self, query: HistoryQuery) -> Result<History, Problem> {
        let to = self.clock.utc_now();
        let (length_us, bucket_us) = match query.span {
            HistorySpan::Hour => (3_600_000_000, 10_000_000),
            HistorySpan::Day => (DAY_US, 120_000_000),
            HistorySpan::Week => (7 * DAY_US, 600_000_000),
        };
        let from = UtcMicros(to.0 - length_us);
        let Some(camera) = query.camera else {
            let rows = if query.span == HistorySpan::Hour {
                lock(&self.health.0).station.iter().copied().filter(|row| row.at >= from).collect()
            } else {
                self.store(move |store| store.measurements(from, UtcMicros(i64::MAX))).await?
            };
            return Ok(history::of_station(&rows, from, to, bucket_us));
        };
        self.need_camera(camera)?;
        let rows: Vec<CameraMeasurementRow> = if query.span == HistorySpan::Hour {
            let memory = lock(&self.health.0);
            let samples = memory.cameras.get(&camera).into_iter().flatten();
            samples
                .filter(|sample| sample.at >= from)
                .filter_map(|sample| average_camera(camera, std::iter::once(sample)))
                .collect()
        } else {
            self.store(move |store| store.camera_measurements(camera, from, UtcMicros(i64::MAX))).await?
        };
        // Of cameras there is one each five minutes.
        let bucket_us = if query.span == HistorySpan::Day { 300_000_000 } else { bucket_us };
        Ok(history::of_camera(&rows, from, to, bucket_us))
    }
}

fn gone() -> Problem {
    Problem::new(easien_model::Code::NotFound, easien_link::problems::CAMERA_NOT_FOUND)
}

/// Share of the time since `created` or so long ago without a loss, and how many losses began in it.
fn up(losses: &[CameraEventRow], created: UtcMicros, now: UtcMicros, length_us: i64) -> (f32, u32) {
    let from = UtcMicros(now.0 - length_us).max(created);
    let whole = (now - from).max(1);
    let down: i64 =
        losses.iter().map(|loss| (loss.back.unwrap_or(now).min(now) - loss.lost.max(from)).max(0)).sum();
    let begun = losses.iter().filter(|loss| loss.lost >= from).count();
    ((1.0 - down as f64 / whole as f64).clamp(0.0, 1.0) as f32, u32::try_from(begun).unwrap_or(u32::MAX))
}

fn average_camera<'a>(
    camera: CameraId,
    samples: impl Iterator<Item = &'a CameraSample>,
) -> Option<CameraMeasurementRow> {
    let (mut all, mut live, mut at) = (0_u32, 0_u32, None);
    let (mut fps, mut bitrate, mut loss) = (0.0, 0.0, 0.0_f64);
    for sample in samples {
        all += 1;
        at = at.max(Some(sample.at));
        if let Some(figures) = sample.figures {
            live += 1;
            fps += f64::from(figures.fps);
            bitrate += figures.bitrate_bps as f64;
            loss += f64::from(figures.loss);
        }
    }
    let some = |sum: f64| (live > 0).then(|| sum / f64::from(live));
    Some(CameraMeasurementRow {
        camera,
        at: at?,
        up: f64::from(live) / f64::from(all),
        fps: some(fps),
        bitrate_bps: some(bitrate).map(|value| value as u64),
        loss: some(loss),
    })
}

/// What systemd's own time client says; `None` where there is another one, or none.
fn clock_synchronised() -> Option<bool> {
    let folder = Path::new("/run/systemd/timesync");
    folder.is_dir().then(|| folder.join("synchronized").exists())
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::LossReason;
    use uuid::Uuid;

    fn loss(lost: i64, back: Option<i64>) -> CameraEventRow {
        CameraEventRow {
            id: Uuid::now_v7(),
            camera: CameraId::new(),
            lost: UtcMicros(lost * 1_000_000),
            back: back.map(|at| UtcMicros(at * 1_000_000)),
            reason: LossReason::Closed,
        }
    }

    #[test]
    fn up_is_the_time_without_losses() {
        let now = UtcMicros(200_000_000_000);
        let hour = 3600;
        assert_eq!(up(&[], UtcMicros(0), now, DAY_US), (1.0, 0));
        // Two hours in the middle, one that began before the day, one that goes on.
        let losses = [
            loss(150_000, Some(150_000 + 2 * hour)),
            loss(100_000, Some(200_000 - 86_400 + hour)),
            loss(200_000 - hour, None),
        ];
        let (share, begun) = up(&losses, UtcMicros(0), now, DAY_US);
        assert!((share - 20.0 / 24.0).abs() < 1e-4, "{share}");
        assert_eq!(begun, 2);
        // Added an hour ago, and lost since then.
        assert_eq!(up(&losses[2..], UtcMicros((200_000 - hour) * 1_000_000), now, DAY_US), (0.0, 1));
    }

    #[test]
    fn a_camera_is_averaged_over_the_time_that_it_was_there() {
        let at = |at: i64, figures| CameraSample { at: UtcMicros(at), figures };
        let some = |fps| Some(CameraFigures { fps, bitrate_bps: 1000, loss: 0.1 });
        let samples = [at(1, some(10.0)), at(2, None), at(3, some(20.0)), at(4, None)];
        let row = average_camera(CameraId::new(), samples.iter()).unwrap();
        assert_eq!((row.at, row.up, row.fps, row.bitrate_bps), (UtcMicros(4), 0.5, Some(15.0), Some(1000)));
        let none = average_camera(CameraId::new(), [at(1, None)].iter()).unwrap();
        assert_eq!((none.up, none.fps), (0.0, None));
        assert!(average_camera(CameraId::new(), [].iter()).is_none());
    }
}
