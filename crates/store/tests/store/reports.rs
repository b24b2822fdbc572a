//! What is counted of incidents, and the filters that people keep.

use crate::commands::bookmark;
use crate::incidents::{OTHER, WHO, close, draft, footage, moved, notice, open, problem, rows};
use crate::{NOW, Room};
use easien_model::{Code, FilterId, IncidentState, Linked, UtcMicros};
use easien_store::{FilterRow, NoticeDraft};
use serde_json::json;

#[test]
fn figures_are_of_incidents_by_when_the_room_learned_of_them() {
    let room = Room::new();
    let store = &room.store;
    let (gate, road) = (room.camera("Cổng chợ"), room.camera("Ngã ba"));
    let at = |hours: i64| NOW.plus_seconds(hours * 3600);
    let add = |title: &str, hours: i64| {
        let mut wish = draft(title);
        wish.text.detected = at(hours);
        open(store, &wish).incident.id
    };
    let (first, second, third, late) = (add("một", 0), add("hai", 1), add("ba", 2), add("bốn", 5));
    // A camera by two ways counts once; what was taken away again does not.
    store.link_incident(WHO, first, &Linked::Footage(footage(gate))).unwrap();
    let mark = bookmark(vec![gate, road]);
    store.add_bookmark(WHO, mark.clone()).unwrap();
    store.link_incident(WHO, first, &Linked::Bookmark(mark.id)).unwrap();
    store.link_incident(WHO, second, &Linked::Footage(footage(road))).unwrap();
    store.unlink_incident(WHO, second, &Linked::Footage(footage(road)), "nhầm", 90).unwrap();
    // A notice as it was written last.
    let told = NoticeDraft { notified: at(-2), ..notice("Công an xã") };
    store.put_notice(WHO, first, &told).unwrap();
    store.put_notice(WHO, first, &NoticeDraft { responded: Some(at(-1)), ..told.clone() }).unwrap();
    store.put_notice(WHO, first, &notice("Tổ tuần tra")).unwrap();
    room.clock.set(at(3));
    close(store, second);
    store.merge_incident(WHO, third, first, "trùng", 90).unwrap();

    let figures = store.case_figures(at(0), at(5)).unwrap();
    assert_eq!(
        figures.iter().map(|case| case.detected).collect::<Vec<_>>(),
        [at(0), at(1), at(2)],
        "not the one after"
    );
    let mut cameras = figures[0].cameras.clone();
    cameras.sort_unstable();
    let mut both = vec![gate, road];
    both.sort_unstable();
    assert_eq!(cameras, both);
    let mut notices = figures[0].notices.clone();
    notices.sort_unstable();
    assert_eq!(notices, [(at(-2), Some(at(-1))), (NOW, None)]);
    assert_eq!(
        (figures[1].state, figures[1].closed, figures[1].cameras.len()),
        (IncidentState::Closed, Some(at(3)), 0)
    );
    assert_eq!((figures[2].state, figures[2].merged), (IncidentState::Cancelled, true));
    // Opened again: it says when it was closed, and its state says that it is not.
    moved(store, second, IncidentState::Closed, IncidentState::Reopened, "còn việc").unwrap();
    let again = store.case_figures(at(1), at(2)).unwrap();
    assert_eq!((again[0].state, again[0].closed), (IncidentState::Reopened, Some(at(3))));
    assert_eq!(store.case_figures(at(5), at(6)).unwrap().len(), 1);
    assert!(store.incident(late).unwrap().is_some());
    assert!(store.case_figures(UtcMicros(0), UtcMicros(0)).unwrap().is_empty());
}

#[test]
fn figures_go_by_the_index() {
    let room = Room::new();
    let db = room.raw();
    let mut plan = db
        .prepare("EXPLAIN QUERY PLAN SELECT id FROM incident WHERE detected_at >= 1 AND detected_at < 2 ORDER BY detected_at, id")
        .unwrap();
    let steps: Vec<String> = plan.query_map([], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(steps.iter().any(|step| step.contains("incident_detected")), "{steps:?}");
    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
}

fn filter(name: &str) -> FilterRow {
    FilterRow {
        id: FilterId::new(),
        name: name.to_owned(),
        query: json!({ "text": "pháo", "states": ["new"] }),
    }
}

#[test]
fn filters_are_kept_by_name_for_whoever_made_them() {
    let mut room = Room::new();
    let store = &room.store;
    let fireworks = filter("Pháo");
    let before = rows(store);
    assert_eq!(store.put_filter(WHO, None, &fireworks).unwrap(), fireworks);
    assert_eq!(store.put_filter(WHO, None, &fireworks).unwrap(), fireworks, "the same again");
    assert_eq!(rows(store), before + 1, "written once");
    let changed = FilterRow { query: json!({ "text": "" }), ..fireworks.clone() };
    store.put_filter(OTHER, None, &changed).unwrap();
    assert_eq!(rows(store), before + 2);
    store.put_filter(WHO, None, &filter("Đường")).unwrap();
    store.put_filter(WHO, None, &filter("chờ duyệt")).unwrap();
    let names = |store: &easien_store::Store| {
        store.filters(None).unwrap().into_iter().map(|each| each.name).collect::<Vec<_>>()
    };
    assert_eq!(names(store), ["chờ duyệt", "Đường", "Pháo"], "as people sort");
    assert_eq!(
        problem(store.put_filter(WHO, None, &filter("Pháo"))),
        (Code::Invalid, "problem_filter_name_taken".to_owned())
    );
    for wrong in ["", "  ", "a\0b", &"x".repeat(81)] {
        assert_eq!(
            problem(store.put_filter(WHO, None, &filter(wrong))),
            (Code::Invalid, "problem_filter_name".to_owned())
        );
    }
    let huge = FilterRow { query: json!({ "text": "x".repeat(4000) }), ..filter("to") };
    assert_eq!(problem(store.put_filter(WHO, None, &huge)).0, Code::Invalid);

    // Another's is not there for others, neither to be changed nor to be removed.
    room.raw()
        .execute(
            "INSERT INTO person (id, login, name, roles, password, created_at)
             VALUES (zeroblob(16), 'truc1', 'Trực ban 01', '[\"operator\"]', '$argon2id$x', 1)",
            [],
        )
        .unwrap();
    let person = Some(easien_model::PersonId(uuid::Uuid::nil()));
    let theirs = filter("Pháo");
    room.store.put_filter(WHO, person, &theirs).unwrap();
    assert_eq!(room.store.filters(person).unwrap().as_slice(), std::slice::from_ref(&theirs));
    assert_eq!(problem(room.store.put_filter(WHO, None, &theirs)).0, Code::Conflict);
    assert_eq!(problem(room.store.delete_filter(WHO, None, theirs.id)).0, Code::NotFound);
    room.store.delete_filter(WHO, None, fireworks.id).unwrap();
    let after = rows(&room.store);
    room.store.delete_filter(WHO, None, fireworks.id).unwrap();
    assert_eq!(rows(&room.store), after, "it is gone already");
    room.reopen();
    assert_eq!(names(&room.store), ["chờ duyệt", "Đường"]);
    assert_eq!(room.store.filters(person).unwrap().len(), 1);
    for n in 2..100 {
        room.store.put_filter(WHO, None, &filter(&format!("{n}"))).unwrap();
    }
    assert_eq!(
        problem(room.store.put_filter(WHO, None, &filter("one more"))),
        (Code::Precondition, "problem_filters_full".to_owned())
    );
}
