//! Alarms. The station raises and clears them by itself: that carries no audit row. A person takes note: that does.

use crate::audit;
use crate::error::{Error, Result};
use crate::sql::{need_camera, utc, utc_opt, uuid, uuid_opt};
use crate::store::{Store, clamp_limit};
use easien_model::{AlarmId, CameraId, UtcMicros, VolumeId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

/// Raises an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmDraft {
    /// Its id, if it is not standing already.
    pub id: AlarmId,
    /// What it is about, 1 to 40 characters.
    pub kind: String,
    /// `low`, `medium`, `high` or `critical`.
    pub priority: String,
    /// The camera, if it is about one.
    pub camera: Option<CameraId>,
    /// The volume, if it is about one.
    pub volume: Option<VolumeId>,
    /// What its sentence needs; cut at 200 characters.
    pub subject: String,
    /// English, technical; cut at 4000 characters.
    pub detail: String,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRow {
    /// As it was raised.
    pub alarm: AlarmDraft,
    /// When it began.
    pub raised: UtcMicros,
    /// When it was over; absent: it stands.
    pub cleared: Option<UtcMicros>,
    /// When a person took note.
    pub acknowledged: Option<UtcMicros>,
    /// Who.
    pub acknowledged_by: Option<String>,
}

/// Which alarms; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmFilter {
    /// Only those that stand or were not taken note of.
    pub open: bool,
    /// Over after this, or not over.
    pub from: Option<UtcMicros>,
    /// Raised before this.
    pub to: Option<UtcMicros>,
    /// At most so many, 1 to 500.
    pub limit: u32,
}

const COLUMNS: &str = "SELECT id, kind, priority, camera, volume, subject, detail, raised_at, cleared_at,
    acknowledged_at, acknowledged_by FROM alarm";

fn read(row: &Row<'_>) -> rusqlite::Result<AlarmRow> {
    Ok(AlarmRow {
        alarm: AlarmDraft {
            id: AlarmId(uuid(row, 0)?),
            kind: row.get(1)?,
            priority: row.get(2)?,
            camera: uuid_opt(row, 3)?.map(CameraId),
            volume: uuid_opt(row, 4)?.map(VolumeId),
            subject: row.get(5)?,
            detail: row.get(6)?,
        },
        raised: utc(row, 7)?,
        cleared: utc_opt(row, 8)?,
        acknowledged: utc_opt(row, 9)?,
        acknowledged_by: row.get(10)?,
    })
}

/// One alarm.
pub(crate) fn find(db: &Connection, id: AlarmId) -> Result<Option<AlarmRow>> {
    let query = format!("{COLUMNS} WHERE id = ?1");
    Ok(db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read).optional()?)
}

fn existing(db: &Connection, id: AlarmId) -> Result<AlarmRow> {
    find(db, id)?.ok_or(Error::NotFound { key: "problem_alarm_not_found", field: None })
}

fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|char| *char != '\0').take(most).collect()
}

