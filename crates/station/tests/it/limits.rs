//! Somebody who may see one camera of two: no way leads to a picture of the other, and no word, name or count tells of it.

use crate::authority::{DESK, WORD, World, add, args, secret};
use crate::room::{now, until};
use easien_link::commands::COMMANDS;
use easien_link::data::*;
use easien_link::{Client, Event, ObjectKind, Role, call};
use easien_model::{BookmarkId, CameraId, IncidentId, NoteId, ShiftId, TaskId};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use uuid::Uuid;

/// Stands in everything that is written about the hidden camera.
const CANARY: &str = "chim hoàng yến";

/// Things about the hidden camera alone, and things about both.
struct Marked {
    words: Vec<String>,
    seen_incident: IncidentId,
}

async fn mark(world: &World) -> Marked {
    let other = &world.other;
    let at = now().plus_seconds(-4);
    let (start, end) = (at.plus_seconds(-1), at.plus_seconds(1));
    let camera = other.call::<call::CameraList>(()).await.unwrap();
    let camera = camera.into_iter().find(|camera| camera.id == world.hidden).unwrap();
    let mut words = vec![CANARY.to_owned(), world.hidden.to_string(), camera.code, camera.name];
    let mut incident = async |title: &str, cameras: &[CameraId]| {
        let footage = cameras.iter().map(|&camera| Footage { camera, start, end }).collect();
        let draft = IncidentDraft { footage, ..crate::incidents::draft(title) };
        let file = other.call::<call::IncidentOpen>(draft).await.unwrap();
        if cameras == [world.hidden] {
            words.push(file.incident.number.clone());
        }
        file.incident.id
    };
    let hidden_incident = incident(CANARY, &[world.hidden]).await;
    let seen_incident = incident("Cả hai", &[world.seen, world.hidden]).await;
    incident("Một mình", &[world.seen]).await;
    incident("Không camera", &[]).await;
    let link = IncidentLink { id: seen_incident, what: Linked::Incident(hidden_incident), removed: None };
    other.call::<call::IncidentLink>(link).await.unwrap();
    let task = json!({ "id": TaskId::new(), "text": CANARY, "incident": hidden_incident });
    other.call_raw("task.put", task).await.unwrap();
    for cameras in [vec![world.hidden], vec![world.seen, world.hidden]] {
        let title = if cameras.len() == 1 { CANARY } else { "Cả hai" };
        let text = BookmarkText { title: title.into(), ..BookmarkText::default() };
        let draft = BookmarkDraft {
            id: BookmarkId::new(),
            cameras: cameras.clone(),
            at,
            start,
            end,
            text: Some(text),
        };
        other.call::<call::BookmarkAdd>(draft).await.unwrap();
        let hold = json!({ "id": Uuid::now_v7(), "cameras": cameras, "start": start, "end": end, "reason": title,
            "until": null, "bookmark": null });
        other.call_raw("hold.add", hold).await.unwrap();
        let (start, end) = (at.plus_seconds(-5), at.plus_seconds(-3));
        let copy = json!({ "id": Uuid::now_v7(), "cameras": cameras, "start": start, "end": end, "which": null,
            "folder": "" });
        other.call_raw("copy.start", copy).await.unwrap();
    }
    let still = json!({ "id": Uuid::now_v7(), "camera": world.hidden, "which": "sub", "at": null });
    other.call_raw("still.take", still).await.unwrap();
    let note =
        NoteDraft { id: NoteId::new(), text: CANARY.into(), camera: Some(world.hidden), at, category: None };
    other.call::<call::NoteAdd>(note).await.unwrap();
    let layout = |name: &str, cameras: Value| {
        let id = Uuid::now_v7();
        json!({ "id": id, "name": format!("{name} {id}"), "shared": true, "cameras": cameras, "hotspot": null, "edits": 0,
            "shape": easien_model::WallShape::of(easien_model::WallForm::TwoAndEight) })
    };
    other.call_raw("layout.put", layout(CANARY, json!([world.hidden]))).await.unwrap();
    other.call_raw("layout.put", layout("Cả hai", json!([world.hidden, world.seen]))).await.unwrap();
    until("the copies", 20, async || {
        let copies = other.call::<call::CopyList>(()).await.unwrap();
        copies.iter().all(|copy| copy.phase == CopyPhase::Done).then_some(())
    })
    .await;
    Marked { words, seen_incident }
}

