//! The command list. One line a command: its name, the role it needs, its arguments and its reply. A command without
//! a role does not compile; a command without a handler in the station does not compile either.

use crate::data::*;
use crate::sight::Sight;
use easien_model::{
    BookmarkId, CameraId, Code, CopyId, FilterId, IncidentId, LayoutId, PersonId, Problem, StillId, TaskId,
    UtcMicros, VolumeId,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::future::Future;
use ts_rs::TS;

/// What a person may be. One person may hold several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sits in front of the live wall (trực ban).
    Operator,
    /// Reviews and tags (điều tra).
    Investigator,
    /// Approves, closes, exports (chỉ huy).
    Supervisor,
    /// Cameras, users, storage (quản trị).
    Administrator,
}

/// What a command asks of whoever calls it. A line of the list names all that may, any one of them is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// Whoever sits there, signed in or not.
    Anyone,
    /// Whoever may watch the wall: somebody signed in with any role, also while the desk is locked.
    Watcher,
    /// Somebody signed in, whatever their role.
    SignedIn,
    /// A role.
    Operator,
    /// A role.
    Investigator,
    /// A role.
    Supervisor,
    /// A role.
    Administrator,
}

/// How the desk of a window program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeskState {
    /// Somebody is signed in; or nobody was ever added to the room, and everybody may do everything.
    Open,
    /// Somebody is signed in, and away: the wall stays, records are hidden.
    Locked,
    /// Nobody is signed in.
    SignedOut,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who is signed in; absent: nobody, or nobody was ever added to the room.
    pub person: Option<PersonId>,
    /// Name as it stands in the audit.
    pub name: String,
    /// The roles held; all of them while nobody was added to the room.
    pub roles: Vec<Role>,
    /// How the desk is.
    pub desk: DeskState,
    /// The cameras they may see.
    pub sight: Sight,
    /// The window program's connection, counted by the station.
    pub connection: u64,
}

impl Caller {
    /// Whether one of these lets the caller in.
    #[must_use]
    pub fn has(&self, access: &[Access]) -> bool {
        let role = |role| self.desk == DeskState::Open && self.roles.contains(&role);
        access.iter().any(|access| match access {
            Access::Anyone => true,
            Access::Watcher => self.desk != DeskState::SignedOut && !self.roles.is_empty(),
            Access::SignedIn => self.desk == DeskState::Open,
            Access::Operator => role(Role::Operator),
            Access::Investigator => role(Role::Investigator),
            Access::Supervisor => role(Role::Supervisor),
            Access::Administrator => role(Role::Administrator),
        })
    }
}

/// One command's types, for typed callers in Rust.
pub trait Command {
    /// Name on the wire.
    const NAME: &'static str;
    /// Who may call it.
    const ACCESS: &'static [Access];
    /// The arguments.
    type Args: Serialize + DeserializeOwned;
    /// The reply.
    type Reply: Serialize + DeserializeOwned;
}

/// One line of the command list, for tables and tests.
#[derive(Clone, Copy, Debug)]
pub struct CommandInfo {
    /// Name on the wire.
    pub name: &'static str,
    /// Who may call it.
    pub access: &'static [Access],
    /// Its arguments' type.
    pub args: &'static str,
    /// Its reply's type.
    pub reply: &'static str,
    /// What it does.
    pub doc: &'static str,
}

