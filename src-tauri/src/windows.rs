//! The other windows of the room: opening further ones, each a process of its own.

use crate::memory;
use crate::placement::Screen;
use crate::presenter::PresenterKind;
use anyhow::Context;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::Command;

/// How this program opens another window like its own.
#[derive(Clone, Debug)]
pub struct Others {
    /// The data folder.
    pub data: PathBuf,
    /// The station's program, if one was named.
    pub station: Option<PathBuf>,
    /// Who paints the pictures.
    pub presenter: PresenterKind,
    /// Language of the screens, if one was named.
    pub lang: Option<String>,
}

impl Others {
    fn arguments(&self) -> Vec<OsString> {
        let mut all: Vec<OsString> = vec!["--data".into(), self.data.clone().into()];
        if let Some(station) = &self.station {
            all.extend(["--station".into(), station.clone().into()]);
        }
        if self.presenter == PresenterKind::Page {
            all.extend(["--presenter".into(), "page".into()]);
        }
        if let Some(lang) = &self.lang {
            all.extend(["--lang".into(), lang.into()]);
        }
        all
    }

    /// Opens a further wall, on a monitor if one is named.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn open_new(&self, monitor: Option<&Screen>) -> anyhow::Result<()> {
        let mut arguments = self.arguments();
        arguments.push("--new-window".into());
        if let Some(screen) = monitor {
            arguments.extend(["--monitor".into(), serde_json::to_string(screen)?.into()]);
        }
        start(&arguments)
    }

    /// Opens those that nobody closed, with the first window of a room.
    pub fn open_left(&self) {
        for name in memory::left_open(&self.data) {
            let mut arguments = self.arguments();
            arguments.extend(["--window".into(), name.clone().into()]);
            if let Err(error) = start(&arguments) {
                tracing::error!(
                    name,
                    error = format!("{error:#}"),
                    "a window that was open is not opened again"
                );
            }
        }
    }
}

/// In our own process group, so that a terminal's Ctrl+C ends all; reaped by the runtime.
fn start(arguments: &[OsString]) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("which program this is")?;
    let mut child = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(false)
        .spawn()
        .with_context(|| program.display().to_string())?;
    tracing::info!(pid = child.id(), "a further window is opened");
    tokio::spawn(async move {
        let _ = child.wait().await;
    });
    Ok(())
}
