//! What plays sound: the machine's default output, or a test's own.

use super::pcm::PcmQueue;
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A device that does not open within this is none.
const OPEN_MOST: Duration = Duration::from_secs(2);

/// Somewhere to play; opened when something is to be played, dropped when not.
pub trait Speaker: Send {
    /// Opens it.
    ///
    /// # Errors
    /// Why there is nothing to play with, for the log.
    fn open(&self) -> Result<Box<dyn Output>, String>;
}

/// An open speaker. Stays on the thread that opened it.
pub trait Output {
    /// Samples per second that it wants.
    fn rate_hz(&self) -> u32;
    /// Plays one channel, after what waits. Never waits itself.
    fn push(&mut self, mono: &[f32]);
    /// False: the device is gone.
    fn is_alive(&self) -> bool;
}

/// The machine's default output.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultSpeaker;

struct Playing {
    queue: PcmQueue,
    rate_hz: u32,
    gone: Arc<AtomicBool>,
    /// Plays as long as it lives.
    _stream: cpal::Stream,
}

impl Speaker for DefaultSpeaker {
    fn open(&self) -> Result<Box<dyn Output>, String> {
        let device = cpal::default_host().default_output_device().ok_or("there is no output device")?;
        let usual = device.default_output_config().map_err(|error| error.to_string())?;
        let (format, config) = (usual.sample_format(), StreamConfig::from(usual));
        match format {
            SampleFormat::F32 => play::<f32>(&device, config),
            SampleFormat::I16 => play::<i16>(&device, config),
            SampleFormat::I32 => play::<i32>(&device, config),
            SampleFormat::U8 => play::<u8>(&device, config),
            SampleFormat::U16 => play::<u16>(&device, config),
            SampleFormat::F64 => play::<f64>(&device, config),
            other => Err(format!("the output device wants {other}")),
        }
    }
}

fn play<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
) -> Result<Box<dyn Output>, String> {
    let (rate_hz, channels) = (config.sample_rate, usize::from(config.channels).max(1));
    if rate_hz == 0 {
        return Err("the output device has no rate".to_owned());
    }
    let (queue, gone) = (PcmQueue::new(rate_hz), Arc::new(AtomicBool::new(false)));
    let (source, failed) = (queue.clone(), gone.clone());
    let stream = device
        .build_output_stream(
            config,
            move |out: &mut [T], _: &cpal::OutputCallbackInfo| {
                let frames = out.len() / channels;
                source.pull(frames, |n, level| {
                    out[n * channels..(n + 1) * channels].fill(T::from_sample(level))
                });
            },
            move |error| {
                if !matches!(
                    error.kind(),
                    ErrorKind::DeviceChanged | ErrorKind::Xrun | ErrorKind::RealtimeDenied
                ) {
                    tracing::warn!(%error, "the output device failed");
                    failed.store(true, Ordering::SeqCst);
                }
            },
            Some(OPEN_MOST),
        )
        .map_err(|error| error.to_string())?;
    stream.play().map_err(|error| error.to_string())?;
    Ok(Box::new(Playing { queue, rate_hz, gone, _stream: stream }))
}

impl Output for Playing {
    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn push(&mut self, mono: &[f32]) {
        self.queue.push(mono);
    }

    fn is_alive(&self) -> bool {
        !self.gone.load(Ordering::SeqCst)
    }
}
