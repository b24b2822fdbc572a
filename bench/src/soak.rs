//! A day's work of eight hours in half an hour: pages, grids, enlarged tiles, lost cameras, notes, stills, bookmarks,
//! review, crashes of workers and windows. What grows meanwhile? Looked at in one and the same state, to which the room
//! comes back between the rounds: sixteen tiles, nothing else open. Crashes end after two fifths of the time, so that there is
//! a process of each kind whose life is long enough to have a slope. All samples: target/bench/soak.csv.

mod act;
mod growth;

use crate::pace;
use crate::report::{self, Report};
use act::Operator;
use anyhow::{Context, Result};
use easien_tests::child::Child;
use easien_tests::dice::Dice;
use easien_tests::proc;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use growth::{Figures, Kind, Sample};
use std::fmt::Write as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

const CAMERAS: u16 = 32;
/// What the whole run stands for.
const HOURS: f64 = 8.0;
/// Of the whole run: not looked at, because caches fill and allocators settle.
const WARM_UP: f64 = 0.15;
/// Of the whole run: crashes happen until then.
const CRASHES: f64 = 0.4;
/// Of the whole run: a process that is younger is still warming up; as long as the first ones have.
const YOUNG: f64 = WARM_UP;
/// Acts between two looks.
const ACTS: usize = 12;

/// The benchmark.
///
/// # Errors
/// When the room does not come up, or does not come back.
pub fn run() -> Result<Report> {
    let mut report = Report::new("soak")?;
    let minutes = pace::minutes(30.0, 4.0);
    let whole = Duration::from_secs_f64(minutes * 60.0);
    let mut room = Room::new("bench-soak")?;
    room.start_cameras(cameras_like_in_the_demo(CAMERAS))?;
    room.start_station()?;
    room.add_simulated()?;
    room.wait_live(usize::from(CAMERAS), Duration::from_secs(120))?;
    room.start_display(1920, 1080)?;
    room.start_window()?;
    room.wait_seen("a wall", Duration::from_secs(60), |seen| seen.len() >= 16)?;
    let mut operator = Operator::new(Dice::new("soak"));
    rest(&mut operator, &mut room)?;

    let began = Instant::now();
    let mut samples = vec![];
    let mut crash_at = whole.mul_f64(0.05);
    while began.elapsed() < whole {
        for _ in 0..ACTS {
            operator.act(&mut room)?;
        }
        let past = began.elapsed();
        if past >= crash_at && past < whole.mul_f64(CRASHES) {
            operator.crash(&mut room)?;
            crash_at = past + whole.mul_f64(0.05);
        }
        rest(&mut operator, &mut room)?;
        samples.push(Sample { at: began.elapsed(), of: look(&room)? });
    }
    write_csv(&samples, whole)?;
    tell(&samples, whole, &operator, &mut report);
    Ok(report)
}

/// As it is looked at; where the room does not come back to that, its screen is kept: target/bench/soak-failed.png.
fn rest(operator: &mut Operator, room: &mut Room) -> Result<()> {
    let rested = operator.rest(room);
    rested.inspect_err(|_| {
        eprintln!("  soak: since the last rest: {}", operator.last.join(", "));
        let kept = room.capture().and_then(|shot| shot.save(&report::file("soak-failed.png")?));
        if let Err(error) = kept {
            eprintln!("  soak: the screen was not kept: {error:#}");
        }
    })
}

/// What the room's processes hold now; the median of some looks, a single one catches what is just under way.
fn look(room: &Room) -> Result<Vec<(Kind, u32, Figures)>> {
    let station = room.station.as_ref().map(Child::pid).context("station")?;
    let window = room.window.as_ref().map(Child::pid).context("window")?;
    let mut looks = vec![];
    for _ in 0..5 {
        looks.push(growth::look(&[station, window]));
        sleep(Duration::from_millis(300));
    }
    let mut now = proc::tree(&[station, window]);
    now.retain(|_, process| Kind::of(&process.name).is_some());
    Ok(growth::middle(&looks, &now))
}

fn write_csv(samples: &[Sample], whole: Duration) -> Result<()> {
    let mut csv = "minute,simulated_hour,process,pid,rss_mb,descriptors,threads\n".to_owned();
    for sample in samples {
        for (kind, pid, figures) in &sample.of {
            let (minute, hour) = (sample.at.as_secs_f64() / 60.0, growth::hours(sample.at, whole, HOURS));
            let Figures { rss_mb, descriptors, threads } = figures;
            writeln!(csv, "{minute:.2},{hour:.2},{},{pid},{rss_mb:.2},{descriptors},{threads}", kind.name())?;
        }
    }
    Ok(std::fs::write(report::file("soak.csv")?, csv)?)
}

fn tell(samples: &[Sample], whole: Duration, operator: &Operator, report: &mut Report) {
    let warm = whole.mul_f64(WARM_UP);
    let young = whole.mul_f64(YOUNG);
    let mut ours = 0.0;
    let (mut descriptors, mut threads) = (0.0, 0.0);
    for kind in Kind::ALL {
        let series = growth::series(samples, kind, warm, young);
        let slope = |of: fn(&Figures) -> f64| growth::slope(&series, of) * whole.as_secs_f64() / HOURS;
        let rss = slope(|figures| figures.rss_mb);
        report.add(&format!("{}_rss_slope_mb", kind.name()), rss, "MB per simulated hour");
        let held = growth::range(&series, |figures| figures.rss_mb);
        report.add(
            &format!("{}_rss_mb", kind.name()),
            held.1,
            &format!("MB at most, {:.1} at least", held.0),
        );
        if kind == Kind::WebKit {
            continue;
        }
        ours += rss;
        descriptors += slope(|figures| figures.descriptors);
        threads += slope(|figures| figures.threads);
        let (fd, th) = (
            growth::range(&series, |figures| figures.descriptors),
            growth::range(&series, |figures| figures.threads),
        );
        report.add(
            &format!("{}_descriptors_spread", kind.name()),
            fd.1 - fd.0,
            &format!("most - least, of {}", fd.1),
        );
        report.add(
            &format!("{}_threads_spread", kind.name()),
            th.1 - th.0,
            &format!("most - least, of {}", th.1),
        );
    }
    report.add("ours_rss_slope_mb", ours, "MB per simulated hour: station, workers, window");
    report.add("descriptors_slope", descriptors, "per simulated hour");
    report.add("threads_slope", threads, "per simulated hour");
    report.add("minutes", whole.as_secs_f64() / 60.0, "min for 8 h");
    report.add("samples", samples.len() as f64, "");
    for (name, count) in &operator.done {
        report.add(&format!("acts_{name}"), f64::from(*count), "");
    }
}
