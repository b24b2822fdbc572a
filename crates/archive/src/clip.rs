//! Clips copied out as plain MP4 that any player plays: the index first, then every sample exactly as the camera sent
//! it, from the key frame at or before the begin to the last picture before the end. Nothing is encoded anew. Time is
//! kept: the last picture before a gap lasts through it.

mod gather;
mod moov;

use crate::error::ArchiveError;
use crate::index::{GapRow, SegmentQuery};
use crate::reader::Reader;
use easien_model::{GapCause, StreamId, UtcMicros};
use gather::{Gather, Gathered, Piece};
use rustix::fs::{RenameFlags, copy_file_range, renameat_with, statvfs};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes copied between two looks at whether to go on.
const STEP_BYTES: u64 = 4 << 20;

/// Rows asked for at once; a day has 288 segments.
const ROWS: usize = 4096;

/// Nothing longer is copied in one go.
const LONGEST_US: i64 = 26 * 3_600_000_000;

/// What to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClipWish {
    /// Of which stream.
    pub stream: StreamId,
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive.
    pub end: UtcMicros,
}

/// What a copy would be, about.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipPlan {
    /// Its size, in bytes: a little more than it will be.
    pub bytes: u64,
    /// Pictures, about.
    pub frames: u64,
    /// From the key frame before the begin asked for, or the first picture after it.
    pub start: UtcMicros,
    /// To the end of what is recorded, at most the end asked for (exact to a picture).
    pub end: UtcMicros,
    /// What is missing within what was asked for.
    pub gaps: Vec<GapRow>,
}

/// A copy that is complete and on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size, in bytes.
    pub bytes: u64,
    /// UTC of its first picture.
    pub start: UtcMicros,
    /// UTC of the end of its last picture.
    pub end: UtcMicros,
    /// Pictures.
    pub frames: u64,
    /// What is missing within what was asked for, as far as it concerns this part.
    pub gaps: Vec<GapRow>,
    /// Some of its pictures came from files that are damaged.
    pub damaged: bool,
}

impl Reader {
    /// What a copy would take, from the index and one key frame: quick.
    ///
    /// # Errors
    /// `NotFound`: nothing is recorded there. `Invalid`: no such interval. The index cannot be read.
    pub fn clip_plan(&self, wish: &ClipWish) -> Result<ClipPlan, ArchiveError> {
        check(wish)?;
        let query = SegmentQuery { stream: wish.stream, from: wish.start, to: wish.end, limit: ROWS };
        let rows = self.index().segments(&query)?;
        let first = rows.first().ok_or(ArchiveError::NotFound)?;
        let start = self
            .key_frame(wish.stream, wish.start)
            .ok()
            .flatten()
            .map_or_else(|| first.start.max(wish.start), |key| key.arrived);
        let (mut bytes, mut frames, mut end) = (0, 0, start);
        for row in &rows {
            let (row_end, row_bytes, row_frames) = match &row.end {
                Some(end) => (end.end, end.bytes, end.frames),
                None => self.known(row).map_or((row.start, 0, 0), |(file, known)| {
                    let bytes = file.metadata().map_or(0, |meta| meta.len());
                    (known.end(row), bytes, 0)
                }),
            };
            let from = row.start.max(start);
            let to = row_end.min(wish.end);
            end = end.max(to);
            let share = (to - from).max(0) as f64 / (row_end - row.start).max(1) as f64;
            bytes += (row_bytes as f64 * share) as u64;
            frames += (row_frames as f64 * share) as u64;
        }
        // One GOP more at the end of estimates that go by time, and the index of the copy.
        bytes += bytes / 50 + frames * 16 + 65_536;
        Ok(ClipPlan { bytes, frames, start, end, gaps: self.gaps_of(wish)? })
    }

