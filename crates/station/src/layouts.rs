//! Saved layouts and tours: what the store keeps, told to every window after commit.

use crate::convert;
use crate::people::within;
use crate::station::Station;
use easien_link::data::{Layout, LayoutDelete, LayoutDraft, Tour, TourDelete, TourDraft};
use easien_link::{Caller, Event, problems};
use easien_model::{Code, LayoutId, Problem};

impl Station {
    pub(crate) async fn list_layouts(&self, caller: &Caller) -> Result<Vec<Layout>, Problem> {
        let who = caller.name.clone();
        let rows = self.store(move |store| store.layouts(&who)).await?;
        Ok(rows.into_iter().filter_map(|row| within::layout(&caller.sight, convert::layout(row))).collect())
    }

    /// Somebody who may not see all cameras leaves those that they do not see where they are.
    async fn keep_hidden(&self, caller: &Caller, draft: &mut LayoutDraft) -> Result<(), Problem> {
        if caller.sight.is_full() {
            return Ok(());
        }
        let (who, id) = (caller.name.clone(), draft.id);
        let known =
            self.store(move |store| store.layouts(&who)).await?.into_iter().find(|row| row.layout.id == id);
        for (place, before) in
            draft.cameras.iter_mut().zip(known.map(|row| row.layout.cameras).unwrap_or_default())
        {
            *place = place.or(before.filter(|camera| !caller.sight.sees(*camera)));
        }
        Ok(())
    }

    pub(crate) async fn put_layout(
        &self,
        caller: &Caller,
        mut draft: LayoutDraft,
    ) -> Result<Layout, Problem> {
        self.keep_hidden(caller, &mut draft).await?;
        let who = caller.name.clone();
        let draft = easien_store::LayoutDraft {
            id: draft.id,
            name: draft.name.trim().to_owned(),
            shared: draft.shared,
            shape: draft.shape,
            cameras: draft.cameras,
            hotspot: draft.hotspot,
            edits: draft.edits,
        };
        let _order = self.changes.lock().await;
        let layout = convert::layout(self.store(move |store| store.put_layout(&who, &draft)).await?);
        self.tell(Event::LayoutChanged(layout.clone()));
        within::layout(&caller.sight, layout)
            .ok_or_else(|| Problem::new(Code::NotFound, problems::CAMERA_NOT_FOUND))
    }

    pub(crate) async fn delete_layout(&self, caller: &Caller, delete: LayoutDelete) -> Result<(), Problem> {
        let who = caller.name.clone();
        let LayoutDelete { id, edits } = delete;
        if !caller.sight.is_full() {
            let row = self.store(move |store| store.layout(id)).await?;
            if row.is_none_or(|row| within::layout(&caller.sight, convert::layout(row)).is_none()) {
                return Err(Problem::new(Code::NotFound, problems::LAYOUT_NOT_FOUND));
            }
        }
        let _order = self.changes.lock().await;
        self.store(move |store| store.delete_layout(&who, id, edits)).await?;
        self.tell(Event::LayoutDeleted(id));
        Ok(())
    }

    pub(crate) async fn order_layouts(
        &self,
        caller: &Caller,
        order: Vec<LayoutId>,
    ) -> Result<Vec<LayoutId>, Problem> {
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let all = self.store(move |store| store.order_layouts(&who, &order)).await?;
        self.tell(Event::LayoutOrdered(all.clone()));
        Ok(all)
    }

    pub(crate) async fn list_tours(&self, caller: &Caller) -> Result<Vec<Tour>, Problem> {
        let who = caller.name.clone();
        let rows = self.store(move |store| store.tours(&who)).await?;
        Ok(rows.into_iter().map(convert::tour).collect())
    }

    pub(crate) async fn put_tour(&self, caller: &Caller, draft: TourDraft) -> Result<Tour, Problem> {
        if !caller.sight.is_full() {
            let seen = self.list_layouts(caller).await?;
            if draft.steps.iter().any(|step| seen.iter().all(|layout| layout.id != step.layout)) {
                return Err(Problem::new(Code::NotFound, problems::LAYOUT_NOT_FOUND).field("steps"));
            }
        }
        let who = caller.name.clone();
        let steps = draft
            .steps
            .into_iter()
            .map(|step| easien_store::TourStep {
                layout: step.layout,
                page: step.page,
                dwell_s: step.dwell_s,
            })
            .collect();
        let draft = easien_store::TourDraft {
            id: draft.id,
            name: draft.name.trim().to_owned(),
            shared: draft.shared,
            steps,
            edits: draft.edits,
        };
        let _order = self.changes.lock().await;
        let tour = convert::tour(self.store(move |store| store.put_tour(&who, &draft)).await?);
        self.tell(Event::TourChanged(tour.clone()));
        Ok(tour)
    }

    pub(crate) async fn delete_tour(&self, caller: &Caller, delete: TourDelete) -> Result<(), Problem> {
        let who = caller.name.clone();
        let TourDelete { id, edits } = delete;
        let _order = self.changes.lock().await;
        self.store(move |store| store.delete_tour(&who, id, edits)).await?;
        self.tell(Event::TourDeleted(id));
        Ok(())
    }
}
