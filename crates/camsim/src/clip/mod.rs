//! Clips: what the simulated cameras send, as access units with their times. Drawn and encoded, or given as files.
//! No packets and no sessions here.

pub mod audio;
pub mod cache;
pub mod encode;
pub mod given;
pub mod nal;

pub use cache::Cache;
pub use encode::Recipe;

use bytes::Bytes;
use easien_model::Codec;

/// One encoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// NAL units in decoding order, without start codes.
    pub nals: Vec<Bytes>,
    /// When it is shown, in 1/90000 s from the loop's start.
    pub pts_90k: i64,
    /// When it is sent, in 1/90000 s from the loop's start; never falling.
    pub due_90k: i64,
    /// Decoding can begin here (IDR, IRAP; in [`Variant::RecoveryPoint`] the recovery points).
    pub key: bool,
}

/// A clip's video in decoding order, meant to be played in a loop.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessUnits {
    /// [`Codec::H264`] or [`Codec::H265`].
    pub codec: Codec,
    /// Width as displayed, in pixels.
    pub width_px: u32,
    /// Height as displayed, in pixels.
    pub height_px: u32,
    /// Pictures per second, on average.
    pub fps: f64,
    /// The loop's length in 1/90000 s.
    pub loop_90k: i64,
    /// The pictures.
    pub units: Vec<AccessUnit>,
}

impl AccessUnits {
    /// The distinct parameter sets (VPS, SPS, PPS) in the order in which they appear.
    #[must_use]
    pub fn parameter_sets(&self) -> Vec<Bytes> {
        let mut sets: Vec<Bytes> = Vec::new();
        for nal in self.units.iter().flat_map(|unit| &unit.nals) {
            if nal::kind(self.codec, nal) == nal::NalKind::Parameters && !sets.contains(nal) {
                // A copy: a slice would keep the whole clip in memory.
                sets.push(Bytes::copy_from_slice(nal));
            }
        }
        sets
    }
}

/// How a drawn clip is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Closed GOPs of 2 s, no B frames, parameter sets before each key frame.
    #[default]
    Usual,
    /// One GOP of 10 s.
    Gop10,
    /// One GOP of 20 s.
    Gop20,
    /// Closed GOPs of 2 s with two B frames between references (H.264).
    BFrames,
    /// Never a key frame: intra refresh with recovery point SEI (H.264).
    RecoveryPoint,
    /// As usual, but 3/4 of the size.
    Smaller,
    /// As usual, but the parameter sets have id 1 and other contents (H.264).
    OtherIds,
}
