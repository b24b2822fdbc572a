//! A camera and an ingest, with short limits, and what is expected of them.

use crate::clip::{Codec, Packer, Picture, pictures, sdp};
use crate::guard::{PASSWORD, USER};
use crate::server::{Camera, Script};
use anyhow::{Context, Result, bail, ensure};
use easien_ingest::{Credential, Ingest, Limits, Source, ViewerLane};
use easien_model::{
    CameraId, LossReason, Params, Sample, Scope, SessionPhase, SessionState, StreamId, StreamKind,
    SystemClock, Transport, VideoParams,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// Limits as short as a busy machine bears.
pub fn short() -> Limits {
    Limits {
        connect: Duration::from_secs(1),
        answer: Duration::from_secs(2),
        first_sample: Duration::from_secs(5),
        stall: Duration::from_secs(3),
        give_up: Duration::from_secs(6),
        back_off_first: Duration::from_millis(100),
        back_off_most: Duration::from_millis(400),
        back_off_denied_first: Duration::from_millis(300),
        back_off_denied_most: Duration::from_millis(600),
        setups_per_s: 1000.0,
        ..Limits::default()
    }
}

/// Pictures that are looked at; some more are sent, since the last one may wait for the next.
pub const LOOKED_AT: usize = 32;

/// The usual pictures.
pub fn usual(codec: Codec) -> Vec<Picture> {
    pictures(codec, LOOKED_AT + 8)
}

/// A camera that sends H.264 as everybody does.
pub fn script() -> Script {
    script_of(Codec::H264)
}

pub fn script_of(codec: Codec) -> Script {
    Script { sdp: sdp(codec).into_bytes(), show: Packer::new(codec).show(&usual(codec)), ..Script::default() }
}

/// See the module.
pub struct Room {
    pub camera: Camera,
    pub ingest: Ingest,
    pub stream: StreamId,
    pub lane: ViewerLane,
    states: broadcast::Receiver<(StreamId, SessionState)>,
    scope: Scope,
}

impl Room {
    pub async fn new(script: Script) -> Result<Self> {
        Self::with(script, short(), None).await
    }

    pub async fn with(script: Script, limits: Limits, transport: Option<Transport>) -> Result<Self> {
        let camera = Camera::start(script).await?;
        let url = camera.base.clone();
        Self::at(camera, &url, limits, transport)
    }

    /// The camera is known by this URL.
    pub fn at(camera: Camera, url: &str, limits: Limits, transport: Option<Transport>) -> Result<Self> {
        let credential = Credential { username: USER.into(), password: PASSWORD.into() };
        Self::at_with(camera, url, limits, transport, Some(credential))
    }

    pub fn at_with(
        camera: Camera,
        url: &str,
        limits: Limits,
        transport: Option<Transport>,
        credential: Option<Credential>,
    ) -> Result<Self> {
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
        let source = Source { stream, url: url.parse()?, credential, transport };
        let scope = Scope::new("test");
        let runtime = tokio::runtime::Handle::current();
        let ingest = Ingest::new(runtime, scope.clone(), Arc::new(SystemClock), limits);
        let states = ingest.states();
        ingest.open(source);
        let lane = ingest.view(stream).context("open")?;
        Ok(Self { camera, ingest, stream, lane, states, scope })
    }

    /// The next sample within so many seconds.
    pub async fn sample(&mut self, seconds: u64) -> Result<Arc<Sample>> {
        match tokio::time::timeout(Duration::from_secs(seconds), self.lane.next()).await {
            Ok(sample) => sample.context("closed"),
            Err(_) => {
                bail!("no sample in {seconds} s; {:?}; {:?}", self.state(), self.words())
            }
        }
    }

    /// The next `count` samples.
    pub async fn samples(&mut self, count: usize) -> Result<Vec<Arc<Sample>>> {
        let mut out = Vec::new();
        while out.len() < count {
            out.push(self.sample(10).await.with_context(|| format!("{} of {count}", out.len()))?);
        }
        Ok(out)
    }

    /// NAL units in = NAL units out, with right times and key frames, for the first of these pictures.
    pub async fn intact(&mut self, expected: &[Picture]) -> Result<Vec<Arc<Sample>>> {
        let expected = expected.get(..LOOKED_AT).unwrap_or(expected);
        let samples = self.samples(expected.len()).await?;
        check(&samples, expected)?;
        Ok(samples)
    }

    /// The usual pictures arrive intact in one run at the first try, and the state says live.
    pub async fn plays(&mut self) -> Result<Vec<Arc<Sample>>> {
        self.plays_of(Codec::H264).await
    }

    pub async fn plays_of(&mut self, codec: Codec) -> Result<Vec<Arc<Sample>>> {
        let samples = self.intact(&usual(codec)).await?;
        ensure!(samples.iter().all(|sample| sample.run == samples[0].run), "several runs");
        let state = self.state();
        ensure!(state.phase == SessionPhase::Live, "{state:?}");
        Ok(samples)
    }

    /// The words of state so far that nobody has read.
    fn words(&mut self) -> Vec<(SessionPhase, Option<LossReason>)> {
        let mut out = Vec::new();
        while let Ok((_, state)) = self.states.try_recv() {
            out.push((state.phase, state.reason));
        }
        out
    }

    pub fn state(&self) -> SessionState {
        self.ingest.state(self.stream).expect("open")
    }

    /// The session is lost for this reason within so many seconds, and it is the first that is said.
    pub async fn lost(&mut self, reason: LossReason, seconds: u64) -> Result<SessionState> {
        let state =
            self.wait(seconds, &format!("{reason:?}"), |state| state.phase == SessionPhase::Retrying).await?;
        ensure!(state.reason == Some(reason), "expected {reason:?}: {state:?}");
        ensure!(state.next_try.is_some(), "no next try: {state:?}");
        Ok(state)
    }

    pub async fn wait(
        &mut self,
        seconds: u64,
        what: &str,
        right: impl Fn(&SessionState) -> bool,
    ) -> Result<SessionState> {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.states.recv()).await {
                Ok(Ok((_, state))) if right(&state) => return Ok(state),
                Ok(Ok((_, state))) => seen.push((state.phase, state.reason)),
                Ok(Err(error)) => bail!("states: {error}"),
                Err(_) => bail!("waited {seconds} s for {what}, saw {seen:?}"),
            }
        }
    }

    pub async fn end(self) -> Result<()> {
        ensure!(self.scope.stop(Duration::from_secs(5)).await, "tasks are left");
        Ok(())
    }
}

