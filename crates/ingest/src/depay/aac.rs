//! RFC 3640: AAC with AU headers (AAC-hbr, AAC-lbr and any other widths the SDP declares): several frames in a packet,
//! or one frame in several packets.

use super::{AudioFrame, Oddities, Packet};
use crate::bits::Bits;
use bytes::Bytes;

/// Larger frames than this are not AAC.
const MOST_FRAME_BYTES: usize = 64 * 1024;

/// Widths of the AU header's fields and the frame's duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AacLayout {
    pub(crate) size_bits: u32,
    pub(crate) index_bits: u32,
    pub(crate) index_delta_bits: u32,
    /// Samples in a frame: 1024 or 960.
    pub(crate) frame_samples: u32,
}

impl Default for AacLayout {
    /// AAC-hbr.
    fn default() -> Self {
        Self { size_bits: 13, index_bits: 3, index_delta_bits: 3, frame_samples: 1024 }
    }
}

/// The depacketiser of one AAC stream.
#[derive(Debug)]
pub(crate) struct AacDepay {
    layout: AacLayout,
    /// A frame that goes on in the next packet: bytes so far, bytes in all, timestamp, damaged.
    part: Option<(Vec<u8>, usize, u32, bool)>,
    pub(crate) odd: Oddities,
}

impl AacDepay {
    pub(crate) fn new(layout: AacLayout) -> Self {
        Self { layout, part: None, odd: Oddities::default() }
    }

    /// Takes a packet; `out` gets every frame that is complete now.
    pub(crate) fn push(&mut self, packet: &Packet<'_>, out: &mut impl FnMut(AudioFrame)) {
        let mut lost = packet.lost > 0;
        if lost || self.part.as_ref().is_some_and(|part| part.2 != packet.timestamp) {
            lost |= self.part.take().is_some();
        }
        let Some((sizes, data)) = self.headers(packet.payload) else {
            self.odd.malformed += 1;
            return;
        };
        if let [size] = sizes[..]
            && (size > data.len() || self.part.is_some())
        {
            self.push_part(packet, size, data, lost, out);
            return;
        }
        self.part = None;
        let mut rest = data;
        for (index, size) in sizes.into_iter().enumerate() {
            let Some(frame) = rest.get(..size) else {
                self.odd.malformed += 1;
                return;
            };
            rest = rest.get(size..).unwrap_or(&[]);
            if frame.is_empty() {
                continue;
            }
            let after = u32::try_from(index).unwrap_or(0).wrapping_mul(self.layout.frame_samples);
            out(AudioFrame {
                timestamp: packet.timestamp.wrapping_add(after),
                arrived: packet.arrived,
                data: Bytes::copy_from_slice(frame),
                damaged: std::mem::take(&mut lost),
            });
        }
    }

    fn push_part(
        &mut self,
        packet: &Packet<'_>,
        size: usize,
        data: &[u8],
        lost: bool,
        out: &mut impl FnMut(AudioFrame),
    ) {
        if size > MOST_FRAME_BYTES {
            self.odd.oversize += 1;
            self.part = None;
            return;
        }
        let (bytes, whole, timestamp, damaged) =
            self.part.get_or_insert_with(|| (Vec::with_capacity(size), size, packet.timestamp, lost));
        if *whole != size || bytes.len() + data.len() > size {
            self.odd.malformed += 1;
            self.part = None;
            return;
        }
        bytes.extend_from_slice(data);
        if bytes.len() == *whole {
            let frame = AudioFrame {
                timestamp: *timestamp,
                arrived: packet.arrived,
                data: Bytes::copy_from_slice(bytes),
                damaged: *damaged,
            };
            self.part = None;
            out(frame);
        }
    }

    /// The frames' sizes and the bytes behind the headers.
    fn headers<'a>(&self, payload: &'a [u8]) -> Option<(Vec<usize>, &'a [u8])> {
        if self.layout.size_bits == 0 {
            return Some((vec![payload.len()], payload));
        }
        let (length, rest) = payload.split_first_chunk::<2>()?;
        let header_bits = usize::from(u16::from_be_bytes(*length));
        let header_bytes = header_bits.div_ceil(8);
        let mut bits = Bits::new(rest.get(..header_bytes)?);
        let mut sizes = Vec::with_capacity(4);
        let mut used = 0usize;
        loop {
            let index = if sizes.is_empty() { self.layout.index_bits } else { self.layout.index_delta_bits };
            let width = (self.layout.size_bits + index) as usize;
            if width == 0 || used + width > header_bits {
                break;
            }
            sizes.push(bits.u(self.layout.size_bits)? as usize);
            bits.skip(index as usize)?;
            used += width;
        }
        (!sizes.is_empty()).then_some((sizes, rest.get(header_bytes..)?))
    }
}

