//! The mark in the desktop's tray, where the desktop has one: shown by the window's light parent, so that it stays when
//! the window is closed and the station goes on. Spoken over D-Bus, without a library of the toolkit's.

use crate::memory;
use easien_link::client::Client;
use easien_link::data::{WindowAsk, WindowWish};
use easien_link::{Event, call};
use ksni::menu::{MenuItem, StandardItem};
use ksni::{Handle, TrayMethods};
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

const ICON: tauri::image::Image<'static> = tauri::include_image!("./icons/32x32.png");
/// A desktop that does not answer within this has no tray now.
const ANSWER_MOST: Duration = Duration::from_secs(3);
/// Between two looks whether the station runs.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// What is chosen while the window is busy starting.
pub const ORDERS_WAITING: usize = 8;

/// What a person chose in the tray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The window, in front.
    Show,
    /// A further wall.
    NewWall,
    /// Stop everything: the window asks.
    Stop,
}

/// What the station is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// It answers.
    pub running: bool,
    /// Cameras that are recorded now, and those that should be.
    pub recording: Option<(u32, u32)>,
    /// `vi` or `en`.
    pub language: String,
}

impl State {
    fn says(&self, vi: &'static str, en: &'static str) -> &'static str {
        if self.language == "en" { en } else { vi }
    }

    /// The line that says how it stands.
    #[must_use]
    pub fn line(&self) -> String {
        match (self.running, self.recording) {
            (false, _) => self.says("Trạm không chạy", "The station does not run").to_owned(),
            (true, Some((now, wanted))) => format!("{} {now} / {wanted}", self.says("Đang ghi", "Recording")),
            (true, None) => self.says("Trạm đang chạy", "The station runs").to_owned(),
        }
    }
}

struct Mark {
    state: State,
    chosen: mpsc::Sender<Chosen>,
}

impl Mark {
    fn choose(&self, what: Chosen) {
        // Somebody who presses nine times in a row means it once.
        let _ = self.chosen.try_send(what);
    }

    fn item(&self, label: &str, what: Chosen) -> MenuItem<Self> {
        let activate = Box::new(move |mark: &mut Self| mark.choose(what));
        StandardItem { label: label.to_owned(), activate, ..StandardItem::default() }.into()
    }
}

impl ksni::Tray for Mark {
    fn id(&self) -> String {
        "vn.easien.room".to_owned()
    }

    fn title(&self) -> String {
        format!("Easien: {}", self.state.line())
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        let side = |length: u32| i32::try_from(length).unwrap_or(0);
        // RGBA to ARGB, byte by byte.
        let data = ICON.rgba().chunks_exact(4).flat_map(|px| [px[3], px[0], px[1], px[2]]).collect();
        vec![ksni::Icon { width: side(ICON.width()), height: side(ICON.height()), data }]
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.choose(Chosen::Show);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let state = &self.state;
        let line = StandardItem { label: state.line(), enabled: false, ..StandardItem::default() };
        vec![
            line.into(),
            MenuItem::Separator,
            self.item(state.says("Mở phòng trực", "Show the control room"), Chosen::Show),
            self.item(state.says("Mở thêm tường hình", "Open another wall"), Chosen::NewWall),
            MenuItem::Separator,
            self.item(state.says("Dừng tất cả…", "Stop everything…"), Chosen::Stop),
        ]
    }
}

/// The mark, as long as this lives.
pub struct Tray {
    handle: Handle<Mark>,
    /// Tells the window that there is one.
    _lock: File,
}

impl Tray {
    /// Puts the mark up; `None`: this desktop has no tray now, or another program of the room has the mark up.
    pub async fn put_up(data: &Path, state: State, chosen: mpsc::Sender<Chosen>) -> Option<Self> {
        let lock = File::create(lock_path(data)).ok()?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).ok()?;
        let mark = Mark { state, chosen };
        let handle = timeout(ANSWER_MOST, mark.spawn()).await.ok()?.ok()?;
        Some(Self { handle, _lock: lock })
    }

    /// False: the desktop's tray is gone.
    #[must_use]
    pub fn is_up(&self) -> bool {
        !self.handle.is_closed()
    }

    /// Says how the station stands now.
    pub async fn tell(&self, state: State) {
        // A tray that hangs must not hang the window's parent.
        let _ = timeout(ANSWER_MOST, self.handle.update(|mark| mark.state = state)).await;
    }
}

fn lock_path(data: &Path) -> PathBuf {
    data.join("tray.lock")
}

/// Whether the room's mark is in a tray now.
#[must_use]
pub fn is_up(data: &Path) -> bool {
    File::open(lock_path(data)).is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockShared).is_err())
}

/// Follows the station for as long as somebody wants to know.
pub async fn follow(data: PathBuf, lang: Option<String>, told: watch::Sender<State>) {
    let language =
        |room: &easien_link::data::RoomSettings| lang.clone().unwrap_or_else(|| room.language.clone());
    while !told.is_closed() {
        if let Ok(client) = Client::connect(&data).await {
            let mut events = client.events();
            if let Ok(room) = client.call::<call::RoomGet>(()).await {
                told.send_modify(|state| (state.running, state.language) = (true, language(&room.settings)));
                while let Some(event) = events.next().await {
                    told.send_if_modified(|state| {
                        let before = state.clone();
                        match event {
                            Event::RoomStatus(status) => {
                                state.recording =
                                    Some((status.recording, status.recording + status.not_recording));
                            }
                            Event::RoomChanged(room) => state.language = language(&room.settings),
                            _ => {}
                        }
                        *state != before
                    });
                }
            }
            told.send_modify(|state| (state.running, state.recording) = (false, None));
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Asks the main window something; false: the station does not answer.
pub async fn ask(data: &Path, wish: WindowWish) -> bool {
    let Ok(Ok(client)) = timeout(ANSWER_MOST, Client::connect(data)).await else { return false };
    let ask = WindowAsk { window: Some(memory::MAIN.to_owned()), wish };
    matches!(timeout(ANSWER_MOST, client.call::<call::WindowAsk>(ask)).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ksni::Tray as _;

    #[test]
    fn the_line_says_how_it_stands() {
        let mut state = State { language: "vi".into(), ..State::default() };
        assert_eq!(state.line(), "Trạm không chạy");
        state.running = true;
        assert_eq!(state.line(), "Trạm đang chạy");
        state.recording = Some((15, 16));
        assert_eq!(state.line(), "Đang ghi 15 / 16");
        state.language = "en".into();
        assert_eq!(state.line(), "Recording 15 / 16");
    }

    #[tokio::test]
    async fn without_a_desktop_there_is_no_mark_and_no_waiting() {
        let data = tempfile::tempdir().expect("folder");
        let (chosen, mut orders) = mpsc::channel(ORDERS_WAITING);
        let begun = std::time::Instant::now();
        // Where the tests run there is no session bus, or none with a tray.
        let tray = Tray::put_up(data.path(), State::default(), chosen.clone()).await;
        assert!(begun.elapsed() < ANSWER_MOST + Duration::from_secs(1));
        assert_eq!(is_up(data.path()), tray.is_some());
        let mut mark = Mark { state: State::default(), chosen };
        assert_eq!(mark.icon_pixmap()[0].data.len(), 32 * 32 * 4);
        assert_eq!(mark.menu().len(), 6);
        mark.activate(0, 0);
        assert_eq!(orders.recv().await, Some(Chosen::Show));
    }
}
