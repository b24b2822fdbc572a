//! Walls: what each window shows, what it painted, what it remembers; the door for pages.

use crate::convert;
use crate::sessions::{Holder, base};
use crate::station::{Station, lock};
use easien_link::data::{
    MosaicHandle, PageDoor, PicturePart, TileShown, WallMemory, WallReport, WallShow, WallShown,
};
use easien_link::{Caller, DeskState, page, problems};
use easien_model::{CameraId, Code, Problem, StreamKind};
use easien_picture::{Part, TileSource, TileWant};
use easien_store::WallRow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Tiles of one window.
const TILES_MOST: usize = 256;

/// Which connection shows which window, and what.
#[derive(Default)]
pub struct Walls {
    shown_by: HashMap<String, Shown>,
}

struct Shown {
    connection: u64,
    cameras: Vec<CameraId>,
}

impl Walls {
    /// The windows that a connection shows.
    fn of(&self, connection: u64) -> Vec<String> {
        let mine = self.shown_by.iter().filter(|(_, shown)| shown.connection == connection);
        mine.map(|(window, _)| window.clone()).collect()
    }
}

fn check_window(name: &str) -> Result<(), Problem> {
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits { Ok(()) } else { Err(Problem::new(Code::Invalid, problems::WINDOW_NAME).field("window")) }
}

fn check_tiles(wall: &WallShow) -> Result<(), Problem> {
    let mut numbers = HashSet::new();
    let numbered = wall.tiles.iter().all(|tile| tile.tile < 256 && numbers.insert(tile.tile));
    if wall.tiles.len() > TILES_MOST || !numbered {
        return Err(Problem::new(Code::Invalid, problems::WALL_TILES).field("tiles"));
    }
    for tile in &wall.tiles {
        if !(1..=7680).contains(&tile.width_px) || !(1..=4320).contains(&tile.height_px) {
            return Err(Problem::new(Code::Invalid, problems::WALL_TILE_SIZE)
                .field("tiles")
                .with("tile", tile.tile));
        }
        if tile.view.is_some_and(|view| !part(view).is_valid()) {
            return Err(Problem::new(Code::Invalid, problems::WALL_TILE_VIEW)
                .field("tiles")
                .with("tile", tile.tile));
        }
    }
    Ok(())
}

fn part(view: PicturePart) -> Part {
    Part { x: view.x, y: view.y, w: view.w, h: view.h }
}

impl Station {
    /// Shows a window's tiles. A tile of a camera that is gone is left out of the reply.
    pub(crate) async fn show_wall(&self, caller: &Caller, mut wall: WallShow) -> Result<WallShown, Problem> {
        let _order = self.show_order.lock().await;
        check_window(&wall.window)?;
        check_tiles(&wall)?;
        // As cameras that are gone.
        wall.tiles.retain(|tile| caller.sight.sees(tile.camera));
        // While the desk is locked the live wall stays; footage is a record.
        wall.tiles.retain(|tile| !tile.archive || caller.desk == DeskState::Open);
        let placing = self.place_review(&wall.window, &wall.tiles)?;
        let mut wants = Vec::new();
        let mut large = HashSet::new();
        for tile in &wall.tiles {
            let Some(row) = self.camera_row(tile.camera) else { continue };
            let source = match &placing {
                Some(placing) if tile.archive => placing.source(tile.camera),
                _ => TileSource::Live,
            };
            // Made ready where the eye is: what is enlarged next is there at once.
            if (tile.large || tile.focused) && !tile.archive {
                large.insert(tile.camera);
                self.hold_main(&row, Holder::Window(wall.window.clone())).await?;
            }
            wants.push(TileWant {
                tile: tile.tile,
                camera: tile.camera,
                width_px: tile.width_px,
                height_px: tile.height_px,
                main: tile.large || base(&row).which == StreamKind::Main,
                has_sub: base(&row).which == StreamKind::Sub,
                glance: tile.glance,
                focused: tile.focused,
                part: tile.view.map(part),
                source,
            });
        }
        self.release_mains_of(&wall.window, &large);
        let cameras = wants.iter().map(|want| want.camera).collect();
        let now = Shown { connection: caller.connection, cameras };
        let before = lock(&self.walls).shown_by.insert(wall.window.clone(), now);
        if let Some(before) = before.filter(|before| before.connection != caller.connection) {
            // A page that showed this window gets no pictures of what another one shows in it.
            self.page_windows.closed(before.connection, &wall.window);
        }

        let (pictures, window) = (self.pictures.clone(), wall.window.clone());
        let shown = self.blocking(move || pictures.show(&window, &wants)).await?.map_err(|error| {
            tracing::error!(%error, "a wall cannot be shown");
            Problem::new(error.code(), problems::PICTURE_UNAVAILABLE).detail(error)
        })?;
        let looked_at = placing.as_ref().map(crate::review::Placing::newly).unwrap_or_default();
        self.placed_review(&wall.window, placing).await;
        self.audit_viewing(caller, &wall.window, looked_at).await;
        let tiles: Vec<TileShown> = shown
            .tiles
            .iter()
            .map(|place| TileShown { tile: place.tile, slot: place.slot, assignment: place.assignment })
            .collect();
        if let Err(error) = self.page_windows.shown(caller.connection, &wall.window, &shown.handle, &tiles) {
            tracing::error!(%error, "a page's wall cannot be read");
            return Err(Problem::new(error.code(), problems::PICTURE_UNAVAILABLE).detail(error));
        }
        if self.caller_of(caller.connection).sight != caller.sight {
            // Another person sat down, or less may be seen, while it was being made.
            self.close_hidden();
        }
        let handle = shown.handle;
        Ok(WallShown {
            mosaic: MosaicHandle {
                pid: handle.pid,
                fd: handle.fd,
                bytes: handle.bytes,
                generation: handle.generation,
            },
            tiles,
        })
    }

