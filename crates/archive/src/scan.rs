//! What a segment's file holds, found out from the file alone: its identity, its fragments, how far it is what was
//! written, and where and how it stops being so. Recovery, check, rebuild and reading stand on this.
//!
//! Files may be anything: sizes that lie end a scan, they never make it read or keep more than the file's own bytes
//! allow; memory is bounded by the number of fragments, and that by [`FRAGMENTS`].

use crate::activity::Activity;
use crate::identity::Identity;
use crate::parse::boxes::{BoxHead, ReadAt};
use crate::parse::mfra::{self, KeyPlace, MFRA_BYTES};
use crate::parse::moof::FragmentSample;
use crate::parse::seal::{SEAL_BEGIN, SEAL_BYTES};
use crate::parse::{Fragment, Head, HeadError, Seal, Tracks};
use easien_model::UtcMicros;
use sha2::{Digest, Sha256};
use std::io;

/// A segment has no more fragments than this; what follows is taken for damage.
pub const FRAGMENTS: usize = 1 << 18;

/// A longer `moof` than this is nonsense.
pub const MOOF_BYTES: u64 = 8 << 20;

/// A longer `mdat` than this is nonsense: no camera sends a second of 256 MiB.
pub const MDAT_BYTES: u64 = 256 << 20;

/// How deep to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The boxes and the seals' own words; a few hundred bytes of each fragment.
    Boxes,
    /// Every byte: the running SHA-256 of the seals, the tables of samples, the activity.
    Seals,
}

/// Where a fragment lies and what its seal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentPlace {
    /// Where its `moof` begins in the file.
    pub offset: u64,
    /// Bytes of `moof`, `mdat` and seal.
    pub bytes: u64,
    /// Bytes of the `moof` alone.
    pub moof_bytes: u32,
    /// UTC of the first picture.
    pub begin: UtcMicros,
    /// UTC of the end of the last picture.
    pub end: UtcMicros,
    /// It begins with a key frame.
    pub key: bool,
    /// Pictures in it.
    pub samples: u32,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// From this byte on it is not whole: cut off, or never written, or not written to its end.
    Torn {
        /// The end of what is good.
        at: u64,
    },
    /// Something in or before this fragment is not what was sealed. Later fragments may still be readable.
    Flipped {
        /// Number of the fragment, from 1.
        fragment: u32,
        /// Where the fragment begins.
        at: u64,
    },
    /// Every fragment is good, but the index behind them is not, or something follows it.
    Tail {
        /// Where the index begins.
        at: u64,
    },
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// Whose it is.
    pub identity: Identity,
    /// Its tracks with their parameters.
    pub tracks: Tracks,
    /// Bytes before the first fragment.
    pub head_bytes: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// The fragments that can be read, in order.
    pub fragments: Vec<FragmentPlace>,
    /// So many of them, from the first, are good: as sealed (`Depth::Seals`), or unbroken (`Depth::Boxes`).
    pub good: usize,
    /// The end of the last good seal; the end of the head when there is none.
    pub good_bytes: u64,
    /// UTC of the end of the last good fragment; the begin when there is none.
    pub end: UtcMicros,
    /// Pictures in the good fragments.
    pub frames: u64,
    /// Closed in order: index at the end, nothing behind it, nothing wrong found.
    pub whole: bool,
    /// What is wrong, the first of it. `None` and not whole: it ends at a seal without having been closed.
    pub damage: Option<Damage>,
    /// SHA-256 of the file; only of whole files, by `Depth::Seals`.
    pub sha256: Option<[u8; 32]>,
    /// How much moves, a byte for each 5 s, over the fragments that can be read; only by `Depth::Seals`.
    pub activity: Vec<u8>,
}

impl Scan {
    /// UTC of the end of the last picture that can be read, good or not.
    #[must_use]
    pub fn readable_end(&self) -> UtcMicros {
        self.fragments.iter().map(|place| place.end).fold(self.end, UtcMicros::max)
    }

