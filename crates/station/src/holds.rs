//! Holds: who protects which footage from retention, why, until when; and what that takes on the disks.

use crate::convert;
use crate::marks::EARLIEST;
use crate::people::within;
use crate::station::Station;
use easien_link::commands::Role;
use easien_link::data::{Hold, HoldDraft, HoldLift, HoldQuery};
use easien_link::{Caller, Event, problems};
use easien_model::{BookmarkId, Code, Problem};
use easien_store::{CameraSpan, HoldFilter, HoldRow};
use std::time::Duration;

/// How often it is looked which holds ran out.
const LOOK: Duration = Duration::from_secs(2);

impl Station {
    /// Rows with what they protect on disk: asked for all of them at once. One that protects no more protects nothing.
    async fn dress_holds(&self, rows: Vec<HoldRow>) -> Result<Vec<Hold>, Problem> {
        let now = self.clock.utc_now();
        let spans = rows
            .iter()
            .map(|row| match row.is_active(now) {
                true => {
                    let span = |camera| CameraSpan { camera, start: row.hold.start, end: row.hold.end };
                    row.hold.cameras.iter().copied().map(span).collect()
                }
                false => Vec::new(),
            })
            .collect::<Vec<Vec<CameraSpan>>>();
        // Who holds what is shown also while the index of recordings fails; that is said by itself.
        let bytes = match self.ask_index(move |index| index.overlapping_bytes(&spans)).await {
            Ok(bytes) => bytes,
            Err(_) => vec![0; rows.len()],
        };
        Ok(rows.into_iter().zip(bytes).map(|(row, bytes)| convert::hold(row, now, bytes)).collect())
    }

    /// Tells every window of a hold, and of the bookmark that it was made from, which is held by it.
    pub(crate) async fn tell_hold(&self, row: HoldRow) -> Result<Hold, Problem> {
        let marked = row.hold.bookmark;
        let hold = self
            .dress_holds(vec![row])
            .await?
            .pop()
            .ok_or_else(|| Problem::new(Code::Internal, problems::INTERNAL))?;
        self.tell(Event::HoldChanged(hold.clone()));
        if let Some(id) = marked {
            self.tell_bookmark_again(id).await;
        }
        Ok(hold)
    }

    async fn tell_bookmark_again(&self, id: BookmarkId) {
        let told = match self.known_bookmark(&self.own_caller(), id).await {
            Ok(row) => self.tell_bookmark(row).await.map(|_| ()),
            Err(problem) => Err(problem),
        };
        if let Err(problem) = told {
            tracing::warn!(%problem, "the bookmark of a hold was not told again");
        }
    }

    pub(crate) async fn add_hold(&self, caller: &Caller, draft: HoldDraft) -> Result<Hold, Problem> {
        if draft.start < EARLIEST {
            return Err(Problem::new(Code::Invalid, problems::HOLD_INTERVAL).field("end"));
        }
        if let Some(bookmark) = draft.bookmark {
            self.known_bookmark(caller, bookmark).await.map_err(|problem| problem.field("bookmark"))?;
        }
        let draft = easien_store::HoldDraft {
            id: draft.id,
            cameras: draft.cameras,
            start: draft.start,
            end: draft.end,
            reason: draft.reason.trim().to_owned(),
            until: draft.until,
            bookmark: draft.bookmark,
        };
        let who = caller.name.clone();
        // A sweep that runs has asked already what is held: what is held from now on must not be deleted by it.
        let _pause = self.retention.pause().await;
        let _order = self.changes.lock().await;
        let row = self.store(move |store| store.add_hold(&who, draft)).await?;
        self.tell_hold(row).await
    }

    pub(crate) async fn lift_hold(&self, caller: &Caller, lift: HoldLift) -> Result<Hold, Problem> {
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let known = self
            .store(move |store| store.hold(lift.id))
            .await?
            .filter(|row| row.hold.cameras.iter().any(|camera| caller.sight.sees(*camera)))
            .ok_or_else(|| Problem::new(Code::NotFound, problems::HOLD_NOT_FOUND))?;
        if known.author != caller.name && !caller.roles.contains(&Role::Supervisor) {
            return Err(Problem::new(Code::Forbidden, problems::HOLD_NOT_OWN).with("author", known.author));
        }
        let reason = lift.reason.trim().to_owned();
        let row = self.store(move |store| store.lift_hold(&who, lift.id, &reason)).await?;
        let told = self.tell_hold(row).await?;
        let kept = self.narrowed(caller, Some(told), |station, sight, told| {
            told.and_then(|told| station.hold_within(sight, told))
        });
        kept.await?.ok_or_else(|| Problem::new(Code::NotFound, problems::HOLD_NOT_FOUND))
    }

    pub(crate) async fn list_holds(&self, caller: &Caller, query: HoldQuery) -> Result<Vec<Hold>, Problem> {
        let filter =
            HoldFilter { cameras: query.cameras, from: query.from, to: query.to, ended: query.ended };
        let rows = self.store(move |store| store.holds(&filter)).await?;
        let seen = rows.into_iter().filter_map(|row| within::hold_row(&caller.sight, row)).collect();
        self.dress_holds(seen).await
    }

    /// Tells of holds that run out by themselves, until the scope is stopped.
    pub(crate) async fn tend_holds(self) {
        let mut looked = self.clock.utc_now();
        loop {
            tokio::time::sleep(LOOK).await;
            // A clock that was set back has holds run out once more.
            let (now, before) = (self.clock.utc_now(), looked);
            looked = now;
            if before >= now {
                continue;
            }
            let over = match self.store(move |store| store.holds_run_out(before, now)).await {
                Ok(over) => over,
                Err(_) => {
                    looked = before;
                    continue;
                }
            };
            let _order = self.changes.lock().await;
            for row in over {
                let id = row.hold.id;
                if let Err(problem) = self.tell_hold(row).await {
                    tracing::warn!(%problem, hold = %id, "a hold ran out and nobody was told");
                }
            }
        }
    }
}
