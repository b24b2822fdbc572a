//! Simulated roadside cameras over real RTSP, for the demo and the tests: drawn scenes, encoded once, served by an
//! RTSP/1.0 server that can also misbehave as real cameras do ([`Mode`]). No product code belongs here.
//!
//! What a test may rely on:
//! - `/C001/main` and `/C001/sub`; every fourth sub stream and the main streams of C008, C024... are H.265, the others
//!   H.264; C002, C012... send PCMA, C005, C010... AAC, C007, C017... PCMU beside the pictures.
//! - Frame `n` of a stream is sent at [`Sim::started`] - [`Camera::phase`] + n / fps with RTP time n * 90000 / fps, the
//!   same to every client. Its number in the loop is n modulo the frames of the loop (sub 150, main 250;
//!   [`Options::small`]: 60 and 100), which is also what its [`strip`] says beside the camera's number.
//! - Sub and main show the same scene at the same moment. A main stream is drawn for its own camera when first asked
//!   for: one scene under the name of several cameras would show a wrong code and a wrong strip. The first DESCRIBE of
//!   a main stream therefore takes seconds (2 s of CPU, 9 s in H.265); [`Options::prepare_mains`] draws them before.
//! - A client that joins gets the next key frame first. Parameter sets are in the SDP and before each key frame.
//! - A session lives as long as requests come, or anything over the interleaved connection ([`Options::session_timeout`]).
//!   RTCP over UDP is sent but not read.

pub mod clip;
pub mod error;
pub mod media;
pub mod mode;
pub mod roster;
pub mod rtp;
pub mod rtsp;
pub mod scene;
pub mod sim;
pub mod strip;

pub use error::Error;
pub use mode::Mode;
pub use rtsp::auth::{Auth, Credential};
pub use sim::{Camera, Options, Sim, Stats, StreamStats};
