//! (to be written)

use crate::station::Station;
use easien_link::Caller;
use easien_link::data::*;
use easien_model::*;

impl Station {
    /// What was opened since then, and what is open.
    pub(crate) async fn incidents_for_handover(
        &self,
        _since: Option<UtcMicros>,
    ) -> Result<(Vec<RelatedIncident>, Vec<RelatedIncident>), Problem> {
        Ok((Vec::new(), Vec::new()))
    }

    pub(crate) async fn incident_open_(&self, _: &Caller, _: IncidentDraft) -> Result<IncidentFile, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_list_(&self, _: &Caller, _: IncidentQuery) -> Result<IncidentPage, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_get_(&self, _: &Caller, _: IncidentId) -> Result<IncidentFile, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_update_(
        &self,
        _: &Caller,
        _: IncidentEdit,
    ) -> Result<IncidentFile, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_move_(&self, _: &Caller, _: IncidentMove) -> Result<IncidentFile, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_merge_(
        &self,
        _: &Caller,
        _: IncidentMerge,
    ) -> Result<IncidentFile, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_note_(
        &self,
        _: &Caller,
        _: IncidentNoteDraft,
    ) -> Result<IncidentFile, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_link_(&self, _: &Caller, _: IncidentLink) -> Result<IncidentFile, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_subject_(&self, _: &Caller, _: SubjectPut) -> Result<IncidentFile, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_notice_(&self, _: &Caller, _: NoticePut) -> Result<IncidentFile, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn incident_audit_(
        &self,
        _: &Caller,
        _: IncidentId,
    ) -> Result<Vec<AuditEntry>, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
}
