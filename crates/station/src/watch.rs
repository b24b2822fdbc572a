//! Watches the sessions: tells windows of changes, takes lost cameras' pictures off the walls, and writes down who was
//! lost and came back.

use crate::convert;
use crate::sessions::{Holder, base};
use crate::station::Station;
use easien_link::Event;
use easien_link::data::FeedItem;
use easien_model::{CameraId, LossReason, SessionPhase, SessionState, StreamId, StreamKind, UtcMicros};
use easien_picture::PictureEvent;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use tokio::time::MissedTickBehavior;

/// A camera that is lost for longer is written down.
const WRITTEN_AFTER: Duration = Duration::from_secs(3);

/// The longest wait for a new picture of a camera that is back: cameras with 20 s between key frames exist.
const RETURN: Duration = Duration::from_secs(30);

/// What is known of one camera's loss.
#[derive(Debug, Default)]
struct Loss {
    since: Option<UtcMicros>,
    reason: Option<LossReason>,
    /// A row is open in the store.
    written: bool,
    /// Its main stream is painted in place of its sub stream.
    stood_in: bool,
    /// Its pictures are taken off.
    blanked: bool,
    /// Live again; its pictures return when another number of them was decoded than this one: what is in the mosaic
    /// until then is the last picture from before the loss.
    returning: Option<(u64, Instant)>,
}

impl Loss {
    /// The camera's state as a whole changed.
    fn note(&mut self, state: &SessionState) {
        match state.phase {
            SessionPhase::Live | SessionPhase::Idle => self.since = None,
            SessionPhase::Stalled | SessionPhase::Retrying => {
                self.since.get_or_insert(state.since);
                if let Some(reason) = state.reason {
                    self.reason = Some(reason);
                }
            }
            // On the way to either.
            SessionPhase::Connecting => {}
        }
    }

    /// Its pictures may be painted again.
    fn show(&mut self, station: &Station, id: CameraId) {
        (self.blanked, self.returning) = (false, None);
        station.pictures.blank(id, false);
    }

    /// Lost for so long that it has to be written down.
    fn due(&self, now: UtcMicros) -> Option<(UtcMicros, LossReason)> {
        let since = self.since.filter(|since| !self.written && now.since(*since) >= WRITTEN_AFTER)?;
        Some((since, self.reason.unwrap_or(LossReason::Closed)))
    }
}

