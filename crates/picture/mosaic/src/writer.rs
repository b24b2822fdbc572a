//! The worker's side of a mosaic.

use crate::layout::{AT_CHANGES, AT_GENERATION, Layout, Owners, Slot};
use crate::memory::Memory;
use crate::{Frame, MosaicError, MosaicPlace, Result, SlotSize};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A mosaic as opened by a worker.
#[derive(Clone, Debug)]
pub struct MosaicWriter {
    memory: Arc<Memory>,
    layout: Layout,
}

impl MosaicWriter {
    /// Opens the mosaic that process `pid` holds as descriptor `fd`.
    ///
    /// # Errors
    /// It is gone, or is not a mosaic of `bytes` bytes.
    pub fn open(pid: u32, fd: i32, bytes: u64) -> Result<Self> {
        let bytes = usize::try_from(bytes).map_err(|_| MosaicError::TooLarge("mosaic"))?;
        let memory = Memory::open(pid, fd, bytes)?;
        let layout = Layout::read(&memory)?;
        Ok(Self { memory: Arc::new(memory), layout })
    }

    /// As [`MosaicWriter::open`], and checks the generation.
    ///
    /// # Errors
    /// As [`MosaicWriter::open`].
    pub fn open_place(place: &MosaicPlace) -> Result<Self> {
        let writer = Self::open(place.pid, place.fd, place.bytes)?;
        if writer.memory.word(AT_GENERATION).load(Ordering::Relaxed) != place.generation {
            return Err(MosaicError::Invalid("another generation"));
        }
        Ok(writer)
    }

    /// The writing end of a slot; None if there is no such slot. A slot must have one writer at a time, over all
    /// processes: the station gives each slot to one worker.
    #[must_use]
    pub fn slot(&self, index: usize) -> Option<SlotWriter> {
        let slot = *self.layout.slots.get(index)?;
        Some(SlotWriter { memory: self.memory.clone(), slot })
    }
}

/// The writing end of one slot.
#[derive(Debug)]
pub struct SlotWriter {
    memory: Arc<Memory>,
    slot: Slot,
}

impl SlotWriter {
    /// The slot's size.
    #[must_use]
    pub fn size(&self) -> SlotSize {
        self.slot.size
    }

    /// Paints into the back buffer: `paint(pixels, stride_bytes)`. The buffer holds some earlier picture (or black),
    /// not necessarily the last one, so every pixel must be written.
    pub fn back<R>(&mut self, paint: impl FnOnce(&mut [u8], usize) -> R) -> R {
        let back = self.owners().back;
        let len = self.slot.size.picture_bytes();
        let start = self.memory.bytes(self.slot.pixels_at(back), len);
        // SAFETY: inside the mapping; the back buffer belongs to this writer until `publish` (one writer a slot), and
        // `&mut self` keeps it from being handed out twice.
        let pixels = unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) };
        paint(pixels, self.slot.size.stride_bytes())
    }

    /// Hands the back buffer over to the presenter as the newest picture.
    pub fn publish(&mut self, frame: &Frame) {
        let word = self.slot.owners(&self.memory);
        loop {
            let seen = word.load(Ordering::Relaxed);
            let owners = Owners::from_word(seen).unwrap_or(Owners::FIRST);
            self.slot.write_frame(&self.memory, owners.back, frame);
            let next = owners.published().word();
            // Only the presenter can come between, and only once until the next picture: this ends after two rounds.
            if word.compare_exchange(seen, next, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                break;
            }
        }
        self.memory.word(AT_CHANGES).fetch_add(1, Ordering::Release);
    }

    fn owners(&self) -> Owners {
        Owners::from_word(self.slot.owners(&self.memory).load(Ordering::Acquire)).unwrap_or(Owners::FIRST)
    }
}
