//! The commands that the page can call: one that forwards to the station, and those of the video surface.

use crate::look::{self, Look};
use crate::place::{self, Place};
use crate::presenter::PresenterKind;
use crate::shell::Shell;
use crate::station::Station;
use crate::wall::{SurfaceOcclude, SurfaceSet, SurfaceTile, Wall};
use easien_model::{Code, Problem, UtcMicros};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tauri::{State, WebviewWindow};

/// What the page is told about its window.
#[derive(Clone, Debug, Serialize)]
pub struct WindowInfo {
    /// Its name at the station: `main`, `wall-2`, ...
    pub window: String,
    /// Who paints the pictures.
    pub presenter: PresenterKind,
    /// Language asked for on the command line; absent: the room's.
    pub lang: Option<String>,
    /// The data folder.
    pub data: String,
    /// Whether the station is there now.
    pub connected: bool,
    /// How it looked when it was last open.
    pub look: Look,
    /// Only the wall is to be seen, nothing around it.
    pub bare: bool,
    /// The window before this one crashed then, and this one came in its place.
    pub came_back: Option<UtcMicros>,
    /// Where the eye was when it was last open.
    pub place: Option<Place>,
    /// Ask at once whether everything is to be stopped.
    pub ask_close: bool,
}

/// What the commands work on.
pub struct Shared {
    station: Arc<dyn Station>,
    wall: Arc<Wall>,
    info: WindowInfo,
}

impl Shared {
    /// For the one window of this program.
    #[must_use]
    pub fn new(station: Arc<dyn Station>, wall: Arc<Wall>, info: WindowInfo) -> Self {
        Self { station, wall, info }
    }
}

/// Runs one command of the link's command list at the station.
///
/// # Errors
/// The station's problem; `Unavailable` while there is no station.
#[tauri::command]
pub async fn call(shared: State<'_, Shared>, name: String, args: Value) -> Result<Value, Problem> {
    shared.station.call(&name, args).await
}

/// Where the tiles' video rectangles are, in CSS pixels.
///
/// # Errors
/// `Invalid` for what cannot be.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub fn surface_set(shared: State<'_, Shared>, tiles: Vec<SurfaceTile>, scale: f64) -> Result<(), Problem> {
    shared.wall.set(SurfaceSet { tiles, scale })
}

/// What of the page must not be painted over, in CSS pixels.
///
/// # Errors
/// `Invalid` for what cannot be.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub fn surface_occlude(
    shared: State<'_, Shared>,
    rects: Vec<crate::geometry::CssRect>,
) -> Result<(), Problem> {
    shared.wall.occlude(&SurfaceOcclude { rects })
}

/// What kind of window the page is in. The page is told all of its tiles anew after this.
#[tauri::command]
#[must_use]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub fn window_info(shared: State<'_, Shared>, shell: State<'_, Arc<Shell>>) -> WindowInfo {
    shared.wall.log().forget_told();
    let info = &shared.info;
    WindowInfo {
        connected: shared.station.connection().borrow().is_some(),
        look: look::recall(Path::new(&info.data), &info.window),
        place: place::recall(Path::new(&info.data), &info.window),
        bare: shell.is_bare(),
        ..info.clone()
    }
}

/// Keeps how the window looks for the next time it is opened, and lets what is behind the page follow.
///
/// # Errors
/// `Internal` when the data folder cannot be written.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub fn look_set(shared: State<'_, Shared>, window: WebviewWindow, look: Look) -> Result<(), Problem> {
    for behind in
        [window.set_background_color(Some(look.theme.ground())), window.set_theme(Some(look.theme.frame()))]
    {
        if let Err(error) = behind {
            tracing::warn!(%error, "what is behind the page keeps its colour");
        }
    }
    look::keep(Path::new(&shared.info.data), &shared.info.window, &look).map_err(|error| {
        Problem::new(Code::Internal, "problem_internal").with("command", "look_set").detail(error)
    })
}
