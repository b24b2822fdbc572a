//! "Try with simulated cameras": one command, and the room comes back with them.

use crate::room::{Station, command, until};
use easien_link::data::Simulate;
use easien_link::{Client, call};
use rustix::process::Signal;
use std::path::Path;

async fn start(data: &Path) -> Station {
    let child = command(data).env("EASIEN_SIMULATE_SMALL", "1").spawn().unwrap();
    let client = until("a station", 10, async || Client::connect(data).await.ok()).await;
    Station { child, client }
}

#[tokio::test]
async fn simulated_cameras_come_with_one_command_and_again_with_the_station() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path()).await;
    assert!(
        station.client.call::<call::RoomGet>(()).await.unwrap().can_simulate,
        "camsim is not built, or no ffmpeg"
    );
    let wrong = station.client.call::<call::RoomSimulate>(Simulate { cameras: 0 }).await.unwrap_err();
    assert_eq!(wrong.field.as_deref(), Some("cameras"));
    let added = station.client.call::<call::RoomSimulate>(Simulate { cameras: 2 }).await.unwrap();
    assert_eq!(added.len(), 2);
    station.all_live(2).await;
    let again = station.client.call::<call::RoomSimulate>(Simulate { cameras: 2 }).await.unwrap();
    assert_eq!(
        again.iter().map(|c| c.id).collect::<Vec<_>>(),
        added.iter().map(|c| c.id).collect::<Vec<_>>()
    );
    assert!(station.stop(Signal::TERM).await.success());

    let station = start(folder.path()).await;
    station.all_live(2).await;
    // Killed, it cannot say goodbye; camsim ends because its stdin is closed, and its port is free again.
    station.stop(Signal::KILL).await;
    let station = start(folder.path()).await;
    station.all_live(2).await;
    let list = station.client.call::<call::CameraList>(()).await.unwrap();
    assert_eq!(list.iter().map(|c| c.id).collect::<Vec<_>>(), added.iter().map(|c| c.id).collect::<Vec<_>>());
    assert!(station.stop(Signal::TERM).await.success());
}
