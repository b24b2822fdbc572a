//! Incidents: what is written stays, what is corrected stays readable, what belongs to one is held.

use crate::commands::{bookmark, still};
use crate::{NOW, Room};
use easien_model::{
    AttachmentId, BookmarkId, CameraId, Code, Footage, IncidentId, IncidentSource, IncidentState,
    IncidentText, Linked, NoteId, NoticeId, Outcome, Severity, StillId, SubjectId, SubjectKind, UnitId,
};
use easien_store::{
    AttachmentDraft, FeedRow, HoldFilter, HoldRow, IncidentChange, IncidentDraft, IncidentMove,
    IncidentNoteDraft, NoticeDraft, Result, Store, SubjectDraft,
};

pub(crate) const WHO: &str = "Y Moan";
pub(crate) const OTHER: &str = "H'Len";
const DAY: i64 = 86_400;

pub(crate) fn sheet(title: &str) -> IncidentText {
    IncidentText {
        title: title.to_owned(),
        category: Some("fireworks".to_owned()),
        severity: Severity::Medium,
        source: IncidentSource::Camera,
        detected: NOW,
        occurred: Some(NOW.plus_seconds(-60)),
        ended: None,
        unit: None,
        road: "Quốc lộ 14".to_owned(),
        place: "Cổng chợ".to_owned(),
        forces: String::new(),
        outcome: None,
        outcome_note: String::new(),
        forms: vec!["145/BB-XM 12/2026".to_owned()],
    }
}

pub(crate) fn draft(title: &str) -> IncidentDraft {
    IncidentDraft {
        id: IncidentId::new(),
        text: sheet(title),
        footage: vec![],
        bookmarks: vec![],
        stills: vec![],
        note: String::new(),
    }
}

pub(crate) fn open(store: &Store, draft: &IncidentDraft) -> IncidentChange {
    store.open_incident(WHO, draft, "ES", 2026).unwrap()
}

pub(crate) fn footage(camera: CameraId) -> Footage {
    Footage { camera, start: NOW.plus_seconds(-300), end: NOW }
}

pub(crate) fn note(incident: IncidentId, text: &str, corrects: Option<NoteId>) -> IncidentNoteDraft {
    IncidentNoteDraft { id: NoteId::new(), incident, text: text.to_owned(), at: NOW, corrects }
}

pub(crate) fn moved(
    store: &Store,
    id: IncidentId,
    from: IncidentState,
    to: IncidentState,
    reason: &str,
) -> Result<IncidentChange> {
    store.move_incident(WHO, true, &IncidentMove { id, from, to, reason: reason.to_owned() }, 90)
}

/// Closes an incident by way of `waiting`.
pub(crate) fn close(store: &Store, id: IncidentId) -> IncidentChange {
    use IncidentState::{Closed, Handling, New, Waiting};
    moved(store, id, New, Handling, "").unwrap();
    moved(store, id, Handling, Waiting, "").unwrap();
    moved(store, id, Waiting, Closed, "").unwrap()
}

pub(crate) fn vehicle(plate: &str) -> SubjectDraft {
    SubjectDraft {
        id: SubjectId::new(),
        kind: SubjectKind::Vehicle,
        plate: plate.to_owned(),
        colour: "Trắng".to_owned(),
        description: String::new(),
    }
}

pub(crate) fn notice(whom: &str) -> NoticeDraft {
    NoticeDraft {
        id: NoticeId::new(),
        whom: whom.to_owned(),
        notified: NOW,
        responded: None,
        remark: String::new(),
    }
}

pub(crate) fn attachment(name: &str) -> AttachmentDraft {
    AttachmentDraft { id: AttachmentId::new(), name: name.to_owned(), bytes: 7, sha256: [3; 32] }
}

pub(crate) fn problem<T: std::fmt::Debug>(result: Result<T>) -> (Code, String) {
    let problem = result.unwrap_err().problem();
    (problem.code, problem.key)
}

