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
    let text = checkpoint.map(std::fs::read_to_string).transpose()?;
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
    if let Some(text) = text {
        let verdict = CheckpointText::read(&text).map(|text| store.hold_against(&text)).transpose()?;
        holds &= verdict == Some(CheckpointVerdict::Holds);
        match verdict {
            None => println!("CHECKPOINT: this is no checkpoint"),
            Some(CheckpointVerdict::Holds) => {
                println!("checkpoint: everything that it covers is there, as it was")
            }
            Some(CheckpointVerdict::Foreign) => println!("CHECKPOINT: it is another station's"),
            Some(CheckpointVerdict::Unsigned) => {
                println!("CHECKPOINT: no key of this station signed it, or it was changed");
            }
            Some(CheckpointVerdict::Cut { rows }) => println!(
                "ALTERED: it covers {rows} rows and there are {}: rows were cut off, or an older database was put in place",
                check.rows
            ),
            Some(CheckpointVerdict::Changed) => println!("ALTERED: what it covers is not what it was"),
        }
    }
    store.close()?;
    Ok(holds)
}
