//! A shift: cameras live, a mark, a note, a still; killed and started again; stopped in order.

use crate::room::{Station, cameras, command, now, start, until};
use easien_link::data::*;
use easien_link::{Client, Event, call};
use easien_model::{BookmarkId, Code, NoteId, StillId, StreamKind};
use rustix::process::Signal;
use std::time::Duration;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_and_cameras_come_back() {
    let sim = cameras(4, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let station = Station::with(&sim, &data).await;
    let client = &station.client;
    let mut events = client.events();
    let list = client.call::<call::CameraList>(()).await.unwrap();
    assert_eq!(list.iter().map(|c| c.code.as_str()).collect::<Vec<_>>(), ["C001", "C002", "C003", "C004"]);
    assert_eq!(client.call::<call::UnitList>(()).await.unwrap().len(), 1, "one unit for all four");
    let camera = list[1].id;

    let at = now();
    let mark = BookmarkDraft {
        id: BookmarkId::new(),
        cameras: vec![camera],
        at,
        start: at.plus_seconds(-30),
        end: at.plus_seconds(60),
        text: None,
    };
    let bookmark = client.call::<call::BookmarkAdd>(mark.clone()).await.unwrap();
    assert_eq!((bookmark.end - bookmark.start, bookmark.recorded), (90_000_000, false));
    assert_eq!(client.call::<call::BookmarkAdd>(mark).await.unwrap(), bookmark, "a retry is harmless");
    let edit = BookmarkEdit {
        id: bookmark.id,
        text: BookmarkText {
            title: "Xe tải dừng giữa đường".into(),
            category: Some("traffic".into()),
            tags: vec!["xe tải".into()],
            ..BookmarkText::default()
        },
        edits: None,
    };
    let bookmark = client.call::<call::BookmarkUpdate>(edit).await.unwrap();
    let note = NoteDraft {
        id: NoteId::new(),
        text: "Đã báo đội CSGT".into(),
        camera: Some(camera),
        at,
        category: None,
    };
    let note = client.call::<call::NoteAdd>(note).await.unwrap();
    let still = StillDraft { id: StillId::new(), camera, which: StreamKind::Sub, at: None };
    let taken = client.call::<call::StillTake>(still.clone()).await.unwrap();
    assert_eq!((taken.width_px, taken.height_px, taken.which), (320, 180, StreamKind::Sub));
    assert!(taken.file.contains("/C002_") && taken.file.ends_with(".png"), "{}", taken.file);
    assert_eq!(client.call::<call::StillTake>(still).await.unwrap(), taken, "a retry takes no second one");
    let bytes = std::fs::read(data.join("stills").join(&taken.file)).unwrap();
    assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 320);

    let future = NoteDraft { id: NoteId::new(), at: at.plus_seconds(60), ..draft_of(&note) };
    assert_eq!(client.call::<call::NoteAdd>(future).await.unwrap_err().key, "problem_moment");

    let mut told = Vec::new();
    while !told.contains(&FeedItem::Still(taken.clone())) {
        let event = tokio::time::timeout(Duration::from_secs(5), events.next()).await.unwrap().unwrap();
        if let Event::FeedChanged(item) = event {
            told.push(item);
        }
    }
    assert!(
        told.contains(&FeedItem::Note(note.clone())) && told.contains(&FeedItem::Bookmark(bookmark.clone()))
    );
    let page = Page { before: None, limit: 50 };
    let feed = client.call::<call::FeedList>(page.clone()).await.unwrap();
    assert_eq!(feed.len(), 3, "{feed:?}");

    station.stop(Signal::KILL).await;
    let station = start(&data, &[]).await;
    // It says beside that it was killed.
    let mut again = station.client.call::<call::FeedList>(page).await.unwrap();
    again.retain(|item| !matches!(item, FeedItem::Alarm(_)));
    assert_eq!(again, feed);
    assert!(feed.contains(&FeedItem::Bookmark(bookmark)));
    let picture = station.client.call::<call::StillPicture>(taken.id).await.unwrap();
    assert!(picture.url.starts_with("data:image/png;base64,"));
    station.all_live(4).await;

    // A file that was changed is not shown as what it was.
    let path = data.join("stills").join(&taken.file);
    std::fs::write(&path, b"something else").unwrap();
    let changed = station.client.call::<call::StillPicture>(taken.id).await.unwrap_err();
    assert_eq!((changed.code, changed.key.as_str()), (Code::DataLoss, "problem_still_file_changed"));

    let before = sim.stats().teardowns;
    assert!(station.stop(Signal::TERM).await.success());
    assert_eq!(sim.stats().teardowns - before, 4, "the cameras were told");
    assert!(!data.join("easien.db-wal").exists(), "the database was closed well");
    sim.stop().await;
}

