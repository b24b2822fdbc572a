//! A window's playhead over its players: what holds the clock, what skips a gap, what the page is told. No I/O: the
//! task around it ([`super::task`]) reads, listens and sleeps.

use super::footage::{Answer, Request};
use super::player::{Drive, POLL, Player, Status, drive_of};
use super::playhead::Playhead;
use super::screen::{Said, Screen};
use easien_link::data::{ReviewState, ReviewTile};
use easien_model::{CameraId, StreamKind, UtcMicros};
use std::time::{Duration, Instant};

/// A hand that drags rests when it has not moved for so long.
const REST: Duration = Duration::from_millis(150);
/// States are told so often while the clock runs.
const TELL: Duration = Duration::from_millis(125);
/// Changes are told at once, but not more often than this.
const TELL_CHANGE: Duration = Duration::from_millis(25);
/// Waiting is said when it lasts.
const WAITS: Duration = Duration::from_millis(100);
/// When there is nothing on any tile for so long, the clock skips to where there is something.
const SKIP: Duration = Duration::from_secs(2);
/// At the end of what is being written the clock waits so long for more; then it runs on.
const EDGE_WAIT: Duration = Duration::from_secs(5);
/// At the newest it stays said for so long.
const NEWEST: Duration = Duration::from_secs(3);
/// Looks again while something is waited for; what comes wakes it earlier.
const LOOK: Duration = Duration::from_millis(20);

/// Something to read for a player.
#[derive(Debug)]
pub(crate) struct Wish {
    /// The player's camera.
    pub camera: CameraId,
    /// Comes back with the answer; 0: for a step.
    pub number: u64,
    /// In this order.
    pub wanted: Vec<StreamKind>,
    /// What.
    pub request: Request,
}

/// What a turn of the clock asks for.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// To be read.
    pub wishes: Vec<Wish>,
    /// To be told.
    pub state: Option<ReviewState>,
    /// The next turn, at the latest.
    pub wake: Duration,
    /// The steps asked for are done.
    pub stepped: bool,
}

/// Steps asked for.
struct Steps {
    camera: CameraId,
    left: i32,
    /// Being read.
    reading: Option<i32>,
}

/// A tile as it is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    /// Its number.
    pub tile: u32,
    /// Its camera.
    pub camera: CameraId,
}

/// A window's playhead and players.
pub(crate) struct Window<S> {
    name: String,
    head: Playhead,
    tiles: Vec<Tile>,
    players: Vec<Player<S>>,
    /// The hand drags until then.
    scrub: Option<Instant>,
    steps: Option<Steps>,
    stepped: bool,
    /// Beyond what there is, the clock goes to the newest.
    sought: bool,
    missing_since: Option<Instant>,
    edge_since: Option<Instant>,
    newest_until: Option<Instant>,
    waiting_since: Option<Instant>,
    told: Option<(Instant, ReviewState)>,
}

impl<S: Screen> Window<S> {
    /// A window that stands at `at`.
    pub(crate) fn new(name: String, at: UtcMicros, now: Instant) -> Self {
        Self {
            name,
            head: Playhead::new(at, now),
            tiles: Vec::new(),
            players: Vec::new(),
            scrub: None,
            steps: None,
            stepped: false,
            sought: true,
            missing_since: None,
            edge_since: None,
            newest_until: None,
            waiting_since: None,
            told: None,
        }
    }

    /// The window's tiles are laid out anew. `make` makes the player of a camera that was not there.
    pub(crate) fn place(
        &mut self,
        tiles: Vec<Tile>,
        wanted: impl Fn(CameraId) -> Vec<StreamKind>,
        mut make: impl FnMut(CameraId) -> Option<Player<S>>,
    ) {
        let mut players = Vec::new();
        for tile in &tiles {
            if players.iter().any(|player: &Player<S>| player.camera == tile.camera) {
                continue;
            }
            let place = self.players.iter().position(|player| player.camera == tile.camera);
            let player = match place.map(|place| self.players.swap_remove(place)) {
                Some(mut player) => {
                    player.placed(wanted(tile.camera));
                    Some(player)
                }
                None => make(tile.camera),
            };
            players.extend(player);
        }
        (self.tiles, self.players) = (tiles, players);
    }

    /// Moves the playhead; what is absent stays as it is.
    pub(crate) fn set(
        &mut self,
        at: Option<UtcMicros>,
        playing: Option<bool>,
        speed: Option<f32>,
        scrubbing: bool,
        (now, wall): (Instant, UtcMicros),
    ) {
        let was_scrubbing = self.scrub.is_some();
        self.scrub = scrubbing.then(|| now + REST);
        if let Some(speed) = speed {
            self.head.set_speed(speed, now);
        }
        if let Some(playing) = playing {
            self.head.set_playing(playing, now);
        }
        if let Some(at) = at {
            self.head.put(at.clamp(UtcMicros(0), wall), now);
            self.steps = None;
            self.sought = true;
            (self.missing_since, self.edge_since, self.newest_until) = (None, None, None);
        }
        if at.is_some() || (was_scrubbing && !scrubbing) {
            for player in &mut self.players {
                if scrubbing { player.dragged() } else { player.sought() }
            }
        }
    }

