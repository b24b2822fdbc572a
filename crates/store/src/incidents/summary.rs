//! What lists of incidents go by, of every incident, in memory (about 90 bytes each): any filter in any order, with the counts
//! of all states, costs milliseconds at 200,000 of them, which no set of indexes does. Read when it is first asked for,
//! kept up by every change after its commit.

use super::{IncidentRow, read_word, sheet};
use crate::error::Result;
use crate::sql::{uuid, uuid_opt};
use easien_model::{IncidentId, IncidentOrder, IncidentState, UtcMicros};
use rusqlite::Connection;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A name by its number; 0: none.
type Name = u32;

/// Names that many incidents share.
#[derive(Debug, Default)]
struct Names<T>(HashMap<T, Name>);

impl<T: Eq + std::hash::Hash> Names<T> {
    fn number(&mut self, name: Option<T>) -> Name {
        let next = Name::try_from(self.0.len() + 1).unwrap_or(Name::MAX);
        name.map_or(0, |name| *self.0.entry(name).or_insert(next))
    }

    /// None: no incident has it.
    fn known(&self, name: &T) -> Option<Name> {
        self.0.get(name).copied()
    }
}

#[derive(Clone, Debug)]
struct Entry {
    id: Uuid,
    detected: UtcMicros,
    year: i32,
    sequence: u32,
    category: Name,
    unit: Name,
    opener: Name,
    severity: u8,
    state: IncidentState,
    /// Those of its footage and its bookmarks.
    cameras: Box<[Name]>,
}

/// Where an incident stands in an order.
type Place = (i64, i64, Uuid);

impl Entry {
    fn place(&self, order: IncidentOrder) -> Place {
        match order {
            IncidentOrder::Detected => (self.detected.0, 0, self.id),
            IncidentOrder::Number => (i64::from(self.year), i64::from(self.sequence), Uuid::nil()),
            IncidentOrder::Severity => (i64::from(self.severity), self.detected.0, self.id),
        }
    }
}

/// All incidents.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// By id.
    entries: Vec<Entry>,
    categories: Names<String>,
    units: Names<Uuid>,
    openers: Names<String>,
    cameras: Names<Uuid>,
}

/// What is asked of it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Empty: all.
    pub(super) states: Vec<IncidentState>,
    /// Any of these.
    pub(super) categories: Option<Vec<String>>,
    pub(super) unit: Option<Uuid>,
    /// With footage or a bookmark of this camera.
    pub(super) camera: Option<Uuid>,
    /// About no camera, or about one that is not among these.
    pub(super) hidden: Vec<Uuid>,
    pub(super) opened_by: Option<String>,
    pub(super) from: Option<UtcMicros>,
    pub(super) to: Option<UtcMicros>,
    pub(super) order: IncidentOrder,
    pub(super) reversed: bool,
    pub(super) after: Option<IncidentId>,
    pub(super) limit: usize,
}

/// What it says.
pub(super) struct Answer {
    pub(super) ids: Vec<IncidentId>,
    pub(super) more: bool,
    /// In the order of a case's life; those that there are.
    pub(super) counts: Vec<(IncidentState, u32)>,
}

impl Summary {
    /// Reads all of them.
    pub(super) fn read(db: &Connection) -> Result<Self> {
        let mut all = Self::default();
        let mut statement = db.prepare(
            "SELECT id, detected_at, year, sequence, category, unit, opened_by, severity, state FROM incident",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            all.entries.push(Entry {
                id: uuid(row, 0)?,
                detected: UtcMicros(row.get(1)?),
                year: row.get(2)?,
                sequence: row.get(3)?,
                category: all.categories.number(row.get(4)?),
                unit: all.units.number(uuid_opt(row, 5)?),
                opener: all.openers.number(row.get(6)?),
                severity: row.get(7)?,
                state: read_word(row, 8)?,
                cameras: Box::default(),
            });
        }
        all.entries.sort_unstable_by_key(|entry| entry.id);
        all.read_cameras(db)?;
        Ok(all)
    }

    fn read_cameras(&mut self, db: &Connection) -> Result<()> {
        let mut statement = db.prepare(
            "SELECT incident, camera FROM incident_link WHERE removed_at IS NULL AND kind = 'footage'
             UNION SELECT incident_link.incident, bookmark_camera.camera FROM incident_link
                CROSS JOIN bookmark_camera ON bookmark_camera.bookmark = incident_link.bookmark
             WHERE removed_at IS NULL AND kind = 'bookmark' ORDER BY 1",
        )?;
        let mut rows = statement.query([])?;
        let (mut of, mut cameras) = (Uuid::nil(), Vec::new());
        while let Some(row) = rows.next()? {
            let incident = uuid(row, 0)?;
            if incident != of {
                self.set_cameras(of, std::mem::take(&mut cameras));
                of = incident;
            }
            cameras.push(self.cameras.number(Some(uuid(row, 1)?)));
        }
        self.set_cameras(of, cameras);
        Ok(())
    }

    fn set_cameras(&mut self, id: Uuid, cameras: Vec<Name>) {
        if let Ok(at) = self.entries.binary_search_by_key(&id, |entry| entry.id)
            && let Some(entry) = self.entries.get_mut(at)
        {
            entry.cameras = cameras.into();
        }
    }

