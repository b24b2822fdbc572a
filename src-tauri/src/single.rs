//! One desk a data folder: a second start brings the window that is there to the front instead of opening another.

use easien_link::client::Client;
use easien_link::commands::call;
use easien_link::data::{WindowAsk, WindowWish};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A station that is being started by the other window may take so long.
const PATIENCE: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Brings the window `name` of another process to the front. False: it could not be told, the station does not answer.
pub async fn raise(data: &Path, name: &str) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Ok(client) = Client::connect(data).await {
            let ask = WindowAsk { window: Some(name.to_owned()), wish: WindowWish::Raise };
            match client.call::<call::WindowAsk>(ask).await {
                Ok(()) => return true,
                Err(problem) => eprintln!("easien: {problem}"),
            }
        }
        sleep(LOOK_EVERY).await;
    }
    false
}
