//! The loopback WebSocket for the page presenter and for UI tests: the desk's messages as text, pixels as binary
//! batches. Only on 127.0.0.1, only with the token of this start, only for known origins.

use crate::commands::Handlers;
use crate::data::PageDoor;
use crate::problems;
use crate::server::{Desk, Ear, Gone, Mouth, Reception};
use crate::wire::CALL_LIMIT_BYTES;
use easien_model::{Code, Problem};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// Origins of our own page inside the window program.
pub const OWN_ORIGINS: &[&str] = &["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

/// Pages at once.
const CONNECTIONS: usize = 16;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How often new pictures are looked for.
const TICK: Duration = Duration::from_millis(33);

/// Where pages get their pixels from.
pub trait PixelSource: Send + Sync + 'static {
    /// A page connected: whatever windows it shows from here on (`wall.show` with this connection) come out here.
    fn open(&self, connection: u64) -> Box<dyn PixelFlow>;
}

/// The pictures of one page's windows.
pub trait PixelFlow: Send {
    /// Puts every tile's newest picture in that has not been taken yet. Called on a blocking thread.
    fn take(&mut self, batch: &mut Batch);
}

/// Pictures on their way to a page: `u32 batch, u32 count`, then per tile `u32 tile, u32 width, u32 height,
/// u32 age_ms, u64 assignment` and the RGBA pixels; all little-endian.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    count: u32,
}

impl Batch {
    const HEAD_BYTES: usize = 8;

    /// Adds a tile; `paint` gets `width_px * height_px * 4` bytes to fill with RGBA, rows from top to bottom.
    pub fn push(
        &mut self,
        tile: u32,
        size_px: (u32, u32),
        age_ms: u32,
        assignment: u64,
        paint: impl FnOnce(&mut [u8]),
    ) {
        if self.bytes.is_empty() {
            self.bytes.resize(Self::HEAD_BYTES, 0);
        }
        for word in [tile, size_px.0, size_px.1, age_ms] {
            self.bytes.extend_from_slice(&word.to_le_bytes());
        }
        self.bytes.extend_from_slice(&assignment.to_le_bytes());
        let start = self.bytes.len();
        self.bytes.resize(start + size_px.0 as usize * size_px.1 as usize * 4, 0);
        if let Some(pixels) = self.bytes.get_mut(start..) {
            paint(pixels);
        }
        self.count += 1;
    }

    /// Tiles in it.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    fn finish(mut self, number: u32) -> Vec<u8> {
        for (place, byte) in
            self.bytes.iter_mut().zip(number.to_le_bytes().into_iter().chain(self.count.to_le_bytes()))
        {
            *place = byte;
        }
        self.bytes
    }
}

/// The open WebSocket server.
pub struct PageServer {
    port: u16,
    token: String,
}

impl PageServer {
    /// Where a page connects. Whoever has it may do what the window may.
    #[must_use]
    pub fn door(&self) -> PageDoor {
        PageDoor { url: format!("ws://127.0.0.1:{}/?token={}", self.port, self.token) }
    }
}

/// Opens the WebSocket on a port of the system's choice; it is closed with the desk's scope.
///
/// # Errors
/// When no socket or no random token can be had.
pub async fn open<H: Handlers + Reception>(
    desk: Desk<H>,
    pixels: Arc<dyn PixelSource>,
    origins: Vec<String>,
) -> io::Result<PageServer> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let gate = Arc::new(Gate { port, token: token.clone(), origins });
    let scope = desk.scope().clone();
    scope.spawn("page listener", async move {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let (stream, place) = match listener.accept().await {
                Ok((stream, _)) => match places.clone().try_acquire_owned() {
                    Ok(place) => (stream, place),
                    Err(_) => {
                        tracing::warn!("too many pages, a connection was refused");
                        continue;
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, "a page's connection could not be taken in");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let (desk_, pixels, gate) = (desk.clone(), pixels.clone(), gate.clone());
            desk.scope().spawn("page", async move {
                let _place = place;
                if let Err(error) = attend(stream, desk_, pixels, gate).await {
                    tracing::debug!(%error, "a page's connection ended");
                }
            });
        }
    });
    Ok(PageServer { port, token })
}

/// Who is let in.
struct Gate {
    port: u16,
    token: String,
    origins: Vec<String>,
}

impl Gate {
    fn check(&self, request: &Request) -> Result<(), &'static str> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let host = header("host").unwrap_or_default();
        // A foreign name that leads to 127.0.0.1 is not us.
        if host != format!("127.0.0.1:{}", self.port) && host != format!("localhost:{}", self.port) {
            return Err("host");
        }
        let origin = header("origin").unwrap_or_default();
        if !OWN_ORIGINS.contains(&origin) && !self.origins.iter().any(|known| known == origin) {
            return Err("origin");
        }
        let given = request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .find_map(|pair| pair.strip_prefix("token="))
            .unwrap_or_default();
        if !same(given.as_bytes(), self.token.as_bytes()) {
            return Err("token");
        }
        Ok(())
    }
}