    /// Pictures that can be read, good or not.
    #[must_use]
    pub fn readable_frames(&self) -> u64 {
        self.fragments.iter().map(|place| u64::from(place.samples)).sum()
    }
}

/// Why there is nothing to say of a file.
pub type ScanError = HeadError;

/// Looks through a segment's file.
///
/// # Errors
/// It is empty, no segment, ends within its head, or cannot be read.
pub fn scan(source: &(impl ReadAt + ?Sized), depth: Depth) -> Result<Scan, ScanError> {
    scan_with(source, depth, &mut |_| true)
}

/// As [`scan`], telling how many bytes are behind it; `false` as the answer stops it with an error of kind
/// `Interrupted`.
///
/// # Errors
/// See [`scan`].
pub fn scan_with(
    source: &(impl ReadAt + ?Sized),
    depth: Depth,
    on: &mut dyn FnMut(u64) -> bool,
) -> Result<Scan, ScanError> {
    let head = Head::read(source)?;
    let file_bytes = source.len_bytes()?;
    let mut walk = Walk::new(source, depth, head, file_bytes);
    walk.run(on)?;
    walk.finish()
}

/// Goes on from a fragment's end: the fragments that were appended since. For segments that are being written; ends
/// quietly at what is not whole yet.
///
/// # Errors
/// The file cannot be read.
pub fn fragments_after(
    source: &(impl ReadAt + ?Sized),
    mut offset: u64,
    mut number: u32,
    into: &mut Vec<FragmentPlace>,
) -> io::Result<()> {
    let len = source.len_bytes()?;
    while into.len() < FRAGMENTS {
        number = number.saturating_add(1);
        match place(source, offset, len)? {
            Some((seal, place)) if seal.number == number => {
                offset += place.bytes;
                into.push(place);
            }
            _ => break,
        }
    }
    Ok(())
}

/// UTC of a picture in a fragment: linear between the fragment's begin and end.
///
/// `at_90k` counts from the fragment's first picture, of `span_90k` ticks in all.
#[must_use]
pub fn picture_utc(begin: UtcMicros, end: UtcMicros, at_90k: i64, span_90k: i64) -> UtcMicros {
    let micros = if span_90k > 0 {
        i128::from(at_90k) * i128::from(end - begin) / i128::from(span_90k)
    } else {
        i128::from(at_90k) * 100 / 9
    };
    UtcMicros(begin.0.saturating_add(i64::try_from(micros).unwrap_or(0)))
}

/// The fragment at `offset`, if there is a whole one.
fn place(
    source: &(impl ReadAt + ?Sized),
    offset: u64,
    len: u64,
) -> io::Result<Option<(Seal, FragmentPlace)>> {
    let Some(moof) = BoxHead::read(source, offset)? else { return Ok(None) };
    if !moof.is(b"moof") || moof.bytes > MOOF_BYTES {
        return Ok(None);
    }
    let at = offset.saturating_add(moof.bytes);
    let Some(mdat) = BoxHead::read(source, at)? else { return Ok(None) };
    if !mdat.is(b"mdat") || mdat.bytes > MDAT_BYTES {
        return Ok(None);
    }
    let at = at.saturating_add(mdat.bytes);
    if at.saturating_add(SEAL_BYTES) > len {
        return Ok(None);
    }
    let Some(seal) = Seal::read(source, at)? else { return Ok(None) };
    let place = FragmentPlace {
        offset,
        bytes: at + SEAL_BYTES - offset,
        moof_bytes: moof.bytes as u32,
        begin: seal.begin,
        end: seal.end,
        key: seal.key,
        samples: seal.samples,
    };
    Ok(Some((seal, place)))
}

/// Whether a fragment's pictures may follow those of the one before: labels never run backwards.
fn follows(before: Option<&FragmentPlace>, place: &FragmentPlace) -> bool {
    before.is_none_or(|before| place.begin >= before.begin && place.end >= before.end)
}

