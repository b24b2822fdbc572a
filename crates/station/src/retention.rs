//! Retention: every minute, and at once when a disk runs short, what is older than wished goes, oldest first, and what a
//! hold protects stays. Each sweep that deletes something is one row in the audit.

use std::time::Duration;
use tokio::sync::Notify;

/// How often.
pub(crate) const EVERY: Duration = Duration::from_secs(60);
/// Asks for a sweep.
#[derive(Default)]
pub struct Retention {
    wanted: Notify,
}

impl Retention {
    /// Something changed that may make a sweep worthwhile: a quota, a disk, a hold.
    pub(crate) fn look(&self) {
        self.wanted.notify_one();
    }
}
