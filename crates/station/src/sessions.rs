//! Which streams are open, and what is known of them. The base stream (sub, or main where there is no sub) is open for
//! every camera always; the main stream while it is recorded, or an enlarged tile or a still needs it, and a little
//! longer.

use crate::station::{Station, lock};
use easien_ingest::{Credential, Ingest, Source};
use easien_link::Event;
use easien_link::data::Session;
use easien_model::{
    CameraId, LossReason, Problem, Sample, SessionPhase, SessionState, StreamId, StreamKind, UtcMicros,
};
use easien_store::CameraRow;
use futures::StreamExt;
use futures::stream::BoxStream;
use secrecy::SecretString;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use url::Url;

/// How long a main stream stays open after the last use.
const LINGER: Duration = Duration::from_secs(10);
/// How often a picture worker's feed looks whether its stream is open again.
const LOOK: Duration = Duration::from_millis(200);

/// What is remembered of open streams.
#[derive(Default)]
pub struct Sessions {
    mains: Mutex<HashMap<CameraId, Main>>,
    undecodable: Mutex<HashMap<StreamId, Undecodable>>,
}

/// The decoder does not understand a stream's bits.
#[derive(Clone, Copy)]
struct Undecodable {
    since: UtcMicros,
    /// It killed workers and is left alone for a while.
    quarantined: bool,
}

/// Why a camera's main stream is open beside its sub stream.
#[derive(Default)]
struct Main {
    holders: HashSet<Holder>,
    /// When the last holder let go.
    free_since: Option<Instant>,
}

/// Who needs a main stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// A window shows it enlarged.
    Window(String),
    /// A still is being taken.
    Still(easien_model::StillId),
    /// It is recorded.
    Recording,
    /// Its camera's sub stream is lost, and it is shown instead.
    StandIn,
}

/// The stream that is always open.
pub(crate) fn base(row: &CameraRow) -> StreamId {
    let which = if row.sub_url.is_empty() { StreamKind::Main } else { StreamKind::Sub };
    StreamId { camera: row.id, which }
}

impl Station {
    async fn credential(&self, row: &CameraRow) -> Result<Option<Credential>, Problem> {
        if row.username.is_empty() {
            return Ok(None);
        }
        let id = row.id;
        let password =
            if row.has_password { self.store(move |store| store.camera_password(id)).await? } else { None };
        Ok(Some(Credential {
            username: row.username.clone(),
            password: password.unwrap_or_else(|| SecretString::from(String::new())),
        }))
    }

    fn open_stream(&self, row: &CameraRow, which: StreamKind, credential: Option<Credential>) {
        let url = if which == StreamKind::Main { &row.main_url } else { &row.sub_url };
        let stream = StreamId { camera: row.id, which };
        match Url::parse(url) {
            Ok(url) => {
                self.ingest.open(Source { stream, url, credential, transport: row.transport });
                self.recorders.opened();
                if let Some(trace) = &self.trace {
                    trace.follow(self, stream, &row.code);
                }
            }
            // Checked before it was stored.
            Err(error) => tracing::error!(%stream, %error, "a stored address is not one"),
        }
    }

    /// Opens a camera's base stream, and its main stream if that is wanted; also after a change.
    pub(crate) async fn open_camera(&self, row: &CameraRow) -> Result<(), Problem> {
        let credential = self.credential(row).await?;
        let base = base(row);
        let main_wanted = lock(&self.sessions.mains).contains_key(&row.id);
        if base.which == StreamKind::Main {
            // It may have had a sub stream before.
            self.ingest.close(StreamId { camera: row.id, which: StreamKind::Sub });
            lock(&self.sessions.mains).remove(&row.id);
        } else if main_wanted {
            self.open_stream(row, StreamKind::Main, credential.clone());
        } else {
            self.ingest.close(StreamId { camera: row.id, which: StreamKind::Main });
        }
        self.open_stream(row, base.which, credential);
        Ok(())
    }

    /// Closes all of a camera's streams and forgets what was known of them.
    pub(crate) async fn close_camera(&self, id: CameraId) {
        lock(&self.sessions.mains).remove(&id);
        // Until the windows have heard of it, no tile shows its last picture as if it were live.
        self.pictures.blank(id, true);
        for which in [StreamKind::Main, StreamKind::Sub] {
            let stream = StreamId { camera: id, which };
            self.ingest.close(stream);
            lock(&self.sessions.undecodable).remove(&stream);
        }
    }

    /// Opens a camera's main stream for somebody. Nothing to do where main is the base.
    pub(crate) async fn hold_main(&self, row: &CameraRow, holder: Holder) -> Result<(), Problem> {
        if base(row).which == StreamKind::Main {
            return Ok(());
        }
        let credential = self.credential(row).await?;
        let new = {
            let mut mains = lock(&self.sessions.mains);
            let new = !mains.contains_key(&row.id);
            let main = mains.entry(row.id).or_default();
            main.holders.insert(holder);
            main.free_since = None;
            new
        };
        if new {
            self.open_stream(row, StreamKind::Main, credential);
        }
        Ok(())
    }

