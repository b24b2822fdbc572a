//! Sample entries: what a decoder must know before the first sample.

use super::{BoxWriter, sps};
use bytes::Bytes;
use easien_model::{AudioParams, Codec, VideoParams};

/// The sample entry of a video track.
pub fn video(w: &mut BoxWriter, params: &VideoParams) {
    let kind = if params.codec == Codec::H265 { b"hvc1" } else { b"avc1" };
    w.boxed(kind, |w| {
        w.zeros(6);
        w.u16(1);
        w.zeros(16);
        w.u16(side(params.width_px));
        w.u16(side(params.height_px));
        w.u32(0x0048_0000);
        w.u32(0x0048_0000);
        w.u32(0);
        w.u16(1);
        w.zeros(32);
        w.u16(0x18);
        w.u16(0xffff);
        if params.codec == Codec::H265 {
            w.boxed(b"hvcC", |w| hvcc(w, &params.parameter_sets));
        } else {
            w.boxed(b"avcC", |w| avcc(w, &params.parameter_sets));
        }
    });
}

/// A side in pixels as the boxes can say it.
#[must_use]
pub fn side(px: u32) -> u16 {
    u16::try_from(px).unwrap_or(u16::MAX)
}

fn sets<'a>(all: &'a [Bytes], most: usize, is: impl Fn(&[u8]) -> bool + 'a) -> Vec<&'a [u8]> {
    all.iter()
        .map(|set| &set[..])
        .filter(|set| !set.is_empty() && u16::try_from(set.len()).is_ok() && is(set))
        .take(most)
        .collect()
}

fn list(w: &mut BoxWriter, sets: &[&[u8]]) {
    for set in sets {
        w.u16(u16::try_from(set.len()).unwrap_or(0));
        w.bytes(set);
    }
}

#[allow(clippy::cast_possible_truncation)]
fn avcc(w: &mut BoxWriter, all: &[Bytes]) {
    let sequence = sets(all, 31, |set| set[0] & 31 == 7);
    let picture = sets(all, 255, |set| set[0] & 31 == 8);
    let extension = sets(all, 255, |set| set[0] & 31 == 13);
    let head = sequence.first().and_then(|set| set.get(1..4)).unwrap_or(&[66, 0, 30]);
    w.u8(1);
    w.bytes(head);
    w.u8(0xfc | 3);
    w.u8(0xe0 | sequence.len() as u8);
    list(w, &sequence);
    w.u8(picture.len() as u8);
    list(w, &picture);
    if sps::has_format(head[0]) {
        let format = sequence.first().map(|set| sps::h264(set)).unwrap_or_default();
        w.u8(0xfc | format.chroma);
        w.u8(0xf8 | format.luma_depth_minus8);
        w.u8(0xf8 | format.chroma_depth_minus8);
        w.u8(extension.len() as u8);
        list(w, &extension);
    }
}

#[allow(clippy::cast_possible_truncation)]
fn hvcc(w: &mut BoxWriter, all: &[Bytes]) {
    const KINDS: [u8; 5] = [32, 33, 34, 39, 40];
    let of =
        |kind: u8| sets(all, usize::from(u16::MAX), move |set| set.len() > 2 && set[0] >> 1 & 63 == kind);
    let format = of(33).first().and_then(|set| sps::h265(set)).unwrap_or(sps::HevcFormat {
        general: [1, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 93],
        layers: 1,
        nested: true,
        format: sps::Format::default(),
    });
    w.u8(1);
    w.bytes(&format.general);
    w.u16(0xf000);
    w.u8(0xfc);
    w.u8(0xfc | format.format.chroma);
    w.u8(0xf8 | format.format.luma_depth_minus8);
    w.u8(0xf8 | format.format.chroma_depth_minus8);
    w.u16(0);
    w.u8((format.layers & 7) << 3 | u8::from(format.nested) << 2 | 3);
    let arrays: Vec<(u8, Vec<&[u8]>)> =
        KINDS.iter().map(|&kind| (kind, of(kind))).filter(|(_, sets)| !sets.is_empty()).collect();
    w.u8(arrays.len() as u8);
    for (kind, sets) in arrays {
        w.u8(0x80 | kind);
        w.u16(sets.len() as u16);
        list(w, &sets);
    }
}

/// The sample entry of an audio track.
pub fn audio(w: &mut BoxWriter, params: &AudioParams) {
    let kind = match params.codec {
        Codec::Pcmu => b"ulaw",
        Codec::Pcma => b"alaw",
        _ => b"mp4a",
    };
    w.boxed(kind, |w| {
        w.zeros(6);
        w.u16(1);
        w.zeros(8);
        w.u16(u16::from(params.channels.max(1)));
        w.u16(16);
        w.u32(0);
        w.u32(if params.rate_hz <= 0xffff { params.rate_hz << 16 } else { 0 });
        if params.codec == Codec::Aac {
            w.full(b"esds", 0, 0, |w| esds(w, &params.config));
        }
    });
}

fn esds(w: &mut BoxWriter, config: &[u8]) {
    // Lengths as one byte: a configuration is a few bytes long, and cut where a camera says otherwise.
    let config = config.get(..config.len().min(64)).unwrap_or(config);
    let specific = 2 + u8::try_from(config.len()).unwrap_or(0);
    w.bytes(&[0x03, 3 + 2 + 13 + specific + 3]);
    w.u16(0);
    w.u8(0);
    w.bytes(&[0x04, 13 + specific, 0x40, 0x15]);
    w.zeros(3);
    w.u32(0);
    w.u32(0);
    w.bytes(&[0x05, specific - 2]);
    w.bytes(config);
    w.bytes(&[0x06, 1, 0x02]);
}
