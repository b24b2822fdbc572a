//! After a crash: segments that were left open are closed at their last good seal, files that no row knows are found, and
//! what is missing is said. Only open rows and the newest files are looked at; everything else is `rebuild`'s.

use crate::core::Core;
use crate::error::ArchiveError;
use crate::events::ArchiveEvent;
use crate::fmp4::mfra;
use crate::index::{Change, GapRow, SegmentEnd, SegmentIndex, SegmentQuery, SegmentRow, SegmentState};
use crate::parse::{Fragment, Head, ReadAt};
use crate::place;
use crate::scan::{Damage, Depth, Scan, scan};
use easien_model::{GapCause, StreamId, UtcMicros, VolumeId};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Files are read whole up to so many bytes in all; beyond, their boxes and seals are looked at without hashing.
const WHOLE_BYTES: u64 = 3 << 30;

/// So many of the newest files of each folder may be unknown to the index.
const NEWEST: usize = 4;

/// The ends of what was recovered.
pub(crate) type Ends = HashMap<StreamId, UtcMicros>;

#[derive(Default)]
struct Count {
    segments: usize,
    found: usize,
    damaged: usize,
}

/// Looks after one volume, attached just now.
pub(crate) fn recover(
    core: &Core,
    index: &dyn SegmentIndex,
    volume: VolumeId,
    root: &Path,
) -> Result<Ends, ArchiveError> {
    let mut ends = Ends::new();
    let mut count = Count::default();
    let mut budget = WHOLE_BYTES;
    let mut rows = index.open_segments(volume)?;
    rows.retain(|row| !core.is_own(row.id));
    rows.sort_by_key(|row| row.start);
    for row in &rows {
        let changes = one(core, index, row, root, &mut budget, &mut ends, &mut count)?;
        core.feed.send(changes);
    }
    // What is found now must see the rows of before.
    core.feed.flush(std::time::Duration::from_secs(30));
    for path in newest(root, core.now()) {
        if let Some(row) = unknown(core, index, volume, root, &path)? {
            count.found += 1;
            let mut changes = vec![Change::Added(row.clone())];
            changes.extend(one(core, index, &row, root, &mut budget, &mut ends, &mut count)?);
            core.feed.send(changes);
        }
    }
    if count.segments + count.found + count.damaged > 0 {
        let Count { segments, found, damaged } = count;
        core.say(ArchiveEvent::Recovered { volume, segments, found, damaged });
    }
    Ok(ends)
}

fn one(
    core: &Core,
    index: &dyn SegmentIndex,
    row: &SegmentRow,
    root: &Path,
    budget: &mut u64,
    ends: &mut Ends,
    count: &mut Count,
) -> Result<Vec<Change>, ArchiveError> {
    let path = root.join(&row.path);
    let damaged = |detail: &str| {
        tracing::error!(path = %path.display(), detail, "a file of recording is damaged");
        core.say(ArchiveEvent::FileDamaged {
            segment: row.id,
            stream: row.stream,
            volume: row.volume,
            path: row.path.clone(),
            detail: detail.to_owned(),
        });
    };
    let mut changes = Vec::new();
    let end = match look(&path, budget) {
        Ok(Some((scan, whole))) => {
            let state = match scan.damage {
                Some(Damage::Flipped { fragment, .. }) => {
                    damaged(&format!("fragment {fragment} is not what was sealed"));
                    SegmentState::Damaged
                }
                _ if scan.good == 0 => {
                    damaged("it has no whole fragment");
                    SegmentState::Damaged
                }
                _ if scan.whole => SegmentState::Whole,
                _ => SegmentState::Recovered,
            };
            count.damaged += usize::from(state == SegmentState::Damaged);
            count.segments += usize::from(state != SegmentState::Damaged);
            let bytes = match state {
                SegmentState::Recovered => finish(&path, &scan).unwrap_or_else(|error| {
                    tracing::warn!(path = %path.display(), %error, "a recovered file was left as it was");
                    scan.good_bytes
                }),
                SegmentState::Whole => scan.file_bytes,
                _ => scan.good_bytes,
            };
            let (last, frames) = if state == SegmentState::Damaged && whole {
                (scan.readable_end(), scan.readable_frames())
            } else {
                (scan.end, scan.frames)
            };
            let end = last.max(UtcMicros(row.start.0.saturating_add(1)));
            changes.push(Change::Closed {
                id: row.id,
                end: SegmentEnd { end, bytes, frames, sha256: scan.sha256, activity: scan.activity },
                state,
            });
            end
        }
        Ok(None) => {
            damaged("it is gone");
            count.damaged += 1;
            changes.push(Change::Removed { id: row.id });
            missing(index, row, &mut changes)?
        }
        Err(detail) => {
            damaged(&detail);
            count.damaged += 1;
            let end = UtcMicros(row.start.0.saturating_add(1));
            let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
            changes.push(Change::Closed {
                id: row.id,
                end: SegmentEnd { end, bytes, frames: 0, sha256: None, activity: Vec::new() },
                state: SegmentState::Damaged,
            });
            end
        }
    };
    hole(index, row, end, &mut changes)?;
    let known = ends.entry(row.stream).or_insert(end);
    *known = (*known).max(end);
    Ok(changes)
}

/// The file was there and is gone: a gap, up to what is known to come next.
fn missing(
    index: &dyn SegmentIndex,
    row: &SegmentRow,
    changes: &mut Vec<Change>,
) -> Result<UtcMicros, ArchiveError> {
    let after = UtcMicros(row.start.0.saturating_add(1));
    let end = next(index, row, after)?.unwrap_or(after).max(after);
    changes.push(Change::Gap(GapRow {
        stream: row.stream,
        start: row.start,
        end: Some(end),
        cause: GapCause::FileDamaged,
    }));
    Ok(end)
}

