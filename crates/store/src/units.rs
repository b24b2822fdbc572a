//! Units and categories: the headings that things are filed under.

use crate::audit;
use crate::error::{Error, Result};
use crate::fold::fold;
use crate::rows::{CategoryRow, UnitRow};
use crate::sql::{check_text, utc_opt, uuid};
use crate::store::Store;
use easien_model::UnitId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

const COLUMNS: &str = "SELECT id, name, position, valid_from, valid_to FROM unit";

fn read(row: &Row<'_>) -> rusqlite::Result<UnitRow> {
    Ok(UnitRow {
        id: UnitId(uuid(row, 0)?),
        name: row.get(1)?,
        position: row.get(2)?,
        valid_from: row.get(3)?,
        valid_to: row.get(4)?,
    })
}

fn find(db: &Connection, id: UnitId) -> Result<Option<UnitRow>> {
    Ok(db
        .prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?
        .query_row([id.0.into_bytes()], read)
        .optional()?)
}

/// A day as `YYYY-MM-DD` that exists.
fn check_day(db: &Connection, day: Option<&str>, field: &'static str) -> Result<()> {
    let valid: bool = db.prepare_cached("SELECT ?1 IS date(?1)")?.query_row([day], |row| row.get(0))?;
    if valid { Ok(()) } else { Err(Error::Invalid { key: "problem_arguments", field }) }
}

impl Store {
    /// All units, ended ones too, in their order.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn units(&self) -> Result<Vec<UnitRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!("{COLUMNS} ORDER BY position, folded, id"))?;
            let rows = statement.query_map([], read)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Adds a unit, or changes it if the id exists. Writing what is stored already changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `UnitNameTaken`, or what SQLite says.
    pub fn put_unit(&self, who: &str, unit: UnitRow) -> Result<UnitRow> {
        check_text(&unit.name, 1, 120, "problem_unit_name", "name")?;
        let now = self.now();
        self.write(|db| {
            check_day(db, unit.valid_from.as_deref(), "valid_from")?;
            check_day(db, unit.valid_to.as_deref(), "valid_to")?;
            if let (Some(from), Some(to)) = (&unit.valid_from, &unit.valid_to)
                && from >= to
            {
                return Err(Error::Invalid { key: "problem_arguments", field: "valid_to" });
            }
            let before = find(db, unit.id)?;
            if before.as_ref() == Some(&unit) {
                return Ok(unit);
            }
            let taken: bool = db
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM unit WHERE name = ?1 AND id <> ?2 AND valid_to IS NULL)",
                )?
                .query_row(params![unit.name, unit.id.0.into_bytes()], |row| row.get(0))?;
            if taken && unit.valid_to.is_none() {
                return Err(Error::UnitNameTaken(unit.name));
            }
            db.prepare_cached(
                "INSERT INTO unit (id, name, folded, position, valid_from, valid_to) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded,
                    position = excluded.position, valid_from = excluded.valid_from, valid_to = excluded.valid_to",
            )?
            .execute(params![
                unit.id.0.into_bytes(),
                unit.name,
                fold(&unit.name),
                unit.position,
                unit.valid_from,
                unit.valid_to
            ])?;
            let detail = json!({
                "name": unit.name, "valid_from": unit.valid_from, "valid_to": unit.valid_to,
                "before": before.map(|before| before.name),
            });
            audit::write(db, now, who, "unit.put", &format!("unit {}", unit.id), &detail)?;
            Ok(unit)
        })
    }

    /// All categories, retired ones too: siblings in their order, parents before their children.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn categories(&self) -> Result<Vec<CategoryRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "WITH RECURSIVE tree (code, level, path) AS (
                    SELECT code, 1, printf('%012d %s', position, code) FROM category WHERE parent IS NULL
                    UNION ALL
                    SELECT category.code, level + 1, path || printf(' %012d %s', position, category.code)
                    FROM category JOIN tree ON category.parent = tree.code WHERE level < 3
                 )
                 SELECT code, parent, name_vi, name_en, legal_basis, position, retired_at
                 FROM category JOIN tree USING (code) ORDER BY path",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(CategoryRow {
                    code: row.get(0)?,
                    parent: row.get(1)?,
                    name_vi: row.get(2)?,
                    name_en: row.get(3)?,
                    legal_basis: row.get(4)?,
                    position: row.get(5)?,
                    retired: utc_opt(row, 6)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
