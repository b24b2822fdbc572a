//! What the archive is told at its begin. Every length is injectable, for tests.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A clock that only ever runs forward, in microseconds from any origin; against it the station's clock is watched.
#[derive(Clone)]
pub struct Uptime(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Uptime {
    /// The machine's.
    #[must_use]
    pub fn system() -> Self {
        let origin = Instant::now();
        Self(Arc::new(move || i64::try_from(origin.elapsed().as_micros()).unwrap_or(i64::MAX)))
    }

    /// Another, for tests.
    #[must_use]
    pub fn new(now_us: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_us))
    }

    /// Now.
    #[must_use]
    pub fn now_us(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Uptime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uptime")
    }
}

/// How the archive works; `Options::new` gives the product's values.
#[derive(Clone, Debug)]
pub struct Options {
    /// The station, as it stands in each file.
    pub station: Uuid,
    /// A segment's length; it ends at the first key frame after it (or at one and a half of it, where none comes).
    pub segment: Duration,
    /// A fragment's greatest length.
    pub fragment: Duration,
    /// How often each volume is synced.
    pub sync: Duration,
    /// Bytes of samples that may wait for each volume's writer.
    pub queue_bytes: usize,
    /// How often volumes are looked at (sizes, missing ones).
    pub look: Duration,
    /// A write or sync that takes longer than this is said, and no new segments go to that volume.
    pub hung: Duration,
    /// Against it the station's clock is watched.
    pub uptime: Uptime,
}

impl Options {
    /// The product's values.
    #[must_use]
    pub fn new(station: Uuid) -> Self {
        Self {
            station,
            segment: Duration::from_secs(300),
            fragment: Duration::from_secs(1),
            sync: Duration::from_secs(3),
            queue_bytes: 96 * 1024 * 1024,
            look: Duration::from_secs(2),
            hung: Duration::from_secs(10),
            uptime: Uptime::system(),
        }
    }
}
