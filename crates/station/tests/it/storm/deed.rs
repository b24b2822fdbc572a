//! What a window writes: how it is sent, what it must leave behind, and whether it is there.

use easien_link::data::*;
use easien_link::{Client, call};
use easien_model::{BookmarkId, IncidentId, Linked, Problem, TaskId};
use easien_store::Store;

/// One write, with the ids that its client chose.
#[derive(Clone, Debug)]
pub enum Deed {
    Note(NoteDraft),
    Mark(BookmarkDraft),
    Title(BookmarkEdit),
    Hide(BookmarkHide),
    Hold(HoldDraft),
    Lift(HoldLift),
    Open(IncidentDraft),
    Sheet(IncidentEdit),
    /// With how many holds it gives another end.
    Move(IncidentMove, u64),
    Say(IncidentNoteDraft),
    Subject(SubjectPut),
    Told(NoticePut),
    Link(IncidentLink),
    Task(Task),
    Done(TaskId),
    Begin(ShiftBegin),
    Clock(ClockCheckDraft),
    HandOver(HandoverDraft),
}

/// What an answer tells that the next writes need.
#[derive(Debug, Default)]
pub struct Answer {
    /// An incident and its number.
    pub opened: Option<(IncidentId, String)>,
    /// The desk's new sign-in.
    pub token: Option<Secret>,
}

impl Deed {
    pub async fn send(&self, client: &Client) -> Result<Answer, Problem> {
        let nothing = Answer::default();
        match self.clone() {
            Self::Note(it) => client.call::<call::NoteAdd>(it).await.map(|_| nothing),
            Self::Mark(it) => client.call::<call::BookmarkAdd>(it).await.map(|_| nothing),
            Self::Title(it) => client.call::<call::BookmarkUpdate>(it).await.map(|_| nothing),
            Self::Hide(it) => client.call::<call::BookmarkHide>(it).await.map(|_| nothing),
            Self::Hold(it) => client.call::<call::HoldAdd>(it).await.map(|_| nothing),
            Self::Lift(it) => client.call::<call::HoldLift>(it).await.map(|_| nothing),
            Self::Open(it) => {
                let file = client.call::<call::IncidentOpen>(it).await?;
                Ok(Answer { opened: Some((file.incident.id, file.incident.number)), ..nothing })
            }
            Self::Sheet(it) => client.call::<call::IncidentUpdate>(it).await.map(|_| nothing),
            Self::Move(it, _) => client.call::<call::IncidentMove>(it).await.map(|_| nothing),
            Self::Say(it) => client.call::<call::IncidentNote>(it).await.map(|_| nothing),
            Self::Subject(it) => client.call::<call::IncidentSubject>(it).await.map(|_| nothing),
            Self::Told(it) => client.call::<call::IncidentNotice>(it).await.map(|_| nothing),
            Self::Link(it) => client.call::<call::IncidentLink>(it).await.map(|_| nothing),
            Self::Task(it) => client.call::<call::TaskPut>(it).await.map(|_| nothing),
            Self::Done(it) => client.call::<call::TaskDone>(it).await.map(|_| nothing),
            Self::Begin(it) => client.call::<call::ShiftBegin>(it).await.map(|_| nothing),
            Self::Clock(it) => client.call::<call::ShiftClock>(it).await.map(|_| nothing),
            Self::HandOver(it) => {
                let desk = client.call::<call::ShiftHandover>(it).await?;
                Ok(Answer { token: desk.token, ..nothing })
            }
        }
    }

