//! The shift book: begins shifts, collects what is handed over, and has both persons sign.

use crate::station::{Station, lock};
use easien_link::data::{
    AtDesk, ClockCheck, ClockCheckDraft, Handover, HandoverDraft, HandoverState, Page, PlannedShift, Shift,
    ShiftBegin, ShiftPlan, Task,
};
use easien_link::{Caller, Command, Event, call, problems};
use easien_model::{CameraId, Code, Problem, SessionPhase, TaskId};
use easien_store::{ClockCheckRow, HandoverRow, ShiftDraft, ShiftRow, SignInRow, TaskRow};
use serde_json::{Map, Value};

/// In what is kept of a handover: the cameras that were counted, so that a part of them can be counted later.
pub(crate) const COUNTED: &str = "counted";

/// Where the plan stands among the settings.
const PLAN: &str = "shift_plan";
/// A person presses the key within so much of what they see or hear.
const HAND_MS: u32 = 500;
/// A reference further off than this is a slip of the hand.
const OFFSET_MOST_S: i64 = 7 * 24 * 3600;

fn clock(row: ClockCheckRow) -> ClockCheck {
    ClockCheck {
        at: row.at,
        offset_ms: row.offset_ms,
        uncertainty_ms: row.uncertainty_ms,
        source: row.source,
        by: row.by,
    }
}

fn handover(row: HandoverRow) -> Option<Handover> {
    match serde_json::from_value(row.state) {
        Ok(state) => Some(Handover { state, remarks: row.remarks, from: row.from, to: row.to, at: row.at }),
        Err(error) => {
            tracing::error!(%error, "a handover cannot be read");
            None
        }
    }
}

pub(crate) fn shift(row: ShiftRow) -> Shift {
    Shift {
        id: row.id,
        name: row.name,
        begun: row.begun,
        ended: row.handover.as_ref().map(|handover| handover.at),
        persons: vec![row.person],
        commander: row.commander,
        clock: row.clock.map(clock),
        handover: row.handover.and_then(handover),
        taken_over: row.taken_over.and_then(handover),
    }
}

fn task(row: TaskRow) -> Task {
    let (done, done_by) = row.done.unzip();
    Task { id: row.id, text: row.text, incident: row.incident, by: row.by, at: Some(row.at), done, done_by }
}

fn default_plan() -> ShiftPlan {
    let planned = |name: &str, hour: u32| PlannedShift { name: name.to_owned(), begin_min: hour * 60 };
    ShiftPlan { shifts: vec![planned("Ca 1", 6), planned("Ca 2", 14), planned("Ca 3", 22)] }
}

fn check_plan(plan: &ShiftPlan) -> Result<(), Problem> {
    let named = plan.shifts.iter().all(|shift| (1..=40).contains(&shift.name.trim().chars().count()));
    let ordered = plan.shifts.windows(2).all(|pair| matches!(pair, [a, b] if a.begin_min < b.begin_min));
    let within = plan.shifts.iter().all(|shift| shift.begin_min < 24 * 60);
    let names: std::collections::HashSet<&str> = plan.shifts.iter().map(|shift| shift.name.trim()).collect();
    let different = names.len() == plan.shifts.len();
    let whole = plan.shifts.iter().all(|shift| !shift.name.contains('\0'));
    if named && different && whole && ordered && within && (1..=6).contains(&plan.shifts.len()) {
        return Ok(());
    }
    Err(Problem::new(Code::Invalid, problems::SHIFT_PLAN).field("shifts"))
}

/// The shift that a minute of the day lies in: the last one that began; before the first one, yesterday's last.
fn planned(plan: &ShiftPlan, minute: u32) -> String {
    let begun = plan.shifts.iter().rev().find(|shift| shift.begin_min <= minute);
    begun.or(plan.shifts.last()).map_or_else(String::new, |shift| shift.name.clone())
}

impl Station {
    pub(crate) async fn shift_plan(&self) -> Result<ShiftPlan, Problem> {
        let settings = self.store(|store| store.settings()).await?;
        let stored = settings.get(PLAN).cloned().map(serde_json::from_value);
        Ok(match stored {
            Some(Ok(plan)) => plan,
            _ => default_plan(),
        })
    }

    pub(crate) async fn set_shift_plan(
        &self,
        caller: &Caller,
        mut plan: ShiftPlan,
    ) -> Result<ShiftPlan, Problem> {
        for shift in &mut plan.shifts {
            shift.name = shift.name.trim().to_owned();
        }
        check_plan(&plan)?;
        let value = serde_json::to_value(&plan)
            .map_err(|error| Problem::new(Code::Internal, problems::INTERNAL).detail(error))?;
        let changes: Map<String, Value> = [(PLAN.to_owned(), value)].into_iter().collect();
        let who = caller.name.clone();
        self.store(move |store| store.put_settings(&who, &changes)).await?;
        Ok(plan)
    }

