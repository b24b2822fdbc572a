//! A mosaic with its tiles, as one window shows it.

use crate::types::{Part, PictureError, Result, TileSource, TileWant};
use easien_model::CameraId;
use easien_mosaic::Mosaic;
use std::collections::HashSet;

/// A mosaic with its tiles.
pub(crate) struct Showing {
    pub(crate) mosaic: Mosaic,
    pub(crate) number: u32,
    pub(crate) tiles: Vec<Tile>,
    /// Workers that were told of the mosaic in their present life.
    pub(super) told: HashSet<usize>,
}

/// A tile of it.
pub(crate) struct Tile {
    pub(crate) camera: CameraId,
    pub(crate) slot: u32,
    pub(crate) assignment: u64,
    pub(crate) main: bool,
    pub(crate) has_sub: bool,
    pub(crate) source: TileSource,
    size_px: (u32, u32),
    pub(super) glance: bool,
    pub(super) focused: bool,
    pub(super) part: Option<Part>,
    /// What its worker was told: streams by number, and the part of the picture.
    pub(super) told: Option<(Vec<u32>, Option<Part>)>,
}

impl Tile {
    /// As wanted, where only what needs no other place differs.
    fn fits(&self, want: &TileWant) -> bool {
        self.camera == want.camera
            && self.size_px == (want.width_px, want.height_px)
            && self.source == want.source
    }

    fn take(&mut self, want: &TileWant) {
        (self.main, self.has_sub) = (want.main, want.has_sub);
        (self.glance, self.focused, self.part) = (want.glance, want.focused, want.part);
    }

    pub(super) fn px(&self) -> u64 {
        u64::from(self.size_px.0) * u64::from(self.size_px.1)
    }
}

impl Showing {
    pub(crate) fn new(mosaic: Mosaic, number: u32) -> Self {
        Self { mosaic, number, tiles: Vec::new(), told: HashSet::new() }
    }

    /// Gives the next slot to a camera.
    ///
    /// # Errors
    /// There are no more slots.
    pub(crate) fn add(&mut self, want: &TileWant, shown: bool) -> Result<(u32, u64)> {
        let slot = self.tiles.len();
        let assignment = self.mosaic.assign(slot, want.camera)?;
        self.mosaic.set_shown(slot, shown)?;
        let slot = u32::try_from(slot).map_err(|_| PictureError::NoSamples)?;
        self.tiles.push(Tile {
            camera: want.camera,
            slot,
            assignment,
            main: want.main,
            has_sub: want.has_sub,
            source: want.source.clone(),
            size_px: (want.width_px, want.height_px),
            glance: want.glance,
            focused: want.focused,
            part: want.part,
            told: None,
        });
        Ok((slot, assignment))
    }

    /// Takes these wishes over, if they want the same cameras in places of the same sizes: where the eye is, what is
    /// zoomed into and what is enlarged in its place need no other mosaic.
    pub(crate) fn take(&mut self, wants: &[TileWant]) -> bool {
        let fits = self.tiles.len() == wants.len()
            && self.tiles.iter().zip(wants).all(|(tile, want)| tile.fits(want));
        if fits {
            self.tiles.iter_mut().zip(wants).for_each(|(tile, want)| tile.take(want));
        }
        fits
    }

    /// Blanks or shows a camera's live slots.
    pub(crate) fn blank(&self, camera: CameraId, blank: bool) {
        for tile in self.tiles.iter().filter(|tile| tile.camera == camera && tile.source == TileSource::Live)
        {
            self.set_shown(tile, !blank);
        }
    }

    pub(super) fn set_shown(&self, tile: &Tile, shown: bool) {
        if let Err(error) = self.mosaic.set_shown(tile.slot as usize, shown) {
            tracing::error!(%error, "a slot of our own");
        }
    }
}
