//! What writing costs: so many streams in real time onto one folder, CPU of the whole process.
//! `cargo run -p easien-archive --example cost -- [STREAMS] [SECONDS] [KBIT/S] [FOLDER]`
#![allow(missing_docs, clippy::unwrap_used, clippy::cast_precision_loss)]

#[path = "../src/memory_index.rs"]
#[allow(dead_code)]
mod memory_index;

mod index {
    pub use easien_archive::index::*;
}

use bytes::Bytes;
use easien_archive::{Archive, CameraLabel, Options, VolumeConfig};
use easien_model::{
    CameraId, Clock, Codec, MediaKind, Params, RunId, Sample, StreamId, StreamKind, SystemClock, Ticks90k,
    VideoParams, VolumeId,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut words = std::env::args().skip(1);
    let mut number = |default: usize| words.next().map_or(default, |word| word.parse().unwrap());
    let (streams, seconds, kbit) = (number(240), number(20), number(400));
    let folder = tempfile::tempdir_in(words.next().unwrap_or_else(|| ".".into())).unwrap();
    let clock = Arc::new(SystemClock);
    let archive = Archive::open(
        Options::new(uuid::Uuid::now_v7()),
        clock.clone(),
        Arc::new(memory_index::MemoryIndex::default()),
    )
    .unwrap();
    archive.set_volumes(vec![VolumeConfig {
        id: VolumeId::new(),
        name: "cost".into(),
        path: folder.path().join("disk"),
        quota_bytes: None,
        reserve_bytes: 0,
        enabled: true,
        create: true,
    }]);
    let params = Arc::new(Params::Video(VideoParams {
        codec: Codec::H264,
        parameter_sets: vec![Bytes::from_static(&[0x67, 0x42, 0, 0x1e]), Bytes::from_static(&[0x68, 0xce])],
        width_px: 640,
        height_px: 360,
        declared_fps: None,
    }));
    let mut recorders: Vec<_> = (0..streams)
        .map(|_| {
            let id = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
            (id, RunId::new(), archive.recorder(id, CameraLabel { code: "C".into(), name: String::new() }))
        })
        .collect();
    let begin = Instant::now();
    let mut made_s = 0.0;
    for frame in 0..(seconds * 15) as u64 {
        let due = Duration::from_micros(frame * 66_667);
        tokio::time::sleep(due.saturating_sub(begin.elapsed())).await;
        for (number, (id, run, recorder)) in recorders.iter_mut().enumerate() {
            let key = (frame + number as u64).is_multiple_of(30);
            // A key frame takes a fifth of two seconds.
            let bytes = kbit * 1000 / 8 * 2 / 5 * if key { 5 } else { 20 } / if key { 5 } else { 29 * 5 };
            let made = Instant::now();
            let sample = Arc::new(Sample {
                stream: *id,
                kind: MediaKind::Video,
                run: *run,
                seq: frame,
                pts: Ticks90k(i64::try_from(frame).unwrap() * 6000),
                arrived: clock.utc_now(),
                key,
                damaged: false,
                params: params.clone(),
                data: Bytes::from(vec![7; bytes]),
            });
            made_s += made.elapsed().as_secs_f64();
            recorder.push(sample).await;
        }
    }
    let (cpu, wall) = (cpu_s(), begin.elapsed().as_secs_f64());
    let dropped: u64 = archive.streams().iter().map(|status| status.dropped).sum();
    println!(
        "{streams} streams of {kbit} kbit/s for {wall:.1} s: {:.3} core, of which making samples {:.3}; dropped {dropped}",
        cpu / wall,
        made_s / wall
    );
    drop(recorders);
    archive.close(Duration::from_secs(30)).await;
}