fn says(code: Code, key: &str) -> (Code, String) {
    (code, key.to_owned())
}

pub(crate) fn rows(store: &Store) -> usize {
    store.audit(None, 500).unwrap().len()
}

fn standing(store: &Store) -> Vec<HoldRow> {
    store.holds(&HoldFilter::default()).unwrap()
}

#[test]
fn an_incident_is_opened_once_with_all_that_belongs_to_it() {
    let room = Room::new();
    let store = &room.store;
    let (gate, road) = (room.camera("Cổng chợ"), room.camera("Ngã ba"));
    let marked = store.add_bookmark(WHO, bookmark(vec![road, gate])).unwrap();
    let taken = store.add_still(WHO, still(gate, "a.png")).unwrap();
    let wish = IncidentDraft {
        footage: vec![footage(gate)],
        bookmarks: vec![marked.id],
        stills: vec![taken.still.id],
        note: "Thấy lửa ở cổng chợ".to_owned(),
        ..draft("Đốt pháo")
    };
    let first = open(store, &wish);
    assert_eq!(first.incident.number, "ES-2026-0001");
    assert_eq!((first.incident.state, first.incident.notes), (IncidentState::New, 1));
    assert_eq!(first.incident.cameras, [gate, road]);
    assert_eq!(first.holds.len(), 2, "footage and bookmark are held");
    assert!(first.holds.iter().all(|hold| hold.hold.reason == "ES-2026-0001" && hold.hold.until.is_none()));

    // A retry finds it as it stands, also after it was changed; another wish with its id is refused.
    let before = rows(store);
    let again = open(store, &wish);
    assert_eq!((&again.incident, again.holds.len()), (&first.incident, 0));
    assert_eq!(rows(store), before);
    let text = IncidentText { outcome: Some(Outcome::Handled), ..wish.text.clone() };
    store.update_incident(OTHER, wish.id, &text, 0).unwrap();
    assert_eq!(open(store, &wish).incident.text, text);
    let other = IncidentDraft { note: String::new(), ..wish.clone() };
    assert_eq!(
        problem(store.open_incident(WHO, &other, "ES", 2026)),
        says(Code::Conflict, "problem_id_taken")
    );

    let file = store.incident_file(wish.id).unwrap();
    assert_eq!(file.notes[0].note.note.text, "Thấy lửa ở cổng chợ");
    assert_eq!(file.footage[0].hold, Some(first.holds[0].hold.id));
    assert_eq!((file.bookmarks[0].id, file.stills[0].still.id), (marked.id, taken.still.id));
    assert_eq!(file.history.len(), 2);
    assert_eq!(file.history[0].before.as_ref(), Some(&wish.text), "the sheet as it was");
    assert_eq!((file.history[1].state, file.history[1].who.as_str()), (Some(IncidentState::New), WHO));

    // In the feed stands the incident, not its note.
    let feed = store.feed(None, 500).unwrap();
    assert!(feed.iter().any(|row| matches!(row, FeedRow::Incident(row) if row.id == wish.id)));
    assert!(!feed.iter().any(|row| matches!(row, FeedRow::Note(_))));
    assert_eq!(store.audit_broken_at().unwrap(), None);
}

