//! The figures of the bottom strip, every 2 s.

use crate::picture_file::free_bytes;
use crate::processes::{self, Used};
use crate::station::{Station, lock};
use easien_link::Event;
use easien_link::data::{CameraActivity, RoomStatus, WallReport};
use easien_model::{CameraId, SessionPhase, SessionState, SessionStats, StreamId, StreamKind};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;

/// How often.
const EVERY: Duration = Duration::from_secs(2);
/// A window that has not reported for so long is not counted.
const FRESH: Duration = Duration::from_secs(6);
/// So much of a look goes into a camera's activity: it is what moved in the last six seconds or so, not a single lorry.
const ACTIVITY_SHARE: f32 = 0.3;

/// What windows reported, and what was used at the last look.
#[derive(Default)]
pub struct Figures {
    windows: HashMap<String, (Instant, WallReport)>,
    last: Option<(Instant, HashMap<u32, Duration>)>,
    /// How much moves before each live camera, 0 to 1, over some seconds.
    activity: HashMap<CameraId, f32>,
}

impl Figures {
    /// A window reports what it painted.
    pub(crate) fn reported(&mut self, report: WallReport) {
        // A window has a name of at most 64 characters, but nothing bounds how many names are made up.
        if self.windows.len() < 64 || self.windows.contains_key(&report.window) {
            self.windows.insert(report.window.clone(), (Instant::now(), report));
        }
    }

    /// A window is gone.
    pub(crate) fn forget(&mut self, window: &str) {
        self.windows.remove(window);
    }

    /// What moves now goes into what moved before.
    fn note_activity(&mut self, now: &HashMap<CameraId, f32>) {
        self.activity.retain(|camera, _| now.contains_key(camera));
        for (camera, level) in now {
            let smooth = self.activity.entry(*camera).or_insert(*level);
            *smooth += (*level - *smooth) * ACTIVITY_SHARE;
        }
    }

    /// Median of the windows' medians, weighted by what they painted; pictures per second and tile.
    fn painted(&mut self) -> (Option<f32>, Option<f32>) {
        self.windows.retain(|_, (at, _)| at.elapsed() < FRESH);
        let reports = || self.windows.values().map(|(_, report)| report);
        let mut glass: Vec<(f32, f32)> =
            reports().filter_map(|report| Some((report.glass_ms_p50?, report.painted_fps))).collect();
        glass.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all: f32 = glass.iter().map(|(_, weight)| weight).sum();
        let mut seen = 0.0;
        let median = glass
            .iter()
            .find(|(_, weight)| {
                seen += weight;
                seen * 2.0 >= all
            })
            .map(|(ms, _)| *ms);
        let tiles: u32 = reports().map(|report| report.tiles).sum();
        let fps: f32 = reports().map(|report| report.painted_fps).sum();
        (median, (tiles > 0).then(|| fps / tiles as f32))
    }

    /// Cores used since the last look; absent at the first.
    fn cores(&mut self, now: Instant, used: &HashMap<u32, Used>) -> Option<f32> {
        let times: HashMap<u32, Duration> = used.iter().map(|(pid, used)| (*pid, used.cpu)).collect();
        let before = self.last.replace((now, times));
        let (then, before) = before?;
        let wall = now.duration_since(then).as_secs_f32();
        // A process that is new since then counts from its start: it has used all that in this time.
        let cpu: Duration = used
            .iter()
            .map(|(pid, used)| used.cpu.saturating_sub(before.get(pid).copied().unwrap_or_default()))
            .sum();
        (wall > 0.1).then(|| cpu.as_secs_f32() / wall)
    }
}

