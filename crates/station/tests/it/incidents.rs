//! An incident as a window sees it: opened, written, corrected, moved, closed, opened again; what is held for it, and
//! what every window is told.

use crate::room::{now, start, until};
use easien_link::data::*;
use easien_link::{Client, Event, call};
use easien_model::{BookmarkId, CameraId, Code, IncidentId, NoteId, NoticeId, Problem, SubjectId};

pub fn camera(name: &str) -> CameraDraft {
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
        record: Some(RecordProfile { streams: RecordStreams::Off, schedule: vec![], keep_days: None }),
    }
}

fn sheet(title: &str) -> IncidentText {
    IncidentText {
        title: title.into(),
        category: Some("fireworks".into()),
        severity: Severity::High,
        source: IncidentSource::Camera,
        detected: now(),
        occurred: None,
        ended: None,
        unit: None,
        road: " Quốc lộ 14 ".into(),
        place: String::new(),
        forces: String::new(),
        outcome: None,
        outcome_note: String::new(),
        forms: vec![" ".into()],
    }
}

pub fn draft(title: &str) -> IncidentDraft {
    IncidentDraft {
        id: IncidentId::new(),
        text: sheet(title),
        footage: vec![],
        bookmarks: vec![],
        stills: vec![],
        note: String::new(),
    }
}

fn note(incident: IncidentId, text: &str, corrects: Option<NoteId>) -> IncidentNoteDraft {
    IncidentNoteDraft { id: NoteId::new(), incident, text: text.into(), at: now(), corrects }
}

fn key<T: std::fmt::Debug>(answer: Result<T, Problem>) -> (Code, String, Option<String>) {
    let problem = answer.unwrap_err();
    (problem.code, problem.key, problem.field)
}

async fn moved(
    client: &Client,
    id: IncidentId,
    from: IncidentState,
    to: IncidentState,
    reason: &str,
) -> Result<IncidentFile, Problem> {
    client.call::<call::IncidentMove>(IncidentMove { id, from, to, reason: reason.into() }).await
}

async fn holds(client: &Client) -> Vec<Hold> {
    client.call::<call::HoldList>(HoldQuery::default()).await.unwrap()
}