#[test]
fn what_cannot_be_right_is_refused_and_takes_no_number() {
    let room = Room::new();
    let store = &room.store;
    let camera = room.camera("Một");
    let before = rows(store);
    let refuse = |wish: IncidentDraft| problem(store.open_incident(WHO, &wish, "ES", 2026));
    let with = |change: fn(&mut IncidentText)| {
        let mut wish = draft("Một");
        change(&mut wish.text);
        wish
    };
    assert_eq!(refuse(with(|text| text.title = " ".into())), says(Code::Invalid, "problem_incident_title"));
    assert_eq!(
        refuse(with(|text| text.title = "x".repeat(201))),
        says(Code::Invalid, "problem_incident_title")
    );
    assert_eq!(
        refuse(with(|text| text.place = "x".repeat(201))),
        says(Code::Invalid, "problem_incident_text")
    );
    assert_eq!(refuse(with(|text| text.forces = "\0".into())), says(Code::Invalid, "problem_incident_text"));
    assert_eq!(
        refuse(with(|text| text.forms = vec!["x".into(); 17])),
        says(Code::Invalid, "problem_incident_forms")
    );
    assert_eq!(
        refuse(with(|text| text.ended = Some(NOW.plus_seconds(-61)))),
        says(Code::Invalid, "problem_incident_times")
    );
    assert_eq!(
        refuse(with(|text| text.category = Some("none".into()))),
        says(Code::NotFound, "problem_category_not_found")
    );
    assert_eq!(
        refuse(with(|text| text.unit = Some(UnitId::new()))),
        says(Code::NotFound, "problem_unit_not_found")
    );
    let turned = Footage { camera, start: NOW, end: NOW };
    assert_eq!(
        refuse(IncidentDraft { footage: vec![turned], ..draft("Một") }),
        says(Code::Invalid, "problem_incident_footage")
    );
    assert_eq!(
        refuse(IncidentDraft { footage: vec![footage(CameraId::new())], ..draft("Một") }),
        says(Code::NotFound, "problem_camera_not_found")
    );
    assert_eq!(
        refuse(IncidentDraft { bookmarks: vec![BookmarkId::new()], ..draft("Một") }),
        says(Code::NotFound, "problem_bookmark_not_found")
    );
    assert_eq!(
        refuse(IncidentDraft { stills: vec![StillId::new(); 65], ..draft("Một") }),
        says(Code::Invalid, "problem_incident_links")
    );
    assert_eq!(rows(store), before);
    assert_eq!(open(store, &draft("Một")).incident.number, "ES-2026-0001");
}

#[test]
fn of_two_editors_the_second_hears_of_the_first_and_nothing_is_lost() {
    let room = Room::new();
    let store = &room.store;
    let id = open(store, &draft("Đốt pháo")).incident.id;
    let (mine, theirs) = (sheet("Đốt pháo ở cổng chợ"), sheet("Đốt pháo hoa"));
    assert_eq!(store.update_incident(WHO, id, &mine, 0).unwrap().incident.edits, 1);
    let refused = store.update_incident(OTHER, id, &theirs, 0);
    assert_eq!(problem(refused), says(Code::Conflict, "problem_incident_conflict"));
    assert_eq!(store.incident(id).unwrap().unwrap().text, mine);
    // A retry of the first is harmless; the second looks, and writes over it knowingly.
    assert_eq!(store.update_incident(WHO, id, &mine, 0).unwrap().incident.edits, 1);
    assert_eq!(store.update_incident(OTHER, id, &theirs, 1).unwrap().incident.edits, 2);
    let said: Vec<_> =
        store.incident_file(id).unwrap().history.into_iter().filter_map(|step| step.before).collect();
    assert_eq!(said, [mine, sheet("Đốt pháo")]);
}

