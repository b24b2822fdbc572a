//! What the cameras with a microphone send: made-up street noise as AAC or G.711, or the audio of a given file.

use super::cache::Cache;
use crate::Error;
use bytes::Bytes;
use easien_model::Codec;
use std::io::Write;
use std::process::{Command, Stdio};

/// Counts up whenever the noise is made differently.
const VERSION: u32 = 1;
const AAC_RATE_HZ: u32 = 16_000;
const G711_RATE_HZ: u32 = 8_000;
/// 40 ms per packet.
const G711_PACKET_BYTES: usize = 320;
/// Samples in an AAC frame.
const AAC_SAMPLES: u32 = 1_024;

/// Audio that is played in a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioClip {
    /// [`Codec::Aac`], [`Codec::Pcmu`] or [`Codec::Pcma`].
    pub codec: Codec,
    /// Samples per second.
    pub rate_hz: u32,
    /// Channels.
    pub channels: u8,
    /// AAC: the `AudioSpecificConfig`; empty for G.711.
    pub config: Bytes,
    /// Samples (per channel) in each frame.
    pub samples_per_frame: u32,
    /// One frame per packet.
    pub frames: Vec<Bytes>,
}

impl AudioClip {
    /// AAC-LC frames out of an ADTS stream. None: it is not one.
    #[must_use]
    pub fn from_adts(stream: &Bytes) -> Option<Self> {
        const RATES: [u32; 13] = [
            96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
            7_350,
        ];
        let mut frames = Vec::new();
        let mut form = None;
        let mut at = 0;
        while let Some(header) = stream.get(at..at + 7) {
            if header[0] != 0xff || header[1] & 0xf6 != 0xf0 {
                return None;
            }
            let start = if header[1] & 1 == 1 { 7 } else { 9 };
            let length =
                usize::from(header[3] & 3) << 11 | usize::from(header[4]) << 3 | usize::from(header[5] >> 5);
            let (object, rate) = ((header[2] >> 6) + 1, header[2] >> 2 & 0x0f);
            let channels = (header[2] & 1) << 2 | header[3] >> 6;
            if length <= start || at + length > stream.len() {
                break;
            }
            form.get_or_insert((object, rate, channels));
            frames.push(stream.slice(at + start..at + length));
            at += length;
        }
        let (object, rate, channels) = form?;
        Some(Self {
            codec: Codec::Aac,
            rate_hz: *RATES.get(usize::from(rate))?,
            channels,
            config: Bytes::from(vec![object << 3 | rate >> 1, (rate & 1) << 7 | channels << 3]),
            samples_per_frame: AAC_SAMPLES,
            frames,
        })
    }

    /// G.711 at 8 kHz, one channel, in packets of 40 ms.
    #[must_use]
    pub fn from_g711(codec: Codec, stream: Bytes) -> Self {
        let whole = stream.len() / G711_PACKET_BYTES;
        let frames = (0..whole).map(|n| stream.slice(n * G711_PACKET_BYTES..(n + 1) * G711_PACKET_BYTES));
        Self {
            codec,
            rate_hz: G711_RATE_HZ,
            channels: 1,
            config: Bytes::new(),
            samples_per_frame: 320,
            frames: frames.collect(),
        }
    }

    /// The simulated cameras' noise. Blocks while `ffmpeg` encodes AAC for the first time.
    ///
    /// # Errors
    /// When `ffmpeg` cannot be run or the cache cannot be written.
    pub fn street(codec: Codec, cache: &Cache) -> Result<Self, Error> {
        match codec {
            Codec::Pcma => {
                let samples = noise(G711_RATE_HZ, 10);
                Ok(Self::from_g711(codec, samples.into_iter().map(a_law).collect()))
            }
            Codec::Pcmu => {
                let samples = noise(G711_RATE_HZ, 10);
                Ok(Self::from_g711(codec, samples.into_iter().map(mu_law).collect()))
            }
            _ => {
                let path = cache.get(&format!("v{VERSION}-street.aac"), encode_aac)?;
                let stream =
                    std::fs::read(&path).map_err(|source| Error::File { path: path.clone(), source })?;
                Self::from_adts(&Bytes::from(stream))
                    .ok_or_else(|| Error::Clip { path, what: "not an ADTS stream".into() })
            }
        }
    }
}

