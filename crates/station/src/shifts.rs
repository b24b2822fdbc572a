//! (to be written)

use crate::station::Station;
use easien_link::Caller;
use easien_link::data::*;
use easien_model::*;

impl Station {
    pub(crate) async fn shift_plan_(&self, _: &Caller, _: ()) -> Result<ShiftPlan, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn shift_plan_set_(&self, _: &Caller, _: ShiftPlan) -> Result<ShiftPlan, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn shift_now_(&self, _: &Caller, _: ()) -> Result<Option<Shift>, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn shift_list_(&self, _: &Caller, _: Page) -> Result<Vec<Shift>, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn shift_begin_(&self, _: &Caller, _: ShiftBegin) -> Result<Shift, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn shift_clock_(&self, _: &Caller, _: ClockCheckDraft) -> Result<Shift, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn shift_state_(&self, _: &Caller, _: ()) -> Result<HandoverState, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn shift_handover_(&self, _: &Caller, _: HandoverDraft) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn task_put_(&self, _: &Caller, _: Task) -> Result<Task, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn task_done_(&self, _: &Caller, _: TaskId) -> Result<Task, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
}
