//! The wire's types as TypeScript, in one file: `ui/src/lib/backend/bindings/wire.ts`. A test compares the file with
//! what this module makes; `cargo run -p easien-link --example bindings` writes it anew.

use crate::problems::PROBLEMS;
use crate::{Event, commands};
use easien_model::Problem;
use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use ts_rs::{Config, TS, TypeVisitor};

/// Where the generated file is in the checkout that this crate was built from.
#[must_use]
pub fn place() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/lib/backend/bindings/wire.ts"))
}

/// Where the table of permissions stands.
#[must_use]
pub fn permissions_place() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/permissions.md"))
}

/// The whole content of `wire.ts`.
#[must_use]
pub fn typescript() -> String {
    let mut types = Types { config: config(), seen: HashSet::new(), found: BTreeMap::new() };
    commands::visit_types(&mut types);
    types.visit::<Event>();
    types.visit::<Problem>();

    let mut out = String::from(
        "// The wire between page and station: commands, events, their data. Generated from crates/link by\n\
         // `cargo run -p easien-link --example bindings`; a test compares. Do not edit.\n\n",
    );
    for declaration in types.found.values() {
        out.push_str(declaration);
        out.push_str("\n\n");
    }
    out.push_str("/** Every command: its arguments and its reply. */\n");
    out.push_str(&commands::typescript());
    out.push_str("\n/** A command's name. */\nexport type CommandName = keyof Commands;\n");
    out.push('\n');
    out.push_str(&crate::permissions::access_typescript());
    out.push_str("\n/** Every `Problem.key` that can come; each needs a sentence in every catalogue. */\n");
    out.push_str("export const PROBLEM_KEYS = [\n");
    for (key, doc) in PROBLEMS {
        out.push_str(&format!("  /**{doc} */\n  {key:?},\n"));
    }
    out.push_str(
        "] as const;\n\n/** One of them. */\nexport type ProblemKey = (typeof PROBLEM_KEYS)[number];\n",
    );
    out
}

/// 64-bit integers are numbers in the page: all of ours stay below 2^53.
pub(crate) fn config() -> Config {
    Config::default().with_large_int("number")
}

struct Types {
    config: Config,
    seen: HashSet<TypeId>,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Only derived types have a place of their own; `Vec<T>` and the like only lead to others.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            let lines = format!("{docs}export {}", T::decl(&self.config));
            self.found.insert(T::ident(&self.config), tidy(&lines));
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

/// Comments on one line where they fit, members on lines of their own, no space at the end of a line.
fn tidy(declaration: &str) -> String {
    let text = declaration.replace("/**\n * ", "/** ").replace("\n */\n", " */\n");
    let mut inside = false;
    let mut out = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        let (body, end) = match line.strip_suffix(", };") {
            Some(body) if inside => (body, true),
            _ => (line, false),
        };
        out.push(format!("{}{body}{}", if inside { "  " } else { "" }, if end { ",\n};" } else { "" }));
        inside |= line.starts_with("export ") && line.ends_with('{');
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_current_types() {
        let stored = std::fs::read_to_string(place()).unwrap_or_default();
        assert!(
            stored == typescript(),
            "wire.ts is stale: run `cargo run -p easien-link --example bindings` and commit the result"
        );
    }

    #[test]
    fn no_big_integers_and_no_unit_surprises() {
        let all = typescript();
        assert!(!all.contains("bigint"));
        assert!(all.contains("\"camera.delete\": { args: CameraId; reply: null };"), "{all}");
    }

    /// Ids, and windows by their names, that arguments hold at any depth.
    struct Named {
        config: Config,
        seen: HashSet<TypeId>,
        kinds: std::collections::BTreeSet<commands::ObjectKind>,
    }

    impl TypeVisitor for Named {
        fn visit<T: TS + 'static + ?Sized>(&mut self) {
            if !self.seen.insert(TypeId::of::<T>()) {
                return;
            }
            if T::output_path().is_some() {
                self.kinds.extend(commands::ObjectKind::of_id(&T::ident(&self.config)));
                let decl = T::decl(&self.config);
                let is_field = |(at, _): (usize, &str)| {
                    !decl[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
                };
                if decl.match_indices("window:").chain(decl.match_indices("window?:")).any(is_field) {
                    self.kinds.insert(commands::ObjectKind::Window);
                }
            }
            T::visit_dependencies(self);
            T::visit_generics(self);
        }
    }

    #[test]
    fn every_command_says_which_things_its_arguments_name() {
        let mut checked = 0;
        commands::visit_args(
            |_| Named { config: config(), seen: HashSet::new(), kinds: Default::default() },
            |name, mut found| {
                let info = commands::COMMANDS.iter().find(|info| info.name == name).unwrap();
                let mut said: std::collections::BTreeSet<_> =
                    info.objects.iter().map(|(kind, _)| *kind).collect();
                // A window's name alone is its argument.
                if info.args == "WindowName" {
                    said.remove(&commands::ObjectKind::Window);
                }
                // What a window remembers of its layout and tour, and what a saved filter asks for, is kept as it is
                // told, and not looked up.
                use commands::ObjectKind::{Camera, Incident, Layout, Tour, Unit};
                let kept_as_told: &[_] = match name {
                    "wall.remember" => &[Layout, Tour],
                    "filter.put" => &[Camera, Incident, Unit],
                    _ => &[],
                };
                found.kinds.retain(|kind| !kept_as_told.contains(kind));
                assert_eq!(said, found.kinds, "{name}: `of [...]` and its arguments differ");
                checked += 1;
            },
        );
        assert_eq!(checked, commands::COMMANDS.len());
    }

    #[test]
    fn the_table_of_permissions_is_the_command_list() {
        let on_disk = std::fs::read_to_string(permissions_place()).unwrap_or_default();
        assert!(
            on_disk == crate::permissions::permission_table(),
            "permissions.md is stale: run `cargo run -p easien-link --example bindings` and commit the result"
        );
    }
}
