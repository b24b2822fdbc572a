//! Alarms. The station raises and clears them by itself: that carries no audit row. A person takes note: that does.

use crate::audit;
use crate::error::{Error, Result};
use crate::sql::{marks, need_camera, reason, reason_text, utc, utc_opt, uuid, uuid_opt};
use crate::store::{Store, clamp_limit};
use easien_model::{AlarmId, CameraId, LossReason, UtcMicros, VolumeId};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
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
    /// Tells apart what stands of one kind; at most 64 characters, may be empty.
    pub topic: String,
}

/// A camera of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmCameraRow {
    /// Which.
    pub camera: CameraId,
    /// Since when.
    pub lost: UtcMicros,
    /// Well again since; absent: it is not.
    pub back: Option<UtcMicros>,
    /// Why, if known.
    pub reason: Option<LossReason>,
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
    /// What that person wrote; may be empty.
    pub comment: String,
    /// Its cameras, those in trouble first, by the time that it began.
    pub cameras: Vec<AlarmCameraRow>,
    /// What they have in common, as JSON; absent: nothing that is known.
    pub shared: Option<String>,
}

/// Which alarms; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmFilter {
    /// Only those that stand or were not taken note of.
    pub open: bool,
    /// Only those that are over and taken note of.
    pub closed: bool,
    /// Only of these kinds; empty: any.
    pub kinds: Vec<String>,
    /// Only about this camera, alone or among others.
    pub camera: Option<CameraId>,
    /// Over after this, or not over.
    pub from: Option<UtcMicros>,
    /// Raised before this.
    pub to: Option<UtcMicros>,
    /// At most so many, 1 to 500.
    pub limit: u32,
}

const COLUMNS: &str = "SELECT id, kind, priority, camera, volume, subject, detail, raised_at, cleared_at,
    acknowledged_at, acknowledged_by, topic, comment, shared FROM alarm";

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
            topic: row.get(11)?,
        },
        raised: utc(row, 7)?,
        cleared: utc_opt(row, 8)?,
        acknowledged: utc_opt(row, 9)?,
        acknowledged_by: row.get(10)?,
        comment: row.get(12)?,
        cameras: Vec::new(),
        shared: row.get(13)?,
    })
}

fn with_cameras(db: &Connection, mut row: AlarmRow) -> Result<AlarmRow> {
    let mut statement = db.prepare_cached(
        "SELECT camera, lost_at, back_at, reason FROM alarm_member WHERE alarm = ?1
         ORDER BY back_at IS NOT NULL, lost_at, camera",
    )?;
    let cameras = statement.query_map([row.alarm.id.0.into_bytes()], |row| {
        let named = row.get::<_, Option<String>>(3)?.is_some();
        Ok(AlarmCameraRow {
            camera: CameraId(uuid(row, 0)?),
            lost: utc(row, 1)?,
            back: utc_opt(row, 2)?,
            reason: if named { Some(reason(row, 3)?) } else { None },
        })
    })?;
    row.cameras = cameras.collect::<rusqlite::Result<_>>()?;
    Ok(row)
}

/// One alarm.
pub(crate) fn find(db: &Connection, id: AlarmId) -> Result<Option<AlarmRow>> {
    let query = format!("{COLUMNS} WHERE id = ?1");
    let row = db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read).optional()?;
    row.map(|row| with_cameras(db, row)).transpose()
}

fn put_cameras(db: &Connection, id: AlarmId, cameras: &[AlarmCameraRow]) -> Result<()> {
    for each in cameras {
        let reason = each.reason.map(reason_text).transpose()?;
        db.prepare_cached(
            "INSERT INTO alarm_member (alarm, camera, lost_at, back_at, reason) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (alarm, camera) DO UPDATE
             SET lost_at = excluded.lost_at, back_at = excluded.back_at, reason = excluded.reason
             WHERE lost_at IS NOT excluded.lost_at OR back_at IS NOT excluded.back_at
                OR reason IS NOT excluded.reason",
        )?
        .execute(params![
            id.0.into_bytes(),
            each.camera.0.into_bytes(),
            each.lost.0,
            each.back.map(|at| at.max(each.lost).0),
            reason
        ])?;
    }
    Ok(())
}

fn existing(db: &Connection, id: AlarmId) -> Result<AlarmRow> {
    find(db, id)?.ok_or(Error::NotFound { key: "problem_alarm_not_found", field: None })
}

fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|char| *char != '\0').take(most).collect()
}

