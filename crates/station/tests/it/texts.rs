//! Whatever a person may type or paste, through the real commands: stored as it was typed, or refused with the field and
//! its sentence; never cut, never twice. Times that cannot be, too.

use crate::room::{Station, now, start};
use easien_link::{Client, call};
use easien_model::{CameraId, Code, Problem, WallForm, WallShape};
use serde_json::{Value, json};
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

const HOSTILE: [(&str, &str); 9] = [
    ("emoji", "Xe 🚓👮🏽‍♂️ cháy 🔥 xã"),
    ("combining marks", "Duo\u{31b}\u{300}ng co\u{302}\u{301}m da\u{302}\u{301}u"),
    ("a tower of marks", "a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}"),
    ("right to left", "سيارة ABC רכב 123"),
    ("bidi controls", "Xe \u{202e}47K1\u{202c}\u{2066}re\u{2069}"),
    ("markup", "'\"><script>alert(1)</script>"),
    ("SQL", "'; DROP TABLE note; -- %_"),
    ("JSON", "{\"a\":[\\u0000,\"\\ud800\"]}"),
    ("controls", "a\u{1}\u{7f}\u{85}\u{2028}b"),
];

/// Who writes what where.
struct Way {
    command: &'static str,
    field: &'static str,
    /// Characters.
    least: usize,
    most: usize,
    /// With an id of its own each time, so that each is another thing; the same id again is a retry.
    args: fn(&Room, id: Uuid, text: &str) -> Value,
}

/// What the ways are about.
struct Room {
    camera: CameraId,
    incident: Uuid,
    at: i64,
    settings: Value,
}

fn sheet(at: i64, field: &str, text: &str) -> Value {
    let mut sheet = json!({
        "title": "Xe khả nghi", "category": null, "severity": "low", "source": "camera", "detected": at, "occurred": null,
        "ended": null, "unit": null, "road": "", "place": "", "forces": "", "outcome": null, "outcome_note": "", "forms": [],
    });
    sheet[field] = if field == "forms" { json!([text]) } else { json!(text) };
    sheet
}

fn opened(room: &Room, id: Uuid, field: &str, text: &str) -> Value {
    json!({ "id": id, "text": sheet(room.at, field, text) })
}

fn marked(room: &Room, id: Uuid, title: &str, tags: &[&str], note: &str) -> Value {
    let text = json!({ "title": title, "category": null, "tags": tags, "note": note, "colour": "" });
    json!({ "id": id, "cameras": [room.camera], "at": room.at, "start": room.at - 1_000_000, "end": room.at + 1_000_000, "text": text })
}

fn subject(room: &Room, id: Uuid, colour: &str, description: &str) -> Value {
    let subject =
        json!({ "id": id, "kind": "person", "plate": "", "colour": colour, "description": description });
    json!({ "incident": room.incident, "subject": subject })
}

fn notice(room: &Room, id: Uuid, whom: &str, remark: &str) -> Value {
    let notice = json!({ "id": id, "whom": whom, "notified": room.at, "responded": null, "remark": remark });
    json!({ "incident": room.incident, "notice": notice })
}

fn added(id: Uuid, name: &str, place: &str) -> Value {
    json!({
        "id": id, "code": "", "name": name, "unit": null, "place": place, "main_url": "rtsp://127.0.0.1:9/main", "sub_url": "",
        "username": "", "password": null, "transport": null,
        "record": { "streams": "off", "schedule": [], "keep_days": null },
    })
}

