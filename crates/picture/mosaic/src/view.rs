//! The presenter's side of a mosaic. One presenter at a time per mosaic.

use crate::layout::{AT_CHANGES, AT_GENERATION, Layout, Owners, Slot};
use crate::memory::Memory;
use crate::{Frame, MosaicError, MosaicPlace, Result, SlotSize};
use easien_model::CameraId;
use std::fmt;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Rounds of the exchange before a slot is left for the next look: an honest writer needs one or two.
const MAX_ROUNDS: u32 = 16;

/// A mosaic as opened by a presenter. Clones share it. Closing: drop it and all [`Pixels`].
#[derive(Clone, Debug)]
pub struct MosaicView {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    memory: Memory,
    layout: Layout,
    /// The change counter at the last call of `changed`.
    seen: AtomicU64,
    /// Slots whose front buffer is in somebody's hands as [`Pixels`].
    lent: Vec<AtomicBool>,
}

impl MosaicView {
    /// Opens the mosaic that process `pid` holds as descriptor `fd`.
    ///
    /// # Errors
    /// It is gone, or is not a mosaic of `bytes` bytes.
    pub fn open(pid: u32, fd: i32, bytes: u64) -> Result<Self> {
        let bytes = usize::try_from(bytes).map_err(|_| MosaicError::TooLarge("mosaic"))?;
        let memory = Memory::open(pid, fd, bytes)?;
        let layout = Layout::read(&memory)?;
        let lent = layout.slots.iter().map(|_| AtomicBool::new(false)).collect();
        Ok(Self { inner: Arc::new(Inner { memory, layout, seen: AtomicU64::new(0), lent }) })
    }

    /// As [`MosaicView::open`], and checks the generation (a descriptor's number is used again by the next mosaic).
    ///
    /// # Errors
    /// As [`MosaicView::open`].
    pub fn open_place(place: &MosaicPlace) -> Result<Self> {
        let view = Self::open(place.pid, place.fd, place.bytes)?;
        if view.generation() != place.generation {
            return Err(MosaicError::Invalid("another generation"));
        }
        Ok(view)
    }

    /// As given at its making.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.inner.memory.word(AT_GENERATION).load(Ordering::Relaxed)
    }

    /// How many slots.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.inner.layout.slots.len()
    }

    /// A slot's size; None if there is no such slot.
    #[must_use]
    pub fn size(&self, slot: usize) -> Option<SlotSize> {
        self.inner.layout.slots.get(slot).map(|slot| slot.size)
    }

    /// Whether anything changed since this was last asked (true the first time, if anything ever did): a new picture,
    /// a slot blanked, shown or given away. Costs one read of memory.
    #[must_use]
    pub fn changed(&self) -> bool {
        let now = self.inner.memory.word(AT_CHANGES).load(Ordering::Acquire);
        self.inner.seen.swap(now, Ordering::Relaxed) != now
    }

    /// A slot; None if there is no such slot.
    #[must_use]
    pub fn slot(&self, index: usize) -> Option<SlotView<'_>> {
        let slot = *self.inner.layout.slots.get(index)?;
        Some(SlotView { inner: &self.inner, index, slot })
    }

    /// The picture of a slot as taken last: `slot(index)` and [`SlotView::front`] in one.
    #[must_use]
    pub fn front(&self, index: usize) -> Option<Front> {
        self.slot(index)?.front()
    }
}

/// One slot as a presenter sees it.
#[derive(Clone, Copy)]
pub struct SlotView<'a> {
    inner: &'a Arc<Inner>,
    index: usize,
    slot: Slot,
}

