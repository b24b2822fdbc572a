//! What a crash costs: nothing that was acknowledged, no session when a window dies, less than two seconds of picture
//! when a worker does.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result};
use easien_camsim::Stats;
use easien_link::commands::call;
use easien_link::data::{BookmarkDraft, FeedItem, NoteDraft, Page};
use easien_model::{BookmarkId, NoteId, UtcMicros};
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::{proc, wait};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn now() -> UtcMicros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UtcMicros(i64::try_from(since.as_micros()).unwrap())
}

/// Every id in the feed, however long it is.
fn feed_ids(room: &Room) -> Result<Vec<String>> {
    let feed = room.call::<call::FeedList>(Page { before: None, limit: 500 })?;
    Ok(feed
        .iter()
        .filter_map(|item| match item {
            FeedItem::Note(note) => Some(note.id.to_string()),
            FeedItem::Bookmark(bookmark) => Some(bookmark.id.to_string()),
            _ => None,
        })
        .collect())
}

fn small_cameras(count: u16) -> easien_camsim::Options {
    easien_camsim::Options { small: true, ..cameras_like_in_the_demo(count) }
}

/// Right after the answer, before anything else can happen, the station is killed.
#[test]
fn what_the_station_acknowledged_survives_kill_9() -> Result<()> {
    let rounds = wait::rounds(8, 50);
    let mut room = Room::new("kill")?;
    room.start_cameras(small_cameras(1))?;
    room.start_station()?;
    let camera = room.add_simulated()?[0].id;
    let mut acknowledged = vec![];
    for round in 0..rounds {
        let bookmark = BookmarkDraft {
            id: BookmarkId::new(),
            cameras: vec![camera],
            at: now(),
            start: now().plus_seconds(-30),
            end: now().plus_seconds(60),
            text: None,
        };
        acknowledged.push(room.call::<call::BookmarkAdd>(bookmark)?.id.to_string());
        let text = format!("round {round}");
        let note = NoteDraft { id: NoteId::new(), text, camera: Some(camera), at: now(), category: None };
        acknowledged.push(room.call::<call::NoteAdd>(note)?.id.to_string());
        room.kill_all()?;
        room.start_station()?;
        let there = feed_ids(&room)?;
        let lost: Vec<_> = acknowledged.iter().filter(|id| !there.contains(id)).collect();
        assert!(lost.is_empty(), "round {round} of {rounds}: acknowledged, but gone: {lost:?}");
    }
    Ok(())
}

fn sessions(stats: &Stats) -> (u64, u64, u64) {
    (stats.connections, stats.plays, stats.teardowns)
}

#[test]
fn a_window_that_is_killed_is_not_noticed_by_any_session() -> Result<()> {
    let mut room = Room::with_wall("window", 4)?;
    room.wait_cameras(&[1, 2, 3, 4], Duration::from_secs(30))?;
    let before = room.sim()?.stats();
    let reconnects = reconnects(&room)?;
    room.window.as_mut().context("window")?.kill()?;
    std::thread::sleep(Duration::from_secs(3));
    let after = room.sim()?.stats();
    assert_eq!(sessions(&before), sessions(&after), "connections, plays, teardowns");
    assert_eq!(reconnects, self::reconnects(&room)?);
    assert!(after.frames > before.frames + 100, "the cameras' pictures still flow");
    // The window comes back as it was.
    room.start_window()?;
    room.wait_cameras(&[1, 2, 3, 4], Duration::from_secs(30))?;
    assert_eq!(sessions(&room.sim()?.stats()), sessions(&before));
    Ok(())
}

fn reconnects(room: &Room) -> Result<Vec<u32>> {
    Ok(room
        .cameras()?
        .iter()
        .flat_map(|camera| &camera.sessions)
        .map(|session| session.stats.reconnects)
        .collect())
}

#[test]
fn a_worker_that_crashes_costs_its_tiles_two_seconds_and_no_session() -> Result<()> {
    let room = Room::with_wall("worker", 16)?;
    let all: Vec<u16> = (1..=16).collect();
    room.wait_cameras(&all, Duration::from_secs(40))?;
    let station = room.station.as_ref().context("station")?.pid();
    for _ in 0..wait::rounds(2, 10) {
        let before = room.sim()?.stats();
        let workers = workers(station);
        assert!(workers.len() >= 2, "two workers at least: {workers:?}");
        let killed = Instant::now();
        kill_process(Pid::from_raw(i32::try_from(workers[0])?).context("pid")?, Signal::SEGV)?;
        std::thread::sleep(Duration::from_millis(50));
        // A picture that is newer than anything the killed worker can have painted.
        let stale: BTreeMap<u16, u16> = room.seen()?.iter().map(|seen| (seen.camera, seen.frame)).collect();
        let moved = wait::until("all tiles move again", Duration::from_secs(10), Duration::ZERO, || {
            let seen = room.seen().map_err(|error| error.to_string())?;
            let still: Vec<u16> = all
                .iter()
                .copied()
                .filter(|camera| {
                    !seen.iter().any(|s| s.camera == *camera && stale.get(camera) != Some(&s.frame))
                })
                .collect();
            if still.is_empty() { Ok(killed.elapsed()) } else { Err(format!("still: {still:?}")) }
        })?;
        eprintln!("all 16 tiles move {:.2} s after SIGSEGV", moved.as_secs_f32());
        assert!(moved <= Duration::from_secs(2), "it took {moved:?}");
        assert_eq!(sessions(&before), sessions(&room.sim()?.stats()), "connections, plays, teardowns");
        wait::until("the worker is replaced", Duration::from_secs(5), Duration::from_millis(50), || {
            let there = self::workers(station);
            if there.len() >= workers.len() && !there.contains(&workers[0]) { Ok(()) } else { Err(there) }
        })?;
        // The next crash is another stream's fault: quarantine is for the stream that kills twice.
        std::thread::sleep(Duration::from_secs(2));
    }
    Ok(())
}

fn workers(station: u32) -> Vec<u32> {
    let tree = proc::tree(&[station]);
    tree.iter().filter(|(_, process)| process.name == "easien-picture").map(|(pid, _)| *pid).collect()
}