/// One shift handed over, and the next one begun.
async fn hand_over(world: &World) {
    let shift = ShiftBegin { id: ShiftId::new(), name: String::new(), commander: String::new() };
    let shift = world.other.call::<call::ShiftBegin>(shift).await.unwrap();
    let one =
        add(world.data.path(), &world.station.client, "ca.truoc", &[Role::Operator], CameraLimit::default())
            .await;
    let draft = HandoverDraft {
        shift: shift.id,
        next: ShiftId::new(),
        next_name: "Ca sau".into(),
        commander: String::new(),
        remarks: String::new(),
        from: "ca.truoc".into(),
        from_password: secret(WORD),
        to: "other".into(),
        to_password: secret(WORD),
    };
    one.call::<call::ShiftHandover>(draft).await.unwrap();
}

/// Arguments of a command that names nothing.
fn plain(command: &str) -> Value {
    match command {
        "still.list" | "feed.list" | "shift.list" => json!({ "before": null, "limit": 100 }),
        "search.find" => json!({ "text": CANARY, "limit": 100 }),
        "audit.list" => json!({ "limit": 500 }),
        _ => Value::Null,
    }
}

#[tokio::test]
async fn no_reply_and_no_event_tells_of_a_hidden_camera() {
    let world = World::new().await;
    let marked = mark(&world).await;
    hand_over(&world).await;
    let roles = [&DESK[..], &[Role::Administrator]].concat();
    let client = add(world.data.path(), &world.station.client, "han.che", &roles, world.limit()).await;
    let mut events = client.events();
    let told = |text: &str| {
        // What somebody asks for comes back in the audit of their own search.
        marked.words.iter().find(|word| text.contains(word.as_str())).cloned()
    };

    // Whatever is asked for, of whatever may be seen.
    let mut asked = 0;
    for command in COMMANDS {
        let changes =
            ["station.stop", "people.lock", "people.sign_out", "people.first", "people.break_glass"];
        let signs =
            ["people.sign_in", "people.sign_in_again", "people.password", "people.unlock", "shift.handover"];
        // Would stop what is asked, or add cameras of its own.
        if changes.contains(&command.name) || signs.contains(&command.name) || command.name == "room.simulate"
        {
            continue;
        }
        // Words that the caller typed are theirs: asked at the end, without them.
        if command.name == "search.find" {
            continue;
        }
        let arguments = match command.objects.first() {
            None => plain(command.name),
            Some(&(kind, _)) => {
                let id = |kind: ObjectKind| match kind {
                    ObjectKind::Camera => world.seen.to_string(),
                    ObjectKind::Incident => marked.seen_incident.to_string(),
                    ObjectKind::Window => "w-limits".to_owned(),
                    _ => Uuid::now_v7().to_string(),
                };
                args(command.name, kind, &id, world.data.path())
            }
        };
        // Would take away what the others are asked about.
        if ["camera.delete", "camera.update", "incident.merge"].contains(&command.name) {
            continue;
        }
        let text = match client.call_raw(command.name, arguments).await {
            Ok(reply) => reply.to_string(),
            Err(problem) => format!("{problem:?}"),
        };
        assert_eq!(told(&text), None, "{}: {text}", command.name);
        asked += 1;
    }
    assert!(asked > 70, "{asked}");

    // Lists that take more than one form.
    let everything = [
        ("bookmark.list", json!({ "limit": 500 })),
        ("hold.list", json!({ "ended": true })),
        ("alarm.list", json!({ "limit": 500 })),
        ("incident.list", json!({ "limit": 500 })),
        ("incident.list", json!({ "limit": 500, "text": CANARY })),
        ("health.history", json!({ "camera": null, "span": "hour" })),
        ("audit.list", json!({ "limit": 500, "command": "copy." })),
    ];
    for (command, arguments) in everything {
        let text = client.call_raw(command, arguments).await.unwrap().to_string();
        assert_eq!(told(&text), None, "{command}: {text}");
    }
    let found = client.call_raw("search.find", plain("search.find")).await.unwrap();
    assert_eq!(found, json!([]), "the search");
    for word in &marked.words[2..] {
        let found = client.call_raw("search.find", json!({ "text": word, "limit": 100 })).await.unwrap();
        assert!(!found.to_string().contains(&world.hidden.to_string()), "{found}");
    }

    // Counts.
    let page = client.call::<call::IncidentList>(IncidentQuery::default()).await.unwrap();
    let counted: u32 = page.counts.iter().map(|each| each.count).sum();
    assert_eq!((page.items.len(), counted, page.more), (3, 3, false));
    let short = IncidentQuery { limit: 1, ..IncidentQuery::default() };
    let page = client.call::<call::IncidentList>(short).await.unwrap();
    assert_eq!((page.items.len(), page.more), (1, true), "pages are full of what may be seen");
    let state = client.call::<call::ShiftState>(()).await.unwrap();
    // The one task is the caller's own, put above.
    assert_eq!((state.cameras, state.live, state.open_incidents.len(), state.tasks.len()), (1, 1, 3, 1));
    assert_eq!(told(&serde_json::to_string(&state).unwrap()), None);
    let taken = client.call::<call::ShiftNow>(()).await.unwrap().unwrap().taken_over.unwrap();
    let taken = (taken.state.cameras, taken.state.live, taken.state.new_incidents.len());
    assert_eq!((taken.0, taken.1), (1, 1));
    let whole = world.other.call::<call::ShiftNow>(()).await.unwrap().unwrap().taken_over.unwrap().state;
    assert_eq!((whole.cameras, whole.open_incidents.len()), (2, 4), "what was handed over is the whole");
    let health = client.call::<call::HealthStation>(()).await.unwrap().status;
    assert_eq!((health.cameras, health.live), (1, 1));
    assert!(health.recording <= 1 && health.not_recording <= 1, "{health:?}");
    let of_station = HistoryQuery { camera: None, span: HistorySpan::Hour };
    let history = client.call::<call::HealthHistory>(of_station).await.unwrap();
    let counts = [HistoryFigure::Live, HistoryFigure::Recording];
    assert!(history.series.iter().all(|series| !counts.contains(&series.figure)));
    let days = vec![now().plus_seconds(-3600), now()];
    let calendar = async |cameras: Vec<CameraId>| {
        let query = CalendarQuery { cameras, days: days.clone() };
        client.call::<call::ReviewCalendar>(query).await.unwrap()[0]
    };
    let (all, mine) = (calendar(vec![]).await, calendar(vec![world.seen]).await);
    assert!((all - mine).abs() < 2.0, "no camera named is every camera that may be seen: {all} {mine}");
    let bookmarks =
        client.call::<call::BookmarkList>(BookmarkQuery { limit: 1, ..Default::default() }).await.unwrap();
    assert_eq!(bookmarks.iter().map(|each| each.cameras.clone()).collect::<Vec<_>>(), [vec![world.seen]]);
    let holds = client.call::<call::HoldList>(HoldQuery::default()).await.unwrap();
    let alone = holds.iter().find(|hold| hold.reason == "Cả hai").unwrap();
    let both = world.other.call::<call::HoldList>(HoldQuery::default()).await.unwrap();
    let both = both.iter().find(|hold| hold.id == alone.id).unwrap();
    assert!(alone.bytes < both.bytes || both.bytes == 0, "{} of {}", alone.bytes, both.bytes);
    let layouts = client.call::<call::LayoutList>(()).await.unwrap();
    let shown: Vec<_> = layouts.iter().map(|layout| layout.cameras.clone()).collect();
    assert!(shown.contains(&vec![None, Some(world.seen)]), "places stay: {shown:?}");

    // A layout that they change keeps the cameras that they do not see.
    let both = layouts.iter().find(|layout| layout.name.starts_with("Cả hai")).unwrap();
    let draft = json!({ "id": both.id, "name": "Cả hai, đổi tên", "shared": true, "shape": both.shape,
        "cameras": both.cameras, "hotspot": null, "edits": both.edits });
    client.call_raw("layout.put", draft).await.unwrap();
    let whole = world.other.call::<call::LayoutList>(()).await.unwrap();
    let whole = whole.iter().find(|layout| layout.id == both.id).unwrap();
    assert_eq!(whole.cameras, [Some(world.hidden), Some(world.seen)]);

    // Events: the same things happen again, and the strip's figures come by.
    mark(&world).await;
    let mut figures = false;
    let end = tokio::time::Instant::now() + Duration::from_secs(5);
    while let Ok(event) = tokio::time::timeout_at(end, events.next_raw()).await {
        let text = event.unwrap().to_string();
        assert_eq!(told(&text), None, "{text}");
        let event: Event = serde_json::from_str(&text).unwrap();
        if let Event::RoomStatus(status) = event {
            assert!(status.cameras <= 1 && status.live <= 1 && status.recording <= 1, "{status:?}");
            figures = true;
        }
    }
    assert!(figures, "no figures came by");
    // Nobody lifts their own limit.
    let me = client.call::<call::PeopleAtDesk>(()).await.unwrap().person.unwrap();
    let draft = json!({ "id": me.id, "login": me.login, "name": me.name, "roles": me.roles });
    assert_eq!(client.call_raw("people.put", draft).await.unwrap_err().key, "problem_person_limited");
    world.sim.stop().await;
}