#[test]
fn a_note_is_corrected_once_and_both_stay_readable() {
    let room = Room::new();
    let store = &room.store;
    let id = open(store, &draft("Đốt pháo")).incident.id;
    let elsewhere = open(store, &draft("Trộm cắp")).incident.id;
    let wrong = note(id, "Xe biển 47K1-123.54", None);
    store.add_incident_note(WHO, false, &wrong).unwrap();
    assert_eq!(store.add_incident_note(WHO, false, &wrong).unwrap().incident.notes, 1, "a retry");
    let other = IncidentNoteDraft { text: "Khác".to_owned(), ..wrong.clone() };
    assert_eq!(
        problem(store.add_incident_note(WHO, false, &other)),
        says(Code::Conflict, "problem_id_taken")
    );

    let foreign = note(id, "Sai rồi", Some(wrong.id));
    let refused = problem(store.add_incident_note(OTHER, false, &foreign));
    assert_eq!(refused, says(Code::Forbidden, "problem_incident_note_not_own"));
    let astray = note(elsewhere, "Sai rồi", Some(wrong.id));
    let refused = problem(store.add_incident_note(WHO, false, &astray));
    assert_eq!(refused, says(Code::NotFound, "problem_incident_note_not_found"));

    let right = note(id, "Xe biển 47K1-123.45", Some(wrong.id));
    store.add_incident_note(WHO, false, &right).unwrap();
    let late = note(id, "Xe biển 47K1-123.55", Some(wrong.id));
    let refused = problem(store.add_incident_note(WHO, false, &late));
    assert_eq!(refused, says(Code::Conflict, "problem_incident_note_corrected"));
    let last = note(id, "Xe biển 47K1-123.46", Some(right.id));
    store.add_incident_note(OTHER, true, &last).unwrap();

    let chain: Vec<_> = store
        .incident_file(id)
        .unwrap()
        .notes
        .into_iter()
        .map(|row| (row.note.note.id, row.corrects, row.corrected_by, row.note.author))
        .collect();
    assert_eq!(
        chain,
        [
            (wrong.id, None, Some(right.id), WHO.to_owned()),
            (right.id, Some(wrong.id), Some(last.id), WHO.to_owned()),
            (last.id, Some(right.id), None, OTHER.to_owned()),
        ]
    );
}

#[test]
fn what_is_over_takes_nothing_until_it_is_opened_again() {
    let room = Room::new();
    let store = &room.store;
    let camera = room.camera("Một");
    let id = open(store, &draft("Đốt pháo")).incident.id;
    let other = open(store, &draft("Khác")).incident.id;
    let seen = vehicle("47K1-123.45");
    store.put_subject(WHO, id, &seen, None, None).unwrap();
    let closed = close(store, id).incident;
    assert_eq!((closed.approved_by.as_deref(), closed.closed), (Some(WHO), Some(NOW)));
    let over = says(Code::Precondition, "problem_incident_over");
    assert_eq!(problem(store.update_incident(WHO, id, &sheet("Khác"), 0)), over);
    assert_eq!(problem(store.add_incident_note(WHO, true, &note(id, "Thêm", None))), over);
    assert_eq!(problem(store.link_incident(WHO, id, &Linked::Footage(footage(camera)))), over);
    assert_eq!(problem(store.put_subject(WHO, id, &vehicle("47A-1"), None, None)), over);
    assert_eq!(problem(store.put_subject(WHO, id, &seen, None, Some("Nhầm"))), over);
    assert_eq!(problem(store.put_notice(WHO, id, &notice("Công an xã"))), over);
    assert_eq!(problem(store.add_attachment(WHO, id, &attachment("a.pdf"))), over);
    assert_eq!(problem(store.merge_incident(WHO, id, other, "Trùng", 90)), over);
    assert_eq!(problem(store.merge_incident(WHO, other, id, "Trùng", 90)), over);
    // Nor past the program.
    let raw = room.raw();
    raw.execute("UPDATE incident SET title = 'x', edits = edits + 1 WHERE state = 'closed'", []).unwrap_err();

    let reopened = moved(store, id, IncidentState::Closed, IncidentState::Reopened, "Có thêm tin").unwrap();
    assert_eq!(reopened.incident.closed, Some(NOW), "when it was closed last");
    store.add_incident_note(WHO, true, &note(id, "Thêm", None)).unwrap();
}

