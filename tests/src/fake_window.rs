//! A window without a window: asks the station for a wall by the link and takes the pictures out of the mosaic, as the
//! presenter does. For what the station and its workers do alone, and for walls that the page has no key for.

use crate::room::Room;
use anyhow::{Context, Result};
use easien_camsim::strip::{self, Strip};
use easien_link::commands::call;
use easien_link::data::{WallShow, WallShown};
use easien_model::{CameraId, UtcMicros};
use easien_mosaic::{MosaicPlace, MosaicView, Tier};
use serde_json::json;
use std::time::{Duration, Instant};

/// A tile as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wish {
    /// The camera.
    pub camera: CameraId,
    /// Its width in pixels.
    pub width_px: u32,
    /// Its height in pixels.
    pub height_px: u32,
    /// Enlarged: the main stream is wanted.
    pub large: bool,
    /// A small tile of an overview: key frames are enough.
    pub glance: bool,
}

/// A picture as the station's workers painted it.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// What stands in it; none without a readable strip.
    pub strip: Option<Strip>,
    /// The camera that the worker says it is of.
    pub camera: CameraId,
    /// When its last packet arrived.
    pub arrived: UtcMicros,
    /// How it was decoded.
    pub tier: Tier,
}

/// See the module.
pub struct FakeWindow {
    name: String,
    shown: Option<(MosaicView, WallShown)>,
}

impl FakeWindow {
    /// A window of this name, which no other of the room must have.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), shown: None }
    }

    /// Asks for these tiles; when the station had answered.
    ///
    /// # Errors
    /// When the station says no, or its mosaic cannot be opened.
    pub fn show(&mut self, room: &Room, wishes: &[Wish]) -> Result<Instant> {
        let tiles: Vec<_> = wishes
            .iter()
            .enumerate()
            .map(|(tile, wish)| {
                json!({
                    "tile": tile, "camera": wish.camera, "width_px": wish.width_px, "height_px": wish.height_px,
                    "large": wish.large, "archive": false, "glance": wish.glance, "focused": false, "view": null,
                })
            })
            .collect();
        let wish: WallShow = serde_json::from_value(json!({ "window": self.name, "tiles": tiles }))?;
        let shown = room.call::<call::WallShow>(wish)?;
        let answered = Instant::now();
        let handle = &shown.mosaic;
        let place = MosaicPlace {
            pid: handle.pid,
            fd: handle.fd,
            bytes: handle.bytes,
            generation: handle.generation,
        };
        self.shown = Some((MosaicView::open_place(&place)?, shown));
        Ok(answered)
    }

    /// The newest pictures, tile by tile; none where there was no new one since the last look.
    ///
    /// # Errors
    /// When nothing was asked for yet.
    pub fn take(&self) -> Result<Vec<Option<Taken>>> {
        let (view, shown) = self.shown.as_ref().context("no wall was asked for")?;
        let mut taken = vec![];
        for tile in &shown.tiles {
            let slot = view.slot(tile.slot as usize).context("a slot")?;
            let front = if slot.fresh() { slot.take() } else { None };
            taken.push(front.filter(|front| front.frame.assignment == tile.assignment).map(|front| {
                let (width, height) = (front.size.width_px, front.size.height_px);
                let pixels: &[u8] = front.pixels.as_ref();
                let strip = strip::read_with(width, height, |x, y| {
                    let at = (y as usize * width as usize + x as usize) * 4;
                    match pixels.get(at..at + 3) {
                        Some([b, g, r]) => strip::luma(*r, *g, *b),
                        _ => 0,
                    }
                });
                let frame = front.frame;
                Taken { strip, camera: frame.camera, arrived: frame.arrived, tier: frame.tier }
            }));
        }
        Ok(taken)
    }

    /// Waits until each tile has a picture; when each had its first, since `began`, in the order of the tiles, and what
    /// it was.
    ///
    /// # Errors
    /// When one has none within `limit`.
    pub fn firsts(&self, began: Instant, limit: Duration) -> Result<Vec<(Duration, Taken)>> {
        let (_, shown) = self.shown.as_ref().context("no wall was asked for")?;
        let mut firsts: Vec<Option<(Duration, Taken)>> = vec![None; shown.tiles.len()];
        while firsts.iter().any(Option::is_none) {
            let taken = self.take()?;
            let at = began.elapsed();
            for (first, taken) in firsts.iter_mut().zip(taken) {
                if let (None, Some(taken)) = (&first, taken) {
                    *first = Some((at, taken));
                }
            }
            let missing = firsts.iter().filter(|first| first.is_none()).count();
            anyhow::ensure!(at < limit, "{missing} of {} tiles have no picture after {at:?}", firsts.len());
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(firsts.into_iter().flatten().collect())
    }
}
