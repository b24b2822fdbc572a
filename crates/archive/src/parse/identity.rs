//! The identity of a segment as it is read from a file.

use easien_model::{CameraId, Codec, RunId, SegmentId, StreamId, StreamKind, UtcMicros, VolumeId};
use serde::Deserialize;
use uuid::Uuid;

/// Type of the box.
pub const IDENTITY: [u8; 16] = uuid::uuid!("45617369-656e-4964-8e74-697479000001").into_bytes();

/// Whose a segment is, from its file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Identity {
    /// Version of the format: 1.
    #[serde(rename = "v")]
    pub version: u32,
    /// The segment's id.
    pub segment: SegmentId,
    /// The station that recorded it.
    pub station: Uuid,
    /// The volume that it was written to.
    pub volume: VolumeId,
    /// The camera.
    pub camera: CameraId,
    /// The camera's code then.
    pub code: String,
    /// The camera's name then.
    pub name: String,
    /// Which of its streams.
    #[serde(rename = "stream")]
    pub which: StreamKind,
    /// The run that it is a part of.
    pub run: RunId,
    /// UTC of the first picture, in microseconds.
    pub start_us: i64,
    /// The first picture's pts on the run's clock, in ticks of 1/90000 s.
    #[serde(rename = "rtp_start")]
    pub rtp_start_90k: i64,
    /// The camera's clock minus the station's then, in microseconds, if known.
    #[serde(default)]
    pub clock_offset_us: Option<i64>,
    /// How far the labels are ahead of the station's clock, in microseconds.
    #[serde(default)]
    pub shift_us: i64,
    /// Video codec.
    pub codec: Codec,
    /// Width in pixels; 0: not known.
    #[serde(default)]
    pub width: u32,
    /// Height in pixels; 0: not known.
    #[serde(default)]
    pub height: u32,
    /// Audio codec, if there is audio.
    #[serde(default)]
    pub audio: Option<Codec>,
}

impl Identity {
    /// Reads the body of an identity box. What newer versions add is not minded; another version than 1 is.
    ///
    /// # Errors
    /// It is no identity.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let identity: Self = serde_json::from_slice(body)?;
        if identity.version != 1 {
            return Err(serde::de::Error::custom(format!("version {} is not known", identity.version)));
        }
        if !matches!(identity.codec, Codec::H264 | Codec::H265) {
            return Err(serde::de::Error::custom("the video codec is none"));
        }
        Ok(identity)
    }

    /// Whose it is.
    #[must_use]
    pub fn stream(&self) -> StreamId {
        StreamId { camera: self.camera, which: self.which }
    }

    /// UTC of the first picture.
    #[must_use]
    pub fn start(&self) -> UtcMicros {
        UtcMicros(self.start_us)
    }
}

impl From<Identity> for crate::identity::Identity {
    fn from(read: Identity) -> Self {
        Self {
            v: read.version,
            segment: read.segment,
            station: read.station,
            volume: read.volume,
            camera: read.camera,
            code: read.code,
            name: read.name,
            stream: read.which,
            run: read.run,
            start_us: read.start_us,
            rtp_start: read.rtp_start_90k,
            clock_offset_us: read.clock_offset_us,
            shift_us: read.shift_us,
            codec: read.codec,
            width: read.width,
            height: read.height,
            audio: read.audio,
        }
    }
}
