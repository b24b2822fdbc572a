//! The casebook at the size of many years: the search, the lists, opening an incident, writing a note, each through the
//! real station over its link while it records 240 simulated cameras; a note's writing against an fsync of as many bytes
//! between the notes, in the same folder.

mod make;
mod words;

use crate::pace;
use crate::record;
use crate::report::{Report, percentile};
use anyhow::{Context, Result};
use easien_link::call;
use easien_link::commands::Command;
use easien_link::data::{
    AuditQuery, BookmarkQuery, FoundKind, IncidentDraft, IncidentNoteDraft, IncidentQuery, NoteDraft,
    SearchQuery,
};
use easien_model::{
    CameraId, Clock, Footage, IncidentId, IncidentOrder, IncidentState, NoteId, SystemClock, UnitId,
    UtcMicros,
};
use easien_tests::room::Room;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};
use words::{CATEGORIES, PEOPLE, Random};

const CAMERAS: usize = 240;
/// What a note's transaction writes to the log, about.
const FSYNC_BYTES: usize = 32 * 1024;
const DAY_S: i64 = 86_400;

/// Words that are in more than half of all notes, in nearly half, in few, in none; in part; plates; phrases; together.
const QUERIES: [&str; 40] = [
    "xe",
    "Xe",
    "x",
    "tai",
    "tại",
    "duong",
    "đường",
    "du",
    "duo",
    "duon",
    "phao",
    "pháo nổ",
    "xe duong",
    "xe tai",
    "\"xe máy\"",
    "\"trên đường\"",
    "\"bo chay khi thay luc luong\"",
    "\"xe tải\" đường",
    "\"đường xe\"",
    "xe may do bien so",
    "47k1",
    "47K1-123.45",
    "47k1 12",
    "123.45",
    "51f 000",
    "47aa",
    "0905 123 456",
    "mu luoi trai",
    "kính chiếu hậu",
    "\"giay khai sinh\"",
    "bình gas",
    "nguyen thi dao",
    "Y Moan",
    "C017",
    "buon tring",
    "ES-2026-0142",
    "ma tuy truong hoc",
    "truong ngo quyen chay",
    "khongcogi",
    "nga tu dat hieu vuot den",
];

struct Bench {
    room: Room,
    cameras: Vec<CameraId>,
    units: Vec<UnitId>,
    random: Random,
    now: UtcMicros,
}

/// All of it.
///
/// # Errors
/// When a part does not come up, or a call is refused.
pub fn run() -> Result<Report> {
    let mut report = Report::new("casebook")?;
    let mut room = Room::new("bench-casebook")?;
    let (camsim, mut cameras) = record::simulate(&room, &[])?;
    for camera in &mut cameras {
        camera["record"] = serde_json::json!({ "streams": "sub", "schedule": [], "keep_days": null });
    }
    let made = make::take(&cameras)?;
    let copied = Instant::now();
    for name in ["easien.db", "master.key"] {
        std::fs::copy(made.folder.join(name), room.data().join(name)).context(name)?;
    }
    let bytes = std::fs::metadata(room.data().join("easien.db"))?.len();
    report.add("database_mb", bytes as f64 / 1e6, "MB");
    eprintln!("bench: casebook: copied in {} s", copied.elapsed().as_secs());
    let list = room.folder().join("cameras.json");
    std::fs::write(&list, serde_json::to_string(&cameras)?)?;
    room.station_args = vec!["--add-cameras".to_owned(), list.display().to_string()];
    let begun = Instant::now();
    room.start_station()?;
    report.add("station_answers_s", begun.elapsed().as_secs_f64(), "s");
    room.wait_live(CAMERAS, Duration::from_secs(180))?;
    record::wait_recording(&room)?;
    sleep(pace::seconds(10, 3)); // what comes with a start is over then
    let rows = easien_store::table_rows(&room.data().join("easien.db"))?;
    for table in ["note", "incident", "bookmark", "audit"] {
        report.add(&format!("rows_{table}"), rows.get(table).copied().unwrap_or_default() as f64, "");
    }
    let cameras = room.cameras()?.into_iter().map(|camera| camera.id).collect();
    let units = room.call::<call::UnitList>(())?.into_iter().map(|unit| unit.id).collect();
    let now = SystemClock.utc_now();
    let mut bench = Bench { room, cameras, units, random: Random::new(7), now };
    bench.search(&mut report)?;
    bench.incident_lists(&mut report)?;
    bench.bookmark_lists(&mut report)?;
    bench.audit_lists(&mut report)?;
    bench.incidents(&mut report, made.long)?;
    bench.notes(&mut report)?;
    record::wait_recording(&bench.room)?;
    let station = bench.room.station.as_ref().context("station")?.pid();
    let rss = easien_tests::proc::all().get(&station).map_or(0, |process| process.rss_bytes);
    report.add("station_rss_mb", rss as f64 / 1e6, "MB");
    drop(camsim);
    Ok(report)
}

