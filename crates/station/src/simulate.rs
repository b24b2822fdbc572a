//! "Try with simulated cameras": the program camsim as a child of the station. It ends with the station (its stdin is
//! closed), and is started again with the station as long as its cameras are in the room.

use crate::listing::{self, Ready};
use crate::station::{Station, lock};
use easien_link::data::{Camera, Simulate};
use easien_link::{Caller, problems};
use easien_model::{CameraId, Code, Problem};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What camsim reads the cameras' password from.
const PASSWORD_VARIABLE: &str = "EASIEN_SIMULATED_PASSWORD";
/// Name of the setting that remembers the simulated cameras.
const SETTING: &str = "simulated";
/// Drawing 240 cameras from cold takes minutes.
const READY: Duration = Duration::from_secs(600);

/// The running camsim.
pub struct Simulator {
    child: Child,
    cameras: u32,
}

/// What is remembered of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    cameras: u32,
    port: u16,
}

/// A program beside our own, or in PATH.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(Path::parent).map(|folder| folder.join(name));
    let in_path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&in_path).collect();
    beside.into_iter().chain(folders.into_iter().map(|folder| folder.join(name))).find(|path| path.is_file())
}

fn missing(program: &str) -> Problem {
    Problem::new(Code::Precondition, problems::SIMULATE_MISSING).detail(format!("{program} was not found"))
}

fn failed(detail: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Unavailable, problems::SIMULATE_FAILED).detail(detail)
}

