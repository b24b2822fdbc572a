//! A simulator and an ingest in one process, with short limits.

use anyhow::{Context, Result, bail};
use easien_camsim::{Auth, Credential as SimCredential, Mode, Options, Sim};
use easien_ingest::{Credential, Ingest, Limits, Source};
use easien_model::{
    CameraId, LossReason, Sample, Scope, SessionPhase, SessionState, StreamId, StreamKind, SystemClock,
    Transport,
};
use secrecy::SecretString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// As hard as passwords come.
pub const PASSWORD: &str = "p@ss:wörd/%41\"'";

/// See the module.
pub struct Room {
    pub sim: Sim,
    pub ingest: Ingest,
    pub scope: Scope,
    pub states: broadcast::Receiver<(StreamId, SessionState)>,
    pub limits: Limits,
}

/// Limits as short as the tests bear.
pub fn short() -> Limits {
    Limits {
        connect: Duration::from_secs(2),
        answer: Duration::from_millis(1500),
        first_sample: Duration::from_secs(5),
        stall: Duration::from_millis(1200),
        give_up: Duration::from_millis(2500),
        back_off_first: Duration::from_millis(100),
        back_off_most: Duration::from_millis(500),
        back_off_denied_first: Duration::from_millis(300),
        back_off_denied_most: Duration::from_millis(600),
        settled: Duration::from_secs(1),
        setups_per_s: 1000.0,
        ..Limits::default()
    }
}

impl Room {
    /// Five cameras (the fourth sends H.265, the second and fifth have audio) with this mode on the first's sub stream.
    pub async fn new(auth: Auth, mode: Mode) -> Result<Self> {
        Self::with(auth, &[("C001", mode)], short(), Duration::from_secs(60)).await
    }

    pub async fn with(
        auth: Auth,
        modes: &[(&str, Mode)],
        limits: Limits,
        session_timeout: Duration,
    ) -> Result<Self> {
        let here = std::net::Ipv4Addr::LOCALHOST.into();
        Self::anywhere(auth, modes, limits, session_timeout, here).await
    }

    /// Good cameras at this address.
    pub async fn listening(listen: IpAddr) -> Result<Self> {
        Self::anywhere(Auth::Md5, &[], short(), Duration::from_secs(60), listen).await
    }

    async fn anywhere(
        auth: Auth,
        modes: &[(&str, Mode)],
        limits: Limits,
        session_timeout: Duration,
        listen: IpAddr,
    ) -> Result<Self> {
        let target = std::env::var_os("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let sim = Sim::start(Options {
            cameras: 5,
            listen,
            cache: target.join("ingest-camsim"),
            auth,
            credential: SimCredential { username: "admin".into(), password: SecretString::from(PASSWORD) },
            small: true,
            session_timeout,
            modes: modes.iter().map(|(code, mode)| ((*code).to_owned(), StreamKind::Sub, *mode)).collect(),
            ..Options::default()
        })
        .await?;
        let scope = Scope::new("test");
        let ingest = Ingest::new(
            tokio::runtime::Handle::current(),
            scope.clone(),
            Arc::new(SystemClock),
            limits.clone(),
        );
        let states = ingest.states();
        Ok(Self { sim, ingest, scope, states, limits })
    }

    /// The sub stream of camera `number`.
    pub fn source(&self, number: usize, password: &str) -> Source {
        let camera = &self.sim.cameras()[number - 1];
        Source {
            stream: StreamId { camera: CameraId::new(), which: StreamKind::Sub },
            url: camera.sub_url.parse().expect("the simulator's URL"),
            credential: Some(Credential { username: "admin".into(), password: password.into() }),
            transport: None,
        }
    }

    /// Opens camera `number`.
    pub fn open(&self, number: usize) -> StreamId {
        let source = self.source(number, PASSWORD);
        let stream = source.stream;
        self.ingest.open(source);
        stream
    }

    /// Waits for a state.
    pub async fn wait(
        &mut self,
        what: &str,
        seconds: u64,
        mut right: impl FnMut(&SessionState) -> bool,
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

    pub async fn wait_live(&mut self) -> Result<SessionState> {
        self.wait("live", 20, |state| state.phase == SessionPhase::Live).await
    }

    pub async fn wait_lost(&mut self, reason: LossReason) -> Result<SessionState> {
        self.wait(&format!("{reason:?}"), 15, |state| {
            state.phase == SessionPhase::Retrying && state.reason == Some(reason)
        })
        .await
    }

    /// So many samples from a viewer's lane.
    pub async fn samples(&self, stream: StreamId, count: usize) -> Result<Vec<Arc<Sample>>> {
        let mut lane = self.ingest.view(stream).context("not open")?;
        let mut out = Vec::new();
        while out.len() < count {
            let sample = tokio::time::timeout(Duration::from_secs(25), lane.next()).await;
            out.push(sample.with_context(|| format!("only {} samples", out.len()))?.context("closed")?);
        }
        Ok(out)
    }

    pub async fn end(self) {
        assert!(self.scope.stop(Duration::from_secs(5)).await, "tasks are left");
        self.sim.stop().await;
    }
}

/// Live over this transport.
pub fn live_over(state: &SessionState, transport: Transport) -> bool {
    state.phase == SessionPhase::Live && state.transport == Some(transport)
}
