//! One stream's task: try, play, lose, wait, try again, until nobody wants it. Tells its state at every turn.

use crate::connect::{Connected, Way, connect};
use crate::failure::{Failure, Step};
use crate::hub::Hub;
use crate::pace::{BackOff, Turns};
use crate::receive::{Event, Receiver};
use crate::source::{Limits, Source};
use crate::stats::Meter;
use easien_model::{Clock, LossReason, Sample, Scope, SessionPhase, SessionState, Transport, UtcMicros};
use futures::FutureExt;
use retina::client::SessionGroup;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a stopped session may say goodbye (TEARDOWN).
const GOODBYE: Duration = Duration::from_millis(1500);

/// Everything a stream's task needs.
pub(crate) struct Task {
    pub(crate) source: Source,
    pub(crate) hub: Arc<Hub>,
    pub(crate) generation: u64,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) turns: Arc<Turns>,
    pub(crate) scope: Scope,
}

/// Of sessions without a picture, over a transport that brought pictures before: each so-many-th is followed by one over
/// the other.
const OTHER_WAY_EVERY: u32 = 4;

/// What a stream's task remembers from try to try.
struct Memory {
    way: Way,
    /// The bridge is only there because the camera said nothing: what it needs is not known.
    silent: bool,
    /// The last session had a picture.
    had_video: bool,
    /// The transport that last brought pictures.
    brought: Option<Transport>,
    /// Sessions since then that were accepted and brought none.
    empty: u32,
    back_off: BackOff,
    meter: Meter,
    attempt: u32,
    /// Since when there is no picture.
    lost_since: UtcMicros,
    reason: Option<LossReason>,
    group: Arc<SessionGroup>,
}

impl Task {
    /// Runs until the scope is stopped.
    pub(crate) async fn run(self) {
        let mut memory = Memory {
            way: Way::first(&self.source, &self.limits),
            silent: false,
            had_video: false,
            brought: None,
            empty: 0,
            back_off: BackOff::default(),
            meter: Meter::default(),
            attempt: 0,
            lost_since: self.clock.utc_now(),
            reason: None,
            group: Arc::new(SessionGroup::default()),
        };
        let group = Arc::clone(&memory.group);
        tokio::select! {
            () = self.scope.cancelled() => {}
            () = self.tries(&mut memory) => {}
        }
        drop(memory);
        let _ = tokio::time::timeout(GOODBYE, group.await_teardown()).await;
    }

    async fn tries(&self, memory: &mut Memory) {
        loop {
            memory.attempt = memory.attempt.saturating_add(1);
            self.set_state(SessionPhase::Connecting, memory, None, None);
            self.turns.turn().await;
            // The library has places where a strange answer is a panic; it must not take the stream along.
            let failure = match AssertUnwindSafe(self.one_try(memory)).catch_unwind().await {
                Ok(failure) => failure,
                Err(_) => {
                    memory.way.bridge = true;
                    Failure::new(LossReason::Protocol, Step::Receive, "the session broke")
                }
            };
            tracing::info!(stream = %self.source.stream, attempt = memory.attempt, reason = ?failure.reason,
                detail = %failure.detail, "session lost");
            self.lose(memory, &failure).await;
            self.hub.count_reconnect();
        }
    }

    /// Tells that there is no picture, waits for the next try.
    async fn lose(&self, memory: &mut Memory, failure: &Failure) {
        let now = self.clock.utc_now();
        memory.meter.end();
        memory.reason = Some(failure.reason);
        self.hub.lost(self.generation, failure.reason, now);
        self.hub.set_stats(self.generation, memory.meter.stats());
        let pause = memory.back_off.next(failure.reason, &self.limits);
        self.set_state(SessionPhase::Retrying, memory, Some(now + pause), None);
        tokio::time::sleep(pause).await;
    }