impl Simulator {
    async fn start(
        cameras: u32,
        port: u16,
        cache: &Path,
        password: &SecretString,
    ) -> Result<(Self, Ready), Problem> {
        let camsim = program("camsim").ok_or_else(|| missing("camsim"))?;
        program("ffmpeg").ok_or_else(|| missing("ffmpeg"))?;
        let mut command = Command::new(camsim);
        command
            .args(["--cameras", &cameras.to_string(), "--port", &port.to_string(), "--until-stdin-closes"])
            .args([OsStr::new("--cache"), cache.as_os_str()])
            .args(["--password-env", PASSWORD_VARIABLE])
            .env(PASSWORD_VARIABLE, password.expose_secret())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if std::env::var_os("EASIEN_SIMULATE_SMALL").is_some() {
            command.arg("--small");
        }
        let mut child = command.spawn().map_err(failed)?;
        let stdout = child.stdout.take().ok_or_else(|| failed("no output"))?;
        if let Some(stderr) = child.stderr.take() {
            let mut lines = BufReader::new(stderr).lines();
            tokio::spawn(async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    tracing::debug!(line, "camsim");
                }
            });
        }
        let mut lines = BufReader::new(stdout).lines();
        let ready = tokio::time::timeout(READY, async {
            while let Some(line) = lines.next_line().await.map_err(failed)? {
                if let Ok(ready) = listing::parse(&line) {
                    return Ok(ready);
                }
            }
            Err(failed("camsim ended before its cameras were ready"))
        })
        .await
        .map_err(|_| failed("the simulated cameras were not ready in time"))??;
        // What else it prints is nobody's business, but the pipe must not fill up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok((Self { child, cameras }, ready))
    }

    /// Closes its stdin and waits a little.
    pub(crate) async fn stop(mut self) {
        drop(self.child.stdin.take());
        if tokio::time::timeout(Duration::from_secs(3), self.child.wait()).await.is_err() {
            tracing::warn!("camsim did not end by itself");
            let _ = self.child.kill().await;
        }
    }

    fn running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Station {
    /// Starts simulated cameras and adds them. With at least as many running, only adds those that were taken out.
    pub(crate) async fn simulate(&self, caller: &Caller, wanted: Simulate) -> Result<Vec<Camera>, Problem> {
        self.need_whole(caller)?;
        if !(1..=240).contains(&wanted.cameras) {
            return Err(Problem::new(Code::Invalid, problems::SIMULATE_COUNT).field("cameras"));
        }
        let mut running = self.simulator.lock().await;
        let known = self.remembered().await?;
        let count = known.as_ref().map_or(wanted.cameras, |known| known.cameras.max(wanted.cameras));
        if let Some(mut old) = running.take() {
            if old.running() && old.cameras >= wanted.cameras {
                // They are all there; whoever was taken out of the room comes back with the next start.
                *running = Some(old);
                return Ok(self.simulated_cameras(known.as_ref()));
            }
            old.stop().await;
        }
        let password = self.simulated_password(known.as_ref()).await?;
        let port = known.map_or(0, |known| known.port);
        let ready = self.start_simulator(&mut running, count, port, &password).await?;
        self.remember(caller, &Remembered { cameras: count, port: ready.port }).await?;
        let mut list = ready.cameras;
        list.truncate(count as usize);
        self.add_listed(caller, list).await
    }

    /// At the start of the station: if simulated cameras are in the room, their camsim runs again.
    pub(crate) async fn simulate_again(&self, caller: &Caller) -> Result<(), Problem> {
        let Some(known) = self.remembered().await? else { return Ok(()) };
        let in_room = self.simulated_cameras(Some(&known));
        if in_room.is_empty() {
            return Ok(());
        }
        let password = self.simulated_password(Some(&known)).await?;
        let mut running = self.simulator.lock().await;
        let ready = self.start_simulator(&mut running, known.cameras, known.port, &password).await?;
        if ready.port != known.port {
            self.remember(caller, &Remembered { port: ready.port, ..known }).await?;
        }
        // Only those that are still in the room; their addresses may have changed.
        let mut list = ready.cameras;
        list.retain(|listed| in_room.iter().any(|camera| camera.code == listed.code));
        self.add_listed(caller, list).await.map(|_| ())
    }

    async fn start_simulator(
        &self,
        place: &mut Option<Simulator>,
        cameras: u32,
        port: u16,
        password: &SecretString,
    ) -> Result<Ready, Problem> {
        let cache = self.folder.simulated();
        let started = match Simulator::start(cameras, port, &cache, password).await {
            // Somebody else may have the port of last time.
            Err(problem) if port != 0 && problem.code == Code::Unavailable => {
                tracing::warn!(%problem, port, "the simulated cameras get another port");
                Simulator::start(cameras, 0, &cache, password).await
            }
            other => other,
        };
        let (simulator, ready) = started?;
        *place = Some(simulator);
        Ok(ready)
    }

    async fn remembered(&self) -> Result<Option<Remembered>, Problem> {
        let settings = self.store(|store| store.settings()).await?;
        Ok(settings.get(SETTING).cloned().and_then(|value| serde_json::from_value(value).ok()))
    }

    async fn remember(&self, caller: &Caller, remembered: &Remembered) -> Result<(), Problem> {
        let value = serde_json::to_value(remembered).map_err(failed)?;
        let who = caller.name.clone();
        let changes = serde_json::Map::from_iter([(SETTING.to_owned(), value)]);
        self.store(move |store| store.put_settings(&who, &changes)).await.map(|_| ())
    }

    /// The cameras that need camsim.
    pub(crate) async fn simulated_ids(&self) -> Result<HashSet<CameraId>, Problem> {
        let known = self.remembered().await?;
        Ok(self.simulated_cameras(known.as_ref()).into_iter().map(|camera| camera.id).collect())
    }

    /// The cameras of the room that the simulator of last time served.
    fn simulated_cameras(&self, known: Option<&Remembered>) -> Vec<Camera> {
        let Some(known) = known else { return Vec::new() };
        let prefix = format!("rtsp://127.0.0.1:{}/", known.port);
        self.list_cameras().into_iter().filter(|camera| camera.main_url.starts_with(&prefix)).collect()
    }

    /// The password of last time where its cameras are still in the room, else a new one.
    async fn simulated_password(&self, known: Option<&Remembered>) -> Result<SecretString, Problem> {
        if let Some(camera) = self.simulated_cameras(known).into_iter().find(|camera| camera.has_password) {
            let id = camera.id;
            if let Some(password) = self.store(move |store| store.camera_password(id)).await? {
                return Ok(password);
            }
        }
        Ok(uuid::Uuid::now_v7().simple().to_string().into())
    }

    /// Who acts when nobody sits in front of a window.
    pub(crate) fn own_caller(&self) -> Caller {
        Caller {
            person: None,
            name: lock(&self.settings).operator.clone(),
            roles: vec![easien_link::Role::Administrator],
            desk: easien_link::DeskState::Open,
            sight: easien_link::Sight::default(),
            connection: 0,
        }
    }
}
