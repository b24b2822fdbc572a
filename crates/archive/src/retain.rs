//! Retention: what is older than its camera's days goes, and where a volume is over its quota or has too little room,
//! the oldest goes first. What a hold protects stays, whatever happens.
//!
//! Order: whoever keeps the books is told what is about to go and may refuse, the row is marked as being deleted, the file is unlinked and its folder synced, empty folders go, the row is
//! removed. A crash in between is finished by the next sweep.

use crate::archive::Archive;
use crate::error::ArchiveError;
use crate::events::ArchiveEvent;
use crate::index::{Change, SegmentIndex, SegmentRow, SegmentState};
use crate::place;
use crate::volume::VolumeState;
use easien_model::{CameraId, SegmentId, StreamId, UtcMicros, VolumeId};
use rustix::fs::statvfs;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Segments deleted between two looks at what is left to do: small, so that a full disk breathes soon.
const BATCH: usize = 32;

/// Rows asked for at once.
const ROWS: usize = 256;

/// Segments that one word to the books is about, at most.
const PLANNED: usize = 4096;

/// What ended less than so long ago is left alone.
const YOUNGEST: Duration = Duration::from_secs(60);

/// What is kept, and how long.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// How long each camera's recordings are kept.
    pub keep: HashMap<CameraId, Duration>,
    /// How long those of every other camera; absent: as long as there is room.
    pub default_keep: Option<Duration>,
    /// What must not be deleted: camera, begin inclusive, end exclusive. A segment that overlaps it stays whole.
    pub held: Vec<(CameraId, UtcMicros, UtcMicros)>,
    /// Now.
    pub now: UtcMicros,
}

/// A volume as retention needs it.
#[derive(Clone, Debug)]
pub struct SweepVolume {
    /// Its id.
    pub id: VolumeId,
    /// Its root.
    pub root: PathBuf,
    /// Recordings take at most so much.
    pub quota_bytes: Option<u64>,
    /// So much is left free.
    pub reserve_bytes: u64,
    /// Room is made on it: it is written to.
    pub make_room: bool,
}

/// What was deleted of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweptStream {
    /// Segments.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Begin of the first.
    pub from: UtcMicros,
    /// End of the last.
    pub to: UtcMicros,
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// What was deleted because its days were over.
    pub by_days: BTreeMap<StreamId, SweptStream>,
    /// What was deleted to make room.
    pub by_room: BTreeMap<StreamId, SweptStream>,
    /// Volumes on which there is still too little room: nothing is left on them that may be deleted.
    pub short: Vec<Short>,
    /// Files that could not be deleted, with what the system said; their rows wait for the next sweep.
    pub failed: Vec<(String, String)>,
    /// Segments that would have gone, and whose deletion was refused.
    pub refused: u64,
}

/// What is about to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// To make room on this volume; absent: because its days are over.
    pub room_on: Option<VolumeId>,
    /// What of each stream.
    pub streams: BTreeMap<StreamId, SweptStream>,
}

impl Planned {
    fn new<'a>(room_on: Option<VolumeId>, rows: impl IntoIterator<Item = &'a SegmentRow>) -> Self {
        let mut streams = BTreeMap::new();
        for row in rows {
            add(&mut streams, row);
        }
        Self { room_on, streams }
    }

    /// Segments in all.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.streams.values().map(|one| one.segments).sum()
    }

    /// Bytes in all.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.streams.values().map(|one| one.bytes).sum()
    }
}

/// Counts a segment to its stream; its bytes.
fn add(streams: &mut BTreeMap<StreamId, SweptStream>, row: &SegmentRow) -> u64 {
    let (end, bytes) = row.end.as_ref().map_or((row.start, 0), |end| (end.end, end.bytes));
    let first = SweptStream { segments: 0, bytes: 0, from: row.start, to: end };
    let swept = streams.entry(row.stream).or_insert(first);
    swept.segments += 1;
    swept.bytes += bytes;
    swept.from = swept.from.min(row.start);
    swept.to = swept.to.max(end);
    bytes
}

/// A volume on which there is still too little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// Which.
    pub volume: VolumeId,
    /// So much more is needed.
    pub needed_bytes: u64,
    /// So much is held on it.
    pub held_bytes: u64,
}

