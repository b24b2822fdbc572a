//! A casebook of many years, made once and kept: written by the store's own functions, in their order in time, so that
//! every row, every audit code and the search index are what a room would have.

use super::words::{self, CATEGORIES, COLOURS, PEOPLE, Random};
use crate::pace;
use crate::report;
use anyhow::{Context, Result};
use easien_model::{
    BookmarkId, CameraId, Clock, Footage, IncidentId, IncidentSource, IncidentState, IncidentText,
    ManualClock, NoteId, NoticeId, Severity, SubjectId, SubjectKind, SystemClock, UnitId, UtcMicros,
};
use easien_store::{
    BookmarkDraft, BookmarkText, CameraDraft, IncidentDraft, IncidentMove, IncidentNoteDraft, NoteDraft,
    NoticeDraft, Store, SubjectDraft, UnitRow,
};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

const SEED: u64 = 20_261_129;
/// Of the whole size.
const INCIDENTS: u32 = 200_000;
const NOTES_EACH: u32 = 5;
const BOOKMARKS_EACH: f64 = 2.5;
const AUDIT_EACH: u32 = 25;
/// Notes of one incident that went on for long.
const LONG_NOTES: u32 = 1_000;
const YEARS: i64 = 4;
const HOLD_DAYS: u32 = 90;
/// Incidents in one transaction.
const BATCH: u32 = 5_000;
const WHAT: [(&str, &str); 8] = [
    ("search.find", "search"),
    ("incident.get", "incident"),
    ("review.open", "camera"),
    ("still.picture", "still"),
    ("people.sign_in", "window main"),
    ("people.lock", "window main"),
    ("camera.test", "camera"),
    ("copy.start", "copy"),
];

/// A casebook that is there.
pub struct Made {
    /// Its folder: `easien.db` and `master.key`.
    pub folder: PathBuf,
    /// The incident with very many notes.
    pub long: IncidentId,
}

struct Maker {
    store: Store,
    clock: Arc<ManualClock>,
    random: Random,
    cameras: Vec<CameraId>,
    units: Vec<UnitId>,
    audit: u32,
}