    /// Name of the shift that should be on now.
    async fn planned_now(&self, given: &str) -> Result<String, Problem> {
        if !given.trim().is_empty() {
            return Ok(given.trim().to_owned());
        }
        let plan = self.shift_plan().await?;
        let local = jiff::Timestamp::from_microsecond(self.clock.utc_now().0)
            .map(|at| at.to_zoned_datetime(jiff::tz::TimeZone::system()))
            .map_err(|error| Problem::new(Code::Internal, problems::INTERNAL).detail(error))?;
        let minute =
            u32::try_from(local.hour()).unwrap_or(0) * 60 + u32::try_from(local.minute()).unwrap_or(0);
        Ok(planned(&plan, minute))
    }

    /// Shifts as the caller may see what was handed over.
    async fn shown_to(&self, caller: &Caller, rows: Vec<ShiftRow>) -> Result<Vec<Shift>, Problem> {
        if caller.sight.is_full() {
            return Ok(rows.into_iter().map(shift).collect());
        }
        let (station, sight) = (self.clone(), caller.sight.clone());
        self.blocking(move || rows.into_iter().map(|row| station.shift_within(&sight, row)).collect()).await
    }

    async fn shown_one(&self, caller: &Caller, row: ShiftRow) -> Result<Shift, Problem> {
        let shown = self.shown_to(caller, vec![row]).await?.pop();
        shown.ok_or_else(|| Problem::new(Code::Internal, problems::INTERNAL))
    }

    pub(crate) async fn shift_now(&self, caller: &Caller) -> Result<Option<Shift>, Problem> {
        let row = self.store(|store| store.shift_now()).await?;
        Ok(self.shown_to(caller, row.into_iter().collect()).await?.pop())
    }

    pub(crate) async fn list_shifts(&self, caller: &Caller, page: Page) -> Result<Vec<Shift>, Problem> {
        crate::marks::check_page(&page)?;
        let rows = self.store(move |store| store.shifts(page.before, page.limit)).await?;
        self.shown_to(caller, rows).await
    }

    pub(crate) async fn begin_shift(&self, caller: &Caller, begin: ShiftBegin) -> Result<Shift, Problem> {
        let draft = ShiftDraft {
            id: begin.id,
            name: self.planned_now(&begin.name).await?,
            commander: begin.commander.trim().to_owned(),
        };
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let begun = self.store(move |store| store.begin_shift(&who, draft)).await?;
        self.tell(Event::ShiftChanged(Box::new(shift(begun.clone()))));
        self.shown_one(caller, begun).await
    }

    pub(crate) async fn check_clock(
        &self,
        caller: &Caller,
        check: ClockCheckDraft,
    ) -> Result<Shift, Problem> {
        let now = self.clock.utc_now();
        let offset_us = check.reference.0.saturating_sub(check.station.0);
        // The key was pressed just now: a moment from elsewhere says nothing about this clock.
        let fresh = (now.0.saturating_sub(check.station.0)).abs() <= 60_000_000;
        if !fresh || offset_us.abs() > OFFSET_MOST_S * 1_000_000 {
            return Err(Problem::new(Code::Invalid, problems::CLOCK_REFERENCE).field("reference"));
        }
        let row = ClockCheckRow {
            at: check.station,
            offset_ms: i32::try_from(offset_us / 1000).unwrap_or(i32::MAX),
            uncertainty_ms: HAND_MS,
            source: check.source.trim().to_owned(),
            by: caller.name.clone(),
        };
        let _order = self.changes.lock().await;
        let compared = self.store(move |store| store.check_clock(row)).await?;
        self.tell(Event::ShiftChanged(Box::new(shift(compared.clone()))));
        self.shown_one(caller, compared).await
    }

    /// What would be handed over now, as far as the caller may see it. What is handed over then is the whole.
    pub(crate) async fn handover_state_for(&self, caller: &Caller) -> Result<HandoverState, Problem> {
        let state = self.handover_state().await?;
        let all = self.counted();
        self.narrowed(caller, state, move |station, sight, state| {
            station.handover_state_within(sight, state, &all)
        })
        .await
    }

    fn counted(&self) -> Vec<CameraId> {
        lock(&self.cameras).keys().copied().collect()
    }

    /// What would be handed over now.
    async fn handover_state(&self) -> Result<HandoverState, Problem> {
        let present = self.store(|store| store.shift_now()).await?;
        let cameras = self.list_cameras();
        let is_live = |camera: &easien_link::data::Camera| {
            camera.sessions.iter().any(|session| session.state.phase == SessionPhase::Live)
        };
        let (new_incidents, open_incidents) =
            self.incidents_for_handover(present.as_ref().map(|shift| shift.begun)).await?;
        Ok(HandoverState {
            at: self.clock.utc_now(),
            cameras: u32::try_from(cameras.len()).unwrap_or(u32::MAX),
            live: u32::try_from(cameras.iter().filter(|camera| is_live(camera)).count()).unwrap_or(u32::MAX),
            lost: cameras.iter().filter(|camera| !is_live(camera)).map(|camera| camera.id).collect(),
            not_recording: self.not_recording(),
            storage_days: self.storage_days(),
            clock: present.and_then(|shift| shift.clock).map(clock),
            new_incidents,
            open_incidents,
            tasks: self.store(|store| store.tasks_open()).await?.into_iter().map(task).collect(),
        })
    }

