//! What ingest publishes and archive, picture and evidence consume: one access unit of video or one frame of audio,
//! exactly as the camera sent it. One copy of the bytes, then only reference counts.

use crate::{StreamId, Ticks90k, UtcMicros};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use ts_rs::TS;
use uuid::Uuid;

/// An unbroken sequence of samples: one session, one parameter set, one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub Uuid);

impl RunId {
    /// A new run.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

/// How the bytes are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub enum Codec {
    /// ITU-T H.264, RFC 6184.
    H264,
    /// ITU-T H.265, RFC 7798.
    H265,
    /// AAC, RFC 3640.
    Aac,
    /// G.711 µ-law (PCMU).
    Pcmu,
    /// G.711 A-law (PCMA).
    Pcma,
}

/// Video or audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaKind {
    /// One access unit (one picture).
    Video,
    /// One audio frame or packet.
    Audio,
}

/// A video run's parameter sets and what they say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoParams {
    /// [`Codec::H264`] or [`Codec::H265`].
    pub codec: Codec,
    /// Parameter set NAL units in decoding order (H.264: SPS, PPS; H.265: VPS, SPS, PPS), without start codes or
    /// lengths; several of a kind are possible. Taken from the stream where it carries them, else from the SDP.
    pub parameter_sets: Vec<Bytes>,
    /// Width after cropping, in pixels; 0 while unknown.
    pub width_px: u32,
    /// Height after cropping, in pixels; 0 while unknown.
    pub height_px: u32,
    /// Pictures per second as declared by the stream, if it declares them.
    pub declared_fps: Option<f32>,
}

/// An audio run's parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioParams {
    /// [`Codec::Aac`], [`Codec::Pcmu`] or [`Codec::Pcma`].
    pub codec: Codec,
    /// Samples per second.
    pub rate_hz: u32,
    /// Channels.
    pub channels: u8,
    /// AAC: the AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1); empty for G.711.
    pub config: Bytes,
}

/// A run's parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Params {
    /// Of a video run.
    Video(VideoParams),
    /// Of an audio run.
    Audio(AudioParams),
}

/// One access unit of video or one frame of audio.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// Where it comes from.
    pub stream: StreamId,
    /// Video or audio.
    pub kind: MediaKind,
    /// The run it belongs to; a new run means new parameters or a new clock.
    pub run: RunId,
    /// Counts the samples of this kind within the run from 0; a missing number is a loss.
    pub seq: u64,
    /// Presentation time on the run's clock.
    pub pts: Ticks90k,
    /// When its last packet arrived, by the station's clock.
    pub arrived: UtcMicros,
    /// Decoding can start here: IDR, CRA, BLA, or a recovery point with intra slices. Always true for audio.
    pub key: bool,
    /// Packets are known to be missing inside or directly before it; decoders may use it, recordings keep it.
    pub damaged: bool,
    /// The run's parameters.
    pub params: Arc<Params>,
    /// Video: every NAL unit of the access unit in its place (inline parameter sets, SEI, AUD included), each behind
    /// its length as 4 bytes big-endian. Audio: the frame's bytes.
    pub data: Bytes,
}

impl Sample {
    /// The NAL units of a video sample in order, without their lengths. Ends early where a length points past the
    /// end (never the case for samples made by ingest).
    pub fn nal_units(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest: &[u8] = if self.kind == MediaKind::Video { &self.data } else { &[] };
        std::iter::from_fn(move || {
            let (length, tail) = rest.split_first_chunk::<4>()?;
            let nal = tail.get(..u32::from_be_bytes(*length) as usize)?;
            rest = tail.get(nal.len()..)?;
            Some(nal)
        })
    }

    /// Size of the sample's bytes.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        self.data.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CameraId, StreamKind};

    fn sample(data: &'static [u8]) -> Sample {
        Sample {
            stream: StreamId { camera: CameraId::new(), which: StreamKind::Sub },
            kind: MediaKind::Video,
            run: RunId::new(),
            seq: 0,
            pts: Ticks90k(0),
            arrived: UtcMicros(0),
            key: true,
            damaged: false,
            params: Arc::new(Params::Video(VideoParams {
                codec: Codec::H264,
                parameter_sets: vec![],
                width_px: 0,
                height_px: 0,
                declared_fps: None,
            })),
            data: Bytes::from_static(data),
        }
    }

    #[test]
    fn nal_units_come_in_order() {
        let sample = sample(&[0, 0, 0, 2, 9, 16, 0, 0, 0, 1, 101]);
        assert_eq!(sample.nal_units().collect::<Vec<_>>(), [&[9, 16][..], &[101][..]]);
    }

    #[test]
    fn a_length_past_the_end_ends_the_list() {
        assert_eq!(sample(&[0, 0, 0, 9, 1]).nal_units().count(), 0);
        assert_eq!(sample(&[0, 0, 0, 1, 1, 0, 0]).nal_units().count(), 1);
    }
}