    /// Steps from the picture of a tile. False: it has no recordings to step through.
    pub(crate) fn step(&mut self, tile: u32, pictures: i32, now: Instant) -> bool {
        let Some(camera) = self.tiles.iter().find(|of| of.tile == tile).map(|of| of.camera) else {
            return false;
        };
        if !self.players.iter().any(|player| player.camera == camera) {
            return false;
        }
        self.head.set_playing(false, now);
        self.scrub = None;
        match &mut self.steps {
            Some(steps) if steps.camera == camera => {
                steps.left = steps.left.saturating_add(pictures).clamp(-100, 100);
            }
            _ => self.steps = Some(Steps { camera, left: pictures, reading: None }),
        }
        true
    }

    /// What was read for a player.
    pub(crate) fn read(&mut self, camera: CameraId, number: u64, answer: Answer, now: Instant) {
        let at = self.head.at(now);
        if let Answer::Step(found) = answer {
            let Some(steps) = self.steps.as_mut().filter(|steps| steps.camera == camera) else { return };
            if steps.reading.take().is_none() {
                return;
            }
            match found {
                Some((group, at)) => {
                    self.head.put(at, now);
                    if let Some(player) = self.players.iter_mut().find(|player| player.camera == camera) {
                        player.stepped(group);
                    }
                }
                // There is none further.
                None => steps.left = 0,
            }
            if steps.left == 0 {
                self.steps = None;
                self.stepped = true;
            }
            return;
        }
        if let Some(player) = self.players.iter_mut().find(|player| player.camera == camera) {
            player.read(number, answer, at, now);
        }
    }

    /// What a worker said.
    pub(crate) fn said(&mut self, camera: CameraId, which: StreamKind, said: Said, now: Instant) {
        if let Some(player) = self.players.iter_mut().find(|player| player.camera == camera) {
            player.said(which, said, now);
        }
    }

    /// A turn: every player is driven to the clock. `wall` is the time of day.
    pub(crate) fn turn(&mut self, now: Instant, wall: UtcMicros) -> Turn {
        if self.scrub.is_some_and(|until| now >= until) {
            self.scrub = None;
            for player in &mut self.players {
                player.sought();
            }
        }
        let mut at = self.head.at(now);
        let forward = self.head.speed() > 0.0;
        if at > wall {
            at = wall;
            self.head.put(at, now);
        }
        let moves = self.head.playing() && self.scrub.is_none();
        let drive = match (self.scrub.is_some(), moves) {
            (true, _) => Drive::Keys(0),
            (_, true) => drive_of(self.head.speed()),
            _ => Drive::Still,
        };
        let statuses: Vec<Status> =
            self.players.iter_mut().map(|player| player.drive(at, drive, now)).collect();
        let lagging = statuses.iter().any(|status| status.lagging);
        let edge = statuses.iter().any(|status| status.edge);
        self.hold(moves, lagging, edge && forward, now);
        if self.sought && !lagging && !statuses.is_empty() && self.scrub.is_none() {
            self.sought = false;
            self.seek_newest(&statuses, at, now);
        }
        if moves {
            self.skip(forward, now);
        } else {
            self.missing_since = None;
        }
        let mut turn = Turn { stepped: std::mem::take(&mut self.stepped), ..Turn::default() };
        for player in &mut self.players {
            if let Some((number, request)) = player.wish() {
                let wanted = player.wanted().to_vec();
                turn.wishes.push(Wish { camera: player.camera, number, wanted, request });
            }
        }
        turn.wishes.extend(self.step_wish(now));
        turn.state = self.tell(now);
        turn.wake = self.wake(&statuses, moves, lagging, edge, now);
        turn
    }

    /// The slowest tile holds the clock, and so does the end of what is written.
    fn hold(&mut self, moves: bool, lagging: bool, edge: bool, now: Instant) {
        if edge {
            let since = *self.edge_since.get_or_insert(now);
            if moves {
                self.newest_until = Some(now + NEWEST);
                if self.head.speed() > 1.0 {
                    self.head.set_speed(1.0, now);
                }
            }
            self.head.hold(moves && (lagging || now.saturating_duration_since(since) < EDGE_WAIT), now);
        } else {
            self.edge_since = None;
            self.head.hold((moves && lagging) || self.scrub.is_some(), now);
        }
        match lagging {
            true => _ = self.waiting_since.get_or_insert(now),
            false => self.waiting_since = None,
        }
    }

