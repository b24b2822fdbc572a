//! Saved filters: what each person keeps under a name.

use crate::station::Station;
use easien_link::data::{IncidentQuery, SavedFilter};
use easien_link::{Caller, problems};
use easien_model::{Code, FilterId, Problem};
use easien_store::FilterRow;

fn shown(row: FilterRow) -> Option<SavedFilter> {
    match serde_json::from_value(row.query) {
        Ok(query) => Some(SavedFilter { id: row.id, name: row.name, query }),
        Err(error) => {
            tracing::warn!(%error, filter = %row.id, "a saved filter cannot be read");
            None
        }
    }
}

impl Station {
    pub(crate) async fn list_filters(&self, caller: &Caller) -> Result<Vec<SavedFilter>, Problem> {
        let person = caller.person;
        let rows = self.store(move |store| store.filters(person)).await?;
        Ok(rows.into_iter().filter_map(shown).collect())
    }

    pub(crate) async fn put_filter(
        &self,
        caller: &Caller,
        filter: SavedFilter,
    ) -> Result<SavedFilter, Problem> {
        if filter.query.text.chars().count() > 200 {
            return Err(Problem::new(Code::Invalid, problems::SEARCH_TEXT).field("text"));
        }
        // Where a page begins is no part of what is looked for.
        let query = IncidentQuery { after: None, limit: 0, quick: false, ..filter.query };
        let row = FilterRow {
            id: filter.id,
            name: filter.name.trim().to_owned(),
            query: serde_json::to_value(&query)
                .map_err(|error| Problem::new(Code::Internal, problems::INTERNAL).detail(error))?,
        };
        let (who, person) = (caller.name.clone(), caller.person);
        let _order = self.changes.lock().await;
        let name = row.name.clone();
        let saved = self.store(move |store| store.put_filter(&who, person, &row)).await;
        let saved = saved.map_err(|problem| match problem.key.as_str() {
            problems::FILTER_NAME_TAKEN => problem.with("name", name),
            _ => problem,
        })?;
        Ok(SavedFilter { id: saved.id, name: saved.name, query })
    }

    pub(crate) async fn delete_filter(&self, caller: &Caller, id: FilterId) -> Result<(), Problem> {
        let (who, person) = (caller.name.clone(), caller.person);
        let _order = self.changes.lock().await;
        self.store(move |store| store.delete_filter(&who, person, id)).await
    }
}