macro_rules! commands {
    ($( #[doc = $doc:literal] $type:ident = $name:literal, [$($access:ident)|+], $method:ident($args:ty) -> $reply:ty; )*) => {
        /// One marker type a command, for [`Command`].
        pub mod call {
            $(
                #[doc = $doc]
                #[derive(Clone, Copy, Debug)]
                pub struct $type;
            )*
        }

        $(
            impl Command for call::$type {
                const NAME: &'static str = $name;
                const ACCESS: &'static [Access] = &[$(Access::$access),+];
                type Args = $args;
                type Reply = $reply;
            }
        )*

        /// Every command.
        pub const COMMANDS: &[CommandInfo] = &[
            $(CommandInfo { name: $name, access: &[$(Access::$access),+], args: stringify!($args), reply: stringify!($reply), doc: $doc }),*
        ];

        /// What a station does for each command.
        pub trait Handlers: Send + Sync + 'static {
            $(
                #[doc = $doc]
                fn $method(&self, caller: &Caller, args: $args)
                    -> impl Future<Output = Result<$reply, Problem>> + Send;
            )*
        }

        /// Checks the role, reads the arguments, runs the handler, writes the reply.
        ///
        /// # Errors
        /// `Unsupported` for a name that is not in the list, `Forbidden` without the role, `Invalid` for arguments
        /// that do not fit, else the handler's own problem.
        pub async fn dispatch<H: Handlers>(
            handlers: &H,
            caller: &Caller,
            name: &str,
            args: serde_json::Value,
        ) -> Result<serde_json::Value, Problem> {
            match name {
                $(
                    $name => {
                        permit(caller, <call::$type as Command>::ACCESS, name)?;
                        if !DROPS_HIDDEN.contains(&name) {
                            caller.sight.check(&args)?;
                        }
                        let args: $args = read_args(name, args)?;
                        let mut reply = write_reply(name, &handlers.$method(caller, args).await?)?;
                        if caller.sight.clear(&mut reply) {
                            return Ok(reply);
                        }
                        // A list of nothing is an answer, a thing that may not be seen is none.
                        if reply.is_array() {
                            return Ok(serde_json::Value::Array(Vec::new()));
                        }
                        Err(Problem::new(Code::NotFound, "problem_not_found").with("command", name))
                    }
                )*
                _ => Err(Problem::new(Code::Unsupported, "problem_unknown_command").with("command", name)),
            }
        }

        /// Shows every argument and reply type to a visitor.
        pub(crate) fn visit_types(visitor: &mut impl ts_rs::TypeVisitor) {
            $(
                visitor.visit::<$args>();
                visitor.visit::<$reply>();
            )*
        }

        /// The command list as a TypeScript interface `Commands`: name -> arguments and reply.
        #[must_use]
        pub fn typescript() -> String {
            let config = crate::bindings::config();
            let mut out = String::from("export interface Commands {\n");
            $(
                out.push_str(&format!("  /**{} */\n  {:?}: {{ args: {}; reply: {} }};\n", $doc, $name,
                    <$args as TS>::name(&config), <$reply as TS>::name(&config)));
            )*
            out.push_str("}\n");
            out
        }
    };
}

