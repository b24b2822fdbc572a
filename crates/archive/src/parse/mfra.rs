//! The index at the end of a closed segment: where the fragments with key frames are.

use super::boxes::{BoxHead, Cursor, ReadAt, children};
use std::io;

/// A longer index than this is nonsense.
pub const MFRA_BYTES: u64 = 16 << 20;

/// A fragment that begins with a key frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPlace {
    /// Decoding time of its first picture, in ticks of 1/90000 s from the segment's begin.
    pub time_90k: i64,
    /// Where its `moof` begins in the file.
    pub offset: u64,
}

/// Reads an `mfra` box (head included) of these many bytes. `None`: it makes no sense.
#[must_use]
pub fn parse(data: &[u8], video_track: u32) -> Option<Vec<KeyPlace>> {
    let head = BoxHead::parse(data)?;
    if !head.is(b"mfra") || head.bytes != data.len() as u64 {
        return None;
    }
    let body = data.get(usize::try_from(head.head_bytes).ok()?..)?;
    let mut places = None;
    let mut closed = false;
    let mut read = 0;
    for (kind, inner) in children(body) {
        read += inner.len() + 8;
        match &kind {
            b"tfra" if places.is_none() => places = Some(tfra(inner, video_track)?),
            b"mfro" => {
                let mut mfro = Cursor::new(inner);
                let plain = mfro.version_flags()? == (0, 0);
                closed = plain && u64::from(mfro.u32()?) == head.bytes && mfro.rest().is_empty();
            }
            _ => return None,
        }
    }
    (closed && read == body.len()).then_some(places).flatten()
}

fn tfra(body: &[u8], video_track: u32) -> Option<Vec<KeyPlace>> {
    let mut cursor = Cursor::new(body);
    let (version, flags) = cursor.version_flags()?;
    if version != 1 || flags != 0 || cursor.u32()? != video_track {
        return None;
    }
    let lengths = cursor.u32()?;
    if lengths >> 6 != 0 {
        return None;
    }
    let numbers = [(lengths >> 4) & 3, (lengths >> 2) & 3, lengths & 3].map(|bits| bits as usize + 1);
    let count = usize::try_from(cursor.u32()?).ok()?;
    if cursor.rest().len() != count.checked_mul(16 + numbers.iter().sum::<usize>())? {
        return None;
    }
    let mut places = Vec::with_capacity(count);
    for _ in 0..count {
        let time_90k = cursor.i64()?;
        let offset = cursor.u64()?;
        for bytes in numbers {
            // Number of the traf, the trun, the sample: the first of each.
            if cursor.take(bytes)?.iter().fold(0_u64, |all, byte| (all << 8) | u64::from(*byte)) != 1 {
                return None;
            }
        }
        places.push(KeyPlace { time_90k, offset });
    }
    places.is_sorted_by(|a, b| a.offset < b.offset).then_some(places)
}

/// Finds the index through the last 16 bytes of a file (`mfro`) and reads it. With it, where it begins.
///
/// # Errors
/// The medium cannot be read.
pub fn read(source: &(impl ReadAt + ?Sized), video_track: u32) -> io::Result<Option<(u64, Vec<KeyPlace>)>> {
    let len = source.len_bytes()?;
    // Mostly one read does: 150 fragments take 4 KiB.
    let tail_bytes = len.min(8 << 10);
    let Some(tail) = source.read_vec(len - tail_bytes, tail_bytes as usize)? else { return Ok(None) };
    let Some(size) = tail.last_chunk::<16>().and_then(|last| {
        let head = BoxHead::parse(last)?;
        let size = u64::from(u32::from_be_bytes(*last.last_chunk::<4>()?));
        (head.is(b"mfro") && head.bytes == 16 && size > 16 && size <= MFRA_BYTES && size <= len)
            .then_some(size)
    }) else {
        return Ok(None);
    };
    let offset = len - size;
    let places = if size <= tail_bytes {
        tail.get((tail_bytes - size) as usize..).and_then(|data| parse(data, video_track))
    } else {
        source.read_vec(offset, size as usize)?.and_then(|data| parse(&data, video_track))
    };
    Ok(places.map(|places| (offset, places)))
}