/// Takes the one that is kept for this schema, size and seed, or makes it.
///
/// # Errors
/// When it cannot be written.
pub fn take(cameras: &[Value]) -> Result<Made> {
    let schema = easien_store::migrate::ROOM.newest();
    let incidents = (INCIDENTS * pace::size() / 1000).max(20);
    let folder = report::file(&format!("casebook-{schema}-{incidents}-{SEED}"))?;
    let stamp = folder.join("made.json");
    if let Ok(text) = std::fs::read_to_string(&stamp) {
        let long = serde_json::from_str(&text).context("the stamp of the kept casebook")?;
        return Ok(Made { folder, long });
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let begun = std::time::Instant::now();
    let now = SystemClock.utc_now();
    let start = now.plus_seconds(-YEARS * 365 * 86_400);
    let clock = Arc::new(ManualClock::new(start));
    let store = Store::open(&folder, clock.clone())?;
    let mut maker =
        Maker { store, clock, random: Random::new(SEED), cameras: vec![], units: vec![], audit: 0 };
    maker.furnish(cameras)?;
    let step = (now - start) / i64::from(incidents + 1);
    let mut long = IncidentId::new();
    maker.store.bulk(true)?;
    for number in 0..incidents {
        if number % BATCH == BATCH - 1 {
            maker.store.bulk(false)?;
            maker.store.bulk(true)?;
        }
        if number % (incidents / 20).max(1) == 0 {
            eprintln!("bench: casebook: {number} of {incidents} incidents, {} s", begun.elapsed().as_secs());
        }
        let at = UtcMicros(start.0 + step * i64::from(number));
        let id = maker.case(number, incidents, at, step)?;
        if number == incidents / 2 {
            long = id;
        }
    }
    maker.store.bulk(false)?;
    eprintln!("bench: casebook: written in {} s, now its index", begun.elapsed().as_secs());
    maker.store.fill_search()?;
    maker.store.close()?;
    std::fs::write(&stamp, serde_json::to_string(&long)?)?;
    println!("  made in {} s: {}", begun.elapsed().as_secs(), folder.display());
    Ok(Made { folder, long })
}

impl Maker {
    fn furnish(&mut self, cameras: &[Value]) -> Result<()> {
        for camera in cameras {
            let text = |name: &str| camera[name].as_str().unwrap_or_default().to_owned();
            let unit = match self.store.units()?.into_iter().find(|unit| unit.name == text("unit")) {
                Some(unit) => unit.id,
                None => {
                    let unit = UnitRow {
                        id: UnitId::new(),
                        name: text("unit"),
                        position: 0,
                        valid_from: None,
                        valid_to: None,
                    };
                    self.store.put_unit(PEOPLE[0], unit.clone())?;
                    unit.id
                }
            };
            let draft = CameraDraft {
                id: CameraId::new(),
                code: text("code"),
                name: text("name"),
                unit: Some(unit),
                place: text("place"),
                main_url: text("main_url"),
                sub_url: text("sub_url"),
                username: String::new(),
                transport: None,
                record: None,
            };
            self.cameras.push(draft.id);
            self.store.add_camera(PEOPLE[0], draft, None)?;
        }
        self.units = self.store.units()?.into_iter().map(|unit| unit.id).collect();
        Ok(())
    }

    fn who(&mut self) -> &'static str {
        self.random.one_of(&PEOPLE)
    }

    fn camera(&mut self) -> CameraId {
        let index = usize::try_from(self.random.below(self.cameras.len() as u64)).unwrap_or(0);
        self.cameras.get(index).copied().unwrap_or_else(CameraId::new)
    }

    fn bookmark(&mut self, at: UtcMicros) -> Result<BookmarkId> {
        let text = self.random.percent(60).then(|| BookmarkText {
            title: words::title(&mut self.random),
            category: self.random.percent(50).then(|| self.random.one_of(&CATEGORIES).to_owned()),
            tags: if self.random.percent(30) { vec!["xe tải".to_owned()] } else { vec![] },
            note: if self.random.percent(30) { words::note(&mut self.random) } else { String::new() },
            colour: String::new(),
        });
        let id = BookmarkId::new();
        let (start, end) = (at.plus_seconds(-30), at.plus_seconds(60));
        let (who, camera) = (self.who(), self.camera());
        self.store.add_bookmark(who, BookmarkDraft { id, cameras: vec![camera], at, start, end, text })?;
        self.audit += 1;
        Ok(id)
    }

    /// An incident with what is written around it.
    fn case(&mut self, number: u32, of: u32, at: UtcMicros, step: i64) -> Result<IncidentId> {
        let mut time = at.0;
        let mut tick = |maker: &mut Self, share: i64| {
            time += step / share;
            maker.clock.set(UtcMicros(time));
            UtcMicros(time)
        };
        self.clock.set(at);
        let marks =
            (f64::from(number + 1) * BOOKMARKS_EACH) as u32 - (f64::from(number) * BOOKMARKS_EACH) as u32;
        let mut marked = None;
        for _ in 0..marks {
            marked = Some(self.bookmark(at)?);
        }
        let (who, camera) = (self.who(), self.camera());
        let text = words::note(&mut self.random);
        self.store
            .add_note(who, NoteDraft { id: NoteId::new(), text, camera: Some(camera), at, category: None })?;
        let detected = tick(self, 20);
        let (id, opener) = (IncidentId::new(), self.who());
        let footage = Footage { camera, start: at.plus_seconds(-60), end: detected.plus_seconds(60) };
        let draft = IncidentDraft {
            id,
            text: self.sheet(detected),
            footage: vec![footage],
            bookmarks: marked.filter(|_| number.is_multiple_of(2)).into_iter().collect(),
            stills: vec![],
            note: words::note(&mut self.random),
        };
        let year = i32::try_from(1970 + detected.0 / 1_000_000 / 31_556_952).unwrap_or(2026);
        let linked = 1 + u32::from(!draft.bookmarks.is_empty());
        self.store.open_incident(opener, &draft, "ES", year)?;
        // Two notes, the opening, a hold each.
        self.audit += 3 + linked;
        let more = if number == of / 2 { LONG_NOTES } else { NOTES_EACH - 2 };
        let mut before = None;
        for note in 0..more {
            let at = if note < 3 { tick(self, 20) } else { self.clock.utc_now() };
            let corrects = before.filter(|_| note == 1 && number.is_multiple_of(8));
            let draft = IncidentNoteDraft {
                id: NoteId::new(),
                incident: id,
                text: words::note(&mut self.random),
                at,
                corrects,
            };
            before = Some(draft.id);
            self.store.add_incident_note(opener, true, &draft)?;
            self.audit += 1;
        }
        if self.random.percent(40) {
            let subject = SubjectDraft {
                id: SubjectId::new(),
                kind: SubjectKind::Vehicle,
                plate: words::plate(&mut self.random),
                colour: self.random.one_of(&COLOURS).to_owned(),
                description: String::new(),
            };
            self.store.put_subject(opener, id, &subject, None, None)?;
            self.audit += 1;
        }
        if self.random.percent(30) {
            let notified = self.clock.utc_now();
            let whom = "Công an xã".to_owned();
            let notice =
                NoticeDraft { id: NoticeId::new(), whom, notified, responded: None, remark: String::new() };
            self.store.put_notice(opener, id, &notice)?;
            self.audit += 1;
        }
        self.moves(id, opener, number, of, linked)?;
        while self.audit < AUDIT_EACH * (number + 1) {
            let index = usize::try_from(self.random.below(WHAT.len() as u64)).unwrap_or(0);
            let (command, kind) = WHAT.get(index).copied().unwrap_or(("search.find", "search"));
            let object = match kind {
                "incident" => format!("incident {id}"),
                "camera" => format!("camera {camera}"),
                other => other.to_owned(),
            };
            let who = self.who();
            self.store.add_audit(who, command, &object, &json!({ "n": number }))?;
            self.audit += 1;
        }
        Ok(id)
    }

    /// Nearly all of them are closed; some are cancelled; the newest, and a few others, are open.
    fn moves(&mut self, id: IncidentId, who: &str, number: u32, of: u32, linked: u32) -> Result<()> {
        use IncidentState as S;
        let open = number > of - of / 100 || number.is_multiple_of(250);
        let way: &[S] = match (open, number % 50) {
            (false, 7) => &[S::Cancelled],
            (false, _) => &[S::Handling, S::Waiting, S::Closed],
            (true, left) if left % 4 == 0 => &[],
            (true, left) if left % 4 == 1 => &[S::Verifying],
            (true, left) if left % 4 == 2 => &[S::Handling],
            (true, _) => &[S::Handling, S::Waiting],
        };
        let mut from = S::New;
        for to in way {
            let reason = if from.needs_reason(*to) { "Báo nhầm".to_owned() } else { String::new() };
            self.store.move_incident(who, true, &IncidentMove { id, from, to: *to, reason }, HOLD_DAYS)?;
            self.audit += 1 + if matches!(to, S::Closed | S::Cancelled) { 2 * linked } else { 0 };
            from = *to;
        }
        Ok(())
    }

    fn sheet(&mut self, detected: UtcMicros) -> IncidentText {
        let unit = usize::try_from(self.random.below(self.units.len() as u64)).unwrap_or(0);
        let severity = match self.random.below(20) {
            0 => Severity::Critical,
            1..=3 => Severity::High,
            4..=11 => Severity::Medium,
            _ => Severity::Low,
        };
        IncidentText {
            title: words::title(&mut self.random),
            category: Some(self.random.one_of(&CATEGORIES).to_owned()),
            severity,
            source: IncidentSource::Camera,
            detected,
            occurred: None,
            ended: None,
            unit: self.units.get(unit).copied(),
            road: "Quốc lộ 14".to_owned(),
            place: words::place(&mut self.random).to_owned(),
            forces: String::new(),
            outcome: None,
            outcome_note: String::new(),
            forms: vec![],
        }
    }
}
