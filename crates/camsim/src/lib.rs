//! Simulated roadside cameras over real RTSP, for the demo and the tests: drawn scenes, encoded once, served by an
//! RTSP/1.0 server that can also misbehave as real cameras do. No product code belongs here.

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
