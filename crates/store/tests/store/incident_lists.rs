//! Incidents as they are found again: by filters, page by page, by the one search, and by whoever checks the audit.

use crate::incidents::{OTHER, WHO, draft, footage, moved, note, open, problem, sheet, vehicle};
use crate::{NOW, Room};
use easien_model::{
    Code, IncidentId, IncidentOrder, IncidentState, IncidentText, Linked, Outcome, Severity, UnitId,
    UtcMicros,
};
use easien_store::{
    IncidentDraft, IncidentFilter, IncidentRow, UnitRow,
    search::{Narrow, Wanted},
};

#[test]
fn incidents_are_found_by_each_filter_in_each_order_page_by_page() {
    let room = Room::new();
    let store = &room.store;
    let camera = room.camera("Cổng chợ");
    let unit = UnitRow {
        id: UnitId::new(),
        name: "Xã Ea Siên".to_owned(),
        position: 0,
        valid_from: None,
        valid_to: None,
    };
    store.put_unit(WHO, unit.clone()).unwrap();
    room.raw()
        .execute(
            "INSERT INTO category (code, parent, name_vi, name_en) VALUES ('traffic.speed', 'traffic', 'x', 'x')",
            [],
        )
        .unwrap();
    let add = |title: &str, minute: i64, severity, change: fn(&mut IncidentText)| {
        let mut wish = draft(title);
        wish.text.detected = NOW.plus_seconds(minute * 60);
        wish.text.severity = severity;
        change(&mut wish.text);
        open(store, &wish).incident.id
    };
    let fire = add("Đốt pháo", 30, Severity::Low, |_| {});
    let speed = add("Chạy quá tốc độ", 10, Severity::Critical, |text| {
        text.category = Some("traffic.speed".into())
    });
    let crash = add("Va chạm", 20, Severity::High, |text| text.category = Some("traffic".into()));
    let ward = IncidentText { unit: Some(unit.id), ..store.incident(crash).unwrap().unwrap().text };
    store.update_incident(WHO, crash, &ward, 0).unwrap();
    store.link_incident(WHO, speed, &Linked::Footage(footage(camera))).unwrap();
    store.put_subject(WHO, crash, &vehicle("47K1-123.45"), None, None).unwrap();
    store.add_incident_note(WHO, false, &note(fire, "Xe chạy trên đường về phía Bắc", None)).unwrap();
    moved(store, fire, IncidentState::New, IncidentState::Verifying, "").unwrap();

    let ids = |filter: IncidentFilter| {
        let page = store.incidents(&IncidentFilter { limit: 100, ..filter }).unwrap();
        page.items.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let all = IncidentFilter::default;
    assert_eq!(ids(all()), [fire, crash, speed]);
    assert_eq!(ids(IncidentFilter { reversed: true, ..all() }), [speed, crash, fire]);
    assert_eq!(ids(IncidentFilter { order: IncidentOrder::Number, ..all() }), [crash, speed, fire]);
    assert_eq!(ids(IncidentFilter { order: IncidentOrder::Severity, ..all() }), [speed, crash, fire]);
    assert_eq!(ids(IncidentFilter { states: vec![IncidentState::New], ..all() }), [crash, speed]);
    let mixed = vec![IncidentState::Verifying, IncidentState::Closed];
    assert_eq!(ids(IncidentFilter { states: mixed, ..all() }), [fire]);
    assert_eq!(ids(IncidentFilter { category: Some("traffic".into()), ..all() }), [crash, speed]);
    assert_eq!(ids(IncidentFilter { category: Some("traffic.speed".into()), ..all() }), [speed]);
    assert_eq!(ids(IncidentFilter { unit: Some(unit.id), ..all() }), [crash]);
    assert_eq!(ids(IncidentFilter { camera: Some(camera), ..all() }), [speed]);
    assert_eq!(ids(IncidentFilter { opened_by: Some(OTHER.into()), ..all() }), []);
    let at = |minute: i64| Some(NOW.plus_seconds(minute * 60));
    assert_eq!(ids(IncidentFilter { from: at(20), to: at(30), ..all() }), [crash]);
    let by = |text: &str| ids(IncidentFilter { text: text.into(), ..all() });
    assert_eq!(by("dot PHAO"), [fire]);
    assert_eq!(by("duong bac"), [fire], "words of a note");
    assert_eq!(by("47k1 12345"), [crash], "a plate in part");
    assert_eq!(by("123.45"), [crash]);
    assert_eq!(by("es-2026-0002"), [speed]);
    assert_eq!(by("trang"), [crash], "a colour");
    assert_eq!(by("%"), []);
    assert_eq!(by("phao bac"), [fire], "one in its title, the other in a note");
    assert_eq!(by("phao 47k1"), [], "of two incidents");
    assert_eq!(by("\"phía bắc\""), [fire]);
    assert_eq!(by("vach"), []);

    let page = store.incidents(&IncidentFilter { limit: 2, ..all() }).unwrap();
    let counts = vec![(IncidentState::New, 2), (IncidentState::Verifying, 1)];
    assert_eq!((page.more, page.counts), (true, counts));
    let next = IncidentFilter { limit: 2, after: Some(page.items[1].id), ..all() };
    let page = store.incidents(&next).unwrap();
    assert_eq!((page.items.len(), page.items[0].id, page.more, page.counts), (1, speed, false, vec![]));
    let narrowed =
        IncidentFilter { category: Some("traffic".into()), states: vec![IncidentState::Closed], ..all() };
    let page = store.incidents(&narrowed).unwrap();
    assert_eq!((page.items, page.counts), (vec![], vec![(IncidentState::New, 2)]), "whatever the states say");
    let lost = IncidentFilter { after: Some(IncidentId::new()), ..all() };
    assert_eq!(problem(store.incidents(&lost)).0, Code::NotFound);
}

#[test]
fn what_is_changed_again_and_again_is_found_by_what_it_says_now() {
    let room = Room::new();
    let store = &room.store;
    let case = open(store, &draft("Đốt pháo")).incident.id;
    let mut car = vehicle("47K1-123.45");
    let found = |text: &str| {
        let page =
            store.incidents(&IncidentFilter { text: text.into(), limit: 10, ..IncidentFilter::default() });
        page.unwrap().items.len()
    };
    for (colour, folded) in [("đen", "den"), ("trắng", "trang"), ("xám bạc", "xam bac")] {
        car.colour = colour.to_owned();
        store.put_subject(WHO, case, &car, None, None).unwrap();
        for text in ["phao", "12345", "47k112345", "phao 12345", folded, &format!("phao {folded}")] {
            assert_eq!(found(text), 1, "{text:?} after {colour}");
        }
    }
    assert_eq!((found("den"), found("trang"), found("phao den")), (0, 0, 0));
}

#[test]
fn pages_put_together_are_the_whole_list() {
    let room = Room::new();
    let store = &room.store;
    let severities = [Severity::Low, Severity::High, Severity::Medium, Severity::Critical];
    let mut opened: Vec<IncidentRow> = Vec::new();
    for index in 0..23_usize {
        let mut wish = draft("x");
        // Several of one moment.
        wish.text.detected = UtcMicros(NOW.0 + (index / 3) as i64);
        wish.text.severity = severities[index * 7 % 4];
        opened.push(open(store, &wish).incident);
    }
    for order in [IncidentOrder::Detected, IncidentOrder::Number, IncidentOrder::Severity] {
        for reversed in [false, true] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let filter = IncidentFilter { order, reversed, after, limit: 4, ..IncidentFilter::default() };
                let page = store.incidents(&filter).unwrap();
                after = page.items.last().map(|row| row.id);
                seen.extend(page.items);
                if !page.more {
                    break;
                }
            }
            let mut wanted = opened.clone();
            wanted.sort_by(|a, b| {
                let detected = (b.text.detected, b.id).cmp(&(a.text.detected, a.id));
                match order {
                    IncidentOrder::Detected => detected,
                    IncidentOrder::Number => b.number.cmp(&a.number),
                    IncidentOrder::Severity => b.text.severity.cmp(&a.text.severity).then(detected),
                }
            });
            if reversed {
                wanted.reverse();
            }
            assert!(seen == wanted, "{order:?} {reversed}");
        }
    }
}