struct Walk<'a, S: ?Sized> {
    source: &'a S,
    depth: Depth,
    head: Head,
    len: u64,
    offset: u64,
    number: u32,
    fragments: Vec<FragmentPlace>,
    /// For the index at the end: place and decoding time of the fragments with key frames.
    keys: Vec<KeyPlace>,
    good: usize,
    damage: Option<Damage>,
    whole: bool,
    hash: Sha256,
    hashed: u64,
    activity: Activity,
}

impl<'a, S: ReadAt + ?Sized> Walk<'a, S> {
    fn new(source: &'a S, depth: Depth, head: Head, len: u64) -> Self {
        let offset = head.bytes;
        let activity = Activity::new(head.identity.start());
        Self {
            source,
            depth,
            head,
            len,
            offset,
            number: 0,
            fragments: Vec::new(),
            keys: Vec::new(),
            good: 0,
            damage: None,
            whole: false,
            hash: Sha256::new(),
            hashed: 0,
            activity,
        }
    }

    fn run(&mut self, on: &mut dyn FnMut(u64) -> bool) -> io::Result<()> {
        while self.offset < self.len {
            if !on(self.offset) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let found = match self.fragments.len() < FRAGMENTS {
                true => place(self.source, self.offset, self.len)?,
                false => None,
            };
            match found {
                Some((seal, place)) => self.fragment(seal, place)?,
                None if BoxHead::read(self.source, self.offset)?.is_some_and(|head| head.is(b"mfra")) => {
                    return self.tail();
                }
                None => {
                    if !self.skip_to_next_seal()? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// A whole fragment: keeps it, and says whether it is good.
    fn fragment(&mut self, seal: Seal, place: FragmentPlace) -> io::Result<()> {
        let expected = self.number.saturating_add(1);
        let mut right = seal.number == expected && follows(self.fragments.last(), &place);
        if right && self.depth == Depth::Seals {
            if self.damage.is_none() {
                right = self.hash_to(place.offset + place.bytes - 32)?
                    && self.hash.clone().finalize().as_slice() == seal.sha256;
            }
            right &= self.samples(&place)?;
        }
        if !right {
            self.damage.get_or_insert(Damage::Flipped { fragment: expected, at: place.offset });
        }
        // Numbers and labels that make no sense are not shown to anybody; other wrong bytes may be readable.
        if seal.number >= expected && follows(self.fragments.last(), &place) {
            self.fragments.push(place);
        }
        self.number = seal.number.max(expected);
        if self.damage.is_none() {
            self.good = self.fragments.len();
        }
        self.offset = place.offset + place.bytes;
        Ok(())
    }

    /// Reads a fragment's table of samples. Whether it agrees with its seal.
    fn samples(&mut self, place: &FragmentPlace) -> io::Result<bool> {
        let Some(moof) = self.source.read_vec(place.offset, place.moof_bytes as usize)? else {
            return Ok(false);
        };
        let data_end = place.bytes - SEAL_BYTES;
        let Some(fragment) = moof.get(8..).and_then(|body| {
            Fragment::parse(body, &self.head.tracks, u64::from(place.moof_bytes) + 8, data_end)
        }) else {
            return Ok(false);
        };
        let Some((first, last)) = fragment.span_90k() else { return Ok(place.samples == 0) };
        for sample in &fragment.video {
            let utc = sample_utc(place, sample, first, last);
            self.activity.push(utc, sample.bytes, sample.key);
        }
        if place.key {
            self.keys.push(KeyPlace { time_90k: first, offset: place.offset });
        }
        Ok(fragment.video.len() == place.samples as usize
            && fragment.video.first().is_some_and(|sample| sample.key) == place.key)
    }

    /// Adds the file's bytes up to `end` to the running hash. False: the file ends before.
    fn hash_to(&mut self, end: u64) -> io::Result<bool> {
        let mut buffer = vec![0; 256 << 10];
        while self.hashed < end {
            let wanted = buffer.len().min(usize::try_from(end - self.hashed).unwrap_or(usize::MAX));
            let Some(part) = buffer.get_mut(..wanted) else { return Ok(false) };
            if self.source.read_up_to(part, self.hashed)? != wanted {
                return Ok(false);
            }
            self.hash.update(&*part);
            self.hashed += wanted as u64;
        }
        Ok(true)
    }

    /// The index at the end.
    fn tail(&mut self) -> io::Result<()> {
        let at = self.offset;
        let bytes = self.len - at;
        let index = match bytes <= MFRA_BYTES {
            true => self.source.read_vec(at, bytes as usize)?,
            false => None,
        };
        let index = index.and_then(|data| mfra::parse(&data, self.head.tracks.video.id));
        let right = index.is_some_and(|index| match self.depth {
            Depth::Seals => index == self.keys,
            Depth::Boxes => index.iter().map(|key| key.offset).eq(self
                .fragments
                .iter()
                .filter(|place| place.key)
                .map(|place| place.offset)),
        });
        if self.damage.is_none() {
            if right {
                self.whole = true;
                if self.depth == Depth::Seals {
                    self.hash_to(self.len)?;
                }
            } else {
                self.damage = Some(Damage::Tail { at });
            }
        }
        Ok(())
    }

    /// Something else than a fragment begins here. Looks for the next seal behind it: if there is one, the file goes on
    /// and something in it was changed; if there is none, the file was torn here. False: nothing more to read.
    fn skip_to_next_seal(&mut self) -> io::Result<bool> {
        let broken = self.offset;
        // The window overlaps by a seal's begin, so that none is missed between two reads.
        let mut buffer = vec![0; 256 << 10];
        let mut from = broken;
        while from < self.len {
            let count = self.source.read_up_to(&mut buffer, from)?;
            let data = buffer.get(..count).unwrap_or(&[]);
            for at in find_all(data, &SEAL_BEGIN) {
                let at = from + at as u64;
                if let Some(seal) = Seal::read(self.source, at)?.filter(|seal| seal.number > self.number) {
                    let fragment = self.number.saturating_add(1);
                    self.damage.get_or_insert(Damage::Flipped { fragment, at: broken });
                    self.number = seal.number;
                    self.offset = at + SEAL_BYTES;
                    return Ok(true);
                }
            }
            if count < buffer.len() {
                break;
            }
            from += (count - SEAL_BEGIN.len()) as u64;
        }
        self.damage.get_or_insert(Damage::Torn { at: broken });
        Ok(false)
    }

    fn finish(self) -> Result<Scan, ScanError> {
        let good = self.fragments.get(..self.good).unwrap_or(&[]);
        let start = self.head.identity.start();
        let sha256 = (self.whole && self.depth == Depth::Seals).then(|| self.hash.finalize().into());
        Ok(Scan {
            good_bytes: good.last().map_or(self.head.bytes, |place| place.offset + place.bytes),
            end: good.last().map_or(start, |place| place.end),
            frames: good.iter().map(|place| u64::from(place.samples)).sum(),
            good: self.good,
            identity: self.head.identity.into(),
            tracks: self.head.tracks,
            head_bytes: self.head.bytes,
            file_bytes: self.len,
            fragments: self.fragments,
            whole: self.whole,
            damage: self.damage,
            sha256,
            activity: if self.depth == Depth::Seals { self.activity.finish() } else { Vec::new() },
        })
    }
}

/// UTC of a sample of video in a fragment whose pictures go from `first` to `last`.
pub(crate) fn sample_utc(place: &FragmentPlace, sample: &FragmentSample, first: i64, last: i64) -> UtcMicros {
    picture_utc(
        place.begin,
        place.end,
        sample.presentation().saturating_sub(first),
        last.saturating_sub(first),
    )
}

/// Every place in `data` where `what` begins.
fn find_all<'a>(data: &'a [u8], what: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    data.windows(what.len()).enumerate().filter(move |(_, window)| *window == what).map(|(at, _)| at)
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
