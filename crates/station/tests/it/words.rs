//! Every problem that can reach a person has a sentence: keys in the sources are in the list that the page's catalogues
//! are tested against.

use easien_link::problems::PROBLEMS;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_key_in_the_sources_is_in_the_list() {
    let known: BTreeSet<&str> = PROBLEMS.iter().map(|(key, _)| *key).collect();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for room in ["station", "store", "link", "ingest", "picture"] {
        sources(&here.join("..").join(room).join("src"), &mut files);
    }
    let mut seen = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices("\"problem_") {
            let key = text[at + 1..].split('"').next().unwrap();
            if key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                seen += 1;
                assert!(key == "problem_" || known.contains(key), "{key} in {}", file.display());
            }
        }
    }
    assert!(seen > 50, "only {seen} keys were found: is this looking in the right place?");
}