    /// An incident as it is now.
    pub(super) fn put(&mut self, row: &IncidentRow) {
        let mut number = row.number.rsplit('-');
        let (sequence, year) = (number.next(), number.next());
        let entry = Entry {
            id: row.id.0,
            detected: row.text.detected,
            year: year.and_then(|text| text.parse().ok()).unwrap_or_default(),
            sequence: sequence.and_then(|text| text.parse().ok()).unwrap_or_default(),
            category: self.categories.number(row.text.category.clone()),
            unit: self.units.number(row.text.unit.map(|unit| unit.0)),
            opener: self.openers.number(Some(row.opened_by.clone())),
            severity: u8::try_from(sheet::severity_number(row.text.severity)).unwrap_or_default(),
            state: row.state,
            cameras: row.cameras.iter().map(|camera| self.cameras.number(Some(camera.0))).collect(),
        };
        match self.entries.binary_search_by_key(&entry.id, |entry| entry.id) {
            Ok(at) => {
                if let Some(known) = self.entries.get_mut(at) {
                    *known = entry;
                }
            }
            Err(at) => self.entries.insert(at, entry),
        }
    }

    fn find(&self, id: Uuid) -> Option<&Entry> {
        self.entries.binary_search_by_key(&id, |entry| entry.id).ok().and_then(|at| self.entries.get(at))
    }

    /// None: the incident that the page should begin after is not there.
    pub(super) fn ready<'a>(&self, asked: &'a Asked) -> Option<Ready<'a>> {
        let after = match asked.after {
            Some(after) => Some(self.find(after.0)?.place(asked.order)),
            None => None,
        };
        let categories = asked.categories.as_ref();
        Some(Ready {
            asked,
            after,
            categories: categories
                .map(|codes| codes.iter().filter_map(|code| self.categories.known(code)).collect()),
            // A name that no incident has is nobody's number.
            unit: asked.unit.map(|unit| self.units.known(&unit).unwrap_or(Name::MAX)),
            opener: asked.opened_by.as_ref().map(|who| self.openers.known(who).unwrap_or(Name::MAX)),
            camera: asked.camera.map(|camera| self.cameras.known(&camera).unwrap_or(Name::MAX)),
            hidden: asked.hidden.iter().filter_map(|camera| self.cameras.known(camera)).collect(),
        })
    }

    /// Whether an incident may stand on the page.
    pub(super) fn takes(&self, ready: &Ready<'_>, id: Uuid) -> bool {
        self.find(id).is_some_and(|entry| ready.counts(entry) && ready.lists(entry))
    }

    /// A page of all of them, or of these, and the counts of all.
    pub(super) fn list(&self, ready: &Ready<'_>, among: Option<&HashSet<Uuid>>) -> Answer {
        let asked = ready.asked;
        let mut counts = [0_u32; IncidentState::ALL.len()];
        let before = |a: &Place, b: &Place| ready.before(a, b);
        // The best so far, and at times more of them: nothing behind the worst of the best is kept.
        let (most, mut places, mut worst) = (asked.limit + 1, Vec::<Place>::new(), None::<Place>);
        let mut look = |entry: &Entry| {
            if !ready.counts(entry) {
                return;
            }
            if let Some(count) = counts.get_mut(entry.state as usize) {
                *count += 1;
            }
            let place = entry.place(asked.order);
            // The id is needed whatever the order.
            let place = (place.0, place.1, entry.id);
            let behind = worst.is_some_and(|worst| before(&worst, &place) == Ordering::Less);
            if !behind && ready.lists(entry) {
                places.push(place);
                if places.len() >= most * 8 {
                    let (_, kept, _) = places.select_nth_unstable_by(most - 1, before);
                    worst = Some(*kept);
                    places.truncate(most);
                }
            }
        };
        match among {
            Some(among) => among.iter().filter_map(|id| self.find(*id)).for_each(&mut look),
            // The best ones soon: those that were opened last are mostly at the end.
            None if asked.reversed => self.entries.iter().for_each(&mut look),
            None => self.entries.iter().rev().for_each(&mut look),
        }
        let more = places.len() > asked.limit;
        places.sort_unstable_by(before);
        places.truncate(asked.limit);
        let ids = places.into_iter().map(|place| IncidentId(place.2)).collect();
        let counts = IncidentState::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect();
        Answer { ids, more, counts }
    }
}

/// What is asked, in numbers.
pub(super) struct Ready<'a> {
    asked: &'a Asked,
    after: Option<Place>,
    categories: Option<Vec<Name>>,
    unit: Option<Name>,
    opener: Option<Name>,
    camera: Option<Name>,
    hidden: HashSet<Name>,
}

impl Ready<'_> {
    fn before(&self, a: &Place, b: &Place) -> Ordering {
        if self.asked.reversed { a.cmp(b) } else { b.cmp(a) }
    }

    /// Whether it is one of those that are counted, whatever its state.
    fn counts(&self, entry: &Entry) -> bool {
        self.asked.from.is_none_or(|from| entry.detected >= from)
            && self.asked.to.is_none_or(|to| entry.detected < to)
            && self.unit.is_none_or(|unit| entry.unit == unit)
            && self.opener.is_none_or(|opener| entry.opener == opener)
            && self.categories.as_ref().is_none_or(|codes| codes.contains(&entry.category))
            && self.camera.is_none_or(|camera| entry.cameras.contains(&camera))
            && (self.hidden.is_empty()
                || entry.cameras.is_empty()
                || entry.cameras.iter().any(|camera| !self.hidden.contains(camera)))
    }

    /// Whether its state is wanted, and it stands on this page or a later one.
    fn lists(&self, entry: &Entry) -> bool {
        (self.asked.states.is_empty() || self.asked.states.contains(&entry.state))
            && self
                .after
                .is_none_or(|after| self.before(&after, &entry.place(self.asked.order)) == Ordering::Less)
    }
}
