//! Cameras through the wire: added, tried, changed, lost and back.

use crate::room::{PASSWORD, Station, cameras, start, until};
use easien_link::data::*;
use easien_link::{Event, call};
use easien_model::{CameraId, Code, LossReason, SessionPhase};
use rustix::process::Signal;
use std::time::{Duration, Instant};

pub fn draft(url: &str) -> CameraDraft {
    CameraDraft {
        id: CameraId::new(),
        code: String::new(),
        name: "Cổng chợ".into(),
        unit: None,
        place: String::new(),
        main_url: url.into(),
        sub_url: String::new(),
        username: String::new(),
        password: None,
        transport: None,
        record: None,
    }
}

#[tokio::test]
async fn a_camera_is_tried_added_and_changed_and_its_password_never_comes_back() {
    let sim = cameras(2, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    let client = &station.client;
    let (one, two) = (&sim.cameras()[0], &sim.cameras()[1]);

    // Pasted with its credentials, percent-encoded.
    let pasted = one.sub_url.replace("rtsp://", "rtsp://admin:p%40ss%3Aw%C3%B6rd%2F%2541%22'@");
    let draft_one = draft(&pasted);
    let begun = Instant::now();
    let tried = client.call::<call::CameraTest>(draft_one.clone()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!((tried.main.failure, tried.main.width_px), (None, 320), "{}", tried.main.detail);
    assert!(tried.main.picture.unwrap().starts_with("data:image/jpeg;base64,"));
    assert!((10.0..20.0).contains(&tried.main.fps), "{}", tried.main.fps);

    let added = client.call::<call::CameraAdd>(draft_one.clone()).await.unwrap();
    assert_eq!((added.main_url.as_str(), added.username.as_str()), (one.sub_url.as_str(), "admin"));
    assert_eq!((added.code.as_str(), added.has_password), ("C001", true));
    assert_eq!(
        client.call::<call::CameraAdd>(draft_one.clone()).await.unwrap().id,
        added.id,
        "again: the same"
    );
    station.all_live(1).await;
    let everything = client.call_raw("camera.list", serde_json::Value::Null).await.unwrap().to_string();
    assert!(!everything.contains("p@ss") && !everything.contains("p%40ss"));

    // The stored password is used for a draft without one, but only towards its own host.
    let mut change = draft(&two.sub_url);
    (change.id, change.username) = (added.id, "admin".into());
    let tried = client.call::<call::CameraTest>(change.clone()).await.unwrap();
    assert_eq!(tried.main.failure, None, "{}", tried.main.detail);
    let mut elsewhere = change.clone();
    elsewhere.main_url = elsewhere.main_url.replace("127.0.0.1", "localhost");
    let refused = client.call::<call::CameraTest>(elsewhere).await.unwrap_err();
    assert_eq!(
        (refused.key.as_str(), refused.field.as_deref()),
        ("problem_camera_password_again", Some("password"))
    );
    let changed = client.call::<call::CameraUpdate>(change).await.unwrap();
    assert_eq!((changed.main_url.as_str(), changed.has_password), (two.sub_url.as_str(), true));
    station.all_live(1).await;

    // A wrong password is said plainly.
    let mut wrong = draft(&one.sub_url);
    (wrong.username, wrong.password) = ("admin".into(), Some("wrong".into()));
    let tried = client.call::<call::CameraTest>(wrong).await.unwrap();
    assert_eq!(tried.main.failure, Some(LossReason::Unauthorized));
    let tried = client.call::<call::CameraTest>(draft("rtsp://127.0.0.1:1/x")).await.unwrap();
    assert_eq!(tried.main.failure, Some(LossReason::Refused));

    let mut taken = draft(&two.main_url);
    taken.code = "c001".into();
    let taken = client.call::<call::CameraAdd>(taken).await.unwrap_err();
    assert_eq!((taken.code, taken.field.as_deref()), (Code::Conflict, Some("code")));
    let secret =
        client.call::<call::CameraAdd>(draft(&format!("rtsp://admin:{PASSWORD}@h/x"))).await.unwrap_err();
    assert_eq!(secret.key, "problem_camera_url_at");
    assert!(!serde_json::to_string(&secret).unwrap().contains("p@ss"));

    client.call::<call::CameraDelete>(added.id).await.unwrap();
    assert!(client.call::<call::CameraList>(()).await.unwrap().is_empty());
    let gone = client.call::<call::CameraHealth>(added.id).await.unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
    assert!(station.stop(Signal::TERM).await.success());
    sim.stop().await;
}

#[tokio::test]
async fn a_lost_camera_is_written_down_and_so_is_its_return() {
    let sim = cameras(1, 0).await;
    let port = sim.address().port();
    let folder = tempfile::tempdir().unwrap();
    let station = Station::with(&sim, &folder.path().join("data")).await;
    let mut events = station.client.events();
    sim.stop().await;
    let lost = until("loss", 15, async || match events.next().await {
        Some(Event::FeedChanged(FeedItem::Camera(event))) => Some(event),
        _ => None,
    })
    .await;
    assert_eq!(lost.back, None);
    let list = station.client.call::<call::CameraList>(()).await.unwrap();
    let state = &list[0].sessions[0].state;
    assert!(matches!(state.phase, SessionPhase::Retrying | SessionPhase::Connecting), "{state:?}");
    assert_eq!(state.since, lost.lost);

    let sim = cameras(1, port).await;
    let back = until("return", 30, async || match events.next().await {
        Some(Event::FeedChanged(FeedItem::Camera(event))) => Some(event),
        _ => None,
    })
    .await;
    assert_eq!(back.id, lost.id);
    assert!(back.back.unwrap() > lost.lost.plus_seconds(3));
    let page = Page { before: None, limit: 10 };
    let feed = station.client.call::<call::FeedList>(page).await.unwrap();
    assert_eq!(feed, [FeedItem::Camera(back)]);
    sim.stop().await;
}