fn draft_of(note: &Note) -> NoteDraft {
    NoteDraft { id: note.id, text: note.text.clone(), camera: note.camera, at: note.at, category: None }
}

#[tokio::test]
async fn one_station_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    let second =
        tokio::time::timeout(Duration::from_secs(10), command(folder.path()).status()).await.unwrap();
    assert_eq!(second.unwrap().code(), Some(3));
    assert!(station.client.call::<call::RoomGet>(()).await.is_ok(), "the first does not notice");
    assert!(station.stop(Signal::TERM).await.success());
    let again = start(folder.path(), &[]).await;
    assert!(again.stop(Signal::INT).await.success());
}

#[tokio::test]
async fn the_station_dies_while_a_client_waits() {
    // Accepts and never answers, so that the test of the camera takes its time.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    let client = station.client.clone();
    let url = format!("rtsp://{}/live", silent.local_addr().unwrap());
    let waiting =
        tokio::spawn(async move { client.call::<call::CameraTest>(crate::cameras::draft(&url)).await });
    let (_open, _) = silent.accept().await.unwrap();
    station.signal(Signal::KILL);
    let answer = tokio::time::timeout(Duration::from_secs(2), waiting).await.unwrap().unwrap();
    assert_eq!(answer.unwrap_err().code, Code::Unavailable);
    tokio::time::timeout(Duration::from_secs(2), station.client.closed()).await.unwrap();
    // Its dead socket is in nobody's way, once it is dead.
    station.stop(Signal::KILL).await;
    let again = start(folder.path(), &[]).await;
    assert!(again.client.call::<call::RoomGet>(()).await.is_ok());
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_slow_command() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    let client = station.client.clone();
    let url = format!("rtsp://{}/live", silent.local_addr().unwrap());
    let waiting =
        tokio::spawn(async move { client.call::<call::CameraTest>(crate::cameras::draft(&url)).await });
    let (_open, _) = silent.accept().await.unwrap();
    assert!(station.stop(Signal::TERM).await.success());
    let _ = waiting.await.unwrap();
}

#[tokio::test]
async fn settings_are_kept_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    let mut events = station.client.events();
    let room = station.client.call::<call::RoomGet>(()).await.unwrap();
    assert_eq!((room.settings.bookmark_pre_s, room.settings.bookmark_post_s), (30, 60));
    assert_eq!((room.recording, room.master_key.as_str()), (true, "file"));
    let wish = RoomSettings { name: "Ea Siên".into(), language: "en".into(), ..room.settings };
    let changed = station.client.call::<call::RoomSet>(wish.clone()).await.unwrap();
    assert_eq!((changed.name.as_str(), &changed.settings), ("Ea Siên", &wish));
    let told = until("the news", 5, async || match events.next().await {
        Some(Event::RoomChanged(room)) => Some(room.settings),
        _ => None,
    })
    .await;
    assert_eq!(told, wish);
    let wrong = RoomSettings { bookmark_pre_s: 9999, ..wish.clone() };
    let wrong = station.client.call::<call::RoomSet>(wrong).await.unwrap_err();
    assert_eq!(wrong.field.as_deref(), Some("bookmark_pre_s"));
    let categories = station.client.call::<call::CategoryList>(()).await.unwrap();
    assert!(categories.iter().any(|category| category.code == "traffic"));
    station.stop(Signal::KILL).await;
    let again = start(folder.path(), &[]).await;
    assert_eq!(again.client.call::<call::RoomGet>(()).await.unwrap().settings, wish);
    // A second window at the same time.
    assert!(Client::connect(folder.path()).await.is_ok());
}
