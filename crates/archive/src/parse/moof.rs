//! A fragment's table of samples.

use super::boxes::{Cursor, child, children};
use super::moov::{Track, Tracks};

/// More samples than this in a fragment are nonsense: it is a second, or a GOP.
pub const SAMPLES: usize = 1 << 17;

/// No decode time is further from 0 than this, so that sums of a few never overflow.
const DECODE_MOST: i64 = 1 << 52;

/// A sample in a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentSample {
    /// Where its bytes begin, from the begin of the `moof`.
    pub offset: u64,
    /// How many bytes.
    pub bytes: u32,
    /// When it is decoded, in the track's ticks.
    pub decode: i64,
    /// Until the next one is, in the track's ticks.
    pub duration: u32,
    /// When it is shown, less `decode`.
    pub composition: i32,
    /// Decoding can start here.
    pub key: bool,
    /// It came damaged from the camera.
    pub damaged: bool,
}

impl FragmentSample {
    /// When it is shown, in the track's ticks.
    #[must_use]
    pub fn presentation(&self) -> i64 {
        self.decode.saturating_add(i64::from(self.composition))
    }
}

/// What a `moof` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// Number of the fragment, from 1.
    pub number: u32,
    /// Pictures in decoding order.
    pub video: Vec<FragmentSample>,
    /// Sound.
    pub audio: Vec<FragmentSample>,
}

impl Fragment {
    /// Reads a `moof` box's body. Every sample lies in `[from, to)`, counted from the begin of the `moof`.
    /// `None`: it makes no sense.
    #[must_use]
    pub fn parse(moof: &[u8], tracks: &Tracks, from: u64, to: u64) -> Option<Self> {
        let mut mfhd = Cursor::new(child(moof, b"mfhd")?);
        mfhd.version_flags()?;
        let mut fragment = Self { number: mfhd.u32()?, ..Self::default() };
        for (_, traf) in children(moof).filter(|(kind, _)| kind == b"traf") {
            let mut tfhd = Cursor::new(child(traf, b"tfhd")?);
            let flags = tfhd.version_flags()?.1;
            let id = tfhd.u32()?;
            let (track, samples) = if id == tracks.video.id {
                (&tracks.video, &mut fragment.video)
            } else {
                (tracks.audio.as_ref().filter(|audio| audio.id == id)?, &mut fragment.audio)
            };
            read_traf(traf, tfhd, flags, track, samples)?;
            if samples.iter().any(|sample| {
                sample.offset < from
                    || sample.offset.checked_add(u64::from(sample.bytes)).is_none_or(|end| end > to)
            }) {
                return None;
            }
        }
        Some(fragment)
    }

    /// Where the pictures begin and end on the video track's clock: the earliest presentation, and the end of the
    /// last in order of decoding times (which are the presentation times sorted).
    #[must_use]
    pub fn span_90k(&self) -> Option<(i64, i64)> {
        let first = self.video.iter().map(|sample| sample.decode).min()?;
        let last =
            self.video.iter().map(|sample| sample.decode.saturating_add(i64::from(sample.duration))).max()?;
        Some((first, last))
    }
}

fn read_traf(
    traf: &[u8],
    mut tfhd: Cursor<'_>,
    flags: u32,
    track: &Track,
    samples: &mut Vec<FragmentSample>,
) -> Option<()> {
    // Offsets count from the moof; an absolute base is not what segments have.
    if flags & 1 != 0 {
        return None;
    }
    if flags & 2 != 0 {
        tfhd.u32()?;
    }
    let default_duration = if flags & 8 != 0 { tfhd.u32()? } else { track.default_duration };
    let default_bytes = if flags & 0x10 != 0 { tfhd.u32()? } else { track.default_bytes };
    let default_flags = if flags & 0x20 != 0 { tfhd.u32()? } else { track.default_flags };
    let mut tfdt = Cursor::new(child(traf, b"tfdt")?);
    let mut decode = match tfdt.version_flags()?.0 {
        0 => i64::from(tfdt.u32()?),
        _ => tfdt.i64()?,
    };
    if decode.unsigned_abs() > DECODE_MOST.unsigned_abs() {
        return None;
    }
    let mut offset = 0_u64;
    for (_, trun) in children(traf).filter(|(kind, _)| kind == b"trun") {
        let mut trun = Cursor::new(trun);
        let (version, flags) = trun.version_flags()?;
        let count = usize::try_from(trun.u32()?).ok()?;
        if samples.len().checked_add(count)? > SAMPLES {
            return None;
        }
        if flags & 1 != 0 {
            offset = u64::try_from(trun.i32()?).ok()?;
        }
        let first_flags = if flags & 4 != 0 { Some(trun.u32()?) } else { None };
        // What each sample says itself must be there before room is made for the samples.
        let each = [0x100, 0x200, 0x400, 0x800].iter().filter(|bit| flags & **bit != 0).count() * 4;
        if trun.rest().len() < each.checked_mul(count)? {
            return None;
        }
        samples.reserve(count);
        for index in 0..count {
            let duration = if flags & 0x100 != 0 { trun.u32()? } else { default_duration };
            let bytes = if flags & 0x200 != 0 { trun.u32()? } else { default_bytes };
            let own_flags = match first_flags {
                _ if flags & 0x400 != 0 => trun.u32()?,
                Some(first) if index == 0 => first,
                _ => default_flags,
            };
            let composition = match (flags & 0x800 != 0, version) {
                (false, _) => 0,
                (true, 0) => i32::try_from(trun.u32()?).ok()?,
                (true, _) => trun.i32()?,
            };
            samples.push(FragmentSample {
                offset,
                bytes,
                decode,
                duration,
                composition,
                key: own_flags & 0x0001_0000 == 0,
                damaged: own_flags & 0xffff != 0,
            });
            offset = offset.checked_add(u64::from(bytes))?;
            decode = decode.checked_add(i64::from(duration))?;
        }
    }
    Some(())
}
