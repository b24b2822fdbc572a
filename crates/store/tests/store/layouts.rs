//! Layouts, tours, remembered walls: shared and personal, never lost to another window, back after a deletion; and a
//! database from before them.

use crate::commands::wall;
use crate::{NOW, Room};
use easien_model::{CameraId, Code, LayoutId, ManualClock, TourId, WallCell, WallForm, WallShape};
use easien_store::{
    DATABASE_FILE, Error, LayoutDraft, Store, TourDraft, TourStep, WallRemembered, WallRow, migrate,
};
use std::path::Path;
use std::sync::Arc;

const WHO: &str = "Y Moan";
const OTHER: &str = "H'Len";

fn layout(name: &str, cameras: Vec<Option<CameraId>>) -> LayoutDraft {
    LayoutDraft {
        id: LayoutId::new(),
        name: name.to_owned(),
        shared: true,
        shape: WallShape::of(WallForm::OneAndFive),
        cameras,
        hotspot: None,
        edits: 0,
    }
}

fn names(store: &Store, who: &str) -> Vec<String> {
    store.layouts(who).unwrap().into_iter().map(|row| row.layout.name).collect()
}

fn key<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().problem().key
}

fn audited(store: &Store, command: &str) -> usize {
    store.audit(None, 500).unwrap().iter().filter(|row| row.command == command).count()
}

#[test]
fn a_layout_is_saved_whole_once_and_kept() {
    let mut room = Room::new();
    let (one, two) = (room.camera("Một"), room.camera("Hai"));
    let cells = vec![WallCell { x: 0, y: 0, w: 3000, h: 5040 }, WallCell { x: 3000, y: 0, w: 2040, h: 5040 }];
    let draft = LayoutDraft {
        shape: WallShape { form: WallForm::Two, cells: Some(cells) },
        hotspot: Some(1),
        ..layout("Trục QL14", vec![None, Some(two), None, Some(one), None])
    };
    let saved = room.store.put_layout(WHO, &draft).unwrap();
    assert_eq!(saved.layout, LayoutDraft { edits: 1, ..draft.clone() });
    assert_eq!((saved.owner.as_str(), saved.changed), (WHO, NOW));
    assert_eq!(room.store.put_layout(WHO, &draft).unwrap(), saved, "a retry is harmless");
    assert_eq!(audited(&room.store, "layout.put"), 1);
    room.reopen();
    assert_eq!(room.store.layouts(OTHER).unwrap(), [saved]);
    // A camera that was taken out stays named: the screen says so in its tile.
    room.store.delete_camera(WHO, one).unwrap();
    assert_eq!(room.store.layouts(WHO).unwrap()[0].layout.cameras[3], Some(one));
    room.store.check().unwrap();
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let room = Room::new();
    let store = &room.store;
    let before = store.audit(None, 500).unwrap().len();
    let hole = WallShape { form: WallForm::One, cells: Some(vec![WallCell { x: 0, y: 0, w: 1, h: 1 }]) };
    let wrong = [
        (layout(" ", vec![]), "problem_layout_name"),
        (layout(&"x".repeat(81), vec![]), "problem_layout_name"),
        (LayoutDraft { shape: hole, ..layout("a", vec![]) }, "problem_wall_shape"),
        (LayoutDraft { hotspot: Some(6), ..layout("a", vec![]) }, "problem_wall_shape"),
        (layout("a", vec![None; 257]), "problem_wall_tiles"),
        (layout("a", vec![Some(CameraId::new())]), "problem_camera_not_found"),
        (LayoutDraft { edits: 1, ..layout("a", vec![]) }, "problem_layout_not_found"),
    ];
    for (draft, expected) in wrong {
        assert_eq!(key(store.put_layout(WHO, &draft)), expected);
    }
    let tour =
        |steps| TourDraft { id: TourId::new(), name: "Đêm".to_owned(), shared: true, steps, edits: 0 };
    let step = TourStep { layout: LayoutId::new(), page: None, dwell_s: 20 };
    for (steps, expected) in [
        (vec![], "problem_tour_steps"),
        (vec![TourStep { dwell_s: 2, ..step }], "problem_tour_steps"),
        (vec![TourStep { page: Some(256), ..step }], "problem_tour_steps"),
        (vec![step; 65], "problem_tour_steps"),
        (vec![step], "problem_layout_not_found"),
    ] {
        assert_eq!(key(store.put_tour(WHO, &tour(steps))), expected);
    }
    assert_eq!(store.audit(None, 500).unwrap().len(), before);
    assert_eq!(names(store, WHO), [""; 0]);
}