#[test]
fn what_was_changed_past_the_triggers_is_found() {
    let room = Room::new();
    let store = &room.store;
    let id = open(store, &draft("Đốt pháo")).incident.id;
    let wrong = note(id, "Sai", None);
    store.add_incident_note(WHO, false, &wrong).unwrap();
    store.add_incident_note(WHO, false, &note(id, "Đúng", Some(wrong.id))).unwrap();
    let text = IncidentText { outcome: Some(Outcome::NoViolation), ..sheet("Đốt pháo") };
    store.update_incident(WHO, id, &text, 0).unwrap();
    let found = || store.audit_broken_at().unwrap().is_some();
    assert!(!found());
    let raw = room.raw();
    raw.execute_batch(
        "DROP TRIGGER incident_over; DROP TRIGGER incident_note_stays; DROP TRIGGER incident_note_keep;
         CREATE TEMP TABLE kept AS SELECT * FROM incident_note",
    )
    .unwrap();
    for (deed, back) in [
        ("UPDATE incident SET title = 'x'", "UPDATE incident SET title = 'Đốt pháo'"),
        ("UPDATE incident SET severity = 1", "UPDATE incident SET severity = 2"),
        ("UPDATE incident SET outcome = 'handled'", "UPDATE incident SET outcome = 'no_violation'"),
        (
            "UPDATE incident_note SET corrects = NULL",
            "DELETE FROM incident_note; INSERT INTO incident_note SELECT * FROM kept",
        ),
        ("DELETE FROM incident_note", "INSERT INTO incident_note SELECT * FROM kept"),
    ] {
        raw.execute_batch(deed).unwrap();
        assert!(found(), "{deed}");
        raw.execute_batch(back).unwrap();
        assert!(!found(), "{back}");
    }
}

