//! What the tests have in common: cameras, a station, a client.

use easien_camsim::{Auth, Credential, Options, Sim};
use easien_link::{Client, call};
use easien_model::SessionPhase;
use serde_json::json;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// A password that breaks what does not take care.
pub const PASSWORD: &str = "p@ss:wörd/%41\"'";

/// Small simulated cameras; port 0: any.
pub async fn cameras(count: u16, port: u16) -> Sim {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("camsim");
    let options = Options {
        cameras: count,
        port,
        cache,
        auth: Auth::Md5,
        credential: Credential { username: "admin".into(), password: PASSWORD.into() },
        small: true,
        ..Options::default()
    };
    Sim::start(options).await.unwrap()
}

/// The list that `--add-cameras` takes. Main streams are slow to draw: only what is looked at is recorded.
pub fn list(sim: &Sim) -> String {
    list_with(sim, json!({ "streams": "sub", "schedule": [], "keep_days": null }))
}

/// The same with this profile of recording.
pub fn list_with(sim: &Sim, record: serde_json::Value) -> String {
    let cameras: Vec<_> = sim
        .cameras()
        .iter()
        .map(|camera| {
            json!({
                "code": camera.entry.code, "name": camera.entry.name, "unit": camera.entry.unit,
                "place": camera.entry.place, "main_url": camera.main_url, "sub_url": camera.sub_url,
                "username": "admin", "password": PASSWORD, "record": record,
            })
        })
        .collect();
    json!({ "ready": true, "cameras": cameras }).to_string()
}

/// A running station; killed when dropped.
pub struct Station {
    pub child: Child,
    pub client: Client,
}

pub fn command(data: &Path) -> Command {
    let picture = Path::new(env!("CARGO_BIN_EXE_easien-station")).with_file_name("easien-picture");
    assert!(picture.is_file(), "easien-picture is not built: cargo build --bin easien-picture");
    let mut command = Command::new(env!("CARGO_BIN_EXE_easien-station"));
    command.arg("--data").arg(data).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    command
}

pub async fn start(data: &Path, more: &[&str]) -> Station {
    let child = command(data).args(more).spawn().unwrap();
    let client = until("a station", 10, async || Client::connect(data).await.ok()).await;
    Station { child, client }
}

impl Station {
    /// With these cameras, all live.
    pub async fn with(sim: &Sim, data: &Path) -> Self {
        let file = data.with_extension("cameras");
        std::fs::write(&file, list(sim)).unwrap();
        let station = start(data, &["--add-cameras", file.to_str().unwrap()]).await;
        station.all_live(sim.cameras().len()).await;
        station
    }

    pub async fn all_live(&self, count: usize) {
        until("all cameras live", 20, async || {
            let cameras = self.client.call::<call::CameraList>(()).await.unwrap();
            let live = cameras
                .iter()
                .filter(|camera| camera.sessions.iter().any(|s| s.state.phase == SessionPhase::Live))
                .count();
            (live == count && cameras.len() == count).then_some(())
        })
        .await;
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    pub async fn stop(mut self, signal: rustix::process::Signal) -> ExitStatus {
        self.signal(signal);
        tokio::time::timeout(Duration::from_secs(15), self.child.wait()).await.unwrap().unwrap()
    }
}

/// Asks until there is an answer.
pub async fn until<T>(what: &str, seconds: u64, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no {what} within {seconds} s");
}

pub fn now() -> easien_model::UtcMicros {
    use easien_model::Clock;
    easien_model::SystemClock.utc_now()
}
