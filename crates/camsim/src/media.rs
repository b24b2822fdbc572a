//! What a stream sends in a mode: which clips, how put together, as packets and as session description.

use crate::Mode;
use crate::clip::audio::AudioClip;
use crate::clip::cache::Cache;
use crate::clip::encode::Recipe;
use crate::clip::nal::{NalKind, kind};
use crate::clip::{AccessUnit, AccessUnits, Variant, given};
use crate::error::Error;
use crate::rtp::Track;
use crate::rtsp::sdp;
use bytes::Bytes;
use easien_model::{Codec, StreamKind};
use std::path::PathBuf;
use std::sync::Arc;

/// Payload types: the static ones of RFC 3551, or dynamic.
const VIDEO_TYPE: u8 = 96;
const JPEG_TYPE: u8 = 26;
const AAC_TYPE: u8 = 97;

/// Where a stream's pictures come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Drawn.
    Drawn(Recipe),
    /// A given file.
    Given(PathBuf),
}

/// A stream's media, ready to be described and sent.
#[derive(Debug)]
pub struct Media {
    /// The pictures; none in [`Mode::NoVideo`].
    pub video: Option<Track>,
    /// The sound.
    pub audio: Option<Track>,
    clip: AccessUnits,
    told: Vec<Bytes>,
    audio_clip: Option<AudioClip>,
    mode: Mode,
}

impl Media {
    /// Loads and cuts; draws and encodes first where needed. Blocks, for seconds at worst.
    ///
    /// # Errors
    /// When `ffmpeg` cannot be run, or a file is not readable.
    pub fn load(origin: &Origin, audio: Option<Codec>, mode: Mode, cache: &Cache) -> Result<Self, Error> {
        let mut audio_clip = match audio {
            Some(codec) => Some(AudioClip::street(codec, cache)?),
            None => None,
        };
        let clip = match origin {
            Origin::Drawn(recipe) => drawn(recipe, mode, cache)?,
            Origin::Given(path) => {
                let given = given::read(path)?;
                audio_clip = given.audio;
                given.video
            }
        };
        if audio_clip.is_none() && matches!(mode, Mode::NoVideo | Mode::AudioFirst) {
            audio_clip = Some(AudioClip::street(Codec::Pcma, cache)?);
        }
        let told = match mode {
            Mode::InlineParameters => vec![],
            Mode::WrongSdp => other_parameters(clip.codec, cache)?,
            // At first only the first size is known.
            Mode::SizeChange => clip.units.first().map_or_else(Vec::new, |unit| parameters(clip.codec, unit)),
            _ => clip.parameter_sets(),
        };
        let payload_type = if mode == Mode::UnsupportedCodec { JPEG_TYPE } else { VIDEO_TYPE };
        let video = Track::video(&clip, payload_type, mode != Mode::SdpParameters);
        let audio = audio_clip.as_ref().map(|clip| Track::audio(clip, audio_type(clip.codec)));
        let clip = AccessUnits { units: vec![], ..clip };
        Ok(Self { video: (mode != Mode::NoVideo).then_some(video), audio, clip, told, audio_clip, mode })
    }

    /// The session description; `base` is the stream's URL without a slash at its end.
    #[must_use]
    pub fn describe(&self, base: &str, host: &str) -> Vec<u8> {
        let control = |track: &str| {
            if self.mode == Mode::AbsoluteControl { format!("{base}/{track}") } else { track.to_owned() }
        };
        let video = self.video.as_ref().map(|track| sdp::Video {
            codec: (self.mode != Mode::UnsupportedCodec).then_some(self.clip.codec),
            payload_type: track.payload_type,
            parameter_sets: self.told.clone(),
            fps: self.clip.fps,
            control: control("trackID=0"),
        });
        let audio = self.audio_clip.as_ref().zip(self.audio.as_ref()).map(|(clip, track)| sdp::Audio {
            clip,
            payload_type: track.payload_type,
            control: control("trackID=1"),
        });
        sdp::describe(host, video.as_ref(), audio.as_ref(), self.mode == Mode::AudioFirst)
    }
}

fn audio_type(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
        _ => AAC_TYPE,
    }
}

fn parameters(codec: Codec, unit: &AccessUnit) -> Vec<Bytes> {
    let sets = unit.nals.iter().filter(|nal| kind(codec, nal) == NalKind::Parameters);
    sets.map(|set| Bytes::copy_from_slice(set)).collect()
}

/// Parameter sets of a picture of another size.
fn other_parameters(codec: Codec, cache: &Cache) -> Result<Vec<Bytes>, Error> {
    let other = Recipe { camera: 1, which: StreamKind::Sub, codec, variant: Variant::Smaller, small: true };
    Ok(other.load(cache)?.parameter_sets())
}

fn drawn(recipe: &Recipe, mode: Mode, cache: &Cache) -> Result<AccessUnits, Error> {
    let variant = |variant| Recipe { variant, ..*recipe }.load(cache);
    match mode {
        Mode::Gop10 => variant(Variant::Gop10),
        Mode::Gop20 => variant(Variant::Gop20),
        Mode::BFrames => variant(Variant::BFrames),
        Mode::RecoveryPoint => variant(Variant::RecoveryPoint),
        Mode::SizeChange => Ok(one_after_the_other(variant(Variant::Usual)?, variant(Variant::Smaller)?)),
        Mode::SeveralParameterSets => {
            let usual = Recipe { codec: Codec::H264, ..*recipe }.load(cache)?;
            Ok(in_turn(usual, variant(Variant::OtherIds)?))
        }
        _ => variant(Variant::Usual),
    }
}

/// One clip, then the other, as one loop.
fn one_after_the_other(mut first: AccessUnits, second: AccessUnits) -> AccessUnits {
    let shift = first.loop_90k;
    first.units.extend(second.units.into_iter().map(|unit| AccessUnit {
        pts_90k: unit.pts_90k + shift,
        due_90k: unit.due_90k + shift,
        ..unit
    }));
    first.loop_90k += second.loop_90k;
    first
}

/// GOPs of two clips of the same scene in turn; all parameter sets of both before each key frame. Closed GOPs at the
/// same places, so decoding never needs the other clip's pictures.
fn in_turn(first: AccessUnits, second: AccessUnits) -> AccessUnits {
    let sets: Vec<Bytes> = first.parameter_sets().into_iter().chain(second.parameter_sets()).collect();
    let codec = first.codec;
    let mut gop = 0;
    let units = first.units.into_iter().zip(second.units).map(|(a, b)| {
        if a.key {
            gop += 1;
        }
        let mut unit = if gop % 2 == 1 { a } else { b };
        if unit.key {
            unit.nals.retain(|nal| kind(codec, nal) != NalKind::Parameters);
            unit.nals.splice(0..0, sets.iter().cloned());
        }
        unit
    });
    AccessUnits { units: units.collect(), ..first }
}

/// Media that several clients share while any of them plays it.
pub type SharedMedia = Arc<Media>;
