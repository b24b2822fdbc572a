//! The harness of the cross-crate tests and the benchmarks: a whole room (simulated cameras, station, workers, window)
//! on a display of its own, looked at from outside: the X screen, the keyboard, the link.

pub mod child;
pub mod dice;
pub mod display;
pub mod fake_window;
pub mod hands;
pub mod mounts;
pub mod proc;
pub mod programs;
pub mod room;
pub mod schedule;
pub mod screen;
pub mod seat;
pub mod served;
pub mod strips;
pub mod wait;
pub mod watch;
pub mod webdriver;
