//! What is known of a segment's file without its pictures: head, and where its GOPs begin. Kept for the last segments
//! that were read; files are not kept open, so that a deleted one gives its room back.

use super::group::nal_units_fit;
use crate::index::SegmentRow;
use crate::parse::boxes::{BoxHead, ReadAt};
use crate::parse::mfra;
use crate::parse::seal::SEAL_BYTES;
use crate::parse::{Fragment, Head, HeadError, Seal};
use crate::scan::{self, Damage, Depth, FragmentPlace, MDAT_BYTES, MOOF_BYTES, picture_utc, sample_utc};
use bytes::Bytes;
use easien_model::{MediaKind, Sample, SegmentId, Ticks90k, UtcMicros};
use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many segments are remembered.
const SEGMENTS: usize = 256;

/// The label of a GOP's begin is at most so far from what its ticks say: slewed by 500 ppm at most, and rounded.
const SLEW_US: i64 = 2_000;

/// Read at once for a key frame: the table, and a sub stream's key frame with it.
const KEY_BYTES: usize = 48 << 10;

/// The begin of a GOP, or of pictures before the first one.
#[derive(Clone, Copy, Debug)]
struct Group {
    offset: u64,
    /// By its seal if `exact`, else by its ticks.
    utc: UtcMicros,
    exact: bool,
    key: bool,
}

/// What is known of a segment's file.
#[derive(Debug)]
pub struct Known {
    pub head: Head,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    groups: Vec<Group>,
    /// The end of the fragments.
    data_end: u64,
    /// The fragments, where they were looked through one by one.
    last: Option<FragmentPlace>,
    count: u32,
    damage: Option<Damage>,
    /// It may grow.
    open: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    fn read(row: &SegmentRow, file: &File) -> Result<Self, HeadError> {
        let head = Head::read(file)?;
        if head.identity.segment != row.id {
            return Err(HeadError::Foreign("it is another segment".to_owned()));
        }
        let inside = match Self::by_index(row, file, &head)? {
            Some(inside) => inside,
            None => Self::by_looking(row, file, &head)?,
        };
        Ok(Self { head, inside: Mutex::new(inside) })
    }

    /// Through the index at the end of a closed segment: two reads.
    fn by_index(row: &SegmentRow, file: &File, head: &Head) -> io::Result<Option<Inside>> {
        if row.end.is_none() {
            return Ok(None);
        }
        let Some((data_end, keys)) = mfra::read(file, head.tracks.video.id)? else { return Ok(None) };
        if keys.iter().any(|key| key.offset < head.bytes || key.offset >= data_end) {
            return Ok(None);
        }
        let mut groups = Vec::with_capacity(keys.len() + 1);
        if keys.first().is_none_or(|key| key.offset != head.bytes) {
            groups.push(Group { offset: head.bytes, utc: row.start, exact: true, key: false });
        }
        groups.extend(keys.iter().map(|key| Group {
            offset: key.offset,
            utc: picture_utc(row.start, row.start, key.time_90k, 0),
            exact: false,
            key: true,
        }));
        Ok(Some(Inside { groups, data_end, last: None, count: 0, damage: None, open: false }))
    }

    /// Fragment by fragment: what is open, or was never closed.
    fn by_looking(row: &SegmentRow, file: &File, head: &Head) -> Result<Inside, HeadError> {
        let mut inside = Inside {
            groups: Vec::new(),
            data_end: head.bytes,
            last: None,
            count: 0,
            damage: None,
            open: row.end.is_none(),
        };
        let fragments = if inside.open {
            let mut fragments = Vec::new();
            scan::fragments_after(file, head.bytes, 0, &mut fragments)?;
            fragments
        } else {
            let scan = scan::scan(file, Depth::Boxes)?;
            inside.damage = scan.damage;
            scan.fragments
        };
        inside.add(&fragments);
        Ok(inside)
    }

    /// Looks for what was appended meanwhile.
    fn grow(&self, row: &SegmentRow, file: &File) -> io::Result<()> {
        let (open, data_end, count) = {
            let inside = lock(&self.inside);
            (inside.open, inside.data_end, inside.count)
        };
        if !open {
            return Ok(());
        }
        let mut fragments = Vec::new();
        scan::fragments_after(file, data_end, count, &mut fragments)?;
        let mut inside = lock(&self.inside);
        // Somebody else may have been quicker.
        if inside.data_end == data_end {
            inside.add(&fragments);
            inside.open = row.end.is_none();
        }
        Ok(())
    }

