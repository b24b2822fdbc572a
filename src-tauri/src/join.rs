//! Joins the station of a data folder over its socket, starts it when none runs, and starts it again when it dies.
//! What the station does with the calls is not known here.

use crate::station::Station;
use anyhow::Context;
use easien_link::client::{Client, ConnectError};
use easien_link::problems;
use easien_model::{Code, Problem, Scope};
use futures::FutureExt;
use futures::future::BoxFuture;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::sync::{broadcast, watch};
use tokio::time::sleep;

/// Events that may wait for a slow page; beyond it the oldest are lost and the page is told to ask again.
const EVENTS_WAITING: usize = 1024;
/// Between two looks whether a station that is starting listens by now.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A station that does not listen after this is asked to end and started anew.
const START_MOST: Duration = Duration::from_secs(20);
/// Between two starts: at first, and at most.
const BACK_OFF_FIRST: Duration = Duration::from_millis(100);
const BACK_OFF_MOST: Duration = Duration::from_secs(10);
/// At most, after one that was joined: it comes up, and the room needs it, however often it dies.
const BACK_OFF_JOINED: Duration = Duration::from_secs(1);
/// A station that lived so long was well: the back-off begins anew.
const WELL: Duration = Duration::from_secs(30);

/// The window's end of the link.
pub struct Joined {
    client: Mutex<Option<Client>>,
    connection: watch::Sender<Option<u64>>,
    events: broadcast::Sender<Arc<Value>>,
    /// The station that this window started and that still runs, as far as is known.
    own: Mutex<Option<Pid>>,
    /// A person stopped the station: nobody starts it again from here.
    stopped: AtomicBool,
}

impl Joined {
    /// Starts to join the station of `data`; `program` is started when none runs.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start(scope: &Scope, data: PathBuf, program: PathBuf) -> Arc<Self> {
        let joined = Arc::new(Self {
            client: Mutex::new(None),
            connection: watch::Sender::new(None),
            events: broadcast::Sender::new(EVENTS_WAITING),
            own: Mutex::new(None),
            stopped: AtomicBool::new(false),
        });
        scope.spawn("join", keep_joined(joined.clone(), data, program));
        joined
    }

    /// Asks the station to end if this window started it, and waits for that, at most `limit`.
    pub async fn stop_own(&self, limit: Duration) {
        let Some(pid) = *self.own.lock().unwrap_or_else(PoisonError::into_inner) else { return };
        if let Err(error) = kill_process(pid, Signal::TERM) {
            tracing::debug!(%error, "the station has ended already");
            return;
        }
        let begun = Instant::now();
        // It is this process's child: when it is a zombie or gone, signal 0 still says, so look at its state.
        while begun.elapsed() < limit && is_running(pid) {
            sleep(LOOK_EVERY).await;
        }
    }

    /// Asks whatever station is there to end in order, and waits until the connection is over, at most `limit`.
    pub async fn stop_any(&self, limit: Duration) {
        if let Err(problem) = self.call("station.stop", Value::Null).await {
            tracing::warn!(%problem, "the station was not stopped");
            return;
        }
        let mut connection = self.connection.subscribe();
        let _ = tokio::time::timeout(limit, connection.wait_for(Option::is_none)).await;
    }

    fn set_own(&self, pid: Option<Pid>) {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = pid;
    }

    async fn serve(&self, client: Client, number: u64) {
        let mut events = client.events();
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(client);
        self.connection.send_replace(Some(number));
        tracing::info!(number, "joined the station");
        while let Some(event) = events.next_raw().await {
            if event["event"] == "station.stopping" {
                tracing::warn!(by = %event["data"]["by"], "a person stopped the station");
                self.stopped.store(true, Ordering::SeqCst);
            }
            // Nobody may be listening yet.
            let _ = self.events.send(event);
        }
        self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.connection.send_replace(None);
        tracing::warn!(number, "the station is gone");
    }
}

impl Station for Joined {
    fn call(&self, name: &str, args: Value) -> BoxFuture<'static, Result<Value, Problem>> {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let name = name.to_owned();
        async move {
            match client {
                Some(client) => client.call_raw(&name, args).await,
                None => {
                    Err(Problem::new(Code::Unavailable, problems::STATION_UNAVAILABLE).with("command", name))
                }
            }
        }
        .boxed()
    }

    fn connection(&self) -> watch::Receiver<Option<u64>> {
        self.connection.subscribe()
    }

    fn events(&self) -> broadcast::Receiver<Arc<Value>> {
        self.events.subscribe()
    }
}

struct Started {
    child: Child,
    at: Instant,
}

