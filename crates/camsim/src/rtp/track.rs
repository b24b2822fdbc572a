//! A clip cut into RTP packets once, for all clients: RFC 6184 (H.264), RFC 7798 (H.265), RFC 3640 (AAC) and
//! G.711. Each packet is kept with its interleaved frame header (RFC 2326 section 10.12) in front, the packets of an
//! access unit side by side: sending one is a copy, a few patched bytes per packet, and one write.

use crate::clip::{AccessUnits, audio::AudioClip};
use easien_model::Codec;

/// Largest RTP payload, so that a packet fits an Ethernet frame.
const PAYLOAD_BYTES: usize = 1_400;
/// Interleaved frame header.
const FRAME: usize = 4;
/// RTP header.
const HEADER: usize = 12;

/// One access unit or audio frame.
#[derive(Clone, Copy, Debug)]
struct Unit {
    /// Its packets: indices into `starts`.
    first: usize,
    last: usize,
    pts: i64,
    due: i64,
    key: bool,
}

/// A clip as packets.
#[derive(Debug)]
pub struct Track {
    /// The RTP payload type.
    pub payload_type: u8,
    /// RTP ticks in a second.
    pub clock_rate_hz: u32,
    bytes: Vec<u8>,
    /// Where each packet starts in `bytes`; one more at the end.
    starts: Vec<usize>,
    units: Vec<Unit>,
    loop_ticks: i64,
}

/// What is different each time a unit is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Interleaved channel of the RTP packets.
    pub channel: u8,
    /// Sequence number of the unit's first packet.
    pub sequence: u16,
    /// RTP time.
    pub rtp_time: u32,
    /// Sender.
    pub ssrc: u32,
}

/// Cuts access units into packets.
struct Cutter {
    payload_type: u8,
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Cutter {
    fn new(payload_type: u8) -> Self {
        Self { payload_type, bytes: Vec::new(), starts: vec![] }
    }

    fn packet(&mut self, parts: &[&[u8]]) {
        self.starts.push(self.bytes.len());
        let length: usize = HEADER + parts.iter().map(|part| part.len()).sum::<usize>();
        let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
        self.bytes.extend_from_slice(&[b'$', 0, length[0], length[1], 0x80, self.payload_type]);
        self.bytes.extend_from_slice(&[0; HEADER - 2]);
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
    }

    /// The marker bit on the newest packet.
    fn mark(&mut self) {
        if let Some(start) = self.starts.last() {
            self.bytes[start + FRAME + 1] |= 0x80;
        }
    }

    fn nal(&mut self, codec: Codec, nal: &[u8]) {
        if nal.len() <= PAYLOAD_BYTES {
            self.packet(&[nal]);
            return;
        }
        // Fragmentation units: FU-A (type 28) or FU (type 49).
        let (head, number, header_bytes) = if codec == Codec::H265 {
            (vec![(nal[0] & 0x81) | 49 << 1, nal[1]], nal[0] >> 1 & 0x3f, 2)
        } else {
            (vec![(nal[0] & 0xe0) | 28], nal[0] & 0x1f, 1)
        };
        let body = &nal[header_bytes..];
        let each = PAYLOAD_BYTES - head.len() - 1;
        let count = body.len().div_ceil(each);
        for (index, part) in body.chunks(each).enumerate() {
            let start = if index == 0 { 0x80 } else { 0 };
            let end = if index + 1 == count { 0x40 } else { 0 };
            self.packet(&[&head, &[start | end | number], part]);
        }
    }
}

impl Track {
    /// Cuts a video clip. With `inline` false its parameter sets are left out.
    #[must_use]
    pub fn video(clip: &AccessUnits, payload_type: u8, inline: bool) -> Self {
        let mut cutter = Cutter::new(payload_type);
        let mut units = Vec::with_capacity(clip.units.len());
        for unit in &clip.units {
            let first = cutter.starts.len();
            for nal in &unit.nals {
                use crate::clip::nal::{NalKind, kind};
                if inline || kind(clip.codec, nal) != NalKind::Parameters {
                    cutter.nal(clip.codec, nal);
                }
            }
            cutter.mark();
            let last = cutter.starts.len();
            units.push(Unit { first, last, pts: unit.pts_90k, due: unit.due_90k, key: unit.key });
        }
        Self::finish(cutter, units, 90_000, clip.loop_90k)
    }