    /// Beyond what there is: to the last picture that there is.
    fn seek_newest(&mut self, statuses: &[Status], at: UtcMicros, now: Instant) {
        let edges = self.players.iter().zip(statuses).filter(|(_, status)| status.edge);
        let ends = edges.filter_map(|(player, _)| player.readable_until());
        // Standing, every tile shows its last picture; running, none has to wait for more.
        let newest = if self.head.playing() { ends.min() } else { ends.max() };
        if let Some(newest) = newest.filter(|newest| *newest <= at) {
            self.head.put(UtcMicros(newest.0 - 1), now);
        }
    }

    /// Nothing on any tile: to where there is something again.
    fn skip(&mut self, forward: bool, now: Instant) {
        if self.players.is_empty() || self.players.iter().any(|player| player.gap().is_none()) {
            self.missing_since = None;
            return;
        }
        let since = *self.missing_since.get_or_insert(now);
        if now.saturating_duration_since(since) < SKIP {
            return;
        }
        let at = self.head.at(now);
        let gaps = self.players.iter().filter_map(Player::gap);
        let there = match forward {
            true => gaps.filter_map(|gap| gap.until).filter(|until| *until > at).min(),
            false => gaps.filter_map(|gap| gap.since).map(|end| UtcMicros(end.0 - 1)).max(),
        };
        match there {
            Some(there) => {
                self.missing_since = None;
                self.head.put(there, now);
            }
            // Before the first recording there is nothing to go back to.
            None if !forward => self.head.set_playing(false, now),
            None => {}
        }
    }

    fn step_wish(&mut self, now: Instant) -> Option<Wish> {
        let at = self.head.at(now);
        let steps = self.steps.as_mut().filter(|steps| steps.reading.is_none())?;
        let player = self.players.iter().find(|player| player.camera == steps.camera)?;
        let pictures = std::mem::take(&mut steps.left);
        steps.reading = Some(pictures);
        Some(Wish {
            camera: steps.camera,
            number: 0,
            wanted: player.wanted().to_vec(),
            request: Request::Step(player.group(), at, pictures),
        })
    }

    /// The state as it is.
    pub(crate) fn state(&self, now: Instant) -> ReviewState {
        let at = self.head.at(now);
        let tile = |tile: &Tile| {
            let player = self.players.iter().find(|player| player.camera == tile.camera);
            let shown = player.and_then(Player::shown);
            ReviewTile {
                tile: tile.tile,
                camera: tile.camera,
                which: shown.map(|shown| shown.which),
                at: shown.map(|shown| shown.at),
                key_only: shown.is_some_and(|shown| shown.key_only),
                missing: player.and_then(|player| player.missing(at)).map(|missing| missing.told()),
            }
        };
        ReviewState {
            window: self.name.clone(),
            at,
            playing: self.head.playing(),
            speed: self.head.speed(),
            waiting: self.waiting_since.is_some_and(|since| now.saturating_duration_since(since) >= WAITS),
            newest: self.head.playing() && self.newest_until.is_some_and(|until| now < until),
            tiles: self.tiles.iter().map(tile).collect(),
        }
    }

    fn tell(&mut self, now: Instant) -> Option<ReviewState> {
        let state = self.state(now);
        if let Some((when, told)) = &self.told {
            let passed = now.saturating_duration_since(*when);
            if *told == state || passed < TELL_CHANGE {
                return None;
            }
            let runs = state.playing && told.playing && self.scrub.is_none();
            if runs && passed < TELL && plain(told) == plain(&state) {
                return None;
            }
        }
        self.told = Some((now, state.clone()));
        Some(state)
    }

    fn wake(&self, statuses: &[Status], moves: bool, lagging: bool, edge: bool, now: Instant) -> Duration {
        let mut wake = if moves { TELL } else { Duration::from_secs(1) };
        if lagging {
            wake = wake.min(LOOK);
        }
        if edge {
            wake = wake.min(POLL);
        }
        if self.told.as_ref().is_some_and(|(when, _)| now.saturating_duration_since(*when) < TELL_CHANGE) {
            wake = wake.min(TELL_CHANGE);
        }
        if let Some(until) = self.scrub {
            wake = wake.min(until.saturating_duration_since(now) + Duration::from_millis(1));
        }
        let due = statuses.iter().filter_map(|status| status.due);
        due.filter_map(|due| self.head.until(due, now)).fold(wake, Duration::min)
    }
}

/// What does not change by the mere passing of time.
fn plain(state: &ReviewState) -> ReviewState {
    let mut plain = state.clone();
    plain.at = UtcMicros(0);
    for tile in &mut plain.tiles {
        tile.at = tile.at.map(|_| UtcMicros(0));
    }
    plain
}
