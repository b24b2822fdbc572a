//! The window's shell: everything killed comes back by itself, one desk a folder, further walls, the orderly end.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result};
use easien_link::commands::call;
use easien_tests::child::Child;
use easien_tests::proc;
use easien_tests::room::{LOOK, Room};
use easien_tests::wait;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(20);

/// The window with its parent, as people start it.
fn supervised(room: &Room, more: &[&str]) -> Result<Child> {
    let mut command = room.window_command()?;
    command.args(more);
    Child::start("easien", command, &room.logs().join("window.log"))
}

/// The processes of this name below a process.
fn below(root: u32, name: &str) -> Vec<u32> {
    proc::tree(&[root])
        .into_iter()
        .filter(|(pid, p)| *pid != root && p.name == name)
        .map(|(pid, _)| pid)
        .collect()
}

fn kill(pid: u32) -> Result<()> {
    kill_process(Pid::from_raw(i32::try_from(pid)?).context("pid")?, Signal::KILL)?;
    Ok(())
}

/// A station that a window started is in no test's process group.
struct StationOf(std::path::PathBuf);

impl Drop for StationOf {
    fn drop(&mut self) {
        let holder = std::fs::read_to_string(self.0.join("station.lock")).unwrap_or_default();
        if let Ok(pid) = holder.trim().parse()
            && proc::all().get(&pid).is_some_and(|process| process.name == "easien-station")
        {
            let _ = kill(pid);
        }
    }
}

fn ends(child: &mut Child, limit: Duration) -> Result<Option<i32>> {
    wait::until("its end", limit, LOOK, || match child.ended() {
        Ok(Some(status)) => Ok(status.code()),
        Ok(None) => Err("it runs".to_owned()),
        Err(error) => Err(error.to_string()),
    })
}

#[test]
fn all_that_is_killed_comes_back_by_itself_as_it_was() -> Result<()> {
    let mut room = Room::with_wall_closed("comes-back", 16)?;
    let _station = StationOf(room.data());
    let mut parent = supervised(&room, &[])?;
    room.screen()?.maximise(SOON)?;
    let all: Vec<u16> = (1..=16).collect();
    let before = room.wait_cameras(&all, Duration::from_secs(40))?;
    // The place is written down when the window rests.
    std::thread::sleep(Duration::from_millis(1500));

    let station = room.station.as_ref().context("station")?.pid();
    let window = *below(parent.pid(), "easien").first().context("the window's own process")?;
    let begun = Instant::now();
    for pid in below(station, "easien-picture").into_iter().chain([station, window]) {
        kill(pid)?;
    }
    wait::until("an empty screen", SOON, LOOK, || match room.seen() {
        Ok(seen) if seen.is_empty() => Ok(()),
        other => Err(format!("{other:?}")),
    })?;
    let after = room.wait_cameras(&all, SOON)?;
    let took = begun.elapsed();
    eprintln!(
        "killed: station, workers, window; all 16 tiles painted again after {:.1} s",
        took.as_secs_f32()
    );
    // By their corners: sizes are read from the strips, and a pixel more or less is the reading's.
    let corners = |seen: &[easien_tests::strips::Seen]| -> BTreeMap<u16, (u32, u32)> {
        seen.iter().map(|seen| (seen.camera, (seen.area.x / 4, seen.area.y / 4))).collect()
    };
    assert_eq!(corners(&after), corners(&before), "as it was, tile by tile");
    // What a busy machine may take; `./dev bench start` measures.
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(parent.ended()?.is_none());

    // Started once more: the one that is there comes to the front, and this one ends well.
    let mut second = supervised(&room, &[])?;
    assert_eq!(ends(&mut second, SOON)?, Some(0), "{}", second.log_end());
    assert_eq!(below(parent.pid(), "easien").len(), 1);

    // A person stops everything: the window and its parent end, the station too, and nobody starts it again.
    let _ = room.station.take();
    room.connect(SOON)?;
    room.call::<call::StationStop>(())?;
    assert_eq!(ends(&mut parent, SOON)?, Some(0), "{}", parent.log_end());
    std::thread::sleep(Duration::from_secs(1));
    assert!(room.connect(Duration::from_millis(300)).is_err(), "no station");
    Ok(())
}