#[test]
fn footage_is_held_while_the_incident_stands_and_some_days_longer() {
    let room = Room::new();
    let store = &room.store;
    let (gate, road) = (room.camera("Cổng chợ"), room.camera("Ngã ba"));
    let marked = store.add_bookmark(WHO, bookmark(vec![road])).unwrap();
    let id = open(store, &IncidentDraft { footage: vec![footage(gate)], ..draft("Đốt pháo") }).incident.id;
    let linked = store.link_incident(WHO, id, &Linked::Bookmark(marked.id)).unwrap();
    assert_eq!(linked.holds[0].hold.bookmark, Some(marked.id));
    assert_eq!(store.link_incident(WHO, id, &Linked::Bookmark(marked.id)).unwrap().holds, [], "a retry");
    assert_eq!(standing(store).len(), 2);

    let closed = close(store, id);
    let end = Some(NOW.plus_seconds(90 * DAY));
    assert_eq!(closed.holds.len(), 4, "two are lifted, two placed");
    let holds = standing(store);
    assert!(holds.len() == 2 && holds.iter().all(|hold| hold.hold.until == end), "{holds:?}");
    assert_eq!(store.held().unwrap().len(), 2);
    room.clock.set(NOW.plus_seconds(91 * DAY));
    assert_eq!((standing(store).len(), store.held().unwrap().len()), (0, 0), "ran out by themselves");
    assert_eq!(store.incident_file(id).unwrap().footage[0].hold, None);

    // Opened again they stand again, without an end.
    let reopened = moved(store, id, IncidentState::Closed, IncidentState::Reopened, "Có thêm tin").unwrap();
    assert_eq!(reopened.holds.len(), 2);
    assert!(standing(store).iter().all(|hold| hold.hold.until.is_none()));

    // Taken away: it runs out in the same way, the row stays.
    let now = NOW.plus_seconds(91 * DAY);
    let what = Linked::Footage(footage(gate));
    assert_eq!(
        problem(store.unlink_incident(WHO, id, &what, " ", 30)),
        says(Code::Invalid, "problem_reason")
    );
    let gone = store.unlink_incident(WHO, id, &what, "Nhầm camera", 30).unwrap();
    assert_eq!(gone.incident.cameras, [road]);
    assert_eq!(gone.holds[1].hold.until, Some(now.plus_seconds(30 * DAY)));
    let before = rows(store);
    store.unlink_incident(WHO, id, &what, "Nhầm camera", 30).unwrap();
    assert_eq!(rows(store), before, "a retry");
    let refused = problem(store.unlink_incident(OTHER, id, &what, "Nhầm", 30));
    assert_eq!(refused, says(Code::NotFound, "problem_incident_not_linked"));
    // And it may be linked again.
    assert_eq!(store.link_incident(WHO, id, &what).unwrap().incident.cameras, [road, gate]);

    // One that a person lifted stays lifted.
    let hold = store.incident_file(id).unwrap().footage[0].hold.unwrap();
    store.lift_hold(OTHER, hold, "Không cần").unwrap();
    let cancelled = moved(store, id, IncidentState::Reopened, IncidentState::Cancelled, "Trùng").unwrap();
    assert_eq!(cancelled.holds.len(), 2, "only the bookmark's: {:?}", cancelled.holds);

    // Without any days the hold just ends.
    let other = open(store, &IncidentDraft { footage: vec![footage(road)], ..draft("Khác") }).incident.id;
    let wish = IncidentMove {
        id: other,
        from: IncidentState::New,
        to: IncidentState::Cancelled,
        reason: "Nhầm".into(),
    };
    let change = store.move_incident(WHO, false, &wish, 0).unwrap();
    assert!(change.holds.len() == 1 && change.holds[0].lifted.is_some());
}

