//! A window that writes as fast as it is answered. It keeps what was not acknowledged, and sends it again.

use super::deed::{Answer, Deed};
use crate::room::now;
use easien_link::data::*;
use easien_link::{Client, call};
use easien_model::{
    BookmarkId, CameraId, Code, HoldId, IncidentId, IncidentState, Linked, NoteId, NoticeId, ShiftId,
    SubjectId, TaskId,
};
use std::path::Path;

pub const WORD: &str = "mật khẩu 1";

/// Random numbers that can be had again (xorshift).
#[derive(Clone, Copy, Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn one_of<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        let index = self.below(list.len().max(1) as u64) as usize;
        list.get(index).cloned()
    }
}

/// An incident of this window.
#[derive(Clone, Debug)]
struct Case {
    id: IncidentId,
    text: IncidentText,
    edits: u32,
    state: IncidentState,
    linked: u64,
    /// Notes that nothing corrects yet.
    notes: Vec<NoteId>,
    /// Vehicles whose colour nobody wrote down yet.
    vehicles: Vec<Subject>,
}

/// What the window knows, by what was acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Known {
    cases: Vec<Case>,
    marks: Vec<(BookmarkId, u32)>,
    holds: Vec<HoldId>,
    tasks: Vec<TaskId>,
    shift: Option<ShiftId>,
    /// Who sits there.
    login: String,
    /// Everything that was acknowledged.
    pub done: Vec<Deed>,
    written: u64,
}

pub struct Window {
    name: String,
    camera: CameraId,
    random: Random,
    client: Option<Client>,
    token: Option<Secret>,
    pub known: Known,
    /// Sent, and not answered.
    pub pending: Option<Deed>,
    /// Numbers that were given, in order.
    pub numbers: Vec<(IncidentId, String)>,
    /// Writes that were sent again.
    pub again: u64,
}

impl Window {
    pub fn new(name: &str, login: &str, camera: CameraId, seed: u64) -> Self {
        let known = Known { login: login.to_owned(), ..Known::default() };
        Self {
            name: name.to_owned(),
            camera,
            random: Random(seed | 1),
            client: None,
            token: None,
            known,
            pending: None,
            numbers: Vec::new(),
            again: 0,
        }
    }

    /// Connects, and comes back to its sign-in. False: the station is gone again.
    pub async fn connect(&mut self, data: &Path) -> bool {
        let Ok(client) = Client::connect(data).await else { return false };
        if let Some(token) = self.token.clone() {
            let again = SignInAgain { window: self.name.clone(), token };
            match client.call::<call::PeopleSignInAgain>(again).await {
                Ok(desk) if !desk.locked => {
                    self.client = Some(client);
                    return true;
                }
                Err(problem) if problem.code == Code::Unavailable => return false,
                // The answer with a new token was lost, or an older backup was restored.
                Ok(_) | Err(_) => {}
            }
        }
        // A handover that was not acknowledged has changed who sits there, or not.
        let sign_in = SignIn {
            window: self.name.clone(),
            login: self.known.login.clone(),
            password: Secret(WORD.to_owned()),
        };
        match client.call::<call::PeopleSignIn>(sign_in).await {
            Ok(desk) => {
                self.token = desk.token;
                self.client = Some(client);
                true
            }
            Err(problem) => {
                assert_eq!(problem.code, Code::Unavailable, "{}: {problem:?}", self.name);
                false
            }
        }
    }

    /// Sends again what was not acknowledged. False: the station is gone again.
    pub async fn settle(&mut self) -> bool {
        let Some(deed) = self.pending.clone() else { return true };
        self.again += 1;
        self.write(deed).await
    }

    /// Writes until the station is gone.
    pub async fn storm(&mut self) {
        loop {
            let deed = if self.name == "ca-truc" { self.on_shift() } else { self.at_desk() };
            if !self.write(deed).await {
                return;
            }
        }
    }

    async fn write(&mut self, deed: Deed) -> bool {
        let Some(client) = self.client.clone() else { return false };
        self.pending = Some(deed.clone());
        match deed.send(&client).await {
            Ok(answer) => {
                self.pending = None;
                self.acknowledged(deed, answer);
                true
            }
            Err(problem) => {
                let gone = problem.code == Code::Unavailable;
                assert!(gone, "{}: {deed:?} was refused: {problem:?}", self.name);
                self.client = None;
                false
            }
        }
    }

    fn words(&mut self, what: &str) -> String {
        self.known.written += 1;
        let more =
            ["", ", đã báo đội trực", " · xe 47-K1 123.45 rẽ vào buôn Tring", " 🎆 pháo nổ gần cổng chợ"];
        let more = self.random.one_of(&more).unwrap_or_default();
        format!("{what} {} của {}{more}", self.known.written, self.name)
    }