/// Adds p50, p95 and the slowest, and says what the slowest were.
fn add(report: &mut Report, name: &str, mut slow: Vec<(f64, String)>) {
    let mut values: Vec<f64> = slow.iter().map(|(ms, _)| *ms).collect();
    for (suffix, share) in [("p50", 0.5), ("p95", 0.95), ("max", 1.0)] {
        let value = percentile(&mut values, share).unwrap_or(f64::NAN);
        report.add(&format!("{name}_{suffix}_ms"), value, "ms");
    }
    slow.sort_by(|a, b| b.0.total_cmp(&a.0));
    let worst: Vec<String> = slow.iter().take(6).map(|(ms, what)| format!("{ms:.1} {what}")).collect();
    eprintln!("bench: casebook: {name}: {} calls; slowest: {}", slow.len(), worst.join(" · "));
}

impl Bench {
    fn timed<C: Command>(&self, args: C::Args) -> Result<(f64, C::Reply)> {
        let begun = Instant::now();
        let reply = self.room.call::<C>(args)?;
        Ok((begun.elapsed().as_secs_f64() * 1000.0, reply))
    }

    fn a_camera(&mut self) -> CameraId {
        let index = usize::try_from(self.random.below(self.cameras.len() as u64)).unwrap_or(0);
        self.cameras.get(index).copied().unwrap_or_else(CameraId::new)
    }

    fn ago(&self, days: i64) -> UtcMicros {
        self.now.plus_seconds(-days * DAY_S)
    }

    fn search(&mut self, report: &mut Report) -> Result<()> {
        let (mut took, mut whole) = (Vec::new(), Vec::new());
        let mut found = 0;
        for round in 0..pace::rounds(4, 1) {
            for text in QUERIES {
                let query = SearchQuery { text: text.to_owned(), quick: true, ..SearchQuery::default() };
                let narrowed = [
                    query.clone(),
                    SearchQuery { kinds: vec![FoundKind::Incident, FoundKind::Shift], ..query.clone() },
                    SearchQuery { from: Some(self.ago(900)), to: Some(self.ago(870)), ..query.clone() },
                    SearchQuery { kinds: vec![FoundKind::Bookmark], from: Some(self.ago(30)), ..query },
                ];
                for query in narrowed {
                    let label = format!("{text} {:?} {}", query.kinds, query.from.is_some());
                    let (ms, hits) = self.timed::<call::SearchFind>(query.clone())?;
                    if round == 0 {
                        let all = SearchQuery { quick: false, ..query };
                        whole.push((self.timed::<call::SearchFind>(all)?.0, label.clone()));
                    }
                    found += usize::from(!hits.is_empty());
                    took.push((ms, label));
                }
            }
        }
        report.add("search_found", found as f64 / took.len() as f64, "of the queries found something");
        add(report, "search", took);
        add(report, "search_whole", whole);
        Ok(())
    }

