//! Sample entries back to the parameters of a run: `avc1`+`avcC`, `hvc1`+`hvcC`, `mp4a`+`esds`, `ulaw`, `alaw`.

use super::boxes::{Cursor, child, children};
use bytes::Bytes;
use easien_model::{AudioParams, Codec, Params, VideoParams};

/// More parameter sets than this in a sample entry are nonsense.
const SETS: usize = 256;

/// The parameters that the first sample entry of an `stsd` body says. `None`: not one that segments have.
#[must_use]
pub fn params(stsd: &[u8]) -> Option<Params> {
    let (kind, body) = first(stsd)?;
    match &kind {
        b"avc1" | b"avc3" => video(Codec::H264, body),
        b"hvc1" | b"hev1" => video(Codec::H265, body),
        b"mp4a" => audio(Codec::Aac, body),
        b"ulaw" => audio(Codec::Pcmu, body),
        b"alaw" => audio(Codec::Pcma, body),
        _ => None,
    }
}

fn first(stsd: &[u8]) -> Option<([u8; 4], &[u8])> {
    let mut cursor = Cursor::new(stsd);
    cursor.version_flags()?;
    if cursor.u32()? != 1 {
        return None;
    }
    children(cursor.rest()).next()
}

fn video(codec: Codec, body: &[u8]) -> Option<Params> {
    let mut cursor = Cursor::new(body);
    cursor.take(24)?;
    let width_px = u32::from(cursor.u16()?);
    let height_px = u32::from(cursor.u16()?);
    cursor.take(50)?;
    let parameter_sets = match codec {
        Codec::H264 => avc(child(cursor.rest(), b"avcC")?)?,
        _ => hevc(child(cursor.rest(), b"hvcC")?)?,
    };
    Some(Params::Video(VideoParams { codec, parameter_sets, width_px, height_px, declared_fps: None }))
}

/// ISO/IEC 14496-15 section 5.3.3.1. Only NAL units behind lengths of 4 bytes are what segments have.
fn avc(body: &[u8]) -> Option<Vec<Bytes>> {
    let mut cursor = Cursor::new(body);
    if cursor.u8()? != 1 {
        return None;
    }
    cursor.take(3)?;
    if cursor.u8()? & 3 != 3 {
        return None;
    }
    let mut sets = Vec::new();
    let sps = cursor.u8()? & 0x1f;
    read_sets(&mut cursor, usize::from(sps), &mut sets)?;
    let pps = cursor.u8()?;
    read_sets(&mut cursor, usize::from(pps), &mut sets)?;
    // The extension of the high profiles: SPS extensions come behind a count of their own.
    if cursor.rest().len() >= 4 {
        cursor.take(3)?;
        let extensions = cursor.u8()?;
        read_sets(&mut cursor, usize::from(extensions), &mut sets)?;
    }
    Some(sets)
}

/// ISO/IEC 14496-15 section 8.3.3.1.
fn hevc(body: &[u8]) -> Option<Vec<Bytes>> {
    let mut cursor = Cursor::new(body);
    if cursor.u8()? != 1 {
        return None;
    }
    cursor.take(20)?;
    if cursor.u8()? & 3 != 3 {
        return None;
    }
    let mut sets = Vec::new();
    for _ in 0..cursor.u8()? {
        cursor.u8()?;
        let count = usize::from(cursor.u16()?);
        read_sets(&mut cursor, count, &mut sets)?;
    }
    Some(sets)
}

fn read_sets(cursor: &mut Cursor<'_>, count: usize, sets: &mut Vec<Bytes>) -> Option<()> {
    for _ in 0..count {
        let bytes = usize::from(cursor.u16()?);
        sets.push(Bytes::copy_from_slice(cursor.take(bytes)?));
        if sets.len() > SETS {
            return None;
        }
    }
    Some(())
}

fn audio(codec: Codec, body: &[u8]) -> Option<Params> {
    let mut cursor = Cursor::new(body);
    cursor.take(16)?;
    let channels = u8::try_from(cursor.u16()?).ok()?;
    cursor.take(6)?;
    let rate_hz = cursor.u32()? >> 16;
    let config = match codec {
        Codec::Aac => Bytes::copy_from_slice(specific_config(child(cursor.rest(), b"esds")?)?),
        _ => Bytes::new(),
    };
    Some(Params::Audio(AudioParams { codec, rate_hz, channels, config }))
}

/// The AudioSpecificConfig inside of an `esds` (ISO/IEC 14496-1 section 7.2.6).
fn specific_config(esds: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(esds);
    cursor.version_flags()?;
    let mut stream = Cursor::new(descriptor(&mut cursor, 3)?);
    stream.u16()?;
    let flags = stream.u8()?;
    if flags & 0x80 != 0 {
        stream.u16()?;
    }
    if flags & 0x40 != 0 {
        let url = stream.u8()?;
        stream.take(usize::from(url))?;
    }
    if flags & 0x20 != 0 {
        stream.u16()?;
    }
    let mut decoder = Cursor::new(descriptor(&mut stream, 4)?);
    decoder.take(13)?;
    descriptor(&mut decoder, 5)
}

fn descriptor<'a>(cursor: &mut Cursor<'a>, tag: u8) -> Option<&'a [u8]> {
    if cursor.u8()? != tag {
        return None;
    }
    let mut bytes = 0_usize;
    for _ in 0..4 {
        let byte = cursor.u8()?;
        bytes = (bytes << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return cursor.take(bytes);
        }
    }
    None
}
