//! Simulated cameras without a network: clips fed sample by sample at their own pace, as an ingest lane would, with
//! the samples since the last key frame first.

use bytes::{BufMut as _, Bytes, BytesMut};
use easien_camsim::clip::cache::Cache;
use easien_camsim::clip::encode::Recipe;
use easien_camsim::clip::{AccessUnits, Variant};
use easien_camsim::strip::{self, Strip};
use easien_model::{
    CameraId, Clock as _, Codec, MediaKind, Params, RunId, Sample, Scope, StreamId, StreamKind, SystemClock,
    Ticks90k, UtcMicros, VideoParams,
};
use easien_mosaic::{Front, MosaicView};
use easien_picture::{Options, Pictures, Shown, TileSource, TileWant};
use futures::StreamExt as _;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub fn full() -> bool {
    std::env::var_os("EASIEN_FULL").is_some()
}

pub fn clip(camera: u16, which: StreamKind, codec: Codec, variant: Variant) -> Arc<AccessUnits> {
    clip_of(Recipe { camera, which, codec, variant, small: true })
}

pub fn clip_of(recipe: Recipe) -> Arc<AccessUnits> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clips");
    let cache = Cache::new(&dir).unwrap();
    Arc::new(recipe.load(&cache).unwrap())
}

pub fn usual(camera: u16) -> Arc<AccessUnits> {
    clip(camera, StreamKind::Sub, Codec::H264, Variant::Usual)
}

/// What a stream sends just now.
#[derive(Clone)]
pub struct Sends {
    pub clip: Arc<AccessUnits>,
    /// Right NAL unit headers around noise.
    pub garbage: bool,
    /// Nothing at all.
    pub silent: bool,
    /// As fast as it is taken.
    pub flood: bool,
}

impl Sends {
    pub fn new(clip: Arc<AccessUnits>) -> Self {
        Self { clip, garbage: false, silent: false, flood: false }
    }
}

/// All cameras of a test.
#[derive(Clone)]
pub struct Road {
    streams: Arc<Mutex<HashMap<StreamId, Sends>>>,
    begun: Instant,
}

impl Road {
    pub fn new() -> Self {
        Self { streams: Arc::default(), begun: Instant::now() }
    }

    pub fn set(&self, stream: StreamId, sends: Sends) {
        self.streams.lock().unwrap().insert(stream, sends);
    }

    pub fn sub(&self, clip: Arc<AccessUnits>) -> CameraId {
        let camera = CameraId::new();
        self.set(StreamId { camera, which: StreamKind::Sub }, Sends::new(clip));
        camera
    }

    /// A feed as the station plugs in.
    pub fn feed(&self, stream: StreamId) -> futures::stream::BoxStream<'static, Arc<Sample>> {
        let road = self.clone();
        let (to, from) = tokio::sync::mpsc::channel(4);
        tokio::spawn(async move { road.play(stream, &to).await });
        futures::stream::unfold(from, |mut from| async move { Some((from.recv().await?, from)) }).boxed()
    }

    async fn play(&self, stream: StreamId, to: &tokio::sync::mpsc::Sender<Arc<Sample>>) {
        let mut run = Run::none();
        let Some(first) = self.streams.lock().unwrap().get(&stream).cloned() else { return };
        let tick = Duration::from_secs_f64(1.0 / first.clip.fps);
        let now = self.begun.elapsed();
        let live = (now.as_secs_f64() * first.clip.fps) as usize;
        let count = first.clip.units.len();
        let mut index = (live.saturating_sub(count)..=live)
            .rev()
            .find(|index| first.clip.units[index % count].key)
            .unwrap_or(live);
        loop {
            let due = self.begun + tick * u32::try_from(index).unwrap();
            let Some(sends) = self.streams.lock().unwrap().get(&stream).cloned() else { return };
            if !sends.flood {
                tokio::time::sleep_until(due.into()).await;
            }
            if !sends.silent {
                let late = due.elapsed().as_micros();
                let arrived = UtcMicros(SystemClock.utc_now().0 - i64::try_from(late).unwrap());
                if let Some(sample) = run.sample(stream, &sends, index, arrived)
                    && to.send(Arc::new(sample)).await.is_err()
                {
                    return;
                }
            }
            index += 1;
        }
    }
}

/// Samples of one run after the other: a new one where the clip changes.
struct Run {
    id: RunId,
    clip: Option<Arc<AccessUnits>>,
    params: Option<Arc<Params>>,
    seq: u64,
    waits: bool,
}

impl Run {
    fn none() -> Self {
        Self { id: RunId::new(), clip: None, params: None, seq: 0, waits: true }
    }

    fn sample(
        &mut self,
        stream: StreamId,
        sends: &Sends,
        index: usize,
        arrived: UtcMicros,
    ) -> Option<Sample> {
        if !self.clip.as_ref().is_some_and(|clip| Arc::ptr_eq(clip, &sends.clip)) {
            self.clip = Some(sends.clip.clone());
            self.params = Some(params(&sends.clip));
            (self.id, self.seq, self.waits) = (RunId::new(), 0, true);
        }
        let count = sends.clip.units.len();
        let unit = &sends.clip.units[index % count];
        self.waits &= !unit.key;
        if self.waits {
            return None;
        }
        let seq = self.seq;
        self.seq += 1;
        let loops = i64::try_from(index / count).unwrap();
        Some(Sample {
            stream,
            kind: MediaKind::Video,
            run: self.id,
            seq,
            pts: Ticks90k(loops * sends.clip.loop_90k + unit.pts_90k),
            arrived,
            key: unit.key,
            damaged: false,
            params: self.params.clone().unwrap(),
            data: data(sends, unit, index),
        })
    }
}