    fn footage(&mut self) -> Footage {
        let end = now().plus_seconds(-(self.random.below(86_400) as i64));
        Footage { camera: self.camera, start: end.plus_seconds(-60), end }
    }

    /// What somebody at a desk writes next.
    fn at_desk(&mut self) -> Deed {
        let case = self.random.below(self.known.cases.len().max(1) as u64) as usize;
        let choice = self.random.below(16);
        if let Some(case) = self.known.cases.get(case).cloned()
            && case.state != IncidentState::Closed
            && let Some(deed) = self.in_case(choice, case)
        {
            return deed;
        }
        match choice {
            0..5 => self.open(),
            5..9 => Deed::Note(NoteDraft {
                id: NoteId::new(),
                text: self.words("Ghi chú"),
                camera: Some(self.camera),
                at: now(),
                category: None,
            }),
            9..12 => self.mark(),
            12 => {
                let Footage { camera, start, end } = self.footage();
                let reason = self.words("Giữ lại");
                let id = HoldId::new();
                Deed::Hold(HoldDraft {
                    id,
                    cameras: vec![camera],
                    start,
                    end,
                    reason,
                    until: None,
                    bookmark: None,
                })
            }
            13 => match self.known.holds.last() {
                Some(id) => Deed::Lift(HoldLift { id: *id, reason: self.words("Hết cần") }),
                None => self.mark(),
            },
            14 => match self.known.marks.last().cloned() {
                Some((id, edits)) => {
                    let title = self.words("Tiêu đề");
                    Deed::Title(BookmarkEdit {
                        id,
                        text: BookmarkText { title, ..BookmarkText::default() },
                        edits: Some(edits),
                    })
                }
                None => self.mark(),
            },
            _ => match self.known.marks.first().cloned() {
                Some((id, _)) => Deed::Hide(BookmarkHide { id, reason: self.words("Nhầm") }),
                None => self.mark(),
            },
        }
    }

    fn mark(&mut self) -> Deed {
        let at = now();
        let title = self.words("Đánh dấu");
        let text = (self.random.below(2) == 0).then(|| BookmarkText { title, ..BookmarkText::default() });
        let (start, end) = (at.plus_seconds(-30), at.plus_seconds(60));
        Deed::Mark(BookmarkDraft { id: BookmarkId::new(), cameras: vec![self.camera], at, start, end, text })
    }

    fn open(&mut self) -> Deed {
        let title = self.words("Đốt pháo");
        let note = if self.random.below(2) == 0 { self.words("Thấy khói") } else { String::new() };
        let bookmarks = self.known.marks.last().filter(|_| self.known.written.is_multiple_of(2));
        let bookmarks = bookmarks.map(|(id, _)| *id).into_iter().collect();
        let mut draft = crate::incidents::draft(&title);
        draft.text.road = "Quốc lộ 14".into();
        draft.text.forms.clear();
        Deed::Open(IncidentDraft { bookmarks, footage: vec![self.footage()], note, ..draft })
    }

    /// What is written into an incident next; None: nothing this time.
    fn in_case(&mut self, choice: u64, mut case: Case) -> Option<Deed> {
        use IncidentState as S;
        let incident = case.id;
        Some(match choice {
            0 | 1 => Deed::Say(IncidentNoteDraft {
                id: NoteId::new(),
                incident,
                text: self.words("Diễn biến"),
                at: now(),
                corrects: None,
            }),
            2 | 3 => Deed::Say(IncidentNoteDraft {
                id: NoteId::new(),
                incident,
                corrects: Some(case.notes.pop()?),
                text: self.words("Đính chính"),
                at: now(),
            }),
            4 | 5 => {
                case.text.place = self.words("Cổng chợ").chars().take(200).collect();
                Deed::Sheet(IncidentEdit { id: incident, text: case.text, edits: case.edits })
            }
            6 => {
                let to = match case.state {
                    S::New => S::Verifying,
                    S::Verifying => S::Handling,
                    S::Handling => S::Waiting,
                    S::Waiting => S::Closed,
                    _ => return None,
                };
                let holds = if to == S::Closed { case.linked } else { 0 };
                Deed::Move(IncidentMove { id: incident, from: case.state, to, reason: String::new() }, holds)
            }
            7 => {
                let what = Linked::Footage(self.footage());
                Deed::Link(IncidentLink { id: incident, what, removed: None })
            }
            8 => {
                self.known.written += 1;
                let plate = format!("47K1-{:06}", self.random.below(1_000_000));
                let description = self.words("Xe");
                let subject = Subject {
                    id: SubjectId::new(),
                    kind: SubjectKind::Vehicle,
                    plate,
                    colour: String::new(),
                    description,
                    hidden: None,
                    edits: 0,
                };
                Deed::Subject(SubjectPut { incident, subject, removed: None })
            }
            9 => {
                let subject = Subject { colour: "đỏ".into(), ..case.vehicles.pop()? };
                Deed::Subject(SubjectPut { incident, subject, removed: None })
            }
            10 => Deed::Told(NoticePut {
                incident,
                notice: Notice {
                    id: NoticeId::new(),
                    whom: self.words("Công an xã"),
                    notified: now(),
                    responded: None,
                    remark: String::new(),
                    by: String::new(),
                },
            }),
            _ => return None,
        })
    }