    fn incident_lists(&mut self, report: &mut Report) -> Result<()> {
        use IncidentState as S;
        let tabs: [&[S]; 3] = [
            &[S::New, S::Verifying, S::Handling, S::Waiting, S::Reopened],
            &[S::Waiting],
            &[S::Closed, S::Cancelled],
        ];
        let plain = || IncidentQuery { limit: 100, quick: true, ..IncidentQuery::default() };
        let camera = self.a_camera();
        let text = |text: &str| IncidentQuery { text: text.to_owned(), ..plain() };
        let filters = [
            ("all", plain()),
            ("category", IncidentQuery { category: Some("traffic".into()), ..plain() }),
            ("unit", IncidentQuery { unit: self.units.first().copied(), ..plain() }),
            ("camera", IncidentQuery { camera: Some(camera), ..plain() }),
            ("opened_by", IncidentQuery { opened_by: PEOPLE.get(3).map(|who| (*who).to_owned()), ..plain() }),
            ("nobody", IncidentQuery { opened_by: Some("Không Ai".into()), ..plain() }),
            ("week", IncidentQuery { from: Some(self.ago(7)), ..plain() }),
            ("old month", IncidentQuery { from: Some(self.ago(900)), to: Some(self.ago(870)), ..plain() }),
            (
                "several",
                IncidentQuery {
                    category: CATEGORIES.get(2).map(|code| (*code).to_owned()),
                    unit: self.units.last().copied(),
                    from: Some(self.ago(700)),
                    ..plain()
                },
            ),
            ("xe", text("xe")),
            ("duong", text("đường")),
            ("rare", text("mũ lưỡi trai")),
            ("plate", text("47k1-123")),
            ("words", text("xe pháo duong")),
            ("number", text("ES-2026-0142")),
            ("nothing", text("khongcogi")),
            ("xe of unit", IncidentQuery { unit: self.units.first().copied(), ..text("xe") }),
        ];
        let (mut took, mut whole) = (Vec::new(), Vec::new());
        for round in 0..pace::rounds(2, 1) {
            for (name, filter) in &filters {
                for order in [IncidentOrder::Detected, IncidentOrder::Number, IncidentOrder::Severity] {
                    for reversed in [false, true] {
                        for (tab, states) in tabs.iter().enumerate() {
                            let query =
                                IncidentQuery { states: states.to_vec(), order, reversed, ..filter.clone() };
                            let label = format!("{name} {order:?} {reversed} tab {tab}");
                            let (ms, page) = self.timed::<call::IncidentList>(query.clone())?;
                            took.push((ms, label.clone()));
                            if round == 0 && !query.text.is_empty() && order == IncidentOrder::Detected {
                                let all = IncidentQuery { quick: false, ..query.clone() };
                                whole.push((self.timed::<call::IncidentList>(all)?.0, label.clone()));
                            }
                            let after = page.items.last().map(|incident| incident.id);
                            if page.more {
                                let next = IncidentQuery { after, ..query };
                                took.push((
                                    self.timed::<call::IncidentList>(next)?.0,
                                    format!("{label} next"),
                                ));
                            }
                        }
                    }
                }
            }
        }
        add(report, "incident_list", took);
        add(report, "incident_list_whole", whole);
        Ok(())
    }

