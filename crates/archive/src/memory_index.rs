//! An index in memory, for tests and benchmarks: nothing of it survives.

use crate::index::{Change, GapRow, IndexError, SegmentIndex, SegmentQuery, SegmentRow, SegmentState};
use easien_model::{SegmentId, StreamId, UtcMicros, VolumeId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Rows in memory.
#[derive(Debug, Default)]
pub struct MemoryIndex {
    rows: Mutex<Rows>,
}

type Rows = (BTreeMap<SegmentId, SegmentRow>, BTreeMap<(StreamId, UtcMicros), GapRow>);

impl MemoryIndex {
    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every segment.
    pub fn all(&self) -> Vec<SegmentRow> {
        let mut rows: Vec<_> = self.lock().0.values().cloned().collect();
        rows.sort_by_key(|row| (row.stream, row.start, row.id));
        rows
    }

    /// Every gap.
    pub fn all_gaps(&self) -> Vec<GapRow> {
        self.lock().1.values().copied().collect()
    }

    fn sorted(&self, keep: impl Fn(&SegmentRow) -> bool) -> Vec<SegmentRow> {
        let mut rows: Vec<_> = self.lock().0.values().filter(|row| keep(row)).cloned().collect();
        rows.sort_by_key(|row| (row.start, row.id));
        rows
    }
}

impl SegmentIndex for MemoryIndex {
    fn apply(&self, changes: &[Change]) -> Result<(), IndexError> {
        let (segments, gaps) = &mut *self.lock();
        for change in changes {
            match change {
                Change::Added(row) => drop(segments.insert(row.id, row.clone())),
                Change::Closed { id, end, state } => {
                    if let Some(row) = segments.get_mut(id) {
                        row.end = Some(end.clone());
                        row.state = *state;
                    }
                }
                Change::Marked { id, state } => {
                    if let Some(row) = segments.get_mut(id) {
                        row.state = *state;
                    }
                }
                Change::Removed { id } => drop(segments.remove(id)),
                Change::Gap(gap) => drop(gaps.insert((gap.stream, gap.start), *gap)),
                Change::GapClosed { stream, start, end } => {
                    if let Some(gap) = gaps.get_mut(&(*stream, *start)) {
                        gap.end = Some(*end);
                    }
                }
            }
        }
        Ok(())
    }

    fn segments(&self, query: &SegmentQuery) -> Result<Vec<SegmentRow>, IndexError> {
        let mut rows = self.sorted(|row| {
            row.stream == query.stream
                && row.state != SegmentState::Deleting
                && row.start < query.to
                && row.end.as_ref().is_none_or(|end| end.end > query.from)
        });
        rows.truncate(query.limit);
        Ok(rows)
    }

    fn neighbour(
        &self,
        stream: StreamId,
        at: UtcMicros,
        forward: bool,
    ) -> Result<Option<SegmentRow>, IndexError> {
        let rows = self.sorted(|row| {
            row.stream == stream && row.state != SegmentState::Deleting && (row.start >= at) == forward
        });
        Ok(if forward { rows.into_iter().next() } else { rows.into_iter().next_back() })
    }

    fn open_segments(&self, volume: VolumeId) -> Result<Vec<SegmentRow>, IndexError> {
        Ok(self.sorted(|row| row.volume == volume && row.state == SegmentState::Open))
    }

    fn deleting(&self, volume: VolumeId) -> Result<Vec<SegmentRow>, IndexError> {
        Ok(self.sorted(|row| row.volume == volume && row.state == SegmentState::Deleting))
    }

    fn gaps(&self, stream: StreamId, from: UtcMicros, to: UtcMicros) -> Result<Vec<GapRow>, IndexError> {
        let touches =
            |gap: &&GapRow| gap.stream == stream && gap.start <= to && gap.end.is_none_or(|end| end >= from);
        Ok(self.lock().1.values().filter(touches).copied().collect())
    }

    fn open_gaps(&self) -> Result<Vec<GapRow>, IndexError> {
        Ok(self.lock().1.values().filter(|gap| gap.end.is_none()).copied().collect())
    }

    fn streams(&self) -> Result<Vec<(StreamId, UtcMicros, UtcMicros)>, IndexError> {
        let (segments, gaps) = &*self.lock();
        let mut streams: BTreeMap<StreamId, (UtcMicros, UtcMicros)> = BTreeMap::new();
        let spans = segments
            .values()
            .map(|row| (row.stream, row.start, row.end.as_ref().map_or(row.start, |end| end.end)))
            .chain(gaps.values().map(|gap| (gap.stream, gap.start, gap.end.unwrap_or(gap.start))));
        for (stream, start, end) in spans {
            let both = streams.entry(stream).or_insert((start, end));
            *both = (both.0.min(start), both.1.max(end));
        }
        Ok(streams.into_iter().map(|(stream, (start, end))| (stream, start, end)).collect())
    }

    fn oldest(
        &self,
        volume: Option<VolumeId>,
        stream: Option<StreamId>,
        after: Option<(UtcMicros, SegmentId)>,
        limit: usize,
    ) -> Result<Vec<SegmentRow>, IndexError> {
        let mut rows = self.sorted(|row| {
            row.end.is_some()
                && row.state != SegmentState::Deleting
                && volume.is_none_or(|volume| row.volume == volume)
                && stream.is_none_or(|stream| row.stream == stream)
                && after.is_none_or(|after| (row.start, row.id) > after)
        });
        rows.truncate(limit);
        Ok(rows)
    }

    fn used_bytes(&self, volume: VolumeId) -> Result<u64, IndexError> {
        Ok(self
            .sorted(|row| row.volume == volume)
            .iter()
            .filter_map(|row| Some(row.end.as_ref()?.bytes))
            .sum())
    }
}
