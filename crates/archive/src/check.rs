//! Whether a volume's files are what was written and what the index says: from the files alone, and against the index
//! if there is one. Reads only.

use crate::error::ArchiveError;
use crate::identity::{Identity, VOLUME_FILE, VolumeIdentity};
use crate::index::{SegmentIndex, SegmentQuery, SegmentRow, SegmentState};
use crate::place;
use crate::scan::{Damage, Depth, Scan, ScanError, scan_with};
use easien_model::{SegmentId, UtcMicros, VolumeId};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Folders below a volume's root are looked into so deep; segments lie three deep.
const DEPTH: usize = 8;

/// Rows of the index looked at at once.
const ROWS: usize = 1000;

/// While a station records, a file may be a moment ahead of its row, or behind: what was written so lately and does not
/// agree is looked at again, for so long.
const YOUNG: Duration = Duration::from_secs(10);
const SETTLES: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(200);

/// What was found of a file, or of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Closed in order; with `Depth::Seals` every byte is as it was sealed.
    Whole,
    /// Not closed: it ends at a seal, and is good up to there.
    Unclosed,
    /// It is being recorded, by the index.
    Recording,
    /// It ends, or stops making sense, at this byte; up to there it is good.
    Torn {
        /// The end of what is good.
        at: u64,
    },
    /// Something in or before this fragment is not what was sealed.
    Flipped {
        /// Number of the fragment, from 1.
        fragment: u32,
        /// Where it begins.
        at: u64,
    },
    /// Every fragment is good; the index behind them is not, or something follows it.
    Tail {
        /// Where the index begins.
        at: u64,
    },
    /// Nothing is in it, or only zeros.
    Empty,
    /// It is no segment.
    Foreign(String),
    /// It cannot be read.
    Unreadable(String),
    /// It does not lie where its identity says, or is of another volume.
    Misplaced(String),
    /// Another file is the same segment.
    Twice(String),
    /// The index does not know it.
    NoRow,
    /// The index knows it, but it is not there.
    NoFile,
    /// The index says something else of it.
    Differs(String),
}

impl Finding {
    /// Whether all is well, or nothing that harms.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Whole | Self::Unclosed | Self::Recording)
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => write!(f, "whole"),
            Self::Unclosed => write!(f, "not closed, good to its end"),
            Self::Recording => write!(f, "being recorded"),
            Self::Torn { at } => write!(f, "torn at byte {at}"),
            Self::Flipped { fragment, at } => {
                write!(f, "not what was sealed: fragment {fragment} (byte {at}) or before it")
            }
            Self::Tail { at } => write!(f, "every fragment good; the end from byte {at} is not"),
            Self::Empty => write!(f, "empty"),
            Self::Foreign(detail) => write!(f, "foreign: {detail}"),
            Self::Unreadable(detail) => write!(f, "cannot be read: {detail}"),
            Self::Misplaced(detail) => write!(f, "misplaced: {detail}"),
            Self::Twice(other) => write!(f, "the same segment as {other}"),
            Self::NoRow => write!(f, "not in the index"),
            Self::NoFile => write!(f, "in the index, but not there"),
            Self::Differs(detail) => write!(f, "not as in the index: {detail}"),
        }
    }
}

/// What was found of one file, or of a row without one.
#[derive(Clone, Debug, PartialEq)]
pub struct FileReport {
    /// Relative to the volume's root, with `/`.
    pub path: String,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Whose it is, if it says so.
    pub identity: Option<Identity>,
    /// What was found: the file's own state first, then where it lies, then the index's.
    pub findings: Vec<Finding>,
    /// Files looked at so far, and how many there are.
    pub progress: (u64, u64),
    /// Bytes looked at so far.
    pub done_bytes: u64,
}

impl FileReport {
    /// Whether nothing is wrong with it.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(Finding::is_well)
    }
}

/// What was found in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Files looked at.
    pub files: u64,
    /// Of them without a fault.
    pub well: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Rows of the index without a file.
    pub missing: u64,
}

