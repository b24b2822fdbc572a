//! Who may reach whom.

use crate::graph::Graph;
use easien_tests::programs;
use std::process::Command;

/// Every member, and the members that it may link directly. `easien-model` is open to all.
const MAY: &[(&str, &[&str])] = &[
    ("easien-model", &[]),
    ("easien-ingest", &[]),
    ("easien-archive", &[]),
    ("easien-mosaic", &[]),
    ("easien-picture", &["easien-mosaic"]),
    ("easien-picture-worker", &["easien-picture", "easien-mosaic"]),
    ("easien-store", &[]),
    ("easien-evidence", &["easien-archive"]),
    ("easien-link", &[]),
    (
        "easien-station",
        &[
            "easien-store",
            "easien-ingest",
            "easien-picture",
            "easien-mosaic",
            "easien-evidence",
            "easien-link",
            "easien-archive",
        ],
    ),
    ("easien", &["easien-link", "easien-mosaic"]),
    ("easien-camsim", &[]),
    // Tests and benchmarks look at everything from outside; they speak the link and read camsim's strips.
    ("easien-tests", &["easien-link", "easien-camsim", "easien-mosaic"]),
    // The floor of a benchmark is fed with the same samples, in the words of the workers' wire.
    (
        "easien-bench",
        &[
            "easien-tests",
            "easien-link",
            "easien-camsim",
            "easien-ingest",
            "easien-picture",
            "easien-archive",
            "easien-store",
        ],
    ),
];

fn is_ffmpeg(name: &str) -> bool {
    name.starts_with("ffmpeg") || name.starts_with("rsmpeg") || name.starts_with("libav")
}

fn is_tauri(name: &str) -> bool {
    ["tauri", "tauri-runtime", "tauri-runtime-wry", "tauri-build", "wry", "tao"].contains(&name)
}

fn is_window(name: &str) -> bool {
    let gtk = ["gtk", "gtk-sys", "gdk", "gdk-sys", "gtk4", "glib", "glib-sys", "gio", "cairo-rs"];
    is_tauri(name) || gtk.contains(&name) || name.starts_with("webkit")
}

fn workspace() -> Graph {
    Graph::read(&programs::repository())
}

/// Fails with every path by which a member outside `allowed` reaches a package that `is` accepts.
fn only_reached_from(graph: &Graph, what: &str, allowed: &[&str], is: fn(&str) -> bool) {
    let offending: Vec<String> = graph
        .members
        .iter()
        .filter(|member| !allowed.contains(&member.as_str()))
        .filter_map(|member| graph.path(member, is))
        .map(|path| path.join(" -> "))
        .collect();
    assert!(
        offending.is_empty(),
        "{what} may be reached only from {allowed:?}, but:\n  {}",
        offending.join("\n  ")
    );
    for member in allowed {
        assert!(
            graph.path(member, is).is_some(),
            "{member} does not reach {what}: is this test still looking for it?"
        );
    }
}

#[test]
fn only_the_worker_reaches_ffmpeg() {
    only_reached_from(&workspace(), "FFmpeg", &["easien-picture-worker"], is_ffmpeg);
}

#[test]
fn only_src_tauri_reaches_tauri_gtk_and_webkit() {
    let graph = workspace();
    only_reached_from(&graph, "Tauri", &["easien"], is_tauri);
    only_reached_from(&graph, "a window toolkit", &["easien"], is_window);
}

#[test]
fn members_link_only_whom_they_may() {
    let graph = workspace();
    let mut offending = vec![];
    for member in &graph.members {
        let Some((_, may)) = MAY.iter().find(|(name, _)| name == member) else {
            offending.push(format!("{member} is not in this test's table: say whom it may link"));
            continue;
        };
        for linked in graph.normal[member].iter().filter(|name| graph.members.contains(*name)) {
            if linked != "easien-model" && !may.contains(&linked.as_str()) {
                offending.push(format!("{member} -> {linked}"));
            }
        }
    }
    for (name, _) in MAY {
        if !graph.members.contains(*name) {
            offending.push(format!("{name} is in this test's table, but no member"));
        }
    }
    assert!(offending.is_empty(), "against ARCHITECTURE.md:\n  {}", offending.join("\n  "));
}

#[test]
fn ingest_archive_picture_and_store_never_see_each_other() {
    let graph = workspace();
    let apart = ["easien-ingest", "easien-archive", "easien-picture", "easien-store"];
    let offending: Vec<String> = apart
        .iter()
        .filter_map(|from| graph.path(from, |name| apart.contains(&name)))
        .map(|path| path.join(" -> "))
        .collect();
    assert!(offending.is_empty(), "they must not see each other:\n  {}", offending.join("\n  "));
}

#[test]
fn the_station_is_linked_against_no_decoder_and_no_window() {
    let station = programs::find("easien-station").expect("easien-station is built");
    let out = Command::new("ldd").arg(&station).output().expect("ldd starts");
    let libraries = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success() && libraries.contains("libc.so"),
        "ldd of {}: {libraries}",
        station.display()
    );
    let forbidden = ["libav", "libsw", "libgtk", "libgdk", "libwebkit", "libjavascriptcore", "libsqlite3"];
    let offending: Vec<&str> =
        libraries.lines().filter(|line| forbidden.iter().any(|lib| line.trim().starts_with(lib))).collect();
    assert!(offending.is_empty(), "easien-station is linked against:\n{}", offending.join("\n"));
}
