//! The station's side of the wire: who calls, answers to calls, events as they come; and the local socket. The
//! WebSocket (`page`) uses the same desk.

use crate::commands::{Caller, Handlers, dispatch};
use crate::event::Event;
use crate::place::{self, PlaceError};
use crate::problems;
use crate::sight::Sight;
use crate::wire::{self, CALL_LIMIT_BYTES, CALLS_AT_ONCE, CallIn};
use easien_model::{Code, Problem, Scope};
use futures::{FutureExt, SinkExt, StreamExt};
use interprocess::local_socket::tokio::{Listener as Socket, Stream, prelude::*};
use interprocess::local_socket::{GenericFilePath, ListenerOptions, traits::StreamCommon};
use std::collections::HashMap;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio_util::codec::LengthDelimitedCodec;

/// Who a connection is, and when it ends.
pub trait Reception: Send + Sync + 'static {
    /// Who calls over this connection now; asked for each call.
    ///
    /// # Errors
    /// The problem that every call is answered with, e.g. while the station is stopping.
    fn caller(&self, connection: u64) -> Result<Caller, Problem>;

    /// What a connection may hear of an event: whether it may at all, which cameras it may hear of, and in what form.
    /// Asked for each event and connection.
    fn hears(&self, connection: u64, event: &Event) -> Option<Heard>;

    /// The connection is closed; nothing more comes from it.
    fn gone(&self, connection: u64);
}

/// What a connection may hear of an event.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The cameras it may hear of.
    pub sight: Sight,
    /// What it hears in place of the event: counts and the like that would tell of other cameras are another's.
    pub instead: Option<Box<Event>>,
}

impl Heard {
    /// The event as it is.
    #[must_use]
    pub fn whole(sight: Sight) -> Self {
        Self { sight, instead: None }
    }
}

/// Answers calls from any number of connections and passes events on to them. Cheap to clone.
pub struct Desk<H> {
    handlers: Arc<H>,
    events: broadcast::Sender<Event>,
    scope: Scope,
    connections: Arc<AtomicU64>,
    resyncs: Arc<AtomicU64>,
    /// What is for one connection only, by its number.
    private: Arc<Mutex<HashMap<u64, mpsc::Sender<Event>>>>,
}

impl<H> Clone for Desk<H> {
    fn clone(&self) -> Self {
        Self {
            handlers: self.handlers.clone(),
            events: self.events.clone(),
            scope: self.scope.clone(),
            connections: self.connections.clone(),
            resyncs: self.resyncs.clone(),
            private: self.private.clone(),
        }
    }
}

impl<H: Handlers + Reception> Desk<H> {
    /// A desk. Give `events` a capacity of [`wire::EVENTS_WAITING`].
    #[must_use]
    pub fn new(handlers: Arc<H>, events: broadcast::Sender<Event>, scope: Scope) -> Self {
        Self {
            handlers,
            events,
            scope,
            connections: Arc::default(),
            resyncs: Arc::default(),
            private: Arc::default(),
        }
    }

    /// Tells one connection alone. Never waits: false when the connection is gone, or when it is so slow that
    /// [`wire::PRIVATE_WAITING`] such events wait already; the event is dropped then.
    pub fn tell_one(&self, connection: u64, event: Event) -> bool {
        let private = self.private.lock().unwrap_or_else(PoisonError::into_inner);
        private.get(&connection).is_some_and(|to| to.try_send(event).is_ok())
    }

