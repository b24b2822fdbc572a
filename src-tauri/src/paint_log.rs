//! What was painted when: written by the presenter on the main thread, read by the tasks that tell the page and the
//! station. Holds figures only, no pixels. The lock is held for a few writes at a time.

use easien_model::{CameraId, UtcMicros};
use easien_mosaic::Tier;
use serde::Serialize;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// Delays kept between two reports to the station; newer ones beyond it are not counted (64 tiles at 30 Hz for 2 s).
const DELAYS_MOST: usize = 4096;
/// The span that a tile's pictures per second are measured over.
const FPS_SPAN: Duration = Duration::from_secs(4);
/// Below this age a picture is simply fresh, and its age is no news: key frames come every two seconds or so.
const FRESH_MS: u64 = 2500;

/// What a tile shows, as the page is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TileReport {
    /// The tile's number in its window.
    pub tile: u32,
    /// The camera that the tile is for.
    pub camera: CameraId,
    /// Whether a picture of that camera stands there now.
    pub painted: bool,
    /// Age of that picture in milliseconds, since its arrival at the station; absent when none stands there, and for
    /// recorded ones.
    pub age_ms: Option<u64>,
    /// Pictures painted per second, over the last 4 s.
    pub fps: f32,
    /// How much of its stream was decoded for the picture; absent when none stands there.
    pub tier: Option<Tier>,
}

/// Figures over all tiles since they were last taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Tiles that may be painted.
    pub tiles: u32,
    /// Pictures painted per second, all tiles together.
    pub painted_fps: f32,
    /// Arrival to painting, median, in milliseconds.
    pub glass_ms_p50: Option<f32>,
    /// Arrival to painting, 95th percentile, in milliseconds.
    pub glass_ms_p95: Option<f32>,
}

#[derive(Debug, Default)]
struct Log {
    tiles: HashMap<u32, Tile>,
    delays_ms: Vec<f32>,
    painted: u32,
    since: Option<Instant>,
    /// Tiles that show key frames: up to which age their pictures are fresh, in milliseconds.
    fresh_ms: HashMap<u32, u64>,
    told: HashMap<u32, TileReport>,
}

#[derive(Debug)]
struct Tile {
    camera: CameraId,
    /// Its pictures are recorded ones: as old as a person wants them.
    archive: bool,
    arrived: Option<UtcMicros>,
    tier: Option<Tier>,
    painted_at: VecDeque<Instant>,
}

/// See the module.
#[derive(Debug)]
pub struct PaintLog {
    log: Mutex<Log>,
    news: Notify,
    visible: watch::Sender<bool>,
}

impl Default for PaintLog {
    fn default() -> Self {
        Self { log: Mutex::default(), news: Notify::new(), visible: watch::Sender::new(true) }
    }
}

impl PaintLog {
    fn lock(&self) -> MutexGuard<'_, Log> {
        // Nothing in here can be left half done by a panic elsewhere.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says which tiles there are, of which cameras, and whether they show recorded pictures. A tile that keeps its camera keeps its figures.
    pub fn place(&self, tiles: impl IntoIterator<Item = (u32, CameraId, bool)>) {
        let mut log = self.lock();
        let mut former = std::mem::take(&mut log.tiles);
        for (tile, camera, archive) in tiles {
            let kept = former.remove(&tile).filter(|kept| kept.camera == camera && kept.archive == archive);
            let new = || Tile { camera, archive, arrived: None, tier: None, painted_at: VecDeque::new() };
            log.tiles.insert(tile, kept.unwrap_or_else(new));
        }
        drop(log);
        self.news.notify_one();
    }

    /// Says which tiles show key frames only, and up to which age in milliseconds these are fresh. Their ages are told
    /// together, by [`PaintLog::oldest_ms`]; each by itself only when it is not fresh.
    pub fn fresh_up_to(&self, fresh_ms: HashMap<u32, u64>) {
        self.lock().fresh_ms = fresh_ms;
    }

    /// Age of the oldest picture of the tiles that show key frames; `None` without such tiles, or before they are painted.
    #[must_use]
    pub fn oldest_ms(&self, now: UtcMicros) -> Option<u64> {
        let log = self.lock();
        let ages = log.fresh_ms.keys().filter_map(|tile| log.tiles.get(tile)?.age_ms(now));
        ages.max()
    }