commands! {
    /// The room: who and where, settings, what is not possible yet and why.
    RoomGet = "room.get", [Anyone], room_get(()) -> Room;
    /// Changes the room's settings.
    RoomSet = "room.set", [Operator | Administrator], room_set(RoomSettings) -> Room;
    /// Starts simulated cameras on this machine and adds them to the room.
    RoomSimulate = "room.simulate", [Administrator], room_simulate(Simulate) -> Vec<Camera>;

    /// Who sits at this desk, and whether signing in is needed.
    PeopleAtDesk = "people.at_desk", [Anyone], people_at_desk(()) -> AtDesk;
    /// Makes the first person, an administrator, and signs them in; only while there is nobody.
    PeopleFirst = "people.first", [Anyone], people_first(FirstPerson) -> AtDesk;
    /// Signs in, in place of whoever was at this desk.
    PeopleSignIn = "people.sign_in", [Anyone], people_sign_in(SignIn) -> AtDesk;
    /// Comes back to a sign-in that a crash or a lost connection interrupted.
    PeopleSignInAgain = "people.sign_in_again", [Anyone], people_sign_in_again(SignInAgain) -> AtDesk;
    /// Signs out.
    PeopleSignOut = "people.sign_out", [Watcher], people_sign_out(()) -> AtDesk;
    /// Locks the desk: the wall stays, records are hidden.
    PeopleLock = "people.lock", [SignedIn], people_lock(()) -> AtDesk;
    /// Unlocks it with the password of whoever is signed in.
    PeopleUnlock = "people.unlock", [Watcher], people_unlock(PasswordProof) -> AtDesk;
    /// Changes one's own password.
    PeoplePassword = "people.password", [Watcher], people_password(PasswordChange) -> AtDesk;
    /// Everybody, by name.
    PeopleList = "people.list", [Supervisor | Administrator], people_list(()) -> Vec<Person>;
    /// Adds a person or changes one. The last administrator stays one.
    PeoplePut = "people.put", [Administrator], people_put(PersonDraft) -> Person;
    /// Makes a new code for the sealed envelope.
    PeopleSeal = "people.seal", [Administrator], people_seal(()) -> SealedCode;
    /// Opens the sealed envelope.
    PeopleBreakGlass = "people.break_glass", [Anyone], people_break_glass(BreakGlass) -> AtDesk;

    /// All units, in their order.
    UnitList = "unit.list", [Watcher], unit_list(()) -> Vec<Unit>;
    /// Adds a unit, or renames it if the id exists.
    UnitPut = "unit.put", [Administrator], unit_put(Unit) -> Unit;
    /// All incident categories, in their order.
    CategoryList = "category.list", [Watcher], category_list(()) -> Vec<Category>;

    /// All cameras with the state of their sessions.
    CameraList = "camera.list", [Watcher], camera_list(()) -> Vec<Camera>;
    /// Adds a camera. The same id with the same content again is the same camera.
    CameraAdd = "camera.add", [Administrator], camera_add(CameraDraft) -> Camera;
    /// Changes a camera; an absent password stays as it is.
    CameraUpdate = "camera.update", [Administrator], camera_update(CameraDraft) -> Camera;
    /// Takes a camera out of the room. Its bookmarks, notes and stills stay.
    CameraDelete = "camera.delete", [Administrator], camera_delete(CameraId) -> ();
    /// Connects once and says what comes, with a picture, or the plain reason why not.
    CameraTest = "camera.test", [Administrator], camera_test(CameraDraft) -> CameraTest;
    /// A camera's sessions with their figures.
    CameraHealth = "camera.health", [Operator | Investigator | Supervisor | Administrator], camera_health(CameraId) -> Vec<Session>;
    /// How much moves before each live camera, for the overview; asked every few seconds while somebody looks.
    CameraActivity = "camera.activity", [Watcher], camera_activity(()) -> Vec<CameraActivity>;

    /// Says what a window shows now; replaces what it showed before.
    WallShow = "wall.show", [Watcher], wall_show(WallShow) -> WallShown;
    /// What a window painted, every 2 s, for the bottom strip and the benchmarks.
    WallReport = "wall.report", [Watcher], wall_report(WallReport) -> ();
    /// Opens the loopback WebSocket for the page presenter, if it is not open, and says where it is.
    PageOpen = "page.open", [Watcher], page_open(()) -> PageDoor;
    /// A window's remembered wall, if any.
    WallRecall = "wall.recall", [Watcher], wall_recall(WindowName) -> Option<WallMemory>;
    /// Remembers a window's wall for the next start.
    WallRemember = "wall.remember", [Watcher], wall_remember(WallMemory) -> ();

    /// The shared layouts and one's own, in their order.
    LayoutList = "layout.list", [Operator | Investigator | Supervisor], layout_list(()) -> Vec<Layout>;
    /// Saves a layout: a new one, a changed one, or a deleted one back.
    LayoutPut = "layout.put", [Operator | Investigator | Supervisor], layout_put(LayoutDraft) -> Layout;
    /// Takes a layout out of the list. `layout.put` brings it back.
    LayoutDelete = "layout.delete", [Operator | Investigator | Supervisor], layout_delete(LayoutDelete) -> ();
    /// Puts the layouts named into this order.
    LayoutOrder = "layout.order", [Operator | Investigator | Supervisor], layout_order(Vec<LayoutId>) -> Vec<LayoutId>;
    /// The shared tours and one's own.
    TourList = "tour.list", [Operator | Investigator | Supervisor], tour_list(()) -> Vec<Tour>;
    /// Saves a tour: a new one, a changed one, or a deleted one back.
    TourPut = "tour.put", [Operator | Investigator | Supervisor], tour_put(TourDraft) -> Tour;
    /// Takes a tour out of the list. `tour.put` brings it back.
    TourDelete = "tour.delete", [Operator | Investigator | Supervisor], tour_delete(TourDelete) -> ();
    /// Asks one window, or all, to come to the front or to close.
    WindowAsk = "window.ask", [Anyone], window_ask(WindowAsk) -> ();
    /// Ends the station in order, and recording with it.
    StationStop = "station.stop", [Supervisor | Administrator], station_stop(()) -> ();
    /// This connection is sent a camera's sound from now on, in place of any other's.
    AudioListen = "audio.listen", [Operator | Investigator | Supervisor], audio_listen(AudioListen) -> ();
    /// This connection is sent no sound any more.
    AudioStop = "audio.stop", [Operator | Investigator | Supervisor], audio_stop(()) -> ();

    /// Marks a moment on one or several cameras.
    BookmarkAdd = "bookmark.add", [Operator | Investigator | Supervisor], bookmark_add(BookmarkDraft) -> Bookmark;
    /// Titles, categorises and tags a bookmark of one's own.
    BookmarkUpdate = "bookmark.update", [Operator | Investigator | Supervisor], bookmark_update(BookmarkEdit) -> Bookmark;
    /// Bookmarks, newest first, filtered.
    BookmarkList = "bookmark.list", [Operator | Investigator | Supervisor], bookmark_list(BookmarkQuery) -> Vec<Bookmark>;
    /// Everything a bookmark ever said, newest first.
    BookmarkHistory = "bookmark.history", [Operator | Investigator | Supervisor], bookmark_history(BookmarkId) -> Vec<BookmarkVersion>;
    /// Takes a bookmark out of the lists, with a reason. It stays readable.
    BookmarkHide = "bookmark.hide", [Operator | Investigator | Supervisor], bookmark_hide(BookmarkHide) -> Bookmark;

    /// Protects footage from retention.
    HoldAdd = "hold.add", [Operator | Investigator | Supervisor], hold_add(HoldDraft) -> Hold;
    /// Lifts a hold, with a reason.
    HoldLift = "hold.lift", [Operator | Investigator | Supervisor], hold_lift(HoldLift) -> Hold;
    /// Holds, newest first.
    HoldList = "hold.list", [Operator | Investigator | Supervisor | Administrator], hold_list(HoldQuery) -> Vec<Hold>;

    /// Moves a window's playhead, plays, pauses, sets its speed.
    ReviewSet = "review.set", [Operator | Investigator | Supervisor], review_set(ReviewSet) -> ReviewState;
    /// Steps picture by picture.
    ReviewStep = "review.step", [Operator | Investigator | Supervisor], review_step(ReviewStep) -> ReviewState;
    /// The next bookmark, alarm, gap or recording, if there is one.
    ReviewJump = "review.jump", [Operator | Investigator | Supervisor], review_jump(Jump) -> Option<UtcMicros>;
    /// What is recorded, what is missing, what moves.
    ReviewTimeline = "review.timeline", [Operator | Investigator | Supervisor], review_timeline(TimelineQuery) -> Vec<TimelineLane>;
    /// Seconds of footage, day by day.
    ReviewCalendar = "review.calendar", [Operator | Investigator | Supervisor], review_calendar(CalendarQuery) -> Vec<f64>;
    /// A small recorded picture, if there is one.
    ReviewThumbnail = "review.thumbnail", [Operator | Investigator | Supervisor], review_thumbnail(ThumbnailQuery) -> Option<Thumbnail>;

    /// What a working copy would take.
    CopyEstimate = "copy.estimate", [Operator | Investigator | Supervisor], copy_estimate(CopyDraft) -> CopyPlan;
    /// Makes a working copy of a clip.
    CopyStart = "copy.start", [Operator | Investigator | Supervisor], copy_start(CopyDraft) -> Copy;
    /// Stops a copy and takes away what is not complete.
    CopyCancel = "copy.cancel", [Operator | Investigator | Supervisor], copy_cancel(CopyId) -> Copy;
    /// Copies since the start of the station, newest first.
    CopyList = "copy.list", [Operator | Investigator | Supervisor], copy_list(()) -> Vec<Copy>;

    /// Every camera's neighbours, of those that have any.
    NeighbourList = "neighbour.list", [Operator | Investigator | Supervisor | Administrator], neighbour_list(()) -> Vec<Neighbours>;
    /// Sets a camera's neighbours.
    NeighbourPut = "neighbour.put", [Investigator | Supervisor | Administrator], neighbour_put(Neighbours) -> Neighbours;

    /// The volumes that recordings are on.
    VolumeList = "volume.list", [Operator | Investigator | Supervisor | Administrator], volume_list(()) -> Vec<Volume>;
    /// What a folder is, before it is made a volume.
    VolumeInspect = "volume.inspect", [Administrator], volume_inspect(String) -> VolumeInspection;
    /// Adds a volume, or changes it if the id exists; a degraded one is tried again.
    VolumePut = "volume.put", [Administrator], volume_put(VolumeDraft) -> Volume;
    /// Forgets a volume that holds no recordings, or is missing for good; its files stay.
    VolumeRemove = "volume.remove", [Administrator], volume_remove(VolumeId) -> ();
    /// How many days fit, from what is measured.
    StoragePlan = "storage.plan", [Operator | Investigator | Supervisor | Administrator], storage_plan(()) -> StoragePlan;

    /// Alarms, newest first.
    AlarmList = "alarm.list", [Operator | Investigator | Supervisor | Administrator], alarm_list(AlarmQuery) -> Vec<Alarm>;
    /// Takes note of alarms, all or none.
    AlarmAcknowledge = "alarm.acknowledge", [Operator | Investigator | Supervisor], alarm_acknowledge(AlarmAcknowledge) -> Vec<Alarm>;

    /// The station's health now.
    HealthStation = "health.station", [Operator | Investigator | Supervisor | Administrator], health_station(()) -> StationHealth;
    /// Every camera's last day and week, and what it fails.
    HealthCameras = "health.cameras", [Operator | Investigator | Supervisor | Administrator], health_cameras(()) -> Vec<CameraHealth>;
    /// A camera's health in full.
    HealthCamera = "health.camera", [Operator | Investigator | Supervisor | Administrator], health_camera(CameraId) -> CameraReport;
    /// How the station or a camera was.
    HealthHistory = "health.history", [Operator | Investigator | Supervisor | Administrator], health_history(HistoryQuery) -> History;
    /// How all cameras were over a day.
    HealthDay = "health.day", [Operator | Investigator | Supervisor | Administrator], health_day(DayQuery) -> DaySheet;

    /// Takes a full-resolution picture of what a camera shows, or showed.
    StillTake = "still.take", [Operator | Investigator | Supervisor], still_take(StillDraft) -> Still;
    /// Stills, newest first.
    StillList = "still.list", [Operator | Investigator | Supervisor], still_list(Page) -> Vec<Still>;
    /// A still's file.
    StillPicture = "still.picture", [Operator | Investigator | Supervisor], still_picture(StillId) -> Picture;
    /// Writes a note tied to a camera and a time.
    NoteAdd = "note.add", [Operator | Investigator | Supervisor], note_add(NoteDraft) -> Note;
    /// What happened in this shift, newest first.
    FeedList = "feed.list", [Operator | Investigator | Supervisor], feed_list(Page) -> Vec<FeedItem>;

    /// Opens an incident; its footage is held.
    IncidentOpen = "incident.open", [Operator | Investigator | Supervisor], incident_open(IncidentDraft) -> IncidentFile;
    /// Incidents, filtered and in an order.
    IncidentList = "incident.list", [Operator | Investigator | Supervisor], incident_list(IncidentQuery) -> IncidentPage;
    /// An incident with everything that belongs to it.
    IncidentGet = "incident.get", [Operator | Investigator | Supervisor], incident_get(IncidentId) -> IncidentFile;
    /// Changes what its sheet says.
    IncidentUpdate = "incident.update", [Operator | Investigator | Supervisor], incident_update(IncidentEdit) -> IncidentFile;
    /// Moves it from one state to another.
    IncidentMove = "incident.move", [Operator | Investigator | Supervisor], incident_move(IncidentMove) -> IncidentFile;
    /// Makes a duplicate part of another incident.
    IncidentMerge = "incident.merge", [Investigator | Supervisor], incident_merge(IncidentMerge) -> IncidentFile;
    /// Adds to its chronology, or corrects a note there.
    IncidentNote = "incident.note", [Operator | Investigator | Supervisor], incident_note(IncidentNoteDraft) -> IncidentFile;
    /// Adds footage, bookmarks, stills, other incidents; or takes them away, with a reason.
    IncidentLink = "incident.link", [Operator | Investigator | Supervisor], incident_link(IncidentLink) -> IncidentFile;
    /// Writes a person or a vehicle down, changes it, or takes it away with a reason.
    IncidentSubject = "incident.subject", [Operator | Investigator | Supervisor], incident_subject(SubjectPut) -> IncidentFile;
    /// Writes down who was told and when they answered.
    IncidentNotice = "incident.notice", [Operator | Investigator | Supervisor], incident_notice(NoticePut) -> IncidentFile;
    /// What was written down about it: who saw, held, copied, changed what of it.
    IncidentAudit = "incident.audit", [Investigator | Supervisor], incident_audit(IncidentId) -> Vec<AuditEntry>;
    /// The incidents of a time, counted for the supervisor's report.
    IncidentStatistics = "incident.statistics", [Supervisor], incident_statistics(StatisticsQuery) -> Statistics;
    /// One's own saved filters of the list of incidents, by name.
    FilterList = "filter.list", [Operator | Investigator | Supervisor], filter_list(()) -> Vec<SavedFilter>;
    /// Saves a filter: a new one, or one's own changed.
    FilterPut = "filter.put", [Operator | Investigator | Supervisor], filter_put(SavedFilter) -> SavedFilter;
    /// Forgets one's own filter.
    FilterDelete = "filter.delete", [Operator | Investigator | Supervisor], filter_delete(FilterId) -> ();

    /// When shifts begin.
    ShiftPlanGet = "shift.plan", [SignedIn], shift_plan(()) -> ShiftPlan;
    /// Sets when shifts begin.
    ShiftPlanSet = "shift.plan_set", [Supervisor | Administrator], shift_plan_set(ShiftPlan) -> ShiftPlan;
    /// The present shift, if one has begun.
    ShiftNow = "shift.now", [SignedIn], shift_now(()) -> Option<Shift>;
    /// Shifts, newest first.
    ShiftList = "shift.list", [Operator | Investigator | Supervisor], shift_list(Page) -> Vec<Shift>;
    /// Begins a shift where none is.
    ShiftBegin = "shift.begin", [Operator | Supervisor], shift_begin(ShiftBegin) -> Shift;
    /// Compares the station's clock with a reference.
    ShiftClock = "shift.clock", [Operator | Supervisor], shift_clock(ClockCheckDraft) -> Shift;
    /// What would be handed over now.
    ShiftState = "shift.state", [Operator | Supervisor], shift_state(()) -> HandoverState;
    /// Hands the shift over; both persons sign by their passwords.
    ShiftHandover = "shift.handover", [Operator | Supervisor], shift_handover(HandoverDraft) -> AtDesk;
    /// The tasks that are not done, the oldest first.
    TaskList = "task.list", [Operator | Investigator | Supervisor], task_list(()) -> Vec<Task>;
    /// Writes a task down.
    TaskPut = "task.put", [Operator | Investigator | Supervisor], task_put(Task) -> Task;
    /// A task is done.
    TaskDone = "task.done", [Operator | Investigator | Supervisor], task_done(TaskId) -> Task;

    /// The one search: cameras, incidents, notes, bookmarks, plates, people, shifts.
    SearchFind = "search.find", [Operator | Investigator | Supervisor], search_find(SearchQuery) -> Vec<Found>;
    /// The audit, newest first.
    AuditList = "audit.list", [Supervisor | Administrator], audit_list(AuditQuery) -> Vec<AuditEntry>;
    /// Goes through the whole audit.
    AuditCheck = "audit.check", [Supervisor | Administrator], audit_check(()) -> AuditState;
    /// Signs a checkpoint now.
    AuditCheckpoint = "audit.checkpoint", [Supervisor | Administrator], audit_checkpoint(()) -> AuditCheckpoint;
}

