//! RTP: clips cut into packets once, RTCP sender reports. No sockets here.

pub mod rtcp;
pub mod track;

pub use track::Track;
