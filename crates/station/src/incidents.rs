//! Incidents: the case files. What each command means, who may, and what is told after commit; what is kept and how it
//! stays true belongs to the store.

pub(crate) mod show;

use crate::marks::EARLIEST;
use crate::people::within;
use crate::room;
use crate::station::{Station, lock};
use easien_link::commands::Role;
use easien_link::data::*;
use easien_link::{Caller, Event, problems};
use easien_model::{Code, Footage, IncidentId, Linked, Problem, UtcMicros};
use easien_store::{IncidentChange, IncidentFilter, IncidentRow};

/// So far footage may reach into what is still to come, as a bookmark's does.
const POST_S: i64 = 3600;
/// A window's clock may be a little ahead.
const AHEAD_S: i64 = 5;
/// Rows of the audit that an incident shows.
const AUDIT_ROWS: u32 = 500;

fn is_supervisor(caller: &Caller) -> bool {
    caller.roles.contains(&Role::Supervisor)
}

fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}

/// The sheet without white space around its words and without empty forms.
fn tidy(text: IncidentText) -> IncidentText {
    IncidentText {
        title: trimmed(&text.title),
        road: trimmed(&text.road),
        place: trimmed(&text.place),
        forces: trimmed(&text.forces),
        outcome_note: trimmed(&text.outcome_note),
        forms: text.forms.iter().map(|form| trimmed(form)).filter(|form| !form.is_empty()).collect(),
        ..text
    }
}

/// The year on the wall's calendar.
fn local_year(now: UtcMicros) -> Result<i32, Problem> {
    let time = jiff::Timestamp::from_microsecond(now.0)
        .map_err(|error| Problem::new(Code::Internal, problems::INTERNAL).detail(error))?;
    Ok(i32::from(jiff::tz::TimeZone::system().to_datetime(time).year()))
}

impl Station {
    /// A moment that may have been.
    fn is_past(&self, at: UtcMicros) -> bool {
        at >= EARLIEST && at <= self.clock.utc_now().plus_seconds(AHEAD_S)
    }

    fn check_sheet(&self, text: &IncidentText) -> Result<(), Problem> {
        let times = [(Some(text.detected), "detected"), (text.occurred, "occurred"), (text.ended, "ended")];
        match times.into_iter().find(|(at, _)| at.is_some_and(|at| !self.is_past(at))) {
            Some((_, field)) => Err(Problem::new(Code::Invalid, problems::INCIDENT_TIMES).field(field)),
            None => Ok(()),
        }
    }

    fn check_footage(&self, footage: &Footage, field: &str) -> Result<(), Problem> {
        let latest = self.clock.utc_now().plus_seconds(AHEAD_S + POST_S);
        if footage.start >= EARLIEST && footage.end <= latest {
            return Ok(());
        }
        Err(Problem::new(Code::Invalid, problems::INCIDENT_FOOTAGE).field(field))
    }

    /// Refuses an incident of which the caller may see no camera, as if there were none.
    pub(crate) async fn need_incident(&self, caller: &Caller, id: IncidentId) -> Result<(), Problem> {
        if caller.sight.is_full() {
            return Ok(());
        }
        let row = self.store(move |store| store.incident(id)).await?;
        row.filter(|row| row.cameras.is_empty() || row.cameras.iter().any(|id| caller.sight.sees(*id)))
            .map(|_| ())
            .ok_or_else(|| Problem::new(Code::NotFound, problems::INCIDENT_NOT_FOUND))
    }

    /// Refuses a bookmark, still or incident that the caller may not see, as if there were none. Footage names its
    /// camera, which is looked at before.
    async fn need_linked(&self, caller: &Caller, what: &Linked) -> Result<(), Problem> {
        if caller.sight.is_full() {
            return Ok(());
        }
        match *what {
            Linked::Bookmark(id) => self.known_bookmark(caller, id).await.map(|_| ()),
            Linked::Incident(id) => self.need_incident(caller, id).await,
            Linked::Still(id) => self
                .store(move |store| store.still(id))
                .await?
                .filter(|row| caller.sight.sees(row.still.camera))
                .map(|_| ())
                .ok_or_else(|| Problem::new(Code::NotFound, problems::STILL_NOT_FOUND)),
            Linked::Footage(_) => Ok(()),
        }
    }

    /// What was opened since then, and what is open.
    pub(crate) async fn incidents_for_handover(
        &self,
        since: Option<UtcMicros>,
    ) -> Result<(Vec<RelatedIncident>, Vec<RelatedIncident>), Problem> {
        let since = since.unwrap_or(EARLIEST);
        let (new, open) = self.store(move |store| store.incidents_for_handover(since)).await?;
        let shown = |rows: Vec<_>| rows.into_iter().map(show::related).collect();
        Ok((shown(new), shown(open)))
    }

    fn hold_days(&self) -> u32 {
        lock(&self.settings).hold_after_close_days
    }

