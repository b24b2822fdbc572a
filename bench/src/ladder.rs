//! Sixty-four tiles: what they cost at full rate, what becomes of them while three other processes want the machine, and
//! how soon they are back. Judged by the strips on the screen: a tile that shows key frames only is a step down.

use crate::pace;
use crate::report::Report;
use anyhow::Result;
use easien_link::Event;
use easien_model::StreamKind;
use easien_tests::child::{self, Child};
use easien_tests::hands::key;
use easien_tests::proc::CpuMeter;
use easien_tests::room::Room;
use easien_tests::schedule::Schedule;
use easien_tests::strips::Seen;
use easien_tests::watch::{Look, Watch};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

const CAMERAS: u16 = 64;
const BUSY: usize = 3;
/// Frames from key frame to key frame of a sub stream.
const GOP: u16 = 30;
/// A tile that shows nothing new for so long is not at its full rate.
const PAUSE: Duration = Duration::from_millis(500);
/// How often the screen is looked at; each look costs the machine something too.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Measures it.
///
/// # Errors
/// When the room does not come up.
pub fn measure(report: &mut Report) -> Result<()> {
    let room = Room::with_wall("bench-ladder", CAMERAS)?;
    room.wait_seen("a wall", Duration::from_secs(60), |seen| seen.len() >= 16)?;
    room.hands()?.press_with(&[key::ALT], u32::from('7'))?;
    let seen =
        room.wait_seen("64 tiles", Duration::from_secs(60), |seen| seen.len() == usize::from(CAMERAS))?;
    sleep(pace::seconds(15, 5));
    alone(&room, &seen, report)?;
    pressed(&room, &seen, report)
}

fn watch<'a>(room: &'a Room, seen: &[Seen]) -> Result<Watch<'a>> {
    Ok(Watch::new(room.screen()?, seen.iter().map(|seen| seen.area).collect()))
}

/// With the machine to itself: the cost first, with nobody looking, then what is seen.
fn alone(room: &Room, seen: &[Seen], report: &mut Report) -> Result<()> {
    let pids: Vec<u32> = [&room.station, &room.window].into_iter().flatten().map(Child::pid).collect();
    let meter = CpuMeter::begin(&pids);
    let mut told = vec![];
    for _ in 0..pace::seconds(30, 6).as_secs() / 2 {
        told.extend(room.status()?.painted_fps.map(f64::from));
    }
    let used = meter.end();
    report.add("tiles64_cpu_core", used.cores, "core without Xvfb");
    for (name, cores) in &used.by_name {
        report.add(&format!("tiles64_of_which_{name}"), *cores, "core");
    }
    report.add("tiles64_rss_mb", used.rss_bytes as f64 / 1e6, "MB");
    report.add(
        "tiles64_told_fps",
        told.iter().sum::<f64>() / told.len() as f64,
        "pictures/s and tile, as reported",
    );

    let mut trail = Trail::new(seen);
    let watch = watch(room, seen)?;
    let began = Instant::now();
    watch.follow(pace::seconds(20, 6), Duration::from_millis(15), |look| {
        trail.add(look);
        false
    })?;
    let seconds = began.elapsed().as_secs_f64();
    let rates: Vec<f64> = trail.tiles.iter().map(|tile| f64::from(tile.painted) / seconds).collect();
    report.add("tiles64_fps", rates.iter().sum::<f64>() / rates.len() as f64, "pictures/s and tile, seen");
    report.add("tiles64_fps_min", rates.iter().copied().fold(f64::INFINITY, f64::min), "of the slowest tile");
    report.add("tiles64_width_px", f64::from(seen[0].area.width), "px");
    Ok(())
}

/// With three busy processes, and after them.
fn pressed(room: &Room, seen: &[Seen], report: &mut Report) -> Result<()> {
    let schedule = Schedule::of(room.sim()?, false);
    let watch = watch(room, seen)?;
    let mut busy = vec![];
    for _ in 0..BUSY {
        let mut command = child::command("sh");
        command.args(["-c", "while :; do :; done"]);
        busy.push(Child::start("a busy process", command, &room.logs().join("busy.log"))?);
    }
    let told = Levels::follow(room)?;
    let mut trail = Trail::new(seen);
    trail.schedule = Some(schedule);
    let begun = Instant::now();
    let during = pace::seconds(20, 12);
    // What is under way when they begin is not their time's yet.
    let from = begun + during / 3;
    watch.follow(during, LOOK_EVERY * 2, |look| {
        trail.add(look);
        if look.at > from {
            trail.count();
        }
        false
    })?;
    let stepped = trail.tiles.iter().filter(|tile| tile.counted > 0 && tile.counted == tile.keys).count();
    let rate = trail.tiles.iter().map(|tile| f64::from(tile.counted)).sum::<f64>()
        / (during - during / 3).as_secs_f64()
        / f64::from(CAMERAS);
    drop(busy);
    let ended = Instant::now();
    let mut last_pause = ended;
    trail.begin_pauses(ended);
    watch.follow(pace::seconds(30, 16), LOOK_EVERY, |look| {
        trail.add(look);
        if trail.tiles.iter().any(|tile| look.at.saturating_duration_since(tile.new_at.max(ended)) > PAUSE) {
            last_pause = look.at;
        }
        false
    })?;
    report.add("busy_told_level", f64::from(told.most(begun, ended)), "steps down, as reported; 0 is none");
    report.add(
        "busy_told_back_s",
        told.back(ended),
        "s after their end until the last report of a step down",
    );
    report.add("busy_tiles_at_key_frames", stepped as f64, "of 64 tiles stepped down to key frames only");
    report.add("busy_fps", rate, "pictures/s and tile meanwhile");
    report.add(
        "busy_age_max_s",
        trail.oldest.as_secs_f64(),
        "s, the oldest picture at any look, meanwhile and after",
    );
    report.add("busy_unread", f64::from(trail.unread), "looks at a tile without a picture");
    report.add("busy_back_s", (last_pause - ended).as_secs_f64(), "s after their end until no tile pauses");
    report.add(
        "busy_tier_changes",
        f64::from(trail.changes()) / f64::from(CAMERAS),
        "changes of rate a tile",
    );
    Ok(())
}