impl SlotView<'_> {
    /// Its size.
    #[must_use]
    pub fn size(&self) -> SlotSize {
        self.slot.size
    }

    /// Whether it may be painted. Where not, whatever was painted must go.
    #[must_use]
    pub fn shown(&self) -> bool {
        self.slot.shown(&self.inner.memory).load(Ordering::Acquire) == 1
    }

    /// The number of its assignment; 0: none yet.
    #[must_use]
    pub fn assignment(&self) -> u64 {
        self.slot.assignment(&self.inner.memory).load(Ordering::Acquire)
    }

    /// The camera it is assigned to.
    #[must_use]
    pub fn camera(&self) -> CameraId {
        self.slot.camera(&self.inner.memory)
    }

    /// Whether [`SlotView::take`] would find a newer picture. Cheap; takes nothing.
    #[must_use]
    pub fn fresh(&self) -> bool {
        self.owners().is_some_and(|owners| owners.fresh)
    }

    /// The newest picture, if there is one that was not taken yet, the slot is shown, and the picture was painted
    /// for the slot's present assignment. None also while [`Pixels`] of this slot are alive: drop them first (ask
    /// [`SlotView::fresh`] before), for their buffer goes back to the writer.
    #[must_use]
    pub fn take(&self) -> Option<Front> {
        if !self.shown() {
            return None;
        }
        let pixels = self.lend()?;
        let word = self.slot.owners(&self.inner.memory);
        for _ in 0..MAX_ROUNDS {
            let seen = word.load(Ordering::Relaxed);
            let owners = Owners::from_word(seen).filter(|owners| owners.fresh)?.received();
            if word.compare_exchange(seen, owners.word(), Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return self.checked(owners.front, pixels);
            }
        }
        None
    }

    /// The picture that was taken last, again, under the same conditions. None if none was.
    #[must_use]
    pub fn front(&self) -> Option<Front> {
        let owners = self.owners().filter(|owners| owners.taken)?;
        if !self.shown() {
            return None;
        }
        let pixels = self.lend()?;
        self.checked(owners.front, pixels)
    }

    /// What the picture taken last is, without its pixels, under the same conditions but whoever holds them: for its
    /// age.
    #[must_use]
    pub fn frame(&self) -> Option<Frame> {
        let owners = self.owners().filter(|owners| owners.taken)?;
        let frame = self.slot.read_frame(&self.inner.memory, owners.front);
        (self.shown() && frame.assignment == self.assignment()).then_some(frame)
    }

    fn owners(&self) -> Option<Owners> {
        Owners::from_word(self.slot.owners(&self.inner.memory).load(Ordering::Acquire))
    }

    /// Marks the front as lent; None if it is.
    fn lend(&self) -> Option<Pixels> {
        if self.inner.lent.get(self.index)?.swap(true, Ordering::Acquire) {
            return None;
        }
        Some(Pixels { inner: self.inner.clone(), index: self.index, at: 0, len: 0 })
    }

    /// Gives the pixels out if they are of the present assignment.
    fn checked(&self, front: u8, mut pixels: Pixels) -> Option<Front> {
        let frame = self.slot.read_frame(&self.inner.memory, front);
        if frame.assignment == 0 || frame.assignment != self.assignment() {
            return None;
        }
        pixels.at = self.slot.pixels_at(front);
        pixels.len = self.slot.size.picture_bytes();
        Some(Front { frame, size: self.slot.size, pixels })
    }
}

impl fmt::Debug for SlotView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotView")
            .field("index", &self.index)
            .field("size", &self.slot.size)
            .finish_non_exhaustive()
    }
}

/// A picture to paint.
#[derive(Debug)]
pub struct Front {
    /// What it is.
    pub frame: Frame,
    /// Its size; rows follow each other without padding, the stride is `width_px * 4`.
    pub size: SlotSize,
    /// Its pixels.
    pub pixels: Pixels,
}

/// A slot's front buffer, 4 bytes a pixel, 0xffRRGGBB in native order (on little-endian machines: B, G, R, 0xff).
/// Keeps the mapping alive. As long as it lives, the slot gives out no other: there is one owner at any time.
pub struct Pixels {
    inner: Arc<Inner>,
    index: usize,
    at: usize,
    len: usize,
}

impl AsRef<[u8]> for Pixels {
    fn as_ref(&self) -> &[u8] {
        let start = self.inner.memory.bytes(self.at, self.len);
        // SAFETY: inside the mapping; the front buffer belongs to this handle (`lent`) by the buffer protocol.
        unsafe { slice::from_raw_parts(start.as_ptr(), self.len) }
    }
}

impl AsMut<[u8]> for Pixels {
    fn as_mut(&mut self) -> &mut [u8] {
        let start = self.inner.memory.bytes(self.at, self.len);
        // SAFETY: as above, and `&mut self`.
        unsafe { slice::from_raw_parts_mut(start.as_ptr(), self.len) }
    }
}

impl Drop for Pixels {
    fn drop(&mut self) {
        if let Some(lent) = self.inner.lent.get(self.index) {
            lent.store(false, Ordering::Release);
        }
    }
}

impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pixels").field("slot", &self.index).field("bytes", &self.len).finish_non_exhaustive()
    }
}