/// Looks at every file of the volume at `root`, one after another, and at every row of `index` about it. `on` is told
/// each; `false` as its answer stops.
///
/// # Errors
/// `Invalid`: there is no volume. `Cancelled`. The index cannot be read. What is wrong with a file is no error.
pub fn check(
    root: &Path,
    index: Option<&dyn SegmentIndex>,
    depth: Depth,
    on: &mut dyn FnMut(&FileReport) -> bool,
) -> Result<Checked, ArchiveError> {
    let volume = volume_of(root)?;
    let files = files(root);
    let mut seen: HashMap<SegmentId, usize> = HashMap::new();
    let mut checked = Checked::default();
    let deleting: HashSet<SegmentId> = match index {
        Some(index) => index.deleting(volume)?.into_iter().map(|row| row.id).collect(),
        None => HashSet::new(),
    };
    for (number, (path, walked)) in files.iter().enumerate() {
        let began = Instant::now();
        let (looked, findings) = loop {
            let looked = match walked {
                Ok(()) => look(root, path, depth, &mut || true),
                Err(detail) => Looked::failed(Finding::Unreadable(detail.clone())),
            };
            let mut findings = looked.findings();
            if let Some(scan) = &looked.scan {
                findings.extend(misplaced(&scan.identity, volume, path));
                match seen.get(&scan.identity.segment).filter(|first| **first != number) {
                    Some(first) => {
                        findings.extend(files.get(*first).map(|(first, _)| Finding::Twice(first.clone())));
                    }
                    None => {
                        seen.insert(scan.identity.segment, number);
                        if let Some(index) = index.filter(|_| !deleting.contains(&scan.identity.segment)) {
                            against_row(index, scan, path, &mut findings)?;
                        }
                    }
                }
            }
            let settled =
                index.is_none() || findings.iter().all(Finding::is_well) || began.elapsed() > SETTLES;
            if settled || !is_young(root, path) {
                break (looked, findings);
            }
            std::thread::sleep(AGAIN);
        };
        checked.files += 1;
        checked.bytes += looked.bytes;
        let report = FileReport {
            path: path.clone(),
            bytes: looked.bytes,
            identity: looked.scan.map(|scan| scan.identity),
            findings,
            progress: (checked.files, files.len() as u64),
            done_bytes: checked.bytes,
        };
        checked.well += u64::from(report.is_well());
        if !on(&report) {
            return Err(ArchiveError::Cancelled);
        }
    }
    if let Some(index) = index {
        checked.missing = rows_without_file(root, index, volume, &checked, on)?;
    }
    Ok(checked)
}

/// Whether it was written to a moment ago; what cannot be asked was not.
fn is_young(root: &Path, path: &str) -> bool {
    let written = std::fs::metadata(root.join(path)).and_then(|meta| meta.modified());
    written.is_ok_and(|at| at.elapsed().map_or(true, |age| age < YOUNG))
}

/// What a look at a file found.
pub(crate) struct Looked {
    pub scan: Option<Scan>,
    pub bytes: u64,
    failed: Option<Finding>,
}

impl Looked {
    pub(crate) fn failed(finding: Finding) -> Self {
        Self { scan: None, bytes: 0, failed: Some(finding) }
    }

    /// The file's own state.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let of_scan = self.scan.as_ref().map(|scan| match scan.damage {
            Some(Damage::Torn { at }) => Finding::Torn { at },
            Some(Damage::Flipped { fragment, at }) => Finding::Flipped { fragment, at },
            Some(Damage::Tail { at }) => Finding::Tail { at },
            None if scan.whole => Finding::Whole,
            None => Finding::Unclosed,
        });
        of_scan.or_else(|| self.failed.clone()).into_iter().collect()
    }
}

/// Scans one file. `go_on` is asked now and then.
pub(crate) fn look(root: &Path, path: &str, depth: Depth, go_on: &mut dyn FnMut() -> bool) -> Looked {
    let file = match File::open(root.join(path)) {
        Ok(file) => file,
        Err(error) => return Looked::failed(Finding::Unreadable(error.to_string())),
    };
    let bytes = file.metadata().map_or(0, |meta| meta.len());
    let (scan, failed) = match scan_with(&file, depth, &mut |_| go_on()) {
        Ok(scan) => (Some(scan), None),
        Err(ScanError::Empty) => (None, Some(Finding::Empty)),
        Err(ScanError::Torn { at }) => (None, Some(Finding::Torn { at })),
        Err(ScanError::Foreign(detail)) => (None, Some(Finding::Foreign(detail))),
        Err(ScanError::Io(error)) => (None, Some(Finding::Unreadable(error.to_string()))),
    };
    Looked { scan, bytes, failed }
}

pub(crate) fn volume_of(root: &Path) -> Result<VolumeId, ArchiveError> {
    VolumeIdentity::read(root)?.map(|identity| identity.volume).ok_or_else(|| {
        ArchiveError::Invalid(format!("{} has no {VOLUME_FILE}: it is no volume", root.display()))
    })
}

/// Every file of a volume but its own, sorted, relative, with `/`; what cannot be looked into with the reason.
/// Links are not followed.
pub(crate) fn files(root: &Path) -> Vec<(String, Result<(), String>)> {
    let mut found = Vec::new();
    walk(root, PathBuf::new(), 0, &mut found);
    // `HHMMSS.mp4` before `HHMMSS-2.mp4`.
    found.sort_by(|(a, _), (b, _)| a.trim_end_matches(".mp4").cmp(b.trim_end_matches(".mp4")));
    found
}

