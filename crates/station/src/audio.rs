//! A camera's sound, for the window that listens. Frames go out as they come in, undecoded; one camera a connection.

use crate::sessions::base;
use crate::station::{Station, lock};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use easien_ingest::AudioLane;
use easien_link::data::{AudioListen, AudioSamples, AudioSilence, AudioSilent};
use easien_link::{Caller, Event};
use easien_model::{CameraId, Params, Problem, Sample, SessionPhase, StreamId, StreamKind};
use futures::FutureExt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Frames that go out together at most; a frame is 20 to 64 ms.
const FRAMES_AT_ONCE: usize = 4;
/// A frame that is larger is no sound that anybody decodes here.
const FRAME_MOST_BYTES: usize = 16 << 10;
/// An AudioSpecificConfig that is longer is none.
const CONFIG_MOST_BYTES: usize = 64;
/// A camera of which nothing is heard for so long is silent, and the window is told why.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two looks whether a stream is open again.
const LOOK: Duration = Duration::from_millis(500);

/// Who listens, by connection.
#[derive(Default)]
pub struct Listeners(Mutex<HashMap<u64, CancellationToken>>);

impl Listeners {
    fn take(&self, connection: u64) -> Option<CancellationToken> {
        lock(&self.0).remove(&connection)
    }
}

impl Station {
    /// The connection hears this camera from now on, and no other.
    pub(crate) async fn listen_audio(&self, caller: &Caller, wanted: AudioListen) -> Result<(), Problem> {
        let row = self.need_camera(wanted.camera)?;
        self.stop_audio(caller.connection);
        let over = CancellationToken::new();
        lock(&self.listeners.0).insert(caller.connection, over.clone());
        let first = base(&row);
        let (station, connection) = (self.clone(), caller.connection);
        self.background.spawn("listen", async move {
            tokio::select! {
                () = over.cancelled() => {}
                () = station.send_audio(connection, first) => {}
            }
        });
        Ok(())
    }

    /// The connection hears nothing any more.
    pub(crate) fn stop_audio(&self, connection: u64) {
        if let Some(over) = self.listeners.take(connection) {
            over.cancel();
        }
    }

    async fn send_audio(&self, connection: u64, first: StreamId) {
        let camera = first.camera;
        let mut ears = Ears::new(first);
        let mut told: Option<AudioSilence> = None;
        loop {
            ears.open(self);
            let Ok(frames) = tokio::time::timeout(PATIENCE, ears.next()).await else {
                let why = self.why_silent(camera);
                if told != Some(why) {
                    told = Some(why);
                    self.tell_listener(connection, Event::AudioSilent(AudioSilent { camera, why }));
                }
                continue;
            };
            if frames.is_empty() {
                tokio::time::sleep(LOOK).await;
                continue;
            }
            told = None;
            if let Some(samples) = pack(camera, &frames) {
                self.tell_listener(connection, Event::AudioSamples(samples));
            }
        }
    }

    fn tell_listener(&self, connection: u64, event: Event) {
        if let Some(desk) = self.desk.get()
            && !desk.tell_one(connection, event)
        {
            tracing::debug!(connection, "a listener is slow, sound was dropped");
        }
    }

    fn why_silent(&self, camera: CameraId) -> AudioSilence {
        let live = self.sessions_of(camera).iter().any(|session| session.state.phase == SessionPhase::Live);
        if live { AudioSilence::NoAudio } else { AudioSilence::Lost }
    }
}

/// The lanes of a camera's streams: the base stream's sound; the main stream's where that is open and only it has sound.
struct Ears {
    streams: [StreamId; 2],
    lanes: [Option<AudioLane>; 2],
    /// The one that was heard, from then on alone: two microphones' worth of one street is an echo.
    heard: Option<usize>,
}

