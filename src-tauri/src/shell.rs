//! The window towards the person: its close button, coming to the front, bare or with everything, further windows, and
//! whether the room opens by itself. What the station does with a wish to stop is not known here.

use crate::autostart::{self, Autostart};
use crate::leaving::{ANSWER_MOST, Choice, Question, words};
use crate::memory;
use crate::pick::Picked;
use crate::place::{self, Place};
use crate::placement::Screen;
use crate::stance::{self, Stance};
use crate::station::Station;
use crate::supervise::LEFT;
use crate::tray;
use crate::wall::Tell;
use crate::windows::Others;
use crate::{Options, window};
use easien_model::{Code, Problem};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tauri::{AppHandle, Manager, State, WebviewWindow, WindowEvent};
use tokio::sync::broadcast;
use tokio::time::{sleep, timeout};

/// A window that is moved or resized is looked at when it rests.
const REST: Duration = Duration::from_millis(700);
/// The station's words on how it is called take so long at most.
const LANGUAGE_MOST: Duration = Duration::from_secs(1);
/// After "leave" went to all windows: this one goes too, whether or not it heard of it.
const LEAVE_MOST: Duration = Duration::from_secs(1);

/// A monitor as the page lists it.
#[derive(Clone, Debug, Serialize)]
pub struct Monitor {
    /// Which.
    #[serde(flatten)]
    pub screen: Screen,
    /// This window stands on it.
    pub here: bool,
}

/// See the module.
pub struct Shell {
    app: AppHandle,
    name: String,
    lang: Option<String>,
    others: Others,
    stance: Arc<Stance>,
    question: Question,
    station: Arc<dyn Station>,
    tell: Tell,
    note_waits: AtomicBool,
    leaving: AtomicBool,
}

impl Shell {
    /// For the one window of this program.
    #[must_use]
    pub fn new(
        app: AppHandle,
        options: &Options,
        stance: Arc<Stance>,
        station: Arc<dyn Station>,
        tell: Tell,
    ) -> Arc<Self> {
        Arc::new(Self {
            app,
            name: options.name.clone(),
            lang: options.lang.clone(),
            others: options.others.clone(),
            stance,
            question: Question::default(),
            station,
            tell,
            note_waits: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
        })
    }

