//! Between the station, which sends a camera's sound to this connection, and the thread that plays it; and the page's
//! one command.

use super::Audio;
use crate::station::Station;
use easien_model::{CameraId, Problem};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use tauri::State;
use tokio::sync::broadcast;

/// The window's listening.
pub struct Ear {
    audio: Audio,
    station: Arc<dyn Station>,
    wanted: Mutex<Option<CameraId>>,
}

impl Ear {
    /// Nobody is listened to yet.
    #[must_use]
    pub fn new(audio: Audio, station: Arc<dyn Station>) -> Arc<Self> {
        Arc::new(Self { audio, station, wanted: Mutex::new(None) })
    }

    fn wanted(&self) -> Option<CameraId> {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn listen(&self, camera: Option<CameraId>) -> Result<(), Problem> {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = camera;
        self.audio.listen(camera);
        let asked = self.ask(camera).await;
        if asked.is_err() && camera.is_some() && self.wanted() == camera {
            self.audio.listen(None);
            *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        asked
    }

    async fn ask(&self, camera: Option<CameraId>) -> Result<(), Problem> {
        match camera {
            Some(camera) => self.station.call("audio.listen", json!({ "camera": camera })).await,
            None => self.station.call("audio.stop", Value::Null).await,
        }
        .map(drop)
    }

    /// The page begins anew and knows of nobody who is listened to.
    pub fn page_began(self: &Arc<Self>) {
        if self.wanted().is_none() {
            return;
        }
        let ear = self.clone();
        tauri::async_runtime::spawn(async move {
            let _ = ear.listen(None).await;
        });
    }
}

/// Hands sound on to the thread that plays it; asks anew where the station is another one.
pub async fn hear(ear: Arc<Ear>) {
    let (mut events, mut connection) = (ear.station.events(), ear.station.connection());
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => take(&ear.audio, &event),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            },
            changed = connection.changed() => {
                if changed.is_err() {
                    return;
                }
                let there = connection.borrow_and_update().is_some();
                if let (true, Some(camera)) = (there, ear.wanted())
                    && let Err(problem) = ear.ask(Some(camera)).await
                {
                    tracing::warn!(%problem, "a camera is not listened to any more");
                }
            }
        }
    }
}

fn take(audio: &Audio, event: &Value) {
    let data = || event["data"].clone();
    match event["event"].as_str() {
        Some("audio.samples") => match serde_json::from_value(data()) {
            Ok(samples) => audio.samples(samples),
            Err(error) => tracing::warn!(%error, "sound that is none"),
        },
        Some("audio.silent") => match serde_json::from_value(data()) {
            Ok(silent) => audio.silent(silent),
            Err(error) => tracing::warn!(%error, "silence that is none"),
        },
        _ => {}
    }
}

/// Hears this camera from now on, or none.
///
/// # Errors
/// The station's problem.
#[tauri::command]
pub async fn audio_listen(ear: State<'_, Arc<Ear>>, camera: Option<CameraId>) -> Result<(), Problem> {
    ear.listen(camera).await
}
