//! One window: built in its own theme, with the page under its presenter, remembering where it stood.

use crate::look;
use crate::paint_log::PaintLog;
use crate::presenter::{PagePresenter, Presenter, PresenterKind};
use crate::stance::Stance;
use crate::wall::OnPresenter;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

const SMALLEST: (f64, f64) = (1024.0, 640.0);
/// The page, as Tauri serves it.
#[cfg(target_os = "linux")]
const PAGE: &str = "tauri://localhost/index.html";
/// Size of a window that has not been anywhere yet.
pub const USUAL: (u32, u32) = (1600, 900);

thread_local! {
    /// The presenters of this program's windows, by name. Main thread only: GTK's widgets cannot leave it.
    static PRESENTERS: RefCell<HashMap<String, Box<dyn Presenter>>> = RefCell::new(HashMap::new());
}

/// What a window is built from.
pub struct Plan<'a> {
    /// Its name.
    pub name: &'a str,
    /// Who paints.
    pub presenter: PresenterKind,
    /// Its size in CSS pixels, whatever is remembered.
    pub size: Option<(u32, u32)>,
    /// Where it keeps how it looks.
    pub data: &'a Path,
    /// How it stands.
    pub stance: Arc<Stance>,
    /// What is painted is written here.
    pub log: Arc<PaintLog>,
}

/// The stance that a window takes once its first page is there.
#[derive(Clone, Default)]
struct Later(Arc<Mutex<Option<Arc<Stance>>>>);

impl Later {
    fn put(&self, stance: Arc<Stance>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stance);
    }

    fn take(&self) -> Option<Arc<Stance>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Opens the window. On the main thread only. `page_begins` is called whenever the page is loaded anew.
///
/// # Errors
/// What Tauri says.
pub fn open(
    app: &AppHandle,
    plan: &Plan<'_>,
    page_begins: impl Fn() + Send + Sync + 'static,
) -> tauri::Result<WebviewWindow> {
    let look = look::recall(plan.data, plan.name);
    // Moved to another monitor before its first page is there, WebKitGTK 2.50 without acceleration loses its process.
    let later = Later::default();
    let waits = later.clone();
    let mut builder = WebviewWindowBuilder::new(app, plan.name, WebviewUrl::App("index.html".into()))
        .title("Easien")
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .inner_size(USUAL.0.into(), USUAL.1.into())
        .background_color(look.theme.ground())
        .theme(Some(look.theme.frame()))
        .initialization_script(look.script())
        .devtools(cfg!(debug_assertions))
        .zoom_hotkeys_enabled(false)
        // Cameras are dragged within the page; files dropped from outside are nobody's.
        .disable_drag_drop_handler()
        .on_navigation(|url| url.scheme() == "tauri" || url.as_str() == "about:blank")
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(move |window, load| match load.event() {
            PageLoadEvent::Started => page_begins(),
            PageLoadEvent::Finished => {
                if let Some(stance) = waits.take()
                    && let Err(error) = stance.settle(&window)
                {
                    tracing::error!(%error, "the window does not take its place");
                }
            }
        });
    if let Some((width, height)) = plan.size {
        builder = builder.inner_size(width.into(), height.into());
    }
    let window = builder.build()?;
    if plan.stance.belongs_elsewhere(&window)? {
        later.put(plan.stance.clone());
    } else {
        plan.stance.settle(&window)?;
    }
    install(&window, plan)?;
    Ok(window)
}

/// Runs things with the presenter of the window `name`, on the main thread; dropped when the window is gone.
#[must_use]
pub fn on_presenter(app: &AppHandle, name: &str) -> OnPresenter {
    let (app, name) = (app.clone(), name.to_owned());
    Arc::new(move |run| {
        let name = name.clone();
        let sent = app.run_on_main_thread(move || {
            PRESENTERS.with_borrow(|presenters| {
                if let Some(presenter) = presenters.get(&name) {
                    run(presenter.as_ref());
                }
            });
        });
        if let Err(error) = sent {
            tracing::debug!(%error, "the window is closing");
        }
    })
}

/// Forgets a window's presenter. On the main thread only.
pub fn closed(name: &str) {
    PRESENTERS.with_borrow_mut(|presenters| presenters.remove(name));
}

#[cfg(target_os = "linux")]
fn install(window: &WebviewWindow, plan: &Plan<'_>) -> tauri::Result<()> {
    use gtk::prelude::*;
    use webkit2gtk::{HardwareAccelerationPolicy, HitTestResultExt, SettingsExt, WebViewExt};

    let (name, kind, log) = (plan.name.to_owned(), plan.presenter, plan.log.clone());
    window.with_webview(move |platform| {
        let page = platform.inner();
        if let Some(settings) = WebViewExt::settings(&page) {
            // Without a GPU (and beside a native surface) the plain way is the cheap and the right one.
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
            settings.set_enable_write_console_messages_to_stdout(cfg!(debug_assertions));
        }
        // Pasting into a field stays possible; "reload" and the like are not for a control room.
        page.connect_context_menu(|_, _, _, hit| !hit.context_is_editable());
        page.connect_web_process_terminated(|page, reason| {
            tracing::error!(?reason, "the page's process ended; loading the page anew");
            let page = page.clone();
            // Not at once: a page that dies while loading must not spin.
            gtk::glib::timeout_add_local_once(std::time::Duration::from_millis(500), move || {
                // Before the first page was there is nothing that could be loaded anew.
                match page.uri() {
                    Some(at) if at.as_str() != "about:blank" && !at.is_empty() => page.load_uri(&at),
                    _ => page.load_uri(PAGE),
                }
            });
        });
        let native = (kind == PresenterKind::Native).then(|| {
            let container = page.parent().and_then(|parent| parent.downcast::<gtk::Box>().ok());
            container.zip(page.toplevel()).map(|(container, toplevel)| {
                crate::presenter::native::NativePresenter::above(&page, &container, &toplevel, log)
            })
        });
        let presenter: Box<dyn Presenter> = match native {
            Some(Some(native)) => Box::new(native),
            Some(None) => {
                tracing::error!("the page's widget is not where it should be: no pictures in this window");
                Box::new(PagePresenter)
            }
            None => Box::new(PagePresenter),
        };
        PRESENTERS.with_borrow_mut(|presenters| presenters.insert(name, presenter));
    })
}

#[cfg(not(target_os = "linux"))]
fn install(_window: &WebviewWindow, plan: &Plan<'_>) -> tauri::Result<()> {
    PRESENTERS.with_borrow_mut(|presenters| presenters.insert(plan.name.to_owned(), Box::new(PagePresenter)));
    Ok(())
}

/// Brings a window before all others, as far as the desktop allows. On the main thread.
#[cfg(target_os = "linux")]
pub fn present(window: &WebviewWindow) {
    use gtk::prelude::*;
    if let Ok(frame) = window.gtk_window() {
        frame.present();
    }
}

/// Coming to the front is enough on other systems.
#[cfg(not(target_os = "linux"))]
pub fn present(_window: &WebviewWindow) {}