    /// Whether only the wall is to be seen.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.stance.is_bare()
    }

    /// The page was loaded anew.
    pub fn page_began(&self) {
        self.question.forget();
    }

    fn window(&self) -> Option<WebviewWindow> {
        self.app.get_webview_window(&self.name)
    }

    fn is_main(&self) -> bool {
        self.name == memory::MAIN
    }

    /// Runs something with the window, on the main thread.
    fn on_main(self: &Arc<Self>, run: impl FnOnce(&Arc<Self>, &WebviewWindow) + Send + 'static) {
        let shell = self.clone();
        let sent = self.app.run_on_main_thread(move || {
            if let Some(window) = shell.window() {
                run(&shell, &window);
            }
        });
        if let Err(error) = sent {
            tracing::debug!(%error, "the window is closing");
        }
    }

    /// Listens to the window and to the monitors. On the main thread.
    pub fn watch(self: &Arc<Self>, window: &WebviewWindow) {
        let shell = self.clone();
        window.on_window_event(move |event| match event {
            WindowEvent::CloseRequested { api, .. } => {
                if shell.leaving.load(Ordering::SeqCst) {
                    return;
                }
                api.prevent_close();
                if shell.is_main() { shell.ask() } else { shell.close_this() }
            }
            WindowEvent::Moved(_) | WindowEvent::Resized(_) | WindowEvent::ScaleFactorChanged { .. } => {
                shell.note_soon();
            }
            _ => {}
        });
        let shell = self.clone();
        stance::watch_monitors(move || {
            let Some(window) = shell.window() else { return };
            if let Err(error) = shell.stance.monitors_changed(&window) {
                tracing::error!(%error, "the window does not follow its monitor");
            }
        });
    }

    fn note_soon(self: &Arc<Self>) {
        if self.note_waits.swap(true, Ordering::SeqCst) {
            return;
        }
        let shell = self.clone();
        tauri::async_runtime::spawn(async move {
            sleep(REST).await;
            shell.note_waits.store(false, Ordering::SeqCst);
            shell.on_main(|shell, window| shell.stance.note(window));
        });
    }

    /// The close button: the page asks, or the toolkit where the page does not.
    fn ask(self: &Arc<Self>) {
        if !self.question.ask(Instant::now()) {
            return;
        }
        (self.tell)("window", &json!({ "kind": "close_asked" }));
        let shell = self.clone();
        tauri::async_runtime::spawn(async move {
            sleep(ANSWER_MOST).await;
            if shell.question.overdue() {
                tracing::error!("the page does not answer; the close button asks by itself");
                let language = shell.language().await;
                shell.on_main(move |shell, window| shell.ask_plainly(window, &language));
            }
        });
    }

    async fn language(&self) -> String {
        if let Some(lang) = &self.lang {
            return lang.clone();
        }
        let room = timeout(LANGUAGE_MOST, self.station.call("room.get", Value::Null)).await;
        match room {
            Ok(Ok(room)) => room["settings"]["language"].as_str().unwrap_or("vi").to_owned(),
            _ => "vi".to_owned(),
        }
    }

    /// What was chosen, here or in the page.
    async fn answer(self: &Arc<Self>, choice: Choice) -> Result<(), Problem> {
        self.question.heard(choice);
        match choice {
            Choice::Shown | Choice::Cancel => Ok(()),
            Choice::Leave if !self.is_main() => {
                self.close_this();
                Ok(())
            }
            Choice::Leave => {
                let ask = json!({ "window": null, "wish": "leave" });
                if let Ok(Err(problem)) = timeout(LEAVE_MOST, self.station.call("window.ask", ask)).await {
                    // No station, then no way to the others: this window goes alone.
                    tracing::warn!(%problem, "the other windows were not asked to close");
                }
                self.exit_with(LEFT);
                Ok(())
            }
            Choice::Stop => {
                self.station.call("station.stop", Value::Null).await?;
                self.exit();
                Ok(())
            }
        }
    }

    /// A person closes this window alone.
    fn close_this(self: &Arc<Self>) {
        self.stance.closed_for_good();
        self.exit();
    }

    /// Ends this program in order, remembering where its window stood.
    pub fn exit(self: &Arc<Self>) {
        self.exit_with(0);
    }

    fn exit_with(self: &Arc<Self>, code: u8) {
        // The first reason holds: others follow from it.
        if self.leaving.swap(true, Ordering::SeqCst) {
            return;
        }
        self.on_main(move |shell, window| {
            shell.stance.note(window);
            shell.app.exit(code.into());
        });
    }

    /// Brings the window to the front.
    pub fn raise(self: &Arc<Self>) {
        self.on_main(|_, window| {
            let done = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
            if let Err(error) = done {
                tracing::error!(%error, "the window does not come to the front");
            }
            window::present(window);
        });
    }

    fn set_bare(self: &Arc<Self>, bare: bool) {
        self.on_main(move |shell, window| {
            if let Err(error) = shell.stance.set_bare(window, bare) {
                tracing::error!(%error, bare, "the window does not change its frame");
            }
            (shell.tell)("window", &json!({ "kind": "bare", "bare": shell.is_bare() }));
        });
    }

    /// Shows the desktop's dialog for a path; the answer is sent when it is closed.
    #[cfg(target_os = "linux")]
    pub(crate) fn ask_path(
        self: &Arc<Self>,
        what: Picked,
        title: String,
        sender: tokio::sync::oneshot::Sender<Option<String>>,
    ) {
        use gtk::prelude::*;
        use gtk::{FileChooserAction, FileChooserNative, ResponseType};

        self.on_main(move |_, window| {
            let parent = window.gtk_window().ok();
            let action = match what {
                Picked::Folder => FileChooserAction::SelectFolder,
                Picked::File => FileChooserAction::Open,
            };
            // Its buttons have the desktop's own words.
            let dialog = FileChooserNative::new(Some(title.as_str()), parent.as_ref(), action, None, None);
            dialog.set_modal(true);
            dialog.set_local_only(true);
            let sender = std::cell::Cell::new(Some(sender));
            // A native dialog lives as long as somebody holds it.
            let held = std::cell::RefCell::new(Some(dialog.clone()));
            dialog.connect_response(move |dialog, response| {
                let path = dialog.filename().filter(|_| response == ResponseType::Accept);
                if let Some(sender) = sender.take() {
                    let _ = sender.send(path.and_then(|path| path.to_str().map(str::to_owned)));
                }
                dialog.hide();
                drop(held.take());
            });
            dialog.show();
        });
    }

    #[cfg(target_os = "linux")]
    fn ask_plainly(self: &Arc<Self>, window: &WebviewWindow, language: &str) {
        use gtk::prelude::*;
        use gtk::{ButtonsType, DialogFlags, MessageDialog, MessageType, ResponseType};
        const STOP: ResponseType = ResponseType::Other(1);

        let words = words(language);
        let parent = window.gtk_window().ok();
        let dialog = MessageDialog::new(
            parent.as_ref(),
            DialogFlags::MODAL,
            MessageType::Question,
            ButtonsType::None,
            words.question,
        );
        dialog.set_title("Easien");
        dialog.set_secondary_text(Some(words.why));
        dialog.add_button(words.stop, STOP);
        dialog.add_button(words.cancel, ResponseType::Cancel);
        dialog.add_button(words.leave, ResponseType::Accept);
        dialog.set_default_response(ResponseType::Cancel);
        let shell = self.clone();
        dialog.connect_response(move |dialog, response| {
            let choice = match response {
                ResponseType::Accept => Choice::Leave,
                STOP => {
                    // The second, deliberate step.
                    let sure = MessageDialog::new(
                        Some(dialog),
                        DialogFlags::MODAL,
                        MessageType::Warning,
                        ButtonsType::None,
                        words.sure,
                    );
                    sure.add_button(words.cancel, ResponseType::Cancel);
                    sure.add_button(words.stop.trim_end_matches('…'), STOP);
                    sure.set_default_response(ResponseType::Cancel);
                    let (shell, first) = (shell.clone(), dialog.clone());
                    sure.connect_response(move |sure, response| {
                        sure.close();
                        if response == STOP {
                            first.close();
                            shell.answer_plainly(Choice::Stop);
                        }
                    });
                    sure.show_all();
                    return;
                }
                _ => Choice::Cancel,
            };
            dialog.close();
            shell.answer_plainly(choice);
        });
        dialog.show_all();
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn ask_path(
        self: &Arc<Self>,
        _what: Picked,
        _title: String,
        sender: tokio::sync::oneshot::Sender<Option<String>>,
    ) {
        let _ = sender.send(None);
    }

    #[cfg(not(target_os = "linux"))]
    fn ask_plainly(self: &Arc<Self>, _window: &WebviewWindow, _language: &str) {
        self.answer_plainly(Choice::Leave);
    }

    fn answer_plainly(self: &Arc<Self>, choice: Choice) {
        let shell = self.clone();
        tauri::async_runtime::spawn(async move {
            if let Err(problem) = shell.answer(choice).await {
                // The page is not there to say so; the window stays, and the next press asks again.
                tracing::error!(%problem, "the station was not stopped");
            }
        });
    }
}