impl Ears {
    fn new(first: StreamId) -> Self {
        let other = match first.which {
            StreamKind::Main => StreamKind::Sub,
            StreamKind::Sub => StreamKind::Main,
        };
        Self { streams: [first, StreamId { which: other, ..first }], lanes: [None, None], heard: None }
    }

    fn open(&mut self, station: &Station) {
        for (lane, stream) in self.lanes.iter_mut().zip(self.streams) {
            if lane.is_none() {
                *lane = station.ingest.listen(stream);
            }
        }
    }

    /// The next frames; none: a stream was closed, look again whether it is open. Waits for ever where nothing comes.
    /// Cancel safe.
    async fn next(&mut self) -> Vec<Arc<Sample>> {
        let heard = self.heard;
        let [first, second] = &mut self.lanes;
        let (n, sample) = tokio::select! {
            biased;
            sample = next_of(first), if heard != Some(1) => (0, sample),
            sample = next_of(second), if heard != Some(0) => (1, sample),
        };
        let Some(sample) = sample else {
            self.lanes[n] = None;
            self.heard = None;
            return Vec::new();
        };
        self.heard = Some(n);
        let mut frames = vec![sample];
        while frames.len() < FRAMES_AT_ONCE {
            let Some(Some(more)) = self.lanes[n].as_mut().and_then(|lane| lane.next().now_or_never()) else {
                break;
            };
            if more.params != frames[0].params {
                // Another coding: what was gathered is a moment of the old one, not worth an event of its own.
                frames.clear();
            }
            frames.push(more);
        }
        frames
    }
}

async fn next_of(lane: &mut Option<AudioLane>) -> Option<Arc<Sample>> {
    match lane {
        Some(lane) => lane.next().await,
        None => std::future::pending().await,
    }
}

/// Frames of one coding as they travel; `None` where there is nothing that can be decoded.
fn pack(camera: CameraId, frames: &[Arc<Sample>]) -> Option<AudioSamples> {
    let Params::Audio(params) = &*frames.first()?.params else { return None };
    if params.config.len() > CONFIG_MOST_BYTES {
        return None;
    }
    let frames: Vec<String> = frames
        .iter()
        .filter(|frame| (1..=FRAME_MOST_BYTES).contains(&frame.data.len()))
        .map(|frame| STANDARD.encode(&frame.data))
        .collect();
    (!frames.is_empty()).then(|| AudioSamples {
        camera,
        codec: params.codec,
        rate_hz: params.rate_hz,
        channels: params.channels,
        config: STANDARD.encode(&params.config),
        frames,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use easien_model::{AudioParams, Codec, MediaKind, RunId, Ticks90k, UtcMicros};

    fn frame(config: usize, data: usize) -> Arc<Sample> {
        Arc::new(Sample {
            stream: StreamId { camera: CameraId::new(), which: StreamKind::Sub },
            kind: MediaKind::Audio,
            run: RunId::new(),
            seq: 0,
            pts: Ticks90k(0),
            arrived: UtcMicros(0),
            key: true,
            damaged: false,
            params: Arc::new(Params::Audio(AudioParams {
                codec: Codec::Aac,
                rate_hz: 16_000,
                channels: 1,
                config: vec![7; config].into(),
            })),
            data: Bytes::from(vec![1; data]),
        })
    }

    #[test]
    fn what_goes_out_is_bounded() {
        let camera = CameraId::new();
        let sent =
            pack(camera, &[frame(2, 5), frame(2, 0), frame(2, FRAME_MOST_BYTES + 1), frame(2, 6)]).unwrap();
        assert_eq!(sent.frames, [STANDARD.encode([1; 5]), STANDARD.encode([1; 6])]);
        assert_eq!((sent.config, sent.rate_hz), (STANDARD.encode([7, 7]), 16_000));
        assert_eq!(pack(camera, &[frame(CONFIG_MOST_BYTES + 1, 5)]), None);
        assert_eq!(pack(camera, &[frame(2, 0)]), None);
        assert_eq!(pack(camera, &[]), None);
    }
}
