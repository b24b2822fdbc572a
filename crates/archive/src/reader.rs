//! Reading recordings: what there is at a moment, GOPs, key frames, over segments and gaps, also of what is being
//! written this second. Blocking file reads: call on a blocking thread.
//!
//! What is read is checked for sense (boxes, counts, lengths of NAL units); what makes none is reported, and what is
//! readable beside it is still given, marked `damaged`. Whether bytes are those that were written is what `check` says.

mod group;
mod known;

use crate::error::ArchiveError;
use crate::index::{SegmentIndex, SegmentQuery, SegmentRow};
use crate::scan::Damage;
use easien_model::{GapCause, Sample, StreamId, UtcMicros, VolumeId};
use group::Part;
use known::Cache;
pub(crate) use known::Known;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

/// No GOP is given that is larger; a larger one comes in parts.
pub const GOP_BYTES: u64 = 64 << 20;

/// Segments of one run that follow each other within this are unbroken.
const UNBROKEN_US: i64 = 500_000;

/// The number of the first sample of a GOP that is asked for by its time; what precedes it counts down from here.
const FIRST_SEQ: u64 = 1 << 40;

/// Where volumes are, and who is told of damaged files.
pub trait Places: Send + Sync + 'static {
    /// The root of a volume, if it is there now.
    fn root(&self, volume: VolumeId) -> Option<PathBuf>;

    /// A file of recording is not what it should be, or gone. Told once a segment.
    fn damaged(&self, row: &SegmentRow, detail: &str) {
        tracing::warn!(path = row.path, detail, "file of recording is damaged");
    }
}

impl<F: Fn(VolumeId) -> Option<PathBuf> + Send + Sync + 'static> Places for F {
    fn root(&self, volume: VolumeId) -> Option<PathBuf> {
        self(volume)
    }
}

/// What there is at a moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// It is recorded.
    In(Box<SegmentRow>),
    /// It is being recorded, and has not reached the disk yet.
    Later {
        /// The end of what is on disk.
        newest: UtcMicros,
    },
    /// Nothing is recorded.
    Gap {
        /// The end of what came before; absent: nothing did.
        since: Option<UtcMicros>,
        /// When recording goes on; absent: not yet.
        until: Option<UtcMicros>,
        /// Why, if it is known.
        cause: Option<GapCause>,
    },
}

/// A key frame and the pictures up to the next one.
#[derive(Clone, Debug)]
pub struct Gop {
    /// Of which stream.
    pub stream: StreamId,
    /// Pictures in decoding order. `arrived` is the picture's UTC, `pts` is on the run's clock, `seq` goes on from one
    /// GOP to the next as long as nothing is missing between them.
    pub samples: Vec<Arc<Sample>>,
    /// The sound of the same fragments, in order (of a GOP shorter than its fragment: that of the whole fragment comes
    /// with the fragment's first GOP).
    pub audio: Vec<Arc<Sample>>,
    /// UTC of the first picture.
    pub begin: UtcMicros,
    /// UTC of the end of the last picture.
    pub end: UtcMicros,
    /// It begins with a key frame. If not, it goes on from the GOP before it (which was too large for one, or lies in
    /// another segment), or that is missing.
    pub key: bool,
    /// Something in it is not what it should be; what is here is what could be read.
    pub damaged: bool,
    first: Position,
    last: Position,
    /// Of the segment that the last sample is in.
    row: Arc<SegmentRow>,
    first_row: Arc<SegmentRow>,
    audio_seq: u64,
}

/// Where a GOP begins or ends: a fragment and a sample in what was read from it.
#[derive(Clone, Debug)]
struct Position {
    part: Arc<Part>,
    /// Samples of the part before it.
    sample: usize,
}

/// Reads recordings. Cheap to clone; clones share the cache (heads and indexes of files, no pictures).
#[derive(Clone)]
pub struct Reader {
    index: Arc<dyn SegmentIndex>,
    places: Arc<dyn Places>,
    cache: Arc<Cache>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader over an index and the volumes' places.
    #[must_use]
    pub fn new(index: Arc<dyn SegmentIndex>, places: Arc<dyn Places>) -> Self {
        Self { index, places, cache: Arc::default() }
    }

    /// The index.
    #[must_use]
    pub fn index(&self) -> &Arc<dyn SegmentIndex> {
        &self.index
    }

    #[cfg(test)]
    pub(crate) fn places(&self) -> &Arc<dyn Places> {
        &self.places
    }