impl Store {
    /// Raises an alarm at `at`. While one of the same kind, camera, volume and topic stands, that one is given back.
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
                    AND ifnull(volume, x'') = ifnull(?3, x'') AND topic = ?4 AND cleared_at IS NULL"
            );
            let standing = db
                .prepare_cached(&query)?
                .query_row(params![draft.kind, camera, volume, draft.topic], read)
                .optional()?;
            if let Some(row) = standing {
                return with_cameras(db, row);
            }
            // The same alarm raised once more, after its answer was lost and it was over already.
            if let Some(row) = find(db, draft.id)? {
                return Ok(row);
            }
            if let Some(camera) = draft.camera {
                need_camera(db, camera, "camera")?;
            }
            db.prepare_cached(
                "INSERT INTO alarm (id, kind, priority, camera, volume, subject, detail, raised_at, topic)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                draft.id.0.into_bytes(),
                draft.kind,
                draft.priority,
                camera,
                volume,
                cut(&draft.subject, 200),
                cut(&draft.detail, 4000),
                at.0,
                draft.topic
            ])?;
            existing(db, draft.id)
        })
    }

    /// A standing alarm is about these cameras now; one that it was about before stays. What is over is not changed.
    ///
    /// # Errors
    /// `NotFound` for the alarm or a camera that never was, or what SQLite says.
    pub fn put_alarm_cameras(
        &self,
        id: AlarmId,
        cameras: &[AlarmCameraRow],
        shared: Option<&str>,
    ) -> Result<AlarmRow> {
        self.write(|db| {
            let row = existing(db, id)?;
            if row.cleared.is_some() {
                return Ok(row);
            }
            for each in cameras {
                need_camera(db, each.camera, "camera")?;
            }
            put_cameras(db, id, cameras)?;
            if row.shared.as_deref() != shared {
                db.prepare_cached("UPDATE alarm SET shared = ?2 WHERE id = ?1")?
                    .execute(params![id.0.into_bytes(), shared])?;
            }
            existing(db, id)
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

    /// Takes note of alarms, all or none. Of one that was taken note of, nothing is changed.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for an empty name or a long comment, or what SQLite says.
    pub fn acknowledge_alarms(&self, who: &str, ids: &[AlarmId], comment: &str) -> Result<Vec<AlarmRow>> {
        audit::check_who(who)?;
        if comment.chars().count() > 1000 || comment.contains('\0') {
            return Err(Error::Invalid { key: "problem_alarm_comment", field: "comment" });
        }
        let now = self.now();
        self.write(|db| {
            let mut rows = Vec::new();
            for &id in ids {
                let row = existing(db, id)?;
                if row.acknowledged.is_none() {
                    db.prepare_cached(
                        "UPDATE alarm SET acknowledged_at = ?2, acknowledged_by = ?3, comment = ?4 WHERE id = ?1",
                    )?
                    .execute(params![id.0.into_bytes(), now.0, who, comment])?;
                    let detail = json!({
                        "kind": row.alarm.kind, "raised": row.raised, "subject": row.alarm.subject,
                        "cameras": row.cameras.len(), "comment": comment,
                    });
                    audit::write(db, now, who, "alarm.acknowledge", &format!("alarm {id}"), &detail)?;
                }
                rows.push(existing(db, id)?);
            }
            Ok(rows)
        })
    }

    /// Alarms, newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn alarms(&self, filter: &AlarmFilter) -> Result<Vec<AlarmRow>> {
        let mut query = format!("{COLUMNS} WHERE raised_at < ? AND (cleared_at IS NULL OR cleared_at > ?)");
        let mut values = vec![
            Value::Integer(filter.to.map_or(i64::MAX, |at| at.0)),
            Value::Integer(filter.from.map_or(i64::MIN, |at| at.0)),
        ];
        if filter.open {
            query.push_str(" AND (acknowledged_at IS NULL OR cleared_at IS NULL)");
        }
        if filter.closed {
            query.push_str(" AND acknowledged_at IS NOT NULL AND cleared_at IS NOT NULL");
        }
        if !filter.kinds.is_empty() {
            query.push_str(&format!(" AND kind IN ({})", marks(filter.kinds.len())));
            values.extend(filter.kinds.iter().map(|kind| Value::Text(kind.clone())));
        }
        if let Some(camera) = filter.camera {
            let bytes = camera.0.as_bytes().to_vec();
            query.push_str(" AND (camera = ? OR id IN (SELECT alarm FROM alarm_member WHERE camera = ?))");
            values.extend([Value::Blob(bytes.clone()), Value::Blob(bytes)]);
        }
        query.push_str(" ORDER BY raised_at DESC, id DESC LIMIT ?");
        values.push(Value::Integer(i64::from(clamp_limit(filter.limit))));
        self.read(|db| {
            let mut statement = db.prepare_cached(&query)?;
            let rows = statement.query_map(params_from_iter(values.iter()), read)?;
            rows.map(|row| with_cameras(db, row?)).collect()
        })
    }

    /// An alarm.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn alarm(&self, id: AlarmId) -> Result<Option<AlarmRow>> {
        self.read(|db| find(db, id))
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
            rows.map(|row| with_cameras(db, row?)).collect()
        })
    }

    /// The next begin of an alarm about one of these cameras (or about none), or of a loss of one of them: after `at`
    /// (forward), or the last before it. An alarm about several cameras begins with their losses.
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
                    "SELECT raised_at FROM alarm WHERE camera IS NULL AND topic = '' AND raised_at {sign} ?1
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