/// Compares without telling by its time where the difference is. The length is no secret.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    let difference = given.iter().zip(wanted).fold(0_u8, |seen, (a, b)| seen | (a ^ b));
    given.len() == wanted.len() && std::hint::black_box(difference) == 0
}

async fn attend<H: Handlers + Reception>(
    stream: TcpStream,
    desk: Desk<H>,
    pixels: Arc<dyn PixelSource>,
    gate: Arc<Gate>,
) -> Result<(), WsError> {
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(CALL_LIMIT_BYTES))
        .max_frame_size(Some(CALL_LIMIT_BYTES));
    #[allow(clippy::result_large_err)] // the library's own signature
    let check = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        match gate.check(request) {
            Ok(()) => Ok(response),
            Err(wrong) => {
                tracing::warn!(wrong, "a page was refused");
                let mut refusal = ErrorResponse::new(None);
                *refusal.status_mut() = StatusCode::FORBIDDEN;
                Err(refusal)
            }
        }
    };
    let handshake = tokio_tungstenite::accept_hdr_async_with_config(stream, check, Some(config));
    let socket = tokio::time::timeout(HANDSHAKE, handshake)
        .await
        .map_err(|_| WsError::Io(io::Error::from(io::ErrorKind::TimedOut)))??;

    let conversation = desk.open();
    let _gone = Gone { desk: desk.clone(), connection: conversation.connection };
    let flow = pixels.open(conversation.connection);
    let (ear, mouth) = conversation.split();
    let (sink, messages) = socket.split();
    let (painted, acknowledged) = watch::channel(0);
    let speaking = speak(sink, mouth, flow, acknowledged);
    tokio::pin!(speaking);
    let heard = tokio::select! {
        spoken = &mut speaking => return spoken,
        heard = listen(messages, &ear, &painted) => heard,
    };
    // The complaint still goes out.
    let _ = tokio::time::timeout(Duration::from_millis(200), speaking).await;
    heard
}

async fn listen<H: Handlers + Reception>(
    mut messages: SplitStream<WebSocketStream<TcpStream>>,
    ear: &Ear<H>,
    painted: &watch::Sender<u32>,
) -> Result<(), WsError> {
    #[derive(Deserialize)]
    struct Painted {
        painted: u32,
    }
    while let Some(message) = messages.next().await {
        let text = match message {
            Ok(Message::Text(text)) => text,
            Ok(Message::Close(_)) => return Ok(()),
            // Pings are answered by the library; a page has no binary messages for us.
            Ok(_) => continue,
            Err(error) => {
                if matches!(error, WsError::Capacity(_)) {
                    ear.complain(Problem::new(Code::Invalid, problems::TOO_LARGE)).await;
                }
                return Err(error);
            }
        };
        if let Ok(Painted { painted: number }) = serde_json::from_str(&text) {
            painted.send_replace(number);
        } else if !ear.hear(text.as_bytes()).await {
            ear.complain(Problem::new(Code::Invalid, problems::ARGUMENTS).detail("not a call")).await;
            return Ok(());
        }
    }
    Ok(())
}

async fn speak<H: Handlers + Reception>(
    mut sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    mut mouth: Mouth<H>,
    flow: Box<dyn PixelFlow>,
    mut acknowledged: watch::Receiver<u32>,
) -> Result<(), WsError> {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut flow = Some(flow);
    let mut sent: u32 = 0;
    loop {
        let waiting = *acknowledged.borrow_and_update() != sent;
        tokio::select! {
            biased;
            message = mouth.next() => match message {
                Some(message) => {
                    // Our own JSON is UTF-8.
                    let Ok(text) = String::from_utf8(message) else { continue };
                    sink.send(Message::text(text)).await?;
                }
                None => return Ok(()),
            },
            changed = acknowledged.changed(), if waiting => if changed.is_err() { return Ok(()) },
            // Pictures are taken only when the last batch was painted, so none waits and grows old here.
            _ = ticks.tick(), if !waiting => {
                let Some(mut taking) = flow.take() else { return Ok(()) };
                let taken = tokio::task::spawn_blocking(move || {
                    let mut batch = Batch::default();
                    taking.take(&mut batch);
                    (taking, batch)
                });
                let Ok((back, batch)) = taken.await else { return Ok(()) };
                flow = Some(back);
                if batch.count() > 0 {
                    sent = sent.wrapping_add(1);
                    sink.send(Message::binary(batch.finish(sent))).await?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_laid_out_as_the_contract_says() {
        let mut batch = Batch::default();
        batch.push(7, (2, 1), 40, 9, |pixels| pixels.copy_from_slice(&[1, 2, 3, 255, 4, 5, 6, 255]));
        let mut wanted = Vec::new();
        for word in [3_u32, 1, 7, 2, 1, 40] {
            wanted.extend_from_slice(&word.to_le_bytes());
        }
        wanted.extend_from_slice(&9_u64.to_le_bytes());
        wanted.extend_from_slice(&[1, 2, 3, 255, 4, 5, 6, 255]);
        assert_eq!(batch.finish(3), wanted);
    }

    #[test]
    fn tokens_are_compared_whole() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abd", b"abc"));
        assert!(!same(b"ab", b"abc"));
        assert!(!same(b"", b"abc"));
    }
}
