//! Frames to samples: AAC-LC by a decoder in safe Rust, G.711 by its formula. Sizes are bounded; a frame that is not one
//! is left out.

use super::g711;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use easien_link::data::AudioSamples;
use easien_model::Codec;
use std::panic::{AssertUnwindSafe, catch_unwind};
use symphonia_codec_aac::AacDecoder;
use symphonia_core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia_core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia_core::packet::PacketRef;
use symphonia_core::units::{Duration, Timestamp};

/// A frame that is larger is none.
const FRAME_MOST_BYTES: usize = 16 << 10;
/// Frames of one event.
const FRAMES_MOST: usize = 16;
const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=96_000;

/// Why sound cannot be decoded here.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A rate or a number of channels that no camera has.
    #[error("{rate_hz} Hz, {channels} channels")]
    Form {
        /// Samples per second.
        rate_hz: u32,
        /// Channels.
        channels: u8,
    },
    /// AAC of a kind other than LC, or a description that is none.
    #[error("AAC: {0}")]
    Aac(String),
    /// Not a codec of sound.
    #[error("{0:?} is no sound")]
    Codec(Codec),
}

enum Way {
    Aac(Box<AacDecoder>),
    G711(fn(u8) -> f32),
}

/// Decodes one camera's sound as long as its coding stays the same.
pub struct Decoder {
    codec: Codec,
    described_rate_hz: u32,
    channels: u8,
    config: String,
    rate_hz: u32,
    way: Way,
}

impl Decoder {
    /// For frames that are coded like these.
    ///
    /// # Errors
    /// It cannot be decoded here.
    pub fn new(samples: &AudioSamples) -> Result<Self, DecodeError> {
        let (rate_hz, channels) = (samples.rate_hz, samples.channels);
        if !RATES_HZ.contains(&rate_hz) || !(1..=2).contains(&channels) {
            return Err(DecodeError::Form { rate_hz, channels });
        }
        let (way, rate_hz) = match samples.codec {
            Codec::Pcma => (Way::G711(g711::a_law), rate_hz),
            Codec::Pcmu => (Way::G711(g711::mu_law), rate_hz),
            Codec::Aac => {
                let decoder = aac(&samples.config)?;
                let rate_hz = decoder.codec_params().sample_rate.unwrap_or(rate_hz);
                if !RATES_HZ.contains(&rate_hz) {
                    return Err(DecodeError::Form { rate_hz, channels });
                }
                (Way::Aac(Box::new(decoder)), rate_hz)
            }
            other => return Err(DecodeError::Codec(other)),
        };
        Ok(Self {
            codec: samples.codec,
            described_rate_hz: samples.rate_hz,
            channels,
            config: samples.config.clone(),
            rate_hz,
            way,
        })
    }

    /// Whether these frames are coded like those that it was made for.
    #[must_use]
    pub fn fits(&self, samples: &AudioSamples) -> bool {
        self.codec == samples.codec
            && self.described_rate_hz == samples.rate_hz
            && self.channels == samples.channels
            && self.config == samples.config
    }

    /// Samples per second of what [`Decoder::decode`] answers.
    #[must_use]
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// One channel of samples, -1..1; of several channels their mean.
    pub fn decode(&mut self, frames: &[String]) -> Vec<f32> {
        let mut mono = Vec::new();
        for frame in frames.iter().take(FRAMES_MOST) {
            if frame.len() > FRAME_MOST_BYTES * 4 / 3 + 4 {
                continue;
            }
            let Ok(bytes) = STANDARD.decode(frame) else { continue };
            match &mut self.way {
                Way::G711(law) => {
                    let samples: Vec<f32> = bytes.iter().map(|byte| law(*byte)).collect();
                    mix(&samples, usize::from(self.channels), &mut mono);
                }
                Way::Aac(decoder) => {
                    // What a decoder read of a frame before it noticed that it is none is nothing to go on from.
                    if !decode_aac(decoder, &bytes, &mut mono)
                        && let Ok(fresh) = aac(&self.config)
                    {
                        **decoder = fresh;
                    }
                }
            }
        }
        mono
    }
}

fn aac(config: &str) -> Result<AacDecoder, DecodeError> {
    let config = STANDARD.decode(config).map_err(|error| DecodeError::Aac(error.to_string()))?;
    let mut params = AudioCodecParameters::new();
    params.for_codec(CODEC_ID_AAC).with_extra_data(config.into_boxed_slice());
    // It is checked and tested by its makers, but what comes here was written by strangers.
    catch_unwind(|| AacDecoder::try_new(&params, &AudioDecoderOptions::default()))
        .map_err(|_| DecodeError::Aac("the description is none".to_owned()))?
        .map_err(|error| DecodeError::Aac(error.to_string()))
}

/// False: it was no frame.
fn decode_aac(decoder: &mut AacDecoder, bytes: &[u8], mono: &mut Vec<f32>) -> bool {
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, bytes);
        let mut samples: Vec<f32> = Vec::new();
        decoder.decode_ref(&packet).map(|buffer| {
            buffer.copy_to_vec_interleaved(&mut samples);
            (samples, buffer.num_planes())
        })
    }));
    match decoded {
        Ok(Ok((samples, channels))) => {
            mix(&samples, channels, mono);
            return true;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a frame of sound that is none"),
        Err(_) => tracing::warn!("a frame of sound was too much for its decoder"),
    }
    false
}

fn mix(samples: &[f32], channels: usize, mono: &mut Vec<f32>) {
    let channels = channels.max(1);
    let mean = |frame: &[f32]| frame.iter().sum::<f32>() / channels as f32;
    mono.extend(
        samples
            .chunks_exact(channels)
            .map(mean)
            .map(|level| if level.is_finite() { level.clamp(-1.0, 1.0) } else { 0.0 }),
    );
}
