//! Bookmarks, holds and neighbours as a window sees them, over an index of recordings that was there before.

use crate::room::{now, start, until};
use easien_link::data::*;
use easien_link::{Client, Event, call};
use easien_model::{
    BookmarkId, CameraId, Code, Codec, HoldId, Problem, RunId, SegmentId, StreamId, StreamKind, UtcMicros,
    VolumeId,
};
use easien_store::Recordings;
use easien_store::recordings::{Change, SegmentEnd, SegmentRow, SegmentState};

fn camera(name: &str) -> CameraDraft {
    CameraDraft {
        id: CameraId::new(),
        code: String::new(),
        name: name.into(),
        unit: None,
        place: "Quốc lộ 14".into(),
        main_url: "rtsp://127.0.0.1:9/main".into(),
        sub_url: String::new(),
        username: String::new(),
        password: None,
        transport: None,
        record: Some(RecordProfile { streams: RecordStreams::Off, schedule: vec![], keep_days: Some(90) }),
    }
}

/// 1000 bytes a second, from `start` for five minutes.
fn recorded(camera: CameraId, start: UtcMicros) -> Change {
    Change::Added(SegmentRow {
        id: SegmentId::new(),
        stream: StreamId { camera, which: StreamKind::Main },
        volume: VolumeId::new(),
        path: "C001_1234abcd/main/2026-11-23/080000.mp4".into(),
        run: RunId::new(),
        start,
        rtp_start_90k: 0,
        clock_offset_us: None,
        shift_us: 0,
        codec: Codec::H264,
        width_px: 1920,
        height_px: 1080,
        audio: None,
        end: Some(SegmentEnd {
            end: start.plus_seconds(300),
            bytes: 300_000,
            frames: 4500,
            sha256: None,
            activity: vec![3; 60],
        }),
        state: SegmentState::Whole,
    })
}

fn text(title: &str, colour: &str) -> BookmarkText {
    BookmarkText {
        title: title.into(),
        category: Some("traffic".into()),
        tags: vec![" xe tải ".into(), " ".into()],
        note: String::new(),
        colour: colour.into(),
    }
}

fn key<T: std::fmt::Debug>(answer: Result<T, Problem>) -> (String, Option<String>) {
    let problem = answer.unwrap_err();
    (problem.key, problem.field)
}

async fn list(client: &Client, query: BookmarkQuery) -> Vec<Bookmark> {
    client.call::<call::BookmarkList>(query).await.unwrap()
}

