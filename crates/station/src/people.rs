//! (to be written)

use crate::station::Station;
use easien_link::Caller;
use easien_link::data::*;
use easien_model::*;

impl Station {
    pub(crate) async fn people_at_desk_(&self, _: &Caller, _: ()) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_first_(&self, _: &Caller, _: FirstPerson) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_sign_in_(&self, _: &Caller, _: SignIn) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_sign_in_again_(&self, _: &Caller, _: SignInAgain) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_sign_out_(&self, _: &Caller, _: ()) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_lock_(&self, _: &Caller, _: ()) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_unlock_(&self, _: &Caller, _: PasswordProof) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_password_(&self, _: &Caller, _: PasswordChange) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_list_(&self, _: &Caller, _: ()) -> Result<Vec<Person>, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_put_(&self, _: &Caller, _: PersonDraft) -> Result<Person, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_seal_(&self, _: &Caller, _: ()) -> Result<SealedCode, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
    pub(crate) async fn people_break_glass_(&self, _: &Caller, _: BreakGlass) -> Result<AtDesk, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
}
