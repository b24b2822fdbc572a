//! Fragments, seals, and the index at the end of a segment.

use super::BoxWriter;
use super::head::{AUDIO_TRACK, VIDEO_TRACK};
use crate::identity::{SEAL_BOX, SEAL_BYTES};
use easien_model::UtcMicros;

/// A sample as `trun` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleMeta {
    /// Ticks to the next sample's decode time.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// Presentation time less decode time, in ticks.
    pub offset: i32,
    /// Decoding can start here.
    pub key: bool,
    /// Parts of it are missing.
    pub damaged: bool,
}

/// What a fragment's `moof` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// From 1.
    pub number: u32,
    /// Decode time of the first video sample, in ticks of 1/90000 s from the segment's begin.
    pub video_time: u64,
    /// Video samples in decoding order.
    pub video: Vec<SampleMeta>,
    /// Decode time of the first audio sample, in the audio's ticks from the segment's begin.
    pub audio_time: u64,
    /// Audio samples.
    pub audio: Vec<SampleMeta>,
}

impl Fragment {
    /// Bytes of all samples.
    #[must_use]
    pub fn data_bytes(&self) -> u64 {
        self.video.iter().chain(&self.audio).map(|sample| u64::from(sample.size)).sum()
    }
}

fn flags(sample: &SampleMeta) -> u32 {
    let depends = if sample.key { 2 << 24 } else { 1 << 24 };
    let non_sync = if sample.key { 0 } else { 1 << 16 };
    depends | non_sync | u32::from(sample.damaged)
}

/// `moof` and the head of its `mdat`; the samples' bytes follow, video first.
#[must_use]
pub fn moof(fragment: &Fragment) -> Vec<u8> {
    let mut w = BoxWriter::new();
    let mut places: Vec<(usize, u64)> = Vec::with_capacity(2);
    let video_bytes: u64 = fragment.video.iter().map(|sample| u64::from(sample.size)).sum();
    w.boxed(b"moof", |w| {
        w.full(b"mfhd", 0, 0, |w| w.u32(fragment.number));
        if !fragment.video.is_empty() {
            let reordered = fragment.video.iter().any(|sample| sample.offset != 0);
            w.boxed(b"traf", |w| {
                w.full(b"tfhd", 0, 0x02_0000, |w| w.u32(VIDEO_TRACK));
                w.full(b"tfdt", 1, 0, |w| w.u64(fragment.video_time));
                w.full(b"trun", 1, if reordered { 0xf01 } else { 0x701 }, |w| {
                    w.u32(u32::try_from(fragment.video.len()).unwrap_or(u32::MAX));
                    places.push((w.position(), 0));
                    w.u32(0);
                    for sample in &fragment.video {
                        w.u32(sample.duration);
                        w.u32(sample.size);
                        w.u32(flags(sample));
                        if reordered {
                            w.bytes(&sample.offset.to_be_bytes());
                        }
                    }
                });
            });
        }
        if !fragment.audio.is_empty() {
            w.boxed(b"traf", |w| {
                w.full(b"tfhd", 0, 0x02_0000, |w| w.u32(AUDIO_TRACK));
                w.full(b"tfdt", 1, 0, |w| w.u64(fragment.audio_time));
                let damaged = fragment.audio.iter().any(|sample| sample.damaged);
                w.full(b"trun", 1, if damaged { 0x701 } else { 0x301 }, |w| {
                    w.u32(u32::try_from(fragment.audio.len()).unwrap_or(u32::MAX));
                    places.push((w.position(), video_bytes));
                    w.u32(0);
                    for sample in &fragment.audio {
                        w.u32(sample.duration);
                        w.u32(sample.size);
                        if damaged {
                            w.u32(flags(sample));
                        }
                    }
                });
            });
        }
    });
    let moof_bytes = w.position() as u64;
    let data_bytes = fragment.data_bytes();
    if let Ok(size) = u32::try_from(data_bytes + 8) {
        w.u32(size);
        w.bytes(b"mdat");
    } else {
        w.u32(1);
        w.bytes(b"mdat");
        w.u64(data_bytes + 16);
    }
    let data_at = w.position() as u64;
    debug_assert!(data_at >= moof_bytes + 8);
    for (place, before) in places {
        w.patch_u32(place, u32::try_from(data_at + before).unwrap_or(u32::MAX));
    }
    w.into_bytes()
}

/// What stands behind a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The fragment's number, from 1.
    pub number: u32,
    /// UTC of its first decode time.
    pub start: UtcMicros,
    /// UTC of its end.
    pub end: UtcMicros,
    /// It begins with a key frame.
    pub key: bool,
    /// Video samples in it.
    pub frames: u32,
    /// SHA-256 of every byte of the file before these.
    pub sha256: [u8; 32],
}

impl Seal {
    /// The whole box.
    #[must_use]
    pub fn to_box(&self) -> [u8; SEAL_BYTES] {
        let mut out = [0; SEAL_BYTES];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            if let Some(place) = out.get_mut(at..at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
            at += bytes.len();
        };
        put(&84u32.to_be_bytes());
        put(b"uuid");
        put(SEAL_BOX.as_bytes());
        put(&self.number.to_be_bytes());
        put(&self.start.0.to_be_bytes());
        put(&self.end.0.to_be_bytes());
        put(&u32::from(self.key).to_be_bytes());
        put(&self.frames.to_be_bytes());
        put(&self.sha256);
        out
    }
}

/// The index at the end of a segment: (decode time, offset of `moof`) of each fragment that begins with a key frame.
#[must_use]
pub fn mfra(entries: &[(u64, u64)]) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.boxed(b"mfra", |w| {
        w.full(b"tfra", 1, 0, |w| {
            w.u32(VIDEO_TRACK);
            w.u32(0);
            w.u32(u32::try_from(entries.len()).unwrap_or(u32::MAX));
            for (time, offset) in entries {
                w.u64(*time);
                w.u64(*offset);
                w.bytes(&[1, 1, 1]);
            }
        });
        let whole = u32::try_from(w.position() + 16).unwrap_or(u32::MAX);
        w.full(b"mfro", 0, 0, |w| w.u32(whole));
    });
    w.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_84_bytes_and_an_index_says_its_size() {
        let seal = Seal {
            number: 7,
            start: UtcMicros(1),
            end: UtcMicros(2),
            key: true,
            frames: 15,
            sha256: [9; 32],
        };
        let bytes = seal.to_box();
        assert_eq!(bytes[24..28], [0, 0, 0, 7]);
        assert_eq!(bytes[52..], [9; 32]);
        let index = mfra(&[(0, 700), (90_000, 9000)]);
        let size = u32::try_from(index.len()).unwrap().to_be_bytes();
        assert_eq!(index[..4], size);
        assert_eq!(index[index.len() - 4..], size);
    }

    #[test]
    fn offsets_point_behind_the_head_of_mdat() {
        let sample = SampleMeta { duration: 6000, size: 10, offset: 0, key: true, damaged: false };
        let fragment =
            Fragment { number: 1, video_time: 0, video: vec![sample; 2], audio_time: 0, audio: vec![sample] };
        let bytes = moof(&fragment);
        let end = u32::try_from(bytes.len()).unwrap();
        let has = |value: u32| bytes.windows(4).any(|window| window == value.to_be_bytes());
        assert!(has(end) && has(end + 20));
        assert_eq!(bytes[bytes.len() - 8..], [0, 0, 0, 38, b'm', b'd', b'a', b't']);
    }
}
