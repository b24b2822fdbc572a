//! Lanes with slow takers.

use crate::room::{Room, short};
use anyhow::{Context, Result};
use easien_camsim::Auth;
use easien_ingest::{GapCause, Limits, Recorded};
use std::time::Duration;

#[tokio::test]
async fn a_slow_viewer_jumps_to_a_key_frame_and_is_counted() -> Result<()> {
    let mut room = Room::with(Auth::None, &[], short(), Duration::from_secs(60)).await?;
    let stream = room.open(1);
    room.wait_live().await?;
    let mut lane = room.ingest.view(stream).context("open")?;
    let first = lane.next().await.context("closed")?;
    tokio::time::sleep(Duration::from_millis(5200)).await;
    let next = lane.next().await.context("closed")?;
    assert!(next.key && next.seq > first.seq + 20, "{} after {}", next.seq, first.seq);
    assert!(lane.dropped() > 0);
    assert_eq!(room.ingest.stats(stream).context("open")?.viewer_drops, lane.dropped());
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn a_slow_recorder_gets_a_gap_and_a_new_run() -> Result<()> {
    let limits = Limits { lane_bytes: 60_000, ..short() };
    let mut room = Room::with(Auth::None, &[], limits, Duration::from_secs(60)).await?;
    let stream = room.open(1);
    let mut lane = room.ingest.record(stream).context("open")?;
    room.wait_live().await?;
    while lane.dropped() == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut last = None;
    let gap = loop {
        match lane.next().await.context("closed")? {
            Recorded::Sample(sample) => {
                // Lossless up to the gap.
                if let Some((run, seq)) = last {
                    assert_eq!((sample.run, sample.seq), (run, seq + 1));
                }
                last = Some((sample.run, sample.seq));
            }
            Recorded::Gap(gap) => break gap,
        }
    };
    assert_eq!(gap.cause, GapCause::Overflow);
    assert_eq!(gap.run, last.map(|(run, _)| run));
    let next = tokio::time::timeout(Duration::from_secs(8), lane.next()).await?.context("closed")?;
    let Recorded::Sample(sample) = next else { panic!("{next:?}") };
    assert!(sample.key && Some(sample.run) != gap.run && sample.seq == 0);
    room.end().await;
    Ok(())
}
