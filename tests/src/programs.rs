//! Where the repository and its built programs are.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The repository's root.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A built program of this workspace: beside the running one (a test lies in `deps/`), else below `target`.
///
/// # Errors
/// When it is not built; says how to build it.
pub fn find(name: &str) -> Result<PathBuf> {
    let running = std::env::current_exe().context("where this program is")?;
    let beside = running.parent().context("a program lies in a folder")?;
    let profile = if beside.ends_with("deps") { beside.parent().unwrap_or(beside) } else { beside };
    let program = profile.join(name);
    if program.is_file() {
        return Ok(program);
    }
    bail!("{} is not built: ./dev test builds it, or cargo build --bin {name}", program.display())
}
