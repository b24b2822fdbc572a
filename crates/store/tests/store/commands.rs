//! Every command of a person: written once, with its audit row, repeatable, refused when it cannot be.

use crate::{NOW, Room, draft};
use easien_model::{
    BookmarkId, CameraId, Code, LossReason, NoteId, StillId, StreamKind, Transport, UnitId, WallForm,
    WallShape,
};
use easien_store::{
    BookmarkDraft, BookmarkEdit, BookmarkRow, BookmarkText, CameraDraft, Error, NoteDraft, StillDraft, Store,
    UnitRow, WallRemembered, WallRow,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, json};

const WHO: &str = "Y Moan";

pub(crate) fn note(text: &str) -> NoteDraft {
    NoteDraft {
        id: NoteId::new(),
        text: text.to_owned(),
        camera: None,
        at: NOW,
        category: Some("traffic".to_owned()),
    }
}

pub(crate) fn bookmark(cameras: Vec<CameraId>) -> BookmarkDraft {
    BookmarkDraft {
        id: BookmarkId::new(),
        cameras,
        at: NOW,
        start: NOW.plus_seconds(-30),
        end: NOW.plus_seconds(60),
        text: None,
    }
}

pub(crate) fn still(camera: CameraId, file: &str) -> StillDraft {
    StillDraft {
        id: StillId::new(),
        camera,
        which: StreamKind::Main,
        at: NOW,
        clock_offset_us: Some(-1_500),
        width_px: 1920,
        height_px: 1080,
        file: file.to_owned(),
        bytes: 123_456,
        sha256: [7; 32],
        thumbnail: vec![0xff, 0xd8, 0xff],
    }
}

pub(crate) fn wall(window: &str, tiles: Vec<Option<CameraId>>) -> WallRow {
    WallRow {
        window: window.to_owned(),
        shape: WallShape::of(WallForm::Four),
        tiles,
        view: json!({ "page": 0 }),
    }
}

pub(crate) fn edit(id: BookmarkId, title: &str) -> BookmarkEdit {
    let text = BookmarkText {
        title: title.to_owned(),
        category: Some("fireworks".to_owned()),
        tags: vec!["pháo".to_owned(), "\"quoted\"".to_owned()],
        note: String::new(),
        colour: "amber".to_owned(),
    };
    BookmarkEdit { id, text, edits: None }
}

fn commands(store: &Store) -> Vec<String> {
    store.audit(None, 500).unwrap().into_iter().rev().map(|row| row.command).collect()
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    result.unwrap_err().code()
}

#[test]
fn each_command_leaves_one_audit_row_and_its_repetition_none() {
    let mut room = Room::new();
    let unit = UnitRow {
        id: UnitId::new(),
        name: "Xã Ea Siên".to_owned(),
        position: 0,
        valid_from: None,
        valid_to: None,
    };
    let camera = CameraDraft { unit: Some(unit.id), ..draft("Cổng chợ") };
    let marked = bookmark(vec![camera.id]);
    let taken = still(camera.id, "2026-11-23/C001.png");
    let written = note("Xe tải dừng sai chỗ");
    let shown = wall("main", vec![None, Some(camera.id), None, None]);
    let mut settings = Map::new();
    settings.insert("name".to_owned(), json!("Ea Siên"));

    let password = || Some(SecretString::from("x"));
    let mut first: Option<BookmarkRow> = None;
    for _ in 0..3 {
        let store = &room.store;
        assert_eq!(store.put_unit(WHO, unit.clone()).unwrap(), unit);
        let row = store.add_camera(WHO, camera.clone(), password()).unwrap();
        assert_eq!((row.code.as_str(), row.has_password, row.created), ("C001", true, NOW));
        store.put_wall(WHO, &shown, true).unwrap();
        store.put_settings(WHO, &settings).unwrap();
        store.add_bookmark(WHO, marked.clone()).unwrap();
        let row = store.edit_bookmark(WHO, edit(marked.id, "Đốt pháo")).unwrap();
        assert_eq!(*first.get_or_insert(row.clone()), row);
        assert_eq!(store.add_still(WHO, taken.clone()).unwrap().still, taken);
        assert_eq!(store.add_note(WHO, written.clone()).unwrap().note, written);
        room.reopen();
    }
    assert_eq!(
        commands(&room.store),
        [
            "station.key",
            "category.seed",
            "unit.put",
            "camera.add",
            "wall.remember",
            "room.set",
            "bookmark.add",
            "bookmark.update",
            "still.take",
            "note.add"
        ]
    );
    assert_eq!(room.store.audit_broken_at().unwrap(), None);
    let remembered = WallRemembered { wall: shown, who: WHO.to_owned(), at: NOW };
    assert_eq!(room.store.wall("main").unwrap(), Some(remembered));
    assert_eq!(room.store.settings().unwrap(), settings);
    room.store.check().unwrap();
}