    /// A new picture of the tile was painted.
    pub fn painted(&self, tile: u32, (arrived, tier): (UtcMicros, Tier), now: UtcMicros) {
        let mut log = self.lock();
        let at = Instant::now();
        log.since.get_or_insert(at);
        log.painted += 1;
        let live = log.tiles.get(&tile).is_some_and(|tile| !tile.archive);
        if live && log.delays_ms.len() < DELAYS_MOST {
            log.delays_ms.push(now.since(arrived).as_secs_f32() * 1000.0);
        }
        let Some(tile) = log.tiles.get_mut(&tile) else { return };
        let first = tile.arrived.replace(arrived).is_none();
        tile.tier = Some(tier);
        tile.painted_at.push_back(at);
        while tile.painted_at.len() > 256 || tile.painted_at.front().is_some_and(|old| at - *old > FPS_SPAN) {
            tile.painted_at.pop_front();
        }
        drop(log);
        if first {
            self.news.notify_one();
        }
    }

    /// The tile got a picture that was painted before elsewhere (moved, or held over a change of size).
    pub fn kept(&self, tile: u32, arrived: UtcMicros) {
        if let Some(tile) = self.lock().tiles.get_mut(&tile) {
            tile.arrived = Some(arrived);
        }
    }

    /// No picture stands in the tile any more.
    pub fn cleared(&self, tile: u32) {
        let had = self.lock().tiles.get_mut(&tile).and_then(|tile| {
            tile.painted_at.clear();
            tile.arrived.take()
        });
        if had.is_some() {
            self.news.notify_one();
        }
    }

    /// Whether anybody can see the window: false while it is minimised.
    pub fn set_visible(&self, visible: bool) {
        self.visible.send_replace(visible);
    }

    /// Follows [`PaintLog::set_visible`].
    #[must_use]
    pub fn visible(&self) -> watch::Receiver<bool> {
        self.visible.subscribe()
    }

    /// Resolves when a tile began or ceased to show a picture. Cancel safe.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// The page forgot everything (it was loaded anew): the next [`PaintLog::changed`] tells all.
    pub fn forget_told(&self) {
        self.lock().told.clear();
        self.news.notify_one();
    }

    /// The tiles whose report differs enough from the one last taken here to be worth waking the page.
    #[must_use]
    pub fn changed(&self, now: UtcMicros) -> Vec<TileReport> {
        let mut log = self.lock();
        let mut changed = Vec::new();
        let Log { tiles, told, fresh_ms, .. } = &mut *log;
        told.retain(|tile, _| tiles.contains_key(tile));
        for (number, tile) in tiles.iter_mut() {
            let report = tile.report(*number, now);
            let fresh_ms = fresh_ms.get(number).copied();
            if told.get(number).is_none_or(|before| worth_telling(before, &report, fresh_ms)) {
                told.insert(*number, report.clone());
                changed.push(report);
            }
        }
        changed.sort_by_key(|report| report.tile);
        changed
    }

    /// Figures since the last call.
    #[must_use]
    pub fn take_figures(&self) -> Figures {
        let mut log = self.lock();
        let now = Instant::now();
        let seconds = log.since.replace(now).map_or(0.0, |since| (now - since).as_secs_f32());
        let painted = std::mem::take(&mut log.painted);
        let mut delays = std::mem::take(&mut log.delays_ms);
        let tiles = u32::try_from(log.tiles.len()).unwrap_or(u32::MAX);
        drop(log);
        delays.sort_by(f32::total_cmp);
        #[allow(clippy::cast_precision_loss)] // a few thousand at most
        let painted_fps = if seconds > 0.0 { painted as f32 / seconds } else { 0.0 };
        Figures {
            tiles,
            painted_fps,
            glass_ms_p50: percentile(&delays, 50),
            glass_ms_p95: percentile(&delays, 95),
        }
    }
}

impl Tile {
    fn report(&mut self, number: u32, now: UtcMicros) -> TileReport {
        let at = Instant::now();
        while self.painted_at.front().is_some_and(|old| at - *old > FPS_SPAN) {
            self.painted_at.pop_front();
        }
        // From the first to the last picture of the span there are one fewer intervals than pictures.
        let fps = match (self.painted_at.front(), self.painted_at.len()) {
            #[allow(clippy::cast_precision_loss)]
            (Some(first), 2..) => (self.painted_at.len() - 1) as f32 / (at - *first).as_secs_f32().max(0.2),
            _ => 0.0,
        };
        TileReport {
            tile: number,
            camera: self.camera,
            painted: self.arrived.is_some(),
            age_ms: self.age_ms(now),
            fps,
            tier: self.tier.filter(|_| self.arrived.is_some()),
        }
    }

