//! Pictures for pages: what a window shown over the WebSocket shows is read here from its mosaic, by the station
//! itself. A mosaic has one presenter, so this is only for windows of pages; the window program reads its own.

use easien_link::data::TileShown;
use easien_link::page::{Batch, PixelFlow, PixelSource};
use easien_model::Clock;
use easien_mosaic::{MosaicPlace, MosaicView};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The windows of all connected pages. Cheap to clone.
#[derive(Clone)]
pub struct PageWindows {
    pages: Arc<Mutex<HashMap<u64, Windows>>>,
    clock: Arc<dyn Clock>,
}

type Windows = Arc<Mutex<HashMap<String, Window>>>;

struct Window {
    generation: u64,
    view: MosaicView,
    tiles: Vec<TileShown>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PageWindows {
    /// No pages.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { pages: Arc::default(), clock }
    }

    /// A connection shows a window. Nothing happens for connections that are not pages.
    ///
    /// # Errors
    /// When the mosaic cannot be opened.
    pub fn shown(
        &self,
        connection: u64,
        window: &str,
        place: &MosaicPlace,
        tiles: &[TileShown],
    ) -> easien_mosaic::Result<()> {
        let Some(windows) = lock(&self.pages).get(&connection).cloned() else { return Ok(()) };
        // The same mosaic has one view: it knows which buffers it holds.
        if lock(&windows).get(window).is_some_and(|shown| shown.generation == place.generation) {
            return Ok(());
        }
        let view = MosaicView::open_place(place)?;
        let shown = Window { generation: place.generation, view, tiles: tiles.to_vec() };
        lock(&windows).insert(window.to_owned(), shown);
        Ok(())
    }
}

impl PageWindows {
    /// A connection does not show a window any more: no more pixels of it come out there.
    pub fn closed(&self, connection: u64, window: &str) {
        let windows = lock(&self.pages).get(&connection).cloned();
        if let Some(windows) = windows {
            lock(&windows).remove(window);
        }
    }
}

impl PixelSource for PageWindows {
    fn open(&self, connection: u64) -> Box<dyn PixelFlow> {
        let windows = Windows::default();
        lock(&self.pages).insert(connection, windows.clone());
        Box::new(Flow { connection, windows, pages: self.clone() })
    }
}

struct Flow {
    connection: u64,
    windows: Windows,
    pages: PageWindows,
}

impl Drop for Flow {
    fn drop(&mut self) {
        lock(&self.pages.pages).remove(&self.connection);
    }
}

impl PixelFlow for Flow {
    fn take(&mut self, batch: &mut Batch) {
        let now = self.pages.clock.utc_now();
        for window in lock(&self.windows).values() {
            if !window.view.changed() {
                continue;
            }
            for tile in &window.tiles {
                let Some(slot) = window.view.slot(tile.slot as usize) else { continue };
                let Some(front) = slot.take() else { continue };
                if front.frame.assignment != tile.assignment {
                    continue;
                }
                let age = u32::try_from(now.since(front.frame.arrived).as_millis()).unwrap_or(u32::MAX);
                let size = (front.size.width_px, front.size.height_px);
                batch.push(tile.tile, size, age, front.frame.assignment, |rgba| {
                    let words = front.pixels.as_ref().chunks_exact(4);
                    for (out, word) in rgba.chunks_exact_mut(4).zip(words) {
                        // 0xffRRGGBB in native order.
                        let [a, r, g, b] =
                            u32::from_ne_bytes([word[0], word[1], word[2], word[3]]).to_be_bytes();
                        out.copy_from_slice(&[r, g, b, a]);
                    }
                });
            }
        }
    }
}
