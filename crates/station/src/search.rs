//! The one search, as people see its finds: what each thing is called, the words that were found lit up, those with the
//! very tone marks that were typed first.

use crate::station::{Station, lock};
use easien_link::data::{Found, FoundKind, FoundWhat, SearchQuery};
use easien_link::{Caller, problems};
use easien_model::{
    BookmarkId, CameraId, Code, IncidentId, NoteId, PersonId, Problem, ShiftId, SubjectId, UtcMicros,
};
use easien_store::search::{Narrow, Wanted, is_exact, marks};
use easien_store::{CameraRow, Store};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// Looked at for the right order.
const CANDIDATES: usize = 200;
/// Longest excerpt, in characters, and how much of it may stand before the first word that was found.
const EXCERPT: usize = 160;
const BEFORE: usize = 40;

fn kind_text(kind: FoundKind) -> &'static str {
    match kind {
        FoundKind::Camera => "camera",
        FoundKind::Incident => "incident",
        FoundKind::Note => "note",
        FoundKind::Bookmark => "bookmark",
        FoundKind::Subject => "subject",
        FoundKind::Person => "person",
        FoundKind::Shift => "shift",
    }
}

/// A thing as it is shown.
pub(crate) struct Thing {
    pub(crate) what: FoundWhat,
    pub(crate) at: Option<UtcMicros>,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) cameras: Vec<CameraId>,
}

/// The part of a long text around the first word that was found.
fn excerpt(text: &str, folded: &[String]) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= EXCERPT {
        return text.to_owned();
    }
    let first = marks(text, folded).first().map_or(0, |mark| mark[0]);
    // UTF-16 units to characters.
    let mut units = 0_u32;
    let at = chars
        .iter()
        .position(|c| {
            let here = units >= first;
            units += u32::try_from(c.len_utf16()).unwrap_or(1);
            here
        })
        .unwrap_or(0);
    let begin = at.saturating_sub(BEFORE).min(chars.len() - EXCERPT);
    let part: String = chars.iter().skip(begin).take(EXCERPT).collect();
    let end = if begin + EXCERPT < chars.len() { "…" } else { "" };
    format!("{}{}{end}", if begin > 0 { "…" } else { "" }, part.trim())
}

impl Station {
    pub(crate) async fn find(&self, caller: &Caller, query: SearchQuery) -> Result<Vec<Found>, Problem> {
        if query.text.chars().count() > 200 {
            return Err(Problem::new(Code::Invalid, problems::SEARCH_TEXT).field("text"));
        }
        if query.limit > 200 {
            return Err(Problem::new(Code::Invalid, problems::PAGE_LIMIT).field("limit"));
        }
        let Some(wanted) = Wanted::read(&query.text) else { return Ok(Vec::new()) };
        let limit = if query.limit == 0 { 30 } else { query.limit } as usize;
        let kinds: Vec<&'static str> = query.kinds.iter().map(|kind| kind_text(*kind)).collect();
        let cameras: HashMap<Uuid, CameraRow> =
            lock(&self.cameras).iter().map(|(id, row)| (id.0, row.clone())).collect();
        let (asked, who, sight) = (wanted.clone(), caller.name.clone(), caller.sight.clone());
        let detail = json!({ "text": query.text, "kinds": kinds, "from": query.from, "to": query.to });
        // What was asked quickly and then wholly is one search.
        let asking = query.quick.then(|| (who.clone(), detail.to_string()));
        let is_new =
            query.quick || lock(&self.quick_search).take() != Some((who.clone(), detail.to_string()));
        if asking.is_some() {
            *lock(&self.quick_search) = asking;
        }
        let things = self
            .store(move |store| {
                // A full disk must not keep the room from finding its cases.
                if is_new && let Err(error) = store.add_audit(&who, "search.find", "search", &detail) {
                    tracing::error!(%error, "a search is not in the audit");
                }
                let narrow = Narrow { kinds: &kinds, from: query.from, to: query.to, quick: query.quick };
                store.search(&asked, &narrow, CANDIDATES, |(kind, id)| {
                    Ok(thing(store, &cameras, kind, *id)?.filter(|thing| {
                        let seen = |camera: &CameraId| sight.sees(*camera);
                        thing.cameras.is_empty() || thing.cameras.iter().any(seen)
                    }))
                })
            })
            .await?;
        let (toned, folded) = (wanted.toned(), wanted.folded());
        let mut found: Vec<Found> = things
            .into_iter()
            .map(|thing| {
                let exact = is_exact(&format!("{} {}", thing.title, thing.text), &toned);
                let excerpt = excerpt(&thing.text, &folded);
                Found {
                    what: thing.what,
                    at: thing.at,
                    title_marks: marks(&thing.title, &folded),
                    excerpt_marks: marks(&excerpt, &folded),
                    title: thing.title,
                    excerpt,
                    exact,
                }
            })
            .collect();
        // Stable: the newest first among equals.
        found.sort_by_key(|found| !found.exact);
        found.truncate(limit);
        Ok(found)
    }
}