/// What the station says about its pictures: how many steps they were taken down, when.
struct Levels(Arc<Mutex<Vec<(Instant, u32)>>>);

impl Levels {
    fn follow(room: &Room) -> Result<Self> {
        let told: Arc<Mutex<Vec<(Instant, u32)>>> = Arc::default();
        let (mut events, into) = (room.client()?.events(), told.clone());
        room.spawn(async move {
            while let Some(event) = events.next().await {
                if let Event::RoomStatus(status) = event {
                    let mut told = into.lock().unwrap_or_else(PoisonError::into_inner);
                    told.push((Instant::now(), status.pictures_level));
                }
            }
        });
        Ok(Self(told))
    }

    fn told(&self) -> Vec<(Instant, u32)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn most(&self, from: Instant, to: Instant) -> u32 {
        let within = |(at, _): &(Instant, u32)| (from..to).contains(at);
        self.told().into_iter().filter(within).map(|(_, level)| level).max().unwrap_or(0)
    }

    fn back(&self, ended: Instant) -> f64 {
        let down = |(at, level): &(Instant, u32)| *at > ended && *level > 0;
        self.told().into_iter().filter(down).map(|(at, _)| (at - ended).as_secs_f64()).fold(0.0, f64::max)
    }
}

/// What was seen of each tile.
struct Trail {
    cameras: Vec<u16>,
    tiles: Vec<Tile>,
    schedule: Option<Schedule>,
    oldest: Duration,
    unread: u32,
}

#[derive(Clone)]
struct Tile {
    frame: Option<u16>,
    new: bool,
    /// Different pictures.
    painted: u32,
    /// Of those, since counting began: all, and key frames.
    counted: u32,
    keys: u32,
    new_at: Instant,
    /// Pictures in the second that runs, and whether the last second was a fast one.
    second: (Instant, u32),
    fast: Option<bool>,
    changes: u32,
}

impl Trail {
    fn new(seen: &[Seen]) -> Self {
        let now = Instant::now();
        let tile = Tile {
            frame: None,
            new: false,
            painted: 0,
            counted: 0,
            keys: 0,
            new_at: now,
            second: (now, 0),
            fast: None,
            changes: 0,
        };
        Self {
            cameras: seen.iter().map(|seen| seen.camera).collect(),
            tiles: vec![tile; seen.len()],
            schedule: None,
            oldest: Duration::ZERO,
            unread: 0,
        }
    }

    fn add(&mut self, look: &Look) {
        for ((tile, camera), strip) in self.tiles.iter_mut().zip(&self.cameras).zip(&look.strips) {
            let strip = strip.filter(|strip| strip.camera == *camera);
            tile.new = strip.is_some_and(|strip| tile.frame != Some(strip.frame));
            let Some(strip) = strip else {
                self.unread += 1;
                continue;
            };
            if tile.new {
                tile.frame = Some(strip.frame);
                tile.painted += 1;
                tile.new_at = look.at;
            }
            tile.pass(look.at);
            let age = self.schedule.as_ref().and_then(|it| it.age(strip, StreamKind::Sub, look.at));
            self.oldest = self.oldest.max(age.unwrap_or_default());
        }
    }

    /// Counts what is new at the last look.
    fn count(&mut self) {
        for tile in self.tiles.iter_mut().filter(|tile| tile.new) {
            tile.counted += 1;
            tile.keys += u32::from(tile.frame.is_some_and(|frame| frame % GOP == 0));
        }
    }

    fn begin_pauses(&mut self, at: Instant) {
        for tile in &mut self.tiles {
            tile.new_at = tile.new_at.max(at);
        }
    }

    fn changes(&self) -> u32 {
        self.tiles.iter().map(|tile| tile.changes).sum()
    }
}

impl Tile {
    /// Whether each two seconds were at full rate or at key frames; what lies between changes nothing.
    fn pass(&mut self, at: Instant) {
        self.second.1 += u32::from(self.new);
        if at - self.second.0 < Duration::from_secs(2) {
            return;
        }
        let fast = match self.second.1 {
            0..=3 => Some(false),
            10.. => Some(true),
            _ => None,
        };
        if let Some(fast) = fast {
            self.changes += u32::from(self.fast.is_some_and(|before| before != fast));
            self.fast = Some(fast);
        }
        self.second = (at, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_camsim::strip::Strip;
    use easien_tests::screen::Area;

    #[test]
    fn a_tile_that_goes_down_and_comes_back_changes_twice() {
        let seen = [Seen { camera: 3, frame: 0, area: Area::default() }];
        let mut trail = Trail::new(&seen);
        let begun = Instant::now();
        for tenth in 0..200_u64 {
            // Full rate, key frames only from 6 s to 12 s, full rate.
            let frame = tenth * 15 / 10;
            let frame = if (60..120).contains(&tenth) { frame / 30 * 30 } else { frame };
            let strip = Strip { camera: 3, frame: u16::try_from(frame % 150).unwrap_or(0) };
            trail.add(&Look { at: begun + Duration::from_millis(tenth * 100), strips: vec![Some(strip)] });
            if (70..120).contains(&tenth) {
                trail.count();
            }
        }
        assert_eq!(trail.changes(), 2);
        assert!(trail.tiles[0].counted > 0);
        assert_eq!(trail.tiles[0].counted, trail.tiles[0].keys);
    }
}
