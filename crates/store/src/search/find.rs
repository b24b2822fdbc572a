//! Going through the index: the newest first, a stretch of it at a time and for a bounded time, so that no word is too
//! common and no phrase too rare.

use super::index::{LONG, SHORT, TERM_LETTERS, stretch_token};
use super::{Wanted, any_of, kind_token, quoted};
use crate::error::Result;
use crate::sql::uuid;
use crate::store::Store;
use easien_model::UtcMicros;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Hits that a quick search looks at, of each kind of query.
const LOOKED_AT: usize = 5000;
/// Short stretches that are gone through whatever it takes; others only within the time.
const ALWAYS: u32 = 2;
const TIME: Duration = Duration::from_millis(12);
/// What was written about a time is mostly written soon after: so many entries around it are looked at first.
const AROUND: i64 = 20_000;
/// Words that a beginning may go on to, before the index is asked for all of them at once.
const ENDINGS: usize = 64;

/// Something found: kind and id, newest first.
pub type Hit = (String, Uuid);

/// What narrows a search.
#[derive(Clone, Copy, Debug, Default)]
pub struct Narrow<'a> {
    /// Of these kinds; empty: of all.
    pub kinds: &'a [&'a str],
    /// At this time or later.
    pub from: Option<UtcMicros>,
    /// Before this time.
    pub to: Option<UtcMicros>,
    /// Only as far as it goes in a few milliseconds, beyond the newest entries.
    pub quick: bool,
}

/// A walk through one full-text table.
pub(crate) struct Look<'a> {
    /// `search_words` or `search_plates`.
    pub(crate) table: &'a str,
    /// As FTS5 wants it.
    pub(crate) expression: &'a str,
    /// What is read; `entry` is the row of `search_entry`.
    pub(crate) columns: &'a str,
    /// Further joins.
    pub(crate) joined: &'a str,
    /// Further conditions, each begun by AND.
    pub(crate) and: &'a str,
    /// Their values.
    pub(crate) values: Vec<Value>,
    /// Where to look, first to last: numbers of entries.
    pub(crate) spans: Vec<(i64, i64)>,
    /// When looking began: of this walk, or of those that it is one of.
    pub(crate) begun: Instant,
    /// How long beyond the newest entries; `Duration::MAX`: to the end.
    pub(crate) time: Duration,
}

/// All entries, as one span.
pub(crate) fn everywhere(db: &Connection) -> Result<Vec<(i64, i64)>> {
    let newest: i64 =
        db.prepare_cached("SELECT ifnull(max(seq), 0) FROM search_entry")?.query_row([], |row| row.get(0))?;
    Ok(vec![(1, newest)])
}

/// Where most of it is about this time: those that were written around it first, then what was written later. What was
/// changed long after may lie elsewhere.
pub(crate) fn around(
    db: &Connection,
    from: Option<UtcMicros>,
    to: Option<UtcMicros>,
) -> Result<Vec<(i64, i64)>> {
    let all = everywhere(db)?;
    let Some(&(_, newest)) = all.first() else { return Ok(all) };
    if from.is_none() && to.is_none() {
        return Ok(all);
    }
    let at = |query: &str, time: UtcMicros| -> rusqlite::Result<Option<i64>> {
        db.prepare_cached(query)?.query_row([time.0], |row| row.get(0)).optional()
    };
    let low = match from {
        Some(from) => at("SELECT seq FROM search_entry WHERE at >= ?1 ORDER BY at, seq LIMIT 1", from)?,
        None => Some(1),
    };
    let high = match to {
        Some(to) => at("SELECT seq FROM search_entry WHERE at < ?1 ORDER BY at DESC, seq DESC LIMIT 1", to)?,
        None => Some(newest),
    };
    let (low, high) = (low.unwrap_or(newest), high.unwrap_or(1));
    let (low, high) = ((low.min(high) - AROUND).max(1), (high.max(low) + AROUND).min(newest));
    // What is about a time is written at it or later.
    Ok(vec![(low, high), (high + 1, newest)])
}