#[test]
fn an_id_that_stands_for_something_else_is_a_conflict() {
    let room = Room::new();
    let (camera, other) = (room.camera("Một"), room.camera("Hai"));
    let store = &room.store;

    let added = draft("Ba");
    let secret = |text: &str| Some(SecretString::from(text));
    store.add_camera(WHO, added.clone(), secret("a")).unwrap();
    assert_eq!(code(store.add_camera(WHO, added.clone(), secret("b"))), Code::Conflict);
    let renamed = CameraDraft { name: "Bốn".to_owned(), ..added.clone() };
    assert_eq!(code(store.add_camera(WHO, renamed, secret("a"))), Code::Conflict);
    // Even after it was changed, the first adding is known again, and gives what stands now.
    store.update_camera(WHO, CameraDraft { name: "Năm".to_owned(), ..added.clone() }, secret("c")).unwrap();
    assert_eq!(store.add_camera(WHO, added.clone(), secret("a")).unwrap().name, "Năm");

    let marked = bookmark(vec![camera]);
    store.add_bookmark(WHO, marked.clone()).unwrap();
    assert_eq!(
        code(store.add_bookmark(WHO, BookmarkDraft { cameras: vec![other], ..marked })),
        Code::Conflict
    );

    let written = note("a");
    store.add_note(WHO, written.clone()).unwrap();
    assert_eq!(code(store.add_note(WHO, NoteDraft { text: "b".to_owned(), ..written })), Code::Conflict);

    let taken = still(camera, "a.png");
    store.add_still(WHO, taken.clone()).unwrap();
    assert_eq!(code(store.add_still(WHO, StillDraft { bytes: 1, ..taken })), Code::Conflict);
    assert_eq!(store.audit_broken_at().unwrap(), None);
}

