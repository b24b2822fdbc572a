//! RTSP sessions, depacketising, reconnecting; publishes samples. Network only: nothing here decodes a picture or
//! touches a disk.
//!
//! A [`Source`] that is opened with [`Ingest::open`] has a session until it is closed: connected, received, watched,
//! made anew when lost. Its samples leave through lanes ([`ViewerLane`], [`RecorderLane`]); its state and figures are
//! asked or listened to. [`probe`] looks at a camera once.

mod bits;
mod bridge;
mod connect;
mod depay;
mod failure;
mod hub;
mod ingest;
mod lane;
mod pace;
mod params;
mod probe;
mod receive;
mod sdp;
mod session;
mod source;
mod sps;
mod stats;
mod ticks;
mod track;

pub use failure::ProbeFailure;
pub use ingest::Ingest;
pub use lane::{AudioLane, Gap, GapCause, Recorded, RecorderLane, ViewerLane};
pub use probe::{Probe, probe};
pub use source::{Credential, Limits, Source};
