//! The station's side of the picture workers: it starts them, feeds them, restarts them, finds out whom to blame, and
//! decides how much of each stream is decoded. It decodes nothing itself (that is the program `easien-picture`) and
//! knows no cameras beyond their ids: samples come from feeds that the station plugs in.
//!
//! - [`Pictures`]: the handle; windows and their mosaics (`pictures`), what the workers are told (`state`).
//! - [`tier`]: the policy of decode tiers, pure.
//! - `governor`: what pictures may cost now, from what is measured; `machine`: how busy the machine is.
//! - [`wire`]: the messages on a worker's stdin and stdout.
//! - [`Play`]: recordings in tiles, as they are told.
//! - `tend`: one worker's life; `feed`, `outbox` and `backlog`: the samples' way into it.

mod backlog;
mod feed;
mod governor;
mod machine;
mod outbox;
mod pictures;
mod play;
mod state;
mod tend;
pub mod tier;
mod types;
pub mod wire;

pub use pictures::Pictures;
pub use play::{Play, PlayEvent, PlayEvents, PlayId};
pub use types::{
    Load, OpenFeed, Options, Part, PictureError, PictureEvent, Result, Shown, SlotPlace, StillPixels,
    StreamInfo, TileSource, TileWant, WorkerInfo,
};