    /// How often a connection was too slow and was told to ask for everything again.
    #[must_use]
    pub fn resyncs(&self) -> u64 {
        self.resyncs.load(Ordering::Relaxed)
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn open(&self) -> Conversation<H> {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let (replies, answers) = mpsc::channel(CALLS_AT_ONCE);
        let (to_one, for_one) = mpsc::channel(wire::PRIVATE_WAITING);
        self.private.lock().unwrap_or_else(PoisonError::into_inner).insert(connection, to_one);
        Conversation {
            connection,
            desk: self.clone(),
            permits: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
            replies,
            answers,
            events: self.events.subscribe(),
            for_one,
        }
    }

    /// A connection is over: nothing more is kept for it.
    pub(crate) fn forget(&self, connection: u64) {
        self.private.lock().unwrap_or_else(PoisonError::into_inner).remove(&connection);
    }
}

/// One connection's calls and what goes out to it.
pub(crate) struct Conversation<H: Handlers + Reception> {
    pub connection: u64,
    desk: Desk<H>,
    permits: Arc<Semaphore>,
    replies: mpsc::Sender<Vec<u8>>,
    answers: mpsc::Receiver<Vec<u8>>,
    events: broadcast::Receiver<Event>,
    for_one: mpsc::Receiver<Event>,
}

/// Takes calls in.
pub(crate) struct Ear<H: Handlers + Reception> {
    connection: u64,
    desk: Desk<H>,
    permits: Arc<Semaphore>,
    replies: mpsc::Sender<Vec<u8>>,
}

/// Gives answers and events out.
pub(crate) struct Mouth<H: Handlers + Reception> {
    connection: u64,
    handlers: Arc<H>,
    answers: mpsc::Receiver<Vec<u8>>,
    events: broadcast::Receiver<Event>,
    for_one: mpsc::Receiver<Event>,
    resyncs: Arc<AtomicU64>,
    events_over: bool,
}

impl<H: Handlers + Reception> Conversation<H> {
    pub fn split(self) -> (Ear<H>, Mouth<H>) {
        let (resyncs, handlers) = (self.desk.resyncs.clone(), self.desk.handlers.clone());
        (
            Ear {
                connection: self.connection,
                desk: self.desk,
                permits: self.permits,
                replies: self.replies,
            },
            Mouth {
                connection: self.connection,
                handlers,
                answers: self.answers,
                events: self.events,
                for_one: self.for_one,
                resyncs,
                events_over: false,
            },
        )
    }
}

impl<H: Handlers + Reception> Ear<H> {
    /// Starts what a message asks for; the answer goes out through the mouth. False: this is no message of ours, the
    /// connection should end.
    pub async fn hear(&self, message: &[u8]) -> bool {
        let call: CallIn = match serde_json::from_slice(message) {
            Ok(call) => call,
            Err(error) => {
                // Not the message itself: it may hold a password.
                let error = wire::harmless(&error);
                tracing::warn!(connection = self.connection, error, "not a call, connection closed");
                return false;
            }
        };
        let Ok(permit) = self.permits.clone().try_acquire_owned() else {
            let busy = Problem::new(Code::Unavailable, problems::BUSY).detail("too many calls at once");
            // Waits when answers are not read either: then nothing more is read from this connection.
            return self.replies.send(wire::answer(call.id, Err(busy))).await.is_ok();
        };
        let (desk, replies, connection) = (self.desk.clone(), self.replies.clone(), self.connection);
        // Goes on when the connection ends: what was asked for is done whether or not somebody hears the answer.
        self.desk.scope.spawn_graceful(async move {
            let result = match desk.handlers.caller(connection) {
                Ok(caller) => {
                    let work = dispatch(&*desk.handlers, &caller, &call.call, call.args);
                    // The panic itself is logged by the process's hook; whoever waits must hear of it.
                    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
                        Err(Problem::new(Code::Internal, problems::INTERNAL).with("command", &call.call))
                    })
                }
                Err(problem) => Err(problem),
            };
            if let Err(problem) = &result {
                tracing::debug!(connection, call = call.call, %problem, "a call was refused");
            }
            let _ = replies.send(wire::answer(call.id, result)).await;
            drop(permit);
        });
        true
    }

    /// Tells the other side why it is being left.
    pub async fn complain(&self, problem: Problem) {
        let _ = self.replies.send(wire::answer(0, Err(problem))).await;
    }
}

impl<H: Handlers + Reception> Mouth<H> {
    /// An event as this connection may hear it.
    fn told(&self, event: &Event) -> Option<Vec<u8>> {
        let Heard { sight, instead } = self.handlers.hears(self.connection, event)?;
        let event = instead.as_deref().unwrap_or(event);
        let bytes = if sight.is_full() {
            serde_json::to_vec(event)
        } else {
            serde_json::to_value(event).and_then(|mut value| {
                if sight.clear(&mut value) { serde_json::to_vec(&value) } else { Ok(Vec::new()) }
            })
        };
        match bytes {
            Ok(bytes) => Some(bytes).filter(|bytes| !bytes.is_empty()),
            Err(error) => {
                tracing::error!(%error, "an event cannot be written");
                None
            }
        }
    }

