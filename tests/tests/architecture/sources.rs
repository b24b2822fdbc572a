//! What every source file must keep to.

use easien_tests::programs;
use std::fs;
use std::path::{Path, PathBuf};

/// Where `unsafe` may stand.
const UNSAFE_ROOMS: [&str; 2] = ["crates/picture/mosaic/", "crates/picture/worker/"];

/// Files longer than this are reported, files longer than half as much again fail.
const LINES_RUST: usize = 500;
const LINES_SVELTE: usize = 300;

fn sources() -> Vec<(String, String)> {
    let root = programs::repository();
    let mut found = vec![];
    for room in ["crates", "src-tauri", "tests", "bench", "ui/src"] {
        walk(&root.join(room), &mut found);
    }
    found.sort();
    assert!(found.len() > 20, "too few sources below {}: {found:?}", root.display());
    let name = |path: &Path| path.strip_prefix(&root).unwrap_or(path).display().to_string();
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap_or_default())).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let skipped = ["target", "node_modules", "dist", "paraglide", "gen", "bindings"];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !skipped.contains(&name.as_str()) && !name.starts_with('.') {
                walk(&path, found);
            }
        } else if [".rs", ".svelte", ".ts"].iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
}

/// The code of a Rust line: without line comment and string contents, roughly, which is enough to look for a word.
fn code_of(line: &str) -> String {
    let line = line.split("//").next().unwrap_or_default();
    line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

#[test]
fn unsafe_stands_only_in_the_mosaic_and_the_worker() {
    let mut offending = vec![];
    for (name, text) in sources().iter().filter(|(name, _)| name.ends_with(".rs")) {
        if UNSAFE_ROOMS.iter().any(|room| name.starts_with(room)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = code_of(line);
            let allowed =
                has_word(&code, "unsafe_code") && (code.contains("allow") || code.contains("expect"));
            if has_word(&code, "unsafe") || allowed {
                offending.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(offending.is_empty(), "unsafe outside {UNSAFE_ROOMS:?}:\n  {}", offending.join("\n  "));
}

#[test]
fn every_module_says_what_it_is() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(name, text)| name.ends_with(".rs") && !text.trim_start().starts_with("//!"))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "these begin without `//!`:\n  {}", silent.join("\n  "));
}

#[test]
fn files_stay_readable_in_one_sitting() {
    let mut far_too_long = vec![];
    for (name, text) in sources() {
        let limit = if name.ends_with(".svelte") { LINES_SVELTE } else { LINES_RUST };
        let lines = text.lines().count();
        if lines > limit {
            eprintln!("{lines:5} lines (about {limit} wanted)  {name}");
        }
        if lines > limit + limit / 2 {
            far_too_long.push(format!("{lines:5}  {name}"));
        }
    }
    assert!(far_too_long.is_empty(), "split these:\n  {}", far_too_long.join("\n  "));
}

#[test]
fn only_the_backend_room_of_the_page_knows_tauri() {
    let offending: Vec<String> = sources()
        .into_iter()
        .filter(|(name, _)| name.starts_with("ui/src/") && !name.starts_with("ui/src/lib/backend/"))
        .filter(|(_, text)| text.contains("@tauri-apps/") || text.contains("__TAURI"))
        .map(|(name, _)| name)
        .collect();
    assert!(
        offending.is_empty(),
        "these know Tauri outside ui/src/lib/backend:\n  {}",
        offending.join("\n  ")
    );
}

#[test]
fn features_of_the_page_do_not_import_each_other() {
    let mut offending = vec![];
    for (name, text) in sources() {
        let Some(rest) = name.strip_prefix("ui/src/features/") else { continue };
        let own = rest.split('/').next().unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            let imports = line.trim_start().starts_with("import ") || line.contains(" from ");
            let Some((_, other)) = line.split_once("features/").filter(|_| imports) else { continue };
            if other.split(['/', '\'', '"']).next() != Some(own) {
                offending.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(offending.is_empty(), "a feature imports another:\n  {}", offending.join("\n  "));
}

#[test]
fn every_member_has_its_line_of_purpose_and_the_lints() {
    let root = programs::repository();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("Cargo.toml");
    let members: Vec<&str> = manifest
        .lines()
        .skip_while(|line| !line.starts_with("members"))
        .skip(1)
        .take_while(|line| !line.starts_with(']'))
        .collect();
    assert!(members.len() >= 14, "{members:?}");
    for line in members {
        let (path, purpose) = line.split_once("# ").unwrap_or((line, ""));
        assert!(purpose.len() > 20, "no purpose beside it in Cargo.toml: {line}");
        let path = path.trim().trim_end_matches(',').trim_matches('"');
        let member = fs::read_to_string(root.join(path).join("Cargo.toml")).expect(path);
        assert!(member.contains("\n[lints]\nworkspace = true"), "{path} does not take the workspace's lints");
        assert!(member.contains("\ndescription = \""), "{path} has no description");
    }
}

#[test]
fn words_in_comments_and_strings_are_not_code() {
    assert!(has_word(&code_of("    unsafe { x() }"), "unsafe"));
    assert!(!has_word(&code_of("// unsafe here"), "unsafe"));
    let quoted = format!("let a = {:?};", "unsafe");
    assert!(!has_word(&code_of(&quoted), "unsafe"));
    assert!(!has_word(&code_of("unsafe_code = 1"), "unsafe"));
}
