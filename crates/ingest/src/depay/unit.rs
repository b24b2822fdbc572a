//! One access unit while it is put together: NAL units behind 4-byte lengths, in the order of their coming. The buffer
//! is used again for the next unit; whoever takes the unit copies its bytes once.

use super::nal::{self, Role, SetKind, VideoCodec};
use easien_model::UtcMicros;
use std::ops::Range;

/// Larger access units are cut: no camera sends them, and one stream must not take the station's memory.
pub(crate) const MOST_UNIT_BYTES: usize = 12 * 1024 * 1024;

/// Most NAL units in one access unit.
const MOST_NALS: usize = 4096;

/// What is kept allocated between units.
const KEPT_BYTES: usize = 256 * 1024;

/// A NAL unit inside [`Unit::bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NalPlace {
    pub(crate) role: Role,
    pub(crate) range: Range<usize>,
}

/// An access unit, growing or finished.
#[derive(Debug)]
pub(crate) struct Unit {
    codec: VideoCodec,
    /// NAL units, each behind its length as 4 bytes big-endian.
    pub(crate) bytes: Vec<u8>,
    /// The complete NAL units in `bytes`.
    pub(crate) nals: Vec<NalPlace>,
    /// Where the length of the fragmented NAL unit stands that is not complete yet.
    open: Option<usize>,
    /// Low 32 bits.
    pub(crate) timestamp: u32,
    /// When its last packet arrived.
    pub(crate) arrived: UtcMicros,
    /// Packets are missing inside or directly before it, or it was cut.
    pub(crate) damaged: bool,
    /// How many whole access units are missing before it, as far as the timestamps tell.
    pub(crate) missing_before: u32,
    /// Pictures that began in it; more than one when timestamps stand still.
    pub(crate) pictures: u32,
    /// It has at least one slice, maybe incomplete.
    pub(crate) has_slices: bool,
    /// It has packets (also ones that gave no NAL unit).
    pub(crate) touched: bool,
    pub(crate) oversize: bool,
}

impl Unit {
    pub(crate) fn new(codec: VideoCodec) -> Self {
        Self {
            codec,
            bytes: Vec::new(),
            nals: Vec::new(),
            open: None,
            timestamp: 0,
            arrived: UtcMicros(0),
            damaged: false,
            missing_before: 0,
            pictures: 0,
            has_slices: false,
            touched: false,
            oversize: false,
        }
    }

