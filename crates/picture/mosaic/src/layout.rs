//! Where things are in a mosaic's memory, and the state word of a slot. Offsets follow from the slots' sizes alone;
//! none is stored.
//!
//! ```text
//!    0  magic, version, generation, bytes, slots            (words of 8 bytes, native order)
//!   64  change counter
//!  128  slot entries of 320 bytes:
//!         0 width << 32 | height; 8 assignment; 16 shown; 24, 32 camera
//!        64 state word
//!       128, 192, 256 description of buffer 0, 1, 2: assignment, camera (2 words), pts, arrived, tier, number
//!    .  page aligned: three buffers per slot, each width * height * 4 bytes, rounded up to a cache line
//! ```

use crate::memory::Memory;
use crate::{MosaicError, Result};
use easien_model::{CameraId, Ticks90k, UtcMicros};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Most slots in one mosaic.
pub const MAX_SLOTS: usize = 256;
/// Longest side of a slot, in pixels.
pub const MAX_SIDE_PX: u32 = 8192;
/// Largest mosaic, in bytes.
pub const MAX_MOSAIC_BYTES: usize = 1 << 30;

pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"EaSienMo");
pub(crate) const VERSION: u64 = 1;
pub(crate) const AT_MAGIC: usize = 0;
pub(crate) const AT_VERSION: usize = 8;
pub(crate) const AT_GENERATION: usize = 16;
pub(crate) const AT_BYTES: usize = 24;
pub(crate) const AT_SLOTS: usize = 32;
pub(crate) const AT_CHANGES: usize = 64;
const AT_TABLE: usize = 128;
const ENTRY_BYTES: usize = 320;
const PAGE_BYTES: usize = 4096;
const LINE_BYTES: usize = 64;

/// A slot's size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotSize {
    /// Width, 1 to [`MAX_SIDE_PX`].
    pub width_px: u32,
    /// Height, 1 to [`MAX_SIDE_PX`].
    pub height_px: u32,
}

impl SlotSize {
    /// Bytes from row to row: 4 per pixel, no padding.
    #[must_use]
    pub fn stride_bytes(self) -> usize {
        self.width_px as usize * 4
    }

    /// Bytes of one picture.
    #[must_use]
    pub fn picture_bytes(self) -> usize {
        self.stride_bytes() * self.height_px as usize
    }
}

/// How much of a stream was decoded for a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Nothing new: the last picture is held.
    Held,
    /// Key frames only.
    KeyFrames,
    /// The sub stream without its loop filter.
    SubLight,
    /// The sub stream.
    Sub,
    /// The main stream.
    Main,
}

impl Tier {
    fn from_word(word: u64) -> Self {
        match word {
            4 => Self::Main,
            3 => Self::Sub,
            2 => Self::SubLight,
            1 => Self::KeyFrames,
            _ => Self::Held,
        }
    }
}

/// What a buffer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The assignment that it was painted for.
    pub assignment: u64,
    /// The camera that it comes from.
    pub camera: CameraId,
    /// Presentation time on the run's clock.
    pub pts: Ticks90k,
    /// When the picture's last packet arrived, by the station's clock.
    pub arrived: UtcMicros,
    /// How it was decoded.
    pub tier: Tier,
}

/// Sizes and offsets, computed once and kept outside the shared memory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) slots: Vec<Slot>,
    pub(crate) bytes: usize,
}

/// One slot's offsets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) size: SlotSize,
    entry: usize,
    pixels: usize,
    buffer_bytes: usize,
}

