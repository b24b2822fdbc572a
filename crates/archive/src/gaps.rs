//! What is missing of a stream, as rows: one gap at a time, each from the end of what came before. Pure.

use crate::index::{Change, GapRow};
use easien_model::{GapCause, StreamId, UtcMicros};
use std::mem::discriminant;

/// A gap that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenGap {
    pub(crate) start: UtcMicros,
    pub(crate) cause: GapCause,
}

/// The gaps of one stream.
#[derive(Clone, Debug)]
pub(crate) struct Gaps {
    stream: StreamId,
    open: Option<OpenGap>,
}

/// Whether a gap of one cause goes on as the other: the reason of a lost camera may become known later, or change.
fn same(a: GapCause, b: GapCause) -> bool {
    discriminant(&a) == discriminant(&b)
}

impl Gaps {
    pub(crate) fn new(stream: StreamId, open: Option<OpenGap>) -> Self {
        Self { stream, open }
    }

    pub(crate) fn open(&self) -> Option<OpenGap> {
        self.open
    }

    fn row(&self, gap: OpenGap, end: Option<UtcMicros>) -> Change {
        Change::Gap(GapRow { stream: self.stream, start: gap.start, end, cause: gap.cause })
    }

    /// Something is missing from `at` on: the end of what was recorded, or, while a gap is open, when its cause became
    /// another.
    pub(crate) fn begin(&mut self, at: UtcMicros, cause: GapCause) -> Vec<Change> {
        let Some(former) = self.open else {
            let gap = OpenGap { start: at, cause };
            self.open = Some(gap);
            return vec![self.row(gap, None)];
        };
        match (former.cause, cause) {
            // The station was away and is back; that the camera is not there yet is no news, unless why is known.
            (
                GapCause::StationDied | GapCause::StationStopped,
                GapCause::CameraLost { reason: None } | GapCause::ParametersChanged | GapCause::TimestampLeap,
            ) => return Vec::new(),
            // A session that begins anew within a gap says nothing of the gap.
            (_, GapCause::ParametersChanged | GapCause::TimestampLeap | GapCause::ClockStep { .. }) => {
                return Vec::new();
            }
            (GapCause::CameraLost { reason: None }, GapCause::CameraLost { reason: Some(_) }) => {
                let gap = OpenGap { cause, ..former };
                self.open = Some(gap);
                return vec![self.row(gap, None)];
            }
            (former, new) if same(former, new) => return Vec::new(),
            _ => {}
        }
        let at = at.max(UtcMicros(former.start.0.saturating_add(1)));
        let gap = OpenGap { start: at, cause };
        self.open = Some(gap);
        vec![self.row(former, Some(at)), self.row(gap, None)]
    }

    /// There are pictures again.
    pub(crate) fn take(&mut self) -> Option<OpenGap> {
        self.open.take()
    }

    /// The least begin of what comes next: a gap is never empty.
    pub(crate) fn least_end(&self) -> Option<UtcMicros> {
        self.open.map(|gap| UtcMicros(gap.start.0.saturating_add(1)))
    }
}
