//! The local socket.

use crate::room::Room;
use easien_link::client::ConnectError;
use easien_link::commands::Role;
use easien_link::data::{NoteDraft, RoomStatus};
use easien_link::server::{Desk, Listener, serve};
use easien_link::{Client, Event, call, wire};
use easien_model::{Code, NoteId, Scope, UtcMicros};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::broadcast;

struct Station {
    room: Arc<Room>,
    events: broadcast::Sender<Event>,
    scope: Scope,
    path: PathBuf,
    desk: Desk<Room>,
    _folder: tempfile::TempDir,
}

fn station_for(uid: u32, roles: &[Role]) -> Station {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sock");
    let listener = Listener::bind_at(&path, uid).unwrap();
    let (room, events, scope) = (
        Arc::new(Room::new(roles)),
        broadcast::Sender::new(wire::EVENTS_WAITING),
        Scope::new("test station"),
    );
    let desk = Desk::new(room.clone(), events.clone(), scope.clone());
    scope.spawn_graceful(serve(listener, desk.clone()));
    Station { room, events, scope, path, desk, _folder: folder }
}

fn station() -> Station {
    station_for(rustix::process::geteuid().as_raw(), &[Role::Operator])
}

fn note(text: &str) -> NoteDraft {
    NoteDraft { id: NoteId::new(), text: text.into(), camera: None, at: UtcMicros(5), category: None }
}

async fn soon(mut what: impl FnMut() -> bool) {
    for _ in 0..200 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("did not happen within 2 s");
}

#[tokio::test]
async fn calls_come_back_with_their_types_and_problems() {
    let station = station();
    let client = Client::connect_to(&station.path).await.unwrap();
    let written = client.call::<call::NoteAdd>(note("xe tải dừng giữa đường")).await.unwrap();
    assert_eq!((written.text.as_str(), written.author.as_str()), ("xe tải dừng giữa đường", "Trực ban 01"));
    assert_eq!(
        client.call::<call::WallRecall>("main".into()).await.unwrap(),
        None,
        "`ok: null` is an answer"
    );

    let empty = client.call::<call::NoteAdd>(note("")).await.unwrap_err();
    assert_eq!((empty.code, empty.field.as_deref()), (Code::Invalid, Some("text")));
    let unknown = client.call_raw("note.delete", json!({})).await.unwrap_err();
    assert_eq!((unknown.code, unknown.key.as_str()), (Code::Unsupported, "problem_unknown_command"));
    let unfit = client.call_raw("note.add", json!({ "id": 4 })).await.unwrap_err();
    assert_eq!((unfit.code, unfit.key.as_str()), (Code::Invalid, "problem_arguments"));
    let role = client.call_raw("camera.delete", json!(NoteId::new())).await.unwrap_err();
    assert_eq!(role.code, Code::Forbidden);
}

#[tokio::test]
async fn a_slow_call_does_not_hold_up_others() {
    let station = station();
    let client = Client::connect_to(&station.path).await.unwrap();
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.call::<call::NoteAdd>(note("slow")).await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    let quick = tokio::time::timeout(Duration::from_millis(200), client.call::<call::NoteAdd>(note("quick")));
    assert_eq!(quick.await.unwrap().unwrap().text, "quick");
    assert_eq!(slow.await.unwrap().unwrap().text, "slow");
}

#[tokio::test]
async fn a_panic_in_a_command_is_answered() {
    let station = station();
    let client = Client::connect_to(&station.path).await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(2), client.call::<call::NoteAdd>(note("panic")));
    assert_eq!(answer.await.unwrap().unwrap_err().code, Code::Internal);
    assert!(client.call::<call::NoteAdd>(note("after")).await.is_ok());
}

#[tokio::test]
async fn more_calls_than_allowed_are_refused_and_the_rest_go_on() {
    let station = station();
    let client = Client::connect_to(&station.path).await.unwrap();
    let mut calls = Vec::new();
    for _ in 0..wire::CALLS_AT_ONCE + 5 {
        let client = client.clone();
        calls.push(tokio::spawn(async move { client.call::<call::NoteAdd>(note("slow")).await }));
    }
    let mut busy = 0;
    for call in calls {
        busy += usize::from(call.await.unwrap().is_err_and(|problem| problem.key == "problem_busy"));
    }
    assert_eq!(busy, 5);
    assert!(client.call::<call::NoteAdd>(note("after")).await.is_ok());
}

#[tokio::test]
async fn the_station_dies_while_a_client_waits() {
    let station = station();
    let client = Client::connect_to(&station.path).await.unwrap();
    let mut events = client.events();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.call::<call::NoteAdd>(note("never")).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!client.is_closed());
    station.scope.cancel();
    let answer = tokio::time::timeout(Duration::from_secs(2), waiting).await.unwrap().unwrap();
    assert_eq!(answer.unwrap_err().code, Code::Unavailable);
    tokio::time::timeout(Duration::from_secs(2), client.closed()).await.unwrap();
    assert!(events.next().await.is_none());
    assert_eq!(client.call_raw("unit.list", Value::Null).await.unwrap_err().code, Code::Unavailable);
    assert!(matches!(Client::connect_to(&station.path).await, Err(ConnectError::NotRunning)));
}

#[tokio::test]
async fn a_client_that_goes_is_noticed() {
    let station = station();
    let client = Client::connect_to(&station.path).await.unwrap();
    client.call::<call::NoteAdd>(note("here")).await.unwrap();
    drop(client);
    soon(|| station.room.gone.lock().unwrap().contains(&1)).await;
}