#[test]
fn two_windows_do_not_lose_each_others_change() {
    let room = Room::new();
    let store = &room.store;
    let draft = layout("Chợ", vec![]);
    let saved = store.put_layout(WHO, &draft).unwrap().layout;
    let renamed = LayoutDraft { name: "Chợ Ea Siên".to_owned(), ..saved.clone() };
    assert_eq!(store.put_layout(OTHER, &renamed).unwrap().layout.edits, 2);
    let late = LayoutDraft { shape: WallShape::of(WallForm::Nine), ..saved.clone() };
    let error = store.put_layout(WHO, &late).unwrap_err();
    assert_eq!((error.code(), key::<()>(Err(error)).as_str()), (Code::Conflict, "problem_layout_conflict"));
    assert_eq!(key(store.delete_layout(WHO, saved.id, 1)), "problem_layout_conflict");
    assert_eq!(names(store, WHO), ["Chợ Ea Siên"]);
    assert_eq!(store.layouts(WHO).unwrap()[0].changed_by, OTHER);

    // Deleted, it is back with the same place when it is put again.
    store.put_layout(WHO, &layout("Trường học", vec![])).unwrap();
    store.delete_layout(WHO, saved.id, 2).unwrap();
    store.delete_layout(WHO, saved.id, 2).unwrap();
    assert_eq!(names(store, WHO), ["Trường học"]);
    store.put_layout(WHO, &LayoutDraft { edits: 2, ..renamed }).unwrap();
    assert_eq!(names(store, WHO), ["Chợ Ea Siên", "Trường học"]);
    assert_eq!((audited(store, "layout.put"), audited(store, "layout.delete")), (4, 1));
    assert_eq!(store.audit_broken_at().unwrap(), None);
}

#[test]
fn what_is_personal_is_its_owners_alone() {
    let room = Room::new();
    let store = &room.store;
    let own = LayoutDraft { shared: false, ..layout("Của tôi", vec![]) };
    let own = store.put_layout(WHO, &own).unwrap().layout;
    assert_eq!((names(store, WHO).len(), names(store, OTHER).len()), (1, 0));
    assert_eq!(
        key(store.put_layout(OTHER, &LayoutDraft { shared: true, ..own.clone() })),
        "problem_layout_not_found"
    );
    assert_eq!(key(store.delete_layout(OTHER, own.id, 1)), "problem_layout_not_found");
    // The same name is free for somebody else, and among the shared ones; twice it is not.
    store.put_layout(OTHER, &LayoutDraft { shared: false, ..layout("Của tôi", vec![]) }).unwrap();
    let all = store.put_layout(OTHER, &layout("Của tôi", vec![])).unwrap().layout;
    assert_eq!(key(store.put_layout(WHO, &layout("Của tôi", vec![]))), "problem_layout_name_taken");
    assert_eq!(
        key(store.put_layout(WHO, &LayoutDraft { shared: false, ..layout("Của tôi", vec![]) })),
        "problem_layout_name_taken"
    );
    // Only who made it takes it out of everybody's hands.
    let hidden = LayoutDraft { shared: false, name: "Ẩn".to_owned(), ..all };
    assert_eq!(key(store.put_layout(WHO, &hidden)), "problem_layout_not_own");
    store.put_layout(OTHER, &hidden).unwrap();
    assert_eq!(names(store, WHO), ["Của tôi"]);
}

#[test]
fn the_order_is_kept_and_leaves_what_others_have_alone() {
    let mut room = Room::new();
    let put = |store: &Store, who: &str, name: &str, shared: bool| {
        store.put_layout(who, &LayoutDraft { shared, ..layout(name, vec![]) }).unwrap().layout.id
    };
    let a = put(&room.store, WHO, "a", true);
    let hidden = put(&room.store, OTHER, "hidden", false);
    let b = put(&room.store, WHO, "b", true);
    let c = put(&room.store, WHO, "c", false);
    assert_eq!(room.store.order_layouts(WHO, &[c, a, b]).unwrap(), [c, hidden, a, b]);
    assert_eq!(names(&room.store, WHO), ["c", "a", "b"]);
    room.store.order_layouts(WHO, &[c, a, b]).unwrap();
    assert_eq!(audited(&room.store, "layout.order"), 1);
    let d = put(&room.store, WHO, "d", true);
    // Some only, and one that is not there.
    room.store.order_layouts(WHO, &[d, LayoutId::new(), a]).unwrap();
    room.reopen();
    assert_eq!(names(&room.store, WHO), ["c", "d", "b", "a"]);
    assert_eq!(names(&room.store, OTHER), ["hidden", "d", "b", "a"]);
}

