//! One stream's way from its feed into a worker's outbox.

use crate::outbox::Outbox;
use crate::tier::Figures;
use crate::types::OpenFeed;
use easien_model::{MediaKind, Params, RunId, Sample, StreamId, StreamKind, VideoParams};
use futures::StreamExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Before a feed that ended is opened again.
const PAUSE: Duration = Duration::from_millis(300);

/// A stream's figures as they pass by.
pub(crate) struct Measured(Mutex<Figures>);

impl Measured {
    pub(crate) fn new(which: StreamKind) -> Self {
        Self(Mutex::new(match which {
            StreamKind::Main => Figures::MAIN,
            StreamKind::Sub => Figures::SUB,
        }))
    }

    pub(crate) fn get(&self) -> Figures {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Where a feed's samples go.
pub(crate) struct Target {
    pub(crate) stream: StreamId,
    pub(crate) key: u32,
    /// Its number among the feeds of the stream: an older one's samples are not taken.
    pub(crate) gate: u64,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) measured: Arc<Measured>,
}

/// Pumps until `stop`. A feed that ends is opened again.
pub(crate) async fn pump(open: OpenFeed, target: Target, stop: CancellationToken) {
    let pumping = async {
        loop {
            let mut samples = open(target.stream);
            let mut seen = Seen::default();
            while let Some(sample) = samples.next().await {
                if sample.kind == MediaKind::Video {
                    seen.pass(&sample, &target);
                }
            }
            drop(samples);
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = pumping => {}
    }
}

#[derive(Default)]
struct Seen {
    run: Option<RunId>,
    params: Option<Arc<Params>>,
    samples: u32,
    since_90k: i64,
    key_90k: Option<i64>,
}

impl Seen {
    fn pass(&mut self, sample: &Sample, target: &Target) {
        let Params::Video(params) = &*sample.params else { return };
        let same = self.run == Some(sample.run)
            && self
                .params
                .as_ref()
                .is_some_and(|old| Arc::ptr_eq(old, &sample.params) || **old == *sample.params);
        if !same {
            self.run = Some(sample.run);
            self.begin(params, sample.pts.0, target);
        }
        if !self.params.as_ref().is_some_and(|old| Arc::ptr_eq(old, &sample.params)) {
            self.params = Some(sample.params.clone());
        }
        self.measure(sample, target);
        target.outbox.push_sample(target.key, target.gate, sample);
    }

    fn begin(&mut self, params: &VideoParams, at_90k: i64, target: &Target) {
        target.outbox.push_params(target.key, target.gate, params);
        (self.samples, self.since_90k, self.key_90k) = (0, at_90k, None);
        target.measured.update(|figures| {
            figures.codec = params.codec;
            if params.width_px > 0 && params.height_px > 0 {
                (figures.width_px, figures.height_px) = (params.width_px, params.height_px);
            }
            if let Some(fps) = params.declared_fps {
                // What some cameras declare is not believable; it is measured soon.
                figures.fps = f64::from(fps).clamp(1.0, 60.0);
            }
        });
    }

    /// Pictures per second over 4 s of the stream's own time; seconds between key frames.
    fn measure(&mut self, sample: &Sample, target: &Target) {
        self.samples += 1;
        let passed_90k = sample.pts.0 - self.since_90k;
        if !(0..4 * 90_000).contains(&passed_90k) {
            if passed_90k > 0 && self.samples > 1 {
                let fps = f64::from(self.samples - 1) * 90_000.0 / passed_90k as f64;
                target.measured.update(|figures| figures.fps = fps);
            }
            (self.samples, self.since_90k) = (1, sample.pts.0);
        }
        if sample.key {
            if let Some(before) = self.key_90k.filter(|before| *before < sample.pts.0) {
                let interval_s = (sample.pts.0 - before) as f64 / 90_000.0;
                target.measured.update(|figures| figures.key_interval_s = interval_s);
            }
            self.key_90k = Some(sample.pts.0);
        }
    }
}