/// The pictures of a page: `(tile, pixels that are not black)` of the next batch, or none within some time.
struct Page {
    socket: tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
    calls: u32,
}

impl Page {
    async fn open(client: &Client) -> Self {
        let door = client.call::<call::PageOpen>(()).await.unwrap();
        let mut request = door.url.as_str().into_client_request().unwrap();
        request.headers_mut().insert("Origin", "tauri://localhost".parse().unwrap());
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Self { socket, calls: 0 }
    }

    async fn call(&mut self, command: &str, args: Value) -> Value {
        self.calls += 1;
        let call = json!({ "id": self.calls, "call": command, "args": args });
        self.socket.send(Message::text(call.to_string())).await.unwrap();
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Text(text) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    if value["id"] == self.calls {
                        return value;
                    }
                }
                Message::Binary(bytes) => self.painted(&bytes).await,
                _ => {}
            }
        }
    }

    async fn painted(&mut self, bytes: &[u8]) {
        let number = u32::from_le_bytes(bytes[0..4].try_into().unwrap());
        self.socket.send(Message::text(json!({ "painted": number }).to_string())).await.unwrap();
    }

    /// The tiles that pictures come for within so many seconds.
    async fn tiles(&mut self, seconds: u64) -> std::collections::BTreeSet<u32> {
        let mut tiles = std::collections::BTreeSet::new();
        let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
        while let Ok(message) = tokio::time::timeout_at(end, self.socket.next()).await {
            let Message::Binary(bytes) = message.unwrap().unwrap() else { continue };
            let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
            let mut at = 8;
            for _ in 0..word(4) {
                tiles.insert(word(at));
                at += 24 + word(at + 4) as usize * word(at + 8) as usize * 4;
            }
            self.painted(&bytes).await;
        }
        tiles
    }
}