    /// Copies a clip into the file `target` and, where the camera's parameters changed in the middle, further parts
    /// beside it (`NAME-2.mp4` and so on). `progress` is told the bytes done; `false` as its answer stops. Whatever
    /// goes wrong, nothing is left that looks whole.
    ///
    /// # Errors
    /// `NotFound`: nothing is recorded there. `NoRoom`, `Cancelled`, `Io` (a file of that name is there already).
    pub fn copy_clip(
        &self,
        wish: &ClipWish,
        target: &Path,
        progress: &dyn Fn(u64) -> bool,
    ) -> Result<Vec<ClipFile>, ArchiveError> {
        check(wish)?;
        let Gathered { pieces, holes } = Gather::run(self, wish, &|| progress(0))?;
        if pieces.is_empty() {
            return Err(ArchiveError::NotFound);
        }
        let folder =
            target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let heads: Vec<moov::Head> = pieces.iter().map(moov::head).collect();
        let needed_bytes =
            pieces.iter().zip(&heads).map(|(piece, head)| head.bytes.len() as u64 + piece.data_bytes()).sum();
        let room = statvfs(folder).map_err(|error| ArchiveError::io("look at", folder, error.into()))?;
        let free_bytes = room.f_bavail.saturating_mul(room.f_frsize);
        if needed_bytes > free_bytes {
            return Err(ArchiveError::NoRoom { needed_bytes, free_bytes });
        }
        let mut written: Vec<PathBuf> = Vec::new();
        let result = (|| {
            let mut done = 0;
            for (number, (piece, head)) in pieces.iter().zip(&heads).enumerate() {
                let path = part_path(target, number + 1);
                write_part(piece, head, &path, &mut done, progress)?;
                written.push(path);
            }
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| ArchiveError::io("sync", folder, error))
        })();
        if let Err(error) = result {
            for path in written {
                if let Err(error) = std::fs::remove_file(&path) {
                    tracing::warn!(path = %path.display(), %error, "an unfinished copy could not be removed");
                }
            }
            return Err(error);
        }
        let mut gaps = self.gaps_of(wish)?;
        gaps.extend(holes.into_iter().map(|(start, end)| GapRow {
            stream: wish.stream,
            start,
            end: Some(end),
            cause: GapCause::FileDamaged,
        }));
        gaps.sort_by_key(|gap| gap.start);
        let starts: Vec<UtcMicros> = pieces.iter().map(|piece| piece.start).collect();
        Ok(written
            .into_iter()
            .enumerate()
            .zip(pieces.iter().zip(&heads))
            .map(|((number, path), (piece, head))| {
                let from = if number == 0 { UtcMicros(i64::MIN) } else { piece.start };
                let to = starts.get(number + 1).copied().unwrap_or(UtcMicros(i64::MAX));
                ClipFile {
                    path,
                    bytes: head.bytes.len() as u64 + piece.data_bytes(),
                    start: piece.start,
                    end: piece.end,
                    frames: piece.video.len() as u64,
                    gaps: gaps.iter().filter(|gap| gap.start >= from && gap.start < to).copied().collect(),
                    damaged: piece.damaged,
                }
            })
            .collect())
    }

    /// What is missing of a wish, cut to it: the index's gaps, and what no row accounts for.
    fn gaps_of(&self, wish: &ClipWish) -> Result<Vec<GapRow>, ArchiveError> {
        let cut = |gap: GapRow| GapRow {
            start: gap.start.max(wish.start),
            end: Some(gap.end.unwrap_or(wish.end).min(wish.end)),
            ..gap
        };
        let mut gaps: Vec<GapRow> = self
            .index()
            .gaps(wish.stream, wish.start, wish.end)?
            .into_iter()
            .map(cut)
            .filter(|gap| gap.end.is_some_and(|end| end > gap.start))
            .collect();
        let query = SegmentQuery { stream: wish.stream, from: wish.start, to: wish.end, limit: ROWS };
        let rows = self.index().segments(&query)?;
        let mut upto = wish.start;
        let mut holes = Vec::new();
        for row in &rows {
            holes.push((upto, row.start));
            upto = upto.max(row.end.as_ref().map_or(wish.end, |end| end.end));
        }
        for (start, end) in holes {
            // A second is what a fragment's rounding may take; and a known gap in it explains it.
            let explained = gaps.iter().any(|gap| gap.start < end && gap.end.is_some_and(|to| to > start));
            if end - start > 1_000_000 && !explained {
                gaps.push(GapRow {
                    stream: wish.stream,
                    start,
                    end: Some(end),
                    cause: GapCause::FileDamaged,
                });
            }
        }
        gaps.sort_by_key(|gap| gap.start);
        Ok(gaps)
    }
}

