//! Tasks live in a named scope that is cancelled and joined: nothing runs on after its owner is gone.

use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A named set of tasks with one way to stop them all. Clones share the set.
#[derive(Clone, Debug)]
pub struct Scope {
    name: &'static str,
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Scope {
    /// A new scope without tasks.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, token: CancellationToken::new(), tasks: TaskTracker::new() }
    }

    /// A scope inside this one: stopped with it, or earlier by itself. Its tasks are joined with this one's.
    #[must_use]
    pub fn child(&self, name: &'static str) -> Self {
        Self { name, token: self.token.child_token(), tasks: self.tasks.clone() }
    }

    /// Starts a task on the current tokio runtime; it is dropped at its next await when the scope is stopped.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn<F>(&self, what: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let token = self.token.clone();
        let scope = self.name;
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = token.cancelled() => tracing::trace!(scope, what, "task cancelled"),
                () = task => tracing::trace!(scope, what, "task ended"),
            }
        });
    }

    /// Starts a task that watches [`Scope::cancelled`] itself and ends in its own time, to say goodbye properly.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn_graceful<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(task);
    }

    /// Resolves when the scope is being stopped. Cancel safe.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Whether the scope is being stopped.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Asks every task to stop, without waiting.
    pub fn cancel(&self) {
        self.token.cancel();
    }

    /// Stops every task and waits for them, at most `limit`. False when some were still running then.
    pub async fn stop(&self, limit: Duration) -> bool {
        self.token.cancel();
        self.tasks.close();
        let joined = tokio::time::timeout(limit, self.tasks.wait()).await.is_ok();
        if !joined {
            tracing::warn!(scope = self.name, left = self.tasks.len(), "tasks did not stop in time");
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn stop_joins_what_was_spawned_in_children_too() {
        let scope = Scope::new("test");
        let ended = Arc::new(AtomicBool::new(false));
        let inner = scope.child("inner");
        let (flag, watch) = (ended.clone(), inner.clone());
        inner.spawn_graceful(async move {
            watch.cancelled().await;
            flag.store(true, Ordering::SeqCst);
        });
        scope.spawn("forever", std::future::pending());
        assert!(scope.stop(Duration::from_secs(5)).await);
        assert!(ended.load(Ordering::SeqCst));
    }

    #[tokio::test(start_paused = true)]
    async fn stop_says_when_a_task_hangs() {
        let scope = Scope::new("test");
        scope.spawn_graceful(std::future::pending());
        assert!(!scope.stop(Duration::from_secs(1)).await);
    }
}