impl Swept {
    /// Segments deleted in all.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.by_days.values().chain(self.by_room.values()).map(|swept| swept.segments).sum()
    }

    /// Bytes deleted in all.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.by_days.values().chain(self.by_room.values()).map(|swept| swept.bytes).sum()
    }
}

impl Archive {
    /// Deletes what need not be kept. Blocking. Tells [`ArchiveEvent::OnlyHeldLeft`] where room cannot be made because
    /// of holds.
    ///
    /// # Errors
    /// The index failed. What was deleted by then is in the index as deleted; the next sweep goes on.
    pub fn sweep(&self, policy: &Policy) -> Result<Swept, ArchiveError> {
        let volumes: Vec<SweepVolume> = self
            .volumes()
            .into_iter()
            .filter(|status| !matches!(status.state, VolumeState::ReadOnly | VolumeState::Degraded))
            .filter_map(|status| {
                Some(SweepVolume {
                    id: status.config.id,
                    root: self.root(status.config.id)?,
                    quota_bytes: status.config.quota_bytes,
                    reserve_bytes: status.config.reserve_bytes,
                    make_room: matches!(status.state, VolumeState::Ready | VolumeState::Full),
                })
            })
            .collect();
        // The clock of the wall may have been set: what the policy takes for now counts, but never more than is so.
        let policy = Policy { now: policy.now.min(self.now()), ..policy.clone() };
        let swept = sweep(&**self.index(), &volumes, &policy, &mut |_| true)?;
        for short in swept.short.iter().filter(|short| short.held_bytes > 0) {
            self.say(ArchiveEvent::OnlyHeldLeft { volume: short.volume });
        }
        Ok(swept)
    }
}

/// Deletes from these volumes what need not be kept. `permit` is told before anything goes; what it refuses stays.
///
/// # Errors
/// The index failed.
pub fn sweep(
    index: &dyn SegmentIndex,
    volumes: &[SweepVolume],
    policy: &Policy,
    permit: &mut dyn FnMut(&Planned) -> bool,
) -> Result<Swept, ArchiveError> {
    let mut sweep = Sweep {
        permit,
        index,
        volumes,
        policy,
        held: by_camera(&policy.held),
        swept: Swept::default(),
        stuck: BTreeSet::new(),
    };
    for volume in volumes {
        sweep.finish(volume)?;
    }
    // First what nobody wishes to keep: that may be room enough.
    sweep.by_days()?;
    for volume in volumes.iter().filter(|volume| volume.make_room) {
        sweep.make_room(volume)?;
    }
    Ok(sweep.swept)
}

type Held = HashMap<CameraId, Vec<(UtcMicros, UtcMicros)>>;

fn by_camera(held: &[(CameraId, UtcMicros, UtcMicros)]) -> Held {
    let mut cameras = Held::new();
    for (camera, start, end) in held {
        // A hold of no length still protects the moment.
        let end = (*end).max(UtcMicros(start.0.saturating_add(1)));
        cameras.entry(*camera).or_default().push((*start, end));
    }
    cameras
}

/// Why a segment goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Days,
    Room,
}

struct Sweep<'a> {
    permit: &'a mut dyn FnMut(&Planned) -> bool,
    index: &'a dyn SegmentIndex,
    volumes: &'a [SweepVolume],
    policy: &'a Policy,
    held: Held,
    swept: Swept,
    /// Those whose files could not be deleted: not tried again in this sweep.
    stuck: BTreeSet<SegmentId>,
}

