//! The recorder of one stream: what the station's task pushes samples into.

use crate::core::Core;
use crate::index::{SegmentIndex, SegmentQuery};
use crate::labels::Taken;
use crate::stream::Stream;
use easien_model::{GapCause, Sample, StreamId, UtcMicros};
use std::sync::Arc;
use std::time::Duration;

/// Records one stream for as long as recording is wanted. Dropped without [`Recorder::stop`] it leaves the segment open; the
/// archive's end closes it.
pub struct Recorder {
    pub(crate) core: Arc<Core>,
    pub(crate) stream: Arc<Stream>,
    pub(crate) index: Arc<dyn SegmentIndex>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("stream", &self.stream.id).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Takes a sample; waits while the disk is behind, so that the lane before it overflows, loudly. Never waits for a
    /// disk on this thread.
    ///
    /// # Cancel safety
    /// The sample is taken at the first poll; cancelled while it waits, nothing is lost.
    pub async fn push(&mut self, sample: Arc<Sample>) {
        self.stream.take(&self.core, sample);
        if let Some((from, latest)) = self.stream.wants_lookup() {
            let (core, index, id) = (Arc::clone(&self.core), Arc::clone(&self.index), self.stream.id);
            let look = move || {
                core.feed.flush(FLUSH);
                taken(&*index, id, from, latest)
            };
            let found = tokio::task::spawn_blocking(look).await.unwrap_or_default();
            self.stream.found(found);
        }
        while let Some(mount) = self.stream.drain(&self.core) {
            mount.queue.room().await;
        }
    }

    /// The camera's clock minus the station's, in microseconds, as is known now; written into the segments that begin.
    pub fn set_clock_offset(&mut self, us: Option<i64>) {
        self.stream.set_clock_offset(us);
    }

    /// Samples are missing from here on. The gap begins where the recording ends, and ends with the next picture that is
    /// recorded.
    pub fn gap(&mut self, cause: GapCause, since: UtcMicros) {
        self.stream.gap(&self.core, cause, since);
    }

    /// Ends the recording in order.
    pub fn stop(self, cause: GapCause) {
        self.stream.gap(&self.core, cause, self.core.now());
    }
}

/// How long rows on their way to the index are waited for before it is asked.
const FLUSH: Duration = Duration::from_secs(2);

/// What is on a stream's time line after `from`; what is open there ends at `latest`.
fn taken(index: &dyn SegmentIndex, stream: StreamId, from: UtcMicros, latest: UtcMicros) -> Vec<Taken> {
    const PAGE: usize = 1000;
    const MOST: usize = 100_000;
    let mut taken: Vec<Taken> = Vec::new();
    let mut query = SegmentQuery { stream, from, to: UtcMicros(i64::MAX), limit: PAGE };
    loop {
        let rows = match index.segments(&query) {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%stream, %error, "cannot look up what is recorded");
                break;
            }
        };
        let full = rows.len() == PAGE;
        for row in rows {
            // An open one ends where the next begins, or with all that is known.
            if let Some(open) = taken.last_mut().filter(|part| part.end > row.start) {
                open.end = row.start;
            }
            query.from = query.from.max(row.end.as_ref().map_or(row.start, |end| end.end));
            let end = row.end.map_or(latest.max(row.start), |end| end.end);
            taken.push(Taken { start: row.start, end, gap: None });
        }
        if !full || taken.len() >= MOST {
            break;
        }
    }
    match index.gaps(stream, from, UtcMicros(i64::MAX)) {
        Ok(gaps) => taken.extend(gaps.into_iter().map(|gap| Taken {
            start: gap.start,
            end: gap.end.unwrap_or(gap.start),
            gap: Some(gap.cause),
        })),
        Err(error) => tracing::error!(%stream, %error, "cannot look up what is missing"),
    }
    taken.sort_by_key(|part| (part.start, part.end));
    taken
}
