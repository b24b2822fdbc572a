//! The index of a volume made anew from its files alone. A file that is torn, empty, foreign or flipped is told, and
//! never indexed as whole. Not while the station records to the volume.

use crate::check::{FileReport, Finding, Looked, files, look, misplaced, row_of, volume_of};
use crate::error::ArchiveError;
use crate::index::{Change, GapRow, SegmentEnd, SegmentIndex, SegmentQuery, SegmentRow, SegmentState};
use crate::scan::{Damage, Depth, Scan};
use easien_model::{GapCause, SegmentId, StreamId, UtcMicros, VolumeId};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

/// Files read at the same time.
const THREADS: usize = 2;

/// Rows in one transaction.
const BATCH: usize = 500;

/// Rows of the index looked at at once.
const ROWS: usize = 1000;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Files looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Indexed as whole: closed in order, every byte as sealed.
    pub whole: u64,
    /// Indexed up to their last good seal.
    pub recovered: u64,
    /// Indexed as damaged.
    pub damaged: u64,
    /// Not indexed: empty, foreign, nothing readable in them, a second copy.
    pub left_out: u64,
    /// Rows removed because their file is gone.
    pub removed: u64,
    /// Gaps that were derived.
    pub gaps: u64,
}

/// Makes the index of the volume at `root` anew. Rows and gaps that are in it already stay where the files agree. `on` is
/// told each file, with what is wrong; `false` as its answer stops (what was indexed by then stays: rebuilding again is
/// harmless).
///
/// With `Depth::Boxes` the bytes are not compared with the seals: quick, and every segment is then `Recovered`, without
/// a hash.
///
/// # Errors
/// `Invalid`: there is no volume. `Cancelled`. The index failed. What is wrong with a file is no error.
pub fn rebuild(
    root: &Path,
    index: &dyn SegmentIndex,
    depth: Depth,
    on: &mut dyn FnMut(&FileReport) -> bool,
) -> Result<Rebuilt, ArchiveError> {
    let volume = volume_of(root)?;
    let files = Arc::new(files(root));
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut work = Work {
        index,
        volume,
        depth,
        rebuilt: Rebuilt::default(),
        seen: HashMap::new(),
        streams: BTreeSet::new(),
        unreadable: HashSet::new(),
        changes: Vec::new(),
    };
    std::thread::scope(|scope| {
        // Bounded: a reader waits while the index is written.
        let (send, receive) = sync_channel::<(usize, Looked)>(64);
        for number in 0..THREADS {
            let (send, files, next, stop) = (send.clone(), &files, &next, &stop);
            let read = move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((path, walked)) = files.get(number) else { return };
                    let looked = match walked {
                        Ok(()) => look(root, path, depth, &mut || !stop.load(Ordering::Relaxed)),
                        Err(detail) => Looked::failed(Finding::Unreadable(detail.clone())),
                    };
                    if stop.load(Ordering::Relaxed) || send.send((number, looked)).is_err() {
                        return;
                    }
                }
            };
            let thread = std::thread::Builder::new().name(format!("archive-rebuild-{number}"));
            if let Err(error) = thread.spawn_scoped(scope, read)
                && number == 0
            {
                return Err(ArchiveError::io("start a thread for", root, error));
            }
        }
        drop(send);
        let result = work.take(&receive, &files, on);
        stop.store(true, Ordering::Relaxed);
        // A reader that waits to send is let go.
        drop(receive);
        result
    })?;
    work.remove_gone(root, &files)?;
    work.derive_gaps()?;
    Ok(work.rebuilt)
}

struct Work<'a> {
    index: &'a dyn SegmentIndex,
    volume: VolumeId,
    depth: Depth,
    rebuilt: Rebuilt,
    /// Each segment's file.
    seen: HashMap<SegmentId, usize>,
    /// Streams that were touched.
    streams: BTreeSet<StreamId>,
    /// Files that could not be read.
    unreadable: HashSet<String>,
    changes: Vec<Change>,
}