impl Sweep<'_> {
    fn is_held(&self, row: &SegmentRow) -> bool {
        let end = row.end.as_ref().map_or(UtcMicros(i64::MAX), |end| end.end);
        self.held
            .get(&row.stream.camera)
            .is_some_and(|held| held.iter().any(|(from, to)| row.start < *to && end > *from))
    }

    fn is_young(&self, row: &SegmentRow) -> bool {
        row.end.as_ref().is_none_or(|end| end.end + YOUNGEST > self.policy.now)
    }

    /// What a crash left half deleted. What was held meanwhile and is still there stays after all.
    fn finish(&mut self, volume: &SweepVolume) -> Result<(), ArchiveError> {
        let rows = self.index.deleting(volume.id)?;
        let (saved, gone): (Vec<SegmentRow>, Vec<SegmentRow>) =
            rows.into_iter().partition(|row| self.is_held(row) && volume.root.join(&row.path).exists());
        let marks: Vec<Change> = saved
            .iter()
            .map(|row| {
                let whole = row.end.as_ref().is_some_and(|end| end.sha256.is_some());
                let state = if whole { SegmentState::Whole } else { SegmentState::Recovered };
                Change::Marked { id: row.id, state }
            })
            .collect();
        if !marks.is_empty() {
            self.index.apply(&marks)?;
        }
        for batch in gone.chunks(BATCH) {
            self.unlink(volume, batch, Why::Days)?;
        }
        Ok(())
    }

    /// Whether these may go.
    fn is_permitted(&mut self, room_on: Option<VolumeId>, rows: &[SegmentRow]) -> bool {
        let planned = Planned::new(room_on, rows);
        let permitted = (self.permit)(&planned);
        if !permitted {
            self.swept.refused += planned.segments();
        }
        permitted
    }

    /// Deletes what was found to be too old, wherever it lies. False: it was refused.
    fn delete_old(&mut self, rows: &[SegmentRow]) -> Result<bool, ArchiveError> {
        if rows.is_empty() {
            return Ok(true);
        }
        if !self.is_permitted(None, rows) {
            return Ok(false);
        }
        for volume in self.volumes {
            let here: Vec<SegmentRow> = rows.iter().filter(|row| row.volume == volume.id).cloned().collect();
            for batch in here.chunks(BATCH) {
                self.delete(volume, batch, Why::Days)?;
            }
        }
        Ok(true)
    }

    fn by_days(&mut self) -> Result<(), ArchiveError> {
        let here: BTreeSet<VolumeId> = self.volumes.iter().map(|volume| volume.id).collect();
        let mut planned: Vec<SegmentRow> = Vec::new();
        for (stream, first, _) in self.index.streams()? {
            let keep = self.policy.keep.get(&stream.camera).copied().or(self.policy.default_keep);
            let Some(keep) = keep else { continue };
            let keep_us = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
            let cutoff = UtcMicros(self.policy.now.0.saturating_sub(keep_us));
            if first >= cutoff {
                continue;
            }
            let mut after = None;
            loop {
                let rows = self.index.oldest(None, Some(stream), after, ROWS)?;
                let Some(last) = rows.last() else { break };
                after = Some((last.start, last.id));
                let over = last.start >= cutoff || rows.len() < ROWS;
                let old = |row: &SegmentRow| row.end.as_ref().is_some_and(|end| end.end <= cutoff);
                planned.extend(
                    rows.into_iter().filter(|row| old(row) && here.contains(&row.volume) && self.may_go(row)),
                );
                if planned.len() >= PLANNED && !self.delete_old(&std::mem::take(&mut planned))? {
                    return Ok(());
                }
                if over {
                    break;
                }
            }
        }
        self.delete_old(&planned).map(drop)
    }

    fn may_go(&self, row: &SegmentRow) -> bool {
        row.state != SegmentState::Open
            && !self.is_held(row)
            && !self.is_young(row)
            && !self.stuck.contains(&row.id)
    }

    /// How much must go so that quota and reserve are met, where recordings take `used` bytes.
    fn missing(volume: &SweepVolume, used: u64) -> u64 {
        let over = volume.quota_bytes.map_or(0, |quota| used.saturating_sub(quota));
        let free = statvfs(&volume.root).map(|sizes| sizes.f_bavail.saturating_mul(sizes.f_frsize));
        // A disk that does not answer is no reason to delete.
        let short = free.map_or(0, |free| volume.reserve_bytes.saturating_sub(free));
        over.max(short)
    }

    fn make_room(&mut self, volume: &SweepVolume) -> Result<(), ArchiveError> {
        // Added up once: with millions of rows that takes its time.
        let mut used = self.index.used_bytes(volume.id)?;
        let mut needed = Self::missing(volume, used);
        let mut after = None;
        let mut held_bytes = 0;
        while needed > 0 {
            let planned = self.oldest(volume, needed, &mut after, &mut held_bytes)?;
            if planned.is_empty() || !self.is_permitted(Some(volume.id), &planned) {
                break;
            }
            for batch in planned.chunks(BATCH) {
                used = used.saturating_sub(self.delete(volume, batch, Why::Room)?);
                // The disk is asked anew: what others write and delete on it counts.
                needed = Self::missing(volume, used);
                if needed == 0 {
                    break;
                }
            }
        }
        self.swept.short.retain(|short| short.volume != volume.id);
        if needed > 0 {
            self.swept.short.push(Short { volume: volume.id, needed_bytes: needed, held_bytes });
        }
        Ok(())
    }

    /// The oldest that may go, as far as needed, from behind `after` on.
    fn oldest(
        &self,
        volume: &SweepVolume,
        needed_bytes: u64,
        after: &mut Option<(UtcMicros, SegmentId)>,
        held_bytes: &mut u64,
    ) -> Result<Vec<SegmentRow>, ArchiveError> {
        let (mut planned, mut planned_bytes) = (Vec::new(), 0_u64);
        loop {
            let rows = self.index.oldest(Some(volume.id), None, *after, ROWS)?;
            if rows.is_empty() {
                return Ok(planned);
            }
            for row in rows {
                *after = Some((row.start, row.id));
                let bytes = row.end.as_ref().map_or(0, |end| end.bytes);
                if self.is_held(&row) {
                    *held_bytes += bytes;
                } else if self.may_go(&row) {
                    planned_bytes = planned_bytes.saturating_add(bytes);
                    planned.push(row);
                    if planned_bytes >= needed_bytes || planned.len() >= PLANNED {
                        return Ok(planned);
                    }
                }
            }
        }
    }

    /// Deletes segments; the bytes of those that are gone.
    fn delete(&mut self, volume: &SweepVolume, rows: &[SegmentRow], why: Why) -> Result<u64, ArchiveError> {
        let marks: Vec<Change> =
            rows.iter().map(|row| Change::Marked { id: row.id, state: SegmentState::Deleting }).collect();
        self.index.apply(&marks)?;
        self.unlink(volume, rows, why)
    }

    /// Unlinks files of rows that are marked, and removes the rows of those that are gone.
    fn unlink(&mut self, volume: &SweepVolume, rows: &[SegmentRow], why: Why) -> Result<u64, ArchiveError> {
        let mut freed = 0;
        let mut removed = Vec::new();
        let mut folders = BTreeSet::new();
        for row in rows {
            let Some(path) = inside(&volume.root, &row.path) else {
                self.swept.failed.push((row.path.clone(), "the path leaves the volume".to_owned()));
                self.stuck.insert(row.id);
                continue;
            };
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(path = %path.display(), %error, "a recording could not be deleted");
                    self.swept.failed.push((row.path.clone(), error.to_string()));
                    self.stuck.insert(row.id);
                }
                _ => {
                    folders.extend(path.parent().map(Path::to_owned));
                    removed.push(row);
                }
            }
        }
        // On disk before the row goes: a file that came back with the power would be nobody's.
        for folder in folders {
            if let Ok(open) = File::open(&folder)
                && let Err(error) = open.sync_all()
            {
                tracing::warn!(path = %folder.display(), %error, "a folder could not be synced");
            }
            tidy(&folder, self.policy.now);
        }
        let changes: Vec<Change> = removed.iter().map(|row| Change::Removed { id: row.id }).collect();
        if !changes.is_empty() {
            self.index.apply(&changes)?;
        }
        let all = if why == Why::Days { &mut self.swept.by_days } else { &mut self.swept.by_room };
        for row in removed {
            freed += add(all, row);
        }
        Ok(freed)
    }
}

/// A row's file; `None` where its path would leave the volume.
fn inside(root: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let plain = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    (plain && path.components().next().is_some()).then(|| root.join(path))
}

/// Removes a day's folder that is empty now. The folders of a camera and its streams stay, and so do those of these days:
/// the writer may be about to make a file in them.
fn tidy(folder: &Path, now: UtcMicros) {
    let days = [-86_400, 0, 86_400].map(|seconds| place::date(now.plus_seconds(seconds)));
    let is_old = folder
        .file_name()
        .is_some_and(|name| name.len() == "YYYY-MM-DD".len() && days.iter().all(|day| name != day.as_str()));
    if is_old
        && let Err(error) = std::fs::remove_dir(folder)
        && error.kind() != io::ErrorKind::DirectoryNotEmpty
    {
        tracing::warn!(path = %folder.display(), %error, "an empty folder could not be removed");
    }
}

#[cfg(test)]
#[path = "retain_tests.rs"]
mod tests;