#[tokio::test]
async fn clips_are_marked_held_found_and_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let (gate, road) = (camera("Cổng chợ Ea Siên"), camera("Ngã ba Đạt Hiếu"));
    let past = now().plus_seconds(-3600);
    {
        let (index, _) = Recordings::open(folder.path(), now()).unwrap();
        index.apply(&[recorded(gate.id, past), recorded(gate.id, past.plus_seconds(300))]).unwrap();
        index.close().unwrap();
    }
    let station = start(folder.path(), &[]).await;
    let client = &station.client;
    let mut events = client.events();
    for draft in [&gate, &road] {
        let added = client.call::<call::CameraAdd>(draft.clone()).await.unwrap();
        assert_eq!(Some(added.record), draft.record);
    }

    let draft = |cameras: Vec<CameraId>, at: UtcMicros, text| BookmarkDraft {
        id: BookmarkId::new(),
        cameras,
        at,
        start: at.plus_seconds(-30),
        end: at.plus_seconds(60),
        text,
    };
    let lorry = draft(vec![gate.id, road.id], past.plus_seconds(100), Some(text(" Xe tải dừng ", "blue")));
    let marked = client.call::<call::BookmarkAdd>(lorry.clone()).await.unwrap();
    assert_eq!(
        (marked.text.title.as_str(), marked.text.tags.as_slice()),
        ("Xe tải dừng", &["xe tải".to_owned()][..])
    );
    assert_eq!((marked.recorded, marked.held, marked.edits), (true, false, 0));
    let bare = client.call::<call::BookmarkAdd>(draft(vec![road.id], past, None)).await.unwrap();
    assert!(!bare.recorded, "nothing was recorded there");

    // What cannot be right is said, field by field.
    let add = async |draft| key(client.call::<call::BookmarkAdd>(draft).await);
    let ok = draft(vec![road.id], past, None);
    let clip = |field: &str| ("problem_bookmark_clip".to_owned(), Some(field.to_owned()));
    assert_eq!(add(BookmarkDraft { end: past, start: past, ..ok.clone() }).await, clip("end"));
    assert_eq!(add(BookmarkDraft { start: past.plus_seconds(1), ..ok.clone() }).await, clip("start"));
    assert_eq!(add(BookmarkDraft { start: past.plus_seconds(-90_000), ..ok.clone() }).await, clip("start"));
    assert_eq!(add(BookmarkDraft { end: now().plus_seconds(7200), ..ok.clone() }).await, clip("end"));
    assert_eq!(
        add(BookmarkDraft { text: Some(text("x", "red")), ..ok.clone() }).await.0,
        "problem_bookmark_colour"
    );

    // A hold from the bookmark: what it protects, and the bookmark says that it is held.
    let hold = HoldDraft {
        id: HoldId::new(),
        cameras: lorry.cameras.clone(),
        start: lorry.start,
        end: lorry.end,
        reason: "Xác minh".into(),
        until: None,
        bookmark: Some(lorry.id),
    };
    let held = client.call::<call::HoldAdd>(hold.clone()).await.unwrap();
    assert_eq!((held.active, held.bytes, held.lifted.clone()), (true, 300_000, None));
    let again = client.call::<call::HoldAdd>(hold.clone()).await.unwrap();
    assert_eq!(again, held, "a retry is harmless");
    let all = list(client, BookmarkQuery::default()).await;
    assert_eq!(
        all.iter().map(|one| (one.id, one.held)).collect::<Vec<_>>(),
        [(lorry.id, true), (bare.id, false)]
    );
    let told = until("the bookmark as held", 5, async || match events.next().await.unwrap() {
        Event::FeedChanged(FeedItem::Bookmark(told)) if told.held => Some(told),
        _ => None,
    });
    assert_eq!(told.await.id, lorry.id);
    let short = HoldDraft {
        id: HoldId::new(),
        cameras: vec![gate.id],
        until: Some(now().plus_seconds(2)),
        bookmark: None,
        ..hold.clone()
    };
    client.call::<call::HoldAdd>(short.clone()).await.unwrap();
    let over = until("the hold that ran out", 10, async || match events.next().await.unwrap() {
        Event::HoldChanged(told) if !told.active => Some(told),
        _ => None,
    });
    let over = over.await;
    assert_eq!((over.id, over.bytes), (short.id, 0));
    assert_eq!(client.call::<call::HoldList>(HoldQuery::default()).await.unwrap(), [held]);
    let ended = HoldQuery { ended: true, ..HoldQuery::default() };
    assert_eq!(client.call::<call::HoldList>(ended).await.unwrap().len(), 2);
    let lift = HoldLift { id: short.id, reason: "Xong".into() };
    assert_eq!(key(client.call::<call::HoldLift>(lift).await).0, "problem_hold_ended");
    let lift = HoldLift { id: hold.id, reason: " Đã bàn giao ".into() };
    let lifted = client.call::<call::HoldLift>(lift).await.unwrap();
    assert_eq!(
        (lifted.active, lifted.bytes, lifted.lifted.unwrap().reason.as_str()),
        (false, 0, "Đã bàn giao")
    );
    assert!(!list(client, BookmarkQuery::default()).await[0].held);

    // Found by a word of the text and one of the camera, without tone marks.
    let by = |text: &str| BookmarkQuery { text: text.into(), ..BookmarkQuery::default() };
    assert_eq!(list(client, by("dat hieu TAI")).await.len(), 1);
    assert_eq!(list(client, by("dat hieu")).await.len(), 2);
    let edit = BookmarkEdit { id: lorry.id, text: text("Xe khách", "green"), edits: Some(0) };
    assert_eq!(client.call::<call::BookmarkUpdate>(edit.clone()).await.unwrap().edits, 1);
    let late = BookmarkEdit { text: text("Xe con", ""), ..edit };
    let problem = client.call::<call::BookmarkUpdate>(late).await.unwrap_err();
    assert_eq!((problem.code, problem.key.as_str()), (Code::Conflict, "problem_bookmark_conflict"));
    let history = client.call::<call::BookmarkHistory>(lorry.id).await.unwrap();
    let told: Vec<_> = history.iter().map(|one| (one.number, one.text.title.as_str())).collect();
    assert_eq!(told, [(2, "Xe khách"), (1, "Xe tải dừng")]);

    let hide = |reason: &str| BookmarkHide { id: bare.id, reason: reason.into() };
    assert_eq!(key(client.call::<call::BookmarkHide>(hide(" ")).await).0, "problem_reason");
    let hidden = client.call::<call::BookmarkHide>(hide("Nhầm camera")).await.unwrap().hidden.unwrap();
    assert_eq!(hidden.reason, "Nhầm camera");
    assert_eq!(list(client, BookmarkQuery::default()).await.len(), 1);
    assert_eq!(list(client, BookmarkQuery { hidden: true, ..BookmarkQuery::default() }).await.len(), 2);
    let too_many = BookmarkQuery { limit: 501, ..BookmarkQuery::default() };
    assert_eq!(key(client.call::<call::BookmarkList>(too_many).await).0, "problem_page_limit");
    let feed = client.call::<call::FeedList>(Page { before: None, limit: 100 }).await.unwrap();
    let marks: Vec<_> = feed
        .iter()
        .filter_map(|item| match item {
            FeedItem::Bookmark(one) => Some(one.id),
            _ => None,
        })
        .collect();
    assert_eq!(marks, [lorry.id]);

    let neighbours = Neighbours {
        camera: gate.id,
        next: vec![Neighbour { camera: road.id, seconds: 95, direction: " về Buôn Hồ ".into() }],
    };
    let put = client.call::<call::NeighbourPut>(neighbours.clone()).await.unwrap();
    assert_eq!(put.next[0].direction, "về Buôn Hồ");
    assert_eq!(client.call::<call::NeighbourList>(()).await.unwrap(), [put]);
    let itself = Neighbours { camera: road.id, ..neighbours };
    assert_eq!(
        key(client.call::<call::NeighbourPut>(itself).await),
        ("problem_neighbours".to_owned(), Some("next".to_owned()))
    );
    assert!(station.stop(rustix::process::Signal::TERM).await.success());
}
