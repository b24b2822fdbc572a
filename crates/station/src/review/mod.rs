//! Review: the archive on the tiles of a window at one playhead; timeline, calendar, thumbnails and jumps. Where what
//! lies on disk is the archive's business, how it is decoded the picture crate's; here is what is due when.

mod archived;
mod calendar;
mod footage;
mod jump;
mod player;
mod playhead;
mod screen;
mod task;
mod thumbnails;
mod timeline;
mod window;

use crate::station::{Station, lock};
use easien_link::data::{ReviewSet, ReviewState, ReviewStep, TileShow};
use easien_link::problems;
use easien_link::{Caller, Event};
use easien_model::{CameraId, Clock, Code, Problem, Scope, StreamId, StreamKind};
use easien_picture::{PlayId, TileSource};
use footage::Footage;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use task::{Around, MESSAGES, Message, Plays};
use thumbnails::Thumbnails;
use tokio::sync::{broadcast, mpsc, oneshot};
use window::Tile;

/// Tiles of a window that may show the archive.
const TILES_MOST: usize = 16;
/// From this width on, a tile is worth the main stream.
const MAIN_FROM_PX: u32 = 960;
/// Most pictures of a step.
const STEP_MOST: i32 = 100;
/// A window's task answers at once; a step reads a little.
const ANSWER: Duration = Duration::from_secs(5);
/// Where a playhead stands that was never put anywhere, seconds before now.
const FIRST_S: i64 = -30;

/// The windows that show the archive.
pub(crate) struct Reviews {
    scope: Scope,
    windows: Mutex<HashMap<String, Open>>,
    thumbnails: Thumbnails,
}

/// A window that shows the archive.
struct Open {
    messages: mpsc::Sender<Message>,
    plays: HashMap<CameraId, Vec<(StreamKind, PlayId)>>,
}

/// Archive tiles on their way onto a wall.
pub(crate) struct Placing {
    tiles: Vec<Tile>,
    wanted: HashMap<CameraId, Vec<StreamKind>>,
    ids: HashMap<CameraId, Vec<(StreamKind, PlayId)>>,
    plays: HashMap<CameraId, Plays>,
}

impl Placing {
    /// Cameras whose footage was not shown in this window until now.
    pub(crate) fn newly(&self) -> Vec<CameraId> {
        self.plays.keys().copied().collect()
    }

    /// Where a camera's archive tiles get their pictures.
    pub(crate) fn source(&self, camera: CameraId) -> TileSource {
        let ids = self.ids.get(&camera);
        let id = |which: &StreamKind| Some(ids?.iter().find(|(of, _)| of == which)?.1);
        TileSource::Play(self.wanted.get(&camera).into_iter().flatten().filter_map(id).collect())
    }
}

fn no_tiles() -> Problem {
    Problem::new(Code::Precondition, problems::REVIEW_NO_TILES)
}

impl Reviews {
    /// No window shows the archive. Tasks end with `scope`.
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope, windows: Mutex::default(), thumbnails: Thumbnails::default() }
    }

    fn messages(&self, window: &str) -> Option<mpsc::Sender<Message>> {
        lock(&self.windows).get(window).map(|open| open.messages.clone())
    }

    /// Whether a window shows the archive.
    pub(crate) fn is_open(&self, window: &str) -> bool {
        lock(&self.windows).contains_key(window)
    }

    /// A window is gone, or shows nothing of the archive any more: its task ends.
    pub(crate) fn gone(&self, window: &str) {
        lock(&self.windows).remove(window);
    }

    fn open(
        &self,
        window: &str,
        footage: Arc<dyn Footage>,
        clock: &Arc<dyn Clock>,
        events: &broadcast::Sender<Event>,
    ) -> mpsc::Sender<Message> {
        if let Some(messages) = self.messages(window) {
            return messages;
        }
        let (messages, received) = mpsc::channel(MESSAGES);
        let around =
            Around { scope: self.scope.clone(), clock: clock.clone(), footage, events: events.clone() };
        let at = clock.utc_now().plus_seconds(FIRST_S);
        self.scope.spawn("review window", task::run(window.to_owned(), at, around, received));
        let open = Open { messages: messages.clone(), plays: HashMap::new() };
        lock(&self.windows).insert(window.to_owned(), open);
        messages
    }
}

