//! What camsim's cameras send is heard as it was made: the right frequency, the right level, from the right camera.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use easien_model::Codec;
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::channel;

const TONE_HZ: f32 = 1000.0;
const LEVEL: f32 = 0.5;

/// A tone of 1 kHz as a camera would send it.
fn tone(codec: Codec, camera: CameraId) -> AudioSamples {
    let (rate, name, form) = match codec {
        Codec::Aac => (16_000, "aac", "adts"),
        Codec::Pcma => (8_000, "pcm_alaw", "alaw"),
        _ => (8_000, "pcm_mulaw", "mulaw"),
    };
    let source = format!("aevalsrc={LEVEL}*sin(2*PI*{TONE_HZ}*t):s={rate}:d=2");
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &source, "-c:a", name, "-f", form, "pipe:1"])
        .output()
        .expect("ffmpeg");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let (config, frames) = if codec == Codec::Aac {
        (STANDARD.encode([0x14, 0x08]), adts_frames(&out.stdout))
    } else {
        (String::new(), out.stdout.chunks(320).map(|frame| STANDARD.encode(frame)).collect())
    };
    AudioSamples { camera, codec, rate_hz: rate, channels: 1, config, frames }
}

fn adts_frames(mut stream: &[u8]) -> Vec<String> {
    let mut frames = Vec::new();
    while stream.len() > 7 {
        let length =
            usize::from(stream[3] & 3) << 11 | usize::from(stream[4]) << 3 | usize::from(stream[5] >> 5);
        frames.push(STANDARD.encode(&stream[7..length]));
        stream = &stream[length..];
    }
    frames
}

/// Frequency (from the crossings of zero) and peak of the middle of some sound.
fn measure(samples: &[f32], rate_hz: u32) -> (f32, f32) {
    let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
    let crossings = middle.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    let peak = middle.iter().fold(0.0_f32, |most, level| most.max(level.abs()));
    (crossings as f32 * rate_hz as f32 / middle.len() as f32, peak)
}

fn in_pieces(samples: &AudioSamples) -> impl Iterator<Item = AudioSamples> + '_ {
    samples.frames.chunks(4).map(|frames| AudioSamples { frames: frames.to_vec(), ..samples.clone() })
}

#[test]
fn a_tone_is_the_same_tone_after_decoding() {
    for codec in [Codec::Aac, Codec::Pcma, Codec::Pcmu] {
        let sent = tone(codec, CameraId::new());
        let mut decoder = Decoder::new(&sent).expect("decodable");
        let heard: Vec<f32> = in_pieces(&sent).flat_map(|piece| decoder.decode(&piece.frames)).collect();
        let (hz, peak) = measure(&heard, decoder.rate_hz());
        assert!((hz - TONE_HZ).abs() < 5.0, "{codec:?}: {hz} Hz");
        assert!((peak - LEVEL).abs() < 0.05, "{codec:?}: level {peak}");
        // And at the rate of a usual sound card.
        let mut resampler = Resampler::new(decoder.rate_hz(), 48_000);
        let (hz, peak) = measure(&resampler.convert(&heard), 48_000);
        assert!((hz - TONE_HZ).abs() < 5.0, "{codec:?} at 48 kHz: {hz} Hz");
        assert!((peak - LEVEL).abs() < 0.06, "{codec:?} at 48 kHz: level {peak}");
    }
}

#[test]
fn nonsense_is_silence() {
    let camera = CameraId::new();
    let usual = tone(Codec::Pcma, camera);
    for bad in [
        AudioSamples { rate_hz: 0, ..usual.clone() },
        AudioSamples { rate_hz: 4_000_000_000, ..usual.clone() },
        AudioSamples { channels: 0, ..usual.clone() },
        AudioSamples { channels: 255, ..usual.clone() },
        AudioSamples { codec: Codec::H264, ..usual.clone() },
        AudioSamples { codec: Codec::Aac, config: String::new(), ..usual.clone() },
        AudioSamples { codec: Codec::Aac, config: "!".into(), ..usual.clone() },
        AudioSamples { codec: Codec::Aac, config: STANDARD.encode([0xff; 64]), ..usual.clone() },
    ] {
        assert!(Decoder::new(&bad).is_err(), "{bad:?}");
    }
    let aac = tone(Codec::Aac, camera);
    let mut decoder = Decoder::new(&aac).expect("decodable");
    let mut random = 1_u64;
    let mut noise = |length: usize| -> Vec<u8> {
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random as u8
        };
        (0..length).map(|_| next()).collect()
    };
    for round in 0..300 {
        decoder.decode(&[STANDARD.encode(noise(round)), "not base64".into(), "A".repeat(1 << 20)]);
    }
    // A stream that goes on after rubbish is heard again.
    let after: Vec<f32> = in_pieces(&aac).flat_map(|piece| decoder.decode(&piece.frames)).collect();
    let (hz, _) = measure(&after, decoder.rate_hz());
    assert!((hz - TONE_HZ).abs() < 5.0, "{hz} Hz");
    assert!(after.iter().all(|level| (-1.0..=1.0).contains(level)));
}