/// These leave hidden cameras out by themselves, as they do cameras that are gone: a wall is shown without them.
const DROPS_HIDDEN: [&str; 3] = ["wall.show", "wall.remember", "wall.report"];

fn permit(caller: &Caller, access: &[Access], name: &str) -> Result<(), Problem> {
    if caller.has(access) {
        return Ok(());
    }
    let (code, key) = match caller.desk {
        DeskState::Open => (Code::Forbidden, "problem_forbidden"),
        DeskState::Locked => (Code::Unauthenticated, "problem_locked"),
        DeskState::SignedOut => (Code::Unauthenticated, "problem_signed_out"),
    };
    Err(Problem::new(code, key).with("command", name))
}

fn read_args<T: DeserializeOwned>(name: &str, args: serde_json::Value) -> Result<T, Problem> {
    // `{}` is as good as nothing for a command without arguments.
    let args =
        if args.as_object().is_some_and(serde_json::Map::is_empty) { serde_json::Value::Null } else { args };
    serde_json::from_value(args).map_err(|error| {
        Problem::new(Code::Invalid, "problem_arguments")
            .with("command", name)
            .detail(crate::wire::harmless(&error))
    })
}

fn write_reply<T: Serialize>(name: &str, reply: &T) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(reply)
        .map_err(|error| Problem::new(Code::Internal, "problem_internal").with("command", name).detail(error))
}