impl Station {
    /// Tells the figures every 2 s until the scope is stopped.
    pub(crate) async fn tell_status(self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let station = self.clone();
            // /proc and statvfs may block.
            if let Ok(status) = self.blocking(move || station.status()).await {
                self.health.status_is(&status);
                self.tell(Event::RoomStatus(status));
            }
        }
    }

    /// How much moves before each live camera.
    pub(crate) fn activity(&self) -> Vec<CameraActivity> {
        let figures = lock(&self.figures);
        let mut all: Vec<CameraActivity> = figures
            .activity
            .iter()
            .map(|(&camera, level)| {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100
                let level = (level.clamp(0.0, 1.0) * 100.0).round() as u8;
                CameraActivity { camera, level }
            })
            .collect();
        all.sort_by_key(|each| each.camera);
        all
    }

    fn live_of(&self, sessions: &[(StreamId, SessionState, SessionStats)]) -> HashSet<CameraId> {
        sessions
            .iter()
            .map(|(stream, state, _)| (stream, self.merged(*stream, state.clone()).state.phase))
            .filter(|(_, phase)| *phase == SessionPhase::Live)
            .map(|(stream, _)| stream.camera)
            .collect()
    }

    /// The cameras that are live.
    pub(crate) fn live_cameras(&self) -> HashSet<CameraId> {
        self.live_of(&self.ingest.sessions())
    }

    pub(crate) fn status(&self) -> RoomStatus {
        let workers = self.pictures.workers();
        let load = self.pictures.load();
        let mut used = HashMap::new();
        for pid in workers.iter().filter_map(|worker| worker.pid).chain([std::process::id()]) {
            if let Some(seen) = processes::used(pid) {
                used.insert(pid, seen);
            }
        }
        let sessions = self.ingest.sessions();
        let live = self.live_of(&sessions);
        let (recording, not_recording) = self.count_recordings();
        let moves = moves(&sessions, &live);
        let (cpu_core, glass_ms, painted_fps) = {
            let mut figures = lock(&self.figures);
            figures.note_activity(&moves);
            let cores = figures.cores(Instant::now(), &used);
            let (glass, fps) = figures.painted();
            (cores, glass, fps)
        };
        // Not within the expression below: the lock would be held until its end, where it is taken again.
        let cameras = lock(&self.cameras).len();
        RoomStatus {
            cameras: u32::try_from(cameras).unwrap_or(u32::MAX),
            live: u32::try_from(live.len()).unwrap_or(u32::MAX),
            recording,
            not_recording,
            storage_days: self.storage_days(),
            storage_free_bytes: self.storage_free_bytes(),
            cpu: cpu_core.map(|core| core / processes::cores()),
            cpu_core,
            rss_bytes: used.values().map(|used| used.rss_bytes).sum(),
            network_bps: sessions.iter().map(|(_, _, stats)| stats.bitrate_bps).sum(),
            disk_free_bytes: free_bytes(self.folder.root()).unwrap_or_default(),
            workers: u32::try_from(workers.iter().filter(|worker| worker.pid.is_some()).count())
                .unwrap_or(u32::MAX),
            glass_ms,
            painted_fps,
            pictures_core: load.used_core,
            pictures_budget_core: load.budget_core,
            pictures_level: u32::try_from(load.level).unwrap_or(u32::MAX),
        }
    }
}

/// The activity of the live cameras: the small stream speaks for the camera, as everywhere.
fn moves(
    sessions: &[(StreamId, SessionState, SessionStats)],
    live: &HashSet<CameraId>,
) -> HashMap<CameraId, f32> {
    let mut moves = HashMap::new();
    for (stream, state, stats) in sessions {
        if state.phase != SessionPhase::Live || !live.contains(&stream.camera) {
            continue;
        }
        let level = if stats.activity.is_finite() { stats.activity } else { 0.0 };
        if stream.which == StreamKind::Sub {
            moves.insert(stream.camera, level);
        } else {
            moves.entry(stream.camera).or_insert(level);
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(window: &str, tiles: u32, painted_fps: f32, glass: Option<f32>) -> WallReport {
        WallReport {
            window: window.into(),
            tiles,
            painted_fps,
            glass_ms_p50: glass,
            glass_ms_p95: None,
            pid: 1,
        }
    }

    #[test]
    fn painted_is_per_tile_and_the_median_weighted() {
        let mut figures = Figures::default();
        assert_eq!(figures.painted(), (None, None));
        figures.reported(report("main", 16, 240.0, Some(20.0)));
        figures.reported(report("wall-2", 4, 20.0, Some(90.0)));
        figures.reported(report("idle", 0, 0.0, None));
        assert_eq!(figures.painted(), (Some(20.0), Some(13.0)));
        figures.forget("main");
        assert_eq!(figures.painted(), (Some(90.0), Some(5.0)));
    }

    #[test]
    fn activity_is_smooth_speaks_by_the_sub_stream_and_forgets_the_lost() {
        let (a, b) = (CameraId::new(), CameraId::new());
        let session = |camera, which, activity| {
            let state =
                SessionState { phase: SessionPhase::Live, ..SessionState::idle(easien_model::UtcMicros(0)) };
            (StreamId { camera, which }, state, SessionStats { activity, ..SessionStats::default() })
        };
        let sessions = [
            session(a, StreamKind::Sub, 0.2),
            session(a, StreamKind::Main, 0.9),
            session(b, StreamKind::Main, 1.0),
        ];
        let both = moves(&sessions, &HashSet::from([a, b]));
        assert_eq!(both, HashMap::from([(a, 0.2), (b, 1.0)]));
        let mut figures = Figures::default();
        figures.note_activity(&both);
        figures.note_activity(&HashMap::from([(a, 1.0)]));
        assert_eq!(figures.activity.len(), 1, "the lost one is forgotten");
        assert!((figures.activity[&a] - 0.44).abs() < 0.001, "{:?}", figures.activity);
    }

    #[test]
    fn cores_are_counted_over_all_processes() {
        let mut figures = Figures::default();
        let start = Instant::now();
        let used = |ms: u64| Used { cpu: Duration::from_millis(ms), rss_bytes: 0 };
        assert_eq!(figures.cores(start, &HashMap::from([(1, used(100)), (2, used(500))])), None);
        let later = start + Duration::from_secs(2);
        // 2 is gone, 3 is its successor.
        let cores = figures.cores(later, &HashMap::from([(1, used(1100)), (3, used(600))])).unwrap();
        assert!((cores - 0.8).abs() < 0.001, "{cores}");
    }
}