#[derive(Clone, Default)]
struct Tape {
    heard: Arc<Mutex<Vec<Vec<f32>>>>,
    broken: Arc<Mutex<bool>>,
}

struct Side {
    tape: Tape,
    n: usize,
}

impl Speaker for Tape {
    fn open(&self) -> Result<Box<dyn Output>, String> {
        if *self.broken.lock().expect("lock") {
            return Err("no card".to_owned());
        }
        let mut heard = self.heard.lock().expect("lock");
        heard.push(Vec::new());
        Ok(Box::new(Side { tape: self.clone(), n: heard.len() - 1 }))
    }
}

impl Output for Side {
    fn rate_hz(&self) -> u32 {
        48_000
    }
    fn push(&mut self, mono: &[f32]) {
        self.tape.heard.lock().expect("lock")[self.n].extend(mono);
    }
    fn is_alive(&self) -> bool {
        true
    }
}

#[test]
fn only_the_camera_that_is_listened_to_is_heard() {
    let (first, second) = (CameraId::new(), CameraId::new());
    let tape = Tape::default();
    let (told, tells) = channel();
    let audio = Audio::start(
        Box::new(tape.clone()),
        Arc::new(move |now| {
            let _ = told.send(now);
        }),
    )
    .expect("thread");
    let next = || tells.recv_timeout(Duration::from_secs(10)).expect("told");
    let slowly = |samples: &AudioSamples| {
        for piece in in_pieces(samples).take(12) {
            audio.samples(piece);
            // The thread keeps up: nothing is dropped here.
            std::thread::sleep(Duration::from_millis(3));
        }
    };
    slowly(&tone(Codec::Pcma, first));
    audio.listen(Some(first));
    assert_eq!(next(), AudioNow { camera: Some(first), state: Heard::Waiting });
    slowly(&tone(Codec::Pcmu, second));
    slowly(&tone(Codec::Pcma, first));
    assert_eq!(next(), AudioNow { camera: Some(first), state: Heard::Playing });
    audio.silent(AudioSilent { camera: second, why: AudioSilence::NoAudio });
    audio.silent(AudioSilent { camera: first, why: AudioSilence::Lost });
    assert_eq!(next().state, Heard::Lost);
    // The focus goes on: the other's sound, and nothing of the first any more.
    audio.listen(Some(second));
    assert_eq!(next(), AudioNow { camera: Some(second), state: Heard::Waiting });
    slowly(&tone(Codec::Pcma, first));
    slowly(&tone(Codec::Aac, second));
    assert_eq!(next().state, Heard::Playing);
    audio.listen(None);
    assert_eq!(next(), AudioNow { camera: None, state: Heard::Off });
    slowly(&tone(Codec::Aac, second));
    let heard = tape.heard.lock().expect("lock").clone();
    assert_eq!(heard.len(), 2, "opened for each, and closed when nobody listens");
    assert!(heard.iter().all(|side| measure(side, 48_000).1 > 0.3));

    // Nothing to play with: said, and nothing breaks; the next try may find it again.
    *tape.broken.lock().expect("lock") = true;
    audio.listen(Some(first));
    assert_eq!(next().state, Heard::Waiting);
    slowly(&tone(Codec::Pcma, first));
    assert_eq!(next().state, Heard::NoDevice);
    *tape.broken.lock().expect("lock") = false;
    audio.listen(Some(first));
    assert_eq!(next().state, Heard::Waiting);
    slowly(&tone(Codec::Pcma, first));
    assert_eq!(next().state, Heard::Playing);
    let strange = AudioSamples { channels: 9, ..tone(Codec::Pcma, first) };
    audio.samples(AudioSamples { frames: strange.frames[..1].to_vec(), ..strange });
    assert_eq!(next().state, Heard::Unsupported);
}

#[test]
fn a_machine_without_a_sound_card_says_so() {
    // Here there may be one or none; what counts is that asking neither hangs nor breaks.
    let begun = Instant::now();
    let _ = speaker::DefaultSpeaker.open().map(drop);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
