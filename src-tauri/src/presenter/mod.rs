//! How pictures come onto the window. A [`Presenter`] lives on the main thread and belongs to one window: the native
//! one paints above the page; with the page presenter the page paints by itself over its WebSocket and the window has
//! nothing to do. Where pixels come from is behind [`PictureSource`], so that the tests need no station.

pub mod mosaic;
#[cfg(target_os = "linux")]
pub mod native;
#[cfg(target_os = "linux")]
mod scene;

use crate::geometry::PxRect;
use easien_model::{CameraId, UtcMicros};
use easien_mosaic::Tier;
use serde::Serialize;

/// Who paints the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum PresenterKind {
    /// A native surface above the page.
    Native,
    /// The page itself, from the loopback WebSocket.
    Page,
}

/// A tile's place on the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedTile {
    /// The tile's number in its window.
    pub tile: u32,
    /// The camera that it is for. No other camera's picture is ever painted there.
    pub camera: CameraId,
    /// It shows the archive, not what is live.
    pub archive: bool,
    /// Its video rectangle.
    pub rect: PxRect,
}

/// A tile's place in a [`PictureSource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceTile {
    /// The tile's number in its window.
    pub tile: u32,
    /// The camera that was asked for.
    pub camera: CameraId,
    /// It shows the archive, not what is live.
    pub archive: bool,
    /// Index of the slot.
    pub slot: u32,
    /// Pictures of another assignment are not this tile's.
    pub assignment: u64,
}

/// The pixels of one picture: BGRX, rows without padding.
pub struct Pixels(Box<dyn AsMut<[u8]>>);

impl Pixels {
    /// Takes over whatever holds the pixels; it lives as long as the picture may be painted.
    #[must_use]
    pub fn new(pixels: impl AsMut<[u8]> + 'static) -> Self {
        Self(Box::new(pixels))
    }
}

impl AsMut<[u8]> for Pixels {
    fn as_mut(&mut self) -> &mut [u8] {
        (*self.0).as_mut()
    }
}

/// One picture out of a slot.
pub struct SlotPicture {
    /// The camera it is of.
    pub camera: CameraId,
    /// The slot's assignment when it was made.
    pub assignment: u64,
    /// When its last packet arrived at the station.
    pub arrived: UtcMicros,
    /// How much of its stream was decoded for it.
    pub tier: Tier,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// `width_px * height_px * 4` bytes.
    pub pixels: Pixels,
}

/// Where pixels come from: a mosaic, or a test's own.
pub trait PictureSource {
    /// Whether any slot may have something new since this was last asked.
    fn changed(&mut self) -> bool;
    /// Whether the slot may be painted at all now.
    fn shown(&self, slot: u32) -> bool;
    /// Whether [`PictureSource::take`] would find a picture that was not taken yet. Takes nothing.
    fn fresh(&self, slot: u32) -> bool;
    /// The newest picture of the slot. The one taken before must have been dropped: its memory goes back to the writer.
    fn take(&mut self, slot: u32) -> Option<SlotPicture>;
}

/// Puts pictures onto one window. On the main thread only.
pub trait Presenter {
    /// Which one it is.
    fn kind(&self) -> PresenterKind;
    /// Where the tiles are from now on. `scale` is device pixels per CSS pixel.
    fn place(&self, tiles: Vec<PlacedTile>);
    /// What of the page must not be painted over from now on.
    fn occlude(&self, rects: &[PxRect]);
    /// Where the pictures come from now on. What is painted stays until the new source has a picture for its tile.
    fn open(&self, source: Box<dyn PictureSource>, tiles: &[SourceTile]);
    /// There are no pictures any more (the station is gone): nothing is painted.
    fn close(&self);
}

/// The page paints by itself: nothing to do here.
#[derive(Debug)]
pub struct PagePresenter;

impl Presenter for PagePresenter {
    fn kind(&self) -> PresenterKind {
        PresenterKind::Page
    }
    fn place(&self, _tiles: Vec<PlacedTile>) {}
    fn occlude(&self, _rects: &[PxRect]) {}
    fn open(&self, _source: Box<dyn PictureSource>, _tiles: &[SourceTile]) {}
    fn close(&self) {}
}
