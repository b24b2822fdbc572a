//! What comes out: samples, parameters, key frames, figures.

use crate::room::Room;
use anyhow::{Context, Result};
use easien_camsim::{Auth, Mode};
use easien_ingest::Recorded;
use easien_model::{Codec, MediaKind, Params, Sample, VideoParams};
use std::collections::BTreeSet;
use std::time::Duration;

fn video(sample: &Sample) -> &VideoParams {
    match &*sample.params {
        Params::Video(video) => video,
        Params::Audio(_) => panic!("audio"),
    }
}

fn nal_types(sample: &Sample) -> Vec<u8> {
    let h264 = video(sample).codec == Codec::H264;
    sample.nal_units().map(|nal| if h264 { nal[0] & 0x1f } else { nal[0] >> 1 & 0x3f }).collect()
}

#[tokio::test]
async fn h264_with_its_figures() -> Result<()> {
    let mut room = Room::new(Auth::Md5, Mode::ClockSkew { ppm: 0.0, offset_s: 3600.0 }).await?;
    let stream = room.open(1);
    let state = room.wait_live().await?;
    assert_eq!((state.attempt, state.reason), (0, None));
    let samples = room.samples(stream, 70).await?;
    assert!(samples[0].key);
    assert_eq!(video(&samples[0]).parameter_sets.len(), 2);
    for pair in samples.windows(2) {
        assert_eq!(pair[1].run, pair[0].run);
        assert_eq!(pair[1].seq, pair[0].seq + 1);
        assert_eq!(pair[1].pts.0 - pair[0].pts.0, 6000);
        assert!(pair[1].arrived >= pair[0].arrived);
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let stats = room.ingest.stats(stream).context("open")?;
    assert_eq!((stats.codec, stats.width_px, stats.height_px), (Some(Codec::H264), 320, 180));
    assert!((13.5..16.5).contains(&stats.fps), "{}", stats.fps);
    assert!(stats.bitrate_bps > 10_000 && stats.loss == 0.0 && stats.lost_packets == 0);
    let interval = stats.key_interval_s.context("key interval")?;
    assert!((0.9..2.1).contains(&interval), "{interval}");
    let offset = stats.clock_offset_us.context("offset")?;
    assert!((offset - 3_600_000_000).abs() < 300_000, "{offset}");
    // A new viewer has the picture at once, from the key frame on.
    let mut lane = room.ingest.view(stream).context("open")?;
    let first = tokio::time::timeout(Duration::from_millis(20), lane.next()).await?.context("closed")?;
    assert!(first.key);
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn h265_and_audio() -> Result<()> {
    let mut room = Room::new(Auth::Sha256, Mode::None).await?;
    let h265 = room.open(4);
    room.wait_live().await?;
    let samples = room.samples(h265, 35).await?;
    assert_eq!(video(&samples[0]).codec, Codec::H265);
    assert_eq!((video(&samples[0]).width_px, video(&samples[0]).height_px), (320, 180));
    assert_eq!(video(&samples[0]).parameter_sets.len(), 3);
    assert!(samples.iter().all(|sample| !sample.damaged));
    for (number, codec, least_bytes) in [(2, Codec::Pcma, 100), (5, Codec::Aac, 5)] {
        let stream = room.open(number);
        let mut lane = room.ingest.record(stream).context("open")?;
        room.wait_live().await?;
        let (mut audio, mut videos) = (0, 0);
        while audio < 20 || videos < 10 {
            match tokio::time::timeout(Duration::from_secs(5), lane.next()).await?.context("closed")? {
                Recorded::Sample(sample) if sample.kind == MediaKind::Audio => {
                    assert_eq!(sample.seq, audio);
                    assert!(sample.len_bytes() >= least_bytes, "{}", sample.len_bytes());
                    let Params::Audio(params) = &*sample.params else { panic!("video") };
                    assert_eq!(params.codec, codec);
                    audio += 1;
                }
                Recorded::Sample(_) => videos += 1,
                Recorded::Gap(gap) => panic!("{gap:?}"),
            }
        }
        assert_eq!(room.ingest.stats(stream).context("open")?.audio, Some(codec));
    }
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn the_streams_own_parameters_win() -> Result<()> {
    for mode in [Mode::WrongSdp, Mode::InlineParameters, Mode::SdpParameters, Mode::SeveralParameterSets] {
        let room = Room::new(Auth::None, mode).await?;
        let stream = room.open(1);
        let samples = room.samples(stream, 70).await.with_context(|| mode.to_string())?;
        let first = &samples[0];
        assert!(first.key, "{mode}");
        assert_eq!((video(first).width_px, video(first).height_px), (320, 180), "{mode}");
        let inline = nal_types(first).iter().filter(|kind| matches!(kind, 7 | 8)).count();
        match mode {
            Mode::SdpParameters => assert_eq!((inline, video(first).parameter_sets.len()), (0, 2)),
            Mode::SeveralParameterSets => {
                assert_eq!(video(first).parameter_sets.len(), 4, "{mode}");
                let runs: BTreeSet<_> = samples.iter().map(|sample| sample.run.0).collect();
                assert!(runs.len() <= 2, "{} runs", runs.len());
            }
            _ => assert!(inline >= 2, "{mode}: {:?}", nal_types(first)),
        }
        room.end().await;
    }
    Ok(())
}

#[tokio::test]
async fn another_size_is_another_run() -> Result<()> {
    let room = Room::new(Auth::None, Mode::SizeChange).await?;
    let stream = room.open(1);
    let samples = room.samples(stream, 140).await?;
    let mut sizes = Vec::new();
    for pair in samples.windows(2) {
        let other = video(&pair[0]).width_px != video(&pair[1]).width_px;
        assert_eq!(pair[0].run != pair[1].run, other);
        if other {
            assert!(pair[1].key && pair[1].seq == 0);
            sizes.push(video(&pair[1]).width_px);
        }
    }
    assert!(!sizes.is_empty(), "no change seen");
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn long_gops_begin_with_their_key_frame_for_late_viewers_too() -> Result<()> {
    let mut room = Room::new(Auth::None, Mode::Gop10).await?;
    let stream = room.open(1);
    room.wait_live().await?;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let samples = room.samples(stream, 40).await?;
    assert!(samples[0].key);
    let seqs: Vec<u64> = samples.iter().map(|sample| sample.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1));
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn b_frames_come_in_decoding_order_with_their_presentation_times() -> Result<()> {
    let room = Room::new(Auth::None, Mode::BFrames).await?;
    let stream = room.open(1);
    let samples = room.samples(stream, 60).await?;
    let runs: BTreeSet<_> = samples.iter().map(|sample| sample.run.0).collect();
    assert_eq!(runs.len(), 1, "reordering is no leap");
    let pts: Vec<i64> = samples.iter().map(|sample| sample.pts.0).collect();
    assert!(pts.windows(2).any(|pair| pair[1] < pair[0]), "never back: {pts:?}");
    let mut sorted = pts.clone();
    sorted.sort_unstable();
    let inner = &sorted[5..50];
    assert!(inner.windows(2).all(|pair| pair[1] - pair[0] == 6000), "{inner:?}");
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn recovery_points_start_a_picture() -> Result<()> {
    let room = Room::new(Auth::None, Mode::RecoveryPoint).await?;
    let stream = room.open(1);
    let samples = room.samples(stream, 20).await?;
    assert!(samples[0].key);
    assert!(samples.iter().all(|sample| !nal_types(sample).contains(&5)), "there is an IDR");
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn times_wrap_and_joining_in_the_middle_waits_for_a_key_frame() -> Result<()> {
    let room = Room::new(Auth::None, Mode::Wrap).await?;
    let stream = room.open(1);
    let samples = room.samples(stream, 75).await?;
    assert!(
        samples.windows(2).all(|pair| pair[1].pts.0 - pair[0].pts.0 == 6000 && pair[1].run == pair[0].run)
    );
    assert!(samples.last().context("some")?.pts.0 > i64::from(u32::MAX));
    room.end().await;
    let room = Room::new(Auth::None, Mode::MidGopJoin).await?;
    let stream = room.open(1);
    assert!(room.samples(stream, 3).await?[0].key);
    room.end().await;
    Ok(())
}