#[tokio::test]
async fn a_page_gets_no_pixels_of_a_hidden_camera() {
    let world = World::new().await;
    let path = world.data.path();
    let client = add(path, &world.station.client, "han.che", &DESK, world.limit()).await;
    let tile = |tile: u32, camera: CameraId| {
        json!({ "tile": tile, "camera": camera, "width_px": 160, "height_px": 96,
        "large": false })
    };
    let wall =
        |window: &str| json!({ "window": window, "tiles": [tile(1, world.seen), tile(2, world.hidden)] });

    // A page of nobody gets nothing.
    let mut page = Page::open(&client).await;
    let answer = page.call("wall.show", wall("page")).await;
    assert_eq!(answer["problem"]["code"], "Unauthenticated", "{answer}");
    assert!(page.tiles(1).await.is_empty());

    // The page of a window where somebody sits is theirs too, with their limit.
    let again = json!({ "window": "han.che", "token": "" });
    assert_eq!(
        page.call("people.sign_in_again", again.clone()).await["problem"]["key"],
        "problem_window_name"
    );
    let again = json!({ "window": "han-che", "token": "" });
    let seat = async |login: &str| {
        let one = Client::connect(path).await.unwrap();
        let sign_in = SignIn { window: "han-che".into(), login: login.into(), password: secret(WORD) };
        one.call::<call::PeopleSignIn>(sign_in).await.unwrap();
        one
    };
    let _desk = seat("han.che").await;
    let desk = page.call("people.sign_in_again", again.clone()).await;
    assert_eq!(
        (&desk["ok"]["person"]["login"], &desk["ok"]["locked"]),
        (&json!("han.che"), &json!(false)),
        "{desk}"
    );
    let shown = page.call("wall.show", wall("page")).await;
    assert_eq!(shown["ok"]["tiles"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(page.tiles(3).await, [1].into());

    // Somebody who may see both sits down there; the window of before shows no more than it did. Asked for again, both.
    let _desk = seat("other").await;
    let shown = page.call("wall.show", wall("page")).await;
    assert_eq!(shown["ok"]["tiles"].as_array().unwrap().len(), 2, "{shown}");
    assert_eq!(page.tiles(3).await, [1, 2].into());

    // The first one comes back: what is open is closed before another word is said.
    let _desk = seat("han.che").await;
    page.tiles(1).await;
    assert!(page.tiles(2).await.is_empty(), "pictures went on behind the change of person");
    page.call("wall.show", wall("page")).await;
    assert_eq!(page.tiles(3).await, [1].into());

    // A camera that moves into the limit's shadow while it is shown.
    let people = world.station.client.call::<call::PeopleList>(()).await.unwrap();
    let me = people.iter().find(|person| person.login == "han.che").unwrap();
    let draft = json!({ "id": me.id, "login": me.login, "name": me.name, "roles": me.roles,
        "limit": { "units": [], "cameras": [world.hidden] } });
    world.station.client.call_raw("people.put", draft).await.unwrap();
    page.tiles(1).await;
    assert!(page.tiles(2).await.is_empty(), "pictures went on behind a narrower limit");
    page.call("wall.show", wall("page")).await;
    assert_eq!(page.tiles(3).await, [2].into());

    // Another page that shows a window of the same name takes it over; the first gets nothing of it.
    let mut second = Page::open(&client).await;
    let again = json!({ "window": "other", "token": "" });
    second.call("people.sign_in_again", again).await;
    let shown = second.call("wall.show", wall("page")).await;
    assert_eq!(shown["ok"]["tiles"].as_array().unwrap().len(), 2, "{shown}");
    page.tiles(1).await;
    assert!(page.tiles(2).await.is_empty(), "pictures of another's window");

    // Signed out: nothing.
    second.call("people.sign_out", Value::Null).await;
    second.tiles(1).await;
    assert!(second.tiles(2).await.is_empty(), "pictures for nobody");
    world.sim.stop().await;
}