    /// Cuts an audio clip.
    #[must_use]
    pub fn audio(clip: &AudioClip, payload_type: u8) -> Self {
        let mut cutter = Cutter::new(payload_type);
        let mut units = Vec::with_capacity(clip.frames.len());
        let mut time = 0;
        for frame in &clip.frames {
            let first = cutter.starts.len();
            if clip.codec == Codec::Aac {
                // RFC 3640 AAC-hbr: one AU header of 13 + 3 bits.
                let size = (u16::try_from(frame.len()).unwrap_or(0) << 3).to_be_bytes();
                cutter.packet(&[&[0, 16], &size, frame]);
                cutter.mark();
            } else {
                cutter.packet(&[frame]);
            }
            units.push(Unit { first, last: first + 1, pts: time, due: time, key: true });
            time += i64::from(clip.samples_per_frame);
        }
        Self::finish(cutter, units, clip.rate_hz, time)
    }

    fn finish(mut cutter: Cutter, units: Vec<Unit>, clock_rate_hz: u32, loop_ticks: i64) -> Self {
        cutter.starts.push(cutter.bytes.len());
        cutter.bytes.shrink_to_fit();
        Self {
            payload_type: cutter.payload_type,
            clock_rate_hz,
            bytes: cutter.bytes,
            starts: cutter.starts,
            units,
            loop_ticks: loop_ticks.max(1),
        }
    }

    /// Units in the loop.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.units.len() as u64
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    #[allow(clippy::cast_possible_truncation)]
    fn place(&self, n: u64) -> (i64, &Unit) {
        let count = self.units.len() as u64;
        let round = i64::try_from(n / count).unwrap_or(0);
        (round * self.loop_ticks, &self.units[(n % count) as usize])
    }

    /// When unit `n` (counted over all rounds) is due, in seconds from the stream's start.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn due_s(&self, n: u64) -> f64 {
        let (base, unit) = self.place(n);
        (base + unit.due) as f64 / f64::from(self.clock_rate_hz)
    }

