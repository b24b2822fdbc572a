//! The thread that plans and writes a copy: which stream of each camera, then file by file, then what lies beside them,
//! then the folder's name.

use super::missing::missing;
use super::place::{self, OwnFolder};
use super::sidecar::{CameraContents, Contents, FileContents, Missing};
use super::{Control, LEFT_FREE_BYTES, problem};
use crate::volumes::space;
use easien_archive::clip::ClipWish;
use easien_archive::{ArchiveError, Reader, SegmentIndex, SegmentQuery, SegmentRow};
use easien_link::data::{CopyDraft, CopyFile, TimelineGap};
use easien_link::problems;
use easien_model::{CameraId, Code, CopyId, Problem, SegmentId, StreamId, StreamKind, UtcMicros};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Rows asked for at once; a day has 288 segments.
const ROWS: usize = 4096;
/// The main stream is taken where it has not much less than the sub stream.
const MAIN_LESS_US: i64 = 5_000_000;
/// Between two looks at the room that is left.
const LOOK_BYTES: u64 = 64 << 20;
/// Read at once for the sum.
const SUM_BYTES: usize = 1 << 20;

/// One camera's part of a copy.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub camera: CameraId,
    pub code: String,
    pub name: String,
    pub which: StreamKind,
    /// About.
    pub bytes: u64,
    frames: u64,
    start: UtcMicros,
    end: UtcMicros,
    gaps: Vec<Missing>,
    segments: Vec<(SegmentId, UtcMicros, UtcMicros)>,
}

impl Part {
    /// Nothing of this camera is recorded in the interval.
    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// As the plan shows it.
    pub(crate) fn expected(&self, zone: &TimeZone) -> CopyFile {
        CopyFile {
            camera: self.camera,
            which: self.which,
            file: match self.is_empty() {
                true => String::new(),
                false => place::file_name(&self.code, self.start, self.which, zone),
            },
            bytes: self.bytes,
            start: self.start,
            end: self.end,
            frames: self.frames,
            gaps: self.wire_gaps(),
        }
    }

    /// What is missing, for the screen. What nothing explains inside of what was recorded is a file that is gone; what
    /// lies before the first recording or after the newest shows in begin and end.
    fn wire_gaps(&self) -> Vec<TimelineGap> {
        let inside = |gap: &Missing| gap.start > self.start && gap.end < self.end;
        self.gaps
            .iter()
            .filter_map(|gap| {
                let cause = gap.cause.or(inside(gap).then_some(easien_model::GapCause::FileDamaged))?;
                Some(TimelineGap { start: gap.start, end: Some(gap.end), which: Some(self.which), cause })
            })
            .collect()
    }
}

fn rows(
    index: &dyn SegmentIndex,
    stream: StreamId,
    draft: &CopyDraft,
) -> Result<Vec<SegmentRow>, ArchiveError> {
    Ok(index.segments(&SegmentQuery { stream, from: draft.start, to: draft.end, limit: ROWS })?)
}

/// Microseconds of the interval that rows cover; an open one to the end.
fn covered_us(rows: &[SegmentRow], draft: &CopyDraft) -> i64 {
    rows.iter()
        .map(|row| {
            let end = row.end.as_ref().map_or(draft.end, |end| end.end);
            (end.min(draft.end) - row.start.max(draft.start)).max(0)
        })
        .sum()
}

/// Which stream of each camera, how large, what is missing.
pub(crate) fn plan(
    reader: &Reader,
    index: &dyn SegmentIndex,
    draft: &CopyDraft,
    cameras: &[(CameraId, String, String)],
) -> Result<Vec<Part>, ArchiveError> {
    cameras.iter().map(|camera| plan_one(reader, index, draft, camera)).collect()
}

fn plan_one(
    reader: &Reader,
    index: &dyn SegmentIndex,
    draft: &CopyDraft,
    (camera, code, name): &(CameraId, String, String),
) -> Result<Part, ArchiveError> {
    let of = |which| rows(index, StreamId { camera: *camera, which }, draft);
    let (which, rows) = match draft.which {
        Some(which) => (which, of(which)?),
        None => {
            let (main, sub) = (of(StreamKind::Main)?, of(StreamKind::Sub)?);
            match covered_us(&main, draft) + MAIN_LESS_US >= covered_us(&sub, draft) && !main.is_empty() {
                true => (StreamKind::Main, main),
                false if !sub.is_empty() => (StreamKind::Sub, sub),
                false => (StreamKind::Main, main),
            }
        }
    };
    let stream = StreamId { camera: *camera, which };
    let mut part = Part {
        camera: *camera,
        code: code.clone(),
        name: name.clone(),
        which,
        bytes: 0,
        frames: 0,
        start: draft.start,
        end: draft.start,
        gaps: Vec::new(),
        segments: Vec::new(),
    };
    let mut covered = Vec::new();
    match reader.clip_plan(&ClipWish { stream, start: draft.start, end: draft.end }) {
        Ok(plan) => {
            (part.bytes, part.frames, part.start, part.end) = (plan.bytes, plan.frames, plan.start, plan.end);
            part.segments = rows
                .iter()
                .map(|row| (row.id, row.start, row.end.as_ref().map_or(plan.end, |end| end.end)))
                .collect();
            covered = part.segments.iter().map(|(_, start, end)| (*start, *end)).collect();
        }
        Err(ArchiveError::NotFound) => {}
        Err(error) => return Err(error),
    }
    part.gaps = missing(draft.start, draft.end, &covered, &index.gaps(stream, draft.start, draft.end)?);
    Ok(part)
}