    pub fn damage(&self) -> Option<Damage> {
        lock(&self.inside).damage
    }

    pub fn data_end(&self) -> u64 {
        lock(&self.inside).data_end
    }

    /// UTC of the end of what is in the file, as far as is known.
    pub fn end(&self, row: &SegmentRow) -> UtcMicros {
        let by_row = row.end.as_ref().map_or(row.start, |end| end.end);
        lock(&self.inside).last.map_or(by_row, |last| last.end.max(by_row))
    }

    /// Whether a group begins with a key frame.
    pub fn is_key(&self, group: usize) -> bool {
        lock(&self.inside).groups.get(group).is_some_and(|group| group.key)
    }

    /// Where a group begins in the file.
    pub fn begin_of(&self, group: usize) -> u64 {
        lock(&self.inside).groups.get(group).map_or(self.head.bytes, |group| group.offset)
    }

    /// Where the group ends that `offset` lies in.
    pub fn end_of_group(&self, offset: u64) -> u64 {
        let inside = lock(&self.inside);
        let next = inside.groups.partition_point(|group| group.offset <= offset);
        inside.groups.get(next).map_or(inside.data_end, |group| group.offset)
    }

    /// Where the last group begins that lies before `offset`.
    pub fn group_before(&self, offset: u64) -> Option<u64> {
        let inside = lock(&self.inside);
        let count = inside.groups.partition_point(|group| group.offset < offset);
        inside.groups.get(count.checked_sub(1)?).map(|group| group.offset)
    }

    /// The group that a moment lies in: the last that begins at or before it.
    pub fn group_at(&self, file: &File, at: UtcMicros) -> Option<usize> {
        let (mut index, count) = {
            let inside = lock(&self.inside);
            let index = inside.groups.partition_point(|group| group.utc <= at).saturating_sub(1);
            (index, inside.groups.len())
        };
        if count == 0 {
            return None;
        }
        while index > 0 && self.exact(file, index) > at {
            index -= 1;
        }
        while index + 1 < count && self.may_begin_by(index + 1, at) && self.exact(file, index + 1) <= at {
            index += 1;
        }
        Some(index)
    }

    /// Whether a group may begin at or before a moment, though its ticks may say otherwise.
    fn may_begin_by(&self, index: usize, at: UtcMicros) -> bool {
        let inside = lock(&self.inside);
        let (Some(group), Some(first)) = (inside.groups.get(index), inside.groups.first()) else {
            return false;
        };
        let slack = if group.exact { 0 } else { SLEW_US + (group.utc - first.utc).abs() / 1000 };
        group.utc - at <= slack
    }

    /// UTC of a group's begin by its seal, or by its ticks where the seal cannot be read.
    fn exact(&self, file: &File, index: usize) -> UtcMicros {
        let Some(group) = lock(&self.inside).groups.get(index).copied() else { return UtcMicros(i64::MAX) };
        if group.exact {
            return group.utc;
        }
        let Ok(Some(begin)) = seal_begin(file, group.offset) else { return group.utc };
        if let Some(group) = lock(&self.inside).groups.get_mut(index) {
            group.utc = begin;
            group.exact = true;
        }
        begin
    }

    /// The last key frame at or before a moment.
    pub fn key_at(
        &self,
        file: &File,
        row: &SegmentRow,
        at: UtcMicros,
    ) -> Result<Option<Arc<Sample>>, crate::ArchiveError> {
        let io = |error| crate::ArchiveError::io("read", row.path.as_ref(), error);
        let Some(mut index) = self.group_at(file, at) else { return Ok(None) };
        // Should one be damaged, the one before it will do.
        for _ in 0..3 {
            let Some(group) = lock(&self.inside).groups.get(index).copied() else { break };
            if group.key
                && group.utc <= at
                && let Some(sample) = self.key_in(file, row, group.offset, at).map_err(io)?
            {
                return Ok(Some(Arc::new(sample)));
            }
            let Some(before) = index.checked_sub(1) else { break };
            index = before;
        }
        Ok(None)
    }