/// Does what other programs and the station ask of this window.
pub async fn hear(shell: Arc<Shell>, station: Arc<dyn Station>) {
    let mut events = station.events();
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        let data = &event["data"];
        match event["event"].as_str() {
            Some("window.asked") if data["window"].is_null() || data["window"] == shell.name.as_str() => {
                match data["wish"].as_str() {
                    Some("raise") => shell.raise(),
                    Some("close") => {
                        shell.raise();
                        shell.ask();
                    }
                    // The main window's parent may keep the room's mark in the tray.
                    Some("leave") if shell.is_main() => shell.exit_with(LEFT),
                    Some("leave") => shell.exit(),
                    _ => tracing::warn!(%data, "a wish that is not known here"),
                }
            }
            Some("station.stopping") => shell.exit(),
            _ => {}
        }
    }
}

/// What the person chose in the page's close dialog.
///
/// # Errors
/// The station does not stop.
#[tauri::command]
pub async fn window_answer(shell: State<'_, Arc<Shell>>, choice: Choice) -> Result<(), Problem> {
    shell.answer(choice).await
}

/// Bare over the whole monitor, or with everything.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub fn window_bare(shell: State<'_, Arc<Shell>>, bare: bool) {
    shell.set_bare(bare);
}

/// The monitors that are there.
///
/// # Errors
/// The system does not say.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub async fn window_monitors(shell: State<'_, Arc<Shell>>) -> Result<Vec<Monitor>, Problem> {
    let (sender, answer) = tokio::sync::oneshot::channel();
    shell.on_main(move |shell, window| {
        let home = shell.stance.home();
        let listed = stance::screens(window).map(|(screens, _)| {
            let as_listed = |screen: Screen| Monitor { here: Some(&screen) == home.as_ref(), screen };
            screens.into_iter().map(as_listed).collect()
        });
        let _ = sender.send(listed);
    });
    match answer.await {
        Ok(Ok(monitors)) => Ok(monitors),
        Ok(Err(error)) => Err(internal("window_monitors", error)),
        Err(error) => Err(internal("window_monitors", error)),
    }
}