#[tokio::test]
async fn a_case_from_its_opening_to_its_reopening() {
    use IncidentState as S;
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    let client = &station.client;
    let mut events = client.events();
    let gate = camera("Cổng chợ Ea Siên");
    client.call::<call::CameraAdd>(gate.clone()).await.unwrap();
    let room = client.call::<call::RoomGet>(()).await.unwrap();
    assert_eq!(room.prefix, "E", "of the name that a new room has");
    let settings = RoomSettings { name: "Ea Siên".into(), ..room.settings };
    assert_eq!(client.call::<call::RoomSet>(settings.clone()).await.unwrap().prefix, "ES");
    let wrong = RoomSettings { station_prefix: "es".into(), ..settings.clone() };
    assert_eq!(key(client.call::<call::RoomSet>(wrong).await).1, "problem_station_prefix");
    client.call::<call::RoomSet>(RoomSettings { hold_after_close_days: 30, ..settings }).await.unwrap();

    // Opened from a live tile: with a bookmark around now.
    let at = now();
    let marked = BookmarkDraft {
        id: BookmarkId::new(),
        cameras: vec![gate.id],
        at,
        start: at.plus_seconds(-30),
        end: at.plus_seconds(60),
        text: None,
    };
    client.call::<call::BookmarkAdd>(marked.clone()).await.unwrap();
    let footage = Footage { camera: gate.id, start: at.plus_seconds(-600), end: at };
    let wish = IncidentDraft {
        footage: vec![footage],
        bookmarks: vec![marked.id],
        note: " Thấy khói ".into(),
        ..draft(" Đốt pháo ")
    };
    let file = client.call::<call::IncidentOpen>(wish.clone()).await.unwrap();
    let id = wish.id;
    let again = client.call::<call::IncidentOpen>(wish.clone()).await.unwrap();
    assert_eq!(again, file, "a retry is harmless");
    let year = jiff::tz::TimeZone::system().to_datetime(jiff::Timestamp::now()).year();
    assert_eq!(file.incident.number, format!("ES-{year}-0001"));
    let text = &file.incident.text;
    assert_eq!((text.title.as_str(), text.road.as_str(), text.forms.len()), ("Đốt pháo", "Quốc lộ 14", 0));
    assert_eq!(file.notes[0].note.text, "Thấy khói");
    assert!(file.bookmarks[0].held, "a bookmark of an incident is held");
    assert_eq!(file.moves, [S::Verifying, S::Handling, S::Cancelled]);
    let placed = holds(client).await;
    assert_eq!(placed.len(), 2);
    assert!(placed.iter().all(|hold| hold.reason == file.incident.number && hold.until.is_none()));
    let told = until("the opened incident", 5, async || match events.next().await.unwrap() {
        Event::IncidentChanged(told) => Some(told),
        _ => None,
    });
    assert_eq!(told.await, file.incident);
    let told = until("a hold of it", 5, async || match events.next().await.unwrap() {
        Event::HoldChanged(told) => Some(told),
        _ => None,
    });
    assert_eq!(told.await.reason, file.incident.number);
    let feed = client.call::<call::FeedList>(Page { before: None, limit: 100 }).await.unwrap();
    assert!(feed.contains(&FeedItem::Incident(file.incident.clone())));
    assert!(!feed.iter().any(|item| matches!(item, FeedItem::Note(_))), "its notes are not the feed's");

    // What cannot be right is said, field by field.
    let open = async |draft| key(client.call::<call::IncidentOpen>(draft).await);
    let mut late = draft("x");
    late.text.detected = now().plus_seconds(3600);
    let times = |field: &str| (Code::Invalid, "problem_incident_times".to_owned(), Some(field.to_owned()));
    assert_eq!(open(late).await, times("detected"));
    let mut early = draft("x");
    early.text.occurred = Some(easien_model::UtcMicros(0));
    assert_eq!(open(early).await, times("occurred"));
    assert_eq!(open(draft(" ")).await.1, "problem_incident_title");
    let future = Footage { end: now().plus_seconds(90_000), ..footage };
    assert_eq!(
        open(IncidentDraft { footage: vec![future], ..draft("x") }).await.1,
        "problem_incident_footage"
    );

    // Written, corrected, changed.
    let said = note(id, "Xe biển 47K1-123.54", None);
    client.call::<call::IncidentNote>(said.clone()).await.unwrap();
    let right = note(id, "Xe biển 47K1-123.45", Some(said.id));
    let file = client.call::<call::IncidentNote>(right.clone()).await.unwrap();
    let of = |id| file.notes.iter().find(|one| one.note.id == id).unwrap();
    assert_eq!((of(said.id).corrected_by, of(right.id).corrects), (Some(right.id), Some(said.id)));
    let problem = key(client.call::<call::IncidentNote>(note(id, "x", Some(said.id))).await);
    assert_eq!((problem.0, problem.1.as_str()), (Code::Conflict, "problem_incident_note_corrected"));
    let edit = IncidentEdit { id, text: sheet("Đốt pháo hoa"), edits: 0 };
    let file = client.call::<call::IncidentUpdate>(edit.clone()).await.unwrap();
    assert_eq!(
        (file.incident.edits, file.history[0].before.as_ref().unwrap().title.as_str()),
        (1, "Đốt pháo")
    );
    let late = IncidentEdit { text: sheet("Khác"), ..edit };
    let problem = key(client.call::<call::IncidentUpdate>(late).await);
    assert_eq!((problem.0, problem.1.as_str()), (Code::Conflict, "problem_incident_conflict"));
    let seen = Subject {
        id: SubjectId::new(),
        kind: SubjectKind::Vehicle,
        plate: "47K1-123.45".into(),
        colour: String::new(),
        description: String::new(),
        hidden: None,
        edits: 0,
    };
    let put = SubjectPut { incident: id, subject: seen.clone(), removed: None };
    client.call::<call::IncidentSubject>(put.clone()).await.unwrap();
    // Two change it who saw the same: the second is told, and nothing of the first is lost.
    let colour = |colour: &str, edits| {
        let subject = Subject { colour: colour.into(), edits, ..seen.clone() };
        SubjectPut { incident: id, subject, removed: None }
    };
    let file = client.call::<call::IncidentSubject>(colour("đen", 0)).await.unwrap();
    assert_eq!((file.subjects[0].colour.as_str(), file.subjects[0].edits), ("đen", 1));
    client.call::<call::IncidentSubject>(colour("đen", 0)).await.unwrap();
    let problem = key(client.call::<call::IncidentSubject>(colour("trắng", 0)).await);
    assert_eq!((problem.0, problem.1.as_str()), (Code::Conflict, "problem_subject_conflict"));
    let gone = SubjectPut { removed: Some("Nhầm".into()), ..colour("đen", 0) };
    assert_eq!(key(client.call::<call::IncidentSubject>(gone).await).1, "problem_subject_conflict");
    client.call::<call::IncidentSubject>(colour("trắng", 1)).await.unwrap();
    let told = Notice {
        id: NoticeId::new(),
        whom: "Công an xã".into(),
        notified: now(),
        responded: None,
        remark: String::new(),
        by: String::new(),
    };
    let put = NoticePut { incident: id, notice: Notice { responded: Some(now()), ..told } };
    let file = client.call::<call::IncidentNotice>(put).await.unwrap();
    assert_eq!((file.subjects.len(), file.notices[0].by.is_empty()), (1, false));
    let query = IncidentQuery { text: "phao 12345".into(), ..IncidentQuery::default() };
    let page = client.call::<call::IncidentList>(query).await.unwrap();
    assert_eq!(page.items.iter().map(|one| one.id).collect::<Vec<_>>(), [id]);
    let query = IncidentQuery { limit: 501, ..IncidentQuery::default() };
    assert_eq!(key(client.call::<call::IncidentList>(query).await).1, "problem_page_limit");

    // Moved, closed, opened again; its holds with it.
    moved(client, id, S::New, S::Handling, "").await.unwrap();
    let problem = key(moved(client, id, S::New, S::Verifying, "").await);
    assert_eq!((problem.0, problem.1.as_str()), (Code::Conflict, "problem_incident_moved"));
    let problem = key(moved(client, id, S::Handling, S::Closed, "").await);
    assert_eq!((problem.0, problem.1.as_str()), (Code::Forbidden, "problem_incident_move"));
    moved(client, id, S::Handling, S::Waiting, "").await.unwrap();
    assert_eq!(key(moved(client, id, S::Waiting, S::Handling, " ").await).1, "problem_reason");
    let closed = moved(client, id, S::Waiting, S::Closed, "").await.unwrap().incident;
    assert_eq!(closed.approved_by.as_deref(), Some(closed.opened_by.as_str()));
    let end = closed.closed.unwrap().plus_seconds(30 * 86_400);
    let ending = holds(client).await;
    assert!(ending.len() == 2 && ending.iter().all(|hold| hold.until == Some(end)), "{ending:?}");
    let told = until("the closed incident", 5, async || match events.next().await.unwrap() {
        Event::IncidentChanged(told) if told.state == S::Closed => Some(told),
        _ => None,
    });
    assert_eq!(told.await, closed);
    assert_eq!(
        key(client.call::<call::IncidentNote>(note(id, "Thêm", None)).await).1,
        "problem_incident_over"
    );
    let reopened = moved(client, id, S::Closed, S::Reopened, "Có thêm tin").await.unwrap();
    assert!(reopened.footage[0].hold.is_some());
    assert!(holds(client).await.iter().all(|hold| hold.until.is_none()));
    let link = IncidentLink { id, what: Linked::Footage(footage), removed: Some("Nhầm".into()) };
    let file = client.call::<call::IncidentLink>(link).await.unwrap();
    assert_eq!(file.footage, []);
    assert_eq!(holds(client).await.iter().filter(|hold| hold.until.is_some()).count(), 1);

    // A duplicate, and what the audit knows.
    let double = client.call::<call::IncidentOpen>(draft("Pháo nổ")).await.unwrap().incident;
    let merge = IncidentMerge { id: double.id, into: id, reason: "Cùng một vụ".into() };
    let merged = client.call::<call::IncidentMerge>(merge).await.unwrap();
    assert_eq!((merged.incident.state, merged.moves.len()), (S::Cancelled, 0));
    let file = client.call::<call::IncidentGet>(id).await.unwrap();
    assert_eq!(file.merged[0].number, double.number);
    let audit = client.call::<call::IncidentAudit>(id).await.unwrap();
    let commands: Vec<_> = audit.iter().map(|row| row.command.as_str()).collect();
    for command in
        ["incident.get", "incident.merge", "incident.move", "hold.add", "bookmark.add", "incident.open"]
    {
        assert!(commands.contains(&command), "{command}: {commands:?}");
    }
    assert_eq!(
        key(client.call::<call::IncidentGet>(IncidentId::new()).await).1,
        "problem_incident_not_found"
    );
    assert!(station.stop(rustix::process::Signal::TERM).await.success());
}