fn check(wish: &ClipWish) -> Result<(), ArchiveError> {
    if wish.end <= wish.start || wish.end - wish.start > LONGEST_US {
        return Err(ArchiveError::Invalid(
            "a clip is at most a day long and ends after its begin".to_owned(),
        ));
    }
    Ok(())
}

/// The name of a part: the first is the target itself.
fn part_path(target: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return target.to_owned();
    }
    let stem = target.file_stem().unwrap_or_default().to_string_lossy();
    let extension = target.extension().map_or_else(|| "mp4".into(), |extension| extension.to_string_lossy());
    target.with_file_name(format!("{stem}-{number}.{extension}"))
}

/// Writes one part as `NAME.part`, syncs it, gives it its name.
fn write_part(
    piece: &Piece,
    head: &moov::Head,
    path: &Path,
    done: &mut u64,
    progress: &dyn Fn(u64) -> bool,
) -> Result<(), ArchiveError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!("{name}.part"));
    let io = |what: &'static str| {
        let unfinished = &unfinished;
        move |error: io::Error| ArchiveError::io(what, unfinished, error)
    };
    if path.exists() {
        return Err(ArchiveError::io("write", path, io::ErrorKind::AlreadyExists.into()));
    }
    let mut file = File::create(&unfinished).map_err(io("write"))?;
    let result = (|| {
        file.write_all(&head.bytes).map_err(io("write"))?;
        *done += head.bytes.len() as u64;
        copy_ranges(piece, &mut file, done, progress).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => ArchiveError::Cancelled,
            io::ErrorKind::UnexpectedEof => ArchiveError::Damaged {
                path: path.to_owned(),
                detail: "a recording ended while it was copied".to_owned(),
            },
            _ => io("write")(error),
        })?;
        file.sync_all().map_err(io("sync"))?;
        let here = rustix::fs::CWD;
        match renameat_with(here, &unfinished, here, path, RenameFlags::NOREPLACE) {
            // File systems that cannot promise it.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                std::fs::rename(&unfinished, path).map_err(io("name"))
            }
            Err(error) => Err(io("name")(error.into())),
            Ok(()) => Ok(()),
        }
    })();
    if result.is_err()
        && let Err(error) = std::fs::remove_file(&unfinished)
    {
        tracing::warn!(path = %unfinished.display(), %error, "an unfinished copy could not be removed");
    }
    result
}

/// Copies the samples' bytes, in order. `Interrupted`: stopped by `progress`.
fn copy_ranges(
    piece: &Piece,
    to: &mut File,
    done: &mut u64,
    progress: &dyn Fn(u64) -> bool,
) -> io::Result<()> {
    let mut in_kernel = true;
    let mut buffer = Vec::new();
    let mut told = *done;
    for range in &piece.ranges {
        let from = piece.files.get(range.file).ok_or(io::ErrorKind::NotFound)?;
        let mut at = range.offset;
        let end = range.offset + range.bytes;
        while at < end {
            let wanted = (end - at).min(STEP_BYTES);
            let copied = if in_kernel {
                let mut offset = at;
                match copy_file_range(from, Some(&mut offset), &*to, None, wanted as usize) {
                    Ok(count) => count,
                    // Another file system, or one that cannot: by hand from here on.
                    Err(error)
                        if !matches!(
                            error,
                            rustix::io::Errno::NOSPC | rustix::io::Errno::DQUOT | rustix::io::Errno::IO
                        ) =>
                    {
                        in_kernel = false;
                        to.seek(SeekFrom::Start(*done))?;
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                }
            } else {
                buffer.resize(STEP_BYTES as usize, 0);
                let part = buffer.get_mut(..wanted as usize).unwrap_or_default();
                let count = from.read_at(part, at)?;
                to.write_all(part.get(..count).unwrap_or_default())?;
                count
            };
            if copied == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            at += copied as u64;
            *done += copied as u64;
            if *done - told >= STEP_BYTES {
                told = *done;
                if !progress(*done) {
                    return Err(io::ErrorKind::Interrupted.into());
                }
            }
        }
    }
    if progress(*done) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
}

#[cfg(test)]
#[path = "clip_tests.rs"]
mod tests;
