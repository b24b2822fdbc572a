//! What a player paints on: one recording of one stream in a picture worker. A trait, so that the players can be
//! tried without workers.

use easien_model::{Sample, UtcMicros};
use std::sync::Arc;

/// What the picture of a sample is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// To be painted as soon as it is decoded.
    Show,
    /// To be kept for [`Screen::paint`], as far as there is room.
    Keep,
}

/// One recording's place in a worker. What it is told is done in order; nothing is dropped but by `reset`.
pub(crate) trait Screen: Send + 'static {
    /// Forget what is queued; a key frame follows. What is kept stays.
    fn reset(&self);
    /// The next sample in decoding order.
    fn push(&self, sample: &Arc<Sample>, due: Due);
    /// What the decoder holds back is due; a key frame follows.
    fn end_of_gop(&self);
    /// Exactly this picture, from those kept.
    fn paint(&self, at: UtcMicros);
    /// Its tiles show nothing.
    fn blank(&self, blank: bool);
}

/// What a worker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// This picture is in the tiles.
    Painted(UtcMicros),
    /// It is not among those kept: nothing was painted.
    NotKept(UtcMicros),
    /// No picture came of this sample, or of any.
    Undecodable(Option<UtcMicros>),
    /// The worker died and came back empty: everything has to be pushed again.
    Restarted,
}