    /// An incident with everything that belongs to it, as this caller sees it.
    pub(crate) async fn incident_file(
        &self,
        caller: &Caller,
        id: IncidentId,
    ) -> Result<IncidentFile, Problem> {
        let row = self.store(move |store| store.incident_file(id)).await?;
        let seen = row.bookmarks.iter().cloned().filter_map(|row| within::bookmark_row(&caller.sight, row));
        let bookmarks = self.dress(seen.collect()).await?;
        let states = self.states_of(id, &row.attachments).await;
        self.narrowed(caller, show::file(row, bookmarks, states, caller), |station, sight, mut file| {
            file.related = station.related_within(sight, file.related);
            file.merged = station.related_within(sight, file.merged);
            file
        })
        .await
    }

    fn tell_incident(&self, row: IncidentRow) {
        let incident = show::incident(row);
        self.tell(Event::IncidentChanged(incident.clone()));
        self.tell(Event::FeedChanged(FeedItem::Incident(incident)));
    }

    /// Tells every window of what a change made, and answers with the whole.
    pub(crate) async fn tell_change(
        &self,
        caller: &Caller,
        change: IncidentChange,
    ) -> Result<IncidentFile, Problem> {
        let IncidentChange { incident, holds, others } = change;
        let id = incident.id;
        for row in others {
            self.tell_incident(row);
        }
        self.tell_incident(incident);
        // What was changed is written: nobody is told that it failed because telling did.
        for hold in holds {
            if let Err(problem) = self.tell_hold(hold).await {
                tracing::warn!(%problem, incident = %id, "a hold of an incident was not told");
            }
        }
        self.incident_file(caller, id).await
    }

    pub(crate) async fn open_incident(
        &self,
        caller: &Caller,
        draft: IncidentDraft,
    ) -> Result<IncidentFile, Problem> {
        let text = tidy(draft.text);
        self.check_sheet(&text)?;
        draft.footage.iter().try_for_each(|footage| self.check_footage(footage, "footage"))?;
        for id in &draft.bookmarks {
            self.need_linked(caller, &Linked::Bookmark(*id)).await?;
        }
        for id in &draft.stills {
            self.need_linked(caller, &Linked::Still(*id)).await?;
        }
        let draft = easien_store::IncidentDraft {
            id: draft.id,
            text,
            footage: draft.footage,
            bookmarks: draft.bookmarks,
            stills: draft.stills,
            note: trimmed(&draft.note),
        };
        let (who, prefix) = (caller.name.clone(), room::prefix(&lock(&self.settings)));
        // A sweep that runs has asked already what is held.
        let _pause = self.retention.pause().await;
        let _order = self.changes.lock().await;
        let year = local_year(self.clock.utc_now())?;
        let change = self.store(move |store| store.open_incident(&who, &draft, &prefix, year)).await?;
        self.tell_change(caller, change).await
    }

    pub(crate) async fn list_incidents(
        &self,
        caller: &Caller,
        query: IncidentQuery,
    ) -> Result<IncidentPage, Problem> {
        if query.limit > 500 {
            return Err(Problem::new(Code::Invalid, problems::PAGE_LIMIT).field("limit"));
        }
        if let Some(after) = query.after {
            self.need_incident(caller, after).await.map_err(|problem| problem.field("after"))?;
        }
        let filter = IncidentFilter {
            states: query.states,
            category: query.category,
            unit: query.unit,
            camera: query.camera,
            hidden: self.hidden_cameras(&caller.sight),
            opened_by: query.opened_by,
            from: query.from,
            to: query.to,
            text: query.text,
            order: query.order,
            reversed: query.reversed,
            after: query.after,
            limit: if query.limit == 0 { 100 } else { query.limit },
            quick: query.quick,
        };
        Ok(show::page(self.store(move |store| store.incidents(&filter)).await?))
    }