/// What a hit is. None: it went away meanwhile.
fn thing(
    store: &Store,
    cameras: &HashMap<Uuid, CameraRow>,
    kind: &str,
    id: Uuid,
) -> easien_store::Result<Option<Thing>> {
    // What stands in an incident is hidden with it.
    let incident = match kind {
        "note" => store.incident_of_note(NoteId(id))?,
        "subject" => store.subject(SubjectId(id))?.map(|row| row.incident),
        _ => None,
    };
    let of = match incident {
        Some(id) => store.incident(id)?,
        None => None,
    };
    Ok(match kind {
        "camera" => cameras.get(&id).map(|row| Thing {
            what: FoundWhat::Camera { id: row.id },
            at: None,
            title: format!("{} {}", row.code, row.name),
            text: row.place.clone(),
            cameras: vec![row.id],
        }),
        "note" => store.note(NoteId(id))?.map(|row| Thing {
            what: FoundWhat::Note { id: row.note.id, incident, camera: row.note.camera },
            at: Some(row.note.at),
            title: row.author,
            text: row.note.text,
            cameras: row
                .note
                .camera
                .into_iter()
                .chain(of.map(|row| row.cameras).unwrap_or_default())
                .collect(),
        }),
        "incident" => store.incident(IncidentId(id))?.map(|row| Thing {
            what: FoundWhat::Incident { id: row.id },
            at: Some(row.text.detected),
            title: format!("{} {}", row.number, row.text.title),
            text: [row.text.road, row.text.place, row.text.forces, row.text.outcome_note]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" · "),
            cameras: row.cameras,
        }),
        "subject" => store.subject(SubjectId(id))?.filter(|row| row.hidden.is_none()).map(|row| Thing {
            what: FoundWhat::Subject { incident: row.incident },
            at: of.as_ref().map(|of| of.text.detected),
            title: row.subject.plate,
            text: [row.subject.colour, row.subject.description].join(" ").trim().to_owned(),
            cameras: of.map(|row| row.cameras).unwrap_or_default(),
        }),
        "bookmark" => store.bookmark(BookmarkId(id))?.filter(|row| row.hidden.is_none()).map(|row| Thing {
            what: FoundWhat::Bookmark { id: row.id },
            at: Some(row.at),
            title: row.text.title,
            text: [row.text.note, row.text.tags.join(", ")].join(" ").trim().to_owned(),
            cameras: row.cameras,
        }),
        "person" => store.person(PersonId(id))?.map(|row| Thing {
            what: FoundWhat::Person { id: row.id },
            at: None,
            title: row.name,
            text: row.login,
            cameras: Vec::new(),
        }),
        "shift" => store.shift(ShiftId(id))?.map(|row| Thing {
            what: FoundWhat::Shift { id: row.id },
            at: Some(row.begun),
            title: format!("{} · {}", row.name, row.person),
            text: row.handover.map(|handover| handover.remarks).unwrap_or_default(),
            cameras: Vec::new(),
        }),
        _ => None,
    })
}
