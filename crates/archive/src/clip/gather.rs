//! What goes into a clip: the tables of the fragments that it covers, put on one line of time.

use super::{ClipWish, ROWS};
use crate::error::ArchiveError;
use crate::index::{SegmentQuery, SegmentRow};
use crate::parse::boxes::{BoxHead, ReadAt};
use crate::parse::moof::FragmentSample;
use crate::parse::seal::{SEAL_BEGIN, SEAL_BYTES};
use crate::parse::{Fragment, Seal, Track, Tracks};
use crate::reader::{Known, Reader, unbroken};
use crate::scan::{MDAT_BYTES, MOOF_BYTES, picture_utc};
use easien_model::UtcMicros;
use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::io;

/// Labels and ticks may part by so much before the clip's line of time follows the labels: less than a picture.
const APART_90K: i64 = 450;

/// A sample cannot last longer than this (32 bits of ticks, with room to spare): a longer gap begins a new part.
const LONGEST_90K: i64 = 12 * 3600 * 90_000;

/// Read at once for a fragment's table.
const TABLE_BYTES: usize = 8 << 10;

/// A sample of a clip, in ticks of its track from the clip's begin.
#[derive(Clone, Copy, Debug)]
pub struct ClipSample {
    pub decode: i64,
    /// Its own length; what counts is the distance to the next.
    pub duration: u32,
    pub composition: i32,
    pub bytes: u32,
    pub key: bool,
}

/// Bytes of a source file that go into the clip, all of one track.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub file: usize,
    pub offset: u64,
    pub bytes: u64,
    pub audio: bool,
    pub samples: u32,
}

/// One file of a clip: samples with the same parameters.
#[derive(Debug)]
pub struct Piece {
    pub tracks: Tracks,
    pub width_px: u32,
    pub height_px: u32,
    pub files: Vec<File>,
    pub ranges: Vec<Range>,
    pub video: Vec<ClipSample>,
    pub audio: Vec<ClipSample>,
    pub start: UtcMicros,
    pub end: UtcMicros,
    pub damaged: bool,
    /// Added to the ticks of the segment to come to those of the clip.
    shift_90k: Option<i64>,
}

impl Piece {
    pub fn data_bytes(&self) -> u64 {
        self.ranges.iter().map(|range| range.bytes).sum()
    }
}

/// Collects a clip's pieces.
pub struct Gather<'a> {
    reader: &'a Reader,
    wish: &'a ClipWish,
    pieces: Vec<Piece>,
    /// Pictures before the first key frame are left out, until one came.
    begun: bool,
    holes: Vec<(UtcMicros, UtcMicros)>,
}

/// What was collected.
pub struct Gathered {
    pub pieces: Vec<Piece>,
    /// What should be there by the index, and cannot be read.
    pub holes: Vec<(UtcMicros, UtcMicros)>,
}

/// Less than this may be missing between fragments by rounding and slewing.
const HOLE_US: i64 = 1_000_000;

/// Where a fragment is and what it says.
struct Found {
    offset: u64,
    next: u64,
    fragment: Fragment,
    seal: Seal,
}

impl<'a> Gather<'a> {
    pub fn run(
        reader: &'a Reader,
        wish: &'a ClipWish,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Gathered, ArchiveError> {
        let query = SegmentQuery { stream: wish.stream, from: wish.start, to: wish.end, limit: ROWS };
        let mut rows = reader.index().segments(&query)?;
        // The key frame may be in a segment before: where the first goes on from one.
        for _ in 0..3 {
            let Some(first) = rows.first().filter(|first| first.start <= wish.start) else { break };
            let Ok((file, known)) = reader.known(first) else { break };
            if known.group_at(&file, wish.start).is_some_and(|group| known.is_key(group)) {
                break;
            }
            match reader.index().neighbour(wish.stream, first.start, false)? {
                Some(before) if unbroken(&before, first) => rows.insert(0, before),
                _ => break,
            }
        }
        let gathered = Self::rows(reader, wish, &rows, false, go_on)?;
        // Without any key frame (intra refresh) everything is given as it is.
        if gathered.pieces.is_empty() { Self::rows(reader, wish, &rows, true, go_on) } else { Ok(gathered) }
    }

