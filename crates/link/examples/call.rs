//! Calls one command of a running station: `cargo run -p easien-link --example call -- DATA camera.list '{}'`.
//! `events` instead of a command prints events until the station goes.

use easien_link::client::Client;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (data, name, args) = match words.as_slice() {
        [data, name] => (data, name, "null"),
        [data, name, args] => (data, name, args.as_str()),
        _ => {
            eprintln!("usage: call DATA_FOLDER COMMAND [JSON]   or   call DATA_FOLDER events");
            for command in easien_link::commands::COMMANDS {
                eprintln!("  {:18}{}", command.name, command.doc);
            }
            return ExitCode::from(2);
        }
    };
    let args = match serde_json::from_str(args) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("the arguments are not JSON: {error}");
            return ExitCode::from(2);
        }
    };
    let client = match Client::connect(Path::new(data)).await {
        Ok(client) => client,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(3);
        }
    };
    if name == "events" {
        let mut events = client.events();
        while let Some(event) = events.next_raw().await {
            // Whoever reads may have enough.
            if writeln!(std::io::stdout(), "{event}").is_err() {
                break;
            }
        }
        return ExitCode::SUCCESS;
    }
    match client.call_raw(name, args).await {
        Ok(reply) => {
            let _ = writeln!(std::io::stdout(), "{reply:#}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{}", serde_json::to_string_pretty(&problem).unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}