#[test]
fn tours_are_saved_changed_deleted_and_back() {
    let room = Room::new();
    let store = &room.store;
    let first = store.put_layout(WHO, &layout("a", vec![])).unwrap().layout.id;
    let second = store.put_layout(WHO, &layout("b", vec![])).unwrap().layout.id;
    let step = |layout, page, dwell_s| TourStep { layout, page, dwell_s };
    let steps = vec![step(first, None, 10), step(second, Some(2), 30), step(first, Some(0), 3600)];
    let draft = TourDraft { id: TourId::new(), name: "Đêm".to_owned(), shared: true, steps, edits: 0 };
    let saved = store.put_tour(WHO, &draft).unwrap();
    assert_eq!(saved.tour, TourDraft { edits: 1, ..draft.clone() });
    assert_eq!(store.put_tour(WHO, &draft).unwrap(), saved);
    let shorter = TourDraft { steps: vec![step(second, None, 5)], ..saved.tour.clone() };
    assert_eq!(store.put_tour(OTHER, &shorter).unwrap().tour, TourDraft { edits: 2, ..shorter.clone() });
    assert_eq!(
        key(store.put_tour(WHO, &TourDraft { name: "x".to_owned(), ..saved.tour })),
        "problem_tour_conflict"
    );
    // A deleted layout stays a step: the tour passes over it, and it may come back.
    store.delete_layout(WHO, second, 1).unwrap();
    assert_eq!(store.tours(WHO).unwrap()[0].tour.steps.len(), 1);
    store.delete_tour(WHO, shorter.id, 2).unwrap();
    assert_eq!(store.tours(WHO).unwrap(), []);
    store.put_tour(WHO, &TourDraft { edits: 2, ..shorter }).unwrap();
    assert_eq!(store.tours(WHO).unwrap()[0].tour.edits, 3);
    assert_eq!((audited(store, "tour.put"), audited(store, "tour.delete")), (3, 1));
}

#[test]
fn where_the_eye_is_is_remembered_and_not_audited() {
    let room = Room::new();
    let store = &room.store;
    let camera = room.camera("Một");
    let shown = wall("main", vec![Some(camera)]);
    store.put_wall(WHO, &shown, true).unwrap();
    let moved = WallRow { view: serde_json::json!({ "focus": 3 }), ..shown.clone() };
    store.put_wall(WHO, &moved, true).unwrap();
    store.put_wall(WHO, &WallRow { window: "main_start".to_owned(), ..shown.clone() }, false).unwrap();
    assert_eq!(audited(store, "wall.remember"), 1);
    assert_eq!(store.wall("main").unwrap().unwrap().wall, moved);
    let bent = WallRow { shape: WallShape::of(WallForm::Nine), ..moved.clone() };
    store.put_wall(WHO, &bent, true).unwrap();
    assert_eq!(audited(store, "wall.remember"), 2);
    // Whoever takes over is in front of it, also when nothing moved.
    store.put_wall(OTHER, &bent, true).unwrap();
    assert_eq!(store.wall("main").unwrap().unwrap().who, OTHER);
    let later = NOW.plus_seconds(7_200);
    room.clock.set(later);
    store.put_wall(OTHER, &bent, true).unwrap();
    assert_eq!(store.wall("main").unwrap().unwrap().at, later);
    assert_eq!(audited(store, "wall.remember"), 2);
}

#[test]
fn a_wall_from_before_shapes_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(DATABASE_FILE);
    let camera = CameraId::new();
    {
        let mut db = rusqlite::Connection::open(&path).unwrap();
        let before = migrate::Ladder {
            application_id: migrate::ROOM.application_id,
            migrations: &migrate::ROOM.migrations[..2],
        };
        before.migrate(&mut db, Path::new("memory")).unwrap();
        db.pragma_update(None, "application_id", migrate::ROOM.application_id).unwrap();
        db.execute(
            "INSERT INTO camera (id, code, name, folded, place, main_url, sub_url, username, origin, created_at, changed_at)
             VALUES (?1, 'C001', 'Một', 'mot', '', 'rtsp://192.0.2.1/', '', '', zeroblob(32), 0, 0)",
            [camera.0.into_bytes()],
        )
        .unwrap();
        db.execute("INSERT INTO wall (window, grid, tiles, changed_at) VALUES ('main', 9, 3, 7)", [])
            .unwrap();
        db.execute(
            "INSERT INTO wall_tile (window, tile, camera) VALUES ('main', 1, ?1)",
            [camera.0.into_bytes()],
        )
        .unwrap();
    }
    let store = Store::open_with(folder.path(), Arc::new(ManualClock::new(NOW)), None).unwrap();
    let WallRemembered { wall, at, .. } = store.wall("main").unwrap().unwrap();
    assert_eq!((wall.shape, at.0), (WallShape::of(WallForm::Nine), 7));
    assert_eq!(wall.tiles, [None, Some(camera), None]);
    store.check().unwrap();
}
