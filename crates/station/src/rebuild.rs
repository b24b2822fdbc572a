//! The index of recordings made anew from the files, while the station runs: when it was missing or damaged at the
//! start, or when a disk with recordings was added. Recording goes on meanwhile.

use crate::index::Index;
use crate::station::Station;
use easien_archive::{
    self as archive, ArchiveError, Depth, FileReport, GapRow, IndexError, Rebuilt, SegmentIndex,
    SegmentQuery, SegmentRow, rebuild,
};
use easien_model::{SegmentId, StreamId, UtcMicros, VolumeId};
use easien_store::recordings::Change;
use easien_store::{Found, Recordings};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a volume that is not mounted yet is waited for.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often it is looked for.
const LOOK: Duration = Duration::from_secs(5);

/// Stops a rebuild when the station stops.
#[derive(Clone, Default)]
pub struct Rebuilds(Arc<AtomicBool>);

impl Rebuilds {
    /// The station stops.
    pub(crate) fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Station {
    /// After the start: where the index was not as it was left, it is made anew from the files of all volumes.
    pub(crate) async fn rebuild_if_lost(self, found: Found) {
        let why = match found {
            Found::Kept => return,
            Found::Missing => "there was no index".to_owned(),
            Found::SetAside { path, why } => format!("{why}; kept as {}", path.display()),
        };
        let mut waiting: Vec<VolumeId> =
            self.archive.volumes().into_iter().map(|status| status.config.id).collect();
        let begun = tokio::time::Instant::now();
        let mut all = Rebuilt::default();
        while !waiting.is_empty() && begun.elapsed() < PATIENCE {
            let here: Vec<(VolumeId, PathBuf)> =
                waiting.iter().filter_map(|id| Some((*id, self.archive.root(*id)?))).collect();
            waiting.retain(|id| here.iter().all(|(known, _)| known != id));
            for (id, root) in here {
                if let Some(done) = self.rebuild_volume(id, root).await {
                    all = sum(all, done);
                }
            }
            if !waiting.is_empty() {
                tokio::time::sleep(LOOK).await;
            }
        }
        for id in waiting {
            tracing::error!(%id, "a volume did not come: its recordings are not in the index");
        }
        if all.files > 0 {
            self.index_was_rebuilt(
                all.whole + all.recovered + all.damaged,
                format!("{why}; {}", words(&all)),
            )
            .await;
        }
    }

    /// A disk with recordings was added: they are in the index from now on.
    pub(crate) fn take_up(&self, id: VolumeId, root: PathBuf) {
        let station = self.clone();
        self.background.spawn("take up", async move {
            if let Some(done) = station.rebuild_volume(id, root).await
                && done.files > 0
            {
                let known = done.whole + done.recovered + done.damaged;
                station.index_was_rebuilt(known, words(&done)).await;
            }
        });
    }

    async fn rebuild_volume(&self, id: VolumeId, root: PathBuf) -> Option<Rebuilt> {
        let stop = self.rebuilds.0.clone();
        let index = Beside { index: self.index.clone(), since: self.started };
        let work = move || {
            tracing::info!(%id, root = %root.display(), "the index is made from the files of a volume");
            let mut told = 0;
            let mut on = |report: &FileReport| {
                if !report.is_well() {
                    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
                    tracing::warn!(path = report.path, findings = findings.join("; "), "a file of recording");
                }
                let (done, files) = report.progress;
                if done * 10 / files.max(1) > told {
                    told = done * 10 / files.max(1);
                    tracing::info!(%id, done, files, "the index is made from the files");
                }
                !stop.load(Ordering::Relaxed)
            };
            rebuild(&root, &index, Depth::Seals, &mut on)
        };
        match self.blocking(work).await {
            Ok(Ok(done)) => {
                tracing::info!(%id, ?done, "the index was made from the files of a volume");
                Some(done)
            }
            Ok(Err(ArchiveError::Cancelled)) => {
                tracing::warn!(%id, "the station stops before the index was made from the files");
                None
            }
            Ok(Err(error)) => {
                tracing::error!(%id, %error, "the index was not made from the files");
                None
            }
            Err(_) => None,
        }
    }
}

fn sum(one: Rebuilt, two: Rebuilt) -> Rebuilt {
    Rebuilt {
        files: one.files + two.files,
        bytes: one.bytes + two.bytes,
        whole: one.whole + two.whole,
        recovered: one.recovered + two.recovered,
        damaged: one.damaged + two.damaged,
        left_out: one.left_out + two.left_out,
        removed: one.removed + two.removed,
        gaps: one.gaps + two.gaps,
    }
}

/// What a rebuild found, in English.
pub(crate) fn words(done: &Rebuilt) -> String {
    format!(
        "{} files, {} bytes: {} whole, {} recovered, {} damaged, {} left out; {} rows removed, {} gaps derived",
        done.files,
        done.bytes,
        done.whole,
        done.recovered,
        done.damaged,
        done.left_out,
        done.removed,
        done.gaps
    )
}

/// Takes the gaps of one index into another: files do not say why something was not recorded.
pub(crate) fn keep_gaps(from: &Recordings, to: &Recordings) -> easien_store::Result<usize> {
    let mut count = 0;
    for (stream, _, _) in from.streams()? {
        let gaps = from.gaps(stream, UtcMicros(i64::MIN), UtcMicros(i64::MAX))?;
        count += gaps.len();
        for part in gaps.chunks(500) {
            to.apply(&part.iter().map(|gap| Change::Gap(*gap)).collect::<Vec<_>>())?;
        }
    }
    Ok(count)
}

/// The index for a rebuild beside running recordings: what these have written themselves stays as they wrote it.
struct Beside {
    index: Index,
    /// Recordings since then are the running station's.
    since: UtcMicros,
}

impl Beside {
    /// Whether the rebuild may make this change.
    fn allows(&self, change: &archive::Change) -> Result<bool, IndexError> {
        let known = |id| self.index.0.segment(id).map_err(|error| IndexError(Box::new(error)));
        Ok(match change {
            archive::Change::Added(row) => known(row.id)?.is_none(),
            archive::Change::Closed { id, .. }
            | archive::Change::Marked { id, .. }
            | archive::Change::Removed { id } => {
                known(*id)?.is_some_and(|row| row.end.is_some() && row.start < self.since)
            }
            // What is missing since then the recorders say.
            archive::Change::Gap(gap) => gap.start < self.since,
            archive::Change::GapClosed { start, .. } => *start < self.since,
        })
    }
}

impl SegmentIndex for Beside {
    fn apply(&self, changes: &[archive::Change]) -> Result<(), IndexError> {
        let mut allowed = Vec::with_capacity(changes.len());
        for change in changes {
            if self.allows(change)? {
                allowed.push(change.clone());
            }
        }
        self.index.apply(&allowed)
    }

