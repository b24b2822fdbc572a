//! Looking at known tiles again and again: one row of pixels of each, asked for at once, so that it costs the machine
//! little and may be done many times a second. What it gives is what a person could see at that moment.

use crate::screen::{Area, Screen};
use anyhow::Result;
use easien_camsim::strip::{self, Strip};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What stood in the tiles at one moment, in their order.
#[derive(Clone, Debug)]
pub struct Look {
    /// When it was certainly there: the answer had come.
    pub at: Instant,
    /// The strip of each tile; none where no picture stood, or one without a readable strip.
    pub strips: Vec<Option<Strip>>,
}

impl Look {
    /// Whether each tile showed a picture of just its camera.
    #[must_use]
    pub fn shows(&self, cameras: &[u16]) -> bool {
        self.strips.len() == cameras.len()
            && self
                .strips
                .iter()
                .zip(cameras)
                .all(|(seen, camera)| seen.is_some_and(|seen| seen.camera == *camera))
    }
}

/// Known tiles of a screen.
#[derive(Clone, Debug)]
pub struct Watch<'a> {
    screen: &'a Screen,
    tiles: Vec<Area>,
    rows: Vec<Area>,
}

impl<'a> Watch<'a> {
    /// Watches these pictures' areas.
    #[must_use]
    pub fn new(screen: &'a Screen, tiles: Vec<Area>) -> Self {
        let row = |tile: &Area| Area { y: tile.y + strip::height_px(tile.height) / 2, height: 1, ..*tile };
        Self { screen, rows: tiles.iter().map(row).collect(), tiles }
    }

    /// The areas watched.
    #[must_use]
    pub fn tiles(&self) -> &[Area] {
        &self.tiles
    }

    /// Looks once.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn look(&self) -> Result<Look> {
        let shots = self.screen.capture_areas(&self.rows)?;
        let at = Instant::now();
        let read = shots
            .iter()
            .zip(&self.tiles)
            .map(|(shot, tile)| strip::read_with(tile.width, tile.height, |x, _| shot.luma(x, 0)));
        Ok(Look { at, strips: read.collect() })
    }

    /// Looks every `every` for `during`, or until `each` says that it is enough.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn follow(
        &self,
        during: Duration,
        every: Duration,
        mut each: impl FnMut(&Look) -> bool,
    ) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < during {
            let next = Instant::now() + every;
            if each(&self.look()?) {
                break;
            }
            sleep(next.saturating_duration_since(Instant::now()));
        }
        Ok(())
    }
}