async fn keep_joined(joined: Arc<Joined>, data: PathBuf, program: PathBuf) {
    let mut number = 0;
    let mut started: Option<Started> = None;
    let mut back_off = BACK_OFF_FIRST;
    loop {
        if joined.stopped.load(Ordering::SeqCst) {
            return;
        }
        match Client::connect(&data).await {
            Ok(client) => {
                number += 1;
                let begun = Instant::now();
                joined.serve(client, number).await;
                let most = if begun.elapsed() > WELL { BACK_OFF_FIRST } else { BACK_OFF_JOINED };
                back_off = back_off.min(most);
                continue;
            }
            Err(error @ ConnectError::Foreign) => {
                tracing::error!(%error, "not joined");
                sleep(BACK_OFF_MOST).await;
                continue;
            }
            Err(ConnectError::NotRunning | ConnectError::Io(_)) => {}
        }
        if let Some(running) = &mut started {
            match running.child.try_wait() {
                Ok(None) if running.at.elapsed() < START_MOST => {
                    sleep(LOOK_EVERY).await;
                    continue;
                }
                Ok(None) => {
                    tracing::error!("the station does not listen; starting it anew");
                    end(&mut running.child).await;
                }
                Ok(Some(status)) => tracing::warn!(%status, "the station ended"),
                Err(error) => tracing::error!(%error, "the station cannot be waited for"),
            }
            started = None;
            joined.set_own(None);
            sleep(back_off).await;
            back_off = (back_off * 2).min(BACK_OFF_MOST);
            // Somebody else may have started one meanwhile.
            continue;
        }
        match start(&data, &program) {
            Ok(child) => {
                joined.set_own(child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)));
                started = Some(Started { child, at: Instant::now() });
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the station cannot be started");
                sleep(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF_MOST);
            }
        }
    }
}

/// Starts the station so that it outlives this window: in a process group of its own, with nothing of ours open.
fn start(data: &Path, program: &Path) -> anyhow::Result<Child> {
    let logs = data.join("logs");
    std::fs::create_dir_all(&logs).with_context(|| logs.display().to_string())?;
    // What it says before its own log is open, or when it cannot open it.
    let first_words = File::create(logs.join("station-start.log")).context("station-start.log")?;
    let child = Command::new(program)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(first_words)
        .process_group(0)
        .kill_on_drop(false)
        .spawn()
        .with_context(|| program.display().to_string())?;
    tracing::info!(pid = child.id(), program = %program.display(), "started the station");
    Ok(child)
}

async fn end(child: &mut Child) {
    if let Some(pid) = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) {
        let _ = kill_process(pid, Signal::TERM);
    }
    if tokio::time::timeout(Duration::from_secs(5), child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

/// Whether a process is there and not just waiting to be reaped.
fn is_running(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    // "pid (name) state ...": the name may hold anything, so look behind its last bracket.
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{SinkExt, StreamExt};
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;
    use tokio::net::UnixListener;
    use tokio_util::codec::{Framed, LengthDelimitedCodec};

    /// Answers one connection: each call with its own name, after one event; goes after `calls` calls.
    async fn answer(listener: &UnixListener, calls: usize) {
        let (stream, _) = listener.accept().await.expect("accept");
        let mut frames = Framed::new(stream, LengthDelimitedCodec::new());
        for _ in 0..calls {
            let frame = frames.next().await.expect("a call").expect("whole");
            let call: Value = serde_json::from_slice(&frame).expect("JSON");
            for message in [json!({"event": "resync"}), json!({"id": call["id"], "ok": call["call"]})] {
                frames.send(message.to_string().into_bytes().as_slice()).await.expect("sent");
            }
        }
    }

    async fn until(mut connection: watch::Receiver<Option<u64>>, wanted: Option<u64>) {
        tokio::time::timeout(Duration::from_secs(10), connection.wait_for(|now| *now == wanted))
            .await
            .expect("in time")
            .expect("still joining");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn joins_and_joins_again() {
        let data = tempfile::tempdir().expect("folder");
        let socket = easien_link::place::socket_path(data.path()).expect("place");
        let listener = UnixListener::bind(&socket).expect("bind");
        let scope = Scope::new("test");
        let joined = Joined::start(&scope, data.path().to_owned(), "/bin/false".into());
        let mut events = joined.events();
        for number in 1..=2 {
            let station = answer(&listener, 1);
            let window = async {
                until(joined.connection(), Some(number)).await;
                assert_eq!(joined.call("room.get", Value::Null).await, Ok(json!("room.get")));
            };
            tokio::join!(station, window);
        }
        drop(listener);
        std::fs::remove_file(socket).expect("socket");
        until(joined.connection(), None).await;
        assert_eq!(*events.recv().await.expect("event"), json!({"event": "resync", "data": null}));
        let problem = joined.call("room.get", Value::Null).await.expect_err("nobody there");
        assert_eq!(problem.code, Code::Unavailable);
        assert!(scope.stop(Duration::from_secs(5)).await);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_station_that_dies_at_once_is_started_ever_more_rarely() {
        let data = tempfile::tempdir().expect("folder");
        let program = data.path().join("station");
        std::fs::write(&program, "#!/bin/sh\necho \"$1\" >> \"$2/starts\"\nexit 1\n").expect("script");
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("executable");
        let scope = Scope::new("test");
        let _joined = Joined::start(&scope, data.path().to_owned(), program);
        sleep(Duration::from_millis(1800)).await;
        scope.stop(Duration::from_secs(5)).await;
        let starts = std::fs::read_to_string(data.path().join("starts")).expect("it was started");
        let count = starts.lines().filter(|line| *line == "--data").count();
        assert!((2..=5).contains(&count), "{count} starts in 1.8 s");
    }
}
