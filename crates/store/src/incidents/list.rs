//! Lists of incidents: filters, orders, pages by the last incident of the page before, counts by state.

use super::{
    IncidentFilter, IncidentPageRow, IncidentRow, existing, find, fold_plate, read_word, sheet, word,
};
use crate::error::{Error, Result};
use crate::fold::fold;
use crate::sql::{marks, uuid};
use crate::store::{Store, clamp_limit};
use easien_model::{IncidentId, IncidentOrder, IncidentState};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// A condition on `incident`, with its values in order.
struct Condition {
    text: String,
    values: Vec<Value>,
}

impl Condition {
    fn and(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(" AND ");
        self.text.push_str(text);
        self.values.extend(values);
    }
}

fn blob(id: uuid::Uuid) -> Value {
    Value::Blob(id.into_bytes().to_vec())
}

/// Everything but states and page.
fn condition(filter: &IncidentFilter) -> Condition {
    let mut wanted = Condition { text: "TRUE".to_owned(), values: Vec::new() };
    if let Some(from) = filter.from {
        wanted.and("detected_at >= ?", [Value::Integer(from.0)]);
    }
    if let Some(to) = filter.to {
        wanted.and("detected_at < ?", [Value::Integer(to.0)]);
    }
    if let Some(code) = &filter.category {
        let code = Value::Text(code.clone());
        wanted.and(
            "category IN (SELECT code FROM category WHERE code = ? OR parent = ?
                OR parent IN (SELECT code FROM category WHERE parent = ?))",
            [code.clone(), code.clone(), code],
        );
    }
    if let Some(unit) = filter.unit {
        wanted.and("unit = ?", [blob(unit.0)]);
    }
    if let Some(camera) = filter.camera {
        wanted.and(
            "id IN (SELECT incident FROM incident_link WHERE camera = ? AND removed_at IS NULL
                UNION SELECT incident_link.incident FROM bookmark_camera
                    JOIN incident_link ON incident_link.bookmark = bookmark_camera.bookmark
                WHERE bookmark_camera.camera = ? AND incident_link.removed_at IS NULL)",
            [blob(camera.0), blob(camera.0)],
        );
    }
    if !filter.hidden.is_empty() {
        // About no camera, or about one that is not hidden.
        let hidden = marks(filter.hidden.len());
        let values = filter.hidden.iter().map(|camera| blob(camera.0));
        wanted.and(
            &format!(
                "(NOT EXISTS (SELECT 1 FROM incident_link AS link WHERE link.incident = incident.id
                    AND link.removed_at IS NULL AND link.kind IN ('footage', 'bookmark'))
                OR EXISTS (SELECT 1 FROM incident_link AS link WHERE link.incident = incident.id
                    AND link.removed_at IS NULL AND link.kind = 'footage' AND link.camera NOT IN ({hidden}))
                OR EXISTS (SELECT 1 FROM incident_link AS link
                    JOIN bookmark_camera ON bookmark_camera.bookmark = link.bookmark
                    WHERE link.incident = incident.id AND link.removed_at IS NULL AND link.kind = 'bookmark'
                    AND bookmark_camera.camera NOT IN ({hidden})))"
            ),
            values.clone().chain(values),
        );
    }
    if let Some(who) = &filter.opened_by {
        wanted.and("opened_by = ?", [Value::Text(who.clone())]);
    }
    for word in fold(&filter.text).split(' ').filter(|word| !word.is_empty()) {
        let mut any = String::from(
            "(instr(folded, ?) > 0
                OR EXISTS (SELECT 1 FROM incident_note WHERE incident = incident.id AND instr(incident_note.folded, ?) > 0)
                OR EXISTS (SELECT 1 FROM subject WHERE incident = incident.id AND hidden_at IS NULL
                    AND (instr(subject.folded, ?) > 0",
        );
        let mut values = vec![Value::Text(word.to_owned()); 3];
        let plate = fold_plate(word);
        if !plate.is_empty() {
            any.push_str(" OR instr(plate_folded, ?) > 0");
            values.push(Value::Text(plate));
        }
        any.push_str(")))");
        wanted.and(&any, values);
    }
    wanted
}

/// The columns that an order goes by, all the same way.
fn keys(order: IncidentOrder) -> &'static [&'static str] {
    match order {
        IncidentOrder::Detected => &["detected_at", "id"],
        IncidentOrder::Number => &["year", "sequence"],
        IncidentOrder::Severity => &["severity", "detected_at", "id"],
    }
}

