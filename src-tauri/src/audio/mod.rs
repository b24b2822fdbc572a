//! A camera's sound in this window: frames come from the station, are decoded on a thread of their own and played. One
//! camera at a time; late sound is dropped. Where the pictures are is not known here.

pub mod decode;
pub mod g711;
pub mod hear;
pub mod pcm;
pub mod speaker;

use crate::audio::decode::Decoder;
use crate::audio::pcm::Resampler;
use crate::audio::speaker::{Output, Speaker};
use easien_link::data::{AudioSamples, AudioSilence, AudioSilent};
use easien_model::CameraId;
use serde::Serialize;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// Orders that may wait for the thread; frames that come on top are dropped.
const WAITING: usize = 32;
/// A speaker that could not be opened is tried again after so long, while somebody listens.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// What is heard, as the page is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// Nobody listens.
    Off,
    /// Nothing has come yet.
    Waiting,
    /// It is heard.
    Playing,
    /// The camera's pictures come, its sound does not.
    NoAudio,
    /// Nothing comes from the camera.
    Lost,
    /// This machine has nothing to play sound with.
    NoDevice,
    /// The sound is coded in a way that is not decoded here.
    Unsupported,
}

/// Whose sound is heard, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AudioNow {
    /// The camera; absent: nobody listens.
    pub camera: Option<CameraId>,
    /// How it stands.
    pub state: Heard,
}

/// Who is told of every change.
pub type TellAudio = Arc<dyn Fn(AudioNow) + Send + Sync>;

enum Order {
    Listen(Option<CameraId>),
    Samples(AudioSamples),
    Silent(AudioSilent),
}

/// The window's ear. Cheap to clone; the thread ends with the last one.
#[derive(Clone)]
pub struct Audio(SyncSender<Order>);

impl Audio {
    /// Starts the thread.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(speaker: Box<dyn Speaker>, tell: TellAudio) -> std::io::Result<Self> {
        let (orders, taken) = sync_channel(WAITING);
        std::thread::Builder::new().name("sound".to_owned()).spawn(move || {
            let mut listening = Listening::new(speaker, tell);
            listening.obey(&taken);
        })?;
        Ok(Self(orders))
    }

    /// Hears this camera from now on, or none.
    pub fn listen(&self, camera: Option<CameraId>) {
        // Never lost: it waits for a thread that never waits for long.
        if self.0.send(Order::Listen(camera)).is_err() {
            tracing::error!("the sound's thread is gone");
        }
    }

    /// Frames came. Dropped when the thread is behind.
    pub fn samples(&self, samples: AudioSamples) {
        if let Err(TrySendError::Full(_)) = self.0.try_send(Order::Samples(samples)) {
            tracing::debug!("sound was dropped");
        }
    }

    /// The camera is not heard.
    pub fn silent(&self, silent: AudioSilent) {
        let _ = self.0.try_send(Order::Silent(silent));
    }
}

struct Listening {
    speaker: Box<dyn Speaker>,
    tell: TellAudio,
    now: AudioNow,
    decoder: Option<Decoder>,
    resampler: Option<Resampler>,
    output: Option<Box<dyn Output>>,
    try_again: Option<Instant>,
}

impl Listening {
    fn new(speaker: Box<dyn Speaker>, tell: TellAudio) -> Self {
        let now = AudioNow { camera: None, state: Heard::Off };
        Self { speaker, tell, now, decoder: None, resampler: None, output: None, try_again: None }
    }

    fn obey(&mut self, orders: &Receiver<Order>) {
        while let Ok(order) = orders.recv() {
            match order {
                Order::Listen(camera) => self.listen(camera),
                Order::Samples(samples) if self.now.camera == Some(samples.camera) => self.play(&samples),
                Order::Silent(silent) if self.now.camera == Some(silent.camera) => {
                    self.set(match silent.why {
                        AudioSilence::NoAudio => Heard::NoAudio,
                        AudioSilence::Lost => Heard::Lost,
                    })
                }
                // Still on its way when another camera was chosen.
                Order::Samples(_) | Order::Silent(_) => {}
            }
        }
    }

    fn set(&mut self, state: Heard) {
        if self.now.state != state {
            self.now.state = state;
            (self.tell)(self.now);
        }
    }

    fn listen(&mut self, camera: Option<CameraId>) {
        // What waits to be played is the other camera's.
        (self.decoder, self.resampler, self.output, self.try_again) = (None, None, None, None);
        let state = if camera.is_some() { Heard::Waiting } else { Heard::Off };
        self.now = AudioNow { camera, state };
        (self.tell)(self.now);
    }

    fn play(&mut self, samples: &AudioSamples) {
        if self.output.as_ref().is_none_or(|output| !output.is_alive()) {
            self.output = None;
            if self.try_again.is_some_and(|at| Instant::now() < at) {
                return;
            }
            match self.speaker.open() {
                Ok(output) => self.output = Some(output),
                Err(error) => {
                    tracing::warn!(error, "nothing to play sound with");
                    self.try_again = Some(Instant::now() + TRY_AGAIN);
                    return self.set(Heard::NoDevice);
                }
            }
        }
        if self.decoder.as_ref().is_none_or(|decoder| !decoder.fits(samples)) {
            self.resampler = None;
            match Decoder::new(samples) {
                Ok(decoder) => self.decoder = Some(decoder),
                Err(error) => {
                    tracing::warn!(%error, codec = ?samples.codec, "sound that is not decoded here");
                    self.decoder = None;
                    return self.set(Heard::Unsupported);
                }
            }
        }
        let (Some(decoder), Some(output)) = (&mut self.decoder, &mut self.output) else { return };
        let mono = decoder.decode(&samples.frames);
        if mono.is_empty() {
            return;
        }
        let (from, to) = (decoder.rate_hz(), output.rate_hz());
        if self.resampler.as_ref().is_none_or(|resampler| !resampler.is_between(from, to)) {
            self.resampler = Some(Resampler::new(from, to));
        }
        if let Some(resampler) = &mut self.resampler {
            output.push(&resampler.convert(&mono));
        }
        self.set(Heard::Playing);
    }
}

#[cfg(test)]
mod tests;
