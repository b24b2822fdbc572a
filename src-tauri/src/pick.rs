//! A path chosen in the desktop's own dialog: for a folder or a file that the station then uses. Nothing is read here.

use crate::shell::Shell;
use easien_model::Problem;
use serde::Deserialize;
use std::sync::Arc;
use tauri::State;

/// What is to be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Picked {
    /// A folder.
    Folder,
    /// A file that is there.
    File,
}

/// Lets a person choose. `None`: they did not, or the window is closing.
///
/// # Errors
/// None; a path that is no text is as none.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's way
pub async fn path_pick(
    shell: State<'_, Arc<Shell>>,
    what: Picked,
    title: String,
) -> Result<Option<String>, Problem> {
    let (sender, answer) = tokio::sync::oneshot::channel();
    shell.ask_path(what, title, sender);
    Ok(answer.await.ok().flatten())
}
