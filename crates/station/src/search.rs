//! (to be written)

use crate::station::Station;
use easien_link::Caller;
use easien_link::data::*;
use easien_model::*;

impl Station {
    pub(crate) async fn search_find_(&self, _: &Caller, _: SearchQuery) -> Result<Vec<Found>, Problem> {
        Err(Problem::new(Code::Unsupported, "problem_not_found"))
    }
}