#[test]
fn a_refused_command_leaves_nothing() {
    let room = Room::new();
    let store = &room.store;
    let camera = room.camera("Một");
    let before = commands(store);
    let nobody = CameraId::new();

    assert_eq!(code(store.add_note("", note("a"))), Code::Invalid);
    assert_eq!(code(store.add_note(WHO, note(" \n"))), Code::Invalid);
    assert_eq!(code(store.add_note(WHO, note(&"x".repeat(10_001)))), Code::Invalid);
    assert_eq!(code(store.add_note(WHO, NoteDraft { camera: Some(nobody), ..note("a") })), Code::NotFound);
    assert_eq!(
        code(store.add_note(WHO, NoteDraft { category: Some("none".to_owned()), ..note("a") })),
        Code::NotFound
    );
    assert_eq!(code(store.add_bookmark(WHO, bookmark(vec![]))), Code::Invalid);
    assert_eq!(code(store.add_bookmark(WHO, bookmark(vec![camera, camera]))), Code::Invalid);
    assert_eq!(code(store.add_bookmark(WHO, bookmark(vec![camera, nobody]))), Code::NotFound);
    let turned = BookmarkDraft { end: NOW.plus_seconds(-1), ..bookmark(vec![camera]) };
    assert_eq!(code(store.add_bookmark(WHO, turned)), Code::Invalid);
    assert_eq!(code(store.edit_bookmark(WHO, edit(BookmarkId::new(), "a"))), Code::NotFound);
    assert_eq!(code(store.add_still(WHO, still(camera, "../a.png"))), Code::Invalid);
    assert_eq!(code(store.add_still(WHO, still(nobody, "a.png"))), Code::NotFound);
    let shape = WallShape { form: WallForm::Four, cells: Some(vec![]) };
    let broken = WallRow { shape, ..wall("main", vec![]) };
    assert_eq!(code(store.put_wall(WHO, &broken, true)), Code::Invalid);
    let long = WallRow { view: json!("x".repeat(70_000)), ..wall("main", vec![]) };
    assert_eq!(code(store.put_wall(WHO, &long, true)), Code::Invalid);
    assert_eq!(
        code(store.put_wall(WHO, &wall("main", vec![Some(camera), Some(nobody)]), true)),
        Code::NotFound
    );
    assert_eq!(store.wall("main").unwrap(), None);
    assert_eq!(code(store.update_camera(WHO, draft("Hai"), None)), Code::NotFound);
    assert_eq!(code(store.delete_camera(WHO, nobody)), Code::NotFound);
    assert_eq!(code(store.camera_lost(nobody, LossReason::Closed, NOW)), Code::NotFound);
    assert_eq!(code(store.camera_password(nobody)), Code::NotFound);

    assert_eq!(commands(store), before);
    assert_eq!(store.feed(None, 500).unwrap(), []);
}

#[test]
fn a_camera_through_its_life() {
    let mut room = Room::new();
    let store = &room.store;
    let mut camera = CameraDraft { code: "C007".to_owned(), ..draft("Ngã ba") };
    store.add_camera(WHO, camera.clone(), Some(SecretString::from("một"))).unwrap();
    assert_eq!(store.next_camera_code().unwrap(), "C008");
    let other = store.add_camera(WHO, draft("Hai"), None).unwrap();
    assert_eq!((other.code.as_str(), other.has_password), ("C008", false));

    // The code is unique without regard to case, and an update may take nobody else's.
    let taken = CameraDraft { code: "c007".to_owned(), ..draft("Ba") };
    let problem = store.add_camera(WHO, taken, None).unwrap_err().problem();
    assert_eq!((problem.code, problem.key.as_str()), (Code::Conflict, "problem_camera_code_taken"));
    assert_eq!(problem.field.as_deref(), Some("code"));

    // No password keeps it, an empty one forgets it, a new one replaces it.
    camera.name = "Ngã ba Đạt Hiếu".to_owned();
    camera.transport = Some(Transport::Udp);
    let row = store.update_camera(WHO, camera.clone(), None).unwrap();
    assert_eq!((row.transport, row.has_password), (Some(Transport::Udp), true));
    let opened = |store: &Store| {
        store.camera_password(camera.id).unwrap().map(|password| password.expose_secret().to_owned())
    };
    assert_eq!(opened(store).as_deref(), Some("một"));
    let secret = |text: &str| Some(SecretString::from(text));
    store.update_camera(WHO, camera.clone(), secret("hai")).unwrap();
    assert_eq!(opened(store).as_deref(), Some("hai"));
    let before = store.audit(None, 500).unwrap().len();
    store.update_camera(WHO, camera.clone(), secret("hai")).unwrap();
    assert_eq!(store.audit(None, 500).unwrap().len(), before, "nothing changed");
    assert!(!store.update_camera(WHO, camera.clone(), secret("")).unwrap().has_password);
    assert_eq!(opened(store), None);
    store.update_camera(WHO, camera.clone(), secret("ba")).unwrap();

    assert_eq!(store.search_cameras("dat hieu nga").unwrap().len(), 1);
    assert_eq!(store.search_cameras("QUOC LO").unwrap().len(), 2);
    assert_eq!(store.search_cameras("100%").unwrap().len(), 0);

    // Taken out: gone from the room, its marks stay readable, its code is free again but not given by itself.
    let marked = store.add_bookmark(WHO, bookmark(vec![camera.id, other.id])).unwrap();
    let tiles = vec![Some(camera.id), Some(other.id), None, None];
    store.put_wall(WHO, &wall("wall-2", tiles), true).unwrap();
    store.camera_lost(camera.id, LossReason::Timeout, NOW).unwrap();
    store.delete_camera(WHO, camera.id).unwrap();
    store.delete_camera(WHO, camera.id).unwrap();
    room.reopen();
    let store = &room.store;
    assert_eq!(store.cameras().unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), [other.id]);
    let row = store.camera(camera.id).unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.deleted, row.has_password), ("Ngã ba Đạt Hiếu", Some(NOW), false));
    assert_eq!(store.bookmark(marked.id).unwrap(), Some(marked));
    assert_eq!(store.wall("wall-2").unwrap().unwrap().wall.tiles, [None, Some(other.id), None, None]);
    assert_eq!(store.cameras_lost().unwrap(), []);
    assert_eq!(store.next_camera_code().unwrap(), "C009");
    assert_eq!(code(store.camera_password(camera.id)), Code::NotFound);
    assert_eq!(code(store.add_camera(WHO, camera.clone(), None)), Code::Conflict);
    let again = CameraDraft { code: "C007".to_owned(), ..draft("Mới") };
    store.add_camera(WHO, again, None).unwrap();
    // A note about what the camera showed may still be written.
    store.add_note(WHO, NoteDraft { camera: Some(camera.id), ..note("Đã tháo") }).unwrap();
}