/// What stands in those columns for an incident.
fn place(db: &Connection, order: IncidentOrder, row: &IncidentRow) -> Result<Vec<Value>> {
    let (detected, id) = (Value::Integer(row.text.detected.0), blob(row.id.0));
    Ok(match order {
        IncidentOrder::Detected => vec![detected, id],
        IncidentOrder::Severity => {
            vec![Value::Integer(sheet::severity_number(row.text.severity)), detected, id]
        }
        IncidentOrder::Number => db
            .prepare_cached("SELECT year, sequence FROM incident WHERE id = ?1")?
            .query_row([row.id.0.into_bytes()], |row| {
                Ok(vec![Value::Integer(row.get(0)?), Value::Integer(row.get(1)?)])
            })?,
    })
}

fn page(db: &Connection, filter: &IncidentFilter, limit: usize) -> Result<Vec<IncidentId>> {
    let mut wanted = condition(filter);
    if !filter.states.is_empty() {
        let words =
            filter.states.iter().map(|state| word(state).map(Value::Text)).collect::<Result<Vec<_>>>()?;
        // Those that are open are few: found by their state, then sorted. Those that are over are most: the order is
        // walked, and the state looked at on the way (`+` keeps its index out of it).
        let few = !filter.states.iter().any(|state| state.is_over());
        let column = if few { "state" } else { "+state" };
        wanted.and(&format!("{column} IN ({})", marks(words.len())), words);
    }
    let keys = keys(filter.order);
    let (sign, way) = if filter.reversed { (">", "ASC") } else { ("<", "DESC") };
    if let Some(after) = filter.after {
        let last = find(db, after)?
            .ok_or(Error::NotFound { key: "problem_incident_not_found", field: Some("after") })?;
        wanted.and(
            &format!("({}) {sign} ({})", keys.join(", "), marks(keys.len())),
            place(db, filter.order, &last)?,
        );
    }
    let order: Vec<String> = keys.iter().map(|key| format!("{key} {way}")).collect();
    let query =
        format!("SELECT id FROM incident WHERE {} ORDER BY {} LIMIT ?", wanted.text, order.join(", "));
    wanted.values.push(Value::Integer(limit as i64));
    let mut statement = db.prepare_cached(&query)?;
    let rows = statement.query_map(params_from_iter(wanted.values), |row| uuid(row, 0).map(IncidentId))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn counts(db: &Connection, filter: &IncidentFilter) -> Result<Vec<(IncidentState, u32)>> {
    let wanted = condition(filter);
    let query = format!("SELECT state, count(*) FROM incident WHERE {} GROUP BY state", wanted.text);
    let mut statement = db.prepare_cached(&query)?;
    let rows =
        statement.query_map(params_from_iter(wanted.values), |row| Ok((read_word(row, 0)?, row.get(1)?)))?;
    let mut counts = rows.collect::<rusqlite::Result<Vec<(IncidentState, u32)>>>()?;
    counts.sort_by_key(|(state, _)| *state);
    Ok(counts)
}

impl Store {
    /// A page of incidents.
    ///
    /// # Errors
    /// `NotFound` for the incident that it should begin after, or what SQLite says.
    pub fn incidents(&self, filter: &IncidentFilter) -> Result<IncidentPageRow> {
        let limit = clamp_limit(filter.limit) as usize;
        self.read(|db| {
            let mut ids = page(db, filter, limit + 1)?;
            let more = ids.len() > limit;
            ids.truncate(limit);
            let items = ids.into_iter().map(|id| existing(db, id)).collect::<Result<_>>()?;
            let counts = if filter.after.is_none() { counts(db, filter)? } else { Vec::new() };
            Ok(IncidentPageRow { items, more, counts })
        })
    }
}