    /// Footage that somebody looks at from now on is written down. When that fails the log says so: nobody is kept from
    /// looking by a full disk.
    async fn audit_viewing(&self, caller: &Caller, window: &str, mut cameras: Vec<CameraId>) {
        if cameras.is_empty() {
            return;
        }
        cameras.sort();
        let (who, object) = (caller.name.clone(), format!("window {window}"));
        let detail = serde_json::json!({ "cameras": cameras });
        let written = self.store(move |store| store.add_audit(&who, "review.view", &object, &detail)).await;
        if let Err(problem) = written {
            tracing::error!(%problem, "a look at footage is not in the audit");
        }
    }

    /// A connection's windows show no footage any more, at once; live pictures are shown anew by the page.
    pub(crate) fn hide_footage(&self, connection: u64) {
        let of = lock(&self.walls).of(connection);
        for window in of.iter().filter(|window| self.reviews.is_open(window)) {
            self.pictures.close(window);
            self.page_windows.closed(connection, window);
            self.reviews.gone(window);
        }
    }

    /// Connections that show a camera which whoever sits there may not see.
    pub(crate) fn shows_hidden(&self) -> Vec<u64> {
        let shown: Vec<(u64, Vec<CameraId>)> = {
            let walls = lock(&self.walls);
            walls.shown_by.values().map(|shown| (shown.connection, shown.cameras.clone())).collect()
        };
        let mut hidden: Vec<u64> = shown
            .into_iter()
            .filter(|(connection, cameras)| {
                let caller = self.caller_of(*connection);
                !cameras.is_empty()
                    && (caller.desk == DeskState::SignedOut || !caller.sight.sees_all(cameras))
            })
            .map(|(connection, _)| connection)
            .collect();
        hidden.sort_unstable();
        hidden.dedup();
        hidden
    }

    /// A connection shows nothing any more, at once.
    pub(crate) fn close_walls(&self, connection: u64) {
        for window in lock(&self.walls).of(connection) {
            self.pictures.close(&window);
            self.page_windows.closed(connection, &window);
        }
        self.window_gone(connection);
    }

    /// Whether a window's playhead may be moved over a connection: it is shown by the same window program.
    pub(crate) fn is_own_window(&self, connection: u64, window: &str) -> bool {
        let by = lock(&self.walls).shown_by.get(window).map(|shown| shown.connection);
        by.is_none_or(|by| self.are_one_program(connection, by))
    }

