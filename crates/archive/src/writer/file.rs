//! One segment's file while it is written.

use super::plan::{Extent, FragmentJob, Plan};
use crate::fmp4::{Seal, mfra};
use crate::identity::SEAL_BYTES;
use crate::index::SegmentEnd;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a seal before its hash.
const SEAL_WORDS: usize = SEAL_BYTES - 32;

/// Most pieces of one write.
const PIECES: usize = 1024;

/// A file that is written.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    pub(crate) plan: Arc<Plan>,
    pub(crate) file: Arc<File>,
    /// Relative to the volume's root.
    pub(crate) path: PathBuf,
    /// Its folder, to be synced after it.
    pub(crate) folder: Arc<File>,
    hash: Sha256,
    pub(crate) extent: Extent,
    keys: Vec<(u64, u64)>,
}

/// Opens a folder below `root` without leaving it, making what is missing. (Here and below it is the C library that
/// syncs, by way of `std`, so that failing syncs can be tried with libfiu.)
pub(crate) fn open_folder(root: &OwnedFd, folder: &Path) -> io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut at = File::from(rustix::fs::openat(root, ".", flags & !OFlags::NOFOLLOW, Mode::empty())?);
    for part in folder.components() {
        let part = part.as_os_str();
        let next = match rustix::fs::openat(&at, part, flags, Mode::empty()) {
            Err(Errno::NOENT) => {
                match rustix::fs::mkdirat(&at, part, Mode::from_raw_mode(0o750)) {
                    Ok(()) => at.sync_all()?,
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                rustix::fs::openat(&at, part, flags, Mode::empty())?
            }
            other => other?,
        };
        at = File::from(next);
    }
    Ok(at)
}

impl SegmentFile {
    /// Makes the file under the first free name.
    pub(crate) fn create(root: &OwnedFd, plan: Arc<Plan>) -> io::Result<Self> {
        let folder = open_folder(root, &plan.folder)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        for number in 1..10_000 {
            let name = if number == 1 {
                format!("{}.mp4", plan.name)
            } else {
                format!("{}-{number}.mp4", plan.name)
            };
            match rustix::fs::openat(&folder, &name, flags, Mode::from_raw_mode(0o640)) {
                Ok(fd) => {
                    return Ok(Self {
                        path: plan.folder.join(&name),
                        plan,
                        file: Arc::new(File::from(fd)),
                        folder: Arc::new(folder),
                        hash: Sha256::new(),
                        extent: Extent::default(),
                        keys: Vec::new(),
                    });
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Writes a fragment (behind the head, if it is the first) and its seal, in one go.
    pub(crate) fn fragment(&mut self, job: &FragmentJob) -> io::Result<u64> {
        let before = self.extent.bytes;
        let head: &[u8] = if job.first { &self.plan.head } else { &[] };
        let mut pieces: Vec<&[u8]> = Vec::with_capacity(job.samples.len() + 3);
        pieces.push(head);
        pieces.push(&job.head);
        pieces.extend(job.samples.iter().map(|sample| &sample.data[..]));
        for piece in &pieces {
            self.hash.update(piece);
        }
        // The hash covers the seal's own words too: every byte of the file before it.
        let words = job.seal.to_box();
        self.hash.update(words.get(..SEAL_WORDS).unwrap_or(&[]));
        let sha256: [u8; 32] = self.hash.clone().finalize().into();
        self.hash.update(sha256);
        let seal = Seal { sha256, ..job.seal }.to_box();
        pieces.push(&seal);
        let bytes: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        write_all(&self.file, &pieces)?;
        if job.seal.key {
            self.keys.push((job.video_time, before + head.len() as u64));
        }
        self.extent = Extent {
            bytes: before + bytes,
            frames: self.extent.frames + u64::from(job.seal.frames),
            end: Some(job.seal.end),
        };
        self.plan.set_written(self.extent);
        Ok(bytes)
    }

    /// Writes the index behind the last fragment; what is then known of the segment.
    pub(crate) fn finish(&mut self, activity: Vec<u8>) -> io::Result<SegmentEnd> {
        let index = mfra(&self.keys);
        write_all(&self.file, &[&index])?;
        self.hash.update(&index);
        self.extent.bytes += index.len() as u64;
        self.plan.set_written(self.extent);
        Ok(SegmentEnd {
            end: end_of(&self.plan, &self.extent),
            bytes: self.extent.bytes,
            frames: self.extent.frames,
            sha256: Some(self.hash.clone().finalize().into()),
            activity,
        })
    }

    /// Cuts off what does not count, as well as the disk lets us.
    pub(crate) fn cut(&self, bytes: u64) -> io::Result<()> {
        rustix::fs::ftruncate(self.file.as_fd(), bytes)?;
        self.file.sync_data()?;
        Ok(())
    }

    /// Takes the file away: nothing in it counts.
    pub(crate) fn remove(&self) -> io::Result<()> {
        let name = self.path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Ok(rustix::fs::unlinkat(&*self.folder, name, AtFlags::empty())?)
    }
}

/// The end as a row says it: always after the begin.
pub(crate) fn end_of(plan: &Plan, extent: &Extent) -> easien_model::UtcMicros {
    let start = plan.identity.start_us;
    easien_model::UtcMicros(extent.end.map_or(start, |end| end.0).max(start.saturating_add(1)))
}

/// Writes every byte of all pieces, in order.
fn write_all(mut file: &File, pieces: &[&[u8]]) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> =
        pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| IoSlice::new(piece)).collect();
    let mut rest = &mut slices[..];
    while !rest.is_empty() {
        let most = rest.len().min(PIECES);
        match file.write_vectored(rest.get(..most).unwrap_or(&[])) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
