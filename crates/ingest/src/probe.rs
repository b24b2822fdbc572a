//! "Test a camera": one connection, a few seconds, and either what it sends or the plain reason why not.

use crate::connect::{Way, connect};
use crate::failure::{Failure, ProbeFailure, Step};
use crate::receive::{Event, Receiver};
use crate::source::{Limits, Source};
use crate::stats::Meter;
use easien_model::{
    AudioParams, LossReason, MediaKind, Params, Sample, Scope, SystemClock, Transport, VideoParams,
};
use retina::client::SessionGroup;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most that a probe keeps of a GOP.
const MOST_BYTES: usize = 16 << 20;

/// How long the camera may take to say goodbye.
const GOODBYE: Duration = Duration::from_millis(700);

/// Measured for at least this long, so that the rates mean something.
const AT_LEAST: Duration = Duration::from_millis(2500);

/// What a camera sends.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Codec, size, parameter sets.
    pub params: VideoParams,
    /// From a key frame on, as far as the limits allow; empty when no key frame came.
    pub samples: Vec<Arc<Sample>>,
    /// Pictures per second, measured.
    pub fps: f32,
    /// Bits per second of all media, measured.
    pub bitrate_bps: u64,
    /// How the packets came.
    pub transport: Transport,
    /// Audio, if there is some.
    pub audio: Option<AudioParams>,
}

/// Connects once (twice when the first transport is refused) and looks at what comes. Must run on a tokio runtime.
///
/// # Errors
/// The plain reason, without credentials.
///
/// # Cancel safety
/// Cancel safe: dropping it ends the session.
pub async fn probe(source: &Source, limits: &Limits) -> Result<Probe, ProbeFailure> {
    let source = source.clone().tidied();
    let group = Arc::new(SessionGroup::default());
    let scope = Scope::new("probe");
    // Dropped in any case: a probe that is not waited for any more takes its bridge along.
    let _end = EndOnDrop(scope.clone());
    let mut way = Way::first(&source, limits);
    let mut found = look(&source, limits, &mut way, &group, &scope).await;
    let helps = |failure: &Failure| failure.bridge_may_help && failure.step == Step::Receive;
    if !way.bridge && found.as_ref().is_err_and(helps) {
        way.bridge = true;
        found = look(&source, limits, &mut way, &group, &scope).await;
    }
    let _ = tokio::time::timeout(GOODBYE, group.await_teardown()).await;
    scope.stop(GOODBYE).await;
    Ok(found?)
}

struct EndOnDrop(Scope);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

async fn look(
    source: &Source,
    limits: &Limits,
    way: &mut Way,
    group: &Arc<SessionGroup>,
    scope: &Scope,
) -> Result<Probe, Failure> {
    let connected = connect(source, limits, way, group, scope).await?;
    let mut meter = Meter::default();
    let clock = SystemClock;
    let mut receiver = Receiver::new(connected, source, &clock, &mut meter, Duration::from_millis(250));
    let mut gop: Vec<Arc<Sample>> = Vec::new();
    let mut gop_bytes = 0;
    let mut first_seen: Option<(Instant, i64)> = None;
    let mut last_pts = 0;
    let (mut frames, mut bytes) = (0u32, 0usize);
    let began = Instant::now();
    loop {
        let mut give = |sample: Sample| {
            bytes += sample.len_bytes();
            if sample.kind != MediaKind::Video {
                return;
            }
            frames += 1;
            first_seen.get_or_insert((Instant::now(), sample.pts.0));
            last_pts = sample.pts.0;
            if gop.is_empty() && !sample.key || gop_bytes > MOST_BYTES {
                return;
            }
            // The first GOP is enough; a second key frame begins another.
            if sample.key && !gop.is_empty() {
                gop_bytes = MOST_BYTES + 1;
                return;
            }
            gop_bytes += sample.len_bytes();
            gop.push(Arc::new(sample));
        };
        if let Event::Over(failure) = receiver.next(&mut meter, &mut give).await {
            if gop.is_empty() {
                return Err(failure);
            }
            break;
        }
        let Some((since, _)) = first_seen else {
            if began.elapsed() >= limits.first_sample {
                return Err(Failure::new(LossReason::Stalled, Step::FirstSample, "no picture came"));
            }
            continue;
        };
        let measured = since.elapsed();
        if measured >= limits.probe || (measured >= AT_LEAST.min(limits.probe) && !gop.is_empty()) {
            break;
        }
    }
    let params =
        match gop.last().map_or_else(|| Arc::clone(receiver.track.params()), |s| Arc::clone(&s.params)) {
            params if matches!(*params, Params::Video(_)) => match &*params {
                Params::Video(video) => video.clone(),
                Params::Audio(_) => {
                    return Err(Failure::new(LossReason::NoVideo, Step::Receive, "no video came"));
                }
            },
            _ => return Err(Failure::new(LossReason::NoVideo, Step::Receive, "no video came")),
        };
    let seconds = first_seen.map_or(0.0, |(since, _)| since.elapsed().as_secs_f32());
    let pts_seconds = first_seen.map_or(0.0, |(_, pts)| ticks_to_seconds(last_pts - pts));
    Ok(Probe {
        params,
        samples: gop,
        fps: rate(frames.saturating_sub(1), if pts_seconds > 0.2 { pts_seconds } else { seconds }),
        bitrate_bps: bits_per_second(bytes, seconds),
        transport: receiver.transport,
        audio: receiver.audio().and_then(|audio| match &**audio.track.params() {
            Params::Audio(params) => Some(params.clone()),
            Params::Video(_) => None,
        }),
    })
}

#[allow(clippy::cast_precision_loss)]
fn ticks_to_seconds(ticks: i64) -> f32 {
    ticks as f32 / 90_000.0
}

#[allow(clippy::cast_precision_loss)]
fn rate(count: u32, seconds: f32) -> f32 {
    if seconds > 0.0 { count as f32 / seconds } else { 0.0 }
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn bits_per_second(bytes: usize, seconds: f32) -> u64 {
    if seconds > 0.0 { (bytes as f32 * 8.0 / seconds) as u64 } else { 0 }
}
