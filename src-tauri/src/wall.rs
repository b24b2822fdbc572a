//! One window's wall: turns what the page lays out into what the station is asked to show, and brings the station's
//! mosaic to the presenter. Runs as tasks of the window's scope; the presenter itself stays on the main thread.

use crate::geometry::{CssRect, PxRect};
use crate::paint_log::PaintLog;
use crate::presenter::mosaic::MosaicSource;
use crate::presenter::{PlacedTile, Presenter, SourceTile};
use crate::station::Station;
use easien_link::data::{MosaicHandle, PicturePart, TileShow, WallReport, WallShow, WallShown};
use easien_model::{CameraId, Clock, Code, Problem, Scope, SystemClock};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Most tiles of a window.
const TILES_MOST: usize = 256;
/// Most occluders that the page may report.
const OCCLUDERS_MOST: usize = 256;
/// About one frame: changes of cameras within it are one.
const GATHER: Duration = Duration::from_millis(16);
/// While only sizes change (the window is being resized) a new mosaic is made when they rest so long,
const SIZE_RESTS: Duration = Duration::from_millis(150);
/// but at the latest after so long.
const SIZE_MOST: Duration = Duration::from_millis(600);
/// A station that does not answer `wall.show` within this is asked again.
const SHOW_MOST: Duration = Duration::from_secs(5);
/// A window that nobody has seen for so long (minimised) needs no pictures decoded until it is seen again.
const UNSEEN_MOST: Duration = Duration::from_secs(3);
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// What the page says: where its tiles' video rectangles are.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SurfaceSet {
    /// All tiles; those not named are taken down.
    pub tiles: Vec<SurfaceTile>,
    /// Device pixels per CSS pixel: the page's `devicePixelRatio`.
    pub scale: f64,
}

/// One tile as the page lays it out.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SurfaceTile {
    /// Its number in the window, 0 to 255.
    pub tile: u32,
    /// The camera.
    pub camera: CameraId,
    /// Its video rectangle.
    #[serde(flatten)]
    pub rect: CssRect,
    /// Enlarged: the main stream is wanted.
    #[serde(default)]
    pub large: bool,
    /// It shows the archive at the window's playhead, not what is live.
    #[serde(default)]
    pub archive: bool,
    /// A small tile among many, to be glanced at.
    #[serde(default)]
    pub glance: bool,
    /// Where the eye is.
    #[serde(default)]
    pub focused: bool,
    /// The part of the picture that fills the tile; absent: the whole.
    #[serde(default)]
    pub view: Option<PicturePart>,
    /// False: the place is known, but it is neither painted nor fed.
    #[serde(default = "yes")]
    pub shown: bool,
    /// It shows key frames only; up to this age in milliseconds they are fresh.
    #[serde(default)]
    pub fresh_ms: Option<u64>,
}

fn yes() -> bool {
    true
}

/// What the page says: what of it must not be painted over.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SurfaceOcclude {
    /// In CSS pixels.
    pub rects: Vec<CssRect>,
}

/// Runs something with the window's presenter, on the main thread.
pub type OnPresenter = Arc<dyn Fn(Box<dyn FnOnce(&dyn Presenter) + Send>) + Send + Sync>;

#[derive(Clone, Debug, Default, PartialEq)]
struct Wanted {
    tiles: Vec<TileShow>,
}

impl Wanted {
    /// Whether only sizes differ.
    fn same_but_sizes(&self, other: &Self) -> bool {
        self.tiles.len() == other.tiles.len()
            && self.tiles.iter().zip(&other.tiles).all(|(a, b)| {
                a.tile == b.tile && a.camera == b.camera && a.large == b.large && a.archive == b.archive
            })
    }
}

/// See the module.
pub struct Wall {
    window: String,
    wanted: watch::Sender<Wanted>,
    scale: watch::Sender<f64>,
    presenter: OnPresenter,
    log: Arc<PaintLog>,
}