/// The command list as a table: who may call what. docs/reference/permissions.md is this text, and a test compares it.
#[must_use]
pub fn permission_table() -> String {
    const COLUMNS: [(&str, Access); 7] = [
        ("signed out", Access::Anyone),
        ("locked", Access::Watcher),
        ("signed in", Access::SignedIn),
        ("operator", Access::Operator),
        ("investigator", Access::Investigator),
        ("supervisor", Access::Supervisor),
        ("administrator", Access::Administrator),
    ];
    let mut out = String::from(
        "# Who may call what\n\n\
         Made from the command list (`crates/link/src/commands.rs`); `cargo run -p easien-link --example bindings` writes it.\n\n\
         - *signed out*: nobody is signed in at the window program. *locked*: somebody is, and away. The other columns are\n  \
         people signed in at an open desk; a person with several roles may do what any of them may.\n\
         - While nobody was ever added to the room there is no signing in, and everybody may call everything.\n\
         - People limited to units or cameras may call the same, but only about those cameras: others are as if they were not\n  \
         there, in arguments, replies, events, pictures and sound.\n\
         - Beyond the role: a bookmark is edited by its author and hidden by its author or a supervisor; a hold is lifted by\n  \
         who placed it or a supervisor; which moves of an incident are possible depends on role and state.\n\n",
    );
    let heads = COLUMNS.iter().map(|(head, _)| *head).collect::<Vec<_>>().join(" | ");
    let lines = "---|".repeat(COLUMNS.len() + 3);
    out.push_str(&format!("| command | {heads} | arguments | reply | what |\n|---|{lines}\n"));
    for command in COMMANDS {
        out.push_str(&format!("| `{}` |", command.name));
        for (_, column) in COLUMNS {
            let may = command.access.iter().any(|access| {
                *access == column
                    || *access == Access::Anyone
                    || (*access == Access::Watcher && column != Access::Anyone)
                    || (*access == Access::SignedIn && !matches!(column, Access::Anyone | Access::Watcher))
            });
            out.push_str(if may { " x |" } else { "  |" });
        }
        let kind = |name: &str| if name == "()" { String::new() } else { format!("`{name}`") };
        let (args, reply) = (kind(command.args), kind(command.reply));
        out.push_str(&format!(" {args} | {reply} | {} |\n", command.doc.trim()));
    }
    out
}