    /// The next message to send; `None` when nothing will come any more. Cancel safe.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            tokio::select! {
                biased;
                answer = self.answers.recv() => return answer,
                event = self.events.recv(), if !self.events_over => {
                    let event = match event {
                        Ok(event) => event,
                        Err(broadcast::error::RecvError::Lagged(missed)) => {
                            self.resyncs.fetch_add(1, Ordering::Relaxed);
                            tracing::warn!(missed, "a window reads too slowly, it has to ask for everything again");
                            // What is still waiting is old news after that.
                            self.events = self.events.resubscribe();
                            Event::Resync
                        }
                        Err(broadcast::error::RecvError::Closed) => {
                            self.events_over = true;
                            continue;
                        }
                    };
                    if let Some(bytes) = self.told(&event) {
                        return Some(bytes);
                    }
                }
                // Last: sound that is late is worth less than anything else that is.
                Some(event) = self.for_one.recv() => {
                    if let Some(bytes) = self.told(&event) {
                        return Some(bytes);
                    }
                }
            }
        }
    }
}

/// The local socket of one data folder.
pub struct Listener {
    socket: Socket,
    path: PathBuf,
    allowed_uid: u32,
}

impl Listener {
    /// Listens for the windows of this data folder. The caller holds the folder's lock, so a socket that is there
    /// already is a dead station's.
    ///
    /// # Errors
    /// [`PlaceError`] without a safe place, or when the socket cannot be made.
    pub fn bind(data_folder: &Path) -> Result<Self, PlaceError> {
        let path = place::socket_path(data_folder)?;
        let _ = std::fs::remove_file(&path);
        Self::bind_at(&path, rustix::process::geteuid().as_raw())
    }

    /// Listens at a path of one's own for one user, for tests.
    ///
    /// # Errors
    /// When the socket cannot be made.
    #[doc(hidden)]
    pub fn bind_at(path: &Path, allowed_uid: u32) -> Result<Self, PlaceError> {
        let failed = |error| PlaceError::Io { path: path.to_owned(), error };
        let name = path.to_fs_name::<GenericFilePath>().map_err(failed)?;
        let socket = ListenerOptions::new().name(name).create_tokio().map_err(failed)?;
        Ok(Self { socket, path: path.to_owned(), allowed_uid })
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Takes connections in until the desk's scope is stopped; then connections end, calls under way are finished.
pub async fn serve<H: Handlers + Reception>(listener: Listener, desk: Desk<H>) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = desk.scope.cancelled() => return,
            accepted = listener.socket.accept() => accepted,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                // Out of descriptors, most likely: others may close theirs meanwhile.
                tracing::warn!(%error, "a connection could not be taken in");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        match stream.peer_creds().map(|creds| creds.euid()) {
            Ok(Some(uid)) if uid == listener.allowed_uid => {}
            other => {
                tracing::warn!(peer = ?other.ok().flatten(), "a connection of another user was refused");
                continue;
            }
        }
        let conversation = desk.open();
        let (of_desk, connection) = (desk.clone(), conversation.connection);
        desk.scope.spawn("connection", async move {
            // Also when the task is dropped in the middle.
            let _gone = Gone { desk: of_desk, connection };
            if let Err(error) = talk(&stream, conversation).await {
                tracing::debug!(connection, %error, "a connection ended");
            }
        });
    }
}

pub(crate) struct Gone<H: Handlers + Reception> {
    pub desk: Desk<H>,
    pub connection: u64,
}

impl<H: Handlers + Reception> Drop for Gone<H> {
    fn drop(&mut self) {
        self.desk.forget(self.connection);
        self.desk.handlers.gone(self.connection);
    }
}

async fn talk<H: Handlers + Reception>(stream: &Stream, conversation: Conversation<H>) -> io::Result<()> {
    let mut frames = LengthDelimitedCodec::builder().max_frame_length(CALL_LIMIT_BYTES).new_read(stream);
    let mut out = LengthDelimitedCodec::builder().max_frame_length(wire::REPLY_LIMIT_BYTES).new_write(stream);
    let (ear, mut mouth) = conversation.split();
    let listening = async {
        while let Some(frame) = frames.next().await {
            match frame {
                Ok(message) => {
                    if !ear.hear(&message).await {
                        ear.complain(Problem::new(Code::Invalid, problems::ARGUMENTS).detail("not a call"))
                            .await;
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    ear.complain(Problem::new(Code::Invalid, problems::TOO_LARGE).detail(&error)).await;
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    let speaking = async {
        while let Some(message) = mouth.next().await {
            out.send(bytes::Bytes::from(message)).await?;
        }
        Ok::<(), io::Error>(())
    };
    tokio::pin!(speaking);
    let heard = tokio::select! {
        spoken = &mut speaking => return spoken,
        heard = listening => heard,
    };
    // The complaint, and answers that are ready, still go out; the other side may not be reading.
    let _ = tokio::time::timeout(std::time::Duration::from_millis(200), speaking).await;
    heard
}
