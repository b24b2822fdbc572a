//! Jumps: the next bookmark, alarm, loss, gap, or begin of footage, over some cameras.

use super::timeline::check_cameras;
use crate::station::Station;
use easien_link::data::{Jump, JumpTo};
use easien_model::{CameraId, Problem, StreamId, StreamKind, UtcMicros};
use easien_store::Recordings;

/// Shorter gaps are seams: a run that was split, a file that was changed.
const SEAM_US: i64 = 1_000_000;
/// Gaps looked through for one in which nothing of the camera is recorded.
const GAPS_MOST: usize = 10_000;

fn streams(camera: CameraId) -> [StreamId; 2] {
    [StreamKind::Main, StreamKind::Sub].map(|which| StreamId { camera, which })
}

/// The nearest of some moments.
fn nearest(moments: impl IntoIterator<Item = UtcMicros>, forward: bool) -> Option<UtcMicros> {
    let moments = moments.into_iter();
    if forward { moments.min() } else { moments.max() }
}

/// The begin of the next gap of a camera.
fn gap(
    index: &Recordings,
    camera: CameraId,
    at: UtcMicros,
    forward: bool,
) -> easien_store::Result<Option<UtcMicros>> {
    let mut found = Vec::new();
    for stream in streams(camera) {
        found.extend(index.next_gap(stream, at, forward, SEAM_US)?.map(|gap| gap.start));
    }
    Ok(nearest(found, forward))
}

/// The begin of what is recorded of a stream, after or before `at`: where a gap ends, or the very first.
fn footage(
    index: &Recordings,
    stream: StreamId,
    at: UtcMicros,
    forward: bool,
) -> easien_store::Result<Option<UtcMicros>> {
    let first = index.neighbour(stream, UtcMicros(i64::MIN / 4), true)?.map(|row| row.start);
    let Some(first) = first else { return Ok(None) };
    if forward && first > at {
        return Ok(Some(first));
    }
    // The gap that it lies in ends first.
    if forward {
        let here = index.gaps(stream, at, UtcMicros(at.0 + 1))?;
        let ends = here.iter().filter(|gap| gap.end.is_none_or(|end| end - gap.start >= SEAM_US));
        if let Some(end) = ends.filter_map(|gap| gap.end).filter(|end| *end > at).max()
            && let Some(row) = index.neighbour(stream, end, true)?
        {
            return Ok(Some(row.start));
        }
    }
    let mut from = at;
    for _ in 0..GAPS_MOST {
        let Some(gap) = index.next_gap(stream, from, forward, SEAM_US)? else { break };
        from = gap.start;
        let Some(end) = gap.end else {
            if forward {
                break;
            }
            continue;
        };
        // Gaps may follow each other: footage begins where a segment does.
        let Some(row) = index.neighbour(stream, end, true)? else { continue };
        let begin = row.start;
        let next = index.gaps(stream, end, UtcMicros(end.0 + 1))?;
        let goes_on = next.iter().any(|other| other.start == end && other.end.is_none_or(|to| to > end));
        if !goes_on && (if forward { begin > at } else { begin < at }) {
            return Ok(Some(begin));
        }
    }
    Ok((!forward && first < at).then_some(first))
}

impl Station {
    pub(crate) async fn jump_review(&self, jump: Jump) -> Result<Option<UtcMicros>, Problem> {
        check_cameras(&jump.cameras)?;
        let Jump { cameras, at, to, forward } = jump;
        match to {
            JumpTo::Bookmark => self.store(move |store| store.next_bookmark(&cameras, at, forward)).await,
            JumpTo::Alarm => self.store(move |store| store.next_alarm(&cameras, at, forward)).await,
            JumpTo::Gap => {
                self.ask_index(move |index| {
                    let mut found = Vec::new();
                    for camera in cameras {
                        found.extend(gap(index, camera, at, forward)?);
                    }
                    Ok(nearest(found, forward))
                })
                .await
            }
            JumpTo::Footage => {
                self.ask_index(move |index| {
                    let mut found = Vec::new();
                    for stream in cameras.into_iter().flat_map(streams) {
                        found.extend(footage(index, stream, at, forward)?);
                    }
                    Ok(nearest(found, forward))
                })
                .await
            }
        }
    }
}