#[test]
fn the_one_search_finds_incidents_their_notes_and_their_vehicles() {
    let room = Room::new();
    let store = &room.store;
    let id = open(store, &draft("Đốt pháo")).incident.id;
    let seen = vehicle("47K1-123.45");
    store.put_subject(WHO, id, &seen, None, None).unwrap();
    let said = note(id, "Xe trên đường tỉnh", None);
    store.add_incident_note(WHO, false, &said).unwrap();
    let find = |text: &str| {
        let wanted = Wanted::read(text).unwrap();
        let hits = store.search(&wanted, &Narrow::default(), 30, |hit| Ok(Some(hit.clone()))).unwrap();
        hits.into_iter().map(|(kind, id)| (kind, id.to_string())).collect::<Vec<_>>()
    };
    let hit = |kind: &str, id: String| vec![(kind.to_owned(), id)];
    assert_eq!(find("dot phao"), hit("incident", id.to_string()));
    assert_eq!(find("ES-2026-0001"), hit("incident", id.to_string()));
    assert_eq!(find("k112345"), hit("subject", seen.id.to_string()));
    assert_eq!(find("duong tinh"), hit("note", said.id.to_string()));
    assert_eq!(store.incident_of_note(said.id).unwrap(), Some(id));
    store.update_incident(WHO, id, &sheet("Cháy rừng"), 0).unwrap();
    store.put_subject(WHO, id, &seen, None, Some("Nhầm")).unwrap();
    assert_eq!((find("dot phao"), find("k112345")), (vec![], vec![]));
    assert_eq!(find("chay rung"), hit("incident", id.to_string()));
    let (new, open) = store.incidents_for_handover(NOW).unwrap();
    assert_eq!((new.len(), open.len()), (1, 1));
    assert_eq!(store.incidents_for_handover(NOW.plus_seconds(1)).unwrap().0, []);
}

#[test]
fn a_look_is_written_down_once_in_a_while() {
    let room = Room::new();
    let store = &room.store;
    let camera = room.camera("Một");
    let id = open(store, &IncidentDraft { footage: vec![footage(camera)], ..draft("Một") }).incident.id;
    let looks = || {
        let rows = store.incident_audit(id, 500).unwrap();
        rows.into_iter().filter(|row| row.command == "incident.get").count()
    };
    store.saw_incident(WHO, id).unwrap();
    store.saw_incident(WHO, id).unwrap();
    assert_eq!(looks(), 1);
    store.saw_incident(OTHER, id).unwrap();
    assert_eq!(looks(), 2);
    room.clock.set(NOW.plus_seconds(301));
    store.saw_incident(WHO, id).unwrap();
    assert_eq!(looks(), 3);
    assert_eq!(problem(store.saw_incident(WHO, IncidentId::new())).0, Code::NotFound);
    let told: Vec<_> = store.incident_audit(id, 500).unwrap().into_iter().map(|row| row.command).collect();
    assert!(told.contains(&"hold.add".to_owned()), "what happens to its holds is told too: {told:?}");
}