/// Opens a further wall, on a monitor if one is named.
///
/// # Errors
/// It cannot be started.
#[tauri::command]
pub async fn window_new(shell: State<'_, Arc<Shell>>, monitor: Option<Screen>) -> Result<(), Problem> {
    shell.others.open_new(monitor.as_ref()).map_err(|error| internal("window_new", format!("{error:#}")))
}

/// Whether the room opens by itself.
///
/// # Errors
/// There is no home folder.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub fn autostart_get(shell: State<'_, Arc<Shell>>) -> Result<Autostart, Problem> {
    let (folder, program) = autostart_places()?;
    Ok(autostart::read(&folder, &program, &shell.others.data))
}

/// Lets the room open by itself, or not. Answers what stands on the disk then.
///
/// # Errors
/// The file cannot be written.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub fn autostart_set(shell: State<'_, Arc<Shell>>, wanted: Autostart) -> Result<Autostart, Problem> {
    let (folder, program) = autostart_places()?;
    autostart::write(&folder, &program, &shell.others.data, wanted)
        .map_err(|error| internal("autostart_set", format!("{}: {error}", folder.display())))
}

/// Where the eye is now, for the next beginning of the page.
///
/// # Errors
/// It makes no sense, or cannot be written.
#[tauri::command]
pub async fn place_keep(shell: State<'_, Arc<Shell>>, place: Place) -> Result<(), Problem> {
    place::keep(&shell.others.data, &shell.name, &place).map_err(|error| internal("place_keep", error))
}

/// Whether the room's mark is in the desktop's tray.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub fn tray_get(shell: State<'_, Arc<Shell>>) -> bool {
    tray::is_up(&shell.others.data)
}

fn autostart_places() -> Result<(PathBuf, PathBuf), Problem> {
    let folder = autostart::folder().ok_or_else(|| internal("autostart", "there is no home folder"))?;
    let program = std::env::current_exe().map_err(|error| internal("autostart", error))?;
    Ok((folder, program))
}

fn internal(command: &str, detail: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Internal, "problem_internal").with("command", command).detail(detail)
}
