//! kill -9 of everything while sixteen cameras record.

use super::{checked, complete_lanes, now, probed, recording, segments, wait_recording};
use anyhow::{Result, ensure};
use easien_link::commands::call;
use easien_link::data::NoteDraft;
use easien_model::{GapCause, NoteId};
use easien_tests::wait;
use std::time::Duration;

const CAMERAS: usize = 16;

#[test]
fn two_seconds_at_most_are_lost_and_every_file_plays() -> Result<()> {
    let rounds = wait::rounds(4, 100);
    let mut room = recording("record-kill", 16, true)?;
    let began = now();
    let mut worst_us = 0;
    let mut noted = 0;
    for round in 0..rounds {
        std::thread::sleep(Duration::from_millis(2500 + u64::from(round % 7) * 331));
        let text = format!("round {round}");
        let note = NoteDraft { id: NoteId::new(), text, camera: None, at: now(), category: None };
        room.call::<call::NoteAdd>(note)?;
        noted += 1;
        let killed = now();
        room.kill_all()?;
        room.start_station()?;
        wait_recording(&room, CAMERAS)?;
        let later = now();
        let all = complete_lanes(&room, killed.plus_seconds(-60).max(began), later)?;
        ensure!(all.len() == CAMERAS, "{} lanes", all.len());
        for lane in &all {
            let last =
                lane.spans.iter().map(|span| span.end.0).filter(|end| *end <= killed.0 + 500_000).max();
            let lost_us = killed.0 - last.unwrap_or(0);
            worst_us = worst_us.max(lost_us);
            ensure!(lost_us <= 2_000_000, "round {round}: {lost_us} us lost: {lane:?}");
            ensure!(
                lane.gaps.iter().any(|gap| gap.cause == GapCause::StationDied
                    && (gap.start.0 - last.unwrap_or(0)).abs() < 10_000),
                "round {round}: the loss has no gap of its cause: {lane:?}"
            );
        }
    }
    eprintln!("{rounds} rounds: at most {:.2} s lost", worst_us as f64 / 1e6);
    let notes = room.call::<call::FeedList>(easien_link::data::Page { before: None, limit: 500 })?;
    let there = notes.iter().filter(|item| matches!(item, easien_link::data::FeedItem::Note(_))).count();
    ensure!(there == noted, "{there} of {noted} notes");
    // In order now, so that no file is being written.
    room.stop_station()?;
    checked(&room)?;
    let files = segments(&room.data().join("recordings"));
    ensure!(files.len() >= CAMERAS * rounds as usize, "{} files", files.len());
    for file in &files {
        ensure!(probed(file)? > 0, "{} holds nothing", file.display());
    }
    Ok(())
}
