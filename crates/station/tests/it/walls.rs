//! Walls without a window: pictures in the mosaic, and in batches for a page.

use crate::room::{Station, cameras, start, until};
use easien_camsim::Mode;
use easien_link::data::*;
use easien_link::{Client, call};
use easien_model::{
    LayoutId, LossReason, SessionPhase, StreamKind, TourId, WALL_UNITS, WallCell, WallForm, WallShape,
};
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
    let view = WallView { page: 1, focus: 5, large: true, chosen: true, ..WallView::default() };
    let shape = WallShape::of(WallForm::OneAndFive);
    let wall = WallMemory { window: "main".into(), shape, tiles: vec![None; 16], view, ..Default::default() };
    station.client.call::<call::WallRemember>(wall.clone()).await.unwrap();
    station.stop(rustix::process::Signal::KILL).await;
    let again = start(folder.path(), &[]).await;
    let recalled = again.client.call::<call::WallRecall>("main".into()).await.unwrap().unwrap();
    assert_eq!((recalled.who.as_deref(), recalled.at.is_some()), (Some("Trực ban 01"), true));
    assert_eq!(WallMemory { who: None, at: None, ..recalled }, wall);
    let cells = vec![WallCell { x: 0, y: 0, w: WALL_UNITS, h: WALL_UNITS }];
    let shape = WallShape { form: WallForm::Two, cells: Some(cells) };
    let wrong = WallMemory { window: "main".into(), shape, ..Default::default() };
    let wrong = again.client.call::<call::WallRemember>(wrong).await.unwrap_err();
    assert_eq!(wrong.key, "problem_wall_shape");
}

#[tokio::test]
async fn two_windows_share_layouts_and_do_not_lose_each_others_change() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    let other = Client::connect(folder.path()).await.unwrap();
    let mut events = other.events();
    let draft = |name: &str| LayoutDraft {
        id: LayoutId::new(),
        name: name.into(),
        shared: true,
        shape: WallShape::of(WallForm::TwoAndEight),
        cameras: vec![None; 4],
        hotspot: Some(0),
        edits: 0,
    };
    let first = draft(" Trục QL14 ");
    let saved = station.client.call::<call::LayoutPut>(first.clone()).await.unwrap();
    assert_eq!((saved.name.as_str(), saved.edits, saved.owner.as_str()), ("Trục QL14", 1, "Trực ban 01"));
    let second = station.client.call::<call::LayoutPut>(draft("Chợ")).await.unwrap();
    assert_eq!(other.call::<call::LayoutList>(()).await.unwrap(), [saved.clone(), second.clone()]);

    // The other window renames it; this one still saw it as it was.
    let renamed = LayoutDraft { name: "QL14".into(), edits: 1, ..first.clone() };
    assert_eq!(other.call::<call::LayoutPut>(renamed).await.unwrap().edits, 2);
    let late = LayoutDraft { cameras: vec![], edits: 1, ..first.clone() };
    let late = station.client.call::<call::LayoutPut>(late).await.unwrap_err();
    assert_eq!((late.code, late.key.as_str()), (easien_model::Code::Conflict, "problem_layout_conflict"));

    let order = vec![second.id, saved.id];
    assert_eq!(station.client.call::<call::LayoutOrder>(order.clone()).await.unwrap(), order);
    let step = |layout| TourStep { layout, page: None, dwell_s: 20 };
    let steps = vec![step(saved.id), step(second.id)];
    let tour = TourDraft { id: TourId::new(), name: "Đêm".into(), shared: false, steps, edits: 0 };
    let toured = station.client.call::<call::TourPut>(tour).await.unwrap();
    assert_eq!(other.call::<call::TourList>(()).await.unwrap(), std::slice::from_ref(&toured));
    let gone = LayoutDelete { id: second.id, edits: 1 };
    station.client.call::<call::LayoutDelete>(gone).await.unwrap();
    let left = other.call::<call::LayoutList>(()).await.unwrap();
    assert_eq!(left.iter().map(|layout| layout.name.as_str()).collect::<Vec<_>>(), ["QL14"]);
    station.client.call::<call::TourDelete>(TourDelete { id: toured.id, edits: 1 }).await.unwrap();

    // Every window heard of all that.
    let mut heard = Vec::new();
    while heard.last().is_none_or(|last| last != "tour.deleted") {
        let event = tokio::time::timeout(Duration::from_secs(5), events.next_raw()).await.unwrap().unwrap();
        let event: Value = serde_json::from_str(&event.to_string()).unwrap();
        let name = event["event"].as_str().unwrap().to_owned();
        if name.starts_with("layout.") || name.starts_with("tour.") {
            heard.push(name);
        }
    }
    let changed = "layout.changed";
    assert_eq!(
        heard,
        [changed, changed, changed, "layout.ordered", "tour.changed", "layout.deleted", "tour.deleted"]
    );
}
