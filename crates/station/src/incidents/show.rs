//! The store's incidents as the wire's.

use super::is_supervisor;
use crate::convert;
use easien_link::Caller;
use easien_link::data::*;
use easien_model::{IncidentId, Mover};
use easien_store::{
    AttachmentRow, IncidentAuditRow, IncidentFileRow, IncidentNoteRow, IncidentPageRow, IncidentRow,
    IncidentStepRow, LinkedFootageRow, NoticeRow, RelatedRow, SubjectRow,
};

pub(crate) fn incident(row: IncidentRow) -> Incident {
    let IncidentRow {
        id,
        number,
        text,
        state,
        state_since,
        opened_by,
        opened,
        approved_by,
        closed,
        merged_into,
        edits,
        cameras,
        notes,
    } = row;
    Incident {
        id,
        number,
        text,
        state,
        state_since,
        opened_by,
        opened,
        approved_by,
        closed,
        merged_into,
        edits,
        cameras,
        notes,
    }
}

pub(super) fn page(page: IncidentPageRow) -> IncidentPage {
    let count = |(state, count)| IncidentCount { state, count };
    IncidentPage {
        items: page.items.into_iter().map(incident).collect(),
        more: page.more,
        counts: page.counts.into_iter().map(count).collect(),
    }
}

/// The whole file; its bookmarks come dressed.
pub(super) fn file(
    row: IncidentFileRow,
    bookmarks: Vec<Bookmark>,
    states: Vec<AttachmentState>,
    caller: &Caller,
) -> IncidentFile {
    let incident = incident(row.incident);
    let (id, opener) = (incident.id, incident.opened_by == caller.name);
    let note = |row: IncidentNoteRow| IncidentNote {
        note: convert::note(row.note),
        corrects: row.corrects,
        corrected_by: row.corrected_by,
        from: (row.incident != id).then_some(row.incident),
    };
    IncidentFile {
        moves: incident.state.moves(Mover { supervisor: is_supervisor(caller), opener }),
        notes: row.notes.into_iter().map(note).collect(),
        footage: row.footage.into_iter().map(footage).collect(),
        bookmarks,
        stills: row.stills.into_iter().map(convert::still).collect(),
        subjects: row.subjects.into_iter().map(subject).collect(),
        notices: row.notices.into_iter().map(notice).collect(),
        attachments: row
            .attachments
            .into_iter()
            .zip(states)
            .map(|(row, state)| attachment(row, state, id))
            .collect(),
        related: row.related.into_iter().map(related).collect(),
        merged: row.merged.into_iter().map(related).collect(),
        history: row.history.into_iter().map(step).collect(),
        incident,
    }
}

fn footage(row: LinkedFootageRow) -> LinkedFootage {
    LinkedFootage { footage: row.footage, by: row.who, at: row.at, hold: row.hold }
}

fn subject(row: SubjectRow) -> Subject {
    let easien_store::SubjectDraft { id, kind, plate, colour, description } = row.subject;
    let hidden = row.hidden.map(convert::hidden);
    Subject { id, kind, plate, colour, description, hidden, edits: row.edits }
}

fn notice(row: NoticeRow) -> Notice {
    let easien_store::NoticeDraft { id, whom, notified, responded, remark } = row.notice;
    Notice { id, whom, notified, responded, remark, by: row.author }
}

fn attachment(row: AttachmentRow, state: AttachmentState, id: IncidentId) -> Attachment {
    Attachment {
        id: row.attachment.id,
        name: row.attachment.name,
        bytes: row.attachment.bytes,
        sha256: convert::hex(&row.attachment.sha256),
        by: row.author,
        at: row.created,
        from: (row.incident != id).then_some(row.incident),
        struck: row.struck.map(convert::hidden),
        state,
    }
}

pub(super) fn related(row: RelatedRow) -> RelatedIncident {
    RelatedIncident { id: row.id, number: row.number, title: row.title, state: row.state }
}

fn step(row: IncidentStepRow) -> IncidentStep {
    IncidentStep { at: row.at, who: row.who, state: row.state, before: row.before, reason: row.reason }
}

pub(super) fn audit(row: IncidentAuditRow) -> AuditEntry {
    AuditEntry {
        seq: row.seq.unsigned_abs(),
        at: row.at,
        who: row.who,
        command: row.command,
        object: row.object,
        object_name: row.object_name,
        detail: row.detail,
    }
}
