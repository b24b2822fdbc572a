//! Saved layouts of the wall, and tours: layouts shown in turn. Data that people edit: whoever changes one says which
//! count of edits he saw, so that two windows do not lose each other's change; a deleted one can be put back. One that
//! is not shared is its owner's alone. Who did what is in the audit.

use crate::audit;
use crate::error::{Error, Result};
use crate::sql::{check_text, json, need_camera, utc, uuid};
use crate::store::Store;
use easien_model::{CameraId, LayoutId, TourId, UtcMicros, WallShape};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;
use uuid::Uuid;

/// Most cameras of a layout, over all its pages.
const TILES_MOST: usize = 256;
/// Most layouts, or tours, that stand in a list.
const LISTED_MOST: i64 = 500;
/// Most steps of a tour.
const STEPS_MOST: usize = 64;

/// A layout as a person saves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutDraft {
    /// Chosen by the client.
    pub id: LayoutId,
    /// 1 to 80 characters; unique among the shared ones, or among the owner's.
    pub name: String,
    /// Everybody's; else the owner's alone.
    pub shared: bool,
    /// How the wall is cut into tiles.
    pub shape: WallShape,
    /// Cameras tile by tile over all pages, at most 256; absent: an empty tile.
    pub cameras: Vec<Option<CameraId>>,
    /// The tile of each page that follows the chosen camera.
    pub hotspot: Option<u32>,
    /// The count of edits that the person saw; 0: it is new.
    pub edits: u32,
}

/// A saved layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutRow {
    /// What it is; `edits` as it stands.
    pub layout: LayoutDraft,
    /// Who made it.
    pub owner: String,
    /// Who changed it last.
    pub changed_by: String,
    /// When.
    pub changed: UtcMicros,
}

/// A step of a tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TourStep {
    /// What is shown.
    pub layout: LayoutId,
    /// Which of its pages, from 0; absent: each in turn.
    pub page: Option<u32>,
    /// How long a page stands, 3 to 3600 s.
    pub dwell_s: u32,
}

/// A tour as a person saves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TourDraft {
    /// Chosen by the client.
    pub id: TourId,
    /// 1 to 80 characters; unique among the shared ones, or among the owner's.
    pub name: String,
    /// Everybody's; else the owner's alone.
    pub shared: bool,
    /// 1 to 64.
    pub steps: Vec<TourStep>,
    /// The count of edits that the person saw; 0: it is new.
    pub edits: u32,
}

/// A saved tour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TourRow {
    /// What it is; `edits` as it stands.
    pub tour: TourDraft,
    /// Who made it.
    pub owner: String,
    /// Who changed it last.
    pub changed_by: String,
    /// When.
    pub changed: UtcMicros,
}

/// What layouts and tours have in common, with the sentences of what goes wrong with them.
struct Kind {
    table: &'static str,
    not_found: &'static str,
    conflict: &'static str,
    taken: &'static str,
    not_own: &'static str,
    too_many: &'static str,
}

const LAYOUT: Kind = Kind {
    table: "layout",
    not_found: "problem_layout_not_found",
    conflict: "problem_layout_conflict",
    taken: "problem_layout_name_taken",
    not_own: "problem_layout_not_own",
    too_many: "problem_layout_many",
};
const TOUR: Kind = Kind {
    table: "tour",
    not_found: "problem_tour_not_found",
    conflict: "problem_tour_conflict",
    taken: "problem_tour_name_taken",
    not_own: "problem_tour_not_own",
    too_many: "problem_tour_many",
};

/// How a row of one of the tables stands.
struct Standing {
    owner: String,
    shared: bool,
    edits: u32,
    deleted: bool,
}