/// The begin of the first segment or gap of the stream at or after `from`, other than the row.
fn next(
    index: &dyn SegmentIndex,
    row: &SegmentRow,
    from: UtcMicros,
) -> Result<Option<UtcMicros>, ArchiveError> {
    let segment =
        index.neighbour(row.stream, from, true)?.filter(|next| next.id != row.id).map(|next| next.start);
    let to = segment.unwrap_or(UtcMicros(i64::MAX));
    let gap = index
        .gaps(row.stream, from, to)?
        .into_iter()
        .map(|gap| gap.start)
        .filter(|start| *start >= from)
        .min();
    Ok(match (segment, gap) {
        (Some(segment), Some(gap)) => Some(segment.min(gap)),
        (segment, gap) => segment.or(gap),
    })
}

/// What lies between the recovered end and what is known to come next was lost with the station. Where nothing comes next
/// the stream itself says so.
fn hole(
    index: &dyn SegmentIndex,
    row: &SegmentRow,
    end: UtcMicros,
    changes: &mut Vec<Change>,
) -> Result<(), ArchiveError> {
    // A volume that was away: what was taken for missing from the segment's begin on was not, up to here.
    for gap in index.gaps(row.stream, row.start, end)? {
        if gap.cause == GapCause::StationDied
            && gap.start >= row.start
            && gap.start < end
            && let Some(until) = gap.end
        {
            changes.push(Change::Gap(GapRow { end: Some(gap.start), ..gap }));
            if until > end {
                changes.push(Change::Gap(GapRow { start: end, ..gap }));
                return Ok(());
            }
        }
    }
    if let Some(next) = next(index, row, end)?
        && next > end
    {
        changes.push(Change::Gap(GapRow {
            stream: row.stream,
            start: end,
            end: Some(next),
            cause: GapCause::StationDied,
        }));
    }
    Ok(())
}

/// Scans a file: `None` when it is gone; true with it when its bytes were compared with the seals.
fn look(path: &Path, budget: &mut u64) -> Result<Option<(Scan, bool)>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let bytes = file.metadata().map_err(|error| error.to_string())?.len();
    let whole = bytes <= *budget;
    let depth = if whole { Depth::Seals } else { Depth::Boxes };
    *budget = budget.saturating_sub(if whole { bytes } else { 0 });
    scan(&file, depth).map(|scan| Some((scan, whole))).map_err(|error| error.to_string())
}

/// Cuts a file to its last good seal, writes the index behind it and syncs it; its size then.
fn finish(path: &Path, scan: &Scan) -> io::Result<u64> {
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
    let mut keys = Vec::new();
    for place in scan.fragments.iter().take(scan.good).filter(|place| place.key) {
        let moof = file.read_vec(place.offset, place.moof_bytes as usize)?;
        let first = moof
            .as_deref()
            .and_then(|moof| moof.get(8..))
            .and_then(|body| Fragment::parse(body, &scan.tracks, 0, u64::MAX))
            .and_then(|fragment| fragment.span_90k());
        if let Some((first, _)) = first {
            keys.push((u64::try_from(first).unwrap_or(0), place.offset));
        }
    }
    let index = mfra(&keys);
    file.set_len(scan.good_bytes)?;
    file.write_all(&index)?;
    file.sync_data()?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(scan.good_bytes + index.len() as u64)
}

/// The newest files of each camera's folders of today and yesterday.
fn newest(root: &Path, now: UtcMicros) -> Vec<PathBuf> {
    let days =
        [place::date(now), place::date(now.plus_seconds(-86_400)), place::date(now.plus_seconds(86_400))];
    let mut found = Vec::new();
    let folders = |path: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(path)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default()
    };
    for camera in folders(root) {
        for which in ["main", "sub"] {
            for day in &days {
                let mut files = folders(&camera.join(which).join(day));
                files.retain(|path| path.extension().is_some_and(|ending| ending == "mp4"));
                files.sort();
                found.extend(files.into_iter().rev().take(NEWEST));
            }
        }
    }
    found
}

/// The row of a file that the index does not know, if it is a segment of this volume.
fn unknown(
    core: &Core,
    index: &dyn SegmentIndex,
    volume: VolumeId,
    root: &Path,
    path: &Path,
) -> Result<Option<SegmentRow>, ArchiveError> {
    let Ok(file) = File::open(path) else { return Ok(None) };
    let Ok(head) = Head::read(&file) else { return Ok(None) };
    let identity = head.identity;
    if identity.volume != volume || core.is_own(identity.segment) {
        return Ok(None);
    }
    let stream = StreamId { camera: identity.camera, which: identity.which };
    let start = UtcMicros(identity.start_us);
    let query = SegmentQuery { stream, from: start, to: UtcMicros(start.0.saturating_add(1)), limit: 100 };
    if index.segments(&query)?.iter().any(|row| row.id == identity.segment) {
        return Ok(None);
    }
    let Some(relative) = path.strip_prefix(root).ok().and_then(Path::to_str) else { return Ok(None) };
    Ok(Some(SegmentRow {
        id: identity.segment,
        stream,
        volume,
        path: relative.to_owned(),
        run: identity.run,
        start,
        rtp_start_90k: identity.rtp_start_90k,
        clock_offset_us: identity.clock_offset_us,
        shift_us: identity.shift_us,
        codec: identity.codec,
        width_px: identity.width,
        height_px: identity.height,
        audio: identity.audio,
        end: None,
        state: SegmentState::Open,
    }))
}
