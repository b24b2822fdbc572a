//! The command list as tables: for the page, and for people (docs/reference/permissions.md).

use crate::access::{Access, Whose};
use crate::commands::COMMANDS;

/// Who may call what, for the page: `ACCESS`, command name -> words of [`Access`].
#[must_use]
pub fn access_typescript() -> String {
    let word = |access: &Access| match access {
        Access::Anyone => "'anyone'",
        Access::Watcher => "'watcher'",
        Access::SignedIn => "'signed_in'",
        Access::Operator => "'operator'",
        Access::Investigator => "'investigator'",
        Access::Supervisor => "'supervisor'",
        Access::Administrator => "'administrator'",
    };
    let mut out = String::from(
        "/** Who may call what; any one of them is enough. */\n\
         export type Access = 'anyone' | 'watcher' | 'signed_in' | Role;\n\n\
         /** The table of permissions: docs/reference/permissions.md. */\n\
         export const ACCESS: Readonly<Record<CommandName, readonly Access[]>> = {\n",
    );
    for command in COMMANDS {
        let words: Vec<_> = command.access.iter().map(word).collect();
        out.push_str(&format!("  '{}': [{}],\n", command.name, words.join(", ")));
    }
    out.push_str("};\n");
    out
}

/// The command list as a table: who may call what. docs/reference/permissions.md is this text, and a test compares it.
#[must_use]
pub fn permission_table() -> String {
    const COLUMNS: [(&str, Access); 7] = [
        ("signed out", Access::Anyone),
        ("locked", Access::Watcher),
        ("signed in", Access::SignedIn),
        ("operator", Access::Operator),
        ("investigator", Access::Investigator),
        ("supervisor", Access::Supervisor),
        ("administrator", Access::Administrator),
    ];
    let mut out = String::from(
        "# Who may call what\n\n\
         Made from the command list (`crates/link/src/commands.rs`); `cargo run -p easien-link --example bindings` writes it.\n\n\
         - *signed out*: nobody is signed in at the window program. *locked*: somebody is, and away. The other columns are\n  \
         people signed in at an open desk; a person with several roles may do what any of them may.\n\
         - While nobody was ever added to the room there is no signing in, and everybody may call everything.\n\
         - People limited to units or cameras may call the same, but only about those cameras: others are as if they were not\n  \
         there, in arguments, replies, events, pictures and sound.\n\
         - *things* are what the arguments name: *anyone's* must be there; *own*: one's own, others' are refused; *own or\n  \
         supervisor's*: others' for supervisors alone; *shared*: one's own and everybody's, a private one of somebody else is\n  \
         not there; *new*: made, under an id that the caller chose; *kept*: changed, or made if it is not there; *filter*: one\n  \
         that is not there finds nothing; *left out*: one that is not there is passed over. A thing of which somebody may see\n  \
         no camera is for them as if it were not there. A test tries every command, by every role, with one's own, others',\n  \
         hidden and missing things (`crates/station/tests/it/authority.rs`).\n\
         - Beyond the role: which moves of an incident are possible depends on role and state.\n\n",
    );
    let heads = COLUMNS.iter().map(|(head, _)| *head).collect::<Vec<_>>().join(" | ");
    let lines = "---|".repeat(COLUMNS.len() + 4);
    out.push_str(&format!("| command | {heads} | things | arguments | reply | what |\n|---|{lines}\n"));
    for command in COMMANDS {
        out.push_str(&format!("| `{}` |", command.name));
        for (_, column) in COLUMNS {
            let may = command.access.iter().any(|access| {
                *access == column
                    || *access == Access::Anyone
                    || (*access == Access::Watcher && column != Access::Anyone)
                    || (*access == Access::SignedIn && !matches!(column, Access::Anyone | Access::Watcher))
            });
            out.push_str(if may { " x |" } else { "  |" });
        }
        let things: Vec<String> = command
            .objects
            .iter()
            .map(|(kind, whose)| {
                let whose = match whose {
                    Whose::Anyones => "anyone's",
                    Whose::Own => "own",
                    Whose::OwnOrSupervisors => "own or supervisor's",
                    Whose::Shared => "shared",
                    Whose::New => "new",
                    Whose::Kept => "kept",
                    Whose::SharedKept => "shared, kept",
                    Whose::Filter => "filter",
                    Whose::LeftOut => "left out",
                };
                format!("{} ({whose})", format!("{kind:?}").to_lowercase())
            })
            .collect();
        out.push_str(&format!(" {} |", things.join(", ")));
        let kind = |name: &str| if name == "()" { String::new() } else { format!("`{name}`") };
        let (args, reply) = (kind(command.args), kind(command.reply));
        out.push_str(&format!(" {args} | {reply} | {} |\n", command.doc.trim()));
    }
    out
}
