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
    let areas = |seen: &[easien_tests::strips::Seen]| -> BTreeMap<u16, _> {
        seen.iter().map(|seen| (seen.camera, seen.area)).collect()
    };
    assert_eq!(areas(&after), areas(&before), "as it was, tile by tile");
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

/// Xorg with a card of air: monitors that can be plugged in and out.
struct Monitors {
    xorg: Child,
    name: String,
}

impl Monitors {
    fn start(folder: &std::path::Path) -> Result<Self> {
        let config = folder.join("xorg.conf");
        std::fs::write(&config, include_str!("monitors.conf"))?;
        let log = folder.join("xorg.log");
        let mut command = easien_tests::child::command("Xorg");
        command.args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-novtswitch", "-sharevts"]);
        command.arg("-config").arg(&config).arg("-logfile").arg(folder.join("xorg-server.log"));
        command.stdout(std::process::Stdio::piped()).stderr(std::fs::File::create(&log)?);
        let mut xorg = Child::start_as_is("Xorg", command, &log)?;
        let mut number = String::new();
        std::io::BufRead::read_line(
            &mut std::io::BufReader::new(xorg.stdout().context("output")?),
            &mut number,
        )?;
        anyhow::ensure!(!number.trim().is_empty(), "Xorg did not come up: {}", xorg.log_end());
        let monitors = Self { xorg, name: format!(":{}", number.trim()) };
        monitors.xrandr(&["--output", "DUMMY0", "--mode", "1920x1080", "--pos", "0x0"])?;
        monitors.xrandr(&["--addmode", "DUMMY1", "1920x1080"])?;
        monitors.plug(true)?;
        Ok(monitors)
    }

    fn xrandr(&self, args: &[&str]) -> Result<()> {
        let done = std::process::Command::new("xrandr").args(args).env("DISPLAY", &self.name).output()?;
        anyhow::ensure!(done.status.success(), "xrandr {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    fn plug(&self, second: bool) -> Result<()> {
        if second {
            self.xrandr(&["--output", "DUMMY1", "--mode", "1920x1080", "--pos", "1920x0"])
        } else {
            self.xrandr(&["--output", "DUMMY1", "--off"])
        }
    }
}

#[test]
fn a_wall_goes_with_its_monitor_and_comes_home() -> Result<()> {
    let mut room = Room::new("monitors")?;
    room.start_station()?;
    let monitors = Monitors::start(&room.logs())?;
    anyhow::ensure!(monitors.xorg.pid() > 0);
    let screen = easien_tests::screen::Screen::connect(&monitors.name)?;
    let stands = |what: &str, x: u32| -> Result<()> {
        wait::until(what, SOON, LOOK, || {
            let windows = screen.windows().map_err(|error| error.to_string())?;
            match windows.first() {
                Some((_, area)) if (area.x, area.y, area.width, area.height) == (x, 0, 1920, 1080) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
    };
    let start = |more: &[&str]| -> Result<Child> {
        let mut command = easien_tests::child::command(easien_tests::programs::find("easien")?);
        command.arg("--data").arg(room.data()).args(["--alone", "--window", "wall-2"]).args(more);
        command.env("DISPLAY", &monitors.name).env("GDK_BACKEND", "x11").env_remove("WAYLAND_DISPLAY");
        command.env("NO_AT_BRIDGE", "1").env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        Child::start("easien", command, &room.logs().join("wall.log"))
    };
    let second = r#"{"name":"DUMMY1","x":1920,"y":0,"width":1920,"height":1080}"#;
    let mut wall = start(&["--wall", "--monitor", second])?;
    stands("the wall on the second monitor", 1920)?;
    monitors.plug(false)?;
    stands("the wall on the monitor that is left", 0)?;
    std::thread::sleep(Duration::from_secs(2));
    monitors.plug(true)?;
    stands("the wall at home again", 1920)?;
    wall.stop(SOON)?;
    // With its monitor away at the start, and back later.
    monitors.plug(false)?;
    let mut wall = start(&[])?;
    stands("the wall on the only monitor", 0)?;
    monitors.plug(true)?;
    stands("the wall at home again, after a start elsewhere", 1920)?;
    wall.stop(SOON)?;
    Ok(())
}