fn encode_aac(path: &std::path::Path) -> Result<(), Error> {
    let failed = |source| Error::Program { program: "ffmpeg", source };
    let mut ffmpeg = Command::new("ffmpeg")
        .args("-v error -f s16le -ar 16000 -ac 1 -i pipe:0 -c:a aac -b:a 32k -f adts -y".split(' '))
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = ffmpeg.stdin.take() {
        let bytes: Vec<u8> = noise(AAC_RATE_HZ, 16).into_iter().flat_map(i16::to_le_bytes).collect();
        stdin.write_all(&bytes).map_err(failed)?;
    }
    let status = ffmpeg.wait().map_err(failed)?;
    if status.success() { Ok(()) } else { Err(Error::Failed { program: "ffmpeg", said: status.to_string() }) }
}

/// Traffic in the distance: low-passed noise that swells, and a horn now and then.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
fn noise(rate_hz: u32, seconds: u32) -> Vec<i16> {
    let mut state = 0x2545_f491_u32;
    let mut low = 0.0_f32;
    let total = rate_hz * seconds;
    (0..total)
        .map(|index| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let white = (state >> 8) as f32 / 8_388_608.0 - 1.0;
            low += (white - low) * 0.06;
            let time = index as f32 / rate_hz as f32;
            let swell = 0.5 + 0.4 * (time * std::f32::consts::TAU * 2.0 / seconds as f32).sin();
            let horn = if (3.0..3.35).contains(&time) || (7.1..7.3).contains(&time) {
                (time * 440.0 * std::f32::consts::TAU).sin() * 0.12
                    + (time * 554.0 * std::f32::consts::TAU).sin() * 0.10
            } else {
                0.0
            };
            ((low * 1.6 * swell + horn) * 20_000.0) as i16
        })
        .collect()
}

/// ITU-T G.711 A-law.
fn a_law(sample: i16) -> u8 {
    let (sign, value) = if sample >= 0 { (0x80_u8, i32::from(sample)) } else { (0, -i32::from(sample) - 1) };
    let value = (value >> 3).clamp(0, 0xfff);
    let mut segment = 0_i32;
    while segment < 7 && value > (0x20 << segment) - 1 {
        segment += 1;
    }
    let low = if segment < 2 { value >> 1 & 0x0f } else { value >> segment & 0x0f };
    (sign | u8::try_from(segment << 4 | low).unwrap_or(0x7f)) ^ 0x55
}

/// ITU-T G.711 µ-law.
fn mu_law(sample: i16) -> u8 {
    let (sign, value) = if sample >= 0 { (0_u8, i32::from(sample)) } else { (0x80, -i32::from(sample)) };
    let value = value.min(32_635) + 132;
    let mut segment = 7;
    while segment > 0 && value < 128 << segment {
        segment -= 1;
    }
    let low = value >> (segment + 3) & 0x0f;
    !(sign | u8::try_from(segment << 4 | low).unwrap_or(0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g711_knows_the_values_of_the_standard() {
        assert_eq!([0, 8, 1_000, -1_000, 32_767, -32_768].map(a_law), [0xd5, 0xd5, 0xfa, 0x7a, 0xaa, 0x2a]);
        assert_eq!([0, 1_000, -1_000, 32_767, -32_768].map(mu_law), [0xff, 0xce, 0x4e, 0x80, 0x00]);
    }

    #[test]
    fn adts_is_cut_into_frames() {
        // AAC-LC, 16 kHz, one channel, no CRC, 3 bytes of payload.
        let one = [0xff, 0xf1, 0x60, 0x40, 0x01, 0x5f, 0xfc, 1, 2, 3];
        let clip = AudioClip::from_adts(&Bytes::from([one, one].concat())).unwrap();
        assert_eq!((clip.rate_hz, clip.channels, clip.frames.len()), (16_000, 1, 2));
        assert_eq!(clip.config.as_ref(), [0x14, 0x08]);
        assert_eq!(clip.frames[1].as_ref(), [1, 2, 3]);
        assert_eq!(AudioClip::from_adts(&Bytes::from_static(b"not audio at all")), None);
    }
}
