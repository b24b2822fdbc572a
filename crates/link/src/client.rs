//! The window's side of the local socket: calls with answers, events, and the news that the station is gone.

use crate::commands::Command;
use crate::event::Event;
use crate::place;
use crate::wire::{self, CallOut, EVENTS_WAITING, Incoming, REPLY_LIMIT_BYTES};
use easien_model::{Code, Problem, Scope};
use futures::{SinkExt, StreamExt};
use interprocess::local_socket::tokio::{Stream, prelude::*};
use interprocess::local_socket::{GenericFilePath, traits::StreamCommon};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::codec::LengthDelimitedCodec;
use tokio_util::sync::CancellationToken;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No station runs on this data folder.
    #[error("no station runs here")]
    NotRunning,
    /// Somebody else listens in the station's place.
    #[error("the station's socket belongs to another user")]
    Foreign,
    /// The socket cannot be used.
    #[error("the station's socket: {0}")]
    Io(#[from] io::Error),
}

impl ConnectError {
    /// For programs.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotRunning | Self::Io(_) => Code::Unavailable,
            Self::Foreign => Code::Forbidden,
        }
    }
}

/// A connection to the station. Cheap to clone; closed when the last clone is dropped. Any number of calls can be
/// under way at once.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    next_id: AtomicU64,
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Vec<u8>>,
    scope: Scope,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.scope.cancel();
    }
}

/// What the connection's task and the callers share.
struct Shared {
    /// `None` once the connection is over.
    waiting: Mutex<Waiting>,
    events: broadcast::Sender<Arc<Value>>,
    closed: CancellationToken,
}

type Waiting = Option<HashMap<u64, oneshot::Sender<Result<Value, Problem>>>>;

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends all waiting when the connection's task ends, however it ends.
struct Over(Arc<Shared>);

impl Drop for Over {
    fn drop(&mut self) {
        // Dropping the senders tells every waiting call.
        drop(self.0.waiting().take());
        self.0.closed.cancel();
    }
}

impl Client {
    /// Connects to the station that runs on a data folder.
    ///
    /// # Errors
    /// [`ConnectError::NotRunning`] when there is none.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn connect(data_folder: &Path) -> Result<Self, ConnectError> {
        let candidates = match place::candidates(data_folder) {
            Ok(candidates) => candidates,
            Err(error) => {
                tracing::debug!(%error, "no place to look for a station");
                return Err(ConnectError::NotRunning);
            }
        };
        let mut last = ConnectError::NotRunning;
        for path in candidates {
            match Self::connect_to(&path).await {
                Ok(client) => return Ok(client),
                Err(ConnectError::NotRunning) => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Connects to a socket.
    ///
    /// # Errors
    /// As [`Client::connect`].
    #[doc(hidden)]
    pub async fn connect_to(path: &Path) -> Result<Self, ConnectError> {
        let name = path.to_fs_name::<GenericFilePath>()?;
        let stream = Stream::connect(name).await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ConnectError::NotRunning,
            _ => ConnectError::Io(error),
        })?;
        if stream.peer_creds()?.euid() != Some(rustix::process::geteuid().as_raw()) {
            return Err(ConnectError::Foreign);
        }
        let shared = Arc::new(Shared {
            waiting: Mutex::new(Some(HashMap::new())),
            events: broadcast::Sender::new(EVENTS_WAITING),
            closed: CancellationToken::new(),
        });
        let (outgoing, messages) = mpsc::channel(wire::CALLS_AT_ONCE);
        let scope = Scope::new("link client");
        let task = shared.clone();
        scope.spawn("connection", async move {
            let over = Over(task);
            if let Err(error) = talk(&stream, messages, &over.0).await {
                tracing::debug!(%error, "the connection to the station ended");
            }
        });
        Ok(Self { inner: Arc::new(Inner { next_id: AtomicU64::new(1), shared, outgoing, scope }) })
    }

    /// Calls a command by its name.
    ///
    /// # Errors
    /// The station's problem; `Unavailable` when the connection ends before the answer.
    ///
    /// # Cancel safety
    /// When dropped, the command may still be carried out; its answer is thrown away.
    pub async fn call_raw(&self, name: &str, args: Value) -> Result<Value, Problem> {
        let id = self.inner.next_id.fetch_add(1, Ordering::Relaxed);
        let message = serde_json::to_vec(&CallOut { id, call: name, args })
            .map_err(|error| Problem::new(Code::Invalid, crate::problems::ARGUMENTS).detail(error))?;
        if message.len() > wire::CALL_LIMIT_BYTES {
            return Err(Problem::new(Code::Invalid, crate::problems::TOO_LARGE).with("command", name));
        }
        let (sender, answer) = oneshot::channel();
        match self.inner.shared.waiting().as_mut() {
            Some(waiting) => drop(waiting.insert(id, sender)),
            None => return Err(wire::unavailable("the connection is closed")),
        }
        // Takes its place back also when this future is dropped.
        let _forget = Forget { shared: &self.inner.shared, id };
        if self.inner.outgoing.send(message).await.is_err() {
            return Err(wire::unavailable("the connection is closed"));
        }
        answer.await.unwrap_or_else(|_| Err(wire::unavailable("the connection ended before the answer")))
    }