const WAYS: [Way; 24] = [
    Way {
        command: "note.add",
        field: "text",
        least: 1,
        most: 10_000,
        args: |room, id, text| json!({ "id": id, "text": text, "camera": null, "at": room.at, "category": null }),
    },
    Way {
        command: "bookmark.add",
        field: "title",
        least: 0,
        most: 200,
        args: |room, id, text| marked(room, id, text, &[], ""),
    },
    Way {
        command: "bookmark.add",
        field: "tags",
        least: 0,
        most: 40,
        args: |room, id, text| marked(room, id, "", &[text], ""),
    },
    Way {
        command: "bookmark.add",
        field: "note",
        least: 0,
        most: 10_000,
        args: |room, id, text| marked(room, id, "", &[], text),
    },
    Way {
        command: "hold.add",
        field: "reason",
        least: 1,
        most: 1000,
        args: |room, id, text| json!({ "id": id, "cameras": [room.camera], "start": room.at - 60_000_000, "end": room.at, "reason": text, "until": null, "bookmark": null }),
    },
    Way {
        command: "incident.open",
        field: "title",
        least: 1,
        most: 200,
        args: |room, id, text| opened(room, id, "title", text),
    },
    Way {
        command: "incident.open",
        field: "road",
        least: 0,
        most: 200,
        args: |room, id, text| opened(room, id, "road", text),
    },
    Way {
        command: "incident.open",
        field: "place",
        least: 0,
        most: 200,
        args: |room, id, text| opened(room, id, "place", text),
    },
    Way {
        command: "incident.open",
        field: "forces",
        least: 0,
        most: 2000,
        args: |room, id, text| opened(room, id, "forces", text),
    },
    Way {
        command: "incident.open",
        field: "outcome_note",
        least: 0,
        most: 10_000,
        args: |room, id, text| opened(room, id, "outcome_note", text),
    },
    Way {
        command: "incident.open",
        field: "forms",
        least: 0,
        most: 80,
        args: |room, id, text| opened(room, id, "forms", text),
    },
    Way {
        command: "incident.note",
        field: "text",
        least: 1,
        most: 10_000,
        args: |room, id, text| json!({ "id": id, "incident": room.incident, "text": text, "at": room.at, "corrects": null }),
    },
    Way {
        command: "incident.subject",
        field: "description",
        least: 1,
        most: 1000,
        args: |room, id, text| subject(room, id, "", text),
    },
    Way {
        command: "incident.subject",
        field: "colour",
        least: 0,
        most: 40,
        args: |room, id, text| subject(room, id, text, "Nam, áo đen"),
    },
    Way {
        command: "incident.notice",
        field: "whom",
        least: 1,
        most: 200,
        args: |room, id, text| notice(room, id, text, ""),
    },
    Way {
        command: "incident.notice",
        field: "remark",
        least: 0,
        most: 1000,
        args: |room, id, text| notice(room, id, "Công an xã", text),
    },
    Way {
        command: "unit.put",
        field: "name",
        least: 1,
        most: 120,
        args: |_, id, text| json!({ "id": id, "name": text }),
    },
    Way {
        command: "camera.add",
        field: "name",
        least: 1,
        most: 120,
        args: |_, id, text| added(id, text, ""),
    },
    Way {
        command: "camera.add",
        field: "place",
        least: 0,
        most: 200,
        args: |_, id, text| added(id, "Cổng chợ", text),
    },
    Way {
        command: "layout.put",
        field: "name",
        least: 1,
        most: 80,
        args: |_, id, text| json!({ "id": id, "name": text, "shared": true, "shape": WallShape::of(WallForm::OneAndFive), "cameras": [], "hotspot": null, "edits": 0 }),
    },
    Way {
        command: "filter.put",
        field: "name",
        least: 1,
        most: 80,
        args: |_, id, text| json!({ "id": id, "name": text, "query": {} }),
    },
    Way {
        command: "task.put",
        field: "text",
        least: 1,
        most: 1000,
        args: |_, id, text| json!({ "id": id, "text": text }),
    },
    Way {
        command: "room.set",
        field: "name",
        least: 1,
        most: 120,
        args: |room, _, text| {
            let mut settings = room.settings.clone();
            settings["name"] = json!(text);
            settings
        },
    },
    Way {
        command: "room.set",
        field: "operator",
        least: 1,
        most: 120,
        args: |room, _, text| {
            let mut settings = room.settings.clone();
            settings["operator"] = json!(text);
            settings
        },
    },
];

async fn a_room(folder: &Path) -> (Station, Room) {
    let station = start(folder, &[]).await;
    let client = &station.client;
    let camera = CameraId::new();
    let at = now().0 - 60_000_000;
    client.call_raw("camera.add", added(camera.0, "Cổng chợ Ea Siên", "Quốc lộ 14")).await.unwrap();
    let incident = Uuid::now_v7();
    client
        .call_raw("incident.open", json!({ "id": incident, "text": sheet(at, "title", "Xe khả nghi") }))
        .await
        .unwrap();
    let settings = client.call_raw("room.get", Value::Null).await.unwrap()["settings"].clone();
    (station, Room { camera, incident, at, settings })
}

fn said(text: &str) -> String {
    json!(text).to_string().trim_matches('"').to_owned()
}

