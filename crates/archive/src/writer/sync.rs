//! The thread that syncs a volume: one `syncfs` for everything that was written, then what has ended is closed for good
//! (`fdatasync` of the file, `fsync` of its folder) and its rows are sent, in one batch. A failed sync is never tried again.

use super::file::{SegmentFile, end_of};
use super::plan::{Extent, Plan};
use super::{Failure, Mount};
use crate::index::{Change, SegmentEnd, SegmentState};
use crate::index_feed::IndexFeed;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

/// A segment that has ended.
#[derive(Debug)]
pub(super) struct Closing {
    plan: Arc<Plan>,
    file: Arc<File>,
    folder: Arc<File>,
    folder_path: PathBuf,
    end: SegmentEnd,
    state: SegmentState,
}

impl Closing {
    pub(super) fn new(file: SegmentFile, end: SegmentEnd, state: SegmentState) -> Self {
        Self {
            folder_path: file.plan.folder.clone(),
            plan: file.plan,
            file: file.file,
            folder: file.folder,
            end,
            state,
        }
    }

    /// One whose last write failed.
    pub(super) fn damaged(file: &SegmentFile) -> Self {
        let extent = file.plan.freeze(false);
        Self {
            folder_path: file.plan.folder.clone(),
            plan: Arc::clone(&file.plan),
            file: Arc::clone(&file.file),
            folder: Arc::clone(&file.folder),
            end: SegmentEnd {
                end: end_of(&file.plan, &extent),
                bytes: extent.bytes,
                frames: extent.frames,
                sha256: None,
                activity: Vec::new(),
            },
            state: SegmentState::Damaged,
        }
    }

    pub(super) fn sync_file(&self) -> io::Result<()> {
        self.file.sync_data()?;
        self.folder.sync_all()
    }

    pub(super) fn change(self) -> Change {
        Change::Closed { id: self.plan.identity.segment, end: self.end, state: self.state }
    }

    /// It was not synced, and never will be: what is known of it then.
    pub(super) fn set_aside(self, failure: &Failure) -> Vec<Change> {
        let extent = self.plan.freeze(false);
        let trusted = end_of(&self.plan, &extent);
        let gap = super::gap_behind(self.plan.identity.stream_id(), trusted, self.end.end, failure.cause());
        let end = SegmentEnd {
            end: trusted,
            bytes: extent.bytes,
            frames: extent.frames,
            sha256: None,
            activity: Vec::new(),
        };
        let closed = Change::Closed { id: self.plan.identity.segment, end, state: SegmentState::Damaged };
        std::iter::once(closed).chain(gap).collect()
    }
}

/// What is to be synced.
#[derive(Debug)]
pub(super) struct Order {
    /// How far the open segments were written when the order was given.
    pub(super) written: Vec<(Arc<Plan>, Extent)>,
    pub(super) closing: Vec<Closing>,
}

/// Until the writer is gone.
pub(super) fn run(mount: &Mount, orders: &Receiver<Order>, feed: &IndexFeed) {
    while let Ok(order) = orders.recv() {
        if mount.failure().is_none()
            && let Err(error) = rustix::fs::syncfs(&mount.root_fd)
        {
            mount.fail(Failure::of("syncfs", &error.into(), true));
        }
        if mount.failure().is_none() {
            for (plan, extent) in order.written {
                plan.set_synced(extent);
            }
        }
        close(mount, order.closing, feed);
    }
}

fn close(mount: &Mount, closing: Vec<Closing>, feed: &IndexFeed) {
    let mut changes = Vec::with_capacity(closing.len());
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut ready = Vec::with_capacity(closing.len());
    for closing in closing {
        if let Some(failure) = mount.failure() {
            changes.extend(closing.set_aside(failure));
            continue;
        }
        let mut synced = closing.file.sync_data();
        if synced.is_ok() && !folders.contains(&closing.folder_path) {
            synced = closing.folder.sync_all();
            folders.push(closing.folder_path.clone());
        }
        match synced {
            Ok(()) => ready.push(closing),
            Err(error) => {
                let failure = Failure::of("fdatasync", &error, true);
                mount.fail(failure.clone());
                changes.extend(closing.set_aside(&failure));
            }
        }
    }
    for closing in ready {
        mount
            .open_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| {
                Some(open.saturating_sub(closing.end.bytes))
            })
            .ok();
        changes.push(closing.change());
    }
    feed.send(changes);
}