/// Samples per second, channels and samples in a frame, from an AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1).
pub(crate) fn parse_config(config: &[u8]) -> Option<(u32, u8, u32)> {
    const RATES: [u32; 13] =
        [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
    let mut bits = Bits::new(config);
    let mut kind = bits.u(5)?;
    if kind == 31 {
        kind = 32 + bits.u(6)?;
    }
    let mut rate = || -> Option<u32> {
        match bits.u(4)? {
            15 => bits.u(24),
            index => RATES.get(index as usize).copied(),
        }
    };
    let rate_hz = rate()?;
    let channels = match bits.u(4)? {
        7 => 8,
        channels @ 1..=6 => channels,
        _ => 2,
    };
    // Types 1 to 4 begin their own config with frameLengthFlag.
    let short = matches!(kind, 1..=4) && bits.flag().unwrap_or(false);
    Some((rate_hz, u8::try_from(channels).ok()?, if short { 960 } else { 1024 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::UtcMicros;
    use proptest::prelude::*;

    fn push(depay: &mut AacDepay, timestamp: u32, lost: u16, payload: &[u8]) -> Vec<(u32, Vec<u8>, bool)> {
        let mut out = Vec::new();
        let packet = Packet { payload, timestamp, marker: true, lost, arrived: UtcMicros(0) };
        depay.push(&packet, &mut |frame| out.push((frame.timestamp, frame.data.to_vec(), frame.damaged)));
        out
    }

    fn header(sizes: &[usize]) -> Vec<u8> {
        let mut out = u16::try_from(16 * sizes.len()).unwrap().to_be_bytes().to_vec();
        for size in sizes {
            out.extend(u16::try_from(size << 3).unwrap().to_be_bytes());
        }
        out
    }

    #[test]
    fn several_frames_in_a_packet() {
        let mut depay = AacDepay::new(AacLayout::default());
        let payload = [header(&[2, 3]), vec![1, 2, 3, 4, 5]].concat();
        assert_eq!(push(&mut depay, 7, 0, &payload), [(7, vec![1, 2], false), (1031, vec![3, 4, 5], false)]);
    }

    #[test]
    fn a_frame_in_several_packets_and_one_with_a_hole() {
        let mut depay = AacDepay::new(AacLayout::default());
        let first = [header(&[5]), vec![1, 2]].concat();
        let last = [header(&[5]), vec![3, 4, 5]].concat();
        assert_eq!(push(&mut depay, 7, 0, &first), []);
        assert_eq!(push(&mut depay, 7, 0, &last), [(7, vec![1, 2, 3, 4, 5], false)]);
        assert_eq!(push(&mut depay, 8, 0, &first), []);
        assert_eq!(push(&mut depay, 8, 1, &last), []);
        let whole = [header(&[1]), vec![9]].concat();
        assert_eq!(push(&mut depay, 9, 0, &whole).len(), 1);
    }

    #[test]
    fn configs() {
        assert_eq!(parse_config(&[0x14, 0x08]), Some((16000, 1, 1024)));
        assert_eq!(parse_config(&[0x12, 0x10]), Some((44100, 2, 1024)));
        assert_eq!(parse_config(&[]), None);
    }

    proptest! {
        #[test]
        fn frames_in_frames_out(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..400), 1..8)) {
            let mut depay = AacDepay::new(AacLayout::default());
            let mut payload = header(&frames.iter().map(Vec::len).collect::<Vec<_>>());
            payload.extend(frames.concat());
            let out: Vec<_> = push(&mut depay, 0, 0, &payload).into_iter().map(|frame| frame.1).collect();
            prop_assert_eq!(out, frames);
        }

        #[test]
        fn never_panics(payloads in prop::collection::vec((any::<u32>(), 0u16..2, any::<Vec<u8>>()), 0..20)) {
            let mut depay = AacDepay::new(AacLayout::default());
            for (timestamp, lost, payload) in payloads {
                push(&mut depay, timestamp & 1, lost, &payload);
                parse_config(&payload);
            }
        }
    }
}
