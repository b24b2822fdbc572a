//! The station's side of a mosaic: making it, saying what its slots show, blanking them.

use crate::layout::{AT_CHANGES, Layout};
use crate::memory::Memory;
use crate::{MosaicError, Result, SlotSize};
use easien_model::CameraId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers assignments over all mosaics of this process, from 1, so that an old one never fits a new slot.
static NEXT_ASSIGNMENT: AtomicU64 = AtomicU64::new(1);

/// Where another process of the same user finds a mosaic: `/proc/{pid}/fd/{fd}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MosaicPlace {
    /// The process that holds it.
    pub pid: u32,
    /// Its descriptor there.
    pub fd: i32,
    /// Its size.
    pub bytes: u64,
    /// As given at its making; differs for each mosaic of a station's life.
    pub generation: u64,
}

/// One window's pixels in shared memory, as its maker holds it. Dropping it closes the descriptor; whoever has it open
/// keeps it.
#[derive(Clone, Debug)]
pub struct Mosaic {
    memory: Arc<Memory>,
    layout: Layout,
    generation: u64,
}

impl Mosaic {
    /// Makes a mosaic of black, unassigned slots that are not shown.
    ///
    /// # Errors
    /// Too many or too large slots, or no memory.
    pub fn create(sizes: &[SlotSize], generation: u64) -> Result<Self> {
        let layout = Layout::new(sizes)?;
        let memory = Memory::create("easien-mosaic", layout.bytes)?;
        layout.write(&memory, generation);
        Ok(Self { memory: Arc::new(memory), layout, generation })
    }

    /// Where others open it, while this process lives and holds it.
    #[must_use]
    pub fn place(&self) -> MosaicPlace {
        MosaicPlace {
            pid: std::process::id(),
            fd: self.memory.raw_fd().unwrap_or(-1),
            bytes: self.memory.len() as u64,
            generation: self.generation,
        }
    }

    /// How many slots.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.layout.slots.len()
    }

    /// A slot's size.
    #[must_use]
    pub fn size(&self, slot: usize) -> Option<SlotSize> {
        self.layout.slots.get(slot).map(|slot| slot.size)
    }

    /// Gives the slot to a camera and returns the new assignment's number. Pictures painted for an older assignment
    /// are no longer shown. The slot is not shown until [`Mosaic::set_shown`].
    ///
    /// # Errors
    /// `Invalid` if there is no such slot.
    pub fn assign(&self, slot: usize, camera: CameraId) -> Result<u64> {
        let slot = *self.layout.slots.get(slot).ok_or(MosaicError::Invalid("no such slot"))?;
        let assignment = NEXT_ASSIGNMENT.fetch_add(1, Ordering::Relaxed);
        slot.shown(&self.memory).store(0, Ordering::Release);
        slot.set_camera(&self.memory, camera);
        slot.assignment(&self.memory).store(assignment, Ordering::Release);
        self.changed();
        Ok(assignment)
    }

    /// Whether the slot may be painted at all. Takes effect at once, whatever the worker does.
    ///
    /// # Errors
    /// `Invalid` if there is no such slot.
    pub fn set_shown(&self, slot: usize, shown: bool) -> Result<()> {
        let slot = *self.layout.slots.get(slot).ok_or(MosaicError::Invalid("no such slot"))?;
        slot.shown(&self.memory).store(u64::from(shown), Ordering::Release);
        self.changed();
        Ok(())
    }

    fn changed(&self) {
        self.memory.word(AT_CHANGES).fetch_add(1, Ordering::Release);
    }
}
