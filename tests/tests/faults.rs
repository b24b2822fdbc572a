//! Cameras that misbehave as real ones do: within 15 s there is the right picture, or the right state and reason, and
//! never a wrong or a frozen picture.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result};
use easien_camsim::Mode;
use easien_link::data::Camera;
use easien_model::{LossReason, SessionPhase, StreamKind};
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::{strips::Seen, wait};
use secrecy::SecretString;
use std::time::Duration;

/// What the issue gives every fault.
const WITHIN: Duration = Duration::from_secs(15);

/// A room whose cameras begin in these modes, C001 in the first, and so on. Small pictures: drawn in no time.
fn room(name: &str, modes: &[Mode]) -> Result<Room> {
    let count = u16::try_from(modes.len())?;
    let mut room = Room::new(name)?;
    let mut options = easien_camsim::Options { small: true, ..cameras_like_in_the_demo(count) };
    options.modes =
        (1..).zip(modes).map(|(number, mode)| (format!("C{number:03}"), StreamKind::Sub, *mode)).collect();
    room.start_cameras(options)?;
    room.start_station()?;
    room.add_simulated()?;
    room.start_display(1920, 1080)?;
    room.start_window()?;
    Ok(room)
}

fn sub(cameras: &[Camera], number: u16) -> Result<(SessionPhase, Option<LossReason>)> {
    let code = format!("C{number:03}");
    let camera = cameras.iter().find(|camera| camera.code == code).context("camera")?;
    let session =
        camera.sessions.iter().find(|session| session.which == StreamKind::Sub).context("session")?;
    Ok((session.state.phase, session.state.reason))
}

fn wait_reason(room: &Room, number: u16, reasons: &[LossReason]) -> Result<()> {
    wait::until(&format!("C{number:03} says {reasons:?}"), WITHIN, LOOK, || {
        let cameras = room.cameras().map_err(|error| error.to_string())?;
        let (phase, reason) = sub(&cameras, number).map_err(|error| error.to_string())?;
        let lost = phase != SessionPhase::Live && reason.is_some_and(|reason| reasons.contains(&reason));
        if lost { Ok(()) } else { Err(format!("{phase:?} {reason:?}")) }
    })
}

fn frame_of(seen: &[Seen], number: u16) -> Option<u16> {
    seen.iter().find(|seen| seen.camera == number).map(|seen| seen.frame)
}

/// The camera's picture is on the screen and moves.
fn wait_moving(room: &Room, number: u16) -> Result<()> {
    wait_moving_within(room, number, WITHIN)
}

fn wait_moving_within(room: &Room, number: u16, limit: Duration) -> Result<()> {
    let first = wait::until(&format!("C{number:03} on the screen"), limit, LOOK, || {
        let seen = room.seen().map_err(|error| error.to_string())?;
        frame_of(&seen, number).ok_or_else(|| format!("{seen:?}"))
    })?;
    wait::until(&format!("C{number:03} moves"), Duration::from_secs(6), LOOK, || {
        let seen = room.seen().map_err(|error| error.to_string())?;
        frame_of(&seen, number).filter(|frame| *frame != first).map(drop).ok_or(format!("still {first}"))
    })
}

/// The camera's picture is not on the screen: a lost camera's tile is hatched.
fn wait_gone(room: &Room, number: u16) -> Result<()> {
    wait::until(&format!("C{number:03} not painted"), WITHIN, LOOK, || {
        let seen = room.seen().map_err(|error| error.to_string())?;
        if frame_of(&seen, number).is_none() { Ok(()) } else { Err("painted".to_owned()) }
    })
}

#[test]
fn odd_streams_show_the_right_picture() -> Result<()> {
    let modes = [
        Mode::Gop20,
        Mode::BFrames,
        Mode::SizeChange,
        Mode::WrongSdp,
        Mode::InlineParameters,
        Mode::SeveralParameterSets,
        Mode::RecoveryPoint,
        Mode::RefuseTcp,
        Mode::SetParameterFault,
    ];
    let room = room("odd", &modes)?;
    for (number, mode) in (1..).zip(modes) {
        // Who joins a stream with a key frame each 20 s may have to wait for the next one; nothing is shown till then.
        let limit = if mode == Mode::Gop20 { Duration::from_secs(24) } else { WITHIN };
        wait_moving_within(&room, number, limit).with_context(|| mode.to_string())?;
    }
    // A keep-alive fault shows after the session's 15 s, a size change with every round: look again later.
    std::thread::sleep(Duration::from_secs(if wait::rounds(0, 1) == 1 { 40 } else { 12 }));
    for (number, mode) in (1..).zip(modes) {
        wait_moving(&room, number).with_context(|| format!("{mode}, later"))?;
    }
    Ok(())
}