impl Store {
    /// Raises an alarm at `at`. While one of the same kind, camera and volume stands, that one is given back.
    ///
    /// # Errors
    /// `Invalid` for a kind or priority that is none, `NotFound` for a camera that never was, or what SQLite says.
    pub fn raise_alarm(&self, draft: AlarmDraft, at: UtcMicros) -> Result<AlarmRow> {
        let named = (1..=40).contains(&draft.kind.chars().count())
            && ["low", "medium", "high", "critical"].contains(&draft.priority.as_str());
        if !named {
            return Err(Error::Invalid { key: "problem_arguments", field: "kind" });
        }
        self.write(|db| {
            let camera = draft.camera.map(|camera| camera.0.into_bytes());
            let volume = draft.volume.map(|volume| volume.0.into_bytes());
            let query = format!(
                "{COLUMNS} WHERE kind = ?1 AND ifnull(camera, x'') = ifnull(?2, x'')
                    AND ifnull(volume, x'') = ifnull(?3, x'') AND cleared_at IS NULL"
            );
            let standing =
                db.prepare_cached(&query)?.query_row(params![draft.kind, camera, volume], read).optional()?;
            if let Some(row) = standing {
                return Ok(row);
            }
            // The same alarm raised once more, after its answer was lost and it was over already.
            if let Some(row) = find(db, draft.id)? {
                return Ok(row);
            }
            if let Some(camera) = draft.camera {
                need_camera(db, camera, "camera")?;
            }
            db.prepare_cached(
                "INSERT INTO alarm (id, kind, priority, camera, volume, subject, detail, raised_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                draft.id.0.into_bytes(),
                draft.kind,
                draft.priority,
                camera,
                volume,
                cut(&draft.subject, 200),
                cut(&draft.detail, 4000),
                at.0
            ])?;
            existing(db, draft.id)
        })
    }

    /// An alarm is over at `at`. One that is over stays as it is.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn clear_alarm(&self, id: AlarmId, at: UtcMicros) -> Result<AlarmRow> {
        self.write(|db| {
            let row = existing(db, id)?;
            if row.cleared.is_some() {
                return Ok(row);
            }
            // A clock that was set back meanwhile must not make it end before it began.
            db.prepare_cached("UPDATE alarm SET cleared_at = ?2 WHERE id = ?1")?
                .execute(params![id.0.into_bytes(), at.max(row.raised).0])?;
            existing(db, id)
        })
    }

    /// Takes note of an alarm. Doing it again changes nothing.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for an empty name, or what SQLite says.
    pub fn acknowledge_alarm(&self, who: &str, id: AlarmId) -> Result<AlarmRow> {
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let row = existing(db, id)?;
            if row.acknowledged.is_some() {
                return Ok(row);
            }
            db.prepare_cached("UPDATE alarm SET acknowledged_at = ?2, acknowledged_by = ?3 WHERE id = ?1")?
                .execute(params![id.0.into_bytes(), now.0, who])?;
            let detail =
                json!({ "kind": row.alarm.kind, "raised": row.raised, "subject": row.alarm.subject });
            audit::write(db, now, who, "alarm.acknowledge", &format!("alarm {id}"), &detail)?;
            existing(db, id)
        })
    }

    /// Alarms, newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn alarms(&self, filter: &AlarmFilter) -> Result<Vec<AlarmRow>> {
        let open = if filter.open { "AND (acknowledged_at IS NULL OR cleared_at IS NULL)" } else { "" };
        self.read(|db| {
            let query = format!(
                "{COLUMNS} WHERE raised_at < ?1 AND (cleared_at IS NULL OR cleared_at > ?2) {open}
                 ORDER BY raised_at DESC, id DESC LIMIT ?3"
            );
            let (from, to) = (filter.from.map_or(i64::MIN, |at| at.0), filter.to.map_or(i64::MAX, |at| at.0));
            let mut statement = db.prepare_cached(&query)?;
            let rows = statement.query_map(params![to, from, clamp_limit(filter.limit)], read)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Alarms that are not over, the first raised first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn alarms_standing(&self) -> Result<Vec<AlarmRow>> {
        self.read(|db| {
            let query = format!("{COLUMNS} WHERE cleared_at IS NULL ORDER BY raised_at, id");
            let mut statement = db.prepare_cached(&query)?;
            let rows = statement.query_map([], read)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The next begin of an alarm about one of these cameras (or about none), or of a loss of one of them: after `at`
    /// (forward), or the last before it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn next_alarm(
        &self,
        cameras: &[CameraId],
        at: UtcMicros,
        forward: bool,
    ) -> Result<Option<UtcMicros>> {
        self.read(|db| {
            let mut found: Vec<i64> = Vec::new();
            let (sign, order) = if forward { (">", "") } else { ("<", "DESC") };
            let whole: Option<i64> = db
                .prepare_cached(&format!(
                    "SELECT raised_at FROM alarm WHERE camera IS NULL AND raised_at {sign} ?1
                     ORDER BY raised_at {order} LIMIT 1"
                ))?
                .query_row([at.0], |row| row.get(0))
                .optional()?;
            found.extend(whole);
            for camera in cameras {
                for (table, column) in [("alarm", "raised_at"), ("camera_event", "lost_at")] {
                    let next: Option<i64> = db
                        .prepare_cached(&format!(
                            "SELECT {column} FROM {table} WHERE camera = ?2 AND {column} {sign} ?1
                             ORDER BY {column} {order} LIMIT 1"
                        ))?
                        .query_row(params![at.0, camera.0.into_bytes()], |row| row.get(0))
                        .optional()?;
                    found.extend(next);
                }
            }
            let next = if forward { found.into_iter().min() } else { found.into_iter().max() };
            Ok(next.map(UtcMicros))
        })
    }
}