    /// A connection is closed: what it showed last is not shown any more.
    pub(crate) fn window_gone(&self, connection: u64) {
        let windows: Vec<String> = {
            let mut walls = lock(&self.walls);
            let of = walls.of(connection);
            for window in &of {
                walls.shown_by.remove(window);
            }
            of
        };
        for window in windows {
            self.pictures.hide(&window);
            self.reviews.gone(&window);
            self.release_mains_of(&window, &HashSet::<CameraId>::new());
            lock(&self.figures).forget(&window);
        }
    }

    pub(crate) fn report_wall(&self, report: WallReport) -> Result<(), Problem> {
        check_window(&report.window)?;
        lock(&self.figures).reported(report);
        Ok(())
    }

    pub(crate) async fn recall_wall(
        &self,
        caller: &Caller,
        window: String,
    ) -> Result<Option<WallMemory>, Problem> {
        check_window(&window)?;
        let found = self.store(move |store| store.wall(&window)).await?;
        Ok(found.map(convert::wall).map(|mut wall| {
            // The places of the others stay where they are.
            for place in &mut wall.tiles {
                *place = place.filter(|camera| caller.sight.sees(*camera));
            }
            wall
        }))
    }

    pub(crate) async fn remember_wall(&self, caller: &Caller, wall: WallMemory) -> Result<(), Problem> {
        check_window(&wall.window)?;
        let who = caller.name.clone();
        // Nobody chose what a running tour shows; what stands beside a window's wall was told with the wall.
        let tours = wall.view.tour.as_ref().is_some_and(|tour| !tour.paused);
        let beside = ["_off", "_all", "_before", "_start"].iter().any(|end| wall.window.ends_with(*end));
        let audited = !tours && !beside;
        let view = serde_json::to_value(&wall.view)
            .map_err(|error| Problem::new(Code::Internal, problems::INTERNAL).detail(error))?;
        let mut tiles = wall.tiles;
        {
            // One that was taken out of the room meanwhile is no reason to forget the others.
            let known = lock(&self.cameras);
            tiles.iter_mut().for_each(|tile| *tile = tile.filter(|camera| known.contains_key(camera)));
        }
        let row = WallRow { window: wall.window, shape: wall.shape, tiles, view };
        self.store(move |store| store.put_wall(&who, &row, audited)).await
    }

    /// Opens the WebSocket for pages if it is not open.
    pub(crate) async fn open_page(&self) -> Result<PageDoor, Problem> {
        let mut open = self.page.lock().await;
        if let Some(server) = &*open {
            return Ok(server.door());
        }
        let unavailable = |detail: String| {
            tracing::error!(detail, "the door for pages cannot be opened");
            Problem::new(Code::Unavailable, problems::PAGE_UNAVAILABLE).detail(detail)
        };
        let Some(desk) = self.desk.get().cloned() else { return Err(unavailable("not yet".into())) };
        let pixels = Arc::new(self.page_windows.clone());
        let server = page::open(desk, pixels, self.page_origins.clone())
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let door = server.door();
        *open = Some(server);
        Ok(door)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_link::data::TileShow;

    fn tile(tile: u32, width_px: u32) -> TileShow {
        TileShow {
            tile,
            camera: CameraId::new(),
            width_px,
            height_px: 10,
            large: false,
            archive: false,
            glance: false,
            focused: false,
            view: None,
        }
    }

    fn key(window: &str, tiles: Vec<TileShow>) -> &'static str {
        let wall = WallShow { window: window.into(), tiles };
        match check_window(window).and_then(|()| check_tiles(&wall)) {
            Ok(()) => "fine",
            Err(problem) => match problem.key.as_str() {
                problems::WINDOW_NAME => "window",
                problems::WALL_TILES => "tiles",
                problems::WALL_TILE_SIZE => "size",
                _ => "other",
            },
        }
    }

    #[test]
    fn walls_are_bounded() {
        assert_eq!(key("main", vec![]), "fine");
        assert_eq!(key("main", (0..256).map(|n| tile(n, 10)).collect()), "fine");
        assert_eq!(key("", vec![]), "window");
        assert_eq!(key("../x", vec![]), "window");
        assert_eq!(key("main", vec![tile(1, 10), tile(1, 10)]), "tiles");
        assert_eq!(key("main", vec![tile(256, 10)]), "tiles");
        assert_eq!(key("main", vec![tile(0, 0)]), "size");
        assert_eq!(key("main", vec![tile(0, 100_000)]), "size");
    }
}
