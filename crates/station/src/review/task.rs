//! A window's task: reads on blocking threads, hears the workers, takes commands, sleeps until the next picture is due.
//! It ends when nobody can send to it any more.

use super::footage::{Answer, Footage, read};
use super::player::Player;
use super::screen::{Due, Said, Screen};
use super::window::{Tile, Turn, Window};
use easien_link::Event;
use easien_link::data::{ReviewSet, ReviewState};
use easien_model::{CameraId, Clock, Sample, Scope, StreamKind, UtcMicros};
use easien_picture::{Play, PlayEvent, PlayEvents};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{broadcast, mpsc, oneshot};

/// Messages that wait for the task.
pub(super) const MESSAGES: usize = 64;
/// What workers said that waits for the task.
const SAID: usize = 1024;

impl Screen for Play {
    fn reset(&self) {
        Self::reset(self);
    }
    fn push(&self, sample: &Arc<Sample>, due: Due) {
        Self::push(self, sample, due == Due::Show);
    }
    fn end_of_gop(&self) {
        Self::end_of_gop(self);
    }
    fn paint(&self, at: UtcMicros) {
        Self::paint(self, at);
    }
    fn blank(&self, blank: bool) {
        Self::blank(self, blank);
    }
}

/// A camera's plays, the streams in no particular order.
pub(super) type Plays = Vec<(StreamKind, Play, PlayEvents)>;

/// What a window's task is told.
pub(super) enum Message {
    /// The archive tiles, with the streams wanted of each camera, and the plays of cameras that are new.
    Place { tiles: Vec<Tile>, wanted: HashMap<CameraId, Vec<StreamKind>>, plays: HashMap<CameraId, Plays> },
    /// Moves the playhead; answered at once.
    Set(ReviewSet, oneshot::Sender<ReviewState>),
    /// Steps; answered when the picture is known. Dropped: the tile shows no recordings.
    Step(u32, i32, oneshot::Sender<ReviewState>),
}

/// What a window's task works with.
pub(super) struct Around {
    pub scope: Scope,
    pub clock: Arc<dyn Clock>,
    pub footage: Arc<dyn Footage>,
    pub events: broadcast::Sender<Event>,
}

struct Read {
    camera: CameraId,
    number: u64,
    answer: Answer,
}

struct Heard {
    camera: CameraId,
    which: StreamKind,
    said: Said,
}

/// Runs a window until its messages end.
pub(super) async fn run(name: String, at: UtcMicros, around: Around, mut messages: mpsc::Receiver<Message>) {
    let (read_by, mut reads) = mpsc::unbounded_channel::<Read>();
    let (heard_by, mut heard) = mpsc::channel::<Heard>(SAID);
    let mut window: Window<Play> = Window::new(name, at, Instant::now());
    let mut steps: Vec<oneshot::Sender<ReviewState>> = Vec::new();
    let mut wake = tokio::time::Instant::now();
    loop {
        tokio::select! {
            biased;
            message = messages.recv() => match message {
                Some(message) => take(&mut window, message, &around, &heard_by, &mut steps),
                None => return,
            },
            Some(read) = reads.recv() => window.read(read.camera, read.number, read.answer, Instant::now()),
            Some(one) = heard.recv() => {
                window.said(one.camera, one.which, one.said, Instant::now());
                // What was said together is heard together.
                while let Ok(one) = heard.try_recv() {
                    window.said(one.camera, one.which, one.said, Instant::now());
                }
            }
            () = tokio::time::sleep_until(wake) => {}
        }
        let now = Instant::now();
        let turn = window.turn(now, around.clock.utc_now());
        let Turn { wishes, state, wake: next, stepped } = turn;
        for wish in wishes {
            let (footage, read_by) = (around.footage.clone(), read_by.clone());
            tokio::task::spawn_blocking(move || {
                let answer = read(&*footage, wish.camera, &wish.wanted, &wish.request);
                // The window may be gone.
                let _ = read_by.send(Read { camera: wish.camera, number: wish.number, answer });
            });
        }
        if stepped {
            for step in steps.drain(..) {
                let _ = step.send(window.state(now));
            }
        }
        if let Some(state) = state {
            // Nobody may be listening.
            let _ = around.events.send(Event::ReviewState(state));
        }
        wake = tokio::time::Instant::now() + next;
    }
}

fn take(
    window: &mut Window<Play>,
    message: Message,
    around: &Around,
    heard_by: &mpsc::Sender<Heard>,
    steps: &mut Vec<oneshot::Sender<ReviewState>>,
) {
    let now = Instant::now();
    match message {
        Message::Place { tiles, wanted, mut plays } => {
            let wanted = |camera| wanted.get(&camera).cloned().unwrap_or_default();
            window.place(tiles, wanted, |camera| {
                let mut screens = Vec::new();
                for (which, play, events) in plays.remove(&camera)? {
                    around.scope.spawn("review ear", listen(camera, which, events, heard_by.clone()));
                    screens.push((which, play));
                }
                Some(Player::new(camera, wanted(camera), screens))
            });
        }
        Message::Set(set, reply) => {
            window.set(set.at, set.playing, set.speed, set.scrubbing, (now, around.clock.utc_now()));
            let _ = reply.send(window.state(now));
        }
        Message::Step(tile, pictures, reply) => {
            if window.step(tile, pictures, now) {
                steps.push(reply);
            }
        }
    }
}

/// Carries what a worker says of a play to the window's task, until the play or the task is gone.
async fn listen(camera: CameraId, which: StreamKind, mut events: PlayEvents, heard_by: mpsc::Sender<Heard>) {
    while let Some(event) = events.next().await {
        let said = match event {
            PlayEvent::Painted { at, .. } => Said::Painted(at),
            PlayEvent::NotKept { at } => Said::NotKept(at),
            PlayEvent::Undecodable { at } => Said::Undecodable(Some(at)),
            PlayEvent::Quarantined { .. } => Said::Undecodable(None),
            // What did not fit has to be pushed again, as after a new start.
            PlayEvent::Restarted | PlayEvent::Overflow { .. } => Said::Restarted,
            PlayEvent::Decoded { .. } => continue,
        };
        if heard_by.send(Heard { camera, which, said }).await.is_err() {
            return;
        }
    }
}
