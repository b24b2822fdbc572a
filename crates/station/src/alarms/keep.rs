//! Alarms are raised, changed, cleared, acknowledged and listed; what the store cannot take waits. When is decided
//! elsewhere.

use super::kinds::{lasts, priority};
use crate::convert;
use crate::people::within;
use crate::station::{Station, lock};
use easien_link::data::{Alarm, AlarmAcknowledge, AlarmCamera, AlarmKind, AlarmQuery, AlarmShared, FeedItem};
use easien_link::{Caller, Event, problems};
use easien_model::{AlarmId, Code, Problem, UtcMicros, VolumeId};
use easien_store::{AlarmDraft, AlarmFilter, AlarmRow};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Alarms that one call may take note of.
const ACKNOWLEDGED_MOST: usize = 200;

/// What an alarm is about: of each there is one standing at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct About {
    pub(crate) kind: AlarmKind,
    pub(crate) volume: Option<VolumeId>,
}

/// What an alarm says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) subject: String,
    pub(crate) detail: String,
}

/// Alarms that the store could not take: told and listed all the same, and written down as soon as it can.
type Unwritten = Mutex<BTreeMap<AlarmId, (AlarmDraft, Alarm)>>;

/// What is remembered of alarms.
#[derive(Default)]
pub struct Alarms {
    unwritten: Unwritten,
    /// Those about cameras.
    pub(super) cameras: super::cameras::Standing,
    /// What is remembered of the programs.
    pub(crate) lives: super::programs::Lives,
}

/// More are not kept; the oldest go first.
const UNWRITTEN_MOST: usize = 200;

/// A word of the wire, as it is stored.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

impl Station {
    /// Something happened that is over already.
    pub(crate) async fn happened(&self, about: About, said: Said) {
        let id = self.raise_alarm(about, said).await;
        self.clear_alarm(id).await;
    }

    /// Writes an alarm down and tells it. When the store fails it is told nevertheless, and written down later.
    pub(super) async fn raise_alarm(&self, about: About, said: Said) -> AlarmId {
        let draft = AlarmDraft {
            id: AlarmId::new(),
            kind: word(&about.kind),
            priority: word(&priority(about.kind)),
            camera: None,
            volume: about.volume,
            subject: said.subject.chars().take(200).collect(),
            detail: said.detail.chars().take(2000).collect(),
            topic: String::new(),
        };
        self.raise_draft(about.kind, draft, self.clock.utc_now(), Vec::new(), None).await
    }

    /// As [`Station::raise_alarm`], about cameras.
    pub(super) async fn raise_draft(
        &self,
        kind: AlarmKind,
        draft: AlarmDraft,
        raised: UtcMicros,
        cameras: Vec<AlarmCamera>,
        shared: Option<AlarmShared>,
    ) -> AlarmId {
        let alarm = Alarm {
            id: draft.id,
            kind,
            priority: priority(kind),
            camera: draft.camera,
            volume: draft.volume,
            subject: draft.subject.clone(),
            detail: draft.detail.clone(),
            raised,
            cleared: None,
            acknowledged: None,
            acknowledged_by: None,
            comment: String::new(),
            cameras,
            shared,
        };
        let alarm = match self.write_alarm(draft.clone(), alarm.clone()).await {
            Ok(row) => convert::alarm(row),
            Err(problem) => {
                tracing::error!(%problem, ?kind, "an alarm is not written down yet");
                let mut unwritten = lock(&self.alarms.unwritten);
                unwritten.insert(alarm.id, (draft, alarm.clone()));
                if unwritten.len() > UNWRITTEN_MOST {
                    unwritten.pop_first();
                }
                alarm
            }
        };
        tracing::warn!(
            kind = ?alarm.kind, subject = alarm.subject, detail = alarm.detail, cameras = alarm.cameras.len(),
            shared = ?alarm.shared, "alarm"
        );
        let id = alarm.id;
        self.tell_alarm(alarm);
        id
    }

    async fn write_alarm(&self, draft: AlarmDraft, alarm: Alarm) -> Result<AlarmRow, Problem> {
        self.store(move |store| {
            let row = store.raise_alarm(draft, alarm.raised)?;
            if alarm.cameras.is_empty() {
                return Ok(row);
            }
            let shared = alarm.shared.as_ref().map(convert::shared_text);
            store.put_alarm_cameras(
                row.alarm.id,
                &convert::to_alarm_cameras(&alarm.cameras),
                shared.as_deref(),
            )
        })
        .await
    }

    /// An alarm is about these cameras now. False: it is not written down, and has to be said again.
    pub(super) async fn put_alarm_cameras(
        &self,
        id: AlarmId,
        cameras: Vec<AlarmCamera>,
        shared: Option<AlarmShared>,
    ) -> bool {
        let unwritten = lock(&self.alarms.unwritten).get_mut(&id).map(|(_, alarm)| {
            (alarm.cameras, alarm.shared) = (cameras.clone(), shared.clone());
            alarm.clone()
        });
        if let Some(alarm) = unwritten {
            self.tell_alarm(alarm);
            return true;
        }
        let rows = convert::to_alarm_cameras(&cameras);
        let shared = shared.as_ref().map(convert::shared_text);
        match self.store(move |store| store.put_alarm_cameras(id, &rows, shared.as_deref())).await {
            Ok(row) => {
                self.tell_alarm(convert::alarm(row));
                true
            }
            Err(problem) => {
                tracing::error!(%problem, "the cameras of an alarm were not written down");
                false
            }
        }
    }