    /// How long after being sent unit `n` is shown, in seconds: not zero where pictures are reordered.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn shown_after_s(&self, n: u64) -> f64 {
        let unit = self.place(n).1;
        (unit.pts - unit.due) as f64 / f64::from(self.clock_rate_hz)
    }

    /// The RTP time of unit `n`, before any offset.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn rtp_time(&self, n: u64) -> u32 {
        let (base, unit) = self.place(n);
        (base + unit.pts) as u32
    }

    /// The sequence number of the first packet of unit `n`, before any offset: the same for every client.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub fn sequence(&self, n: u64) -> u16 {
        let packets = (self.starts.len() - 1) as u64;
        let round = n / self.units.len() as u64;
        (round.wrapping_mul(packets) + self.place(n).1.first as u64) as u16
    }

    /// Whether decoding can begin at unit `n`.
    #[must_use]
    pub fn is_key(&self, n: u64) -> bool {
        self.place(n).1.key
    }

    /// The first unit that is not due before `seconds` from the stream's start.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn first_at(&self, seconds: f64) -> u64 {
        let ticks = (seconds.max(0.0) * f64::from(self.clock_rate_hz)).ceil() as i64;
        let (round, rest) = (ticks / self.loop_ticks, ticks % self.loop_ticks);
        let inside = self.units.partition_point(|unit| unit.due < rest) as u64;
        u64::try_from(round).unwrap_or(0) * self.units.len() as u64 + inside
    }

    /// The first unit from `n` on at which decoding can begin; `n` itself when there is none in the loop.
    #[must_use]
    pub fn key_from(&self, n: u64) -> u64 {
        (n..n + self.len()).find(|at| self.is_key(*at)).unwrap_or(n)
    }

    /// Appends unit `n`, stamped, to `out` as interleaved frames; remembers in `packets` where each begins.
    /// Returns the payload bytes.
    #[allow(clippy::cast_possible_truncation)]
    pub fn write(&self, n: u64, stamp: Stamp, out: &mut Vec<u8>, packets: &mut Vec<usize>) -> usize {
        let unit = *self.place(n).1;
        let (from, to) = (self.starts[unit.first], self.starts[unit.last]);
        let base = out.len();
        out.extend_from_slice(&self.bytes[from..to]);
        for (index, start) in self.starts[unit.first..unit.last].iter().enumerate() {
            let at = base + start - from;
            packets.push(at);
            let sequence = stamp.sequence.wrapping_add(index as u16);
            out[at + 1] = stamp.channel;
            out[at + FRAME + 2..at + FRAME + 4].copy_from_slice(&sequence.to_be_bytes());
            out[at + FRAME + 4..at + FRAME + 8].copy_from_slice(&stamp.rtp_time.to_be_bytes());
            out[at + FRAME + 8..at + FRAME + 12].copy_from_slice(&stamp.ssrc.to_be_bytes());
        }
        to - from - (unit.last - unit.first) * (FRAME + HEADER)
    }

    /// Bytes in front of the payload of a packet written by [`Track::write`].
    pub const PREFIX: usize = FRAME + HEADER;
    /// Bytes in front of the RTP header.
    pub const FRAME: usize = FRAME;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::AccessUnit;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn clip(codec: Codec, sizes: &[usize]) -> AccessUnits {
        let (idr, other) =
            if codec == Codec::H265 { (vec![19 << 1, 1], vec![1 << 1, 1]) } else { (vec![0x65], vec![0x41]) };
        let units = (0_i64..).zip(sizes).map(|(index, size)| {
            let mut nal = if index % 3 == 0 { idr.clone() } else { other.clone() };
            nal.extend((0..*size).map(|at| (at % 251) as u8));
            AccessUnit {
                nals: vec![Bytes::from(nal)],
                pts_90k: index * 6_000,
                due_90k: index * 6_000,
                key: index % 3 == 0,
            }
        });
        let loop_90k = 6_000 * i64::try_from(sizes.len()).unwrap();
        AccessUnits { codec, width_px: 0, height_px: 0, fps: 15.0, loop_90k, units: units.collect() }
    }

    /// Puts packets together again, as a receiver would.
    fn join(codec: Codec, written: &[u8], packets: &[usize]) -> Vec<u8> {
        let mut nal = Vec::new();
        for (index, at) in packets.iter().enumerate() {
            let end = packets.get(index + 1).copied().unwrap_or(written.len());
            let payload = &written[at + Track::PREFIX..end];
            assert_eq!(usize::from(u16::from_be_bytes([written[at + 2], written[at + 3]])), end - at - 4);
            assert!(payload.len() <= PAYLOAD_BYTES);
            let (fu, header_bytes) =
                if codec == Codec::H265 { (payload[0] >> 1 == 49, 2) } else { (payload[0] & 0x1f == 28, 1) };
            if fu {
                let sign = payload[header_bytes];
                if sign & 0x80 != 0 {
                    if codec == Codec::H265 {
                        nal.extend([(payload[0] & 0x81) | (sign & 0x3f) << 1, payload[1]]);
                    } else {
                        nal.push((payload[0] & 0xe0) | (sign & 0x1f));
                    }
                }
                nal.extend_from_slice(&payload[header_bytes + 1..]);
            } else {
                nal.extend_from_slice(payload);
            }
        }
        nal
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn packets_give_the_nal_units_back_and_numbers_run_on_over_the_loop(
            sizes in proptest::collection::vec(0_usize..6_000, 1..12), h265: bool, sequence: u16,
        ) {
            let codec = if h265 { Codec::H265 } else { Codec::H264 };
            let clip = clip(codec, &sizes);
            let track = Track::video(&clip, 96, true);
            let mut expected = track.sequence(0);
            for n in 0..track.len() * 3 {
                prop_assert_eq!(track.sequence(n), expected);
                prop_assert_eq!(u64::from(track.rtp_time(n)), n * 6_000);
                let (mut out, mut packets) = (Vec::new(), Vec::new());
                let stamp = Stamp { channel: 2, sequence: sequence.wrapping_add(expected), rtp_time: track.rtp_time(n), ssrc: 9 };
                track.write(n, stamp, &mut out, &mut packets);
                let index = usize::try_from(n % track.len()).unwrap();
                prop_assert_eq!(join(codec, &out, &packets), clip.units[index].nals[0].to_vec());
                for (index, at) in packets.iter().enumerate() {
                    prop_assert_eq!(out[at + 1], 2);
                    prop_assert_eq!(out[at + 5] & 0x80 != 0, index + 1 == packets.len());
                }
                expected = expected.wrapping_add(u16::try_from(packets.len()).unwrap());
            }
        }

        #[test]
        fn first_at_is_the_first_not_before(seconds in 0.0..100.0_f64) {
            let track = Track::video(&clip(Codec::H264, &[10; 7]), 96, true);
            let n = track.first_at(seconds);
            prop_assert!(track.due_s(n) >= seconds - 0.000_02);
            prop_assert!(n == 0 || track.due_s(n - 1) < seconds);
            let key = track.key_from(n);
            prop_assert!(key >= n && key < n + 3 && track.is_key(key));
        }
    }
}
