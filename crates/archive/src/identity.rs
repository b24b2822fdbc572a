//! Who a segment and a volume are, as their own files say it: the JSON in a segment's identity box and the file
//! `easien-volume.json` in a volume's root. How the boxes look is docs/reference/segment.md.

use crate::error::ArchiveError;
use crate::index::{SegmentRow, SegmentState};
use easien_model::{CameraId, Codec, RunId, SegmentId, StreamId, StreamKind, UtcMicros, VolumeId};
use serde::{Deserialize, Serialize};
use std::path::Path;
use uuid::Uuid;

/// User type of the box that holds a segment's [`Identity`].
pub const IDENTITY_BOX: Uuid = Uuid::from_u128(0x4561_7369_656e_4964_8e74_6974_7900_0001);

/// User type of a seal.
pub const SEAL_BOX: Uuid = Uuid::from_u128(0x4561_7369_656e_5365_616c_0000_0000_0001);

/// Size of a seal, its box head included.
pub const SEAL_BYTES: usize = 84;

/// Version of the format that is written.
pub const FORMAT_VERSION: u32 = 1;

/// Longest identity that is read.
pub const MOST_IDENTITY_BYTES: usize = 64 * 1024;

/// Name of the file by which a volume is known.
pub const VOLUME_FILE: &str = "easien-volume.json";

/// Who a segment is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// [`FORMAT_VERSION`].
    pub v: u32,
    /// The segment.
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
    pub stream: StreamKind,
    /// The run that it is a part of.
    pub run: RunId,
    /// UTC of the first picture.
    pub start_us: i64,
    /// What decode time 0 of the video track is on the run's clock, in ticks of 1/90000 s: the least pts of the first
    /// fragment.
    pub rtp_start: i64,
    /// The camera's clock minus the station's then, in microseconds, if known.
    pub clock_offset_us: Option<i64>,
    /// How far the labels are ahead of the station's clock, in microseconds.
    #[serde(default)]
    pub shift_us: i64,
    /// Video codec.
    pub codec: Codec,
    /// Width in pixels; 0: not known.
    pub width: u32,
    /// Height in pixels; 0: not known.
    pub height: u32,
    /// Audio codec, if there is an audio track.
    pub audio: Option<Codec>,
}

impl Identity {
    /// The stream that it is of.
    #[must_use]
    pub fn stream_id(&self) -> StreamId {
        StreamId { camera: self.camera, which: self.stream }
    }

    /// The row of an open segment at `path` (relative to the volume's root, with `/`).
    #[must_use]
    pub fn row(&self, path: String) -> SegmentRow {
        SegmentRow {
            id: self.segment,
            stream: self.stream_id(),
            volume: self.volume,
            path,
            run: self.run,
            start: UtcMicros(self.start_us),
            rtp_start_90k: self.rtp_start,
            clock_offset_us: self.clock_offset_us,
            shift_us: self.shift_us,
            codec: self.codec,
            width_px: self.width,
            height_px: self.height,
            audio: self.audio,
            end: None,
            state: SegmentState::Open,
        }
    }

    /// The payload of the identity box, behind the user type: UTF-8 JSON.
    ///
    /// # Errors
    /// Never for identities made by this program.
    pub fn to_payload(&self) -> Result<Vec<u8>, ArchiveError> {
        serde_json::to_vec(self).map_err(|error| ArchiveError::Identity(error.to_string()))
    }

    /// Reads the payload of an identity box, behind the user type.
    ///
    /// # Errors
    /// [`ArchiveError::Identity`]: it is no identity, or of a version that this program does not know.
    pub fn from_payload(payload: &[u8]) -> Result<Self, ArchiveError> {
        if payload.len() > MOST_IDENTITY_BYTES {
            return Err(ArchiveError::Identity("too long".into()));
        }
        let identity: Self =
            serde_json::from_slice(payload).map_err(|error| ArchiveError::Identity(error.to_string()))?;
        if identity.v != FORMAT_VERSION {
            return Err(ArchiveError::Identity(format!("version {} is not known", identity.v)));
        }
        Ok(identity)
    }
}

/// Who a volume is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeIdentity {
    /// [`FORMAT_VERSION`].
    pub v: u32,
    /// The volume.
    pub volume: VolumeId,
    /// The station that made it.
    pub station: Uuid,
    /// When, in UTC microseconds.
    pub created_us: i64,
}

impl VolumeIdentity {
    /// Reads the identity of the volume whose root is `root`; `None` when there is none.
    ///
    /// # Errors
    /// It cannot be read, or is no identity.
    pub fn read(root: &Path) -> Result<Option<Self>, ArchiveError> {
        let path = root.join(VOLUME_FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ArchiveError::io("read", &path, error)),
        };
        let identity: Self =
            serde_json::from_slice(&bytes).map_err(|error| ArchiveError::Identity(error.to_string()))?;
        if identity.v != FORMAT_VERSION {
            return Err(ArchiveError::Identity(format!("version {} is not known", identity.v)));
        }
        Ok(Some(identity))
    }

    /// Makes `root` a volume: writes the file and syncs it and its folder. Refuses where one is already.
    ///
    /// # Errors
    /// It cannot be written, or is there.
    pub fn create(&self, root: &Path) -> Result<(), ArchiveError> {
        use std::io::Write;
        let path = root.join(VOLUME_FILE);
        let text = serde_json::to_vec(self).map_err(|error| ArchiveError::Identity(error.to_string()))?;
        let unfinished = root.join(format!("{VOLUME_FILE}.new"));
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&unfinished)?;
            file.write_all(&text)?;
            file.sync_all()?;
            // hard_link refuses an existing name, unlike rename.
            match std::fs::hard_link(&unfinished, &path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(error),
                // File systems without hard links (FAT, some network shares).
                Err(_) if !path.exists() => std::fs::rename(&unfinished, &path)?,
                Err(error) => return Err(error),
                Ok(()) => std::fs::remove_file(&unfinished)?,
            }
            std::fs::File::open(root)?.sync_all()
        };
        write().map_err(|error| ArchiveError::io("write", &path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_survives_its_payload() {
        let identity = Identity {
            v: 1,
            segment: SegmentId::new(),
            station: Uuid::now_v7(),
            volume: VolumeId::new(),
            camera: CameraId::new(),
            code: "C017".into(),
            name: "Cổng chợ".into(),
            stream: StreamKind::Sub,
            run: RunId::new(),
            start_us: 1_763_870_400_000_000,
            rtp_start: -5,
            clock_offset_us: Some(-12),
            shift_us: 0,
            codec: Codec::H264,
            width: 640,
            height: 360,
            audio: Some(Codec::Aac),
        };
        let payload = identity.to_payload().unwrap();
        assert_eq!(Identity::from_payload(&payload).unwrap(), identity);
        assert!(Identity::from_payload(b"{}").is_err());
    }

    #[test]
    fn a_volume_is_made_once() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(VolumeIdentity::read(root.path()).unwrap(), None);
        let identity =
            VolumeIdentity { v: 1, volume: VolumeId::new(), station: Uuid::now_v7(), created_us: 7 };
        identity.create(root.path()).unwrap();
        assert_eq!(VolumeIdentity::read(root.path()).unwrap(), Some(identity.clone()));
        assert!(identity.create(root.path()).is_err());
    }
}