impl Kind {
    fn standing(&self, db: &Connection, id: Uuid) -> Result<Option<Standing>> {
        let query =
            format!("SELECT owner, shared, edits, deleted_at IS NOT NULL FROM {} WHERE id = ?1", self.table);
        Ok(db
            .prepare_cached(&query)?
            .query_row([id.into_bytes()], |row| {
                Ok(Standing {
                    owner: row.get(0)?,
                    shared: row.get(1)?,
                    edits: row.get(2)?,
                    deleted: row.get(3)?,
                })
            })
            .optional()?)
    }

    /// The row, if this person may change it, and saw it as it stands.
    fn need(&self, db: &Connection, who: &str, id: Uuid, edits: u32) -> Result<Standing> {
        let not_found = Error::NotFound { key: self.not_found, field: None };
        let Some(standing) = self.standing(db, id)? else { return Err(not_found) };
        if !standing.shared && standing.owner != who {
            return Err(not_found);
        }
        if standing.edits != edits {
            return Err(Error::Conflict { key: self.conflict });
        }
        Ok(standing)
    }

    /// Writes what both kinds have: a new row, or a changed one. Gives the row's count of edits.
    fn put(&self, db: &Connection, who: &str, id: Uuid, what: (&str, bool, u32)) -> Result<u32> {
        let (name, shared, edits) = what;
        let owner = match self.standing(db, id)? {
            None if edits == 0 => who.to_owned(),
            _ => {
                let standing = self.need(db, who, id, edits)?;
                // Only its owner takes it out of everybody's hands.
                if standing.shared && !shared && standing.owner != who {
                    return Err(Error::Precondition { key: self.not_own });
                }
                standing.owner
            }
        };
        let taken = format!(
            "SELECT EXISTS (SELECT 1 FROM {} WHERE name = ?1 AND shared = ?2 AND (shared OR owner = ?3)
                AND id <> ?4 AND deleted_at IS NULL)",
            self.table
        );
        if db
            .prepare_cached(&taken)?
            .query_row(params![name, shared, owner, id.into_bytes()], |row| row.get(0))?
        {
            return Err(Error::Conflict { key: self.taken });
        }
        let count = format!("SELECT count(*) FROM {} WHERE deleted_at IS NULL AND id <> ?1", self.table);
        let others: i64 = db.prepare_cached(&count)?.query_row([id.into_bytes()], |row| row.get(0))?;
        if others >= LISTED_MOST {
            return Err(Error::Precondition { key: self.too_many });
        }
        Ok(edits + 1)
    }

    fn delete(&self, db: &Connection, who: &str, now: UtcMicros, id: Uuid, edits: u32) -> Result<bool> {
        if self.need(db, who, id, edits)?.deleted {
            return Ok(false);
        }
        let update = format!("UPDATE {} SET deleted_at = ?2 WHERE id = ?1", self.table);
        db.prepare_cached(&update)?.execute(params![id.into_bytes(), now.0])?;
        Ok(true)
    }
}

const LAYOUTS: &str =
    "SELECT id, name, shared, shape, tiles, hotspot, edits, owner, changed_by, changed_at FROM layout";

fn read_layout(row: &Row<'_>) -> rusqlite::Result<LayoutRow> {
    Ok(LayoutRow {
        layout: LayoutDraft {
            id: LayoutId(uuid(row, 0)?),
            name: row.get(1)?,
            shared: row.get(2)?,
            shape: json(row, 3)?,
            cameras: vec![None; row.get::<_, u32>(4)? as usize],
            hotspot: row.get(5)?,
            edits: row.get(6)?,
        },
        owner: row.get(7)?,
        changed_by: row.get(8)?,
        changed: utc(row, 9)?,
    })
}

/// With the cameras, also those that were taken out of the room: the screen says so in their tiles.
fn with_cameras(db: &Connection, mut row: LayoutRow) -> Result<LayoutRow> {
    let mut statement = db.prepare_cached("SELECT tile, camera FROM layout_tile WHERE layout = ?1")?;
    let mut tiles = statement.query([row.layout.id.0.into_bytes()])?;
    while let Some(tile) = tiles.next()? {
        if let Some(place) = row.layout.cameras.get_mut(tile.get::<_, u32>(0)? as usize) {
            *place = Some(CameraId(uuid(tile, 1)?));
        }
    }
    Ok(row)
}