fn is_refused(answer: Result<Value, Problem>, way: &Way, what: &str) {
    let problem = answer.expect_err(&format!("{} {}: {what} was taken", way.command, way.field));
    assert_eq!(problem.code, Code::Invalid, "{} {}: {what}: {problem:?}", way.command, way.field);
    assert_eq!(problem.field.as_deref(), Some(way.field), "{} {what}: {problem:?}", way.command);
}

#[tokio::test]
async fn any_text_is_stored_as_it_was_typed_or_refused_with_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let (station, room) = a_room(folder.path()).await;
    let client = &station.client;
    for (number, way) in WAYS.iter().enumerate() {
        let name = format!("{} {}", way.command, way.field);
        let give =
            async |id: Uuid, text: &str| client.call_raw(way.command, (way.args)(&room, id, text)).await;
        for (what, text) in HOSTILE {
            // A name that must be another's nowhere.
            let text = format!("{text}{number}");
            let id = Uuid::now_v7();
            let stored = match give(id, &text).await {
                Ok(stored) => stored,
                // Where a name stands in titles and lists alone, it has no such characters.
                Err(problem) if what == "controls" => {
                    is_refused(Err(problem), way, what);
                    continue;
                }
                Err(problem) => panic!("{name}: {what}: {problem:?}"),
            };
            assert!(
                stored.to_string().contains(&said(&text)),
                "{name}: {what} is not there as typed: {stored}"
            );
            let again =
                give(id, &text).await.unwrap_or_else(|problem| panic!("{name}: {what} again: {problem:?}"));
            assert!(again.to_string().contains(&said(&text)), "{name}: {what} again");
        }
        // Letters of three bytes each, as many as there may be: none is cut. (One number less, for the uniqueness.)
        let full = format!("{}{number:02}", "ộ".repeat(way.most - 2));
        let stored =
            give(Uuid::now_v7(), &full).await.unwrap_or_else(|problem| panic!("{name}: full: {problem:?}"));
        assert!(stored.to_string().contains(&full), "{name}: cut");
        is_refused(give(Uuid::now_v7(), &format!("{full}x")).await, way, "one too many");
        is_refused(give(Uuid::now_v7(), &"ộ".repeat(100_000)).await, way, "100,000 letters");
        is_refused(give(Uuid::now_v7(), "a\0b").await, way, "a zero byte");
        if way.least > 0 {
            for blank in ["", "   ", "\u{a0}\t\n"] {
                is_refused(give(Uuid::now_v7(), blank).await, way, "nothing");
            }
        }
    }
}

async fn raw(folder: &Path, message: &[u8]) -> Option<Value> {
    let path = easien_link::place::socket_path(folder).unwrap();
    let mut socket = tokio::net::UnixStream::connect(path).await.unwrap();
    socket.write_all(&u32::try_from(message.len()).unwrap().to_be_bytes()).await.unwrap();
    socket.write_all(message).await.unwrap();
    // Events may come before the answer.
    loop {
        let mut length = [0; 4];
        socket.read_exact(&mut length).await.ok()?;
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        socket.read_exact(&mut answer).await.ok()?;
        let answer: Value = serde_json::from_slice(&answer).ok()?;
        if answer.get("id").is_some() {
            return Some(answer);
        }
    }
}