    /// Rows that it adds, by table; no more when it is sent again.
    pub fn rows(&self) -> Vec<(&'static str, u64)> {
        match self {
            Self::Note(_) => vec![("note", 1)],
            Self::Mark(it) => vec![
                ("bookmark", 1),
                ("bookmark_camera", it.cameras.len() as u64),
                ("bookmark_edit", u64::from(it.text.is_some())),
            ],
            Self::Title(_) => vec![("bookmark_edit", 1)],
            Self::Hide(_) | Self::Lift(_) | Self::Done(_) => vec![],
            Self::Hold(_) => vec![("hold", 1)],
            Self::Open(it) => {
                let linked = (it.footage.len() + it.bookmarks.len()) as u64;
                let note = u64::from(!it.note.is_empty());
                vec![
                    ("incident", 1),
                    ("incident_edit", 1),
                    ("incident_step", 1),
                    ("incident_link", linked),
                    ("incident_hold", linked),
                    ("hold", linked),
                    ("note", note),
                    ("incident_note", note),
                ]
            }
            Self::Sheet(_) => vec![("incident_edit", 1)],
            Self::Move(_, holds) => vec![("incident_step", 1), ("hold", *holds), ("incident_hold", *holds)],
            Self::Say(_) => vec![("note", 1), ("incident_note", 1)],
            Self::Subject(it) => {
                vec![("subject", u64::from(it.subject.colour.is_empty())), ("subject_edit", 1)]
            }
            Self::Told(_) => vec![("notice", 1)],
            Self::Link(_) => vec![("incident_link", 1), ("incident_hold", 1), ("hold", 1)],
            Self::Task(_) => vec![("task", 1)],
            Self::Begin(_) => vec![("shift", 1)],
            Self::Clock(_) => vec![("clock_check", 1)],
            Self::HandOver(_) => vec![("shift", 1), ("handover", 1)],
        }
    }

    /// Whether the store has it, as it was sent; what came later may stand above it.
    pub fn stands(&self, store: &Store) -> bool {
        let file = |id| store.incident_file(id).unwrap();
        let mark = |id: BookmarkId| store.bookmark(id).unwrap();
        match self {
            Self::Note(it) => store.note(it.id).unwrap().is_some_and(|row| row.note.text == it.text),
            Self::Mark(it) => mark(it.id).is_some_and(|row| row.at == it.at && row.cameras == it.cameras),
            Self::Title(it) => {
                store.bookmark_history(it.id).unwrap().iter().any(|row| row.text.title == it.text.title)
            }
            Self::Hide(it) => {
                mark(it.id).and_then(|row| row.hidden).is_some_and(|hidden| hidden.reason == it.reason)
            }
            Self::Hold(it) => store.hold(it.id).unwrap().is_some_and(|row| row.hold.reason == it.reason),
            Self::Lift(it) => {
                store.hold(it.id).unwrap().and_then(|row| row.lifted).is_some_and(|by| by.reason == it.reason)
            }
            Self::Open(it) => {
                let file = file(it.id);
                file.footage.len() >= it.footage.len()
                    && file.bookmarks.len() == it.bookmarks.len()
                    && (it.note.is_empty() || file.notes.iter().any(|note| note.note.note.text == it.note))
            }
            Self::Sheet(it) => {
                let file = file(it.id);
                file.incident.edits > it.edits
                    && (file.incident.text == it.text
                        || file.history.iter().any(|step| step.before.as_ref() == Some(&it.text)))
            }
            Self::Move(it, _) => file(it.id).history.iter().any(|step| step.state == Some(it.to)),
            Self::Say(it) => file(it.incident).notes.iter().any(|row| {
                row.note.note.id == it.id && row.note.note.text == it.text && row.corrects == it.corrects
            }),
            Self::Subject(it) => {
                file(it.incident).subjects.iter().any(|row| row.subject.plate == it.subject.plate)
            }
            Self::Told(it) => file(it.incident).notices.iter().any(|row| row.notice.id == it.notice.id),
            Self::Link(it) => match it.what {
                Linked::Footage(footage) => file(it.id).footage.iter().any(|row| row.footage == footage),
                _ => false,
            },
            // What is done is in no list; its row is counted.
            Self::Task(_) | Self::Clock(_) => true,
            Self::Done(id) => store.tasks_open().unwrap().iter().all(|row| row.id != *id),
            Self::Begin(it) => store.shift(it.id).unwrap().is_some(),
            Self::HandOver(it) => {
                let ended = store.shift(it.shift).unwrap().and_then(|row| row.handover);
                ended.is_some_and(|row| row.remarks == it.remarks) && store.shift(it.next).unwrap().is_some()
            }
        }
    }
}