impl Wall {
    /// Starts the tasks of the wall of `window`.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start(
        window: &str,
        scope: &Scope,
        station: Arc<dyn Station>,
        presenter: OnPresenter,
        log: Arc<PaintLog>,
    ) -> Arc<Self> {
        let (wanted, asked) = watch::channel(Wanted::default());
        let wall = Arc::new(Self {
            window: window.to_owned(),
            wanted,
            scale: watch::Sender::new(1.0),
            presenter,
            log: log.clone(),
        });
        let (seen, is_seen) = watch::channel(true);
        scope.spawn("wall seen", watch_seen(log.visible(), seen));
        scope.spawn("wall", drive(wall.clone(), station.clone(), asked, is_seen));
        scope.spawn("wall report", report(window.to_owned(), station, log));
        wall
    }

    /// The page laid out its tiles.
    ///
    /// # Errors
    /// `Invalid` for a tile that cannot be.
    pub fn set(&self, surface: SurfaceSet) -> Result<(), Problem> {
        let scale = surface.scale;
        if !(0.25..=8.0).contains(&scale) {
            return Err(invalid("scale", scale));
        }
        if surface.tiles.len() > TILES_MOST {
            return Err(invalid("tiles", surface.tiles.len()));
        }
        let mut placed = Vec::with_capacity(surface.tiles.len());
        let mut shows = Vec::with_capacity(surface.tiles.len());
        for tile in surface.tiles.iter().filter(|tile| tile.shown) {
            if tile.tile as usize >= TILES_MOST
                || placed.iter().any(|other: &PlacedTile| other.tile == tile.tile)
            {
                return Err(invalid("tile", tile.tile));
            }
            // A tile without a pixel on the screen (a window that is too small) is simply not shown.
            let Some(rect) = tile.rect.to_px(scale) else { continue };
            placed.push(PlacedTile { tile: tile.tile, camera: tile.camera, archive: tile.archive, rect });
            shows.push(TileShow {
                tile: tile.tile,
                camera: tile.camera,
                width_px: rect.w.unsigned_abs(),
                height_px: rect.h.unsigned_abs(),
                large: tile.large,
                archive: tile.archive,
                glance: tile.glance,
                focused: tile.focused,
                view: tile.view,
            });
        }
        shows.sort_by_key(|show| show.tile);
        let fresh = surface.tiles.iter().filter_map(|tile| Some((tile.tile, tile.fresh_ms?)));
        self.log.fresh_up_to(fresh.collect());
        self.scale.send_replace(scale);
        (self.presenter)(Box::new(move |presenter| presenter.place(placed)));
        let wanted = Wanted { tiles: shows };
        self.wanted.send_if_modified(|before| {
            let modified = *before != wanted;
            *before = wanted;
            modified
        });
        Ok(())
    }

    /// The page says what must not be painted over.
    ///
    /// # Errors
    /// `Invalid` for too many.
    pub fn occlude(&self, occluders: &SurfaceOcclude) -> Result<(), Problem> {
        if occluders.rects.len() > OCCLUDERS_MOST {
            return Err(invalid("rects", occluders.rects.len()));
        }
        let scale = *self.scale.borrow();
        let rects: Vec<PxRect> =
            occluders.rects.iter().filter_map(|rect| rect.to_px_outward(scale)).collect();
        (self.presenter)(Box::new(move |presenter| presenter.occlude(&rects)));
        Ok(())
    }

    /// What the page is told about its tiles.
    #[must_use]
    pub fn log(&self) -> &Arc<PaintLog> {
        &self.log
    }

    /// The page was loaded anew: it lays out from nothing and is told everything again.
    pub fn page_began(&self) {
        self.log.forget_told();
        (self.presenter)(Box::new(|presenter| {
            presenter.occlude(&[]);
            presenter.place(Vec::new());
        }));
        self.wanted.send_if_modified(|before| {
            let modified = !before.tiles.is_empty();
            before.tiles.clear();
            modified
        });
    }
}

fn invalid(what: &str, value: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Invalid, "problem_arguments")
        .with("command", "surface_set")
        .detail(format!("{what}: {value}"))
}

/// Turns "minimised" into "not needed" when it lasts.
async fn watch_seen(mut visible: watch::Receiver<bool>, seen: watch::Sender<bool>) {
    loop {
        let now = *visible.borrow_and_update();
        if now {
            seen.send_replace(true);
        }
        tokio::select! {
            changed = visible.changed() => if changed.is_err() { return },
            () = sleep(UNSEEN_MOST), if !now && *seen.borrow() => { seen.send_replace(false); }
        }
    }
}