    fn bookmark_lists(&mut self, report: &mut Report) -> Result<()> {
        let (mut took, mut whole) = (Vec::new(), Vec::new());
        for round in 0..pace::rounds(8, 1) {
            let plain = || BookmarkQuery { limit: 60, quick: true, ..BookmarkQuery::default() };
            let text = |text: &str| BookmarkQuery { text: text.to_owned(), ..plain() };
            let many: Vec<CameraId> = self.cameras.iter().copied().take(16).collect();
            let filters = [
                ("all", plain()),
                ("hidden", BookmarkQuery { hidden: true, ..plain() }),
                ("camera", BookmarkQuery { cameras: vec![self.a_camera()], ..plain() }),
                ("16 cameras", BookmarkQuery { cameras: many, ..plain() }),
                ("unit", BookmarkQuery { unit: self.units.first().copied(), ..plain() }),
                ("category", BookmarkQuery { category: Some("traffic".into()), ..plain() }),
                ("author", BookmarkQuery { author: PEOPLE.get(3).map(|who| (*who).to_owned()), ..plain() }),
                ("nobody", BookmarkQuery { author: Some("Không Ai".into()), ..plain() }),
                ("tag", BookmarkQuery { tag: Some("xe tải".into()), ..plain() }),
                ("no tag", BookmarkQuery { tag: Some("khongcogi".into()), ..plain() }),
                (
                    "old month",
                    BookmarkQuery { from: Some(self.ago(900)), to: Some(self.ago(870)), ..plain() },
                ),
                ("xe", text("xe")),
                ("rare", text("mũ lưỡi trai")),
                ("camera's name", text("c017 xe")),
                ("nothing", text("khongcogi")),
            ];
            for (name, query) in filters {
                let (ms, page) = self.timed::<call::BookmarkList>(query.clone())?;
                took.push((ms, name.to_owned()));
                if round == 0 {
                    let all = BookmarkQuery { quick: false, ..query.clone() };
                    whole.push((self.timed::<call::BookmarkList>(all)?.0, name.to_owned()));
                }
                if let Some(last) = page.last() {
                    let next = BookmarkQuery { before: Some(last.at), ..query };
                    took.push((self.timed::<call::BookmarkList>(next)?.0, format!("{name} next")));
                }
            }
        }
        add(report, "bookmark_list", took);
        add(report, "bookmark_list_whole", whole);
        Ok(())
    }

    fn audit_lists(&mut self, report: &mut Report) -> Result<()> {
        let mut took = Vec::new();
        for _ in 0..pace::rounds(8, 1) {
            let plain = || AuditQuery { limit: 100, ..AuditQuery::default() };
            let who = PEOPLE.get(5).map(|who| (*who).to_owned());
            let of = |command: &str| AuditQuery { command: Some(command.to_owned()), ..plain() };
            let filters = [
                ("all", plain()),
                ("who", AuditQuery { who: who.clone(), ..plain() }),
                ("nobody", AuditQuery { who: Some("Không Ai".into()), ..plain() }),
                ("incident.", of("incident.")),
                ("people.", of("people.")),
                ("volume.", of("volume.")),
                ("note.add", of("note.add")),
                ("who incident.", AuditQuery { who: who.clone(), ..of("incident.") }),
                ("who camera.", AuditQuery { who: who.clone(), ..of("camera.") }),
                ("old month", AuditQuery { from: Some(self.ago(900)), to: Some(self.ago(870)), ..plain() }),
                (
                    "old month of who",
                    AuditQuery {
                        who: who.clone(),
                        from: Some(self.ago(900)),
                        to: Some(self.ago(870)),
                        ..plain()
                    },
                ),
                (
                    "old month, who, incident.",
                    AuditQuery { who, from: Some(self.ago(900)), to: Some(self.ago(870)), ..of("incident.") },
                ),
                ("week of bookmark.", AuditQuery { from: Some(self.ago(7)), ..of("bookmark.") }),
            ];
            for (name, query) in filters {
                let (ms, page) = self.timed::<call::AuditList>(query.clone())?;
                took.push((ms, name.to_owned()));
                if let Some(last) = page.last() {
                    let next = AuditQuery { before: u32::try_from(last.seq).ok(), ..query };
                    took.push((self.timed::<call::AuditList>(next)?.0, format!("{name} next")));
                }
            }
        }
        add(report, "audit_list", took);
        Ok(())
    }