    /// What the store could not take before.
    pub(super) async fn write_late_alarms(&self) {
        let late: Vec<(AlarmDraft, Alarm)> = lock(&self.alarms.unwritten).values().cloned().collect();
        for (draft, alarm) in late {
            let (id, cleared) = (alarm.id, alarm.cleared);
            let written = match self.write_alarm(draft, alarm).await {
                Ok(row) => match cleared {
                    Some(cleared) => {
                        self.store(move |store| store.clear_alarm(row.alarm.id, cleared)).await.map(drop)
                    }
                    None => Ok(()),
                },
                Err(problem) => Err(problem),
            };
            if written.is_err() {
                return;
            }
            let ended = lock(&self.alarms.unwritten).remove(&id).and_then(|(_, alarm)| alarm.cleared);
            // It may have ended while it was being written.
            if cleared.is_none() && ended.is_some() {
                self.clear_alarm(id).await;
            }
        }
    }

    pub(super) async fn clear_alarm(&self, id: AlarmId) -> bool {
        self.clear_alarm_at(id, self.clock.utc_now()).await
    }

    pub(super) async fn clear_alarm_at(&self, id: AlarmId, now: UtcMicros) -> bool {
        let unwritten = lock(&self.alarms.unwritten).get_mut(&id).map(|(_, alarm)| {
            alarm.cleared = Some(now);
            alarm.clone()
        });
        if let Some(alarm) = unwritten {
            self.tell_alarm(alarm);
            return true;
        }
        match self.store(move |store| store.clear_alarm(id, now)).await {
            Ok(row) => {
                self.tell_alarm(convert::alarm(row));
                true
            }
            Err(problem) => {
                tracing::error!(%problem, "the end of an alarm was not written down");
                false
            }
        }
    }

    pub(super) fn tell_alarm(&self, alarm: Alarm) {
        self.tell(Event::AlarmChanged(alarm.clone()));
        self.tell(Event::FeedChanged(FeedItem::Alarm(alarm)));
    }

    pub(crate) async fn list_alarms(
        &self,
        caller: &Caller,
        query: AlarmQuery,
    ) -> Result<Vec<Alarm>, Problem> {
        if query.limit > 500 {
            return Err(Problem::new(Code::Invalid, problems::PAGE_LIMIT).field("limit"));
        }
        let most = if query.limit == 0 { 100 } else { query.limit };
        let filter = AlarmFilter {
            open: query.open,
            closed: query.closed,
            kinds: query.kinds.iter().map(word).collect(),
            camera: query.camera,
            from: query.from,
            to: query.to,
            // A page is full of what may be seen, as far as the store gives that at once.
            limit: if caller.sight.is_full() { most } else { 500 },
        };
        let fits = |alarm: &Alarm| {
            (!query.open || alarm.cleared.is_none() || alarm.acknowledged.is_none())
                && !query.closed
                && (query.kinds.is_empty() || query.kinds.contains(&alarm.kind))
                && query.camera.is_none_or(|id| alarm.cameras.iter().any(|each| each.camera == id))
                && query.from.is_none_or(|from| alarm.cleared.is_none_or(|cleared| cleared > from))
                && query.to.is_none_or(|to| alarm.raised < to)
        };
        let mut alarms: Vec<Alarm> = lock(&self.alarms.unwritten)
            .values()
            .rev()
            .map(|(_, alarm)| alarm.clone())
            .filter(fits)
            .collect();
        match self.store(move |store| store.alarms(&filter)).await {
            Ok(rows) => alarms.extend(rows.into_iter().map(convert::alarm)),
            // What is known without the store is better than nothing.
            Err(problem) if alarms.is_empty() => return Err(problem),
            Err(problem) => tracing::error!(%problem, "the alarms in the store are not known"),
        }
        let mut alarms: Vec<Alarm> =
            alarms.into_iter().filter_map(|alarm| within::alarm(&caller.sight, alarm)).collect();
        alarms.truncate(most as usize);
        Ok(alarms)
    }

    pub(crate) async fn acknowledge_alarms(
        &self,
        caller: &Caller,
        acknowledge: AlarmAcknowledge,
    ) -> Result<Vec<Alarm>, Problem> {
        let AlarmAcknowledge { ids, comment } = acknowledge;
        if !(1..=ACKNOWLEDGED_MOST).contains(&ids.len()) {
            return Err(Problem::new(Code::Invalid, problems::ALARM_COUNT).field("ids"));
        }
        let (who, comment) = (caller.name.clone(), comment.trim().to_owned());
        let _order = self.changes.lock().await;
        if !caller.sight.is_full() {
            let (asked, sight) = (ids.clone(), caller.sight.clone());
            let seen = self.store(move |store| {
                for id in asked {
                    let row = store.alarm(id)?.map(convert::alarm);
                    if row.is_none_or(|row| within::alarm(&sight, row).is_none()) {
                        return Ok(false);
                    }
                }
                Ok(true)
            });
            if !seen.await? {
                return Err(Problem::new(Code::NotFound, problems::ALARM_NOT_FOUND).field("ids"));
            }
        }
        let rows = self.store(move |store| store.acknowledge_alarms(&who, &ids, &comment)).await?;
        let mut alarms = Vec::new();
        for mut alarm in rows.into_iter().map(convert::alarm) {
            // A happening that stands until it is seen is over with that.
            if !lasts(alarm.kind) && alarm.cleared.is_none() {
                let (id, now) = (alarm.id, self.clock.utc_now());
                let row = self.store(move |store| store.clear_alarm(id, now)).await?;
                alarm = convert::alarm(row);
            }
            if let Some(at) = alarm.acknowledged {
                self.alarms.cameras.acknowledged(alarm.kind, alarm.id, at);
            }
            self.tell_alarm(alarm.clone());
            alarms.extend(within::alarm(&caller.sight, alarm));
        }
        Ok(alarms)
    }
}