    /// One session; answers how it ended. A camera whose only fault is that the library does not get along with it is
    /// connected again at once, through the bridge: nobody is told that it was lost.
    async fn one_try(&self, memory: &mut Memory) -> Failure {
        let (mut seamless, mut again, mut answers) = (false, false, false);
        loop {
            let connected =
                connect(&self.source, &self.limits, &mut memory.way, &memory.group, &self.scope).await;
            let failure = match connected {
                // It answers again. Whoever was away for a while needs no bridge for ever: first the library alone.
                Ok(connected) if std::mem::take(&mut memory.silent) => {
                    drop(connected);
                    let _ = tokio::time::timeout(GOODBYE, memory.group.await_teardown()).await;
                    memory.way.bridge = false;
                    answers = true;
                    continue;
                }
                Ok(connected) => self.play(memory, connected, seamless).await,
                // With the bridge it did answer.
                Err(_) if std::mem::take(&mut answers) => {
                    memory.way.bridge = true;
                    continue;
                }
                Err(failure) => {
                    // Silent, or without end in what it says: what the library reads has no bound, the bridge's has.
                    if failure.reason == LossReason::Timeout
                        && failure.step == Step::Describe
                        && !memory.way.bridge
                    {
                        (memory.way.bridge, memory.silent) = (true, true);
                    }
                    return failure;
                }
            };
            if again || !failure.bridge_may_help || memory.way.bridge {
                return failure;
            }
            tracing::info!(stream = %self.source.stream, detail = %failure.detail, "on through the bridge");
            memory.way.bridge = true;
            (seamless, again) = (memory.had_video, true);
        }
    }

    async fn play(&self, memory: &mut Memory, connected: Connected, seamless: bool) -> Failure {
        let limits = &self.limits;
        let tick_every = (limits.stall.min(limits.give_up).min(limits.first_sample) / 4)
            .clamp(Duration::from_millis(50), Duration::from_secs(1));
        let began = Instant::now();
        let mut receiver =
            Receiver::new(connected, &self.source, &*self.clock, &mut memory.meter, tick_every);
        let mut phase = if seamless { SessionPhase::Live } else { SessionPhase::Connecting };
        memory.had_video = false;
        let mut overflowed = false;
        let failure = loop {
            let event = {
                let mut give = |sample: Sample| {
                    overflowed |= self.hub.publish(self.generation, Arc::new(sample));
                };
                receiver.next(&mut memory.meter, &mut give).await
            };
            if std::mem::take(&mut overflowed) {
                receiver.track.end_run();
            }
            match event {
                Event::Packet => {
                    if receiver.has_video && phase != SessionPhase::Live && receiver.fresh(limits.stall) {
                        phase = SessionPhase::Live;
                        self.went_live(memory, receiver.transport);
                    }
                }
                Event::Tick => {
                    memory.meter.tick(self.clock.utc_now());
                    self.hub.set_stats(self.generation, memory.meter.stats());
                    let silent = receiver.last_video.elapsed();
                    let (most, step, detail) = if receiver.has_video {
                        (limits.give_up, Step::Receive, "the picture stopped")
                    } else {
                        (limits.first_sample, Step::FirstSample, "no picture came")
                    };
                    if silent >= most {
                        break Failure::new(LossReason::Stalled, step, detail);
                    }
                    if silent >= limits.stall && phase == SessionPhase::Live {
                        phase = SessionPhase::Stalled;
                        self.note_lost_since(memory);
                        memory.reason = Some(LossReason::Stalled);
                        self.set_state(phase, memory, None, Some(receiver.transport));
                    }
                }
                Event::Over(failure) => break failure,
            }
        };
        if phase == SessionPhase::Live {
            self.note_lost_since(memory);
        }
        memory.had_video = receiver.has_video;
        if receiver.has_video && began.elapsed() >= limits.settled {
            memory.back_off.settle();
        }
        if !receiver.has_video && failure.step == Step::FirstSample && self.source.transport.is_none() {
            // Accepted, but nothing came through: a firewall, or a camera that only says it can. Where pictures came
            // before, it is most likely the camera: the other way is tried now and then.
            memory.empty = memory.empty.saturating_add(1);
            memory.way = match memory.brought {
                Some(transport) if !memory.empty.is_multiple_of(OTHER_WAY_EVERY) => {
                    Way { transport, ..memory.way }
                }
                _ => memory.way.other_transport(),
            };
        }
        failure
    }

    /// The picture is lost since the last sample.
    fn note_lost_since(&self, memory: &mut Memory) {
        memory.lost_since = memory.meter.last_sample().unwrap_or_else(|| self.clock.utc_now());
    }

    fn went_live(&self, memory: &mut Memory, transport: Transport) {
        memory.attempt = 0;
        memory.empty = 0;
        memory.brought = Some(transport);
        memory.reason = None;
        memory.lost_since = self.clock.utc_now();
        self.set_state(SessionPhase::Live, memory, None, Some(transport));
    }

    fn set_state(
        &self,
        phase: SessionPhase,
        memory: &Memory,
        next_try: Option<UtcMicros>,
        transport: Option<Transport>,
    ) {
        let state = SessionState {
            phase,
            since: memory.lost_since,
            reason: memory.reason,
            next_try,
            attempt: memory.attempt,
            transport,
        };
        self.hub.set_state(self.generation, state);
    }
}