#[test]
fn a_duplicate_becomes_part_and_both_histories_stay() {
    let room = Room::new();
    let store = &room.store;
    let (gate, road) = (room.camera("Cổng chợ"), room.camera("Ngã ba"));
    let target =
        open(store, &IncidentDraft { footage: vec![footage(gate)], ..draft("Đốt pháo") }).incident.id;
    let wish =
        IncidentDraft {
            footage: vec![footage(gate), footage(road)], note: "Nghe nổ".into(), ..draft("Nổ")
        };
    let duplicate = open(store, &wish).incident.id;
    let far = open(store, &IncidentDraft { note: "Dân báo".into(), ..draft("Tiếng nổ") }).incident.id;
    let refused = problem(store.merge_incident(WHO, target, target, "Trùng", 90));
    assert_eq!(refused, says(Code::Invalid, "problem_incident_itself"));
    store.merge_incident(WHO, far, duplicate, "Trùng", 90).unwrap();
    let change = store.merge_incident(WHO, duplicate, target, "Cùng một vụ", 90).unwrap();
    assert_eq!(
        (change.incident.state, change.incident.merged_into),
        (IncidentState::Cancelled, Some(target))
    );
    assert_eq!(change.others[0].id, target);
    let before = rows(store);
    store.merge_incident(WHO, duplicate, target, "Cùng một vụ", 90).unwrap();
    assert_eq!(rows(store), before, "a retry");
    assert_eq!(
        problem(moved(store, duplicate, IncidentState::Cancelled, IncidentState::Reopened, "Nhầm")),
        says(Code::Forbidden, "problem_incident_move")
    );

    let own = note(target, "Đã xử lý", None);
    store.add_incident_note(WHO, false, &own).unwrap();
    let file = store.incident_file(target).unwrap();
    let told: Vec<_> = file.notes.iter().map(|row| (row.note.note.text.as_str(), row.incident)).collect();
    assert_eq!(told, [("Nghe nổ", duplicate), ("Dân báo", far), ("Đã xử lý", target)]);
    assert_eq!(file.merged.iter().map(|row| row.id).collect::<Vec<_>>(), [duplicate]);
    assert_eq!(file.incident.cameras, [gate, road], "its footage belongs to the other now");
    assert!(file.footage.iter().all(|row| row.hold.is_some()));
    // A note that came along is corrected where it is read.
    let correction = note(target, "Nghe ba tiếng nổ", Some(file.notes[0].note.note.id));
    store.add_incident_note(WHO, false, &correction).unwrap();
    let kept = store.incident_file(duplicate).unwrap();
    assert_eq!(kept.notes.len(), 2);
    assert_eq!(kept.notes[0].corrected_by, Some(correction.id));
    assert_eq!(
        (kept.history[0].state, kept.history[0].reason.as_str()),
        (Some(IncidentState::Cancelled), "Cùng một vụ")
    );
    assert!(store.incident_audit(target, 500).unwrap().iter().any(|row| row.object_name == "ES-2026-0003"));
}

