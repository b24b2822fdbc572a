//! A mosaic as the source of pictures.

use super::{PictureSource, Pixels, SlotPicture};
use easien_link::data::MosaicHandle;
use easien_mosaic::{MosaicError, MosaicPlace, MosaicView};

/// The pictures of a mosaic that the station's workers write.
pub struct MosaicSource {
    view: MosaicView,
}

impl MosaicSource {
    /// Opens the mosaic that the station named.
    ///
    /// # Errors
    /// It is gone already, or is not what it should be.
    pub fn open(handle: &MosaicHandle) -> Result<Self, MosaicError> {
        let MosaicHandle { pid, fd, bytes, generation } = *handle;
        Ok(Self { view: MosaicView::open_place(&MosaicPlace { pid, fd, bytes, generation })? })
    }
}

impl PictureSource for MosaicSource {
    fn changed(&mut self) -> bool {
        self.view.changed()
    }

    fn shown(&self, slot: u32) -> bool {
        self.view.slot(slot as usize).is_some_and(|slot| slot.shown())
    }

    fn fresh(&self, slot: u32) -> bool {
        self.view.slot(slot as usize).is_some_and(|slot| slot.fresh())
    }

    fn take(&mut self, slot: u32) -> Option<SlotPicture> {
        let front = self.view.slot(slot as usize)?.take()?;
        Some(SlotPicture {
            camera: front.frame.camera,
            assignment: front.frame.assignment,
            arrived: front.frame.arrived,
            tier: front.frame.tier,
            width_px: front.size.width_px,
            height_px: front.size.height_px,
            pixels: Pixels::new(front.pixels),
        })
    }
}