    pub(crate) async fn hand_over(&self, caller: &Caller, draft: HandoverDraft) -> Result<AtDesk, Problem> {
        let window = self.program_of(caller.connection);
        let from = self
            .prove(&draft.from, draft.from_password, &window)
            .await
            .map_err(|problem| problem.field("from_password"))?;
        let to = self
            .prove(&draft.to, draft.to_password, &window)
            .await
            .map_err(|problem| problem.field("to_password"))?;
        if from.id == to.id {
            return Err(Problem::new(Code::Invalid, problems::HANDOVER_SAME).field("to"));
        }
        for (row, field) in [(&from, "from"), (&to, "to")] {
            // Whoever signs is somebody who may; a password that another one set is nobody's signature.
            if !crate::people::may(row, <call::ShiftHandover as Command>::ACCESS) {
                return Err(Problem::new(Code::Forbidden, problems::HANDOVER_PERSON).field(field));
            }
            if row.must_change {
                return Err(Problem::new(Code::Precondition, problems::HANDOVER_PASSWORD).field(field));
            }
        }
        let internal = |error| Problem::new(Code::Internal, problems::INTERNAL).detail(error);
        let counted = serde_json::to_value(self.counted()).map_err(internal)?;
        let mut state = serde_json::to_value(self.handover_state().await?).map_err(internal)?;
        state[COUNTED] = counted;
        let next = ShiftDraft {
            id: draft.next,
            name: self.planned_now(&draft.next_name).await?,
            commander: draft.commander.trim().to_owned(),
        };
        let row = HandoverRow {
            at: self.clock.utc_now(),
            state,
            remarks: draft.remarks.trim().to_owned(),
            from: from.name.clone(),
            to: to.name.clone(),
        };
        let (ended, begun) = {
            let _order = self.changes.lock().await;
            self.store(move |store| store.hand_over(draft.shift, next, row, None::<&SignInRow>)).await?
        };
        self.tell(Event::ShiftChanged(Box::new(shift(ended))));
        self.tell(Event::ShiftChanged(Box::new(shift(begun))));
        // A checkpoint at each shift: what was in the audit until now is signed. It goes through all rows, which nobody
        // waits for.
        let station = self.clone();
        self.background.spawn("checkpoint", async move {
            station.checkpoint_now().await;
        });
        self.seat(caller, &window, Some(to.id), to.name, "handover").await
    }

    pub(crate) async fn put_task(&self, caller: &Caller, given: Task) -> Result<Task, Problem> {
        if let Some(incident) = given.incident {
            self.need_incident(caller, incident).await.map_err(|problem| problem.field("incident"))?;
        }
        let who = caller.name.clone();
        let text = given.text.trim().to_owned();
        let _order = self.changes.lock().await;
        let row = self.store(move |store| store.add_task(&who, given.id, &text, given.incident)).await?;
        let row = task(row);
        self.tell(Event::TaskChanged(row.clone()));
        Ok(row)
    }

    pub(crate) async fn end_task(&self, caller: &Caller, id: TaskId) -> Result<Task, Problem> {
        let known = self.store(move |store| store.task(id)).await?;
        if let Some(incident) = known.and_then(|row| row.incident)
            && self.need_incident(caller, incident).await.is_err()
        {
            return Err(Problem::new(Code::NotFound, problems::NOT_FOUND).field("id"));
        }
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let row = task(self.store(move |store| store.end_task(&who, id)).await?);
        self.tell(Event::TaskChanged(row.clone()));
        Ok(row)
    }

    /// The tasks that are not done.
    pub(crate) async fn list_tasks(&self, caller: &Caller) -> Result<Vec<Task>, Problem> {
        let tasks: Vec<Task> = self.store(|store| store.tasks_open()).await?.into_iter().map(task).collect();
        self.narrowed(caller, tasks, |station, sight, tasks| {
            tasks.into_iter().filter_map(|task| station.task_within(sight, task)).collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_ends_where_the_next_begins() {
        let plan = default_plan();
        check_plan(&plan).unwrap();
        let at = |hour: u32, minute: u32| planned(&plan, hour * 60 + minute);
        assert_eq!(
            [at(6, 0), at(13, 59), at(14, 0), at(22, 0), at(0, 30), at(5, 59)],
            ["Ca 1", "Ca 1", "Ca 2", "Ca 3", "Ca 3", "Ca 3"]
        );
        let wrong = |change: fn(&mut ShiftPlan)| {
            let mut plan = default_plan();
            change(&mut plan);
            check_plan(&plan).is_err()
        };
        assert!(wrong(|plan| plan.shifts.clear()));
        assert!(wrong(|plan| plan.shifts.swap(0, 1)));
        assert!(wrong(|plan| plan.shifts[2].begin_min = 24 * 60));
        assert!(wrong(|plan| plan.shifts[0].name = " ".to_owned()));
    }
}
