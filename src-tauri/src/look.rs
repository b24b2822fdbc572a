//! How a window looks (theme, size of text), kept beside its place in a small file of the data folder: known before the
//! page or the station are there, so that a window in the day theme never flashes dark. What it means for the page's
//! colours is the page's matter.

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use tauri::utils::config::Color;

/// The themes of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// For a dim room.
    #[default]
    Dark,
    /// For a bright room.
    Day,
    /// For eyes that need it.
    Contrast,
}

impl Theme {
    /// As the page writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Day => "day",
            Self::Contrast => "contrast",
        }
    }

    /// The page's `--ground`, so that nothing flashes before the page paints. A test compares it with `app.css`.
    #[must_use]
    pub fn ground(self) -> Color {
        match self {
            Self::Dark => Color(0x0a, 0x0d, 0x10, 0xff),
            Self::Day => Color(0xe6, 0xe9, 0xec, 0xff),
            Self::Contrast => Color(0x00, 0x00, 0x00, 0xff),
        }
    }

    /// For the frame that the desktop draws around the window.
    #[must_use]
    pub fn frame(self) -> tauri::Theme {
        if self == Self::Day { tauri::Theme::Light } else { tauri::Theme::Dark }
    }
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The theme.
    #[serde(default)]
    pub theme: Theme,
    /// Size of all text, in percent; the page knows which there are.
    pub text_percent: u32,
}

impl Default for Look {
    fn default() -> Self {
        Self { theme: Theme::default(), text_percent: 100 }
    }
}

impl Look {
    /// What the page runs before it paints for the first time.
    #[must_use]
    pub fn script(self) -> String {
        format!("document.documentElement?.setAttribute('data-theme', '{}');", self.theme.name())
    }
}

fn path_of(data: &Path, name: &str) -> PathBuf {
    data.join(format!("window-{name}.look.json"))
}

/// How the window looked; damaged or never kept: as the product does.
#[must_use]
pub fn recall(data: &Path, name: &str) -> Look {
    let text = std::fs::read_to_string(path_of(data, name)).ok();
    let found: Option<Look> = text.and_then(|text| serde_json::from_str(&text).ok());
    found.filter(|look| (50..=300).contains(&look.text_percent)).unwrap_or_default()
}

/// Keeps it; the former file stays if this fails.
///
/// # Errors
/// The data folder cannot be written.
pub fn keep(data: &Path, name: &str, look: &Look) -> std::io::Result<()> {
    let path = path_of(data, name);
    let part = path.with_extension("json.part");
    let mut file = File::create(&part)?;
    file.write_all(&serde_json::to_vec(look)?)?;
    drop(file);
    std::fs::rename(&part, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_kept_and_a_damaged_one_is_none() -> anyhow::Result<()> {
        let data = tempfile::tempdir()?;
        assert_eq!(recall(data.path(), "main"), Look::default());
        let look = Look { theme: Theme::Day, text_percent: 130 };
        keep(data.path(), "main", &look)?;
        assert_eq!(recall(data.path(), "main"), look);
        assert_eq!(recall(data.path(), "wall-2"), Look::default(), "each window has its own");
        std::fs::write(path_of(data.path(), "main"), "{\"theme\":\"mauve\",\"text_percent\":100}")?;
        assert_eq!(recall(data.path(), "main"), Look::default());
        std::fs::write(path_of(data.path(), "main"), "{\"theme\":\"day\",\"text_percent\":4000}")?;
        assert_eq!(recall(data.path(), "main"), Look::default());
        Ok(())
    }

    #[test]
    fn the_window_s_ground_is_the_page_s() -> anyhow::Result<()> {
        let css = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/app.css"))?;
        for theme in [Theme::Dark, Theme::Day, Theme::Contrast] {
            let block = css.split_once(&format!("[data-theme='{}'] {{", theme.name())).map(|(_, rest)| rest);
            let Color(r, g, b, _) = theme.ground();
            let ground = format!("--ground: #{r:02x}{g:02x}{b:02x};");
            let first = block.and_then(|block| block.split_once('}')).map_or("", |(first, _)| first);
            assert!(first.contains(&ground), "{ground} of {theme:?}");
        }
        Ok(())
    }
}
