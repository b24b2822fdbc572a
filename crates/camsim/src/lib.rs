//! Simulated roadside cameras over real RTSP, for the demo and the tests.
