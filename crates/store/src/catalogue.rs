//! The catalogues of `assets/`: incident categories, seeded into every database, and the units of the room that this
//! program was made for, offered and never imposed.

use crate::audit;
use crate::error::{Error, Result};
use crate::rows::{CategoryRow, UnitRow};
use easien_model::{UnitId, UtcMicros};
use rusqlite::{Connection, TransactionBehavior, params};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// Who seeds, in the audit.
const SEEDER: &str = "easien-station";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryEntry {
    code: String,
    #[serde(default)]
    parent: Option<String>,
    name_vi: String,
    name_en: String,
    #[serde(default)]
    legal_basis: String,
}

/// The categories of `assets/categories`, parents before their children.
///
/// # Errors
/// `Damaged` when the catalogue built into this program cannot be read (a test reads it).
pub fn categories() -> Result<Vec<CategoryRow>> {
    let entries: Vec<CategoryEntry> = read(include_str!("../../../assets/categories/categories.json"))?;
    Ok((0..)
        .zip(entries)
        .map(|(index, entry)| CategoryRow {
            code: entry.code,
            parent: entry.parent,
            name_vi: entry.name_vi,
            name_en: entry.name_en,
            legal_basis: entry.legal_basis,
            position: index * 10,
            retired: None,
        })
        .collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitEntry {
    id: Uuid,
    name: String,
    #[serde(default)]
    valid_from: Option<String>,
    #[serde(default)]
    valid_to: Option<String>,
}

/// The units of `assets/units`: the wards and communes of Buôn Hồ through its regroupings. Offered, never put into a
/// database by itself: another room has other units. Several share a name over time; those without `valid_to` are in
/// force.
///
/// # Errors
/// `Damaged` when the catalogue built into this program cannot be read (a test reads it).
pub fn units() -> Result<Vec<UnitRow>> {
    let entries: Vec<UnitEntry> = read(include_str!("../../../assets/units/units.json"))?;
    Ok((0..)
        .zip(entries)
        .map(|(index, entry)| UnitRow {
            id: UnitId(entry.id),
            name: entry.name,
            position: index * 10,
            valid_from: entry.valid_from,
            valid_to: entry.valid_to,
        })
        .collect())
}

fn read<T: for<'a> Deserialize<'a>>(text: &'static str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Damaged(format!("built-in catalogue: {error}")))
}

/// Adds the categories that the database does not have. What people changed stays as it is.
pub(crate) fn seed(db: &mut Connection, now: UtcMicros) -> Result<()> {
    let rows = categories()?;
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut added = Vec::new();
    for row in &rows {
        let new = change
            .prepare_cached(
                "INSERT INTO category (code, parent, name_vi, name_en, legal_basis, position)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (code) DO NOTHING",
            )?
            .execute(params![
                row.code,
                row.parent,
                row.name_vi,
                row.name_en,
                row.legal_basis,
                row.position
            ])?;
        if new > 0 {
            added.push(row.code.as_str());
        }
    }
    if !added.is_empty() {
        audit::write(&change, now, SEEDER, "category.seed", "", &json!({ "codes": added }))?;
        change.commit()?;
    }
    Ok(())
}
