//! What the window needs of a station, wherever it is: calls, events, and whether it is there. [`crate::join`] is the
//! real one; tests bring their own.

use easien_model::Problem;
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// A station as the window sees it.
pub trait Station: Send + Sync + 'static {
    /// Runs one command of the link's command list.
    fn call(&self, name: &str, args: Value) -> BoxFuture<'static, Result<Value, Problem>>;
    /// The number of the connection that is up now; absent: none is. Each new connection has a new number.
    fn connection(&self) -> watch::Receiver<Option<u64>>;
    /// The station's events, as JSON. Whoever is too slow loses the oldest and is told so by the receiver.
    fn events(&self) -> broadcast::Receiver<Arc<Value>>;
}