/// Asks the station for what is wanted, whenever that changes or the station is a new one.
async fn drive(
    wall: Arc<Wall>,
    station: Arc<dyn Station>,
    mut asked: watch::Receiver<Wanted>,
    mut seen: watch::Receiver<bool>,
) {
    let mut connection = station.connection();
    let mut served: Option<(u64, Wanted)> = None;
    let mut opened: Option<MosaicHandle> = None;
    let mut failures: u32 = 0;
    loop {
        let now_connected = *connection.borrow_and_update();
        let is_seen = *seen.borrow_and_update();
        let wanted = if is_seen { asked.borrow_and_update().clone() } else { Wanted::default() };
        let Some(number) = now_connected else {
            opened = None;
            if served.take().is_some() {
                // Its workers died with it; nobody would ever blank these pictures again.
                (wall.presenter)(Box::new(|presenter| presenter.close()));
            }
            if connection.changed().await.is_err() {
                return;
            }
            continue;
        };
        // After a failure nobody knows what the station shows.
        let up_to_date = failures == 0
            && match &served {
                Some((at, what)) => *at == number && *what == wanted,
                None => wanted.tiles.is_empty(),
            };
        if up_to_date {
            tokio::select! {
                changed = asked.changed(), if is_seen => if changed.is_err() { return },
                changed = seen.changed() => if changed.is_err() { return },
                changed = connection.changed() => if changed.is_err() { return },
            }
            continue;
        }
        let sizes_only =
            served.as_ref().is_some_and(|(at, what)| *at == number && what.same_but_sizes(&wanted));
        if failures == 0 && !gather(&mut asked, sizes_only).await {
            return;
        }
        let wanted = if is_seen { asked.borrow_and_update().clone() } else { wanted };
        match show(&wall, station.as_ref(), &wanted, &mut opened).await {
            Ok(()) => {
                failures = 0;
                served = Some((number, wanted));
            }
            Err(problem) => {
                failures = failures.saturating_add(1);
                if failures.is_power_of_two() {
                    tracing::warn!(window = wall.window, failures, %problem, "the station does not show the wall");
                }
                let pause = Duration::from_millis(200 * u64::from(failures.min(10)));
                tokio::select! {
                    () = sleep(pause) => {}
                    changed = connection.changed() => if changed.is_err() { return },
                }
            }
        }
    }
}

/// Waits until what is wanted rests. False when the window is gone. Cancel safe.
async fn gather(asked: &mut watch::Receiver<Wanted>, sizes_only: bool) -> bool {
    if !sizes_only {
        sleep(GATHER).await;
        return true;
    }
    let before = asked.borrow().clone();
    let latest = Instant::now() + SIZE_MOST;
    loop {
        tokio::select! {
            () = sleep(SIZE_RESTS) => return true,
            () = sleep_until(latest) => return true,
            changed = asked.changed() => {
                if changed.is_err() {
                    return false;
                }
                if !before.same_but_sizes(&asked.borrow_and_update()) {
                    return true;
                }
            }
        }
    }
}

