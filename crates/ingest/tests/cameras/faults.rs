//! Every fault ends in the right picture or in the right state and reason.

use crate::room::{PASSWORD, Room, short};
use anyhow::{Context, Result};
use easien_camsim::{Auth, Mode};
use easien_ingest::{Limits, ProbeFailure, probe};
use easien_model::{LossReason, SessionPhase, StreamKind, Transport};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_silent_camera_is_a_timeout_by_the_default_limits_too() -> Result<()> {
    let mut room = Room::new(Auth::Md5, Mode::Silent).await?;
    room.open(1);
    let state = room.wait_lost(LossReason::Timeout).await?;
    assert!(state.next_try.is_some());
    let again = room.wait_lost(LossReason::Timeout).await?;
    assert_eq!(again.since, state.since, "lost since the beginning, over all tries");
    assert!(again.attempt > state.attempt);
    let began = Instant::now();
    let failure = probe(&room.source(1, PASSWORD), &Limits::default()).await.expect_err("silent");
    assert_eq!(failure.reason, LossReason::Timeout);
    assert!(began.elapsed() < Duration::from_secs(13), "{:?}", began.elapsed());
    room.end().await;
    Ok(())
}

/// Of this process, which is the test's own: the library's, the bridge's, the simulated camera's.
fn sockets() -> Result<usize> {
    let links =
        std::fs::read_dir("/proc/self/fd")?.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    Ok(links.filter(|link| link.to_string_lossy().starts_with("socket:")).count())
}