#[test]
fn a_parent_that_is_killed_leaves_its_window_alone() -> Result<()> {
    let room = Room::with_wall_closed("orphan", 1)?;
    let mut parent = supervised(&room, &[])?;
    room.screen()?.maximise(SOON)?;
    room.wait_cameras(&[1], SOON)?;
    let window = *below(parent.pid(), "easien").first().context("the window's own process")?;
    parent.kill()?;
    std::thread::sleep(Duration::from_secs(2));
    room.wait_cameras(&[1], SOON)?;
    // It still ends in order.
    kill_process(Pid::from_raw(i32::try_from(window)?).context("pid")?, Signal::TERM)?;
    wait::until("the window's end", SOON, LOOK, || {
        if proc::all().contains_key(&window) { Err("it runs") } else { Ok(()) }
    })?;
    Ok(())
}

#[test]
fn a_further_wall_opens_again_until_somebody_closes_it() -> Result<()> {
    let mut room = Room::with_wall_closed("walls", 2)?;
    let windows = |room: &Room, count: usize| -> Result<()> {
        wait::until(&format!("{count} windows"), SOON, LOOK, || {
            let there =
                room.screen().and_then(|screen| screen.windows()).map_err(|error| error.to_string())?;
            if there.len() == count { Ok(()) } else { Err(format!("{there:?}")) }
        })
    };
    let mut main = supervised(&room, &[])?;
    windows(&room, 1)?;
    let mut wall = supervised(&room, &["--new-window"])?;
    windows(&room, 2)?;
    let file = room.data().join("window-wall-2.json");
    let remembered = || std::fs::read_to_string(&file).unwrap_or_default();
    wait::until("the wall remembers itself", SOON, LOOK, || {
        let text = remembered();
        if text.contains("\"bare\":true") && text.contains("\"open\":true") { Ok(()) } else { Err(text) }
    })?;
    // The session ends: both are asked to end, and both are there again with the next start.
    main.stop(SOON)?;
    wall.stop(SOON)?;
    windows(&room, 0)?;
    let mut main = supervised(&room, &[])?;
    windows(&room, 2)?;
    // "Leave" is for all of them, and the next start has all of them again.
    let ask = easien_link::data::WindowAsk { window: None, wish: easien_link::data::WindowWish::Leave };
    room.connect(SOON)?;
    room.call::<call::WindowAsk>(ask)?;
    assert_eq!(ends(&mut main, SOON)?, Some(0));
    windows(&room, 0)?;
    assert!(remembered().contains("\"open\":true"));
    Ok(())
}

#[test]
fn a_window_whose_monitor_is_pulled_moves_and_goes_home_again() -> Result<()> {
    let mut room = Room::with_wall_closed("monitors", 2)?;
    room.start_two_monitors()?;
    let stands = |room: &Room, what: &str, wanted: &[(u32, u32)]| -> Result<()> {
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        wait::until(what, SOON, LOOK, || {
            let there =
                room.screen().and_then(|screen| screen.windows()).map_err(|error| error.to_string())?;
            let mut at: Vec<(u32, u32)> = there.iter().map(|(_, area)| (area.x, area.width)).collect();
            at.sort_unstable();
            if at == wanted { Ok(()) } else { Err(format!("{at:?}")) }
        })
    };
    let plug =
        |room: &Room, on: bool| -> Result<()> { room.display.as_ref().context("display")?.0.plug_second(on) };
    let second = r#"{"name":"DUMMY1","x":1280,"y":0,"width":1280,"height":720}"#;
    let mut wall = supervised(&room, &["--new-window", "--monitor", second])?;
    stands(&room, "the wall over its monitor", &[(1280, 1280)])?;
    let on_second =
        |seen: &[easien_tests::strips::Seen]| seen.len() == 2 && seen.iter().all(|seen| seen.area.x >= 1280);
    room.wait_seen("both cameras there", SOON, on_second)?;
    for _ in 0..2 {
        plug(&room, false)?;
        stands(&room, "the wall over the monitor that is left", &[(0, 1280)])?;
        room.wait_seen("both cameras there", SOON, |seen| {
            seen.len() == 2 && seen.iter().all(|seen| seen.area.x + seen.area.width <= 1280)
        })?;
        plug(&room, true)?;
        stands(&room, "the wall at home again", &[(1280, 1280)])?;
        room.wait_seen("both cameras at home", SOON, on_second)?;
    }
    // It is started while its monitor is away, and still knows where it belongs.
    wall.stop(SOON)?;
    plug(&room, false)?;
    let mut wall = supervised(&room, &[])?;
    stands(&room, "the wall where there is room", &[(0, 1280)])?;
    plug(&room, true)?;
    stands(&room, "the wall at home after all", &[(1280, 1280)])?;
    room.wait_seen("both cameras at home", SOON, on_second)?;
    wall.stop(SOON)?;
    Ok(())
}