#[test]
fn subjects_notices_and_attachments_keep_what_they_said() {
    let room = Room::new();
    let store = &room.store;
    let id = open(store, &draft("Đốt pháo")).incident.id;
    let other = open(store, &draft("Khác")).incident.id;
    let mut seen = vehicle("47K1-123.45");
    store.put_subject(WHO, id, &seen, None, None).unwrap();
    let before = rows(store);
    store.put_subject(WHO, id, &seen, None, None).unwrap();
    assert_eq!(rows(store), before, "a retry");
    assert_eq!(
        problem(store.put_subject(WHO, other, &seen, None, None)),
        says(Code::Conflict, "problem_id_taken")
    );
    seen.colour = "Đỏ".to_owned();
    store.put_subject(OTHER, id, &seen, None, None).unwrap();
    store.put_subject(OTHER, id, &seen, None, Some("Nhầm xe")).unwrap();
    store.put_subject(OTHER, id, &seen, None, Some("Nhầm xe")).unwrap();
    assert_eq!(
        problem(store.put_subject(WHO, id, &seen, None, None)),
        says(Code::Conflict, "problem_id_taken")
    );
    let row = store.incident_file(id).unwrap().subjects.remove(0);
    assert_eq!((row.subject, row.hidden.unwrap().reason.as_str()), (seen, "Nhầm xe"));
    let raw = room.raw();
    let colours: String = raw
        .query_row("SELECT group_concat(colour, ' ' ORDER BY number) FROM subject_edit", [], |row| row.get(0))
        .unwrap();
    assert_eq!(colours, "Trắng Đỏ");

    let bad = |change: fn(&mut SubjectDraft)| {
        let mut subject = vehicle("47A-1");
        change(&mut subject);
        problem(store.put_subject(WHO, id, &subject, None, None)).1
    };
    assert_eq!(bad(|s| s.plate = "x".repeat(21)), "problem_subject_plate");
    assert_eq!(bad(|s| s.kind = SubjectKind::Person), "problem_subject_plate");
    assert_eq!(bad(|s| s.plate = "-.-".into()), "problem_subject_plate");
    assert_eq!(bad(|s| s.plate.clear()), "problem_subject_text");
    assert_eq!(bad(|s| s.colour = "x".repeat(41)), "problem_subject_text");

    let mut told = notice("Công an xã Ea Siên");
    store.put_notice(WHO, id, &told).unwrap();
    told.responded = Some(NOW.plus_seconds(600));
    store.put_notice(OTHER, id, &told).unwrap();
    store.put_notice(OTHER, id, &told).unwrap();
    let rows = store.incident_file(id).unwrap().notices;
    assert_eq!((rows.len(), &rows[0].notice, rows[0].author.as_str()), (1, &told, WHO));
    told.responded = Some(NOW.plus_seconds(-1));
    assert_eq!(problem(store.put_notice(WHO, id, &told)), says(Code::Invalid, "problem_notice_times"));

    let file = attachment("biên bản.pdf");
    store.add_attachment(WHO, id, &file).unwrap();
    store.add_attachment(WHO, id, &file).unwrap();
    assert_eq!(store.incident_file(id).unwrap().attachments.len(), 1);
    let inside = attachment("../x");
    assert_eq!(problem(store.add_attachment(WHO, id, &inside)).0, Code::Invalid);
    // Like a correction: by who brought it or a supervisor, once, for a reason; it stays.
    let strike =
        |who: &str, supervisor, reason: &str| store.strike_attachment(who, supervisor, id, file.id, reason);
    assert_eq!(problem(strike(OTHER, false, "x")).0, Code::Forbidden);
    assert_eq!(problem(strike(WHO, false, " ")).0, Code::Invalid);
    strike(OTHER, true, "Nhầm vụ").unwrap();
    strike(OTHER, true, "Nhầm vụ").unwrap();
    assert_eq!(problem(strike(WHO, false, "Khác")).0, Code::Conflict);
    let found = store.incident_file(id).unwrap().attachments;
    assert_eq!(found[0].struck.as_ref().map(|struck| struck.who.as_str()), Some(OTHER));
    assert_eq!(found[0].attachment, file);
    assert_eq!(store.audit_broken_at().unwrap(), None);
}

#[test]
fn related_incidents_know_each_other() {
    let room = Room::new();
    let store = &room.store;
    let (one, two) = (open(store, &draft("Một")).incident.id, open(store, &draft("Hai")).incident.id);
    let change = store.link_incident(WHO, one, &Linked::Incident(two)).unwrap();
    assert_eq!(change.others[0].id, two);
    let before = rows(store);
    store.link_incident(WHO, two, &Linked::Incident(one)).unwrap();
    assert_eq!(rows(store), before, "one relation, whichever side it is written from");
    let related =
        |id| store.incident_file(id).unwrap().related.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!((related(one), related(two)), (vec![two], vec![one]));
    let refused = problem(store.link_incident(WHO, one, &Linked::Incident(one)));
    assert_eq!(refused, says(Code::Invalid, "problem_incident_itself"));
    store.unlink_incident(WHO, two, &Linked::Incident(one), "Không liên quan", 90).unwrap();
    assert_eq!((related(one), related(two)), (vec![], vec![]));
}