#[tokio::test]
async fn a_camera_that_was_silent_for_a_while_gets_no_bridge_for_ever() -> Result<()> {
    let mut room = Room::new(Auth::Md5, Mode::None).await?;
    room.open(1);
    room.wait_live().await?;
    let alone = sockets()?;
    room.sim.set_mode("C001", StreamKind::Sub, Mode::Silent)?;
    // The second try without an answer goes through the bridge.
    let first = room.wait_lost(LossReason::Timeout).await?.attempt;
    while room.wait_lost(LossReason::Timeout).await?.attempt < first + 2 {}
    room.sim.set_mode("C001", StreamKind::Sub, Mode::None)?;
    room.wait_live().await?;
    for _ in 0..100 {
        if sockets()? == alone {
            room.end().await;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("{alone} sockets before, {} after", sockets()?)
}

#[tokio::test]
async fn a_camera_that_broke_off_or_stalled_comes_back_the_way_it_was() -> Result<()> {
    for (mode, lost) in [(Mode::CutMidFrame, LossReason::Closed), (Mode::Stall, LossReason::Stalled)] {
        let mut room = Room::new(Auth::Md5, Mode::None).await?;
        room.open(1);
        room.wait_live().await?;
        let alone = sockets()?;
        room.sim.set_mode("C001", StreamKind::Sub, mode)?;
        // Twice: connected again, it fails again.
        let first = room.wait_lost(lost).await?.attempt;
        while room.wait_lost(lost).await?.attempt < first {}
        room.sim.set_mode("C001", StreamKind::Sub, Mode::None)?;
        let state = room.wait_live().await?;
        assert_eq!(state.transport, Some(Transport::Tcp), "{mode:?}");
        let began = Instant::now();
        while sockets()? != alone {
            assert!(began.elapsed() < Duration::from_secs(15), "{mode:?}: {alone} before, {}", sockets()?);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        room.end().await;
    }
    Ok(())
}

#[tokio::test]
async fn a_stalled_camera_is_shown_given_up_and_found_again() -> Result<()> {
    let mut room = Room::new(Auth::Md5, Mode::None).await?;
    let stream = room.open(1);
    let mut lane = room.ingest.view(stream).context("open")?;
    room.wait_live().await?;
    let first = lane.next().await.context("closed")?;
    room.sim.set_mode("C001", StreamKind::Sub, Mode::Stall)?;
    let stalled = room.wait("stalled", 8, |state| state.phase == SessionPhase::Stalled).await?;
    assert_eq!(stalled.reason, Some(LossReason::Stalled));
    let lost = room.wait_lost(LossReason::Stalled).await?;
    assert!((lost.since - stalled.since).abs() < 500_000);
    room.sim.set_mode("C001", StreamKind::Sub, Mode::None)?;
    room.wait_live().await?;
    // The same lane goes on, with a key frame of a new run.
    loop {
        let sample = tokio::time::timeout(Duration::from_secs(10), lane.next()).await?.context("closed")?;
        if sample.run != first.run {
            assert!(sample.key);
            break;
        }
    }
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_and_one_that_is_changed_while_playing() -> Result<()> {
    for auth in [Auth::Basic, Auth::Sha256] {
        let mut room = Room::new(auth, Mode::None).await?;
        let source = room.source(1, "wrong");
        room.ingest.open(source.clone());
        room.wait_lost(LossReason::Unauthorized).await?;
        let mut right = room.source(1, PASSWORD);
        right.stream = source.stream;
        room.ingest.open(right.clone());
        room.wait_live().await?;
        room.sim.set_password("another".into());
        room.wait_lost(LossReason::Unauthorized).await?;
        right.credential.as_mut().context("credential")?.password = "another".into();
        room.ingest.open(right);
        room.wait_live().await?;
        room.end().await;
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_a_picture() -> Result<()> {
    let mut room = Room::new(Auth::Md5, Mode::CutMidFrame).await?;
    let stream = room.open(1);
    room.wait_live().await?;
    room.wait("lost", 10, |state| state.phase == SessionPhase::Retrying).await?;
    room.wait_live().await?;
    assert!(room.ingest.stats(stream).context("open")?.reconnects >= 1);
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn lost_packets_are_counted_and_their_pictures_marked() -> Result<()> {
    let mut room = Room::new(Auth::None, Mode::Drop(0.05)).await?;
    let stream = room.open(1);
    room.wait_live().await?;
    let samples = room.samples(stream, 120).await?;
    let damaged = samples.iter().filter(|sample| sample.damaged).count();
    let stats = room.ingest.stats(stream).context("open")?;
    assert!(damaged > 0 && stats.lost_packets > 0, "{damaged} damaged, {stats:?}");
    assert!(samples.iter().any(|sample| !sample.damaged));
    assert_eq!(room.ingest.state(stream).context("open")?.phase, SessionPhase::Live);
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn garbage_does_no_harm() -> Result<()> {
    let mut room = Room::new(Auth::None, Mode::Garbage).await?;
    let stream = room.open(1);
    room.wait_live().await?;
    assert!(room.samples(stream, 30).await?[0].key);
    room.end().await;
    Ok(())
}

async fn probed(room: &Room, mode: Mode) -> Result<ProbeFailure> {
    room.sim.set_mode("C001", StreamKind::Sub, mode)?;
    Ok(probe(&room.source(1, PASSWORD), &room.limits).await.expect_err("a failure"))
}

#[tokio::test]
async fn probes_say_plainly_what_is_wrong() -> Result<()> {
    let room = Room::new(Auth::Md5, Mode::None).await?;
    let found = probe(&room.source(1, PASSWORD), &room.limits).await?;
    assert_eq!((found.params.width_px, found.params.height_px), (320, 180));
    assert!((14.0..16.0).contains(&found.fps), "{}", found.fps);
    assert!(found.samples[0].key && found.samples.len() > 5 && found.bitrate_bps > 10_000);
    let with_audio = probe(&room.source(2, PASSWORD), &room.limits).await?;
    assert!(with_audio.audio.is_some());
    assert_eq!(probed(&room, Mode::NotFound).await?.reason, LossReason::NotFound);
    assert_eq!(probed(&room, Mode::NoVideo).await?.reason, LossReason::NoVideo);
    let unsupported = probed(&room, Mode::UnsupportedCodec).await?;
    assert_eq!(unsupported.reason, LossReason::UnsupportedCodec);
    assert!(unsupported.detail.contains("jpeg"), "{unsupported}");
    assert_eq!(probed(&room, Mode::Unauthorized).await?.reason, LossReason::Unauthorized);
    room.sim.set_mode("C001", StreamKind::Sub, Mode::None)?;
    let mut nobody = room.source(1, PASSWORD);
    let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    nobody.url = format!("rtsp://127.0.0.1:{free}/x").parse()?;
    assert_eq!(probe(&nobody, &room.limits).await.expect_err("nobody").reason, LossReason::Refused);
    nobody.url = "rtsp://no-such-camera.invalid/x".parse()?;
    assert_eq!(probe(&nobody, &room.limits).await.expect_err("no name").reason, LossReason::Dns);
    room.end().await;
    Ok(())
}

/// Resident memory in KiB.
fn resident_kib() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split_whitespace().nth(1).context("statm")?.parse()?;
    Ok(pages * 4)
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn reconnecting_takes_no_memory() -> Result<()> {
    let full = std::env::var_os("EASIEN_FULL").is_some();
    let (warm, all) = if full { (100, 500) } else { (8, 24) };
    let limits = Limits {
        back_off_first: Duration::from_millis(1),
        back_off_most: Duration::from_millis(2),
        ..short()
    };
    let mut room = Room::with(Auth::Md5, &[], limits, Duration::from_secs(60)).await?;
    let stream = room.open(1);
    let mut before = 0;
    for round in 0..all {
        room.wait_live().await.with_context(|| format!("round {round}"))?;
        // Another mode that only new sessions see ends the running one.
        let mode = if round % 2 == 0 { Mode::RefuseUdp } else { Mode::None };
        room.sim.set_mode("C001", StreamKind::Sub, mode)?;
        room.wait("lost", 10, |state| state.phase != SessionPhase::Live).await?;
        if round == warm {
            before = resident_kib()?;
        }
    }
    let grown = resident_kib()?.saturating_sub(before);
    println!("{all} reconnects: {grown} KiB more than after {warm}");
    assert!(grown <= 5 * 1024, "grown by {grown} KiB");
    assert!(room.ingest.stats(stream).context("open")?.reconnects >= all - 1);
    room.end().await;
    Ok(())
}
