//! What is left of things for somebody who may not see all cameras. That hidden cameras are not named is `link`'s (`Sight`);
//! here is what would tell of them without naming one: counts, sums, names of incidents, files, words about several.
//!
//! Figures of the machine (load, disks, network) are of the whole station, also for them.

use crate::convert;
use crate::marks::Held;
use crate::station::{Station, lock};
use easien_link::data::{
    Alarm, AlarmKind, Bookmark, Copy, FeedItem, Handover, HandoverState, History, HistoryFigure, Hold,
    Layout, RelatedIncident, RoomStatus, Shift, Task,
};
use easien_link::{Caller, Event, Sight};
use easien_model::{BookmarkId, CameraId, HoldId, IncidentId, NoteId, Problem, StillId, TaskId};
use easien_store::{AuditFilter, BookmarkRow, CameraSpan, HoldRow, ShiftRow};
use serde_json::Value;

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A bookmark with the cameras of it that may be seen; `None`: there are none.
pub(crate) fn bookmark_row(sight: &Sight, mut row: BookmarkRow) -> Option<BookmarkRow> {
    row.cameras.retain(|camera| sight.sees(*camera));
    (!row.cameras.is_empty()).then_some(row)
}

/// A hold with the cameras of it that may be seen; `None`: there are none.
pub(crate) fn hold_row(sight: &Sight, mut row: HoldRow) -> Option<HoldRow> {
    row.hold.cameras.retain(|camera| sight.sees(*camera));
    (!row.hold.cameras.is_empty()).then_some(row)
}

/// A copy is one thing with one sum and one folder: all of its cameras must be seen.
pub(crate) fn copy(sight: &Sight, copy: Copy) -> Option<Copy> {
    sight.sees_all(&copy.asked.cameras).then_some(copy)
}

/// An alarm as it concerns the cameras that may be seen; `None`: it does not.
pub(crate) fn alarm(sight: &Sight, mut alarm: Alarm) -> Option<Alarm> {
    if sight.is_full() {
        return Some(alarm);
    }
    if alarm.camera.is_some_and(|camera| !sight.sees(camera)) {
        return None;
    }
    let all = alarm.cameras.len();
    alarm.cameras.retain(|one| sight.sees(one.camera));
    if alarm.cameras.len() < all {
        if alarm.cameras.is_empty() {
            return None;
        }
        // What all of them have in common tells of the others.
        alarm.shared = None;
    }
    // Paths of files name cameras; a person's own words do not.
    if alarm.kind != AlarmKind::SealOpened {
        alarm.detail = String::new();
    }
    Some(alarm)
}

/// A layout with the places of hidden cameras empty; `None`: it has no other cameras.
pub(crate) fn layout(sight: &Sight, mut layout: Layout) -> Option<Layout> {
    let had = layout.cameras.iter().any(Option::is_some);
    for place in &mut layout.cameras {
        *place = place.filter(|camera| sight.sees(*camera));
    }
    (!had || layout.cameras.iter().any(Option::is_some)).then_some(layout)
}

impl Station {
    /// An event as it may be heard: `None`: not at all; `Some(None)`: as it is.
    #[allow(clippy::option_option)] // Both answers are about different things.
    pub(super) fn event_within(&self, sight: &Sight, event: &Event) -> Option<Option<Event>> {
        Some(Some(match event {
            Event::RoomStatus(status) => Event::RoomStatus(self.status_within(sight, status.clone())),
            Event::AlarmChanged(of) => Event::AlarmChanged(alarm(sight, of.clone())?),
            Event::FeedChanged(FeedItem::Alarm(of)) => {
                Event::FeedChanged(FeedItem::Alarm(alarm(sight, of.clone())?))
            }
            Event::FeedChanged(FeedItem::Bookmark(of)) => {
                Event::FeedChanged(FeedItem::Bookmark(self.bookmark_within(sight, of.clone())?))
            }
            Event::HoldChanged(of) => Event::HoldChanged(self.hold_within(sight, of.clone())?),
            Event::CopyChanged(of) => Event::CopyChanged(copy(sight, of.clone())?),
            Event::BackupChanged(_) => return None,
            Event::LayoutChanged(of) => Event::LayoutChanged(layout(sight, of.clone())?),
            Event::TaskChanged(of) => Event::TaskChanged(self.task_within(sight, of.clone())?),
            Event::ShiftChanged(of) => {
                let row = self.store.shift(of.id).ok().flatten()?;
                Event::ShiftChanged(Box::new(self.shift_within(sight, row)))
            }
            _ => return Some(None),
        }))
    }

