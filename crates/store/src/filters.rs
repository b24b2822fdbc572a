//! Filters of the list of incidents that people keep under a name: each their own; while nobody needs to sign in, the
//! room's.

use crate::audit;
use crate::error::{Error, Result};
use crate::sql::{check_text, damaged, uuid};
use crate::store::Store;
use easien_model::{FilterId, PersonId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

/// Most of one person.
const MOST: i64 = 100;
/// Most bytes of what one asks for.
const QUERY_BYTES: usize = 4000;

/// A saved filter.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterRow {
    /// Its id, chosen by the client.
    pub id: FilterId,
    /// Its name, 1 to 80 characters.
    pub name: String,
    /// What it asks for, as the station understands it.
    pub query: Value,
}

fn read(row: &Row<'_>) -> rusqlite::Result<FilterRow> {
    let query: String = row.get(2)?;
    Ok(FilterRow {
        id: FilterId(uuid(row, 0)?),
        name: row.get(1)?,
        query: serde_json::from_str(&query).map_err(|error| damaged(2, error))?,
    })
}

/// Whose it is.
fn owner(db: &Connection, id: FilterId) -> Result<Option<Option<[u8; 16]>>> {
    Ok(db
        .prepare_cached("SELECT person FROM saved_filter WHERE id = ?1")?
        .query_row([id.0.into_bytes()], |row| row.get(0))
        .optional()?)
}

impl Store {
    /// The filters of a person, or of the room, by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn filters(&self, person: Option<PersonId>) -> Result<Vec<FilterRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT id, name, query FROM saved_filter WHERE person IS ?1 ORDER BY name, id",
            )?;
            let rows = statement.query_map([person.map(|person| person.0.into_bytes())], read)?;
            let mut filters = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            filters.sort_by_cached_key(|filter| crate::fold::fold(&filter.name));
            Ok(filters)
        })
    }

    /// Saves a filter: a new one, or one of the same person changed. The same again changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `IdTaken` for another person's, `NameTaken` when they have one of this name, `Precondition` when they
    /// have too many, or what SQLite says.
    pub fn put_filter(&self, who: &str, person: Option<PersonId>, filter: &FilterRow) -> Result<FilterRow> {
        check_text(&filter.name, 1, 80, "problem_filter_name", "name")?;
        audit::check_who(who)?;
        let query = filter.query.to_string();
        if query.len() > QUERY_BYTES {
            return Err(Error::Invalid { key: "problem_search_text", field: "query" });
        }
        let now = self.now();
        let person = person.map(|person| person.0.into_bytes());
        self.write(|db| {
            let known = owner(db, filter.id)?;
            if known.is_some_and(|owner| owner != person) {
                return Err(Error::IdTaken("filter"));
            }
            let taken: bool = db
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM saved_filter WHERE person IS ?1 AND name = ?2 AND id <> ?3)",
                )?
                .query_row(params![person, filter.name, filter.id.0.into_bytes()], |row| row.get(0))?;
            if taken {
                return Err(Error::Invalid { key: "problem_filter_name_taken", field: "name" });
            }
            let count: i64 = db
                .prepare_cached("SELECT count(*) FROM saved_filter WHERE person IS ?1")?
                .query_row([person], |row| row.get(0))?;
            if known.is_none() && count >= MOST {
                return Err(Error::Precondition { key: "problem_filters_full" });
            }
            let changed = db
                .prepare_cached(
                    "INSERT INTO saved_filter (id, person, name, query, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, query = excluded.query,
                        changed_at = excluded.changed_at
                     WHERE name <> excluded.name OR query <> excluded.query",
                )?
                .execute(params![filter.id.0.into_bytes(), person, filter.name, query, now.0])?;
            if changed > 0 {
                let detail = json!({ "name": filter.name });
                audit::write(db, now, who, "filter.put", &format!("filter {}", filter.id), &detail)?;
            }
            Ok(filter.clone())
        })
    }

    /// Forgets a person's filter. One that is not there is forgotten already.
    ///
    /// # Errors
    /// `NotFound` for another person's, or what SQLite says.
    pub fn delete_filter(&self, who: &str, person: Option<PersonId>, id: FilterId) -> Result<()> {
        audit::check_who(who)?;
        let now = self.now();
        let person = person.map(|person| person.0.into_bytes());
        self.write(|db| {
            match owner(db, id)? {
                None => return Ok(()),
                Some(owner) if owner != person => {
                    return Err(Error::NotFound { key: "problem_not_found", field: Some("id") });
                }
                Some(_) => {}
            }
            db.prepare_cached("DELETE FROM saved_filter WHERE id = ?1")?.execute([id.0.into_bytes()])?;
            audit::write(db, now, who, "filter.delete", &format!("filter {id}"), &json!({}))
        })
    }
}
