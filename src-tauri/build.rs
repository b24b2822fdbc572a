//! Lets Tauri read its configuration.

use std::fs;
use std::path::Path;

/// What is shown when the program is built before the page.
const NO_PAGE: &str = "<!doctype html><meta charset=utf-8><title>Easien</title>\
    <body style='background:#0e1116;color:#c8d0da;font:16px sans-serif'><p>The page is not built: npm run build in ui.";

fn main() {
    // Tauri reads the page at compile time; `cargo check` must also work before the page is built.
    let page = Path::new("../ui/dist");
    if !page.join("index.html").exists()
        && let Err(error) =
            fs::create_dir_all(page).and_then(|()| fs::write(page.join("index.html"), NO_PAGE))
    {
        println!("cargo::warning=no page: {error}");
    }
    println!("cargo::rerun-if-changed=../ui/dist");
    tauri_build::build();
}
