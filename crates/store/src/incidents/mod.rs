//! Incidents: the case files. A sheet that is changed keeps what it said, a state that is moved keeps where it came
//! from, notes are only added and corrected by notes, what belongs to an incident is only taken away with who and why.
//! Here belongs what is written and read of them; who may call which command belongs to the station.

pub(crate) mod attachments;
mod audit;
mod figures;
mod holding;
mod links;
mod list;
mod merge;
mod notes;
pub(crate) mod number;
mod read;
mod rows;
pub(crate) mod sheet;
mod states;
mod subjects;
mod summary;

pub use figures::CaseFigures;
pub use number::{NUMBERS_FILE, raise_numbers};
pub use rows::*;
pub use states::IncidentMove;
pub use subjects::fold_plate;

pub(crate) use read::find;
pub(crate) use summary::Summary;

use crate::error::{Error, Result};
use crate::holds::HoldRow;
use crate::sql::damaged;
use easien_model::IncidentId;
use rusqlite::{Connection, Row};
use serde::{Serialize, de::DeserializeOwned};

fn object(id: IncidentId) -> String {
    format!("incident {id}")
}

fn existing(db: &Connection, id: IncidentId) -> Result<IncidentRow> {
    find(db, id)?.ok_or(Error::NotFound { key: "problem_incident_not_found", field: None })
}

/// The incident, if something may still be written into it.
fn writable(db: &Connection, id: IncidentId) -> Result<IncidentRow> {
    let row = existing(db, id)?;
    if row.state.is_over() { Err(Error::Precondition { key: "problem_incident_over" }) } else { Ok(row) }
}

/// How the incident stands now, with the holds that changed.
fn changed(db: &Connection, id: IncidentId, holds: Vec<HoldRow>) -> Result<IncidentChange> {
    Ok(IncidentChange { incident: existing(db, id)?, holds, others: Vec::new() })
}

/// A word of the model, as stored: its name on the wire.
fn word(value: impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        _ => Err(Error::Damaged("a word without a name".to_owned())),
    }
}

/// Reads a word of the model.
fn read_word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_value(serde_json::Value::String(row.get(column)?))
        .map_err(|error| damaged(column, error))
}

/// Reads a word of the model that may be absent.
fn read_word_opt<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get::<_, Option<String>>(column)? {
        None => Ok(None),
        Some(_) => read_word(row, column).map(Some),
    }
}