impl Layout {
    pub(crate) fn new(sizes: &[SlotSize]) -> Result<Self> {
        if sizes.is_empty() || sizes.len() > MAX_SLOTS {
            return Err(MosaicError::TooLarge("number of slots"));
        }
        let mut at = (AT_TABLE + sizes.len() * ENTRY_BYTES).next_multiple_of(PAGE_BYTES);
        let mut slots = Vec::with_capacity(sizes.len());
        for (index, &size) in sizes.iter().enumerate() {
            if size.width_px == 0
                || size.height_px == 0
                || size.width_px > MAX_SIDE_PX
                || size.height_px > MAX_SIDE_PX
            {
                return Err(MosaicError::TooLarge("side of a slot"));
            }
            let buffer_bytes = size.picture_bytes().next_multiple_of(LINE_BYTES);
            slots.push(Slot { size, entry: AT_TABLE + index * ENTRY_BYTES, pixels: at, buffer_bytes });
            // At most 256 times 3 * 256 MiB: no overflow in 64 bits.
            at += (3 * buffer_bytes).next_multiple_of(PAGE_BYTES);
        }
        if at > MAX_MOSAIC_BYTES {
            return Err(MosaicError::TooLarge("mosaic"));
        }
        Ok(Self { slots, bytes: at })
    }

    /// Reads the header of an opened mosaic and believes it only where it fits the memory's true size.
    pub(crate) fn read(memory: &Memory) -> Result<Self> {
        if memory.len() < PAGE_BYTES {
            return Err(MosaicError::Invalid("too short"));
        }
        let header = |at| memory.word(at).load(Ordering::Acquire);
        if header(AT_MAGIC) != MAGIC || header(AT_VERSION) != VERSION {
            return Err(MosaicError::Invalid("not a mosaic of this version"));
        }
        let count = usize::try_from(header(AT_SLOTS)).unwrap_or(usize::MAX);
        if count > MAX_SLOTS || AT_TABLE + count * ENTRY_BYTES > memory.len() {
            return Err(MosaicError::Invalid("slot table outside"));
        }
        let sizes: Vec<SlotSize> = (0..count)
            .map(|index| {
                let word = header(AT_TABLE + index * ENTRY_BYTES);
                SlotSize { width_px: (word >> 32) as u32, height_px: (word & 0xffff_ffff) as u32 }
            })
            .collect();
        let layout = Self::new(&sizes).map_err(|_| MosaicError::Invalid("slot sizes"))?;
        if layout.bytes != memory.len() {
            return Err(MosaicError::Invalid("slots do not fit the size"));
        }
        Ok(layout)
    }

    /// Writes header and slot table of a new mosaic.
    pub(crate) fn write(&self, memory: &Memory, generation: u64) {
        let put = |at, value| memory.word(at).store(value, Ordering::Relaxed);
        put(AT_VERSION, VERSION);
        put(AT_GENERATION, generation);
        put(AT_BYTES, self.bytes as u64);
        put(AT_SLOTS, self.slots.len() as u64);
        for slot in &self.slots {
            put(slot.entry, u64::from(slot.size.width_px) << 32 | u64::from(slot.size.height_px));
            put(slot.entry + 64, Owners::FIRST.word());
        }
        memory.word(AT_MAGIC).store(MAGIC, Ordering::Release);
    }
}

impl Slot {
    pub(crate) fn assignment(self, memory: &Memory) -> &AtomicU64 {
        memory.word(self.entry + 8)
    }

    pub(crate) fn shown(self, memory: &Memory) -> &AtomicU64 {
        memory.word(self.entry + 16)
    }

    pub(crate) fn owners(self, memory: &Memory) -> &AtomicU64 {
        memory.word(self.entry + 64)
    }

    pub(crate) fn set_camera(self, memory: &Memory, camera: CameraId) {
        let (high, low) = camera.0.as_u64_pair();
        memory.word(self.entry + 24).store(high, Ordering::Relaxed);
        memory.word(self.entry + 32).store(low, Ordering::Relaxed);
    }

    pub(crate) fn camera(self, memory: &Memory) -> CameraId {
        let word = |at| memory.word(self.entry + at).load(Ordering::Relaxed);
        CameraId(Uuid::from_u64_pair(word(24), word(32)))
    }

    /// Offset of a buffer's pixels; `buffer` is 0 to 2.
    pub(crate) fn pixels_at(self, buffer: u8) -> usize {
        self.pixels + usize::from(buffer.min(2)) * self.buffer_bytes
    }

