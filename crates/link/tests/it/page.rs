//! The loopback WebSocket.

use crate::room::Room;
use easien_link::commands::Role;
use easien_link::page::{self, Batch, PixelFlow, PixelSource};
use easien_link::server::Desk;
use easien_link::{Event, wire};
use easien_model::Scope;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const ORIGIN: &str = "http://127.0.0.1:4173";

/// One tile of one pixel whose red says how often pictures were taken.
struct Counting(Arc<AtomicU32>);

struct Flow(Arc<AtomicU32>);

impl PixelSource for Counting {
    fn open(&self, _: u64) -> Box<dyn PixelFlow> {
        Box::new(Flow(self.0.clone()))
    }
}

impl PixelFlow for Flow {
    fn take(&mut self, batch: &mut Batch) {
        let taken = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        batch.push(3, (1, 1), 12, 77, |pixels| pixels.copy_from_slice(&[taken as u8, 0, 0, 255]));
    }
}

struct Station {
    url: String,
    taken: Arc<AtomicU32>,
    events: broadcast::Sender<Event>,
    room: Arc<Room>,
    scope: Scope,
}

async fn station() -> Station {
    let (room, events, scope) = (
        Arc::new(Room::new(&[Role::Operator])),
        broadcast::Sender::new(wire::EVENTS_WAITING),
        Scope::new("test station"),
    );
    let desk = Desk::new(room.clone(), events.clone(), scope.clone());
    let taken = Arc::new(AtomicU32::new(0));
    let server = page::open(desk, Arc::new(Counting(taken.clone())), vec![ORIGIN.into()]).await.unwrap();
    Station { url: server.door().url, taken, events, room, scope }
}

async fn connect(
    url: &str,
    origin: Option<&str>,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Error> {
    let mut request = url.into_client_request()?;
    if let Some(origin) = origin {
        request.headers_mut().insert("Origin", origin.parse().unwrap());
    }
    Ok(tokio_tungstenite::connect_async(request).await?.0)
}

fn refused(result: Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Error>) -> bool {
    matches!(result, Err(Error::Http(response)) if response.status() == 403)
}

#[tokio::test]
async fn only_known_origins_with_the_token_come_in() {
    let station = station().await;
    assert!(refused(connect(&station.url, Some("http://evil.example")).await));
    assert!(refused(connect(&station.url, None).await));
    let (base, token) = station.url.split_once("token=").unwrap();
    assert!(refused(connect(&format!("{base}token="), Some(ORIGIN)).await));
    assert!(
        refused(connect(&format!("{base}token={}0", &token[..63]), Some(ORIGIN)).await)
            || token.ends_with('0')
    );
    assert!(refused(connect(base, Some(ORIGIN)).await));
    assert!(refused(connect(&format!("{base}token={token}0"), Some(ORIGIN)).await));
    assert!(connect(&station.url, Some(ORIGIN)).await.is_ok());
    assert!(connect(&station.url, Some("tauri://localhost")).await.is_ok());
    let named = station.url.replace("127.0.0.1", "localhost");
    assert!(connect(&named, Some(ORIGIN)).await.is_ok());
}

#[tokio::test]
async fn one_batch_in_flight_and_the_next_is_fresh() {
    let station = station().await;
    let mut page = connect(&station.url, Some(ORIGIN)).await.unwrap();
    let first = page.next().await.unwrap().unwrap().into_data();
    assert_eq!(&first[..8], [1, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(
        &first[8..],
        [3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 255]
    );

    // Not painted: nothing more comes, and nothing is taken meanwhile.
    assert!(tokio::time::timeout(Duration::from_millis(150), page.next()).await.is_err());
    assert_eq!(station.taken.load(Ordering::SeqCst), 1);
    page.send(Message::text(json!({ "painted": 1 }).to_string())).await.unwrap();
    let second = tokio::time::timeout(Duration::from_secs(1), page.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(second.into_data()[..8], [2, 0, 0, 0, 1, 0, 0, 0]);
    // An old acknowledgement does not count for the new batch.
    page.send(Message::text(json!({ "painted": 1 }).to_string())).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(150), page.next()).await.is_err());
}

#[tokio::test]
async fn calls_and_events_as_on_the_socket() {
    let station = station().await;
    let mut page = connect(&station.url, Some(ORIGIN)).await.unwrap();
    page.send(Message::text(r#"{"id":7,"call":"wall.recall","args":"main"}"#)).await.unwrap();
    let mut text = async || loop {
        if let Message::Text(text) = page.next().await.unwrap().unwrap() {
            return serde_json::from_str::<Value>(&text).unwrap();
        }
    };
    assert_eq!(text().await, json!({ "id": 7, "ok": null }));
    station.events.send(Event::Resync).unwrap();
    assert_eq!(text().await, json!({ "event": "resync" }));
    page.close(None).await.unwrap();
    for _ in 0..200 {
        if station.room.gone.lock().unwrap().contains(&1) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the page's going was not noticed");
}

#[tokio::test]
async fn oversize_garbage_and_the_end_close_it() {
    let station = station().await;
    let mut page = connect(&station.url, Some(ORIGIN)).await.unwrap();
    let long = "a".repeat(wire::CALL_LIMIT_BYTES + 1);
    // It may be closed while still being sent.
    let _ = page.send(Message::text(long)).await;
    while let Some(Ok(_)) = tokio::time::timeout(Duration::from_secs(2), page.next()).await.unwrap() {}

    let mut page = connect(&station.url, Some(ORIGIN)).await.unwrap();
    page.send(Message::text("hello")).await.unwrap();
    while let Some(Ok(_)) = tokio::time::timeout(Duration::from_secs(2), page.next()).await.unwrap() {}

    let mut page = connect(&station.url, Some(ORIGIN)).await.unwrap();
    assert!(station.scope.stop(Duration::from_secs(2)).await);
    while let Some(Ok(_)) = tokio::time::timeout(Duration::from_secs(2), page.next()).await.unwrap() {}
    assert!(connect(&station.url, Some(ORIGIN)).await.is_err());
}
