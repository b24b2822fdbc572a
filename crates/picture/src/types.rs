//! What goes in and out of [`crate::Pictures`].

use crate::tier;
use easien_model::{CameraId, Code, Sample, StreamId, Ticks90k, UtcMicros};
use easien_mosaic::{MosaicError, MosaicPlace};
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Opens a stream's samples, beginning with a key frame. Called each time the stream is needed anew, also after a
/// worker died.
pub type OpenFeed = Arc<dyn Fn(StreamId) -> BoxStream<'static, Arc<Sample>> + Send + Sync>;

/// How the workers are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program `easien-picture`. Default: beside the running program.
    pub program: PathBuf,
    /// How many, at least 2. Default: one a core, 2 to 8.
    pub workers: usize,
    /// More restarts of a worker within a minute, and it waits [`Options::rest`] before the next.
    pub max_restarts: u32,
    /// See [`Options::max_restarts`].
    pub rest: Duration,
    /// How long a stream goes on being decoded after the last tile let it go.
    pub grace: Duration,
    /// How long a replaced mosaic is kept and painted, for the window to change over.
    pub change_over: Duration,
    /// A worker that does not answer for so long is ended.
    pub watchdog: Duration,
    /// How long a stream that killed two workers within a minute is left alone.
    pub quarantine: Duration,
    /// How long the recordings of a stream are left alone after one killed two workers within a minute. Its live
    /// pictures go on.
    pub play_quarantine: Duration,
    /// Longest wait for a still.
    pub still: Duration,
    /// CPU that decoding and scaling may cost at the most, in cores.
    pub budget_core: f64,
    /// It may cost less while the machine is busy or pictures come late; false: always the most (for tests).
    pub follows_machine: bool,
}

impl Default for Options {
    fn default() -> Self {
        let beside =
            std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("easien-picture")));
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            program: beside.unwrap_or_else(|| PathBuf::from("easien-picture")),
            workers: cores.clamp(2, 8),
            max_restarts: 10,
            rest: Duration::from_secs(5),
            grace: Duration::from_secs(3),
            change_over: Duration::from_secs(2),
            watchdog: Duration::from_secs(5),
            quarantine: Duration::from_secs(300),
            play_quarantine: Duration::from_secs(60),
            still: Duration::from_secs(5),
            budget_core: 0.75 * cores.clamp(2, 8).min(cores) as f64,
            follows_machine: true,
        }
    }
}

/// Where a tile's pictures come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TileSource {
    /// The camera's streams as they come.
    #[default]
    Live,
    /// Recordings of the camera, the most wanted first (e.g. main, then sub): a picture of a later one is painted
    /// unless an earlier one painted the same moment.
    Play(Vec<crate::play::PlayId>),
}

/// A part of a picture, in shares of its width and height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Part {
    /// Within the picture, and not nothing. Sums may be a hair over: they come from a page's arithmetic.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        const HAIR: f64 = 1e-6;
        let along = |from: f64, length: f64| {
            from >= -HAIR && (0.001..=1.0 + HAIR).contains(&length) && from + length <= 1.0 + HAIR
        };
        along(self.x, self.w) && along(self.y, self.h)
    }
}

/// What the pictures cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// CPU of all workers, in cores; absent in the first seconds.
    pub used_core: Option<f32>,
    /// What it may be now.
    pub budget_core: f32,
    /// Steps that the tiers were taken down from the best; 0: none.
    pub level: usize,
}

/// One tile as wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct TileWant {
    /// The tile's number in its window.
    pub tile: u32,
    /// The camera.
    pub camera: CameraId,
    /// Width of its video rectangle in device pixels, 1 to 8192. Multiples of 16 are the cheapest.
    pub width_px: u32,
    /// Height of its video rectangle in device pixels, 1 to 8192.
    pub height_px: u32,
    /// Enlarged: the main stream is wanted; the sub stream is shown meanwhile.
    pub main: bool,
    /// The camera has a sub stream.
    pub has_sub: bool,
    /// A small tile among many: key frames are enough.
    pub glance: bool,
    /// Where the eye is: loses last.
    pub focused: bool,
    /// The part of the picture that fills the tile; none: the whole.
    pub part: Option<Part>,
    /// Where its pictures come from; `main` and `has_sub` matter only for [`TileSource::Live`].
    pub source: TileSource,
}