    /// Keeps a camera's main stream open for somebody if it is open.
    pub(crate) fn keep_main(&self, id: CameraId, holder: Holder) {
        if let Some(main) = lock(&self.sessions.mains).get_mut(&id) {
            main.holders.insert(holder);
            main.free_since = None;
        }
    }

    /// Whether somebody has a camera's main stream opened.
    pub(crate) fn holds_main(&self, id: CameraId, holder: &Holder) -> bool {
        lock(&self.sessions.mains).get(&id).is_some_and(|main| main.holders.contains(holder))
    }

    /// Somebody needs a camera's main stream no more.
    pub(crate) fn release_main(&self, id: CameraId, holder: &Holder) {
        if let Some(main) = lock(&self.sessions.mains).get_mut(&id)
            && main.holders.remove(holder)
            && main.holders.is_empty()
        {
            main.free_since = Some(Instant::now());
        }
    }

    /// A window shows exactly these cameras enlarged.
    pub(crate) fn release_mains_of(&self, window: &str, except: &HashSet<CameraId>) {
        let holder = Holder::Window(window.to_owned());
        let held: Vec<CameraId> = lock(&self.sessions.mains)
            .iter()
            .filter(|(id, main)| main.holders.contains(&holder) && !except.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in held {
            self.release_main(id, &holder);
        }
    }

    /// Closes main streams that nobody has needed for a while. Call it every second or so.
    pub(crate) fn close_idle_mains(&self) {
        lock(&self.sessions.mains).retain(|&camera, main| {
            let idle = main.free_since.is_some_and(|since| since.elapsed() >= LINGER);
            if idle {
                self.ingest.close(StreamId { camera, which: StreamKind::Main });
            }
            !idle
        });
    }

    /// A camera's sessions: the base stream's first.
    pub(crate) fn sessions_of(&self, id: CameraId) -> Vec<Session> {
        [StreamKind::Sub, StreamKind::Main]
            .into_iter()
            .filter_map(|which| self.session(StreamId { camera: id, which }))
            .collect()
    }

    /// A session as the screen shows it: what ingest knows, and whether the decoder understands it.
    pub(crate) fn session(&self, stream: StreamId) -> Option<Session> {
        let state = self.ingest.state(stream)?;
        Some(self.merged(stream, state))
    }

    pub(crate) fn merged(&self, stream: StreamId, mut state: SessionState) -> Session {
        if state.phase == SessionPhase::Live
            && let Some(Undecodable { since, .. }) = lock(&self.sessions.undecodable).get(&stream)
        {
            state.phase = SessionPhase::Stalled;
            state.reason = Some(LossReason::Undecodable);
            state.since = *since;
        }
        let stats = self.ingest.stats(stream).unwrap_or_default();
        Session { camera: stream.camera, which: stream.which, state, stats }
    }

    /// The decoder does not understand a stream. Tells the windows when that is news.
    pub(crate) fn set_undecodable(&self, stream: StreamId, quarantined: bool) -> bool {
        let now = self.clock.utc_now();
        let news = {
            let mut all = lock(&self.sessions.undecodable);
            let news = !all.contains_key(&stream);
            let known = all.entry(stream).or_insert(Undecodable { since: now, quarantined });
            known.quarantined |= quarantined;
            news
        };
        if news && let Some(session) = self.session(stream) {
            self.tell(Event::SessionChanged(session));
        }
        news
    }

    /// The decoder understands a stream again, or it is another stream now. Tells the windows when that is news.
    pub(crate) fn set_decodable(&self, stream: StreamId) -> bool {
        let news = lock(&self.sessions.undecodable).remove(&stream).is_some();
        if news && let Some(session) = self.session(stream) {
            self.tell(Event::SessionChanged(session));
        }
        news
    }

    /// Streams called undecodable that nobody decodes any more: nobody would notice that they are better.
    pub(crate) fn unwatched_undecodable(&self) -> Vec<StreamId> {
        let flagged: Vec<StreamId> = lock(&self.sessions.undecodable)
            .iter()
            .filter(|(_, what)| !what.quarantined)
            .map(|(stream, _)| *stream)
            .collect();
        if flagged.is_empty() {
            return flagged;
        }
        let decoded: HashSet<StreamId> = self.pictures.streams().iter().map(|info| info.stream).collect();
        flagged.into_iter().filter(|stream| !decoded.contains(stream)).collect()
    }
}

/// What a picture worker is fed with: the stream's samples from a key frame on, over reconnects and over closing and
/// opening again, as long as the worker wants.
pub(crate) fn feed(ingest: Ingest, stream: StreamId) -> BoxStream<'static, Arc<Sample>> {
    futures::stream::unfold((ingest, None), move |(ingest, mut lane)| async move {
        loop {
            match &mut lane {
                None => {
                    lane = ingest.view(stream);
                    if lane.is_none() {
                        tokio::time::sleep(LOOK).await;
                    }
                }
                Some(open) => match open.next().await {
                    Some(sample) => return Some((sample, (ingest, lane))),
                    None => lane = None,
                },
            }
        }
    })
    .boxed()
}