    pub(crate) async fn get_incident(
        &self,
        caller: &Caller,
        id: IncidentId,
    ) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, id).await?;
        let who = caller.name.clone();
        match self.store(move |store| store.saw_incident(&who, id)).await {
            Err(problem) if problem.code == Code::NotFound => return Err(problem),
            // A full disk must not keep the room from reading its cases.
            Err(problem) => {
                tracing::error!(%problem, incident = %id, "a look at an incident is not in the audit")
            }
            Ok(()) => {}
        }
        self.incident_file(caller, id).await
    }

    pub(crate) async fn update_incident(
        &self,
        caller: &Caller,
        edit: IncidentEdit,
    ) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, edit.id).await?;
        let text = tidy(edit.text);
        self.check_sheet(&text)?;
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let change = self.store(move |store| store.update_incident(&who, edit.id, &text, edit.edits)).await?;
        self.tell_change(caller, change).await
    }

    pub(crate) async fn move_incident(
        &self,
        caller: &Caller,
        wish: IncidentMove,
    ) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, wish.id).await?;
        let wish = easien_store::IncidentMove {
            id: wish.id,
            from: wish.from,
            to: wish.to,
            reason: trimmed(&wish.reason),
        };
        let (who, supervisor, days) = (caller.name.clone(), is_supervisor(caller), self.hold_days());
        let _pause = self.retention.pause().await;
        let _order = self.changes.lock().await;
        let change = self.store(move |store| store.move_incident(&who, supervisor, &wish, days)).await?;
        self.tell_change(caller, change).await
    }

    pub(crate) async fn merge_incident(
        &self,
        caller: &Caller,
        merge: IncidentMerge,
    ) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, merge.id).await?;
        self.need_incident(caller, merge.into).await?;
        let (who, reason, days) = (caller.name.clone(), trimmed(&merge.reason), self.hold_days());
        let _pause = self.retention.pause().await;
        let _order = self.changes.lock().await;
        let change =
            self.store(move |store| store.merge_incident(&who, merge.id, merge.into, &reason, days)).await?;
        self.tell_change(caller, change).await
    }

    pub(crate) async fn note_incident(
        &self,
        caller: &Caller,
        draft: IncidentNoteDraft,
    ) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, draft.incident).await?;
        if !self.is_past(draft.at) {
            return Err(Problem::new(Code::Invalid, problems::MOMENT).field("at"));
        }
        let draft = easien_store::IncidentNoteDraft {
            id: draft.id,
            incident: draft.incident,
            text: trimmed(&draft.text),
            at: draft.at,
            corrects: draft.corrects,
        };
        let (who, supervisor) = (caller.name.clone(), is_supervisor(caller));
        let _order = self.changes.lock().await;
        let change = self.store(move |store| store.add_incident_note(&who, supervisor, &draft)).await?;
        self.tell_change(caller, change).await
    }

    pub(crate) async fn link_incident(
        &self,
        caller: &Caller,
        link: IncidentLink,
    ) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, link.id).await?;
        self.need_linked(caller, &link.what).await?;
        if let (Linked::Footage(footage), None) = (&link.what, &link.removed) {
            self.check_footage(footage, "what")?;
        }
        let (who, days) = (caller.name.clone(), self.hold_days());
        let _pause = self.retention.pause().await;
        let _order = self.changes.lock().await;
        let change = self
            .store(move |store| match &link.removed {
                None => store.link_incident(&who, link.id, &link.what),
                Some(reason) => store.unlink_incident(&who, link.id, &link.what, reason.trim(), days),
            })
            .await?;
        self.tell_change(caller, change).await
    }

    pub(crate) async fn put_subject(
        &self,
        caller: &Caller,
        put: SubjectPut,
    ) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, put.incident).await?;
        let subject = easien_store::SubjectDraft {
            id: put.subject.id,
            kind: put.subject.kind,
            plate: trimmed(&put.subject.plate),
            colour: trimmed(&put.subject.colour),
            description: trimmed(&put.subject.description),
        };
        let (removed, edits) = (put.removed.as_deref().map(trimmed), put.subject.edits);
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let change = self
            .store(move |store| {
                store.put_subject(&who, put.incident, &subject, Some(edits), removed.as_deref())
            })
            .await?;
        self.tell_change(caller, change).await
    }

    pub(crate) async fn put_notice(&self, caller: &Caller, put: NoticePut) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, put.incident).await?;
        let times = [(Some(put.notice.notified), "notified"), (put.notice.responded, "responded")];
        if let Some((_, field)) = times.into_iter().find(|(at, _)| at.is_some_and(|at| !self.is_past(at))) {
            return Err(Problem::new(Code::Invalid, problems::NOTICE_TIMES).field(field));
        }
        let notice = easien_store::NoticeDraft {
            id: put.notice.id,
            whom: trimmed(&put.notice.whom),
            notified: put.notice.notified,
            responded: put.notice.responded,
            remark: trimmed(&put.notice.remark),
        };
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let change = self.store(move |store| store.put_notice(&who, put.incident, &notice)).await?;
        self.tell_change(caller, change).await
    }

    pub(crate) async fn audit_of_incident(
        &self,
        caller: &Caller,
        id: IncidentId,
    ) -> Result<Vec<AuditEntry>, Problem> {
        self.need_incident(caller, id).await?;
        let rows = self.store(move |store| store.incident_audit(id, AUDIT_ROWS)).await?;
        let entries: Vec<AuditEntry> = rows.into_iter().map(show::audit).collect();
        self.narrowed(caller, entries, |station, sight, entries| {
            entries
                .into_iter()
                .filter(|entry| station.audit_seen(sight, &entry.object, &entry.detail))
                .collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::local_year;
    use easien_model::UtcMicros;

    #[test]
    fn the_year_is_the_local_one() {
        let zone = jiff::tz::TimeZone::system();
        let midnight = zone.to_timestamp(jiff::civil::date(2027, 1, 1).at(0, 0, 0, 0)).unwrap();
        let at = |seconds| UtcMicros(midnight.as_microsecond()).plus_seconds(seconds);
        assert_eq!((local_year(at(-1)).unwrap(), local_year(at(0)).unwrap()), (2026, 2027));
        local_year(UtcMicros(i64::MAX)).unwrap_err();
    }
}
