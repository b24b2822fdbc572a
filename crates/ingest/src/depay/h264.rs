//! RFC 6184: single NAL units, STAP-A, FU-A. STAP-B, MTAP16, MTAP24 and FU-B (interleaved mode, which no camera is
//! known to use) are taken in the order of their coming; their decoding order numbers are not followed.

use super::Oddities;
use super::nal::{Lead, VideoCodec, lead};
use super::unit::Unit;

const CODEC: VideoCodec = VideoCodec::H264;

/// Adds a payload's NAL units to the access unit.
pub(crate) fn push(payload: &[u8], unit: &mut Unit, odd: &mut Oddities) {
    let Some(&first) = payload.first() else {
        odd.malformed += 1;
        return;
    };
    let kind = first & 0x1f;
    if unit.is_open() && !matches!(kind, 28 | 29) {
        unit.break_off();
    }
    match kind {
        1..=23 => unit.whole(payload),
        24 => aggregate(payload.get(1..), 0, unit, odd),
        25 => aggregate(payload.get(3..), 0, unit, odd),
        26 => aggregate(payload.get(3..), 3, unit, odd),
        27 => aggregate(payload.get(3..), 4, unit, odd),
        28 | 29 => fragment(payload, kind == 29, unit, odd),
        _ => odd.unknown += 1,
    }
}

/// NAL units behind 2-byte lengths; `skip` bytes (order number, time offset) stand between length and NAL unit.
fn aggregate(rest: Option<&[u8]>, skip: usize, unit: &mut Unit, odd: &mut Oddities) {
    let Some(mut rest) = rest else {
        odd.malformed += 1;
        return;
    };
    while !rest.is_empty() {
        let Some((length, tail)) = rest.split_first_chunk::<2>() else {
            odd.malformed += 1;
            return;
        };
        let length = usize::from(u16::from_be_bytes(*length));
        let Some(nal) = tail.get(skip..skip + length) else {
            odd.malformed += 1;
            unit.damaged = true;
            return;
        };
        unit.whole(nal);
        rest = tail.get(skip + length..).unwrap_or(&[]);
    }
}

fn fragment(payload: &[u8], with_order: bool, unit: &mut Unit, odd: &mut Oddities) {
    let (Some(&indicator), Some(&header)) = (payload.first(), payload.get(1)) else {
        odd.malformed += 1;
        return;
    };
    let body = payload.get(if with_order { 4 } else { 2 }..).unwrap_or(&[]);
    let (start, end) = (header & 0x80 != 0, header & 0x40 != 0);
    if start {
        unit.open(&[indicator & 0xe0 | header & 0x1f], body);
    } else if !unit.extend(body) {
        odd.orphans += 1;
        unit.damaged = true;
    }
    if end {
        unit.close();
    }
}

/// How the payload stands to the picture.
pub(crate) fn peek(payload: &[u8]) -> Lead {
    let Some(first) = payload.first() else { return Lead::Unknown };
    match first & 0x1f {
        1..=23 => lead(CODEC, payload),
        24 => payload.get(3..).map_or(Lead::Unknown, |nal| lead(CODEC, nal)),
        25 => payload.get(5..).map_or(Lead::Unknown, |nal| lead(CODEC, nal)),
        28 | 29 => match (payload.get(1), payload.get(if first & 0x1f == 29 { 4 } else { 2 })) {
            (Some(header), Some(byte)) if header & 0x80 != 0 => lead(CODEC, &[header & 0x1f, *byte]),
            (Some(header), _) if header & 0x80 == 0 => Lead::Fragment,
            _ => Lead::Unknown,
        },
        _ => Lead::Unknown,
    }
}