pub fn params(clip: &AccessUnits) -> Arc<Params> {
    Arc::new(Params::Video(VideoParams {
        codec: clip.codec,
        parameter_sets: clip.parameter_sets(),
        width_px: clip.width_px,
        height_px: clip.height_px,
        declared_fps: Some(clip.fps as f32),
    }))
}

fn data(sends: &Sends, unit: &easien_camsim::clip::AccessUnit, index: usize) -> Bytes {
    let mut data = BytesMut::new();
    for nal in &unit.nals {
        data.put_u32(u32::try_from(nal.len()).unwrap());
        let from = data.len();
        data.put_slice(nal);
        if sends.garbage {
            let mut random = 0x9e37_79b9_u32.wrapping_mul(index as u32 + 1);
            for byte in data[from..].iter_mut().skip(3) {
                random ^= random << 13;
                random ^= random >> 17;
                random ^= random << 5;
                *byte = random as u8;
            }
        }
    }
    data.freeze()
}

/// A GOP of a clip, all at once.
pub fn gop(stream: StreamId, clip: &Arc<AccessUnits>, most: usize) -> Vec<Arc<Sample>> {
    let (mut run, sends) = (Run::none(), Sends::new(clip.clone()));
    (0..most.min(clip.units.len()))
        .filter_map(|index| run.sample(stream, &sends, index, UtcMicros(index as i64)))
        .map(Arc::new)
        .collect()
}

/// When recordings begin.
pub const RECORDED: i64 = 1_763_870_400_000_000;

/// As many samples of a recording of a clip in its loop; `arrived` is the picture's own time.
pub fn recorded(stream: StreamId, clip: &Arc<AccessUnits>, count: usize) -> Vec<Arc<Sample>> {
    let (mut run, sends) = (Run::none(), Sends::new(clip.clone()));
    (0..count)
        .filter_map(|index| run.sample(stream, &sends, index, UtcMicros(0)))
        .map(|sample| {
            let arrived = UtcMicros(RECORDED + sample.pts.0 * 100 / 9);
            Arc::new(Sample { arrived, ..sample })
        })
        .collect()
}

/// A room with workers.
pub struct Room {
    pub pictures: Pictures,
    pub road: Road,
    pub scope: Scope,
}

pub fn options() -> Options {
    Options { program: env!("CARGO_BIN_EXE_easien-picture").into(), workers: 2, ..Options::default() }
}

impl Room {
    pub fn open(options: Options) -> Self {
        let scope = Scope::new("test");
        let runtime = tokio::runtime::Handle::current();
        let pictures = Pictures::new(runtime, scope.clone(), Arc::new(SystemClock), options).unwrap();
        let road = Road::new();
        let feeds = road.clone();
        pictures.set_feeds(Arc::new(move |stream| feeds.feed(stream)));
        Self { pictures, road, scope }
    }

    pub fn show(&self, tiles: &[TileWant]) -> Wall {
        Wall::open(self.pictures.show("main", tiles).unwrap())
    }

    pub async fn close(self) {
        assert!(self.scope.stop(Duration::from_secs(5)).await);
    }
}

pub fn want(tile: u32, camera: CameraId, width_px: u32, height_px: u32) -> TileWant {
    TileWant {
        tile,
        camera,
        width_px,
        height_px,
        main: false,
        has_sub: true,
        glance: false,
        focused: false,
        part: None,
        source: TileSource::Live,
    }
}

/// What a window would do.
pub struct Wall {
    pub shown: Shown,
    pub view: MosaicView,
}

impl Wall {
    pub fn open(shown: Shown) -> Self {
        let view = MosaicView::open_place(&shown.handle).unwrap();
        Self { shown, view }
    }

    /// The next picture of a tile that satisfies, within the time.
    pub async fn next_where(
        &self,
        tile: usize,
        limit: Duration,
        satisfies: impl Fn(&Seen) -> bool,
    ) -> Option<Seen> {
        let until = Instant::now() + limit;
        loop {
            if let Some(seen) = self.view.slot(tile).unwrap().take().map(Seen::of)
                && satisfies(&seen)
            {
                return Some(seen);
            }
            if Instant::now() > until {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    pub async fn next(&self, tile: usize, limit: Duration) -> Option<Seen> {
        self.next_where(tile, limit, |_| true).await
    }
}

/// A painted picture as read back.
#[derive(Debug)]
pub struct Seen {
    pub strip: Option<Strip>,
    pub frame: easien_mosaic::Frame,
    pub age: Duration,
}

impl Seen {
    pub fn of(front: Front) -> Self {
        let (width, height) = (front.size.width_px, front.size.height_px);
        let pixels = front.pixels.as_ref();
        let at = |x: u32, y: u32| {
            let at = (y * width + x) as usize * 4;
            strip::luma(pixels[at + 2], pixels[at + 1], pixels[at])
        };
        let age = SystemClock.utc_now().since(front.frame.arrived);
        Self { strip: strip::read_with(width, height, at), frame: front.frame, age }
    }

    pub fn camera(&self) -> Option<u16> {
        self.strip.map(|strip| strip.camera)
    }
}
