//! (to be written)

use crate::station::Station;
use easien_link::Caller;
use easien_link::data::*;
use easien_model::*;

impl Station {
    pub(crate) async fn audit_list_(&self, _: &Caller, _: AuditQuery) -> Result<Vec<AuditEntry>, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn audit_check_(&self, _: &Caller, _: ()) -> Result<AuditState, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn audit_checkpoint_(&self, _: &Caller, _: ()) -> Result<AuditCheckpoint, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
}