impl Station {
    /// Prepares a window's archive tiles: players for cameras that are new. `None`: it has none.
    pub(crate) fn place_review(&self, window: &str, tiles: &[TileShow]) -> Result<Option<Placing>, Problem> {
        let tiles: Vec<&TileShow> =
            tiles.iter().filter(|tile| tile.archive && self.camera_row(tile.camera).is_some()).collect();
        if tiles.len() > TILES_MOST {
            return Err(Problem::new(Code::Invalid, problems::REVIEW_TILES).field("tiles"));
        }
        if tiles.is_empty() {
            return Ok(None);
        }
        let mut placing = Placing {
            tiles: tiles.iter().map(|tile| Tile { tile: tile.tile, camera: tile.camera }).collect(),
            wanted: HashMap::new(),
            ids: HashMap::new(),
            plays: HashMap::new(),
        };
        let known: HashMap<CameraId, Vec<(StreamKind, PlayId)>> =
            lock(&self.reviews.windows).get(window).map(|open| open.plays.clone()).unwrap_or_default();
        let cameras: HashSet<CameraId> = tiles.iter().map(|tile| tile.camera).collect();
        for camera in cameras {
            let large = tiles
                .iter()
                .any(|tile| tile.camera == camera && (tile.large || tile.width_px >= MAIN_FROM_PX));
            let wanted = match large {
                true => vec![StreamKind::Main, StreamKind::Sub],
                false => vec![StreamKind::Sub, StreamKind::Main],
            };
            placing.wanted.insert(camera, wanted);
            if let Some(ids) = known.get(&camera) {
                placing.ids.insert(camera, ids.clone());
                continue;
            }
            // Of both streams, whatever is configured now: what was recorded once may be of either.
            let plays: Plays = [StreamKind::Main, StreamKind::Sub]
                .map(|which| {
                    let (play, events) = self.pictures.play(StreamId { camera, which });
                    (which, play, events)
                })
                .into();
            placing.ids.insert(camera, plays.iter().map(|(which, play, _)| (*which, play.id())).collect());
            placing.plays.insert(camera, plays);
        }
        Ok(Some(placing))
    }

    /// The wall is shown: its archive tiles play from now on.
    pub(crate) async fn placed_review(&self, window: &str, placing: Option<Placing>) {
        let Some(placing) = placing else { return self.reviews.gone(window) };
        let footage = Arc::new(self.archive.reader());
        let messages = self.reviews.open(window, footage, &self.clock, &self.events);
        let Placing { tiles, wanted, ids, plays } = placing;
        if let Some(open) = lock(&self.reviews.windows).get_mut(window) {
            open.plays = ids;
        }
        // Refused only while the station stops.
        let _ = messages.send(Message::Place { tiles, wanted, plays }).await;
    }

    /// Moves a window's playhead.
    pub(crate) async fn set_review(&self, caller: &Caller, set: ReviewSet) -> Result<ReviewState, Problem> {
        if set.speed.is_some_and(|speed| !playhead::fits(speed)) {
            return Err(Problem::new(Code::Invalid, problems::REVIEW_SPEED).field("speed"));
        }
        self.ask_review(caller, &set.window.clone(), |reply| Message::Set(set, reply)).await
    }

    /// Steps picture by picture.
    pub(crate) async fn step_review(
        &self,
        caller: &Caller,
        step: ReviewStep,
    ) -> Result<ReviewState, Problem> {
        if !(-STEP_MOST..=STEP_MOST).contains(&step.frames) {
            return Err(Problem::new(Code::Invalid, problems::REVIEW_STEP).field("frames"));
        }
        self.ask_review(caller, &step.window, |reply| Message::Step(step.tile, step.frames, reply)).await
    }

    async fn ask_review(
        &self,
        caller: &Caller,
        window: &str,
        message: impl FnOnce(oneshot::Sender<ReviewState>) -> Message,
    ) -> Result<ReviewState, Problem> {
        // Somebody else's window is as one that shows nothing of the archive.
        let own = self.is_own_window(caller.connection, window);
        let messages = self.reviews.messages(window).filter(|_| own).ok_or_else(no_tiles)?;
        let (reply, replied) = oneshot::channel();
        messages.send(message(reply)).await.map_err(|_| no_tiles())?;
        match tokio::time::timeout(ANSWER, replied).await {
            Ok(Ok(state)) => Ok(state),
            Ok(Err(_)) => Err(no_tiles()),
            Err(_) => Err(Problem::new(Code::Timeout, problems::TIMEOUT)),
        }
    }
}