fn find_layout(db: &Connection, id: LayoutId) -> Result<Option<LayoutRow>> {
    let query = format!("{LAYOUTS} WHERE id = ?1");
    let found = db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read_layout).optional()?;
    found.map(|row| with_cameras(db, row)).transpose()
}

const TOURS: &str = "SELECT id, name, shared, edits, owner, changed_by, changed_at FROM tour";

fn read_tour(row: &Row<'_>) -> rusqlite::Result<TourRow> {
    Ok(TourRow {
        tour: TourDraft {
            id: TourId(uuid(row, 0)?),
            name: row.get(1)?,
            shared: row.get(2)?,
            steps: Vec::new(),
            edits: row.get(3)?,
        },
        owner: row.get(4)?,
        changed_by: row.get(5)?,
        changed: utc(row, 6)?,
    })
}

fn with_steps(db: &Connection, mut row: TourRow) -> Result<TourRow> {
    let mut statement =
        db.prepare_cached("SELECT layout, page, dwell_s FROM tour_step WHERE tour = ?1 ORDER BY step")?;
    let steps = statement.query_map([row.tour.id.0.into_bytes()], |row| {
        Ok(TourStep { layout: LayoutId(uuid(row, 0)?), page: row.get(1)?, dwell_s: row.get(2)? })
    })?;
    row.tour.steps = steps.collect::<rusqlite::Result<_>>()?;
    Ok(row)
}

fn find_tour(db: &Connection, id: TourId) -> Result<Option<TourRow>> {
    let query = format!("{TOURS} WHERE id = ?1");
    let found = db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read_tour).optional()?;
    found.map(|row| with_steps(db, row)).transpose()
}

fn check_layout(draft: &LayoutDraft) -> Result<()> {
    check_text(&draft.name, 1, 80, "problem_layout_name", "name")?;
    let invalid = |key, field| Err(Error::Invalid { key, field });
    if !draft.shape.is_whole() {
        return invalid("problem_wall_shape", "shape");
    }
    if draft.cameras.len() > TILES_MOST {
        return invalid("problem_wall_tiles", "cameras");
    }
    let tiles = draft.shape.tiles();
    if draft.hotspot.is_some_and(|tile| tiles < 2 || tile as usize >= tiles) {
        return invalid("problem_wall_shape", "hotspot");
    }
    Ok(())
}

fn check_tour(draft: &TourDraft) -> Result<()> {
    check_text(&draft.name, 1, 80, "problem_tour_name", "name")?;
    let fits = (1..=STEPS_MOST).contains(&draft.steps.len())
        && draft.steps.iter().all(|step| {
            (3..=3600).contains(&step.dwell_s) && step.page.is_none_or(|page| (page as usize) < TILES_MOST)
        });
    if fits { Ok(()) } else { Err(Error::Invalid { key: "problem_tour_steps", field: "steps" }) }
}