#[test]
fn faults_have_their_state_and_reason() -> Result<()> {
    let faults = [
        (Mode::Silent, &[LossReason::Timeout][..]),
        (Mode::Stall, &[LossReason::Stalled]),
        (Mode::Garbage, &[LossReason::Undecodable]),
        (Mode::NotFound, &[LossReason::NotFound]),
        (Mode::NoVideo, &[LossReason::NoVideo]),
        (Mode::UnsupportedCodec, &[LossReason::UnsupportedCodec]),
    ];
    let good = [Mode::None; 6];
    let room = room("faults", &good)?;
    for number in 1..=6 {
        wait_moving(&room, number)?;
    }
    let set = |number: u16, mode| -> Result<()> {
        for which in [StreamKind::Sub, StreamKind::Main] {
            room.sim()?.set_mode(&format!("C{number:03}"), which, mode)?;
        }
        Ok(())
    };
    for (number, (mode, _)) in (1_u16..).zip(faults) {
        set(number, mode)?;
    }
    for (number, (mode, reasons)) in (1_u16..).zip(faults) {
        wait_reason(&room, number, reasons).with_context(|| mode.to_string())?;
        wait_gone(&room, number).with_context(|| mode.to_string())?;
    }
    // Mended cameras come back by themselves.
    for number in 1_u16..=6 {
        set(number, Mode::None)?;
    }
    room.wait_live(6, Duration::from_secs(60))?;
    for number in 1..=6 {
        wait_moving(&room, number)?;
    }
    Ok(())
}

/// The main stream of the camera in focus is open. It is painted when the sub stream is lost: neither an empty tile nor
/// the sub stream's last picture.
#[test]
fn a_live_main_stream_stands_in_for_a_lost_sub_stream() -> Result<()> {
    let room = room("stand-in", &[Mode::None])?;
    wait_moving(&room, 1)?;
    wait::until("the main stream is open", Duration::from_secs(30), LOOK, || {
        let cameras = room.cameras().map_err(|error| error.to_string())?;
        let main = cameras.iter().flat_map(|camera| &camera.sessions);
        let live = main.filter(|session| session.which == StreamKind::Main);
        let live = live.filter(|session| session.state.phase == SessionPhase::Live).count();
        if live == 1 { Ok(()) } else { Err("not live".to_owned()) }
    })?;
    for (mode, reason) in [(Mode::Silent, LossReason::Timeout), (Mode::Garbage, LossReason::Undecodable)] {
        room.sim()?.set_mode("C001", StreamKind::Sub, mode)?;
        wait_reason(&room, 1, &[reason]).with_context(|| mode.to_string())?;
        for _ in 0..5 {
            wait_moving(&room, 1).with_context(|| mode.to_string())?;
        }
        // Each fault finds a good stream: a session that is still being tried has a time limit of its own.
        room.sim()?.set_mode("C001", StreamKind::Sub, Mode::None)?;
        wait::until("the sub stream is live again", Duration::from_secs(30), LOOK, || {
            let cameras = room.cameras().map_err(|error| error.to_string())?;
            let (phase, reason) = sub(&cameras, 1).map_err(|error| error.to_string())?;
            if phase == SessionPhase::Live { Ok(()) } else { Err(format!("{phase:?} {reason:?}")) }
        })?;
        for _ in 0..5 {
            wait_moving(&room, 1).with_context(|| format!("after {mode}"))?;
        }
    }
    Ok(())
}

#[test]
fn a_changed_password_says_so() -> Result<()> {
    let room = room("password", &[Mode::None])?;
    wait_moving(&room, 1)?;
    room.sim()?.set_password(SecretString::from("another"));
    wait_reason(&room, 1, &[LossReason::Unauthorized])?;
    wait_gone(&room, 1)
}