    /// What the one on duty writes next.
    fn on_shift(&mut self) -> Deed {
        let Some(shift) = self.known.shift else {
            let commander = "Y Moan Niê".into();
            return Deed::Begin(ShiftBegin { id: ShiftId::new(), name: "Ca 1".into(), commander });
        };
        let task = self.known.tasks.last().copied();
        match (self.random.below(8), task) {
            (0, _) => {
                let other = if self.known.login == "truc1" { "truc2" } else { "truc1" };
                Deed::HandOver(HandoverDraft {
                    shift,
                    next: ShiftId::new(),
                    next_name: "Ca sau".into(),
                    commander: String::new(),
                    remarks: self.words("Bàn giao"),
                    from: self.known.login.clone(),
                    from_password: Secret(WORD.into()),
                    to: other.into(),
                    to_password: Secret(WORD.into()),
                })
            }
            (1, _) => {
                let station = now();
                let offset = self.random.below(60) as i64;
                Deed::Clock(ClockCheckDraft {
                    reference: station.plus_seconds(offset),
                    station,
                    source: "VOV".into(),
                })
            }
            (2, Some(id)) => Deed::Done(id),
            _ => Deed::Task(Task {
                id: TaskId::new(),
                text: self.words("Gọi thợ"),
                incident: None,
                by: String::new(),
                at: None,
                done: None,
                done_by: None,
            }),
        }
    }

    fn case(&mut self, id: IncidentId) -> &mut Case {
        self.known.cases.iter_mut().find(|case| case.id == id).unwrap()
    }

    fn acknowledged(&mut self, deed: Deed, answer: Answer) {
        self.numbers.extend(answer.opened);
        match &deed {
            Deed::Open(it) => self.known.cases.push(Case {
                id: it.id,
                text: it.text.clone(),
                edits: 0,
                state: IncidentState::New,
                linked: (it.footage.len() + it.bookmarks.len()) as u64,
                notes: Vec::new(),
                vehicles: Vec::new(),
            }),
            Deed::Mark(it) => self.known.marks.push((it.id, 0)),
            Deed::Title(it) => {
                let mark = self.known.marks.iter_mut().find(|(id, _)| *id == it.id).unwrap();
                mark.1 += 1;
            }
            Deed::Hide(it) => self.known.marks.retain(|(id, _)| *id != it.id),
            Deed::Hold(it) => self.known.holds.push(it.id),
            Deed::Lift(it) => self.known.holds.retain(|id| *id != it.id),
            Deed::Sheet(it) => {
                let case = self.case(it.id);
                case.text = it.text.clone();
                case.edits += 1;
            }
            Deed::Move(it, _) => self.case(it.id).state = it.to,
            Deed::Say(it) => {
                let case = self.case(it.incident);
                case.notes.retain(|id| Some(*id) != it.corrects);
                case.notes.push(it.id);
            }
            Deed::Subject(it) => {
                let case = self.case(it.incident);
                case.vehicles.retain(|known| known.id != it.subject.id);
                if it.subject.colour.is_empty() {
                    case.vehicles.push(it.subject.clone());
                }
            }
            Deed::Link(it) => self.case(it.id).linked += 1,
            Deed::Task(it) => self.known.tasks.push(it.id),
            Deed::Done(id) => self.known.tasks.retain(|known| known != id),
            Deed::Begin(it) => self.known.shift = Some(it.id),
            Deed::HandOver(it) => {
                self.known.shift = Some(it.next);
                self.known.login = it.to.clone();
                self.token = answer.token;
            }
            Deed::Note(_) | Deed::Told(_) | Deed::Clock(_) => {}
        }
        self.known.done.push(deed);
    }
}