    /// Opened to be read, and opened anew.
    fn incidents(&mut self, report: &mut Report, long: IncidentId) -> Result<()> {
        let mut some = Vec::new();
        for days in [1, 30, 200, 500, 900, 1300] {
            let to = Some(self.ago(days));
            let query = IncidentQuery { to, limit: 40, ..IncidentQuery::default() };
            some.extend(
                self.room.call::<call::IncidentList>(query)?.items.into_iter().map(|incident| incident.id),
            );
        }
        let mut took = Vec::new();
        for id in some.into_iter().take(pace::rounds(240, 20)) {
            took.push((self.timed::<call::IncidentGet>(id)?.0, id.to_string()));
        }
        add(report, "incident_get", took);
        let mut slowest: f64 = 0.0;
        let mut notes = 0;
        for _ in 0..pace::rounds(20, 3) {
            let (ms, file) = self.timed::<call::IncidentGet>(long)?;
            slowest = slowest.max(ms);
            notes = file.notes.len();
        }
        report.add("incident_get_long_ms", slowest, &format!("ms, the slowest; {notes} notes"));
        let mut took = Vec::new();
        for number in 0..pace::rounds(100, 5) {
            let camera = self.a_camera();
            let end = SystemClock.utc_now();
            let draft = self.draft(Footage { camera, start: end.plus_seconds(-60), end });
            took.push((self.timed::<call::IncidentOpen>(draft)?.0, number.to_string()));
        }
        add(report, "incident_open", took);
        Ok(())
    }

    fn draft(&mut self, footage: Footage) -> IncidentDraft {
        IncidentDraft {
            id: IncidentId::new(),
            text: easien_model::IncidentText {
                title: words::title(&mut self.random),
                category: Some("traffic".to_owned()),
                severity: easien_model::Severity::Medium,
                source: easien_model::IncidentSource::Camera,
                detected: footage.end,
                occurred: None,
                ended: None,
                unit: None,
                road: String::new(),
                place: words::place(&mut self.random).to_owned(),
                forces: String::new(),
                outcome: None,
                outcome_note: String::new(),
                forms: vec![],
            },
            footage: vec![footage],
            bookmarks: vec![],
            stills: vec![],
            note: words::note(&mut self.random),
        }
    }

    /// Notes of the feed, each after a bare fsync; then notes of an incident.
    fn notes(&mut self, report: &mut Report) -> Result<()> {
        let (mut bare, mut took) = (Vec::new(), Vec::new());
        let probe = self.room.data().join("fsync-probe");
        for number in 0..pace::rounds(300, 20) {
            bare.push((fsync(&probe)?, number.to_string()));
            let camera = Some(self.a_camera());
            let text = words::note(&mut self.random);
            let note =
                NoteDraft { id: NoteId::new(), text, camera, at: SystemClock.utc_now(), category: None };
            took.push((self.timed::<call::NoteAdd>(note)?.0, number.to_string()));
            sleep(Duration::from_millis(20));
        }
        let p95 = |slow: &[(f64, String)]| {
            percentile(&mut slow.iter().map(|(ms, _)| *ms).collect::<Vec<_>>(), 0.95).unwrap_or(f64::NAN)
        };
        let ratio = p95(&took) / p95(&bare);
        add(report, "fsync", bare);
        add(report, "note", took);
        report.add_ratio("note_to_fsync", ratio, "x", Some("a bare fsync, 95th percentiles"));
        let camera = self.a_camera();
        let end = SystemClock.utc_now();
        let draft = self.draft(Footage { camera, start: end.plus_seconds(-60), end });
        let incident = self.room.call::<call::IncidentOpen>(draft)?.incident.id;
        let mut took = Vec::new();
        for number in 0..pace::rounds(150, 10) {
            let text = words::note(&mut self.random);
            let at = SystemClock.utc_now();
            let note = IncidentNoteDraft { id: NoteId::new(), incident, text, at, corrects: None };
            took.push((self.timed::<call::IncidentNote>(note)?.0, number.to_string()));
        }
        add(report, "incident_note", took);
        Ok(())
    }
}

/// Appends and waits for the disk, milliseconds.
fn fsync(path: &Path) -> Result<f64> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let begun = Instant::now();
    file.write_all(&[7; FSYNC_BYTES])?;
    file.sync_all()?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}