#[tokio::test]
async fn another_user_is_refused() {
    let station = station_for(rustix::process::geteuid().as_raw() + 1, &[Role::Operator]);
    let client = Client::connect_to(&station.path).await.unwrap();
    assert_eq!(client.call::<call::NoteAdd>(note("x")).await.unwrap_err().code, Code::Unavailable);
    tokio::time::timeout(Duration::from_secs(2), client.closed()).await.unwrap();
    assert!(station.room.gone.lock().unwrap().is_empty(), "was never let in");
}

/// What a raw peer gets after `sent`, until the station closes the connection.
async fn raw(station: &Station, sent: &[u8]) -> Vec<u8> {
    let mut peer = UnixStream::connect(&station.path).await.unwrap();
    peer.write_all(sent).await.unwrap();
    let mut got = Vec::new();
    tokio::time::timeout(Duration::from_secs(2), peer.read_to_end(&mut got)).await.unwrap().unwrap();
    got
}

#[tokio::test]
async fn garbage_and_oversize_end_the_connection_with_a_word_and_others_live_on() {
    let station = station();
    let other = Client::connect_to(&station.path).await.unwrap();
    let answer = |got: Vec<u8>| serde_json::from_slice::<Value>(&got[4..]).unwrap();

    let got = answer(raw(&station, b"\0\0\0\x05hello").await);
    assert_eq!(got["problem"]["key"], "problem_arguments");
    let got = answer(raw(&station, b"\0\0\0\x02{}").await);
    assert_eq!(got["problem"]["key"], "problem_arguments");
    // 4 GiB announced: nothing of it is waited for or allocated.
    let got = answer(raw(&station, b"\xff\xff\xff\xffGET / HTTP/1.1").await);
    assert_eq!(got["problem"]["key"], "problem_too_large");

    assert!(other.call::<call::NoteAdd>(note("still here")).await.is_ok());
    let long = "a".repeat(wire::CALL_LIMIT_BYTES);
    let refused = other.call::<call::NoteAdd>(note(&long)).await.unwrap_err();
    assert_eq!(refused.key, "problem_too_large");
    assert!(other.call::<call::NoteAdd>(note("still here")).await.is_ok());
}

#[tokio::test]
async fn events_reach_every_client() {
    let station = station();
    let (one, two) =
        (Client::connect_to(&station.path).await.unwrap(), Client::connect_to(&station.path).await.unwrap());
    let (mut events_one, mut events_two) = (one.events(), two.events());
    one.call::<call::NoteAdd>(note("connected")).await.unwrap();
    two.call::<call::NoteAdd>(note("connected")).await.unwrap();
    station.events.send(Event::RoomStatus(RoomStatus { cameras: 240, ..RoomStatus::default() })).unwrap();
    station.events.send(Event::Resync).unwrap();
    for events in [&mut events_one, &mut events_two] {
        assert!(matches!(events.next().await, Some(Event::RoomStatus(status)) if status.cameras == 240));
        assert!(matches!(events.next().await, Some(Event::Resync)));
    }
}

#[tokio::test]
async fn a_slow_reader_is_told_to_ask_again_and_nothing_grows() {
    let station = station();
    let mut peer = UnixStream::connect(&station.path).await.unwrap();
    // One call first, so that the connection is surely at the desk.
    let call = br#"{"id":1,"call":"wall.recall","args":"main"}"#;
    peer.write_all(&u32::try_from(call.len()).unwrap().to_be_bytes()).await.unwrap();
    peer.write_all(call).await.unwrap();
    let mut answer = [0; 4 + 18];
    peer.read_exact(&mut answer).await.unwrap();

    // It reads nothing while far more comes than queue and socket hold.
    for cameras in 0..20_000 {
        station.events.send(Event::RoomStatus(RoomStatus { cameras, ..RoomStatus::default() })).unwrap();
        if cameras % 500 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut resync = false;
    while !resync {
        let length = tokio::time::timeout(Duration::from_secs(2), peer.read_u32()).await.unwrap().unwrap();
        let mut message = vec![0; length as usize];
        peer.read_exact(&mut message).await.unwrap();
        resync = serde_json::from_slice::<Value>(&message).unwrap()["event"] == "resync";
    }
    assert!(station.desk.resyncs() >= 1);
    // It reads again, so it is served again.
    station.events.send(Event::RoomStatus(RoomStatus { cameras: 99_999, ..RoomStatus::default() })).unwrap();
    loop {
        let length = tokio::time::timeout(Duration::from_secs(2), peer.read_u32()).await.unwrap().unwrap();
        let mut message = vec![0; length as usize];
        peer.read_exact(&mut message).await.unwrap();
        if serde_json::from_slice::<Value>(&message).unwrap()["data"]["cameras"] == 99_999 {
            break;
        }
    }
}

#[tokio::test]
async fn calls_under_way_are_finished_when_the_station_stops() {
    let station = station();
    let client = Client::connect_to(&station.path).await.unwrap();
    let slow = tokio::spawn(async move { client.call::<call::NoteAdd>(note("slow")).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    // The answer may or may not get out; the command is carried out, and stopping waits for it.
    let begun = std::time::Instant::now();
    assert!(station.scope.stop(Duration::from_secs(5)).await);
    assert!(begun.elapsed() >= Duration::from_millis(150));
    let _ = slow.await.unwrap();
}