    fn segments(&self, query: &SegmentQuery) -> Result<Vec<SegmentRow>, IndexError> {
        self.index.segments(query)
    }

    fn neighbour(
        &self,
        stream: StreamId,
        at: UtcMicros,
        forward: bool,
    ) -> Result<Option<SegmentRow>, IndexError> {
        self.index.neighbour(stream, at, forward)
    }

    fn open_segments(&self, volume: VolumeId) -> Result<Vec<SegmentRow>, IndexError> {
        self.index.open_segments(volume)
    }

    fn deleting(&self, volume: VolumeId) -> Result<Vec<SegmentRow>, IndexError> {
        self.index.deleting(volume)
    }

    fn gaps(&self, stream: StreamId, from: UtcMicros, to: UtcMicros) -> Result<Vec<GapRow>, IndexError> {
        SegmentIndex::gaps(&self.index, stream, from, to)
    }

    fn open_gaps(&self) -> Result<Vec<GapRow>, IndexError> {
        self.index.open_gaps()
    }

    fn streams(&self) -> Result<Vec<(StreamId, UtcMicros, UtcMicros)>, IndexError> {
        self.index.streams()
    }

    fn oldest(
        &self,
        volume: Option<VolumeId>,
        stream: Option<StreamId>,
        after: Option<(UtcMicros, SegmentId)>,
        limit: usize,
    ) -> Result<Vec<SegmentRow>, IndexError> {
        self.index.oldest(volume, stream, after, limit)
    }

    fn used_bytes(&self, volume: VolumeId) -> Result<u64, IndexError> {
        self.index.used_bytes(volume)
    }
}