#[test]
fn an_address_with_a_credential_in_it_is_never_stored() {
    let room = Room::new();
    for address in [
        "rtsp://admin:secret@192.0.2.1/main",
        "rtsp://admin@192.0.2.1/main",
        "rtsp://admin:p@ss:wörd/%41\"'@192.0.2.1/main",
        "rtsp://admin:se/cret@192.0.2.1/main",
        "rtsp://admin:se?cret@192.0.2.1/main",
        "rtsp://admin:se#cret@192.0.2.1/main",
        "192.0.2.1/main",
        "rtsp:///main",
        "rtsp://192.0.2.1:/main",
        "rtsp://192.0.2.1/ma in",
    ] {
        for camera in [
            CameraDraft { main_url: address.to_owned(), ..draft("Một") },
            CameraDraft { sub_url: address.to_owned(), ..draft("Một") },
        ] {
            let error = room.store.add_camera(WHO, camera.clone(), None).unwrap_err();
            assert_eq!(error.code(), Code::Invalid, "{address}");
            assert!(!format!("{error:?} {error} {:?} {camera:?}", error.problem()).contains("cret"));
        }
    }
    for address in ["rtsp://192.0.2.1", "rtsp://[2001:db8::1]:554/a?b=c@d", "rtsp://cam.example:8554/x@y"] {
        let camera = CameraDraft { main_url: address.to_owned(), ..draft("Một") };
        room.store.add_camera(WHO, camera, None).unwrap();
    }
}

#[test]
fn every_edit_of_a_bookmark_stays() {
    let room = Room::new();
    let marked = room.store.add_bookmark(WHO, bookmark(vec![room.camera("Một")])).unwrap();
    room.store.edit_bookmark(WHO, edit(marked.id, "Một")).unwrap();
    room.clock.set(NOW.plus_seconds(60));
    let row = room.store.edit_bookmark("H'Len", edit(marked.id, "Hai")).unwrap();
    assert_eq!((row.text.title.as_str(), row.author.as_str(), row.edits), ("Hai", WHO, 2));
    assert_eq!(row.text.tags, ["pháo", "\"quoted\""]);
    let edits = room.store.bookmark_history(marked.id).unwrap();
    let told: Vec<_> =
        edits.iter().map(|row| (row.number, row.text.title.as_str(), row.author.as_str())).collect();
    assert_eq!(told, [(1, "Một", WHO), (2, "Hai", "H'Len")]);
    assert_eq!(edits[1].at, NOW.plus_seconds(60));
}