    /// Runs what asks the store, for somebody with a limit; all others pay nothing.
    pub(crate) async fn narrowed<T: Send + 'static>(
        &self,
        caller: &Caller,
        value: T,
        narrow: impl FnOnce(&Self, &Sight, T) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        if caller.sight.is_full() {
            return Ok(value);
        }
        let (station, sight) = (self.clone(), caller.sight.clone());
        self.blocking(move || narrow(&station, &sight, value)).await
    }

    /// Whether an incident may be seen: it is about no camera, or about one that may. Asks the store.
    pub(crate) fn incident_seen(&self, sight: &Sight, id: IncidentId) -> bool {
        sight.is_full()
            || self.store.incident(id).ok().flatten().is_some_and(|row| sight.sees_any(&row.cameras))
    }

    /// Those of some incidents that may be seen. Asks the store.
    pub(crate) fn related_within(&self, sight: &Sight, rows: Vec<RelatedIncident>) -> Vec<RelatedIncident> {
        rows.into_iter().filter(|row| self.incident_seen(sight, row.id)).collect()
    }

    /// A task, unless it belongs to an incident that may not be seen. Asks the store.
    pub(crate) fn task_within(&self, sight: &Sight, task: Task) -> Option<Task> {
        task.incident.is_none_or(|id| self.incident_seen(sight, id)).then_some(task)
    }

    /// A bookmark as it concerns the cameras that may be seen. Asks the store.
    pub(crate) fn bookmark_within(&self, sight: &Sight, mut bookmark: Bookmark) -> Option<Bookmark> {
        let all = bookmark.cameras.len();
        bookmark.cameras.retain(|camera| sight.sees(*camera));
        if bookmark.cameras.is_empty() {
            return None;
        }
        if bookmark.cameras.len() < all {
            let (start, end) = (bookmark.start, bookmark.end);
            let spans = bookmark.cameras.iter().map(|&camera| CameraSpan { camera, start, end }).collect();
            bookmark.recorded =
                self.index.0.recorded(&[spans]).is_ok_and(|recorded| recorded.contains(&true));
            bookmark.held =
                self.store.held().is_ok_and(|held| Held::new(held).any_of(&bookmark.cameras, start, end));
        }
        Some(bookmark)
    }

    /// A hold as it concerns the cameras that may be seen. Asks the index of recordings.
    pub(crate) fn hold_within(&self, sight: &Sight, mut hold: Hold) -> Option<Hold> {
        let all = hold.cameras.len();
        hold.cameras.retain(|camera| sight.sees(*camera));
        if hold.cameras.is_empty() {
            return None;
        }
        if hold.cameras.len() < all && hold.active {
            let (start, end) = (hold.start, hold.end);
            let spans = hold.cameras.iter().map(|&camera| CameraSpan { camera, start, end }).collect();
            let bytes = self.index.0.overlapping_bytes(&[spans]).ok();
            hold.bytes = bytes.and_then(|bytes| bytes.first().copied()).unwrap_or(0);
        }
        Some(hold)
    }

    /// The figures of the bottom strip, with counts of the cameras that may be seen.
    pub(crate) fn status_within(&self, sight: &Sight, status: RoomStatus) -> RoomStatus {
        if sight.is_full() {
            return status;
        }
        let seen = |camera: &CameraId| sight.sees(*camera);
        let cameras: Vec<CameraId> = lock(&self.cameras).keys().copied().filter(seen).collect();
        let (recorded, missing) = self.cameras_recorded();
        RoomStatus {
            live: count(self.live_cameras().iter().filter(|camera| cameras.contains(camera)).count()),
            cameras: count(cameras.len()),
            recording: count(recorded.iter().filter(|camera| seen(camera)).count()),
            not_recording: count(missing.iter().filter(|camera| seen(camera)).count()),
            ..status
        }
    }

    /// A history of the station without what counts all cameras.
    pub(crate) fn history_within(&self, sight: &Sight, mut history: History) -> History {
        if !sight.is_full() {
            let counts = [HistoryFigure::Live, HistoryFigure::Recording];
            history.series.retain(|series| !counts.contains(&series.figure));
        }
        history
    }

    /// What is handed over, with counts and names of what may be seen. `all`: the cameras that were counted. Asks the store.
    pub(crate) fn handover_state_within(
        &self,
        sight: &Sight,
        mut state: HandoverState,
        all: &[CameraId],
    ) -> HandoverState {
        if sight.is_full() {
            return state;
        }
        state.lost.retain(|camera| sight.sees(*camera));
        state.not_recording.retain(|camera| sight.sees(*camera));
        state.cameras = count(all.iter().filter(|camera| sight.sees(**camera)).count());
        state.live = state.cameras.saturating_sub(count(state.lost.len()));
        state.new_incidents = self.related_within(sight, state.new_incidents);
        state.open_incidents = self.related_within(sight, state.open_incidents);
        state.tasks = state.tasks.into_iter().filter_map(|task| self.task_within(sight, task)).collect();
        state
    }

    /// A shift with what was handed over, as far as it may be seen. Asks the store.
    pub(crate) fn shift_within(&self, sight: &Sight, row: ShiftRow) -> Shift {
        let counted = |row: Option<&easien_store::HandoverRow>| -> Vec<CameraId> {
            let ids = row.and_then(|row| row.state.get(crate::shifts::COUNTED)).cloned();
            // Handovers of before did not say which: those that are in the room now are the best guess.
            ids.and_then(|ids| serde_json::from_value(ids).ok())
                .unwrap_or_else(|| lock(&self.cameras).keys().copied().collect())
        };
        let (given, taken) = (counted(row.handover.as_ref()), counted(row.taken_over.as_ref()));
        let mut shift = crate::shifts::shift(row);
        let within = |handover: Handover, all: &[CameraId]| Handover {
            state: self.handover_state_within(sight, handover.state, all),
            ..handover
        };
        shift.handover = shift.handover.map(|handover| within(handover, &given));
        shift.taken_over = shift.taken_over.map(|handover| within(handover, &taken));
        shift
    }

    /// Whether a row of the audit may be seen: neither what it is about nor what it says is of a hidden camera. Asks the
    /// store.
    pub(crate) fn audit_seen(&self, sight: &Sight, object: &str, detail: &Value) -> bool {
        if sight.is_full() {
            return true;
        }
        if sight.names_hidden(detail) {
            return false;
        }
        let Some((kind, id)) = object.split_once(' ') else { return true };
        let Ok(id) = id.parse::<uuid::Uuid>() else { return true };
        let incident = |id: Option<IncidentId>| id.is_none_or(|id| self.incident_seen(sight, id));
        match kind {
            "camera" => sight.sees(CameraId(id)),
            "incident" => incident(Some(IncidentId(id))),
            "bookmark" => {
                let row = self.store.bookmark(BookmarkId(id)).ok().flatten();
                row.is_some_and(|row| sight.sees_any(&row.cameras))
            }
            "hold" => {
                let row = self.store.hold(HoldId(id)).ok().flatten();
                row.is_some_and(|row| sight.sees_any(&row.hold.cameras))
            }
            "still" => {
                let row = self.store.still(StillId(id)).ok().flatten();
                row.is_some_and(|row| sight.sees(row.still.camera))
            }
            "note" => {
                let row = self.store.note(NoteId(id)).ok().flatten();
                let camera = row.and_then(|row| row.note.camera);
                camera.is_none_or(|camera| sight.sees(camera))
                    && incident(self.store.incident_of_note(NoteId(id)).ok().flatten())
            }
            "layout" => {
                let row = self.store.layout(easien_model::LayoutId(id)).ok().flatten();
                row.is_none_or(|row| layout(sight, convert::layout(row)).is_some())
            }
            "task" => {
                let row = self.store.task(TaskId(id)).ok().flatten();
                incident(row.and_then(|row| row.incident))
            }
            "alarm" => {
                let row = self.store.alarm(easien_model::AlarmId(id)).ok().flatten();
                row.is_some_and(|row| alarm(sight, convert::alarm(row)).is_some())
            }
            // The row of its start names its cameras, those that follow do not.
            "copy" => {
                let filter = AuditFilter {
                    object: Some(object.to_owned()),
                    command: Some("copy.start".to_owned()),
                    limit: 1,
                    ..AuditFilter::default()
                };
                let start = self.store.audit_rows(&filter).ok().and_then(|mut rows| rows.pop());
                start.is_some_and(|row| !sight.names_hidden(&row.detail))
            }
            "attachment" => detail
                .get("incident")
                .and_then(Value::as_str)
                .is_none_or(|id| id.parse().is_ok_and(|id| self.incident_seen(sight, IncidentId(id)))),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_link::data::{AlarmCamera, AlarmPriority, AlarmShared};
    use easien_model::{AlarmId, UtcMicros};

    fn lost(camera: CameraId) -> AlarmCamera {
        AlarmCamera { camera, lost: UtcMicros(1), back: None, reason: None }
    }

    #[test]
    fn an_alarm_about_others_is_none_and_one_about_several_tells_of_ones_own() {
        let (mine, theirs) = (CameraId::new(), CameraId::new());
        let sight = Sight::without([theirs]);
        let of = |cameras: &[CameraId]| Alarm {
            id: AlarmId::new(),
            kind: AlarmKind::CameraLost,
            priority: AlarmPriority::High,
            camera: None,
            volume: None,
            subject: String::new(),
            detail: "C002/a.mp4".into(),
            raised: UtcMicros(1),
            cleared: None,
            acknowledged: None,
            acknowledged_by: None,
            comment: String::new(),
            cameras: cameras.iter().copied().map(lost).collect(),
            shared: Some(AlarmShared::Host("10.0.0.9".into())),
        };
        assert_eq!(alarm(&sight, of(&[theirs])), None);
        assert_eq!(alarm(&sight, Alarm { camera: Some(theirs), ..of(&[]) }), None);
        let some = alarm(&sight, of(&[theirs, mine])).unwrap();
        assert_eq!((some.cameras, some.shared, some.detail.as_str()), (vec![lost(mine)], None, ""));
        assert!(alarm(&sight, of(&[mine])).unwrap().shared.is_some());
        assert!(alarm(&sight, of(&[])).is_some(), "the station's own");
        assert_eq!(alarm(&Sight::default(), of(&[theirs])).unwrap().cameras.len(), 1);
    }
}
