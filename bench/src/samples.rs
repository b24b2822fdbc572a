//! The samples that a room's workers decode, taken from the same simulated cameras by a session of the benchmark's own,
//! and what bare decoding and scaling of them costs.

use anyhow::{Context, Result, bail};
use easien_ingest::{Credential, Ingest, Limits, Source};
use easien_model::{CameraId, Params, Scope, StreamId, StreamKind, SystemClock};
use easien_picture::wire::{self, SampleHead, ToWorker};
use easien_tests::programs;
use easien_tests::room::Room;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Sessions to every sub stream of the room's simulated cameras.
pub struct Sessions {
    ingest: Ingest,
    scope: Scope,
    streams: Vec<StreamId>,
}

impl Sessions {
    /// Opens them.
    ///
    /// # Errors
    /// Without simulated cameras.
    pub fn open(room: &Room) -> Result<Self> {
        let scope = Scope::new("bench");
        let sim = room.sim()?;
        let credential = sim.credential();
        let runtime = room.handle();
        let ingest = Ingest::new(runtime, scope.clone(), Arc::new(SystemClock), Limits::default());
        let mut streams = vec![];
        for camera in sim.cameras() {
            let stream = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
            let credential =
                Credential { username: credential.username.clone(), password: credential.password.clone() };
            let url = camera.sub_url.parse().context("a URL of the simulator")?;
            ingest.open(Source { stream, url, credential: Some(credential), transport: None });
            streams.push(stream);
        }
        Ok(Self { ingest, scope, streams })
    }

    /// Everything that comes within `seconds`, as frames of the workers' wire; each stream begins with a key frame.
    ///
    /// # Errors
    /// When a stream stays silent.
    pub fn collect(self, room: &Room, seconds: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![];
        let parts: Vec<Vec<u8>> = room.block_on(async {
            let tasks = self.streams.iter().zip(0_u32..).map(|(stream, key)| {
                let lane = self.ingest.view(*stream);
                tokio::spawn(async move { take(lane.context("no lane")?, key, seconds).await })
            });
            let tasks: Vec<_> = tasks.collect();
            let mut parts = vec![];
            for task in tasks {
                parts.push(task.await??);
            }
            self.scope.stop(Duration::from_secs(5)).await;
            anyhow::Ok(parts)
        })?;
        for part in parts {
            bytes.extend(part);
        }
        Ok(bytes)
    }
}

async fn take(mut lane: easien_ingest::ViewerLane, key: u32, seconds: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![];
    let mut known = None;
    let first =
        tokio::time::timeout(Duration::from_secs(20), lane.next()).await.context("a silent camera")?;
    let until = tokio::time::Instant::now() + Duration::from_secs(seconds);
    let mut next = first;
    while let Some(sample) = next {
        if known != Some(sample.run) {
            known = Some(sample.run);
            if let Params::Video(params) = &*sample.params {
                wire::put(&mut bytes, &ToWorker::Params { key, params: params.clone() }, &[])?;
            }
        }
        wire::put(&mut bytes, &ToWorker::Sample(SampleHead::of(key, &sample)), &sample.data)?;
        next = match tokio::time::timeout_at(until, lane.next()).await {
            Ok(sample) => sample,
            Err(_) => break,
        };
    }
    Ok(bytes)
}

/// What bare decoding and scaling costs.
#[derive(Debug)]
pub struct Floor {
    /// CPU seconds for everything.
    pub cpu_seconds: f64,
    /// Pictures.
    pub frames: f64,
}

/// Decodes and scales all of it in one process that does nothing else.
///
/// # Errors
/// When the worker's program fails, or could not decode everything.
pub fn floor(bytes: &[u8], width_px: u32, height_px: u32) -> Result<Floor> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("samples");
    std::fs::write(&file, bytes)?;
    let out = Command::new(programs::find("easien-picture")?)
        .arg("floor")
        .args([width_px.to_string(), height_px.to_string()])
        .arg(&file)
        .output()?;
    if !out.status.success() {
        bail!("easien-picture floor: {}", String::from_utf8_lossy(&out.stderr));
    }
    let told: serde_json::Value = serde_json::from_slice(&out.stdout).context("the floor's JSON")?;
    let number = |name: &str| told[name].as_f64().with_context(|| format!("no {name} in {told}"));
    let (cpu_seconds, frames, errors) = (number("cpu_seconds")?, number("frames")?, number("errors")?);
    if frames < 1.0 || errors > frames / 100.0 {
        bail!("the floor could not decode the samples: {told}");
    }
    Ok(Floor { cpu_seconds, frames })
}