impl Station {
    /// Runs until the scope is stopped.
    pub(crate) async fn watch(self, mut states: broadcast::Receiver<(StreamId, SessionState)>) {
        let mut pictures = self.pictures.events();
        let mut losses: HashMap<CameraId, Loss> = HashMap::new();
        match self.store(|store| store.cameras_lost()).await {
            Ok(open) => {
                for row in open {
                    let loss = losses.entry(row.camera).or_default();
                    (loss.since, loss.reason, loss.written) = (Some(row.lost), Some(row.reason), true);
                }
            }
            Err(problem) => tracing::error!(%problem, "the lost cameras of last time are not known"),
        }
        match self.store(|store| store.alarms_standing()).await {
            Ok(rows) => self.restore_camera_alarms(rows.into_iter().map(convert::alarm).collect()),
            Err(problem) => tracing::error!(%problem, "the alarms of last time are not known"),
        }
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut short_ticks = tokio::time::interval(Duration::from_millis(100));
        short_ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let returning = losses.values().any(|loss| loss.returning.is_some());
            tokio::select! {
                state = states.recv() => match state {
                    Ok((stream, state)) => {
                        if state.phase != SessionPhase::Live {
                            // Whatever comes after is a new run: the decoder may understand that one.
                            self.set_decodable(stream);
                        }
                        self.tell(Event::SessionChanged(self.merged(stream, state)));
                        self.look_at(stream.camera, &mut losses);
                    }
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "session changes were missed, all are looked at");
                        for (stream, state, _) in self.ingest.sessions() {
                            self.tell(Event::SessionChanged(self.merged(stream, state)));
                            self.look_at(stream.camera, &mut losses);
                        }
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                event = pictures.recv() => match event {
                    Ok(event) => self.heard_from_pictures(event, &mut losses),
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "news from the picture workers were missed");
                    }
                    Err(broadcast::error::RecvError::Closed) => {
                        // Without workers there is nothing to watch there.
                        pictures = broadcast::channel(1).1;
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                _ = short_ticks.tick(), if returning => self.show_returned(&mut losses),
                _ = ticks.tick() => {
                    self.close_idle_mains();
                    for stream in self.unwatched_undecodable() {
                        self.set_decodable(stream);
                        self.look_at(stream.camera, &mut losses);
                    }
                    self.write_down(&mut losses).await;
                    let lost = losses.iter().filter_map(|(id, loss)| Some((*id, loss.since?, loss.reason)));
                    self.look_at_camera_alarms(lost).await;
                }
            }
        }
    }

    /// Blanks or shows a camera's pictures, and keeps its loss up to date.
    fn look_at(&self, id: CameraId, losses: &mut HashMap<CameraId, Loss>) {
        let Some(row) = self.camera_row(id) else {
            losses.remove(&id);
            self.pictures.stand_in(id, false);
            return;
        };
        let loss = losses.entry(id).or_default();
        let Some(base_session) = self.session(base(&row)) else { return };
        let live = |which| {
            self.session(StreamId { camera: id, which })
                .is_some_and(|session| session.state.phase == SessionPhase::Live)
        };
        let any_live = live(StreamKind::Sub) || live(StreamKind::Main);
        let lost = matches!(base_session.state.phase, SessionPhase::Stalled | SessionPhase::Retrying);
        // On the way to being live it stays as it is.
        let connects = base_session.state.phase == SessionPhase::Connecting;
        let stands_in = (lost || connects && loss.stood_in) && live(StreamKind::Main);
        if stands_in != loss.stood_in {
            loss.stood_in = stands_in;
            self.pictures.stand_in(id, stands_in);
            if stands_in {
                self.keep_main(id, Holder::StandIn);
            } else {
                self.release_main(id, &Holder::StandIn);
            }
        }
        if stands_in {
            loss.since = None;
        } else {
            loss.note(&base_session.state);
        }
        if any_live && loss.blanked && loss.returning.is_none() {
            match self.decoded(id) {
                Some(decoded) => loss.returning = Some((decoded, Instant::now())),
                // No window shows it, so there is no old picture either.
                None => loss.show(self, id),
            }
        } else if !any_live && lost {
            loss.returning = None;
            if !loss.blanked {
                loss.blanked = true;
                self.pictures.blank(id, true);
            }
        }
    }

    /// Pictures of a camera decoded so far, all its streams; `None` when it is not being decoded.
    fn decoded(&self, id: CameraId) -> Option<u64> {
        let streams = self.pictures.streams();
        let of = streams.iter().filter(|info| info.stream.camera == id).map(|info| info.stats.decoded);
        of.reduce(|sum, decoded| sum + decoded)
    }

    /// Shows the pictures of cameras that are live again and have a new one.
    fn show_returned(&self, losses: &mut HashMap<CameraId, Loss>) {
        for (&id, loss) in losses.iter_mut() {
            let Some((before, since)) = loss.returning else { continue };
            // Nothing is decoded of a tile that only holds its picture; its age is in its strip.
            if self.decoded(id) != Some(before) || since.elapsed() > RETURN {
                loss.show(self, id);
            }
        }
    }

    fn heard_from_pictures(&self, event: PictureEvent, losses: &mut HashMap<CameraId, Loss>) {
        let (stream, news) = match event {
            PictureEvent::Undecodable { stream } => (stream, self.set_undecodable(stream, false)),
            PictureEvent::Quarantined { stream, .. } => (stream, self.set_undecodable(stream, true)),
            PictureEvent::Decodable { stream } | PictureEvent::Released { stream } => {
                (stream, self.set_decodable(stream))
            }
            PictureEvent::WorkerDied { worker, blamed } => {
                let blamed = blamed.map(|stream| stream.to_string());
                self.alarms.lives.worker_died();
                return tracing::error!(worker, blamed, "a picture worker died");
            }
            PictureEvent::WorkerUp { worker, pid } => {
                return tracing::info!(worker, pid, "a picture worker is up");
            }
        };
        tracing::warn!(?event, "what the decoder says of a stream");
        if news {
            self.look_at(stream.camera, losses);
        }
    }

    async fn write_down(&self, losses: &mut HashMap<CameraId, Loss>) {
        let now = self.clock.utc_now();
        losses.retain(|camera, _| self.camera_row(*camera).is_some());
        for (&camera, loss) in losses.iter_mut() {
            if let Some((since, reason)) = loss.due(now) {
                match self.store(move |store| store.camera_lost(camera, reason, since)).await {
                    Ok(row) => {
                        loss.written = true;
                        let code = self.camera_row(camera).map(|row| row.code);
                        tracing::warn!(code, ?reason, "a camera is lost");
                        self.tell(Event::FeedChanged(FeedItem::Camera(convert::camera_event(&row))));
                    }
                    // Taken out meanwhile, or the disk is full: the next tick tries again.
                    Err(problem) => tracing::debug!(%problem, %camera, "a loss was not written down"),
                }
            } else if loss.written && loss.since.is_none() {
                match self.store(move |store| store.camera_back(camera, now)).await {
                    Ok(row) => {
                        loss.written = false;
                        if let Some(row) = row {
                            let code = self.camera_row(camera).map(|row| row.code);
                            tracing::info!(code, seconds = now.since(row.lost).as_secs(), "a camera is back");
                            self.tell(Event::FeedChanged(FeedItem::Camera(convert::camera_event(&row))));
                        }
                    }
                    Err(problem) => tracing::debug!(%problem, %camera, "a return was not written down"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(phase: SessionPhase, since: i64) -> SessionState {
        SessionState {
            phase,
            reason: Some(LossReason::Refused),
            ..SessionState::idle(UtcMicros(since * 1_000_000))
        }
    }

    fn at(seconds: i64) -> UtcMicros {
        UtcMicros(seconds * 1_000_000)
    }

    #[test]
    fn a_short_loss_is_not_written_down_a_long_one_once_from_its_begin() {
        let mut loss = Loss::default();
        loss.note(&state(SessionPhase::Retrying, 10));
        assert_eq!(loss.due(at(12)), None);
        loss.note(&state(SessionPhase::Live, 12));
        assert_eq!(loss.due(at(99)), None);

        loss.note(&state(SessionPhase::Stalled, 20));
        loss.note(&state(SessionPhase::Connecting, 21));
        loss.note(&state(SessionPhase::Retrying, 22));
        assert_eq!(loss.due(at(23)), Some((at(20), LossReason::Refused)));
        loss.written = true;
        assert_eq!(loss.due(at(24)), None);
    }
}
