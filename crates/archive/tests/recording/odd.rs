//! Whatever a camera sends: every NAL unit is on disk as it came, in order, and the files are sound.

use crate::footage::h264;
use crate::room::{Room, same, stream, whole};
use bytes::{BufMut, Bytes, BytesMut};
use easien_model::{
    Clock, Codec, GapCause, MediaKind, Params, RunId, Sample, StreamId, Ticks90k, VideoParams,
};
use proptest::prelude::*;
use std::sync::Arc;

/// One access unit: sizes and kinds of its NAL units, how its time goes on, how it is marked.
#[derive(Clone, Debug)]
struct Unit {
    nals: Vec<(u8, Vec<u8>)>,
    step_90k: i64,
    wait_us: i64,
    key: bool,
    damaged: bool,
    new_run: bool,
}

fn unit(codec: Codec) -> impl Strategy<Value = Unit> {
    // Slices, IDR, SEI, parameter sets, delimiters, fillers, unspecified: anything may stand anywhere.
    let kinds: Vec<u8> = if codec == Codec::H265 {
        vec![1, 19, 32, 33, 34, 35, 38, 39, 40, 48]
    } else {
        vec![1, 5, 6, 7, 8, 9, 12, 13, 24]
    };
    let nal = (proptest::sample::select(kinds), proptest::collection::vec(any::<u8>(), 0..200));
    let step = prop_oneof![
        8 => 5900_i64..6100,
        1 => Just(0_i64),
        1 => -7000_i64..0,
        1 => 20_000_i64..100_000,
    ];
    let flags =
        (proptest::bool::weighted(0.1), proptest::bool::weighted(0.05), proptest::bool::weighted(0.01));
    (proptest::collection::vec(nal, 0..6), step, 0_i64..140_000, flags).prop_map(
        |(nals, step_90k, wait_us, (key, damaged, new_run))| Unit {
            nals,
            step_90k,
            wait_us,
            key,
            damaged,
            new_run,
        },
    )
}

fn params(codec: Codec) -> Arc<Params> {
    let set = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
    let parameter_sets = if codec == Codec::H265 {
        vec![
            set(&[0x40, 1, 12, 1]),
            set(&[0x42, 1, 1, 1, 0x60, 0, 0, 3, 0, 0, 3, 0, 0, 3, 0, 0, 3, 0, 0x5d, 0xa0]),
            set(&[0x44, 1, 0xc1, 0x72]),
            set(&[0x44, 1, 0xc1, 0x73]),
        ]
    } else {
        vec![
            set(&[0x67, 0x42, 0, 0x1e, 0xab]),
            set(&[0x67, 0x64, 0, 0x1e, 0xac]),
            set(&[0x68, 0xce, 0x3c]),
            set(&[0x68, 0xce, 0x3d]),
        ]
    };
    Arc::new(Params::Video(VideoParams {
        codec,
        parameter_sets,
        width_px: 640,
        height_px: 360,
        declared_fps: None,
    }))
}

async fn record(codec: Codec, units: Vec<Unit>) {
    let room = Room::new();
    let id = stream();
    let mut recorder = room.recorder(id);
    let params = params(codec);
    let mut pushed = Vec::new();
    let mut pts = 123;
    let mut run = RunId::new();
    for (seq, unit) in units.iter().enumerate() {
        pts += unit.step_90k;
        if unit.new_run {
            run = RunId::new();
        }
        room.time.pass(unit.wait_us);
        let mut data = BytesMut::new();
        for (kind, body) in &unit.nals {
            data.put_u32(u32::try_from(body.len() + 1).unwrap());
            data.put_u8(if codec == Codec::H265 { kind << 1 } else { 0x60 | kind });
            data.put_slice(body);
        }
        let sample = Arc::new(Sample {
            stream: id,
            kind: MediaKind::Video,
            run,
            seq: seq as u64,
            pts: Ticks90k(pts),
            arrived: room.time.utc_now(),
            key: unit.key,
            damaged: unit.damaged,
            params: params.clone(),
            data: data.freeze(),
        });
        pushed.push(sample.clone());
        recorder.push(sample).await;
    }
    recorder.stop(GapCause::Stopped);
    room.close().await;
    let (rows, _) = room.line(id);
    same(&room, &rows, &pushed);
    for row in &rows {
        whole(&room, row);
    }
}

fn cases() -> u32 {
    if std::env::var_os("EASIEN_FULL").is_some() { 500 } else { 10 }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn every_nal_unit_is_on_disk_as_it_came(
        h265 in any::<bool>(),
        (avc, hevc) in (
            proptest::collection::vec(unit(Codec::H264), 1..500),
            proptest::collection::vec(unit(Codec::H265), 1..500),
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (codec, units) = if h265 { (Codec::H265, hevc) } else { (Codec::H264, avc) };
        runtime.block_on(record(codec, units));
    }
}

/// Pictures of a stream, one after another, without key frames but the first.
async fn without_keys(first_key: bool, frames: i64, bytes: usize) -> (Room, StreamId, Vec<Arc<Sample>>) {
    let room = Room::new();
    let id = stream();
    let mut recorder = room.recorder(id);
    let run = RunId::new();
    let mut pushed = Vec::new();
    for frame in 0..frames {
        room.time.pass(66_667);
        let sample = Arc::new(Sample {
            stream: id,
            kind: MediaKind::Video,
            run,
            seq: u64::try_from(frame).unwrap(),
            pts: Ticks90k(frame * 6000),
            arrived: room.time.utc_now(),
            key: first_key && frame == 0,
            damaged: false,
            params: Arc::clone(&h264().params),
            data: Bytes::from(vec![0; bytes]),
        });
        pushed.push(sample.clone());
        recorder.push(sample).await;
    }
    recorder.stop(GapCause::Stopped);
    room.close().await;
    (room, id, pushed)
}

#[tokio::test]
async fn a_stream_whose_key_frames_never_come_again() {
    let (room, id, pushed) = without_keys(true, 600, 500).await;
    let (rows, gaps) = room.line(id);
    same(&room, &rows, &pushed);
    assert!(rows.len() >= 2 && gaps.len() == 1, "{} segments", rows.len());
}

#[tokio::test]
async fn a_run_that_begins_without_a_key_frame() {
    let (room, id, pushed) = without_keys(false, 60, 500).await;
    let (rows, _) = room.line(id);
    same(&room, &rows, &pushed);
}

#[tokio::test]
async fn huge_pictures() {
    let (room, id, pushed) = without_keys(true, 6, 30 << 20).await;
    let (rows, _) = room.line(id);
    same(&room, &rows, &pushed);
}
