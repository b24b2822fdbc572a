//! Rows of the audit by who, command, object and time. A group of commands is read command by command, each by its own
//! index, and put together: so a page costs the same in a log of millions of rows.

use super::{COLUMNS, read};
use crate::error::Result;
use crate::rows::{AuditFilter, AuditRow};
use crate::store::clamp_limit;
use easien_model::UtcMicros;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

/// A clock that was set back by no more than this hides no row.
const SET_BACK_S: i64 = 86_400;

/// The commands of a group that are in the log (of this person).
fn commands(db: &Connection, who: Option<&str>, begin: &str) -> Result<Vec<String>> {
    let query = match who {
        Some(_) => "SELECT min(command) FROM audit WHERE who = ?2 AND command > ?1",
        None => "SELECT min(command) FROM audit WHERE command > ?1 AND ?2 IS NULL",
    };
    let mut statement = db.prepare_cached(query)?;
    let mut found = Vec::new();
    let mut after = begin.to_owned();
    loop {
        let next: Option<String> = statement.query_row(params![after, who], |row| row.get(0))?;
        match next {
            Some(command) if command.starts_with(begin) => {
                after.clone_from(&command);
                found.push(command);
            }
            _ => return Ok(found),
        }
    }
}

/// Between which numbers rows of this time stand: an index that goes by numbers need not be read to its end.
fn numbers(db: &Connection, filter: &AuditFilter) -> Result<(i64, i64)> {
    let at = |query: &str, time: UtcMicros| -> rusqlite::Result<Option<i64>> {
        db.prepare_cached(query)?.query_row([time.0], |row| row.get(0)).optional()
    };
    let low = match filter.from {
        Some(from) => {
            at("SELECT seq FROM audit WHERE at >= ?1 ORDER BY at LIMIT 1", from.plus_seconds(-SET_BACK_S))?
                .unwrap_or(i64::MAX)
        }
        None => 1,
    };
    let high = match filter.to {
        Some(to) => {
            at("SELECT seq FROM audit WHERE at < ?1 ORDER BY at DESC LIMIT 1", to.plus_seconds(SET_BACK_S))?
                .unwrap_or(0)
        }
        None => i64::MAX,
    };
    Ok((low, high.min(filter.before.unwrap_or(i64::MAX).saturating_sub(1))))
}

pub(super) fn rows(db: &Connection, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
    let limit = clamp_limit(filter.limit);
    let group = filter.command.as_deref().filter(|command| command.ends_with('.'));
    let commands = match (group, &filter.command) {
        (Some(begin), _) => commands(db, filter.who.as_deref(), begin)?,
        (None, Some(command)) => vec![command.clone()],
        (None, None) => Vec::new(),
    };
    let (low, high) = numbers(db, filter)?;
    let one = |command: Option<&str>| -> Result<Vec<AuditRow>> {
        let mut wanted = String::from("seq >= ? AND seq <= ?");
        let mut values = vec![Value::Integer(low), Value::Integer(high)];
        let equal =
            [("who", filter.who.as_deref()), ("object", filter.object.as_deref()), ("command", command)];
        for (column, value) in equal {
            if let Some(value) = value {
                wanted.push_str(&format!(" AND {column} = ?"));
                values.push(Value::Text(value.to_owned()));
            }
        }
        // `+`: its index would be read in the order of time, and all of it sorted.
        for (time, sign) in [(filter.from, ">="), (filter.to, "<")] {
            if let Some(time) = time {
                wanted.push_str(&format!(" AND +at {sign} ?"));
                values.push(Value::Integer(time.0));
            }
        }
        values.push(Value::Integer(i64::from(limit)));
        let index = match (&filter.object, &filter.who, command) {
            (Some(_), ..) => "audit_object",
            (None, Some(_), Some(_)) => "audit_who_command",
            (None, Some(_), None) => "audit_who",
            (None, None, Some(_)) => "audit_command",
            (None, None, None) => "",
        };
        let by = if index.is_empty() { "NOT INDEXED".to_owned() } else { format!("INDEXED BY {index}") };
        let query = format!("{COLUMNS} {by} WHERE {wanted} ORDER BY seq DESC LIMIT ?");
        let mut statement = db.prepare_cached(&query)?;
        let rows = statement.query_map(params_from_iter(values), read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    if filter.command.is_none() {
        return one(None);
    }
    let mut all = Vec::new();
    for command in &commands {
        all.extend(one(Some(command))?);
    }
    all.sort_by_key(|row: &AuditRow| std::cmp::Reverse(row.seq));
    all.truncate(limit as usize);
    Ok(all)
}