    pub(crate) fn write_frame(self, memory: &Memory, buffer: u8, frame: &Frame) {
        let at = self.entry + 128 + usize::from(buffer.min(2)) * 64;
        let (high, low) = frame.camera.0.as_u64_pair();
        let words =
            [frame.assignment, high, low, frame.pts.0 as u64, frame.arrived.0 as u64, frame.tier as u64];
        for (index, word) in words.into_iter().enumerate() {
            memory.word(at + index * 8).store(word, Ordering::Relaxed);
        }
    }

    pub(crate) fn read_frame(self, memory: &Memory, buffer: u8) -> Frame {
        let at = self.entry + 128 + usize::from(buffer.min(2)) * 64;
        let word = |index: usize| memory.word(at + index * 8).load(Ordering::Relaxed);
        Frame {
            assignment: word(0),
            camera: CameraId(Uuid::from_u64_pair(word(1), word(2))),
            pts: Ticks90k(word(3) as i64),
            arrived: UtcMicros(word(4) as i64),
            tier: Tier::from_word(word(5)),
        }
    }
}

/// Who owns which buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owners {
    pub(crate) back: u8,
    pub(crate) middle: u8,
    pub(crate) front: u8,
    /// The middle is newer than the front.
    pub(crate) fresh: bool,
    /// The front has held a picture.
    pub(crate) taken: bool,
}

impl Owners {
    pub(crate) const FIRST: Self = Self { back: 0, middle: 1, front: 2, fresh: false, taken: false };

    pub(crate) fn word(self) -> u64 {
        u64::from(self.back)
            | u64::from(self.middle) << 2
            | u64::from(self.front) << 4
            | u64::from(self.fresh) << 6
            | u64::from(self.taken) << 7
    }

    /// None unless the three are 0, 1 and 2 in some order: whatever a worker wrote here, nothing else gets through.
    pub(crate) fn from_word(word: u64) -> Option<Self> {
        let part = |shift: u32| ((word >> shift) & 3) as u8;
        let (back, middle, front) = (part(0), part(2), part(4));
        let seen = 1u8 << back | 1 << middle | 1 << front;
        (seen == 0b111).then_some(Self { back, middle, front, fresh: word & 64 != 0, taken: word & 128 != 0 })
    }

    /// After the writer handed its back buffer over.
    pub(crate) fn published(self) -> Self {
        Self { back: self.middle, middle: self.back, fresh: true, ..self }
    }

    /// After the presenter took the middle.
    pub(crate) fn received(self) -> Self {
        Self { front: self.middle, middle: self.front, fresh: false, taken: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_order_of_steps_keeps_the_buffers_apart(steps in proptest::collection::vec(any::<bool>(), 0..64)) {
            let mut owners = Owners::FIRST;
            for publish in steps {
                owners = if publish { owners.published() } else { owners.received() };
                prop_assert_eq!(Owners::from_word(owners.word()), Some(owners));
            }
        }

        #[test]
        fn a_state_word_of_garbage_never_names_a_fourth_buffer(word: u64) {
            if let Some(owners) = Owners::from_word(word) {
                prop_assert!(owners.back < 3 && owners.middle < 3 && owners.front < 3);
                prop_assert!(owners.back != owners.middle && owners.middle != owners.front && owners.back != owners.front);
            }
        }

        #[test]
        fn buffers_never_overlap(sizes in proptest::collection::vec((1u32..600, 1u32..400), 1..40)) {
            let sizes: Vec<SlotSize> =
                sizes.into_iter().map(|(width_px, height_px)| SlotSize { width_px, height_px }).collect();
            if let Ok(layout) = Layout::new(&sizes) {
                let mut end = AT_TABLE + sizes.len() * ENTRY_BYTES;
                for slot in &layout.slots {
                    for buffer in 0..3 {
                        prop_assert!(slot.pixels_at(buffer) >= end);
                        end = slot.pixels_at(buffer) + slot.size.picture_bytes();
                    }
                }
                prop_assert!(end <= layout.bytes);
            }
        }
    }
}
