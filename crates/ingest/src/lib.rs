//! RTSP sessions, depacketising, reconnecting; publishes samples. Network only.