impl Store {
    /// The shared layouts and this person's own, in their order.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn layouts(&self, who: &str) -> Result<Vec<LayoutRow>> {
        self.read(|db| {
            let query = format!(
                "{LAYOUTS} WHERE deleted_at IS NULL AND (shared OR owner = ?1) ORDER BY position, id"
            );
            let mut statement = db.prepare_cached(&query)?;
            let rows = statement.query_map([who], read_layout)?.collect::<rusqlite::Result<Vec<_>>>()?;
            rows.into_iter().map(|row| with_cameras(db, row)).collect()
        })
    }

    /// Saves a layout: a new one, a changed one, or a deleted one back. Saving again what stands changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Conflict` (changed meanwhile, or the name is taken), `Precondition`, or what SQLite says.
    pub fn put_layout(&self, who: &str, draft: &LayoutDraft) -> Result<LayoutRow> {
        check_layout(draft)?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let before = find_layout(db, draft.id)?;
            if let Some(stands) = &before
                && (stands.layout.shared || stands.owner == who)
                && same_layout(&stands.layout, draft)
                && LAYOUT.standing(db, draft.id.0)?.is_some_and(|standing| !standing.deleted)
            {
                return Ok(stands.clone());
            }
            let what = (draft.name.as_str(), draft.shared, draft.edits);
            let edits = LAYOUT.put(db, who, draft.id.0, what)?;
            let shape =
                serde_json::to_string(&draft.shape).map_err(|error| Error::Damaged(error.to_string()))?;
            db.prepare_cached(
                "INSERT INTO layout (id, name, owner, shared, shape, tiles, hotspot, position, edits, changed_by, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT ifnull(max(position), 0) + 1 FROM layout), ?8, ?3, ?9)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, shared = excluded.shared, shape = excluded.shape,
                    tiles = excluded.tiles, hotspot = excluded.hotspot, edits = excluded.edits,
                    changed_by = excluded.changed_by, changed_at = excluded.changed_at, deleted_at = NULL",
            )?
            .execute(params![
                draft.id.0.into_bytes(),
                draft.name,
                who,
                draft.shared,
                shape,
                draft.cameras.len() as i64,
                draft.hotspot,
                edits,
                now.0
            ])?;
            db.prepare_cached("DELETE FROM layout_tile WHERE layout = ?1")?
                .execute([draft.id.0.into_bytes()])?;
            for (tile, camera) in (0_i64..).zip(&draft.cameras) {
                if let Some(camera) = camera {
                    need_camera(db, *camera, "cameras")?;
                    db.prepare_cached("INSERT INTO layout_tile (layout, tile, camera) VALUES (?1, ?2, ?3)")?
                        .execute(params![draft.id.0.into_bytes(), tile, camera.0.into_bytes()])?;
                }
            }
            let detail = json!({
                "name": draft.name, "shared": draft.shared, "form": draft.shape.form,
                "cameras": draft.cameras.iter().flatten().count(),
                "before": before.map(|before| before.layout.name),
            });
            audit::write(db, now, who, "layout.put", &format!("layout {}", draft.id), &detail)?;
            find_layout(db, draft.id)?.ok_or(Error::NotFound { key: LAYOUT.not_found, field: None })
        })
    }

    /// A layout, also one that was taken out of the list, whosever it is.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn layout(&self, id: LayoutId) -> Result<Option<LayoutRow>> {
        self.read(|db| find_layout(db, id))
    }

    /// Takes a layout out of the list; putting it with its count of edits brings it back.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, or what SQLite says.
    pub fn delete_layout(&self, who: &str, id: LayoutId, edits: u32) -> Result<()> {
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            if !LAYOUT.delete(db, who, now, id.0, edits)? {
                return Ok(());
            }
            audit::write(db, now, who, "layout.delete", &format!("layout {id}"), &json!({ "edits": edits }))
        })
    }

    /// Puts the layouts named into this order; others stay where they are. Gives the order of all.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn order_layouts(&self, who: &str, ids: &[LayoutId]) -> Result<Vec<LayoutId>> {
        audit::check_who(who)?;
        let now = self.now();
        let listed = |db: &Connection| -> Result<Vec<LayoutId>> {
            let mut statement =
                db.prepare_cached("SELECT id FROM layout WHERE deleted_at IS NULL ORDER BY position, id")?;
            let rows = statement.query_map([], |row| uuid(row, 0).map(LayoutId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        };
        self.write(|db| {
            let before = listed(db)?;
            // Those named take the places that they had together.
            let mut wanted = ids.iter().filter(|id| before.contains(id));
            let after: Vec<LayoutId> = before
                .iter()
                .map(|id| if ids.contains(id) { wanted.next().copied().unwrap_or(*id) } else { *id })
                .collect();
            if after == before {
                return Ok(before);
            }
            for (position, id) in (1_i64..).zip(&after) {
                db.prepare_cached("UPDATE layout SET position = ?2 WHERE id = ?1")?
                    .execute(params![id.0.into_bytes(), position])?;
            }
            audit::write(db, now, who, "layout.order", "layouts", &json!({ "layouts": ids.len() }))?;
            listed(db)
        })
    }

    /// The shared tours and this person's own, in the order of their making.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn tours(&self, who: &str) -> Result<Vec<TourRow>> {
        self.read(|db| {
            let query =
                format!("{TOURS} WHERE deleted_at IS NULL AND (shared OR owner = ?1) ORDER BY position, id");
            let mut statement = db.prepare_cached(&query)?;
            let rows = statement.query_map([who], read_tour)?.collect::<rusqlite::Result<Vec<_>>>()?;
            rows.into_iter().map(|row| with_steps(db, row)).collect()
        })
    }

    /// Saves a tour: a new one, a changed one, or a deleted one back. Saving again what stands changes nothing.
    ///
    /// # Errors
    /// As [`Store::put_layout`].
    pub fn put_tour(&self, who: &str, draft: &TourDraft) -> Result<TourRow> {
        check_tour(draft)?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let before = find_tour(db, draft.id)?;
            if let Some(stands) = &before
                && (stands.tour.shared || stands.owner == who)
                && same_tour(&stands.tour, draft)
                && TOUR.standing(db, draft.id.0)?.is_some_and(|standing| !standing.deleted)
            {
                return Ok(stands.clone());
            }
            let edits = TOUR.put(db, who, draft.id.0, (&draft.name, draft.shared, draft.edits))?;
            db.prepare_cached(
                "INSERT INTO tour (id, name, owner, shared, position, edits, changed_by, changed_at)
                 VALUES (?1, ?2, ?3, ?4, (SELECT ifnull(max(position), 0) + 1 FROM tour), ?5, ?3, ?6)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, shared = excluded.shared,
                    edits = excluded.edits, changed_by = excluded.changed_by, changed_at = excluded.changed_at,
                    deleted_at = NULL",
            )?
            .execute(params![draft.id.0.into_bytes(), draft.name, who, draft.shared, edits, now.0])?;
            db.prepare_cached("DELETE FROM tour_step WHERE tour = ?1")?.execute([draft.id.0.into_bytes()])?;
            for (number, step) in (0_i64..).zip(&draft.steps) {
                if LAYOUT.standing(db, step.layout.0)?.is_none() {
                    return Err(Error::NotFound { key: LAYOUT.not_found, field: Some("steps") });
                }
                db.prepare_cached(
                    "INSERT INTO tour_step (tour, step, layout, page, dwell_s) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    draft.id.0.into_bytes(),
                    number,
                    step.layout.0.into_bytes(),
                    step.page,
                    step.dwell_s
                ])?;
            }
            let detail = json!({ "name": draft.name, "shared": draft.shared, "steps": draft.steps.len() });
            audit::write(db, now, who, "tour.put", &format!("tour {}", draft.id), &detail)?;
            find_tour(db, draft.id)?.ok_or(Error::NotFound { key: TOUR.not_found, field: None })
        })
    }

    /// Takes a tour out of the list; putting it with its count of edits brings it back.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, or what SQLite says.
    pub fn delete_tour(&self, who: &str, id: TourId, edits: u32) -> Result<()> {
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            if !TOUR.delete(db, who, now, id.0, edits)? {
                return Ok(());
            }
            audit::write(db, now, who, "tour.delete", &format!("tour {id}"), &json!({ "edits": edits }))
        })
    }
}

/// The same but for the count of edits.
fn same_layout(a: &LayoutDraft, b: &LayoutDraft) -> bool {
    *a == LayoutDraft { edits: a.edits, ..b.clone() }
}

fn same_tour(a: &TourDraft, b: &TourDraft) -> bool {
    *a == TourDraft { edits: a.edits, ..b.clone() }
}