    /// Calls a command with its types.
    ///
    /// # Errors
    /// As [`Client::call_raw`]; `Internal` when the answer does not have the command's type.
    pub async fn call<C: Command>(&self, args: C::Args) -> Result<C::Reply, Problem> {
        let internal = |error: serde_json::Error| {
            Problem::new(Code::Internal, crate::problems::INTERNAL).with("command", C::NAME).detail(error)
        };
        let reply = self.call_raw(C::NAME, serde_json::to_value(args).map_err(internal)?).await?;
        serde_json::from_value(reply).map_err(internal)
    }

    /// What the station tells by itself, from now on. Subscribe before asking for lists, or changes in between are
    /// missed.
    #[must_use]
    pub fn events(&self) -> Events {
        Events { queue: self.inner.shared.events.subscribe(), closed: self.inner.shared.closed.clone() }
    }

    /// Resolves when the connection is over. Cancel safe.
    pub async fn closed(&self) {
        self.inner.shared.closed.cancelled().await;
    }

    /// Whether the connection is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.shared.closed.is_cancelled()
    }
}

struct Forget<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        if let Some(waiting) = self.shared.waiting().as_mut() {
            waiting.remove(&self.id);
        }
    }
}

/// A queue of events. A reader that is too slow gets one [`Event::Resync`] for what it missed.
pub struct Events {
    queue: broadcast::Receiver<Arc<Value>>,
    closed: CancellationToken,
}

impl Events {
    /// The next event as it came, `{"event":...,"data":...}`; `None` when the connection is over. Cancel safe.
    pub async fn next_raw(&mut self) -> Option<Arc<Value>> {
        tokio::select! {
            biased;
            event = self.queue.recv() => match event {
                Ok(event) => Some(event),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "events were dropped");
                    self.queue = self.queue.resubscribe();
                    Some(Arc::new(json!({ "event": "resync" })))
                }
                Err(broadcast::error::RecvError::Closed) => None,
            },
            () = self.closed.cancelled() => None,
        }
    }

    /// The next event that this program knows; `None` when the connection is over. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let raw = self.next_raw().await?;
            match serde_json::from_value((*raw).clone()) {
                Ok(event) => return Some(event),
                Err(error) => tracing::warn!(%error, "an event of a kind that is not known here"),
            }
        }
    }

    /// As a stream that ends with the connection.
    pub fn into_stream(self) -> impl futures::Stream<Item = Event> + Send {
        futures::stream::unfold(self, |mut events| async { events.next().await.map(|event| (event, events)) })
    }
}

async fn talk(stream: &Stream, mut messages: mpsc::Receiver<Vec<u8>>, shared: &Shared) -> io::Result<()> {
    let mut frames = LengthDelimitedCodec::builder().max_frame_length(REPLY_LIMIT_BYTES).new_read(stream);
    let mut out = LengthDelimitedCodec::builder().max_frame_length(wire::CALL_LIMIT_BYTES).new_write(stream);
    let speaking = async {
        while let Some(message) = messages.recv().await {
            out.send(bytes::Bytes::from(message)).await?;
        }
        Ok(())
    };
    let listening = async {
        while let Some(frame) = frames.next().await {
            hear(&frame?, shared)?;
        }
        Ok(())
    };
    tokio::select! {
        spoken = speaking => spoken,
        heard = listening => heard,
    }
}

fn hear(message: &[u8], shared: &Shared) -> io::Result<()> {
    let message: Incoming =
        serde_json::from_slice(message).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    if let Some(event) = message.event {
        // Nobody may be listening.
        let _ = shared.events.send(Arc::new(json!({ "event": event, "data": message.data })));
        return Ok(());
    }
    let result = match (message.ok, message.problem) {
        (_, Some(problem)) => Err(problem),
        (Some(ok), None) => Ok(ok),
        (None, None) => return Err(io::Error::new(io::ErrorKind::InvalidData, "neither answer nor event")),
    };
    match message.id {
        None | Some(0) => {
            if let Err(problem) = result {
                tracing::warn!(%problem, "the station complained");
            }
        }
        Some(id) => {
            if let Some(sender) = shared.waiting().as_mut().and_then(|waiting| waiting.remove(&id)) {
                let _ = sender.send(result);
            }
        }
    }
    Ok(())
}