/// `opened`: the mosaic that the presenter reads now.
async fn show(
    wall: &Wall,
    station: &dyn Station,
    wanted: &Wanted,
    opened: &mut Option<MosaicHandle>,
) -> Result<(), Problem> {
    let args = WallShow { window: wall.window.clone(), tiles: wanted.tiles.clone() };
    let args = serde_json::to_value(args).map_err(internal)?;
    let reply = timeout(SHOW_MOST, station.call("wall.show", args))
        .await
        .map_err(|_| Problem::new(Code::Timeout, "problem_timeout").with("command", "wall.show"))??;
    if wanted.tiles.is_empty() {
        *opened = None;
        (wall.presenter)(Box::new(|presenter| presenter.close()));
        return Ok(());
    }
    let shown: WallShown = serde_json::from_value(reply).map_err(internal)?;
    if opened.as_ref() == Some(&shown.mosaic) {
        // The same places in the same mosaic: only what is painted into them is another part, or another stream.
        return Ok(());
    }
    let tiles: Vec<SourceTile> = shown
        .tiles
        .iter()
        .filter_map(|shown| {
            let asked = wanted.tiles.iter().find(|asked| asked.tile == shown.tile)?;
            Some(SourceTile {
                tile: shown.tile,
                camera: asked.camera,
                archive: asked.archive,
                slot: shown.slot,
                assignment: shown.assignment,
            })
        })
        .collect();
    let source = MosaicSource::open(&shown.mosaic)
        .map_err(|error| Problem::new(error.code(), "problem_internal").detail(error))?;
    tracing::debug!(
        window = wall.window,
        generation = shown.mosaic.generation,
        tiles = tiles.len(),
        "mosaic opened"
    );
    (wall.presenter)(Box::new(move |presenter| presenter.open(Box::new(source), &tiles)));
    *opened = Some(shown.mosaic);
    Ok(())
}

fn internal(error: serde_json::Error) -> Problem {
    Problem::new(Code::Internal, "problem_internal").with("command", "wall.show").detail(error)
}

/// Tells the station what was painted, every 2 s, while anything may be.
async fn report(window: String, station: Arc<dyn Station>, log: Arc<PaintLog>) {
    let mut every = tokio::time::interval(REPORT_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut was_empty = false;
    loop {
        every.tick().await;
        let figures = log.take_figures();
        let empty = figures.tiles == 0;
        if (empty && was_empty) || station.connection().borrow().is_none() {
            continue;
        }
        was_empty = empty;
        let report = WallReport {
            window: window.clone(),
            tiles: figures.tiles,
            painted_fps: figures.painted_fps,
            glass_ms_p50: figures.glass_ms_p50,
            glass_ms_p95: figures.glass_ms_p95,
            pid: std::process::id(),
        };
        let Ok(args) = serde_json::to_value(report) else { continue };
        if let Err(problem) = station.call("wall.report", args).await {
            tracing::debug!(window, %problem, "the report was not taken");
        }
    }
}

/// What [`tell_page`] hands on: an event's name and its data.
pub type Tell = Arc<dyn Fn(&str, &Value) + Send + Sync>;

/// Tells the page about its tiles (once a second, and when one begins or ceases to show a picture; of tiles that show
/// key frames the oldest one's age), about the station's events, and about the link.
pub async fn tell_page(wall: Arc<Wall>, station: Arc<dyn Station>, tell: Tell) {
    let mut events = station.events();
    let mut connection = station.connection();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut news_since: Option<Instant> = None;
    loop {
        let news_due =
            news_since.map_or_else(|| Instant::now() + Duration::from_secs(3600), |at| at + GATHER * 2);
        tokio::select! {
            event = events.recv() => match event {
                // Sound is played by the window, not by the page.
                Ok(event) if event["event"] == "audio.samples" => {}
                Ok(event) => tell("station", &event),
                Err(broadcast::error::RecvError::Lagged(lost)) => {
                    tracing::warn!(lost, "events were lost on the way to the page");
                    tell("station", &serde_json::json!({ "event": "resync" }));
                }
                Err(broadcast::error::RecvError::Closed) => return,
            },
            changed = connection.changed() => {
                if changed.is_err() {
                    return;
                }
                let connected = connection.borrow_and_update().is_some();
                tell("link", &serde_json::json!({ "connected": connected }));
            }
            () = wall.log.news() => { news_since.get_or_insert_with(Instant::now); }
            () = sleep_until(news_due) => {
                news_since = None;
                tell_tiles(&wall, &tell);
            }
            _ = second.tick() => {
                tell_tiles(&wall, &tell);
                if let Some(age_ms) = wall.log.oldest_ms(SystemClock.utc_now()) {
                    tell("oldest", &serde_json::json!({ "age_ms": age_ms }));
                }
            }
        }
    }
}

fn tell_tiles(wall: &Wall, tell: &Tell) {
    let changed = wall.log.changed(SystemClock.utc_now());
    if !changed.is_empty()
        && let Ok(changed) = serde_json::to_value(changed)
    {
        tell("tiles", &changed);
    }
}