impl Work<'_> {
    fn take(
        &mut self,
        receive: &Receiver<(usize, Looked)>,
        files: &[(String, Result<(), String>)],
        on: &mut dyn FnMut(&FileReport) -> bool,
    ) -> Result<(), ArchiveError> {
        for (number, looked) in receive {
            let Some((path, _)) = files.get(number) else { continue };
            self.rebuilt.files += 1;
            self.rebuilt.bytes += looked.bytes;
            let mut findings = looked.findings();
            if matches!(findings.first(), Some(Finding::Unreadable(_))) {
                self.unreadable.insert(path.clone());
            }
            let row = match &looked.scan {
                Some(scan) => self.row(scan, path, number, files, &mut findings)?,
                None => None,
            };
            match row.as_ref().map(|row| row.state) {
                Some(SegmentState::Whole) => self.rebuilt.whole += 1,
                Some(SegmentState::Recovered) => self.rebuilt.recovered += 1,
                Some(_) => self.rebuilt.damaged += 1,
                None => self.rebuilt.left_out += 1,
            }
            self.changes.extend(row.map(Change::Added));
            if self.changes.len() >= BATCH {
                self.apply()?;
            }
            let report = FileReport {
                path: path.clone(),
                bytes: looked.bytes,
                identity: looked.scan.map(|scan| scan.identity),
                findings,
                progress: (self.rebuilt.files, files.len() as u64),
                done_bytes: self.rebuilt.bytes,
            };
            if !on(&report) {
                self.apply()?;
                return Err(ArchiveError::Cancelled);
            }
        }
        self.apply()
    }

    fn apply(&mut self) -> Result<(), ArchiveError> {
        if !self.changes.is_empty() {
            self.index.apply(&self.changes)?;
            self.changes.clear();
        }
        Ok(())
    }

    /// The row of a file, if it is worth one.
    fn row(
        &mut self,
        scan: &Scan,
        path: &str,
        number: usize,
        files: &[(String, Result<(), String>)],
        findings: &mut Vec<Finding>,
    ) -> Result<Option<SegmentRow>, ArchiveError> {
        let identity = &scan.identity;
        let elsewhere = misplaced(identity, self.volume, path);
        let is_misplaced = elsewhere.is_some();
        findings.extend(elsewhere);
        if let Some((first, _)) = self.seen.get(&identity.segment).and_then(|first| files.get(*first)) {
            findings.push(Finding::Twice(first.clone()));
            return Ok(None);
        }
        // Copied here from another volume, which is still known: that one is the original.
        if identity.volume != self.volume
            && let Some(other) = row_of(self.index, identity)?.filter(|row| row.volume != self.volume)
        {
            findings.push(Finding::Twice(format!("{} on volume {}", other.path, other.volume)));
            return Ok(None);
        }
        if scan.fragments.is_empty() {
            return Ok(None);
        }
        let flipped = matches!(scan.damage, Some(Damage::Flipped { .. }));
        // Whose it is may itself be what was flipped: the place must agree then.
        if scan.good == 0 && is_misplaced {
            return Ok(None);
        }
        let state = if flipped || scan.good == 0 {
            SegmentState::Damaged
        } else if scan.whole && self.depth == Depth::Seals {
            SegmentState::Whole
        } else {
            SegmentState::Recovered
        };
        let (end, frames, bytes) = match state {
            SegmentState::Damaged => (scan.readable_end(), scan.readable_frames(), scan.file_bytes),
            _ if scan.whole => (scan.end, scan.frames, scan.file_bytes),
            _ => (scan.end, scan.frames, scan.good_bytes),
        };
        let mut row = identity.row(path.to_owned());
        row.volume = self.volume;
        row.state = state;
        row.end = Some(SegmentEnd {
            // Also of a single picture without a length: a segment ends after its begin.
            end: end.max(UtcMicros(row.start.0.saturating_add(1))),
            bytes,
            frames,
            sha256: if state == SegmentState::Whole { scan.sha256 } else { None },
            activity: scan.activity.clone(),
        });
        self.seen.insert(identity.segment, number);
        self.streams.insert(row.stream);
        Ok(Some(row))
    }

    /// Rows of this volume whose file is not there any more.
    fn remove_gone(
        &mut self,
        root: &Path,
        files: &[(String, Result<(), String>)],
    ) -> Result<(), ArchiveError> {
        let mut gone = self.index.open_segments(self.volume)?;
        gone.extend(self.index.deleting(self.volume)?);
        let mut after = None;
        loop {
            let rows = self.index.oldest(Some(self.volume), None, after, ROWS)?;
            let Some(last) = rows.last() else { break };
            after = Some((last.start, last.id));
            gone.extend(rows.into_iter().filter(|row| !self.seen.contains_key(&row.id)));
        }
        let walked: HashSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        for row in gone {
            // A file that is there but no segment any more has been told, and its row goes; one that cannot be read now
            // may be readable tomorrow.
            let is_gone = matches!(std::fs::symlink_metadata(root.join(&row.path)), Err(error) if error.kind() == io::ErrorKind::NotFound);
            if self.seen.contains_key(&row.id)
                || self.unreadable.contains(&row.path)
                || !(is_gone || walked.contains(row.path.as_str()))
            {
                continue;
            }
            self.rebuilt.removed += 1;
            self.streams.insert(row.stream);
            self.changes.push(Change::Removed { id: row.id });
            if let Some(end) = &row.end {
                self.changes.push(Change::Gap(GapRow {
                    stream: row.stream,
                    start: row.start,
                    end: Some(end.end),
                    cause: GapCause::FileDamaged,
                }));
                self.rebuilt.gaps += 1;
            }
            if self.changes.len() >= BATCH {
                self.apply()?;
            }
        }
        self.apply()
    }

    /// Between neighbours of a stream, over all volumes, where no gap is known: the station ended without saying so,
    /// as far as files can tell.
    fn derive_gaps(&mut self) -> Result<(), ArchiveError> {
        let streams = std::mem::take(&mut self.streams);
        for stream in streams {
            let mut at = UtcMicros(i64::MIN);
            let mut before: Option<UtcMicros> = None;
            loop {
                let query = SegmentQuery { stream, from: at, to: UtcMicros(i64::MAX), limit: ROWS };
                let rows = self.index.segments(&query)?;
                let count = rows.len();
                for row in rows {
                    let Some(end) = row.end.as_ref().map(|end| end.end) else { continue };
                    if before.is_some_and(|before| end <= before) {
                        continue;
                    }
                    if let Some(before) = before.filter(|before| row.start > *before) {
                        self.gap(stream, before, row.start)?;
                    }
                    before = Some(end);
                    at = at.max(end);
                }
                if count < ROWS {
                    break;
                }
            }
        }
        self.apply()
    }

    /// What of `[from, to)` no known gap covers.
    fn gap(&mut self, stream: StreamId, from: UtcMicros, to: UtcMicros) -> Result<(), ArchiveError> {
        let mut upto = from;
        let mut known = self.index.gaps(stream, from, to)?;
        known.sort_by_key(|gap| gap.start);
        let mut holes = Vec::new();
        for gap in known {
            if gap.start > upto {
                holes.push((upto, gap.start.min(to)));
            }
            upto = upto.max(gap.end.unwrap_or(to));
        }
        if upto < to {
            holes.push((upto, to));
        }
        for (start, end) in holes {
            self.changes.push(Change::Gap(GapRow {
                stream,
                start,
                end: Some(end),
                cause: GapCause::StationDied,
            }));
            self.rebuilt.gaps += 1;
        }
        if self.changes.len() >= BATCH {
            self.apply()?;
        }
        Ok(())
    }
}
