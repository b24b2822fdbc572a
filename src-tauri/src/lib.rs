//! The window program: one Tauri window with the page, the native surface that puts pictures above it, and the link to
//! the station. No use case lives here: whatever the page wants done goes to the station by `call`.

pub mod audio;
pub mod autostart;
pub mod commands;
pub mod geometry;
pub mod join;
pub mod leaving;
pub mod logs;
pub mod look;
pub mod memory;
pub mod paint_log;
pub mod pick;
pub mod place;
pub mod placement;
pub mod presenter;
pub mod shell;
pub mod single;
pub mod stance;
pub mod station;
pub mod supervise;
pub mod tray;
pub mod wall;
pub mod window;
pub mod windows;

use crate::audio::hear::Ear;
use crate::audio::speaker::DefaultSpeaker;
use crate::audio::{Audio, AudioNow};
use crate::commands::{Shared, WindowInfo};
use crate::paint_log::PaintLog;
use crate::placement::Screen;
use crate::presenter::PresenterKind;
use crate::shell::Shell;
use crate::stance::{Begin, Stance};
use crate::station::Station;
use crate::wall::{Tell, Wall};
use crate::windows::Others;
use easien_model::{Scope, UtcMicros};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tauri::{Context, Emitter, Manager, RunEvent, Wry};

/// How the window is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name: `main`, `wall-2`, ...
    pub name: String,
    /// The data folder, which exists.
    pub data: PathBuf,
    /// Who paints the pictures.
    pub presenter: PresenterKind,
    /// Language of the screens, if it is not to be the room's.
    pub lang: Option<String>,
    /// Size in CSS pixels, whatever is remembered.
    pub size: Option<(u32, u32)>,
    /// Begin bare, whatever is remembered.
    pub bare: bool,
    /// The monitor, whatever is remembered.
    pub monitor: Option<Screen>,
    /// The window before this one crashed then.
    pub came_back: Option<UtcMicros>,
    /// Ask at once whether everything is to be stopped.
    pub ask_close: bool,
    /// How further windows are opened.
    pub others: Others,
}

/// Opens the window and stays until it is closed; answers what the process is to end with. On the main thread, with `runtime` running elsewhere.
///
/// # Errors
/// Tauri or GTK could not begin (no display, for one).
pub fn run(
    options: Options,
    context: Context<Wry>,
    runtime: &tokio::runtime::Handle,
    scope: &Scope,
    station: Arc<dyn Station>,
) -> tauri::Result<u8> {
    let _entered = runtime.enter();
    tauri::async_runtime::set(runtime.clone());
    let scope = scope.clone();
    let name = options.name.clone();
    let failure = Arc::new(Mutex::new(None));
    let failed = failure.clone();
    let app = tauri::Builder::default()
        // The program's own test runs it beside others; a window needs no other thread's leave.
        .any_thread()
        .invoke_handler(tauri::generate_handler![
            commands::call,
            commands::surface_set,
            commands::surface_occlude,
            commands::window_info,
            commands::look_set,
            shell::window_answer,
            shell::window_bare,
            shell::window_monitors,
            shell::window_new,
            shell::autostart_get,
            shell::autostart_set,
            shell::tray_get,
            shell::place_keep,
            pick::path_pick,
            audio::hear::audio_listen
        ])
        .setup(move |app| {
            // A setup that fails would be a panic inside Tauri.
            if let Err(error) = begin(app.handle(), &options, &scope, station) {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                app.handle().exit(1);
            }
            Ok(())
        })
        .build(context)?;
    let code = app.run_return(move |_, event| {
        if let RunEvent::Exit = event {
            window::closed(&name);
        }
    });
    failure
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .map_or(Ok(u8::try_from(code).unwrap_or(1)), Err)
}

fn begin(
    app: &tauri::AppHandle,
    options: &Options,
    scope: &Scope,
    station: Arc<dyn Station>,
) -> tauri::Result<()> {
    let name = options.name.as_str();
    let log = Arc::new(PaintLog::default());
    let wall = Wall::start(name, scope, station.clone(), window::on_presenter(app, name), log.clone());
    let begin = Begin {
        bare: options.bare,
        monitor: options.monitor.clone(),
        fixed: options.size.is_some(),
        usual: window::USUAL,
    };
    let stance = Arc::new(Stance::recall(name, options.data.clone(), begin));
    app.manage(Shared::new(
        station.clone(),
        wall.clone(),
        WindowInfo {
            window: name.to_owned(),
            presenter: options.presenter,
            lang: options.lang.clone(),
            data: options.data.display().to_string(),
            connected: false,
            look: look::recall(&options.data, name),
            place: None,
            bare: stance.is_bare(),
            came_back: options.came_back,
            ask_close: options.ask_close,
        },
    ));
    let (handle, label) = (app.clone(), name.to_owned());
    let tell: Tell = Arc::new(move |event: &str, data: &Value| {
        if let Err(error) = handle.emit_to(&label, event, data) {
            tracing::debug!(event, %error, "the page was not told");
        }
    });
    let shell = Shell::new(app.clone(), options, stance.clone(), station.clone(), tell.clone());
    app.manage(shell.clone());
    scope.spawn("tell page", wall::tell_page(wall.clone(), station.clone(), tell.clone()));
    scope.spawn("shell", shell::hear(shell.clone(), station.clone()));
    scope.spawn("signals", leave_on_signal(app.clone()));
    let plan = window::Plan {
        name,
        presenter: options.presenter,
        size: options.size,
        data: &options.data,
        stance: stance.clone(),
        log,
    };
    let ear = begin_audio(app, scope, station, &tell)?;
    let begun = shell.clone();
    let window = window::open(app, &plan, move || {
        begun.page_began();
        ear.page_began();
        wall.page_began();
    })?;
    shell.watch(&window);
    if name == memory::MAIN {
        options.others.open_left();
    }
    Ok(())
}

/// The window's ear, and the page told of whom it hears.
fn begin_audio(
    app: &tauri::AppHandle,
    scope: &Scope,
    station: Arc<dyn Station>,
    tell: &Tell,
) -> tauri::Result<Arc<Ear>> {
    let tell = tell.clone();
    let tell_audio = Arc::new(move |now: AudioNow| {
        tell("window", &serde_json::json!({ "kind": "audio", "audio": now }));
    });
    let audio = Audio::start(Box::new(DefaultSpeaker), tell_audio)?;
    let ear = Ear::new(audio, station);
    app.manage(ear.clone());
    scope.spawn("hear", audio::hear::hear(ear.clone()));
    Ok(ear)
}

/// Closes the window properly when the session or a person at a terminal ends the program.
async fn leave_on_signal(app: tauri::AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let both = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = both else {
        tracing::warn!("signals are not listened to");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    app.exit(0);
}

/// How long the window's own tasks may take to end.
pub const STOP_MOST: Duration = Duration::from_secs(2);
