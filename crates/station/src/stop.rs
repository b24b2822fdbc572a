//! The station's end because a person said so, and what windows ask of each other.

use crate::station::Station;
use easien_link::data::{StationStopping, WindowAsk};
use easien_link::{Caller, Event, problems};
use easien_model::{Code, Problem};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Whether a person wants the station to end.
#[derive(Default)]
pub struct StopWish {
    said: AtomicBool,
    told: Notify,
}

impl StopWish {
    /// Resolves when a person wants the station to end. Cancel safe.
    pub(crate) async fn said(&self) {
        loop {
            let told = self.told.notified();
            if self.said.load(Ordering::SeqCst) {
                return;
            }
            told.await;
        }
    }
}

impl Station {
    /// Ends the station in order. The audit row is written before anything ends; without it nothing does.
    pub(crate) async fn stop_by(&self, caller: &Caller) -> Result<(), Problem> {
        let who = caller.name.clone();
        let cameras = self.list_cameras().len();
        self.store(move |store| {
            store.add_audit(&who, "station.stop", "station", &json!({ "cameras": cameras }))
        })
        .await?;
        tracing::warn!(who = caller.name, "a person stops the station");
        self.tell(Event::StationStopping(StationStopping {
            by: caller.name.clone(),
            at: self.clock.utc_now(),
        }));
        self.stop_wish.said.store(true, Ordering::SeqCst);
        self.stop_wish.told.notify_waiters();
        Ok(())
    }

    /// Passes a wish on to the windows.
    pub(crate) fn ask_window(&self, ask: WindowAsk) -> Result<(), Problem> {
        let named = ask.window.as_deref().is_none_or(|name| {
            (1..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
        if !named {
            return Err(Problem::new(Code::Invalid, problems::WINDOW_NAME).field("window"));
        }
        self.tell(Event::WindowAsked(ask));
        Ok(())
    }
}
