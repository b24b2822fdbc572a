//! The head of a segment: `ftyp`, the identity, `moov` with its tracks.

use super::{BoxWriter, entry};
use crate::identity::IDENTITY_BOX;
use easien_model::{AudioParams, Codec, VideoParams};

/// Ticks a second of the video track.
pub const VIDEO_TIMESCALE: u32 = 90_000;

/// The track of video.
pub const VIDEO_TRACK: u32 = 1;

/// The track of audio.
pub const AUDIO_TRACK: u32 = 2;

/// Everything before the first fragment. `identity` is the payload of the identity box.
#[must_use]
pub fn head(identity: &[u8], video: &VideoParams, audio: Option<&AudioParams>) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.boxed(b"ftyp", |w| {
        w.bytes(b"iso6");
        w.u32(0);
        w.bytes(b"iso6mp41");
        w.bytes(if video.codec == Codec::H265 { b"hvc1" } else { b"avc1" });
    });
    w.boxed(b"uuid", |w| {
        w.bytes(IDENTITY_BOX.as_bytes());
        w.bytes(identity);
    });
    w.boxed(b"moov", |w| {
        w.full(b"mvhd", 0, 0, |w| {
            w.zeros(8);
            w.u32(1000);
            w.u32(0);
            w.u32(0x0001_0000);
            w.u16(0x0100);
            w.zeros(10);
            matrix(w);
            w.zeros(24);
            w.u32(AUDIO_TRACK + 1);
        });
        track(w, VIDEO_TRACK, VIDEO_TIMESCALE, Some(video), |w| entry::video(w, video));
        if let Some(audio) = audio {
            track(w, AUDIO_TRACK, audio.rate_hz.max(1), None, |w| entry::audio(w, audio));
        }
        w.boxed(b"mvex", |w| {
            trex(w, VIDEO_TRACK);
            if audio.is_some() {
                trex(w, AUDIO_TRACK);
            }
        });
    });
    w.into_bytes()
}

fn matrix(w: &mut BoxWriter) {
    for value in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] {
        w.u32(value);
    }
}

fn trex(w: &mut BoxWriter, track: u32) {
    w.full(b"trex", 0, 0, |w| {
        w.u32(track);
        w.u32(1);
        w.zeros(12);
    });
}

fn track(
    w: &mut BoxWriter,
    id: u32,
    timescale: u32,
    video: Option<&VideoParams>,
    entry: impl FnOnce(&mut BoxWriter),
) {
    w.boxed(b"trak", |w| {
        w.full(b"tkhd", 0, 3, |w| {
            w.zeros(8);
            w.u32(id);
            w.zeros(4 + 4 + 8 + 4);
            w.u16(if video.is_some() { 0 } else { 0x0100 });
            w.u16(0);
            matrix(w);
            let (width, height) = video.map_or((0, 0), |video| (video.width_px, video.height_px));
            w.u32(u32::from(entry::side(width)) << 16);
            w.u32(u32::from(entry::side(height)) << 16);
        });
        w.boxed(b"mdia", |w| {
            w.full(b"mdhd", 0, 0, |w| {
                w.zeros(8);
                w.u32(timescale);
                w.u32(0);
                w.u16(0x55c4);
                w.u16(0);
            });
            w.full(b"hdlr", 0, 0, |w| {
                w.u32(0);
                w.bytes(if video.is_some() { b"vide" } else { b"soun" });
                w.zeros(12);
                w.bytes(if video.is_some() { b"video\0" } else { b"audio\0" });
            });
            w.boxed(b"minf", |w| {
                if video.is_some() {
                    w.full(b"vmhd", 0, 1, |w| w.zeros(8));
                } else {
                    w.full(b"smhd", 0, 0, |w| w.zeros(4));
                }
                w.boxed(b"dinf", |w| {
                    w.full(b"dref", 0, 0, |w| {
                        w.u32(1);
                        w.full(b"url ", 0, 1, |_| {});
                    });
                });
                w.boxed(b"stbl", |w| {
                    w.full(b"stsd", 0, 0, |w| {
                        w.u32(1);
                        entry(w);
                    });
                    w.full(b"stts", 0, 0, |w| w.u32(0));
                    w.full(b"stsc", 0, 0, |w| w.u32(0));
                    w.full(b"stsz", 0, 0, |w| w.zeros(8));
                    w.full(b"stco", 0, 0, |w| w.u32(0));
                });
            });
        });
    });
}