    fn rows(
        reader: &'a Reader,
        wish: &'a ClipWish,
        rows: &[SegmentRow],
        begun: bool,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Gathered, ArchiveError> {
        let mut gather = Self { reader, wish, pieces: Vec::new(), begun, holes: Vec::new() };
        let mut unreadable = None;
        for row in rows {
            if !go_on() {
                return Err(ArchiveError::Cancelled);
            }
            // A file that is gone or damaged is a hole in the clip, and told by the reader; the others go on.
            match reader.known(row) {
                Ok((file, known)) => gather.segment(row, file, &known, go_on)?,
                Err(
                    error @ (ArchiveError::NoVolume(_)
                    | ArchiveError::Io { .. }
                    | ArchiveError::Damaged { .. }),
                ) => {
                    tracing::warn!(path = row.path, %error, "left out of a clip");
                    gather.hole(row.start, row.end.as_ref().map_or(wish.end, |end| end.end));
                    unreadable = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        gather.pieces.retain(|piece| !piece.video.is_empty());
        match unreadable {
            Some(error) if gather.pieces.is_empty() => Err(error),
            _ => Ok(Gathered { pieces: gather.pieces, holes: gather.holes }),
        }
    }

    fn hole(&mut self, from: UtcMicros, to: UtcMicros) {
        let (from, to) = (from.max(self.wish.start), to.min(self.wish.end));
        if to - from > HOLE_US {
            self.holes.push((from, to));
        }
    }

    fn segment(
        &mut self,
        row: &SegmentRow,
        file: File,
        known: &Known,
        go_on: &dyn Fn() -> bool,
    ) -> Result<(), ArchiveError> {
        let io = |error| ArchiveError::io("read", row.path.as_ref(), error);
        let tracks = &known.head.tracks;
        let from = match known.group_at(&file, self.wish.start) {
            Some(group) if row.start <= self.wish.start => known.begin_of(group),
            _ => known.head.bytes,
        };
        let end = known.data_end();
        // The kernel reads on from here while the tables are looked at.
        let _ = fadvise(&file, from, std::num::NonZeroU64::new(end.saturating_sub(from)), Advice::WillNeed);
        let mut offset = from;
        let mut opened = None;
        let mut upto = if from == known.head.bytes { row.start } else { UtcMicros(i64::MAX) };
        let mut over = false;
        while offset < end {
            if !go_on() {
                return Err(ArchiveError::Cancelled);
            }
            let Some(found) = find(&file, tracks, offset, end).map_err(io)? else {
                self.reader.tell(row, &format!("what begins at byte {offset} is no whole fragment"));
                if let Some(piece) = self.pieces.last_mut() {
                    piece.damaged = true;
                }
                match seal_behind(&file, offset, end).map_err(io)? {
                    Some(next) => offset = next,
                    None => break,
                }
                continue;
            };
            if upto != UtcMicros(i64::MAX) {
                self.hole(upto, found.seal.begin);
            }
            upto = found.seal.end;
            if found.seal.begin >= self.wish.end {
                over = true;
                break;
            }
            offset = found.next;
            self.fragment(row, &file, tracks, &found, &mut opened).map_err(io)?;
        }
        if let Some(row_end) = row.end.as_ref().filter(|_| !over) {
            self.hole(if upto == UtcMicros(i64::MAX) { row.start } else { upto }, row_end.end);
        }
        Ok(())
    }

    fn fragment(
        &mut self,
        row: &SegmentRow,
        file: &File,
        tracks: &Tracks,
        found: &Found,
        opened: &mut Option<usize>,
    ) -> io::Result<()> {
        let Some((first, last)) = found.fragment.span_90k() else { return Ok(()) };
        let span = last.saturating_sub(first);
        let utc =
            |ticks: i64| picture_utc(found.seal.begin, found.seal.end, ticks.saturating_sub(first), span);
        let label = |sample: &FragmentSample| utc(sample.presentation());
        let mut video = &found.fragment.video[..];
        if !self.begun {
            // From the last key frame at or before the begin; from the first one where none is before it.
            let key = video
                .iter()
                .rposition(|sample| sample.key && label(sample) <= self.wish.start)
                .or_else(|| video.iter().position(|sample| sample.key));
            let Some(key) = key else { return Ok(()) };
            video = video.get(key..).unwrap_or_default();
        }
        // Up to the last picture before the end, and what it is decoded from.
        let count = video.iter().rposition(|sample| label(sample) < self.wish.end).map_or(0, |last| last + 1);
        video = video.get(..count).unwrap_or_default();
        let (Some(begin), Some(final_one)) = (video.first(), video.last()) else { return Ok(()) };
        let wanted_90k = ticks(label(begin));
        let piece = self.piece_for(row, tracks, wanted_90k);
        self.begun = true;
        let Some(piece) = self.pieces.get_mut(piece) else { return Ok(()) };
        if piece.video.is_empty() {
            piece.start = video.iter().map(label).min().unwrap_or(found.seal.begin);
        }
        // A segment's first fragment in this piece brings its file, and its own ticks.
        let file_number = match *opened {
            Some(number) if number + 1 == piece.files.len() => number,
            _ => {
                piece.files.push(file.try_clone()?);
                piece.shift_90k = None;
                piece.files.len() - 1
            }
        };
        *opened = Some(file_number);
        let origin = ticks(piece.start);
        let by_labels = wanted_90k - origin - begin.presentation();
        let shift = match piece.shift_90k {
            Some(shift) if (shift - by_labels).abs() <= APART_90K => shift,
            _ => by_labels,
        };
        piece.shift_90k = Some(shift);
        add(&mut piece.video, video, shift);
        push_ranges(&mut piece.ranges, file_number, found.offset, video, false);
        let to = video.iter().map(label).max().unwrap_or(found.seal.end);
        let length = i64::from(final_one.duration) * 100 / 9;
        let whole = found.fragment.video.last().is_some_and(|last| last.offset == final_one.offset);
        piece.end =
            piece.end.max(if whole { found.seal.end } else { UtcMicros(to.0.saturating_add(length)) });
        piece.damaged |= found.fragment.video.len() != found.seal.samples as usize;
        if let Some(track) = &tracks.audio {
            let rate = i64::from(track.timescale);
            let shift = scale(shift, rate, 90_000);
            let upto = scale(ticks(piece.end) - origin, rate, 90_000);
            let kept = |sample: &&FragmentSample| {
                let at = sample.decode.saturating_add(shift);
                at.saturating_add(i64::from(sample.duration)) > 0 && at < upto
            };
            let from = found.fragment.audio.iter().position(|sample| kept(&sample)).unwrap_or(0);
            let count = found.fragment.audio.iter().skip(from).take_while(kept).count();
            let audio = found.fragment.audio.get(from..from + count).unwrap_or_default();
            add(&mut piece.audio, audio, shift);
            push_ranges(&mut piece.ranges, file_number, found.offset, audio, true);
        }
        Ok(())
    }

    /// The piece that goes on with these parameters, or a new one.
    fn piece_for(&mut self, row: &SegmentRow, tracks: &Tracks, at_90k: i64) -> usize {
        let goes_on = self.pieces.last().is_some_and(|piece| {
            same(&piece.tracks.video, &tracks.video)
                && match (&piece.tracks.audio, &tracks.audio) {
                    (None, None) => true,
                    (Some(a), Some(b)) => same(a, b),
                    _ => false,
                }
                && at_90k - ticks(piece.end) < LONGEST_90K
        });
        if !goes_on {
            self.pieces.push(Piece {
                tracks: tracks.clone(),
                width_px: row.width_px,
                height_px: row.height_px,
                files: Vec::new(),
                ranges: Vec::new(),
                video: Vec::new(),
                audio: Vec::new(),
                start: UtcMicros(i64::MIN),
                end: UtcMicros(i64::MIN),
                damaged: false,
                shift_90k: None,
            });
        }
        self.pieces.len() - 1
    }
}

fn same(a: &Track, b: &Track) -> bool {
    a.timescale == b.timescale && a.stsd == b.stsd
}

/// UTC in ticks of 1/90000 s.
fn ticks(at: UtcMicros) -> i64 {
    scale(at.0, 90_000, 1_000_000)
}

pub fn scale(value: i64, to: i64, from: i64) -> i64 {
    (i128::from(value) * i128::from(to)).div_euclid(i128::from(from.max(1))) as i64
}

/// Adds samples to a track's line of time; decode times only ever rise, presentation times stay what they are.
fn add(samples: &mut Vec<ClipSample>, more: &[FragmentSample], shift: i64) {
    for sample in more {
        let wanted = sample.decode.saturating_add(shift);
        let least = samples.last().map_or(0, |last| last.decode + 1);
        let decode = wanted.max(least);
        let composition = i64::from(sample.composition) + wanted - decode;
        samples.push(ClipSample {
            decode,
            duration: sample.duration,
            composition: composition.clamp(i64::from(i32::MIN / 2), i64::from(i32::MAX / 2)) as i32,
            bytes: sample.bytes,
            key: sample.key,
        });
    }
}

/// The bytes of these samples: as few ranges as they lie in.
fn push_ranges(ranges: &mut Vec<Range>, file: usize, fragment: u64, samples: &[FragmentSample], audio: bool) {
    let mut open: Option<Range> = None;
    for sample in samples {
        let offset = fragment + sample.offset;
        match &mut open {
            Some(range) if range.offset + range.bytes == offset => {
                range.bytes += u64::from(sample.bytes);
                range.samples += 1;
            }
            _ => {
                ranges.extend(open.take());
                open = Some(Range { file, offset, bytes: u64::from(sample.bytes), audio, samples: 1 });
            }
        }
    }
    ranges.extend(open);
}

/// The fragment at `offset`. `None`: there is no whole one.
fn find(file: &File, tracks: &Tracks, offset: u64, end: u64) -> io::Result<Option<Found>> {
    let mut begin = vec![0; TABLE_BYTES];
    let count = file.read_up_to(&mut begin, offset)?;
    begin.truncate(count);
    let Some(moof) = BoxHead::parse(&begin).filter(|head| head.is(b"moof") && head.bytes <= MOOF_BYTES)
    else {
        return Ok(None);
    };
    if moof.bytes as usize + 16 > begin.len() {
        let Some(more) = file.read_vec(offset, moof.bytes as usize + 16)? else { return Ok(None) };
        begin = more;
    }
    let Some(mdat) = begin
        .get(moof.bytes as usize..)
        .and_then(BoxHead::parse)
        .filter(|head| head.is(b"mdat") && head.bytes <= MDAT_BYTES)
    else {
        return Ok(None);
    };
    let data_end = moof.bytes + mdat.bytes;
    let next = offset + data_end + SEAL_BYTES;
    if next > end {
        return Ok(None);
    }
    let Some(seal) = Seal::read(file, offset + data_end)? else { return Ok(None) };
    let fragment = begin
        .get(moof.head_bytes as usize..moof.bytes as usize)
        .and_then(|body| Fragment::parse(body, tracks, moof.bytes + mdat.head_bytes, data_end));
    Ok(fragment.map(|fragment| Found { offset, next, fragment, seal }))
}

/// The end of the next seal behind `offset`.
fn seal_behind(file: &File, offset: u64, end: u64) -> io::Result<Option<u64>> {
    let mut buffer = vec![0; 256 << 10];
    let mut from = offset;
    while from < end {
        let count = file.read_up_to(&mut buffer, from)?;
        let data = buffer.get(..count).unwrap_or_default();
        if let Some(at) = data.windows(SEAL_BEGIN.len()).position(|window| window == SEAL_BEGIN) {
            return Ok(Some(from + at as u64 + SEAL_BYTES));
        }
        if count < buffer.len() {
            break;
        }
        from += (count - SEAL_BEGIN.len()) as u64;
    }
    Ok(None)
}