/// See [`Room::intact`].
pub fn check(samples: &[Arc<Sample>], expected: &[Picture]) -> Result<()> {
    for (n, (sample, picture)) in samples.iter().zip(expected).enumerate() {
        let nals: Vec<Vec<u8>> = sample.nal_units().map(<[u8]>::to_vec).collect();
        ensure!(
            nals == picture.nals,
            "picture {n}: NAL units {:?}, expected {:?}",
            nals.iter().map(|nal| (nal.first().copied(), nal.len())).collect::<Vec<_>>(),
            picture.nals.iter().map(|nal| (nal.first().copied(), nal.len())).collect::<Vec<_>>()
        );
        ensure!(sample.key == picture.key, "picture {n}: key {}", sample.key);
        ensure!(!sample.damaged, "picture {n} is called damaged");
        let (moved, right) = (
            sample.pts.0 - samples[0].pts.0,
            i64::from(picture.timestamp.wrapping_sub(expected[0].timestamp) as i32),
        );
        ensure!(moved == right, "picture {n}: {moved} ticks after the first, expected {right}");
    }
    Ok(())
}

/// A sample's parameters.
pub fn video(sample: &Sample) -> &VideoParams {
    match &*sample.params {
        Params::Video(video) => video,
        Params::Audio(_) => panic!("audio"),
    }
}

/// The script plays at the first try.
pub async fn plays(script: Script) -> Result<()> {
    let mut room = Room::new(script).await?;
    room.plays().await?;
    room.end().await
}

/// The script's session is lost for this reason within so many seconds.
pub async fn lost(script: Script, reason: LossReason, seconds: u64) -> Result<()> {
    let mut room = Room::new(script).await?;
    room.lost(reason, seconds).await?;
    room.end().await
}
