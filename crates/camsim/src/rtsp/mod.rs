//! The RTSP/1.0 side (RFC 2326): requests, authentication, SDP, and sending media over the same connection or UDP.

pub mod auth;
pub mod connection;
pub mod playing;
pub mod sdp;
pub mod transport;
