//! The graph of packages as `cargo metadata` tells it, and paths in it.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::process::Command;

/// Packages by name, each with those that it links (normal dependencies) and those that only its tests use.
#[derive(Debug, Default)]
pub struct Graph {
    pub normal: BTreeMap<String, BTreeSet<String>>,
    pub members: BTreeSet<String>,
}

impl Graph {
    /// Reads the workspace at `root`, for this machine's target only.
    pub fn read(root: &Path) -> Self {
        let out = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform"])
            .arg(format!("{}-unknown-linux-gnu", std::env::consts::ARCH))
            .current_dir(root)
            .output()
            .expect("cargo metadata starts");
        assert!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
        let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata speaks JSON");
        Self::from_metadata(&metadata)
    }

    fn from_metadata(metadata: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let names: BTreeMap<String, String> =
            list(&metadata["packages"]).iter().map(|p| (text(&p["id"]), text(&p["name"]))).collect();
        let name = |id: &Value| names.get(&text(id)).cloned().unwrap_or_default();
        let mut graph = Self {
            members: list(&metadata["workspace_members"]).iter().map(name).collect(),
            ..Self::default()
        };
        for node in list(&metadata["resolve"]["nodes"]) {
            let linked = graph.normal.entry(name(&node["id"])).or_default();
            for dep in list(&node["deps"]) {
                // "kind": null is a normal dependency; "dev" and "build" are not linked into the program.
                if list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                    linked.insert(name(&dep["pkg"]));
                }
            }
        }
        graph
    }

    /// The shortest way from `from` to a package that `is` accepts (`from` itself not counted), as package names.
    pub fn path(&self, from: &str, is: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for next in self.normal.get(at).into_iter().flatten() {
                if next == from || came_from.contains_key(next.as_str()) {
                    continue;
                }
                came_from.insert(next, at);
                if is(next) {
                    let mut path = vec![next.clone()];
                    let mut step = next.as_str();
                    while let Some(before) = came_from.get(step) {
                        path.push((*before).to_owned());
                        step = before;
                    }
                    path.reverse();
                    return Some(path);
                }
                queue.push_back(next);
            }
        }
        None
    }
}

#[test]
fn a_path_is_found_and_told_whole() {
    let metadata = serde_json::json!({
        "packages": [{"id": "1", "name": "easien-archive"}, {"id": "2", "name": "middle"}, {"id": "3", "name": "ffmpeg-next"}],
        "workspace_members": ["1"],
        "resolve": {"nodes": [
            {"id": "1", "deps": [{"pkg": "2", "dep_kinds": [{"kind": null}]}]},
            {"id": "2", "deps": [{"pkg": "3", "dep_kinds": [{"kind": null}]}, {"pkg": "1", "dep_kinds": [{"kind": "dev"}]}]},
            {"id": "3", "deps": []},
        ]}
    });
    let graph = Graph::from_metadata(&metadata);
    let path = graph.path("easien-archive", |name| name.starts_with("ffmpeg"));
    assert_eq!(path.expect("found"), ["easien-archive", "middle", "ffmpeg-next"]);
    assert_eq!(graph.path("middle", |name| name == "easien-archive"), None, "a dev dependency is not a way");
    assert_eq!(graph.members.len(), 1);
}