    /// Makes it empty for the next access unit.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.nals.clear();
        self.nals.shrink_to(64);
        self.open = None;
        self.damaged = false;
        self.missing_before = 0;
        self.pictures = 0;
        self.has_slices = false;
        self.touched = false;
        self.oversize = false;
    }

    /// Whether a fragmented NAL unit is incomplete.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Begins a fragmented NAL unit with its rebuilt header.
    pub(crate) fn open(&mut self, header: &[u8], first: &[u8]) {
        self.break_off();
        if self.nals.len() >= MOST_NALS {
            self.cut();
            return;
        }
        let Some(type_byte) = header.first() else { return };
        if let Role::Slice { .. } = nal::role(self.codec, self.codec.nal_type(*type_byte)) {
            self.has_slices = true;
            if first.first().is_some_and(|byte| byte & 0x80 != 0) {
                self.pictures += 1;
            }
        }
        self.open = Some(self.bytes.len());
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(header);
        self.extend(first);
    }

    /// Adds to the fragmented NAL unit; false when none is open.
    pub(crate) fn extend(&mut self, more: &[u8]) -> bool {
        if self.open.is_none() {
            return false;
        }
        if self.bytes.len() + more.len() > MOST_UNIT_BYTES {
            self.cut();
            self.break_off();
            return true;
        }
        self.bytes.extend_from_slice(more);
        true
    }

    /// Ends the fragmented NAL unit.
    pub(crate) fn close(&mut self) {
        let Some(at) = self.open.take() else { return };
        let start = at + 4;
        let Ok(length) = u32::try_from(self.bytes.len() - start) else { return };
        if let Some(place) = self.bytes.get_mut(at..start) {
            place.copy_from_slice(&length.to_be_bytes());
        }
        let type_byte = self.bytes.get(start).copied().unwrap_or(0);
        let role = nal::role(self.codec, self.codec.nal_type(type_byte));
        let range = start..self.bytes.len();
        if !matches!(role, Role::Slice { .. }) && self.split_annex_b(at) {
            return;
        }
        self.nals.push(NalPlace { role, range });
    }

    /// A NAL unit that came whole.
    pub(crate) fn whole(&mut self, bytes: &[u8]) {
        let header = self.codec.header_bytes();
        if bytes.len() <= header {
            // Nothing but a header: end of sequence and the like are kept, an empty one is not.
            if bytes.len() < header || bytes.is_empty() {
                return;
            }
        }
        let (head, body) = bytes.split_at(header);
        self.open(head, body);
        self.close();
    }

    /// The fragmented NAL unit will not be completed: what came of it is kept.
    pub(crate) fn break_off(&mut self) {
        if self.open.is_some() {
            self.damaged = true;
            self.close();
        }
    }

    fn cut(&mut self) {
        self.damaged = true;
        self.oversize = true;
    }

    /// Some cameras put several NAL units with start codes into what they call one NAL unit (parameter sets and SEI
    /// before the slice). Splits the last one at its start codes; false when there are none.
    fn split_annex_b(&mut self, at: usize) -> bool {
        let start = at + 4;
        let Some(body) = self.bytes.get(start..) else { return false };
        let Some(first) = find_start_code(body, 0) else { return false };
        let body = body.to_vec();
        self.bytes.truncate(at);
        let mut from = 0;
        let mut next = Some(first);
        loop {
            let to = next.map_or(body.len(), |code| code);
            let mut piece = body.get(from..to).unwrap_or(&[]);
            // The zero byte of a 4-byte start code, and trailing zeros.
            while next.is_some() && piece.last() == Some(&0) {
                piece = &piece[..piece.len() - 1];
            }
            self.push_piece(piece);
            let Some(code) = next else { return true };
            from = code + 3;
            next = find_start_code(&body, from);
        }
    }

    fn push_piece(&mut self, piece: &[u8]) {
        let Ok(length) = u32::try_from(piece.len()) else { return };
        if piece.len() < self.codec.header_bytes() || self.nals.len() >= MOST_NALS {
            return;
        }
        let role = nal::role(self.codec, self.codec.nal_type(piece[0]));
        if let Role::Slice { .. } = role {
            self.has_slices = true;
            if piece.get(self.codec.header_bytes()).is_some_and(|byte| byte & 0x80 != 0) {
                self.pictures += 1;
            }
        }
        self.bytes.extend_from_slice(&length.to_be_bytes());
        let start = self.bytes.len();
        self.bytes.extend_from_slice(piece);
        self.nals.push(NalPlace { role, range: start..self.bytes.len() });
    }

    /// The bytes of a NAL unit of this access unit.
    pub(crate) fn nal(&self, place: &NalPlace) -> &[u8] {
        self.bytes.get(place.range.clone()).unwrap_or(&[])
    }

    /// The parameter sets in it.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (SetKind, &[u8])> {
        self.nals.iter().filter_map(|place| match place.role {
            Role::Set(kind) => Some((kind, self.nal(place))),
            _ => None,
        })
    }

    /// The slices in it.
    pub(crate) fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.nals.iter().filter_map(|place| match place.role {
            Role::Slice { .. } => Some(self.nal(place)),
            _ => None,
        })
    }
}

/// Where 00 00 01 stands at or after `from`.
fn find_start_code(bytes: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(3).position(|window| window == [0, 0, 1]).map(|at| at + from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_codes_inside_a_parameter_set_split_it() {
        let mut unit = Unit::new(VideoCodec::H264);
        unit.whole(&[0x67, 1, 2, 3, 0, 0, 0, 1, 0x68, 9, 0, 0, 1, 0x65, 0x88, 7]);
        let nals: Vec<_> = unit.nals.iter().map(|place| unit.nal(place).to_vec()).collect();
        assert_eq!(nals, [vec![0x67, 1, 2, 3], vec![0x68, 9], vec![0x65, 0x88, 7]]);
        assert!(unit.has_slices);
        assert_eq!(unit.pictures, 1);
        assert_eq!(unit.bytes[..8], [0, 0, 0, 4, 0x67, 1, 2, 3]);
    }

    #[test]
    fn a_unit_too_large_is_cut() {
        let mut unit = Unit::new(VideoCodec::H264);
        unit.open(&[0x65], &[0x88]);
        let piece = vec![1; 1_000_000];
        for _ in 0..20 {
            unit.extend(&piece);
        }
        assert!(unit.damaged && unit.oversize && unit.bytes.len() <= MOST_UNIT_BYTES);
    }
}
