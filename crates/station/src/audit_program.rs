//! `easien-station audit verify`: is the audit, and what people wrote, as it was written? Without the running station, on
//! the data folder alone; a checkpoint that was printed or copied off the machine shows what was cut off.

use easien_store::{AuditFault, CheckpointText, CheckpointVerdict, Store};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Something is not as it was written.
const ALTERED: u8 = 1;
/// It could not be looked at.
const UNREADABLE: u8 = 2;

/// Says in lines what holds and what does not. Ends with 0 when all of it holds, 1 when something is not as it was
/// written, 2 when it cannot be read.
#[must_use]
pub fn verify(data: &Path, checkpoint: Option<&Path>) -> ExitCode {
    match try_verify(data, checkpoint) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(ALTERED),
        Err(error) => {
            eprintln!("easien-station: {error:#}");
            ExitCode::from(UNREADABLE)
        }
    }
}

fn try_verify(data: &Path, checkpoint: Option<&Path>) -> anyhow::Result<bool> {
    // Nothing is made where nothing is: a wrong folder is not an empty audit.
    anyhow::ensure!(
        data.join(easien_store::DATABASE_FILE).is_file(),
        "{} holds no {}",
        data.display(),
        easien_store::DATABASE_FILE
    );
    let texts = checkpoint.map(read_checkpoints).transpose()?;
    let store = Store::open(data, Arc::new(easien_model::SystemClock))?;
    let check = store.check_audit(None)?;
    println!("audit: {} rows", check.rows);
    let mut holds = true;
    match check.fault {
        None => println!("audit: every row is as it was written, and so is what it tells of"),
        Some(fault) => {
            holds = false;
            match fault {
                AuditFault::Row(row) => {
                    println!("ALTERED: row {row} is not what was written, or a row is missing there")
                }
                AuditFault::Missing { row, object } => {
                    println!("ALTERED: {object}, written by row {row}, is missing")
                }
                AuditFault::Changed { row, object } => {
                    println!("ALTERED: {object} is not what was written by row {row}");
                }
                AuditFault::Unwritten { object } => println!("ALTERED: nobody wrote {object}"),
            }
        }
    }
    if let Some(texts) = texts {
        holds &= hold_against(&store, &texts, check.rows)?;
    }
    store.close()?;
    Ok(holds)
}

/// The texts of a checkpoint, or of all that are in a folder, with their names in its order.
fn read_checkpoints(place: &Path) -> anyhow::Result<Vec<(String, String)>> {
    if !place.is_dir() {
        return Ok(vec![(String::new(), std::fs::read_to_string(place)?)]);
    }
    let mut names: Vec<_> = std::fs::read_dir(place)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".checkpoint.txt") && !name.starts_with('.'))
        .collect();
    names.sort();
    anyhow::ensure!(!names.is_empty(), "{} holds no *.checkpoint.txt", place.display());
    names
        .into_iter()
        .map(|name| Ok((format!("{name}: "), std::fs::read_to_string(place.join(&name))?)))
        .collect()
}

/// Says of each checkpoint whether what it covers is still there; whether all do.
fn hold_against(store: &Store, texts: &[(String, String)], rows: u64) -> anyhow::Result<bool> {
    let read: Vec<Option<CheckpointText>> =
        texts.iter().map(|(_, text)| CheckpointText::read(text)).collect();
    let known: Vec<CheckpointText> = read.iter().flatten().cloned().collect();
    let mut verdicts = store.hold_all_against(&known)?.into_iter();
    let (mut all, mut held) = (true, 0_usize);
    for ((name, _), read) in texts.iter().zip(&read) {
        let verdict = read.as_ref().and_then(|_| verdicts.next());
        match verdict {
            Some(CheckpointVerdict::Holds) => {
                held += 1;
                continue;
            }
            None => println!("CHECKPOINT: {name}this is no checkpoint"),
            Some(CheckpointVerdict::Foreign) => println!("CHECKPOINT: {name}it is another station's"),
            Some(CheckpointVerdict::Unsigned) => {
                println!("CHECKPOINT: {name}no key of this station signed it, or it was changed");
            }
            Some(CheckpointVerdict::Cut { rows: covered }) => println!(
                "ALTERED: {name}it covers {covered} rows and there are {rows}: rows were cut off, or an older database was put in place"
            ),
            Some(CheckpointVerdict::Changed) => println!("ALTERED: {name}what it covers is not what it was"),
        }
        all = false;
    }
    match texts.len() {
        1 if held == 1 => println!("checkpoint: everything that it covers is there, as it was"),
        count if count > 1 => {
            println!("checkpoints: {held} of {count} hold: everything that they cover is there, as it was")
        }
        _ => {}
    }
    Ok(all)
}