    /// What there is of a stream at a moment.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn locate(&self, stream: StreamId, at: UtcMicros) -> Result<Place, ArchiveError> {
        if let Some(row) = self.row_at(stream, at)? {
            if row.end.is_some() {
                return Ok(Place::In(Box::new(row)));
            }
            // Open: only its file says how far it goes.
            let newest = self.known(&row).map_or(row.start, |(_, known)| known.end(&row));
            return Ok(if at < newest { Place::In(Box::new(row)) } else { Place::Later { newest } });
        }
        let gaps = self.index.gaps(stream, at, UtcMicros(at.0.saturating_add(1)))?;
        if let Some(gap) = gaps.iter().rfind(|gap| gap.start <= at && gap.end.is_none_or(|end| at < end)) {
            return Ok(Place::Gap { since: Some(gap.start), until: gap.end, cause: Some(gap.cause) });
        }
        let before = self.index.neighbour(stream, at, false)?;
        let after = self.index.neighbour(stream, at, true)?;
        Ok(Place::Gap {
            since: before.and_then(|row| row.end.map(|end| end.end)),
            until: after.map(|row| row.start),
            cause: None,
        })
    }

    /// The GOP that a moment lies in: from its key frame on. `None`: nothing is recorded then, or it cannot be read.
    /// A GOP above [`GOP_BYTES`] comes in parts, the first with the key frame: [`Reader::next_gop`] gives the others.
    ///
    /// # Errors
    /// The index, the volume or the file cannot be read.
    pub fn gop(&self, stream: StreamId, at: UtcMicros) -> Result<Option<Gop>, ArchiveError> {
        let Some(row) = self.row_at(stream, at)? else { return Ok(None) };
        let row = Arc::new(row);
        let (file, known) = self.known(&row)?;
        let Some(group) = known.group_at(&file, at) else { return Ok(None) };
        let part = self.part(&row, &file, &known, known.begin_of(group))?;
        let Some((from, to)) = part.gop_at(at) else { return Ok(None) };
        let gop = self.make(&row, &part, from, to, FIRST_SEQ, FIRST_SEQ);
        // The file ends before that moment (it is being written, or damaged). But a GOP may come in several parts.
        if gop.end <= at && part.next >= known.end_of_group(part.offset) {
            return Ok(None);
        }
        if gop.key || from > 0 || group > 0 { Ok(Some(gop)) } else { Ok(Some(self.with_begin(gop)?)) }
    }

    /// The GOP after this one, over segments and gaps. `None`: there is none yet.
    ///
    /// # Errors
    /// See [`Reader::gop`].
    pub fn next_gop(&self, gop: &Gop) -> Result<Option<Gop>, ArchiveError> {
        let seq = gop.samples.last().map_or(FIRST_SEQ, |sample| sample.seq.saturating_add(1));
        let (part, from) = (&gop.last.part, gop.last.sample);
        if let Some(to) = part.gop_end(from) {
            return Ok(Some(self.make(&gop.row, part, from, to, seq, gop.audio_seq)));
        }
        let (file, known) = match self.known(&gop.row) {
            Ok(found) => found,
            // Deleted meanwhile: the next segment may be there.
            Err(_) => return self.first_after(gop, seq),
        };
        if let Some(part) = self.part_after(&gop.row, &file, &known, part.next)? {
            let to = part.gop_end(0).unwrap_or(0);
            return Ok(Some(self.make(&gop.row, &part, 0, to, seq, gop.audio_seq)));
        }
        self.first_after(gop, seq)
    }

    /// The GOP before this one, over segments and gaps. `None`: there is none.
    ///
    /// # Errors
    /// See [`Reader::gop`].
    pub fn previous_gop(&self, gop: &Gop) -> Result<Option<Gop>, ArchiveError> {
        let seq = gop.samples.first().map_or(FIRST_SEQ, |sample| sample.seq);
        if let Some(from) = gop.first.part.gop_before(gop.first.sample) {
            return Ok(Some(self.before(&gop.first_row, &gop.first.part, from, gop.first.sample, seq)));
        }
        let mut row = gop.first_row.clone();
        let mut offset = gop.first.part.offset;
        let mut seq = seq;
        loop {
            if let Ok((file, known)) = self.known(&row)
                && let Some(part) = self.part_before(&row, &file, &known, offset)?
                && let Some(from) = part.gop_before(part.samples.len())
            {
                let gop = self.before(&row, &part, from, part.samples.len(), seq);
                // What goes on from another segment is given with its key frame.
                let at_begin = from == 0 && part.offset == known.head.bytes;
                return Ok(Some(if gop.key || !at_begin { gop } else { self.with_begin(gop)? }));
            }
            let Some(before) = self.index.neighbour(row.stream, row.start, false)? else { return Ok(None) };
            if !unbroken(&before, &row) {
                seq = seq.saturating_sub(1);
            }
            row = Arc::new(before);
            offset = u64::MAX;
        }
    }

    /// The last key frame at or before a moment, in the same unbroken recording. `None`: nothing is recorded then, or
    /// there is no key frame before it.
    ///
    /// # Errors
    /// See [`Reader::gop`].
    pub fn key_frame(&self, stream: StreamId, at: UtcMicros) -> Result<Option<Arc<Sample>>, ArchiveError> {
        let Some(mut row) = self.row_at(stream, at)? else { return Ok(None) };
        if row.end.is_none() {
            let (_, known) = self.known(&row)?;
            if at >= known.end(&row) {
                return Ok(None);
            }
        }
        // A GOP may have begun in the segment before; more than a few without any key frame are not looked through.
        for _ in 0..3 {
            let (file, known) = self.known(&row)?;
            if let Some(key) = known.key_at(&file, &row, at)? {
                return Ok(Some(key));
            }
            match self.index.neighbour(stream, row.start, false)? {
                Some(before) if unbroken(&before, &row) => row = before,
                _ => break,
            }
        }
        Ok(None)
    }

    /// Forgets what is known of a file, e.g. because it was deleted.
    pub fn forget(&self, row: &SegmentRow) {
        self.cache.forget(row.id);
    }

    /// The segment that a moment lies in.
    fn row_at(&self, stream: StreamId, at: UtcMicros) -> Result<Option<SegmentRow>, ArchiveError> {
        let to = UtcMicros(at.0.saturating_add(1));
        let rows = self.index.segments(&SegmentQuery { stream, from: at, to, limit: 4 })?;
        // Segments of a stream do not overlap, but for one that a crash left open and nobody has closed yet.
        Ok(rows.into_iter().rfind(|row| row.start <= at && row.end.as_ref().is_none_or(|end| at < end.end)))
    }

    /// Opens a segment's file, with what is known of it.
    pub(crate) fn known(&self, row: &SegmentRow) -> Result<(File, Arc<Known>), ArchiveError> {
        let root = self.places.root(row.volume).ok_or(ArchiveError::NoVolume(row.volume))?;
        let path = root.join(&row.path);
        let file = File::open(&path).map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                self.tell(row, "the file is gone");
            }
            ArchiveError::io("open", &path, error)
        })?;
        match self.cache.get(row, &file) {
            Ok(known) => {
                if let Some(Damage::Flipped { fragment, at }) = known.damage() {
                    self.tell(row, &format!("fragment {fragment} at byte {at} makes no sense"));
                }
                Ok((file, known))
            }
            Err(error) => {
                self.tell(row, &error.to_string());
                Err(ArchiveError::Damaged { path, detail: error.to_string() })
            }
        }
    }

    pub(crate) fn tell(&self, row: &SegmentRow, detail: &str) {
        if self.cache.first_damage(row.id) {
            self.places.damaged(row, detail);
        }
    }

    /// Reads fragments from `offset` to the next that begins with a key frame.
    fn part(
        &self,
        row: &SegmentRow,
        file: &File,
        known: &Known,
        offset: u64,
    ) -> Result<Arc<Part>, ArchiveError> {
        let end = known.end_of_group(offset);
        let part = Part::read(file, row, &known.head, offset, end)
            .map_err(|error| ArchiveError::io("read", row.path.as_ref(), error))?;
        if let Some(detail) = &part.damage {
            self.tell(row, detail);
        }
        Ok(Arc::new(part))
    }

    /// The next part with pictures in it from `offset` on.
    fn part_after(
        &self,
        row: &SegmentRow,
        file: &File,
        known: &Known,
        mut offset: u64,
    ) -> Result<Option<Arc<Part>>, ArchiveError> {
        while offset < known.data_end() {
            let part = self.part(row, file, known, offset)?;
            if !part.samples.is_empty() {
                return Ok(Some(part));
            }
            offset = part.next.max(offset + 1);
        }
        Ok(None)
    }

    /// The last part with pictures in it that ends at or before `offset`.
    fn part_before(
        &self,
        row: &SegmentRow,
        file: &File,
        known: &Known,
        offset: u64,
    ) -> Result<Option<Arc<Part>>, ArchiveError> {
        let mut upto = offset;
        while let Some(begin) = known.group_before(upto) {
            // A group may be in several parts: the last of them.
            let mut at = begin;
            let mut last = None;
            while at < known.end_of_group(begin).min(offset) {
                let part = self.part(row, file, known, at)?;
                at = part.next.max(at + 1);
                if !part.samples.is_empty() {
                    last = Some(part);
                }
            }
            if last.is_some() {
                return Ok(last);
            }
            upto = begin;
        }
        Ok(None)
    }

    fn first_after(&self, gop: &Gop, seq: u64) -> Result<Option<Gop>, ArchiveError> {
        let mut before = gop.row.clone();
        loop {
            let at = UtcMicros(before.start.0.saturating_add(1));
            let Some(row) = self.index.neighbour(before.stream, at, true)? else { return Ok(None) };
            let row = Arc::new(row);
            // A file that is gone or damaged is told and passed over; so is one without a picture yet.
            if let Ok((file, known)) = self.known(&row)
                && let Some(part) = self.part_after(&row, &file, &known, known.head.bytes)?
            {
                // A jump tells the decoder that something is missing.
                let seq = if unbroken(&gop.row, &row) { seq } else { seq.saturating_add(1) };
                let to = part.gop_end(0).unwrap_or(0);
                return Ok(Some(self.make(&row, &part, 0, to, seq, gop.audio_seq)));
            }
            before = row;
        }
    }

    /// A GOP that ends before sample `seq`.
    fn before(&self, row: &Arc<SegmentRow>, part: &Arc<Part>, from: usize, to: usize, seq: u64) -> Gop {
        let first = seq.saturating_sub((to - from) as u64);
        let sounds = if from == 0 { part.audio.len() as u64 } else { 0 };
        self.make(row, part, from, to, first, first.saturating_sub(sounds))
    }

    /// Puts what is in the segments before, from its key frame on, before a GOP that goes on from there.
    fn with_begin(&self, mut gop: Gop) -> Result<Gop, ArchiveError> {
        let mut bytes: u64 = gop.samples.iter().map(|sample| sample.data.len() as u64).sum();
        for _ in 0..3 {
            let row = gop.first_row.clone();
            let Some(before) = self.index.neighbour(row.stream, row.start, false)? else { break };
            if !unbroken(&before, &row) {
                break;
            }
            let before = Arc::new(before);
            let Ok((file, known)) = self.known(&before) else { break };
            let Some(part) = self.part_before(&before, &file, &known, u64::MAX)? else { break };
            let Some(from) = part.gop_before(part.samples.len()) else { break };
            let seq = gop.samples.first().map_or(FIRST_SEQ, |sample| sample.seq);
            let mut begin = self.before(&before, &part, from, part.samples.len(), seq);
            bytes += begin.samples.iter().map(|sample| sample.data.len() as u64).sum::<u64>();
            if bytes > GOP_BYTES {
                break;
            }
            begin.samples.append(&mut gop.samples);
            begin.audio.append(&mut gop.audio);
            begin.end = gop.end;
            begin.damaged |= gop.damaged;
            begin.last = gop.last;
            begin.row = gop.row;
            begin.audio_seq = gop.audio_seq;
            gop = begin;
            if gop.key {
                break;
            }
        }
        Ok(gop)
    }

    fn make(
        &self,
        row: &Arc<SegmentRow>,
        part: &Arc<Part>,
        from: usize,
        to: usize,
        seq: u64,
        audio_seq: u64,
    ) -> Gop {
        let samples = part.samples(row, from, to, seq);
        let audio = if from == 0 { part.audio(row, audio_seq) } else { Vec::new() };
        let begin = samples.iter().map(|sample| sample.arrived).min().unwrap_or(part.begin);
        Gop {
            stream: row.stream,
            begin,
            end: part.end_before(to).max(begin),
            key: samples.first().is_some_and(|sample| sample.key),
            damaged: part.damage.is_some() || samples.iter().any(|sample| sample.damaged),
            audio_seq: audio_seq.saturating_add(audio.len() as u64),
            samples,
            audio,
            first: Position { part: part.clone(), sample: from },
            last: Position { part: part.clone(), sample: to },
            row: row.clone(),
            first_row: row.clone(),
        }
    }
}

/// Whether `after` goes on where `before` ended, without anything missing.
pub(crate) fn unbroken(before: &SegmentRow, after: &SegmentRow) -> bool {
    before.run == after.run
        && before.end.as_ref().is_some_and(|end| (after.start - end.end).abs() <= UNBROKEN_US)
}

#[cfg(test)]
#[path = "reader_tests.rs"]
pub(crate) mod tests;