#[tokio::test]
async fn what_is_no_text_is_refused_and_the_station_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (station, room) = a_room(folder.path()).await;
    let before = station.client.call_raw("feed.list", json!({ "before": null, "limit": 500 })).await.unwrap();
    let with = |text: &str| {
        let id = Uuid::now_v7();
        let at = room.at;
        let args = format!(r#"{{"id":"{id}","text":{text},"camera":null,"at":{at},"category":null}}"#);
        format!(r#"{{"id":1,"call":"note.add","args":{args}}}"#).into_bytes()
    };
    // Half of a pair of surrogates is no character; raw bytes that are no UTF-8 are none either.
    let mut broken = with("\"x\"");
    let at = broken.iter().position(|byte| *byte == b'x').unwrap();
    broken[at] = 0xff;
    for message in
        [with(r#""\ud800""#), with(r#""a\udc00b""#), with("7"), with("null"), broken, b"{".to_vec()]
    {
        let answer = raw(folder.path(), &message).await;
        if let Some(answer) = answer {
            assert!(answer.get("ok").is_none() && answer.get("problem").is_some(), "{answer}");
        }
    }
    // A whole pair is one.
    let answer = raw(folder.path(), &with(r#""\ud83d\ude93""#)).await.unwrap();
    assert_eq!(answer["ok"]["text"], "🚓", "{answer}");
    let after = station.client.call_raw("feed.list", json!({ "before": null, "limit": 500 })).await.unwrap();
    let count = |list: &Value| list.as_array().unwrap().len();
    assert_eq!(count(&after), count(&before) + 1, "only the one that was a text");
}

#[tokio::test]
async fn what_was_typed_in_parts_is_found_by_what_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let (station, room) = a_room(folder.path()).await;
    let client = &station.client;
    // Decomposed, with direction marks and a space of no width in the plate.
    let title = "Xe tre\u{302}n đươ\u{300}ng \u{202b}47\u{200b}K1\u{202c}";
    let id = Uuid::now_v7();
    let file = client
        .call_raw("incident.open", json!({ "id": id, "text": sheet(room.at, "title", title) }))
        .await
        .unwrap();
    assert_eq!(file["incident"]["text"]["title"], title, "as it was typed");
    for text in ["trên đường", "tren duong", "tre\u{302}n", "47K1", "\u{200f}47k1"] {
        let page = client.call_raw("incident.list", json!({ "text": text })).await.unwrap();
        assert_eq!(page["items"][0]["id"], json!(id), "{text:?} in the list");
        let found = client.call_raw("search.find", json!({ "text": text })).await.unwrap();
        assert!(found.to_string().contains(&id.to_string()), "{text:?} in the search: {found}");
    }
}

async fn refused(client: &Client, command: &str, args: Value, field: &str) {
    let problem = client.call_raw(command, args.clone()).await.expect_err(&format!("{command} {args}"));
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (Code::Invalid, Some(field)),
        "{command} {args}: {problem:?}"
    );
}

#[tokio::test]
async fn times_that_cannot_be_are_refused_with_their_field() {
    let folder = tempfile::tempdir().unwrap();
    let (station, room) = a_room(folder.path()).await;
    let client = &station.client;
    let day = 86_400_000_000_i64;
    let wrong = [
        now().0 + day,
        now().0 + 80 * 365 * day,
        -1,
        0,
        946_684_800_000_000 - 1,
        i64::MAX / 1000,
        i64::MIN / 1000,
    ];
    for at in wrong {
        for field in ["detected", "occurred", "ended"] {
            let mut text = sheet(room.at, "title", "Xe khả nghi");
            text[field] = json!(at);
            refused(client, "incident.open", json!({ "id": Uuid::now_v7(), "text": text }), field).await;
        }
        let note = json!({ "id": Uuid::now_v7(), "text": "x", "camera": null, "at": at, "category": null });
        refused(client, "note.add", note, "at").await;
        let note = json!({ "id": Uuid::now_v7(), "incident": room.incident, "text": "x", "at": at, "corrects": null });
        refused(client, "incident.note", note, "at").await;
        for field in ["notified", "responded"] {
            let mut put = notice(&room, Uuid::now_v7(), "Công an xã", "");
            put["notice"][field] = json!(at);
            refused(client, "incident.notice", put, field).await;
        }
    }
    let mut text = sheet(room.at, "title", "Xe khả nghi");
    (text["occurred"], text["ended"]) = (json!(room.at), json!(room.at - 1));
    refused(client, "incident.open", json!({ "id": Uuid::now_v7(), "text": text }), "ended").await;
    let mut put = notice(&room, Uuid::now_v7(), "Công an xã", "");
    put["notice"]["responded"] = json!(room.at - 1);
    refused(client, "incident.notice", put, "responded").await;
    let until = json!({ "id": Uuid::now_v7(), "cameras": [room.camera], "start": room.at - 1_000_000, "end": room.at, "reason": "x", "until": room.at, "bookmark": null });
    refused(client, "hold.add", until, "until").await;
    for (from, to) in
        [(room.at, room.at), (room.at, room.at - 1), (-1, room.at), (0, 12 * 365 * day), (i64::MIN, i64::MAX)]
    {
        refused(client, "incident.statistics", json!({ "from": from, "to": to }), "from").await;
    }
    for (from, to) in [(now().0 + day, now().0 + day + 1), (room.at, room.at), (room.at - 3 * day, room.at)] {
        refused(client, "health.day", json!({ "from": from, "to": to }), "from").await;
    }
    client.call::<call::RoomGet>(()).await.unwrap();
}
