//! Lists of incidents: filters, orders, pages by the last incident of the page before, counts by state; and which
//! incidents words stand in.

use super::summary::{Answer, Asked, Summary};
use super::{IncidentChange, IncidentFilter, IncidentPageRow, existing, fold_plate};
use crate::database::lock;
use crate::error::{Error, Result};
use crate::fold::fold;
use crate::search::{self, Look, Wanted};
use crate::sql::{marks, uuid};
use crate::store::{Store, clamp_limit};
use easien_model::IncidentOrder;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Finds that are looked at for a quick page, and for one that is not full then.
const LOOKED_AT: [usize; 2] = [3_000, 12_000];
/// As long as is looked for it beyond the newest entries.
const TIME: Duration = Duration::from_millis(8);
/// A word that is found no more often is rare: the others may then stand elsewhere in the same incident.
const RARE: usize = 300;

/// A category and all below it.
fn categories(db: &Connection, code: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT code FROM category WHERE code = ?1 OR parent = ?1
            OR parent IN (SELECT code FROM category WHERE parent = ?1)",
    )?;
    Ok(statement.query_map([code], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Incidents that words were found in.
struct Found {
    ids: HashSet<Uuid>,
    /// Not all was looked at.
    cut: bool,
}

/// Where and how long to look.
struct Reach {
    spans: Vec<(i64, i64)>,
    begun: Instant,
    time: Duration,
}

/// Goes through the index for words in a sheet, a note or a subject, the newest first, until `enough` of them were
/// looked at.
fn find(
    db: &Connection,
    (table, expression): (&str, &str),
    reach: &Reach,
    mut enough: impl FnMut(Uuid, usize) -> bool,
) -> Result<Found> {
    let look = Look {
        table,
        expression,
        columns: "entry.within",
        joined: "",
        and: "AND entry.within IS NOT NULL",
        values: Vec::new(),
        spans: reach.spans.clone(),
        begun: reach.begun,
        time: reach.time,
    };
    let (mut ids, mut looked) = (HashSet::new(), 0);
    let whole = search::walk(db, &look, |row| {
        looked += 1;
        let id = uuid(row, 0)?;
        let is_new = ids.insert(id);
        Ok(!enough(if is_new { id } else { Uuid::nil() }, looked))
    })?;
    Ok(Found { ids, cut: !whole })
}

/// Of these incidents those that hold all words, wherever.
fn hold_all(db: &Connection, among: &HashSet<Uuid>, text: &str) -> Result<Vec<Uuid>> {
    let mut wanted = format!("id IN ({})", marks(among.len()));
    let mut values: Vec<Value> = among.iter().map(|id| Value::Blob(id.into_bytes().to_vec())).collect();
    for word in fold(text).replace('"', " ").split(' ').filter(|word| !word.is_empty()) {
        wanted.push_str(
            " AND (instr(folded, ?) > 0
                OR EXISTS (SELECT 1 FROM incident_note WHERE incident = incident.id AND instr(incident_note.folded, ?) > 0)
                OR EXISTS (SELECT 1 FROM subject WHERE incident = incident.id AND hidden_at IS NULL
                    AND (instr(subject.folded, ?) > 0",
        );
        values.extend(std::iter::repeat_n(Value::Text(word.to_owned()), 3));
        let plate = fold_plate(word);
        if !plate.is_empty() {
            wanted.push_str(" OR instr(plate_folded, ?) > 0");
            values.push(Value::Text(plate));
        }
        wanted.push_str(")))");
    }
    let mut statement = db.prepare(&format!("SELECT id FROM incident WHERE {wanted}"))?;
    let rows = statement.query_map(params_from_iter(values), |row| uuid(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Incidents with a plate that has this in it, if it may be one.
fn with_plate(
    db: &Connection,
    wanted: &Wanted,
    reach: &Reach,
    enough: impl FnMut(Uuid, usize) -> bool,
) -> Result<Found> {
    match wanted.plate() {
        Some(plate) => find(db, ("search_plates", &format!("\"{plate}\"")), reach, enough),
        None => Ok(Found { ids: HashSet::new(), cut: false }),
    }
}

/// Incidents that hold every word, wherever in the incident; or the plate.
fn with_all_words(db: &Connection, text: &str) -> Result<HashSet<Uuid>> {
    let Some(wanted) = Wanted::read(text) else { return Ok(HashSet::new()) };
    let reach = Reach { spans: search::everywhere(db)?, begun: Instant::now(), time: Duration::MAX };
    let mut ids: Option<HashSet<Uuid>> = None;
    for word in wanted.each() {
        let expression = word.expression_open(db);
        let mut with = find(db, ("search_words", expression.as_str()), &reach, |_, _| false)?.ids;
        with.extend(with_plate(db, &word, &reach, |_, _| false)?.ids);
        ids = Some(match ids {
            Some(ids) => ids.intersection(&with).copied().collect(),
            None => with,
        });
    }
    let mut ids = ids.unwrap_or_default();
    ids.extend(with_plate(db, &wanted, &reach, |_, _| false)?.ids);
    Ok(ids)
}

/// Incidents that hold the words, as far as they are found soon: together in a sheet, a note or a subject; and, where one of them is rare, wherever in
/// the incident.
fn with_words(
    db: &Connection,
    text: &str,
    reach: &Reach,
    mut enough: impl FnMut(Uuid, usize) -> bool,
) -> Result<HashSet<Uuid>> {
    let Some(wanted) = Wanted::read(text) else { return Ok(HashSet::new()) };
    let mut ids = with_plate(db, &wanted, reach, &mut enough)?.ids;
    let each = wanted.each();
    let mut rarest: Option<HashSet<Uuid>> = None;
    if each.len() > 1 {
        for wanted in &each {
            let expression = wanted.expression_open(db);
            let rare = |_, looked| looked > RARE;
            let mut one = find(db, ("search_words", expression.as_str()), reach, rare)?;
            let plates = with_plate(db, wanted, reach, rare)?;
            one.ids.extend(plates.ids);
            if !one.cut && !plates.cut && rarest.as_ref().is_none_or(|known| known.len() > one.ids.len()) {
                rarest = Some(one.ids);
            }
        }
    }
    if let Some(rarest) = rarest {
        // Whoever holds all of them holds the rare one.
        ids.extend(hold_all(db, &rarest, text)?);
    }
    let together = wanted.expression_open(db);
    ids.extend(find(db, ("search_words", together.as_str()), reach, enough)?.ids);
    Ok(ids)
}

impl Store {
    /// As [`Store::write`], of something that changes what lists of incidents go by.
    pub(super) fn write_incident(
        &self,
        change: impl FnOnce(&Connection) -> Result<IncidentChange>,
    ) -> Result<IncidentChange> {
        let change = self.write(change)?;
        if let Some(summary) = lock(self.summary()).as_mut() {
            // Read again: of two changes the later one may come here first.
            for id in std::iter::once(&change.incident).chain(&change.others).map(|row| row.id) {
                summary.put(&self.read(|db| existing(db, id))?);
            }
        }
        Ok(change)
    }

    /// Reads what lists of incidents go by, so that the first one need not.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn warm_lists(&self) -> Result<()> {
        let mut summary = lock(self.summary());
        if summary.is_none() {
            *summary = Some(self.read(Summary::read)?);
        }
        Ok(())
    }

    /// A page of incidents. A quick one looks for words that stand in very many of them among what was written last.
    ///
    /// # Errors
    /// `NotFound` for the incident that it should begin after, or what SQLite says.
    pub fn incidents(&self, filter: &IncidentFilter) -> Result<IncidentPageRow> {
        self.warm_lists()?;
        let limit = clamp_limit(filter.limit) as usize;
        self.read(|db| {
            let asked = Asked {
                states: filter.states.clone(),
                categories: filter.category.as_ref().map(|code| categories(db, code)).transpose()?,
                unit: filter.unit.map(|unit| unit.0),
                camera: filter.camera.map(|camera| camera.0),
                hidden: filter.hidden.iter().map(|camera| camera.0).collect(),
                opened_by: filter.opened_by.clone(),
                from: filter.from,
                to: filter.to,
                order: filter.order,
                reversed: filter.reversed,
                after: filter.after,
                limit,
            };
            let mut among = None;
            if !filter.text.trim().is_empty() && !filter.quick {
                among = Some(with_all_words(db, &filter.text)?);
            } else if !filter.text.trim().is_empty() {
                // Where the page begins in time, if the list goes back in it.
                let back = filter.order == IncidentOrder::Detected && !filter.reversed;
                let begin =
                    filter.after.filter(|_| back).map(|after| super::find(db, after)).transpose()?.flatten();
                let begin = begin.map(|row| row.text.detected.plus_seconds(1));
                let to = begin.into_iter().chain(filter.to).min();
                let reach =
                    Reach { spans: search::around(db, filter.from, to)?, begun: Instant::now(), time: TIME };
                let ready = lock(self.summary()).as_ref().and_then(|all| all.ready(&asked));
                let takes = |id| {
                    let summary = lock(self.summary());
                    summary.as_ref().zip(ready.as_ref()).is_some_and(|(all, ready)| all.takes(ready, id))
                };
                let mut listed = 0;
                among = Some(with_words(db, &filter.text, &reach, |id, looked| {
                    listed += usize::from(takes(id));
                    looked >= LOOKED_AT[1] || looked >= LOOKED_AT[0] && listed > limit
                })?);
            }
            let answer = self.list_incidents(&asked, among.as_ref())?;
            let items = answer.ids.into_iter().map(|id| existing(db, id)).collect::<Result<_>>()?;
            let counts = if filter.after.is_none() { answer.counts } else { Vec::new() };
            Ok(IncidentPageRow { items, more: answer.more, counts })
        })
    }

    fn list_incidents(&self, asked: &Asked, among: Option<&HashSet<Uuid>>) -> Result<Answer> {
        let lost = Error::NotFound { key: "problem_incident_not_found", field: Some("after") };
        let summary = lock(self.summary());
        let all = summary.as_ref().ok_or(Error::Closed)?;
        Ok(all.list(&all.ready(asked).ok_or(lost)?, among))
    }
}
