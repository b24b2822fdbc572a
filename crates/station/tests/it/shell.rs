//! Windows among themselves, a person who stops the station, and a camera's sound for the one that listens.

use crate::room::{Station, cameras, command, start, until};
use easien_camsim::Mode;
use easien_link::data::*;
use easien_link::{Client, Event, call};
use easien_model::{Codec, StreamKind};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(25);

/// The first event that `wanted` takes.
async fn next<T>(events: &mut easien_link::client::Events, wanted: impl Fn(Event) -> Option<T>) -> T {
    tokio::time::timeout(SOON, async {
        loop {
            if let Some(found) = wanted(events.next().await.unwrap()) {
                return found;
            }
        }
    })
    .await
    .unwrap()
}

fn samples(event: Event) -> Option<AudioSamples> {
    match event {
        Event::AudioSamples(samples) => Some(samples),
        _ => None,
    }
}

fn silent(event: Event) -> Option<AudioSilent> {
    match event {
        Event::AudioSilent(silent) => Some(silent),
        _ => None,
    }
}

#[tokio::test]
async fn only_the_connection_that_listens_hears_the_camera() {
    // The second camera has a microphone and sends A-law, the fifth AAC, the first none.
    let sim = cameras(5, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let station = Station::with(&sim, &data).await;
    let list = station.client.call::<call::CameraList>(()).await.unwrap();
    let (dumb, a_law, aac) = (list[0].id, list[1].id, list[4].id);
    let other = Client::connect(&data).await.unwrap();
    let (mut mine, mut others) = (station.client.events(), other.events());

    station.client.call::<call::AudioListen>(AudioListen { camera: a_law }).await.unwrap();
    let heard = next(&mut mine, samples).await;
    assert_eq!((heard.camera, heard.codec, heard.rate_hz, heard.channels), (a_law, Codec::Pcma, 8000, 1));
    assert!(heard.config.is_empty() && !heard.frames.is_empty() && heard.frames.len() <= 4);

    // Another camera takes its place: nothing of the first comes any more.
    station.client.call::<call::AudioListen>(AudioListen { camera: aac }).await.unwrap();
    let heard = next(&mut mine, |event| samples(event).filter(|heard| heard.camera == aac)).await;
    assert_eq!((heard.codec, heard.rate_hz), (Codec::Aac, 16_000));
    assert!(!heard.config.is_empty());
    for _ in 0..8 {
        assert_eq!(next(&mut mine, samples).await.camera, aac);
    }

    // No microphone: said, once.
    station.client.call::<call::AudioListen>(AudioListen { camera: dumb }).await.unwrap();
    let said = next(&mut mine, silent).await;
    assert_eq!(said, AudioSilent { camera: dumb, why: AudioSilence::NoAudio });
    // A camera that is lost, and is heard again when it is back.
    station.client.call::<call::AudioListen>(AudioListen { camera: a_law }).await.unwrap();
    next(&mut mine, samples).await;
    sim.set_mode("C002", StreamKind::Sub, Mode::Stall).unwrap();
    let said = next(&mut mine, |event| silent(event).filter(|said| said.why == AudioSilence::Lost)).await;
    assert_eq!(said, AudioSilent { camera: a_law, why: AudioSilence::Lost });
    sim.set_mode("C002", StreamKind::Sub, Mode::None).unwrap();
    assert_eq!(next(&mut mine, samples).await.camera, a_law);

    station.client.call::<call::AudioStop>(()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    while let Ok(Some(_)) = tokio::time::timeout(Duration::from_millis(1), mine.next()).await {}
    let more = tokio::time::timeout(Duration::from_secs(1), next(&mut mine, samples)).await;
    assert!(more.is_err(), "it was told to stop");

    // Whoever did not ask heard nothing of all this.
    other.call::<call::WindowAsk>(WindowAsk { window: None, wish: WindowWish::Raise }).await.unwrap();
    let only = next(&mut others, |event| match event {
        Event::AudioSamples(_) | Event::AudioSilent(_) => panic!("not for this connection"),
        Event::WindowAsked(ask) => Some(ask),
        _ => None,
    })
    .await;
    assert_eq!(only, WindowAsk { window: None, wish: WindowWish::Raise });

    let nobody = AudioListen { camera: easien_model::CameraId::new() };
    let refused = station.client.call::<call::AudioListen>(nobody).await.unwrap_err();
    assert_eq!(refused.key, "problem_camera_not_found");
    let strange = WindowAsk { window: Some("../x".into()), wish: WindowWish::Leave };
    assert_eq!(other.call::<call::WindowAsk>(strange).await.unwrap_err().key, "problem_window_name");
    sim.stop().await;
}

#[tokio::test]
async fn a_person_stops_the_station_in_order_and_it_is_written_down_who() {
    let folder = tempfile::tempdir().unwrap();
    let mut station = start(folder.path(), &[]).await;
    let other = Client::connect(folder.path()).await.unwrap();
    let mut events = other.events();
    let name = station.client.call::<call::RoomGet>(()).await.unwrap().operator;
    station.client.call::<call::StationStop>(()).await.unwrap();
    let told = next(&mut events, |event| match event {
        Event::StationStopping(told) => Some(told),
        _ => None,
    })
    .await;
    assert_eq!(told.by, name);
    let status = tokio::time::timeout(SOON, station.child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    until("the connection's end", 5, async || other.is_closed().then_some(())).await;
    assert!(!folder.path().join("easien.db-wal").exists(), "the database was closed well");

    let store =
        easien_store::Store::open(folder.path(), std::sync::Arc::new(easien_model::SystemClock)).unwrap();
    let rows = store.audit(None, 50).unwrap();
    let row = rows.iter().find(|row| row.command == "station.stop").unwrap();
    assert_eq!(row.who, name);
    drop(store);
    // And it can be started again.
    assert!(command(folder.path()).spawn().is_ok());
}