    /// The last key frame at or before a moment in the fragment at `offset`.
    fn key_in(
        &self,
        file: &File,
        row: &SegmentRow,
        offset: u64,
        at: UtcMicros,
    ) -> io::Result<Option<Sample>> {
        let mut begin = vec![0; KEY_BYTES];
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
        let Some(seal) = Seal::read(file, offset.saturating_add(data_end))? else { return Ok(None) };
        let Some(fragment) = begin.get(moof.head_bytes as usize..moof.bytes as usize).and_then(|body| {
            Fragment::parse(body, &self.head.tracks, moof.bytes + mdat.head_bytes, data_end)
        }) else {
            return Ok(None);
        };
        let place = FragmentPlace {
            offset,
            bytes: data_end + SEAL_BYTES,
            moof_bytes: moof.bytes as u32,
            begin: seal.begin,
            end: seal.end,
            key: seal.key,
            samples: seal.samples,
        };
        let Some((first, last)) = fragment.span_90k() else { return Ok(None) };
        let utc = |sample: &_| sample_utc(&place, sample, first, last);
        let keys = fragment.video.iter().filter(|sample| sample.key);
        let Some(key) = keys.clone().rfind(|sample| utc(sample) <= at).or_else(|| keys.clone().next()) else {
            return Ok(None);
        };
        let from = key.offset as usize;
        let data = match begin.get(from..from + key.bytes as usize) {
            Some(data) => Bytes::copy_from_slice(data),
            None => match file.read_vec(offset + key.offset, key.bytes as usize)? {
                Some(data) => Bytes::from(data),
                None => return Ok(None),
            },
        };
        if !nal_units_fit(&data) {
            return Ok(None);
        }
        Ok(Some(Sample {
            stream: row.stream,
            kind: MediaKind::Video,
            run: row.run,
            seq: 0,
            pts: Ticks90k(row.rtp_start_90k.saturating_add(key.presentation())),
            arrived: utc(key),
            key: true,
            damaged: key.damaged,
            params: self.head.tracks.video.params.clone(),
            data,
        }))
    }
}

impl Inside {
    fn add(&mut self, fragments: &[FragmentPlace]) {
        for place in fragments {
            if place.key || self.groups.is_empty() {
                self.groups.push(Group {
                    offset: place.offset,
                    utc: place.begin,
                    exact: true,
                    key: place.key,
                });
            }
            self.data_end = place.offset + place.bytes;
            self.last = Some(*place);
            self.count = self.count.saturating_add(1);
        }
    }
}

/// What the seal of the fragment at `offset` says of its begin.
fn seal_begin(file: &File, offset: u64) -> io::Result<Option<UtcMicros>> {
    let Some(moof) = BoxHead::read(file, offset)?.filter(|head| head.is(b"moof") && head.bytes <= MOOF_BYTES)
    else {
        return Ok(None);
    };
    let at = offset.saturating_add(moof.bytes);
    let Some(mdat) = BoxHead::read(file, at)?.filter(|head| head.is(b"mdat") && head.bytes <= MDAT_BYTES)
    else {
        return Ok(None);
    };
    Ok(Seal::read(file, at.saturating_add(mdat.bytes))?.map(|seal| seal.begin))
}

/// What is known, and in which order it came.
type Remembered = (HashMap<SegmentId, Arc<Known>>, VecDeque<SegmentId>);

/// The last segments that were read.
#[derive(Debug, Default)]
pub struct Cache {
    segments: Mutex<Remembered>,
    told: Mutex<HashSet<SegmentId>>,
}

impl Cache {
    pub fn get(&self, row: &SegmentRow, file: &File) -> Result<Arc<Known>, HeadError> {
        let found = lock(&self.segments).0.get(&row.id).cloned();
        if let Some(known) = found {
            known.grow(row, file)?;
            return Ok(known);
        }
        let known = Arc::new(Known::read(row, file)?);
        let mut segments = lock(&self.segments);
        if segments.0.insert(row.id, known.clone()).is_none() {
            segments.1.push_back(row.id);
        }
        while segments.1.len() > SEGMENTS {
            if let Some(oldest) = segments.1.pop_front() {
                segments.0.remove(&oldest);
            }
        }
        Ok(known)
    }

    pub fn forget(&self, segment: SegmentId) {
        let mut segments = lock(&self.segments);
        if segments.0.remove(&segment).is_some() {
            segments.1.retain(|id| *id != segment);
        }
    }

    /// Whether this segment's damage has not been told yet.
    pub fn first_damage(&self, segment: SegmentId) -> bool {
        let mut told = lock(&self.told);
        // Bounded: after very many, some are told again.
        if told.len() >= 10_000 {
            told.clear();
        }
        told.insert(segment)
    }
}