/// Goes through what holds the expression, the newest entry first and a stretch of entries at a time, until `each` says
/// false. Gives whether it saw all of it.
pub(crate) fn walk(
    db: &Connection,
    look: &Look<'_>,
    mut each: impl FnMut(&Row<'_>) -> Result<bool>,
) -> Result<bool> {
    let Look { table, expression, columns, joined, and, values, spans, begun, time } = look;
    let mut statement = db.prepare_cached(&format!(
        "SELECT {columns} FROM {table} CROSS JOIN search_entry AS entry ON entry.seq = {table}.rowid {joined}
         WHERE {table} MATCH ?1 AND {table}.rowid BETWEEN ?2 AND ?3 {and} ORDER BY {table}.rowid DESC"
    ))?;
    let (mut gone, mut last) = (0, Duration::ZERO);
    for &(low, high) in spans {
        let mut high = high;
        while high >= low {
            let left = time.saturating_sub(begun.elapsed());
            if gone >= ALWAYS && left.is_zero() {
                return Ok(false);
            }
            // A long one where one ends here, and if it will be over in time: within it nothing looks at the clock.
            let fits = last * (1 << (LONG - SHORT)) < left;
            let power = if fits && gone > 0 && (high + 1) >> LONG << LONG == high + 1 { LONG } else { SHORT };
            // Plates are few: all of them at once.
            let (begin, within) = match *table {
                "search_plates" => (low, (*expression).to_owned()),
                _ => {
                    let within = format!("({expression}) AND {}", stretch_token(high, power));
                    (low.max(high >> power << power), within)
                }
            };
            let bounds = [Value::Text(within), Value::Integer(begin), Value::Integer(high)];
            let stretch = Instant::now();
            let mut rows = statement.query(params_from_iter(bounds.iter().chain(values)))?;
            while let Some(row) = rows.next()? {
                if !each(row)? || gone >= ALWAYS && begun.elapsed() > *time {
                    return Ok(false);
                }
            }
            last = if power == SHORT { stretch.elapsed() } else { stretch.elapsed() / (1 << (LONG - SHORT)) };
            gone += 1;
            high = begin - 1;
        }
    }
    Ok(true)
}

/// What a beginning may go on to, as FTS5 wants it.
pub(crate) fn endings(db: &Connection, word: &str) -> Vec<String> {
    let letters = word.chars().count();
    // One letter begins everything: it is looked for as it is.
    if letters < 2 {
        return vec![quoted(word)];
    }
    let whole = vec![format!("{} *", quoted(word))];
    if letters < TERM_LETTERS {
        return whole;
    }
    let terms = || -> Result<Vec<String>> {
        let mut statement = db.prepare_cached(&format!(
            "SELECT term FROM search_term WHERE term >= ?1 AND term < ?2 LIMIT {}",
            ENDINGS + 1
        ))?;
        let rows = statement.query_map([word, &format!("{word}\u{10ffff}")], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    match terms() {
        // A common word's rows are then read one after the other; asked for as a beginning, all of them are gathered
        // before the first one is seen.
        Ok(terms) if (1..=ENDINGS).contains(&terms.len()) => terms.iter().map(|term| quoted(term)).collect(),
        Ok(terms) if terms.is_empty() => vec![quoted(word)],
        _ => whole,
    }
}

impl Store {
    /// The newest things that hold all of it and that `take` makes something of, `limit` at most.
    ///
    /// # Errors
    /// What SQLite says, or `take`.
    pub fn search<T>(
        &self,
        wanted: &Wanted,
        narrow: &Narrow<'_>,
        limit: usize,
        mut take: impl FnMut(&Hit) -> Result<Option<T>>,
    ) -> Result<Vec<T>> {
        self.read(|db| {
            let mut seen = HashSet::new();
            let mut taken = Vec::new();
            let mut looked = 0;
            let most = if narrow.quick { LOOKED_AT } else { usize::MAX };
            let mut and = String::new();
            let mut values = Vec::new();
            for (time, sign) in [(narrow.from, ">="), (narrow.to, "<")] {
                if let Some(time) = time {
                    and.push_str(&format!(" AND entry.at {sign} ?{}", values.len() + 4));
                    values.push(Value::Integer(time.0));
                }
            }
            let spans = if narrow.quick { around(db, narrow.from, narrow.to)? } else { everywhere(db)? };
            let begun = Instant::now();
            let mut look = |table: &str, expression: &str| -> Result<()> {
                let look = Look {
                    table,
                    expression,
                    columns: "entry.seq, entry.kind, entry.id",
                    joined: "",
                    and: &and,
                    values: values.clone(),
                    spans: spans.clone(),
                    begun,
                    time: if narrow.quick { TIME } else { Duration::MAX },
                };
                walk(db, &look, |row| {
                    looked += 1;
                    if taken.len() < limit && looked <= most && seen.insert(row.get::<_, i64>(0)?) {
                        let hit = (row.get(1)?, uuid(row, 2)?);
                        if !is_hidden(db, &hit)? {
                            taken.extend(take(&hit)?);
                        }
                    }
                    Ok(taken.len() < limit && looked < most)
                })?;
                looked = 0;
                Ok(())
            };
            let of_kind = |expression: String| {
                let kinds: Vec<String> = narrow.kinds.iter().map(|kind| quoted(&kind_token(kind))).collect();
                if kinds.is_empty() { expression } else { format!("{expression} AND {}", any_of(&kinds)) }
            };
            if let Some(plate) = wanted.plate()
                && (narrow.kinds.is_empty() || narrow.kinds.contains(&"subject"))
            {
                look("search_plates", &quoted(&plate))?;
            }
            let whole = wanted.expression(None);
            look("search_words", &of_kind(whole.clone()))?;
            let begun = wanted.expression(Some(&|word| endings(db, word)));
            if begun != whole {
                look("search_words", &of_kind(begun))?;
            }
            Ok(taken)
        })
    }
}

/// A bookmark that was taken out of the lists is found by those alone.
fn is_hidden(db: &Connection, (kind, id): &Hit) -> Result<bool> {
    if kind != "bookmark" {
        return Ok(false);
    }
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM bookmark WHERE id = ?1 AND hidden_at IS NOT NULL)")?
        .query_row([id.into_bytes()], |row| row.get(0))?)
}