/// A copy to be written.
pub(crate) struct Job {
    pub id: CopyId,
    pub station: String,
    pub author: String,
    pub made: UtcMicros,
    pub start: UtcMicros,
    pub end: UtcMicros,
    pub base: PathBuf,
    pub vietnamese: bool,
    pub parts: Vec<Part>,
    pub control: Arc<Control>,
}

/// Where it is, its files, and what lies beside them.
pub(crate) type Written = (PathBuf, Vec<CopyFile>, serde_json::Value);

fn cannot_write(error: &io::Error) -> Problem {
    let problem = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Problem::new(Code::DiskFull, problems::DISK_FULL)
        }
        _ => Problem::new(Code::Unavailable, problems::COPY_FOLDER),
    };
    problem.detail(error)
}

impl Job {
    /// Writes everything. Whatever goes wrong, nothing stays that looks whole.
    pub(crate) fn write(self, reader: &Reader) -> Result<Written, Problem> {
        let zone = TimeZone::system();
        let codes: Vec<String> = self.parts.iter().map(|part| part.code.clone()).collect();
        let name = place::folder_name(self.start, &codes, &zone);
        let folder = OwnFolder::make(&self.base, &name)
            .map_err(|error| cannot_write(&error).with("folder", self.base.display()))?;
        let mut files = Vec::new();
        let mut contents = Vec::new();
        for part in &self.parts {
            let (wire, beside) = self.write_camera(reader, part, folder.path(), &zone)?;
            files.extend(wire);
            contents.push(beside);
        }
        let contents = Contents {
            copy: self.id,
            station: &self.station,
            author: &self.author,
            made: self.made,
            start: self.start,
            end: self.end,
            cameras: &contents,
        };
        let json = contents.json();
        let write = |name: &str, bytes: &[u8]| {
            let mut file = File::create_new(folder.path().join(name))?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        let text = contents.text(self.vietnamese, &zone);
        // Programs that know nothing of UTF-8 guess it by its mark.
        write("copy.txt", [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat().as_slice())
            .and_then(|()| write("copy.json", format!("{json:#}").as_bytes()))
            .map_err(|error| cannot_write(&error))?;
        let whole = folder.complete().map_err(|error| cannot_write(&error))?;
        Ok((whole, files, json))
    }

    fn write_camera(
        &self,
        reader: &Reader,
        part: &Part,
        folder: &Path,
        zone: &TimeZone,
    ) -> Result<(Vec<CopyFile>, CameraContents), Problem> {
        let mut beside = CameraContents {
            camera: part.camera,
            code: part.code.clone(),
            name: part.name.clone(),
            which: part.which,
            files: Vec::new(),
            gaps: part.gaps.clone(),
        };
        if part.is_empty() {
            return Ok((Vec::new(), beside));
        }
        let wish = ClipWish {
            stream: StreamId { camera: part.camera, which: part.which },
            start: self.start,
            end: self.end,
        };
        let target = folder.join(place::file_name(&part.code, part.start, part.which, zone));
        let before = self.control.done_bytes.load(Ordering::Relaxed);
        let (looked, short) = (AtomicU64::new(0), AtomicBool::new(false));
        let progress = |done: u64| {
            self.control.done_bytes.store(before + done, Ordering::Relaxed);
            if done >= looked.load(Ordering::Relaxed) + LOOK_BYTES {
                looked.store(done, Ordering::Relaxed);
                let left = space(folder).map_or(0, |space| space.free_bytes);
                short.store(left < LEFT_FREE_BYTES / 2, Ordering::Relaxed);
            }
            !self.control.cancelled.load(Ordering::Relaxed) && !short.load(Ordering::Relaxed)
        };
        let made = reader.copy_clip(&wish, &target, &progress).map_err(|error| {
            if short.load(Ordering::Relaxed) {
                return Problem::new(Code::DiskFull, problems::DISK_FULL).detail("others took the room");
            }
            problem(&error)
        })?;
        let mut files = Vec::new();
        for clip in made {
            let name = clip.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let sha256 = self.sum(&clip.path).map_err(|error| cannot_write(&error))?;
            if self.control.cancelled.load(Ordering::Relaxed) {
                return Err(Problem::new(Code::Cancelled, problems::INTERNAL));
            }
            let touches = |start: UtcMicros, end: UtcMicros| start < clip.end && end > clip.start;
            beside.files.push(FileContents {
                file: name.clone(),
                bytes: clip.bytes,
                sha256,
                start: clip.start,
                end: clip.end,
                frames: clip.frames,
                damaged: clip.damaged,
                segments: part
                    .segments
                    .iter()
                    .filter(|(_, start, end)| touches(*start, *end))
                    .map(|(id, _, _)| *id)
                    .collect(),
            });
            files.push(CopyFile {
                camera: part.camera,
                which: part.which,
                file: name,
                bytes: clip.bytes,
                start: clip.start,
                end: clip.end,
                frames: clip.frames,
                gaps: Vec::new(),
            });
        }
        // Each gap stands with the part that it is in or follows.
        for gap in part.wire_gaps() {
            let at = files.iter().rposition(|file| file.start <= gap.start).unwrap_or(0);
            if let Some(file) = files.get_mut(at) {
                file.gaps.push(gap);
            }
        }
        Ok((files, beside))
    }

    /// SHA-256 of a file as it is on the disk now; stops early when the copy is cancelled.
    fn sum(&self, path: &Path) -> io::Result<[u8; 32]> {
        let mut file = fs::File::open(path)?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; SUM_BYTES]);
        while !self.control.cancelled.load(Ordering::Relaxed) {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hash.update(buffer.get(..read).unwrap_or_default());
        }
        Ok(hash.finalize().into())
    }
}