    /// Age of the live picture that stands there.
    fn age_ms(&self, now: UtcMicros) -> Option<u64> {
        let arrived = self.arrived.filter(|_| !self.archive)?;
        Some(u64::try_from(now.since(arrived).as_millis()).unwrap_or(u64::MAX))
    }
}

fn worth_telling(before: &TileReport, now: &TileReport, key_frames_ms: Option<u64>) -> bool {
    let fresh_ms = key_frames_ms.unwrap_or(FRESH_MS);
    // Whole seconds, but only of what is stale.
    let stale_s = |report: &TileReport| report.age_ms.filter(|age| *age >= fresh_ms).map(|age| age / 1000);
    before.painted != now.painted
        || before.tier != now.tier
        || before.camera != now.camera
        || stale_s(before) != stale_s(now)
        // One picture every few seconds has no rate worth a word.
        || (key_frames_ms.is_none() && (before.fps - now.fps).abs() > 2.5_f32.max(before.fps * 0.25))
}

fn percentile(sorted: &[f32], percent: usize) -> Option<f32> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1).min(last)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> UtcMicros {
        UtcMicros(1_700_000_000_000_000 + ms * 1000)
    }

    #[test]
    fn tells_only_what_changed() {
        let log = PaintLog::default();
        let camera = CameraId::new();
        log.place([(3, camera, false)]);
        let first = log.changed(at(0));
        assert_eq!(first.len(), 1);
        assert!(!first[0].painted);
        assert!(log.changed(at(10)).is_empty(), "nothing new");
        log.painted(3, (at(20), Tier::Sub), at(50));
        assert!(log.changed(at(60))[0].painted);
        assert!(log.changed(at(900)).is_empty(), "still fresh");
        assert_eq!(log.changed(at(2620))[0].age_ms, Some(2600), "stale now");
        assert!(log.changed(at(2900)).is_empty(), "the same second");
        assert_eq!(log.changed(at(3030))[0].age_ms, Some(3010), "a second older");
        log.cleared(3);
        assert!(!log.changed(at(3040))[0].painted);
        log.forget_told();
        assert_eq!(log.changed(at(3050)).len(), 1);
    }

    #[test]
    fn key_frames_are_fresh_for_longer_and_their_oldest_is_known() {
        let log = PaintLog::default();
        log.place([(0, CameraId::new(), false), (1, CameraId::new(), false)]);
        assert_eq!(log.oldest_ms(at(0)), None);
        log.fresh_up_to(HashMap::from([(0, 3000), (1, 3000)]));
        log.painted(0, (at(0), Tier::KeyFrames), at(5));
        log.painted(1, (at(700), Tier::KeyFrames), at(705));
        assert_eq!(log.changed(at(1000)).len(), 2);
        assert!(
            log.changed(at(2900)).is_empty(),
            "a key frame every 2 s is fresh until the next one is late"
        );
        assert_eq!(log.oldest_ms(at(2900)), Some(2900));
        let late = log.changed(at(3100));
        assert_eq!(late.iter().map(|tile| tile.tile).collect::<Vec<_>>(), [0]);
        log.cleared(0);
        assert_eq!(log.oldest_ms(at(3100)), Some(2400), "what is not painted has no age");
    }

    #[test]
    fn a_tile_with_another_camera_starts_anew() {
        let log = PaintLog::default();
        log.place([(0, CameraId::new(), false)]);
        log.painted(0, (at(0), Tier::Sub), at(5));
        log.place([(0, CameraId::new(), false)]);
        assert!(!log.changed(at(10))[0].painted);
    }

    #[test]
    fn a_recorded_picture_has_no_age_and_no_delay() {
        let log = PaintLog::default();
        let camera = CameraId::new();
        log.place([(0, camera, true)]);
        log.painted(0, (at(0), Tier::Main), at(3_600_000));
        let told = log.changed(at(3_600_010));
        assert!(told[0].painted);
        assert_eq!(told[0].age_ms, None);
        assert_eq!(log.take_figures().glass_ms_p50, None);
        log.place([(0, camera, false)]);
        assert!(!log.changed(at(3_600_020))[0].painted, "what was recorded is not live");
    }

    #[test]
    fn percentiles() {
        let sorted: Vec<f32> = (1..=100).map(|n| n as f32).collect();
        assert_eq!(percentile(&sorted, 50), Some(50.0));
        assert_eq!(percentile(&sorted, 95), Some(95.0));
        assert_eq!(percentile(&[7.0], 95), Some(7.0));
        assert_eq!(percentile(&[], 95), None);
    }
}