/// Where a window's pixels are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The mosaic, valid until 2 s after it was replaced or hidden.
    pub handle: MosaicPlace,
    /// Its tiles' places.
    pub tiles: Vec<SlotPlace>,
}

/// A tile's place in the mosaic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotPlace {
    /// The tile's number in its window.
    pub tile: u32,
    /// Its slot.
    pub slot: u32,
    /// The slot's assignment.
    pub assignment: u64,
}

/// A picture in full size.
#[derive(Clone, PartialEq, Eq)]
pub struct StillPixels {
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// R, G, B; rows without padding.
    pub rgb: Vec<u8>,
    /// Presentation time on the run's clock.
    pub pts: Ticks90k,
    /// When its last packet arrived.
    pub arrived: UtcMicros,
}

impl std::fmt::Debug for StillPixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StillPixels({}x{} arrived {})", self.width_px, self.height_px, self.arrived.0)
    }
}

/// Something about workers and streams that somebody should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureEvent {
    /// A worker ended by itself, or was ended because it did not answer.
    WorkerDied {
        /// Which, from 0.
        worker: usize,
        /// The stream that it was busy with.
        blamed: Option<StreamId>,
    },
    /// A worker is up (also the first time).
    WorkerUp {
        /// Which, from 0.
        worker: usize,
        /// Its process.
        pid: u32,
    },
    /// Samples come, but for 8 s no picture.
    Undecodable {
        /// The stream.
        stream: StreamId,
    },
    /// Pictures again, after `Undecodable`.
    Decodable {
        /// The stream.
        stream: StreamId,
    },
    /// It killed two workers within a minute and is not decoded until then.
    Quarantined {
        /// The stream.
        stream: StreamId,
        /// When it is tried again.
        until: UtcMicros,
    },
    /// The quarantine is over.
    Released {
        /// The stream.
        stream: StreamId,
    },
}

/// A worker as Health shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerInfo {
    /// Its process; absent while it is down.
    pub pid: Option<u32>,
    /// Restarts since the start.
    pub restarts: u32,
    /// Samples dropped because it was too slow.
    pub dropped: u64,
    /// CPU time used since its start, in microseconds, as of its last word.
    pub cpu_micros: u64,
}

/// A decoded stream as Health shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreamInfo {
    /// Which stream.
    pub stream: StreamId,
    /// Which worker decodes it.
    pub worker: usize,
    /// How much of it.
    pub tier: tier::Tier,
    /// Its figures, as of the worker's last word.
    pub stats: crate::wire::StreamStats,
}

/// What can go wrong with pictures.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The shared memory.
    #[error(transparent)]
    Mosaic(#[from] MosaicError),
    /// The worker program is not there.
    #[error("the program {0} is not there")]
    NoProgram(PathBuf),
    /// No picture came in time.
    #[error("no picture of the stream came in time")]
    NoPicture,
    /// The stream killed workers and is left alone for now.
    #[error("the stream is in quarantine")]
    Quarantined,
    /// More was given than is decoded for one picture, or there is no room for it now.
    #[error("too many samples for one picture")]
    TooMuch,
    /// Nothing to decode was given.
    #[error("no samples of video")]
    NoSamples,
    /// The worker died over it.
    #[error("the picture worker died")]
    WorkerDied,
}

impl PictureError {
    /// For the wire.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Mosaic(error) => error.code(),
            Self::NoProgram(_) | Self::WorkerDied => Code::Unavailable,
            Self::NoPicture => Code::Timeout,
            Self::Quarantined => Code::Precondition,
            Self::NoSamples | Self::TooMuch => Code::Invalid,
        }
    }
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, PictureError>;