fn walk(root: &Path, inside: PathBuf, depth: usize, found: &mut Vec<(String, Result<(), String>)>) {
    let name = |path: &Path| path.to_string_lossy().into_owned();
    let entries = match std::fs::read_dir(root.join(&inside)) {
        Ok(entries) => entries,
        // A file system's own folder is nobody's business.
        Err(_) if name(&inside) == "lost+found" => return,
        Err(error) => return found.push((name(&inside), Err(error.to_string()))),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.push((name(&inside), Err(error.to_string())));
                continue;
            }
        };
        let path = inside.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEPTH => walk(root, path, depth + 1, found),
            Ok(kind) if kind.is_file() => {
                if name(&path) != VOLUME_FILE {
                    found.push((name(&path), Ok(())));
                }
            }
            Ok(_) => {
                found.push((name(&path), Err("it is neither a file nor a folder of recordings".to_owned())))
            }
            Err(error) => found.push((name(&path), Err(error.to_string()))),
        }
    }
}

/// Whether a file lies where its identity says.
pub(crate) fn misplaced(identity: &Identity, volume: VolumeId, path: &str) -> Option<Finding> {
    if identity.volume != volume {
        return Some(Finding::Misplaced(format!("it was written to volume {}", identity.volume)));
    }
    let start = UtcMicros(identity.start_us);
    let folder = place::folder(identity.stream_id(), &identity.code, start);
    let expected = format!("{}/{}", folder.display(), place::time(start));
    let rest = path.strip_prefix(&expected).and_then(|rest| rest.strip_suffix(".mp4"));
    let right = rest.is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix('-').is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
            })
    });
    (!right).then(|| Finding::Misplaced(format!("it should be {expected}.mp4")))
}

/// The index's row of a segment.
pub(crate) fn row_of(
    index: &dyn SegmentIndex,
    identity: &Identity,
) -> Result<Option<SegmentRow>, ArchiveError> {
    let at = UtcMicros(identity.start_us);
    let query = SegmentQuery {
        stream: identity.stream_id(),
        from: at,
        to: UtcMicros(at.0.saturating_add(1)),
        limit: 16,
    };
    Ok(index.segments(&query)?.into_iter().find(|row| row.id == identity.segment))
}

fn against_row(
    index: &dyn SegmentIndex,
    scan: &Scan,
    path: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), ArchiveError> {
    let Some(row) = row_of(index, &scan.identity)? else {
        findings.push(Finding::NoRow);
        return Ok(());
    };
    let mut differs = |what: &str, here: String, there: String| {
        if here != there {
            findings.push(Finding::Differs(format!("{what} {here}, in the index {there}")));
        }
    };
    let identity = &scan.identity;
    differs("volume", identity.volume.to_string(), row.volume.to_string());
    differs("path", path.to_owned(), row.path.clone());
    differs("begin", identity.start_us.to_string(), row.start.0.to_string());
    differs("run", identity.run.0.to_string(), row.run.0.to_string());
    match (&row.end, row.state) {
        (None, _) => {
            // Its last fragment may be half written this moment.
            if let Some(first) = findings.first_mut()
                && matches!(first, Finding::Unclosed | Finding::Torn { .. })
            {
                *first = Finding::Recording;
            }
        }
        (Some(end), SegmentState::Damaged) => {
            differs("size", (scan.file_bytes >= end.bytes).to_string(), "true".to_owned())
        }
        (Some(end), state) => {
            differs("end", scan.end.0.to_string(), end.end.0.to_string());
            differs("pictures", scan.frames.to_string(), end.frames.to_string());
            if state == SegmentState::Whole {
                differs("size", scan.file_bytes.to_string(), end.bytes.to_string());
            }
            if let (Some(here), Some(there)) = (&scan.sha256, &end.sha256) {
                differs("SHA-256", hex(here), hex(there));
            }
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn rows_without_file(
    root: &Path,
    index: &dyn SegmentIndex,
    volume: VolumeId,
    checked: &Checked,
    on: &mut dyn FnMut(&FileReport) -> bool,
) -> Result<u64, ArchiveError> {
    let mut missing = 0;
    let mut tell = |row: &SegmentRow| -> Result<(), ArchiveError> {
        // Looked at again: it may have been deleted, or begun, since.
        let gone = matches!(std::fs::symlink_metadata(root.join(&row.path)), Err(error) if error.kind() == io::ErrorKind::NotFound);
        if !gone {
            return Ok(());
        }
        missing += 1;
        let report = FileReport {
            path: row.path.clone(),
            bytes: 0,
            identity: None,
            findings: vec![Finding::NoFile],
            progress: (checked.files, checked.files),
            done_bytes: checked.bytes,
        };
        if on(&report) { Ok(()) } else { Err(ArchiveError::Cancelled) }
    };
    for row in index.open_segments(volume)? {
        tell(&row)?;
    }
    let mut after = None;
    loop {
        let rows = index.oldest(Some(volume), None, after, ROWS)?;
        let Some(last) = rows.last() else { break };
        after = Some((last.start, last.id));
        for row in &rows {
            tell(row)?;
        }
    }
    Ok(missing)
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
