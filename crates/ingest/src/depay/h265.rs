//! RFC 7798: single NAL units, aggregation packets, fragmentation units, each with and without decoding order numbers
//! (`sprop-max-don-diff` > 0). The numbers are passed over; PACI packets are counted as unknown.

use super::Oddities;
use super::nal::{Lead, VideoCodec, lead};
use super::unit::Unit;

const CODEC: VideoCodec = VideoCodec::H265;

/// Adds a payload's NAL units to the access unit. `donl`: order numbers are present.
pub(crate) fn push(payload: &[u8], donl: bool, unit: &mut Unit, odd: &mut Oddities) {
    let [first, second, body @ ..] = payload else {
        odd.malformed += 1;
        return;
    };
    let kind = first >> 1 & 0x3f;
    if unit.is_open() && kind != 49 {
        unit.break_off();
    }
    match kind {
        48 => aggregate(body, donl, unit, odd),
        49 => fragment([*first, *second], body, donl, unit, odd),
        0..=47 if donl => match body.get(2..) {
            Some(body) => {
                unit.open(&[*first, *second], body);
                unit.close();
            }
            None => odd.malformed += 1,
        },
        0..=47 => unit.whole(payload),
        _ => odd.unknown += 1,
    }
}

fn aggregate(mut rest: &[u8], donl: bool, unit: &mut Unit, odd: &mut Oddities) {
    let mut order_bytes = if donl { 2 } else { 0 };
    while !rest.is_empty() {
        let Some((length, tail)) = rest.get(order_bytes..).and_then(<[u8]>::split_first_chunk::<2>) else {
            odd.malformed += 1;
            return;
        };
        let length = usize::from(u16::from_be_bytes(*length));
        let Some(nal) = tail.get(..length) else {
            odd.malformed += 1;
            unit.damaged = true;
            return;
        };
        unit.whole(nal);
        rest = tail.get(length..).unwrap_or(&[]);
        order_bytes = if donl { 1 } else { 0 };
    }
}

fn fragment(payload_header: [u8; 2], body: &[u8], donl: bool, unit: &mut Unit, odd: &mut Oddities) {
    let Some((&header, body)) = body.split_first() else {
        odd.malformed += 1;
        return;
    };
    let (start, end) = (header & 0x80 != 0, header & 0x40 != 0);
    if start {
        let Some(body) = body.get(if donl { 2 } else { 0 }..) else {
            odd.malformed += 1;
            return;
        };
        unit.open(&[payload_header[0] & 0x81 | (header & 0x3f) << 1, payload_header[1]], body);
    } else if !unit.extend(body) {
        odd.orphans += 1;
        unit.damaged = true;
    }
    if end {
        unit.close();
    }
}

/// How the payload stands to the picture.
pub(crate) fn peek(payload: &[u8], donl: bool) -> Lead {
    let [first, second, body @ ..] = payload else { return Lead::Unknown };
    let order = if donl { 2 } else { 0 };
    match first >> 1 & 0x3f {
        48 => body.get(order + 2..).map_or(Lead::Unknown, |nal| lead(CODEC, nal)),
        49 => match (body.first(), body.get(1 + order)) {
            (Some(header), Some(byte)) if header & 0x80 != 0 => {
                lead(CODEC, &[(header & 0x3f) << 1, *second, *byte])
            }
            (Some(header), _) if header & 0x80 == 0 => Lead::Fragment,
            _ => Lead::Unknown,
        },
        0..=47 => match body.get(order) {
            Some(byte) => lead(CODEC, &[*first, *second, *byte]),
            None => lead(CODEC, payload),
        },
        _ => Lead::Unknown,
    }
}
