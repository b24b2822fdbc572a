//! Walls without a window: pictures in the mosaic, and in batches for a page.

use crate::room::{Station, cameras, start, until};
use easien_camsim::Mode;
use easien_link::call;
use easien_link::data::*;
use easien_model::{LossReason, SessionPhase, StreamKind};
use easien_mosaic::{MosaicView, Tier};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

fn tile(tile: u32, camera: &Camera, large: bool) -> TileShow {
    TileShow {
        tile,
        camera: camera.id,
        width_px: 160,
        height_px: 96,
        large,
        archive: false,
        glance: false,
        focused: false,
        view: None,
    }
}

#[tokio::test]
async fn tiles_are_painted_with_their_own_cameras_and_enlarged_from_the_main_stream() {
    let sim = cameras(4, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let station = Station::with(&sim, &folder.path().join("data")).await;
    let client = &station.client;
    let list = client.call::<call::CameraList>(()).await.unwrap();
    let tiles = (0..).zip(&list).map(|(number, camera)| tile(number, camera, false)).collect();
    let shown = client.call::<call::WallShow>(WallShow { window: "main".into(), tiles }).await.unwrap();
    let open = |handle: &MosaicHandle| MosaicView::open(handle.pid, handle.fd, handle.bytes).unwrap();
    let view = open(&shown.mosaic);
    for (place, camera) in shown.tiles.iter().zip(&list) {
        let front = until("a picture", 10, async || view.slot(place.slot as usize).unwrap().take()).await;
        assert_eq!((front.frame.camera, front.frame.assignment), (camera.id, place.assignment));
    }

    let large = WallShow { window: "main".into(), tiles: vec![tile(0, &list[2], true)] };
    let shown = client.call::<call::WallShow>(large).await.unwrap();
    let view = open(&shown.mosaic);
    let tier = until("the main stream's picture", 30, async || {
        let front = view.slot(shown.tiles[0].slot as usize).unwrap().take()?;
        (front.frame.tier == Tier::Main).then_some(front.frame.tier)
    })
    .await;
    assert_eq!(tier, Tier::Main);
    let sessions = client.call::<call::CameraHealth>(list[2].id).await.unwrap();
    let main = sessions.iter().find(|session| session.which == StreamKind::Main).unwrap();
    assert_eq!(main.state.phase, SessionPhase::Live);

    // Nobody enlarges it any more: the main stream lingers, then goes.
    client.call::<call::WallShow>(WallShow { window: "main".into(), tiles: vec![] }).await.unwrap();
    let health = async || client.call::<call::CameraHealth>(list[2].id).await.unwrap().len();
    assert_eq!(health().await, 2, "it lingers");
    until("end of the main session", 15, async || (health().await == 1).then_some(())).await;

    let unknown = TileShow { camera: easien_model::CameraId::new(), ..tile(0, &list[0], false) };
    let partly = WallShow { window: "main".into(), tiles: vec![unknown, tile(1, &list[0], false)] };
    let partly = client.call::<call::WallShow>(partly).await.unwrap();
    assert_eq!(partly.tiles.iter().map(|tile| tile.tile).collect::<Vec<_>>(), [1]);
    sim.stop().await;
}

#[tokio::test]
async fn garbage_is_called_by_its_name_and_not_shown_until_it_is_a_picture_again() {
    let sim = cameras(1, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let station = Station::with(&sim, &folder.path().join("data")).await;
    let client = &station.client;
    let list = client.call::<call::CameraList>(()).await.unwrap();
    let wall = WallShow { window: "main".into(), tiles: vec![tile(0, &list[0], false)] };
    let shown = client.call::<call::WallShow>(wall).await.unwrap();
    let view = MosaicView::open(shown.mosaic.pid, shown.mosaic.fd, shown.mosaic.bytes).unwrap();
    let slot = view.slot(shown.tiles[0].slot as usize).unwrap();
    until("a picture", 10, async || slot.take()).await;

    sim.set_mode("C001", StreamKind::Sub, Mode::Garbage).unwrap();
    let session = until("the word for it", 15, async || {
        let session = client.call::<call::CameraHealth>(list[0].id).await.unwrap().remove(0);
        (session.state.reason == Some(LossReason::Undecodable)).then_some(session)
    })
    .await;
    assert_eq!(session.state.phase, SessionPhase::Stalled);
    until("an empty tile", 2, async || (!slot.shown()).then_some(())).await;

    sim.set_mode("C001", StreamKind::Sub, Mode::None).unwrap();
    station.all_live(1).await;
    let begun = crate::room::now();
    let front = until("a new picture", 10, async || slot.take()).await;
    assert!(begun - front.frame.arrived < 3_000_000, "an old picture came back");
    sim.stop().await;
}

#[tokio::test]
async fn a_page_gets_its_pictures_over_the_websocket() {
    let sim = cameras(1, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let station = Station::with(&sim, &data).await;
    let list = station.client.call::<call::CameraList>(()).await.unwrap();
    let door = station.client.call::<call::PageOpen>(()).await.unwrap();
    assert_eq!(station.client.call::<call::PageOpen>(()).await.unwrap(), door, "open is open");

    let mut request = door.url.as_str().into_client_request().unwrap();
    request.headers_mut().insert("Origin", "tauri://localhost".parse().unwrap());
    let (mut page, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let wall = json!({ "window": "page", "tiles": [tile(7, &list[0], false)] });
    let call = json!({ "id": 1, "call": "wall.show", "args": wall });
    page.send(Message::text(call.to_string())).await.unwrap();
    let mut assignment = None;
    let mut batches = 0_u32;
    while batches < 5 {
        let message = tokio::time::timeout(Duration::from_secs(10), page.next()).await.unwrap().unwrap();
        match message.unwrap() {
            Message::Text(text) => {
                let value: Value = serde_json::from_str(&text).unwrap();
                if value["id"] == 1 {
                    assignment = value["ok"]["tiles"][0]["assignment"].as_u64();
                }
            }
            Message::Binary(bytes) => {
                batches += 1;
                let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
                assert_eq!((word(0), word(4)), (batches, 1));
                assert_eq!((word(8), word(12), word(16)), (7, 160, 96));
                assert!(word(20) < 5000, "age {} ms", word(20));
                assert_eq!(bytes.len(), 8 + 24 + 160 * 96 * 4);
                assert!(bytes[32..].chunks_exact(4).all(|pixel| pixel[3] == 255), "opaque");
                let got = u64::from_le_bytes(bytes[24..32].try_into().unwrap());
                // The reply may come behind the first batch.
                assert!(assignment.is_none_or(|wanted| wanted == got));
                page.send(Message::text(json!({ "painted": batches }).to_string())).await.unwrap();
            }
            _ => {}
        }
    }
    assert!(assignment.is_some());
    drop(page);
    sim.stop().await;
}

#[tokio::test]
async fn walls_are_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    assert_eq!(station.client.call::<call::WallRecall>("main".into()).await.unwrap(), None);
    let wall = WallMemory { window: "main".into(), grid: 16, tiles: vec![None; 16] };
    station.client.call::<call::WallRemember>(wall.clone()).await.unwrap();
    station.stop(rustix::process::Signal::KILL).await;
    let again = start(folder.path(), &[]).await;
    assert_eq!(again.client.call::<call::WallRecall>("main".into()).await.unwrap(), Some(wall));
    let wrong = WallMemory { window: "main".into(), grid: 17, tiles: vec![] };
    let wrong = again.client.call::<call::WallRemember>(wrong).await.unwrap_err();
    assert_eq!(wrong.key, "problem_wall_grid");
}
