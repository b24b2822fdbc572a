//! The command list. One line a command: its name, the role it needs, the things that its arguments name, its arguments
//! and its reply. A command without a role or without its things (`of []`: none) does not compile; one without a handler
//! in the station does not compile either; one that names other things than its arguments hold fails a test.

pub use crate::access::{Access, Caller, DeskState, ObjectKind, Role, Whose};
use crate::data::*;
use easien_model::{
    AttachmentId, BackupId, BookmarkId, CameraId, Code, CopyId, FilterId, IncidentId, LayoutId, Problem,
    StillId, TaskId, UtcMicros, VolumeId,
};
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;
use ts_rs::TS;

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
    /// The things that its arguments name.
    pub objects: &'static [(ObjectKind, Whose)],
    /// Its arguments' type.
    pub args: &'static str,
    /// Its reply's type.
    pub reply: &'static str,
    /// What it does.
    pub doc: &'static str,
}

macro_rules! commands {
    ($( #[doc = $doc:literal] $type:ident = $name:literal, [$($access:ident)|+] of [$($kind:ident $whose:ident),*], $method:ident($args:ty) -> $reply:ty; )*) => {
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
            $(CommandInfo {
                name: $name,
                access: &[$(Access::$access),+],
                objects: &[$((ObjectKind::$kind, Whose::$whose)),*],
                args: stringify!($args),
                reply: stringify!($reply),
                doc: $doc,
            }),*
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

        /// Shows every command's arguments to a visitor of its own.
        #[cfg(test)]
        pub(crate) fn visit_args<V: ts_rs::TypeVisitor>(mut visitor: impl FnMut(&'static str) -> V, mut seen: impl FnMut(&'static str, V)) {
            $(
                let mut own = visitor($name);
                own.visit::<$args>();
                seen($name, own);
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
    RoomGet = "room.get", [Anyone] of [], room_get(()) -> Room;
    /// Changes the room's settings.
    RoomSet = "room.set", [Operator | Administrator] of [], room_set(RoomSettings) -> Room;
    /// Starts simulated cameras on this machine and adds them to the room.
    RoomSimulate = "room.simulate", [Administrator] of [], room_simulate(Simulate) -> Vec<Camera>;

    /// Who sits at this desk, and whether signing in is needed.
    PeopleAtDesk = "people.at_desk", [Anyone] of [], people_at_desk(()) -> AtDesk;
    /// Makes the first person, an administrator, and signs them in; only while there is nobody.
    PeopleFirst = "people.first", [Anyone] of [Person New, Window Kept], people_first(FirstPerson) -> AtDesk;
    /// Signs in, in place of whoever was at this desk.
    PeopleSignIn = "people.sign_in", [Anyone] of [Window Kept], people_sign_in(SignIn) -> AtDesk;
    /// Comes back to a sign-in that a crash or a lost connection interrupted.
    PeopleSignInAgain = "people.sign_in_again", [Anyone] of [Window Kept], people_sign_in_again(SignInAgain) -> AtDesk;
    /// Signs out.
    PeopleSignOut = "people.sign_out", [Watcher] of [], people_sign_out(()) -> AtDesk;
    /// Locks the desk: the wall stays, records are hidden.
    PeopleLock = "people.lock", [SignedIn] of [], people_lock(()) -> AtDesk;
    /// A hand moved at one of the window program's windows; told every few seconds at most.
    PeopleHand = "people.hand", [SignedIn] of [], people_hand(()) -> ();
    /// No hand moved at this window for so long that it locks: locks the desk, unless one moved at another of its windows.
    PeopleIdle = "people.idle", [SignedIn] of [], people_idle(()) -> AtDesk;
    /// Unlocks it with the password of whoever is signed in.
    PeopleUnlock = "people.unlock", [Watcher] of [], people_unlock(PasswordProof) -> AtDesk;
    /// Changes one's own password.
    PeoplePassword = "people.password", [Watcher] of [], people_password(PasswordChange) -> AtDesk;
    /// Everybody, by name.
    PeopleList = "people.list", [Supervisor | Administrator] of [], people_list(()) -> Vec<Person>;
    /// Adds a person or changes one. The last administrator stays one.
    PeoplePut = "people.put", [Administrator] of [Person Kept, Unit Anyones, Camera Anyones], people_put(PersonDraft) -> Person;
    /// Makes a new code for the sealed envelope.
    PeopleSeal = "people.seal", [Administrator] of [], people_seal(()) -> SealedCode;
    /// Opens the sealed envelope.
    PeopleBreakGlass = "people.break_glass", [Anyone] of [Window Kept], people_break_glass(BreakGlass) -> AtDesk;

    /// All units, in their order.
    UnitList = "unit.list", [Watcher] of [], unit_list(()) -> Vec<Unit>;
    /// Adds a unit, or renames it if the id exists.
    UnitPut = "unit.put", [Administrator] of [Unit Kept], unit_put(Unit) -> Unit;
    /// All incident categories, in their order.
    CategoryList = "category.list", [Watcher] of [], category_list(()) -> Vec<Category>;

    /// All cameras with the state of their sessions.
    CameraList = "camera.list", [Watcher] of [], camera_list(()) -> Vec<Camera>;
    /// Adds a camera. The same id with the same content again is the same camera.
    CameraAdd = "camera.add", [Administrator] of [Camera New, Unit Anyones], camera_add(CameraDraft) -> Camera;
    /// Changes a camera; an absent password stays as it is.
    CameraUpdate = "camera.update", [Administrator] of [Camera Anyones, Unit Anyones], camera_update(CameraDraft) -> Camera;
    /// Takes a camera out of the room. Its bookmarks, notes and stills stay.
    CameraDelete = "camera.delete", [Administrator] of [Camera Anyones], camera_delete(CameraId) -> ();
    /// Connects once and says what comes, with a picture, or the plain reason why not.
    CameraTest = "camera.test", [Administrator] of [Camera New, Unit Filter], camera_test(CameraDraft) -> CameraTest;
    /// A camera's sessions with their figures.
    CameraHealth = "camera.health", [Operator | Investigator | Supervisor | Administrator] of [Camera Anyones], camera_health(CameraId) -> Vec<Session>;
    /// How much moves before each live camera, for the overview; asked every few seconds while somebody looks.
    CameraActivity = "camera.activity", [Watcher] of [], camera_activity(()) -> Vec<CameraActivity>;

    /// Says what a window shows now; replaces what it showed before.
    WallShow = "wall.show", [Watcher] of [Window Kept, Camera LeftOut], wall_show(WallShow) -> WallShown;
    /// What a window painted, every 2 s, for the bottom strip and the benchmarks.
    WallReport = "wall.report", [Watcher] of [Window Kept], wall_report(WallReport) -> ();
    /// Opens the loopback WebSocket for the page presenter, if it is not open, and says where it is.
    PageOpen = "page.open", [Watcher] of [], page_open(()) -> PageDoor;
    /// A window's remembered wall, if any.
    WallRecall = "wall.recall", [Watcher] of [Window Filter], wall_recall(WindowName) -> Option<WallMemory>;
    /// Remembers a window's wall for the next start.
    WallRemember = "wall.remember", [Watcher] of [Window Kept, Camera LeftOut], wall_remember(WallMemory) -> ();

    /// The shared layouts and one's own, in their order.
    LayoutList = "layout.list", [Operator | Investigator | Supervisor] of [], layout_list(()) -> Vec<Layout>;
    /// Saves a layout: a new one, a changed one, or a deleted one back.
    LayoutPut = "layout.put", [Operator | Investigator | Supervisor] of [Layout SharedKept, Camera Anyones], layout_put(LayoutDraft) -> Layout;
    /// Takes a layout out of the list. `layout.put` brings it back.
    LayoutDelete = "layout.delete", [Operator | Investigator | Supervisor] of [Layout Shared], layout_delete(LayoutDelete) -> ();
    /// Puts the layouts named into this order.
    LayoutOrder = "layout.order", [Operator | Investigator | Supervisor] of [Layout LeftOut], layout_order(Vec<LayoutId>) -> Vec<LayoutId>;
    /// The shared tours and one's own.
    TourList = "tour.list", [Operator | Investigator | Supervisor] of [], tour_list(()) -> Vec<Tour>;
    /// Saves a tour: a new one, a changed one, or a deleted one back.
    TourPut = "tour.put", [Operator | Investigator | Supervisor] of [Tour SharedKept, Layout Anyones], tour_put(TourDraft) -> Tour;
    /// Takes a tour out of the list. `tour.put` brings it back.
    TourDelete = "tour.delete", [Operator | Investigator | Supervisor] of [Tour Shared], tour_delete(TourDelete) -> ();
    /// Asks one window, or all, to come to the front or to close.
    WindowAsk = "window.ask", [Anyone] of [Window Filter], window_ask(WindowAsk) -> ();
    /// Ends the station in order, and recording with it.
    StationStop = "station.stop", [Supervisor | Administrator] of [], station_stop(()) -> ();
    /// This connection is sent a camera's sound from now on, in place of any other's.
    AudioListen = "audio.listen", [Operator | Investigator | Supervisor] of [Camera Anyones], audio_listen(AudioListen) -> ();
    /// This connection is sent no sound any more.
    AudioStop = "audio.stop", [Operator | Investigator | Supervisor] of [], audio_stop(()) -> ();

    /// Marks a moment on one or several cameras.
    BookmarkAdd = "bookmark.add", [Operator | Investigator | Supervisor] of [Bookmark New, Camera Anyones], bookmark_add(BookmarkDraft) -> Bookmark;
    /// Titles, categorises and tags a bookmark of one's own.
    BookmarkUpdate = "bookmark.update", [Operator | Investigator | Supervisor] of [Bookmark Own], bookmark_update(BookmarkEdit) -> Bookmark;
    /// Bookmarks, newest first, filtered.
    BookmarkList = "bookmark.list", [Operator | Investigator | Supervisor] of [Camera Filter, Unit Filter], bookmark_list(BookmarkQuery) -> Vec<Bookmark>;
    /// Everything a bookmark ever said, newest first.
    BookmarkHistory = "bookmark.history", [Operator | Investigator | Supervisor] of [Bookmark Anyones], bookmark_history(BookmarkId) -> Vec<BookmarkVersion>;
    /// Takes a bookmark out of the lists, with a reason. It stays readable.
    BookmarkHide = "bookmark.hide", [Operator | Investigator | Supervisor] of [Bookmark OwnOrSupervisors], bookmark_hide(BookmarkHide) -> Bookmark;

    /// Protects footage from retention.
    HoldAdd = "hold.add", [Operator | Investigator | Supervisor] of [Hold New, Camera Anyones, Bookmark Anyones], hold_add(HoldDraft) -> Hold;
    /// Lifts a hold, with a reason.
    HoldLift = "hold.lift", [Operator | Investigator | Supervisor] of [Hold OwnOrSupervisors], hold_lift(HoldLift) -> Hold;
    /// Holds, newest first.
    HoldList = "hold.list", [Operator | Investigator | Supervisor | Administrator] of [Camera Filter], hold_list(HoldQuery) -> Vec<Hold>;

    /// Moves a window's playhead, plays, pauses, sets its speed.
    ReviewSet = "review.set", [Operator | Investigator | Supervisor] of [Window Own], review_set(ReviewSet) -> ReviewState;
    /// Steps picture by picture.
    ReviewStep = "review.step", [Operator | Investigator | Supervisor] of [Window Own], review_step(ReviewStep) -> ReviewState;
    /// The next bookmark, alarm, gap or recording, if there is one.
    ReviewJump = "review.jump", [Operator | Investigator | Supervisor] of [Camera Filter], review_jump(Jump) -> Option<UtcMicros>;
    /// What is recorded, what is missing, what moves.
    ReviewTimeline = "review.timeline", [Operator | Investigator | Supervisor] of [Camera Filter], review_timeline(TimelineQuery) -> Vec<TimelineLane>;
    /// Seconds of footage, day by day.
    ReviewCalendar = "review.calendar", [Operator | Investigator | Supervisor] of [Camera Filter], review_calendar(CalendarQuery) -> Vec<f64>;
    /// A small recorded picture, if there is one.
    ReviewThumbnail = "review.thumbnail", [Operator | Investigator | Supervisor] of [Camera Anyones], review_thumbnail(ThumbnailQuery) -> Option<Thumbnail>;

    /// What a working copy would take.
    CopyEstimate = "copy.estimate", [Operator | Investigator | Supervisor] of [Copy New, Camera Anyones], copy_estimate(CopyDraft) -> CopyPlan;
    /// Makes a working copy of a clip.
    CopyStart = "copy.start", [Operator | Investigator | Supervisor] of [Copy New, Camera Anyones], copy_start(CopyDraft) -> Copy;
    /// Stops a copy and takes away what is not complete.
    CopyCancel = "copy.cancel", [Operator | Investigator | Supervisor] of [Copy Anyones], copy_cancel(CopyId) -> Copy;
    /// Copies since the start of the station, newest first.
    CopyList = "copy.list", [Operator | Investigator | Supervisor] of [], copy_list(()) -> Vec<Copy>;

    /// Every camera's neighbours, of those that have any.
    NeighbourList = "neighbour.list", [Operator | Investigator | Supervisor | Administrator] of [], neighbour_list(()) -> Vec<Neighbours>;
    /// Sets a camera's neighbours.
    NeighbourPut = "neighbour.put", [Investigator | Supervisor | Administrator] of [Camera Anyones], neighbour_put(Neighbours) -> Neighbours;

    /// The volumes that recordings are on.
    VolumeList = "volume.list", [Operator | Investigator | Supervisor | Administrator] of [], volume_list(()) -> Vec<Volume>;
    /// What a folder is, before it is made a volume.
    VolumeInspect = "volume.inspect", [Administrator] of [], volume_inspect(String) -> VolumeInspection;
    /// Adds a volume, or changes it if the id exists; a degraded one is tried again.
    VolumePut = "volume.put", [Administrator] of [Volume Kept], volume_put(VolumeDraft) -> Volume;
    /// Forgets a volume that holds no recordings, or is missing for good; its files stay.
    VolumeRemove = "volume.remove", [Administrator] of [Volume Anyones], volume_remove(VolumeId) -> ();
    /// How many days fit, from what is measured.
    StoragePlan = "storage.plan", [Operator | Investigator | Supervisor | Administrator] of [], storage_plan(()) -> StoragePlan;

    /// The plan of backups, and how the last ones went.
    BackupGet = "backup.get", [Supervisor | Administrator] of [], backup_get(()) -> BackupState;
    /// Sets when the station makes backups by itself, where to, with which passphrase.
    BackupSet = "backup.set", [Administrator] of [], backup_set(BackupPlanDraft) -> BackupState;
    /// Makes a backup now, and rehearses its restoring.
    BackupMake = "backup.start", [Administrator] of [Backup New], backup_start(BackupStart) -> Backup;
    /// Stops a backup and takes away what is not complete.
    BackupCancel = "backup.cancel", [Administrator] of [Backup Anyones], backup_cancel(BackupId) -> Backup;

    /// Alarms, newest first.
    AlarmList = "alarm.list", [Operator | Investigator | Supervisor | Administrator] of [Camera Filter], alarm_list(AlarmQuery) -> Vec<Alarm>;
    /// Takes note of alarms, all or none.
    AlarmAcknowledge = "alarm.acknowledge", [Operator | Investigator | Supervisor] of [Alarm Anyones], alarm_acknowledge(AlarmAcknowledge) -> Vec<Alarm>;

    /// The station's health now.
    HealthStation = "health.station", [Operator | Investigator | Supervisor | Administrator] of [], health_station(()) -> StationHealth;
    /// Every camera's last day and week, and what it fails.
    HealthCameras = "health.cameras", [Operator | Investigator | Supervisor | Administrator] of [], health_cameras(()) -> Vec<CameraHealth>;
    /// A camera's health in full.
    HealthCamera = "health.camera", [Operator | Investigator | Supervisor | Administrator] of [Camera Anyones], health_camera(CameraId) -> CameraReport;
    /// How the station or a camera was.
    HealthHistory = "health.history", [Operator | Investigator | Supervisor | Administrator] of [Camera Anyones], health_history(HistoryQuery) -> History;
    /// How all cameras were over a day.
    HealthDay = "health.day", [Operator | Investigator | Supervisor | Administrator] of [], health_day(DayQuery) -> DaySheet;

    /// Takes a full-resolution picture of what a camera shows, or showed.
    StillTake = "still.take", [Operator | Investigator | Supervisor] of [Still New, Camera Anyones], still_take(StillDraft) -> Still;
    /// Stills, newest first.
    StillList = "still.list", [Operator | Investigator | Supervisor] of [], still_list(Page) -> Vec<Still>;
    /// A still's file.
    StillPicture = "still.picture", [Operator | Investigator | Supervisor] of [Still Anyones], still_picture(StillId) -> Picture;
    /// Writes a note tied to a camera and a time.
    NoteAdd = "note.add", [Operator | Investigator | Supervisor] of [Note New, Camera Anyones], note_add(NoteDraft) -> Note;
    /// What happened in this shift, newest first.
    FeedList = "feed.list", [Operator | Investigator | Supervisor] of [], feed_list(Page) -> Vec<FeedItem>;

    /// Opens an incident; its footage is held.
    IncidentOpen = "incident.open", [Operator | Investigator | Supervisor] of [Incident New, Unit Anyones, Camera Anyones, Bookmark Anyones, Still Anyones], incident_open(IncidentDraft) -> IncidentFile;
    /// Incidents, filtered and in an order.
    IncidentList = "incident.list", [Operator | Investigator | Supervisor] of [Incident Anyones, Unit Filter, Camera Filter], incident_list(IncidentQuery) -> IncidentPage;
    /// An incident with everything that belongs to it.
    IncidentGet = "incident.get", [Operator | Investigator | Supervisor] of [Incident Anyones], incident_get(IncidentId) -> IncidentFile;
    /// Changes what its sheet says.
    IncidentUpdate = "incident.update", [Operator | Investigator | Supervisor] of [Incident Anyones, Unit Anyones], incident_update(IncidentEdit) -> IncidentFile;
    /// Moves it from one state to another.
    IncidentMove = "incident.move", [Operator | Investigator | Supervisor] of [Incident Anyones], incident_move(IncidentMove) -> IncidentFile;
    /// Makes a duplicate part of another incident.
    IncidentMerge = "incident.merge", [Investigator | Supervisor] of [Incident Anyones], incident_merge(IncidentMerge) -> IncidentFile;
    /// Adds to its chronology, or corrects a note there.
    IncidentNote = "incident.note", [Operator | Investigator | Supervisor] of [Incident Anyones, Note New], incident_note(IncidentNoteDraft) -> IncidentFile;
    /// Adds footage, bookmarks, stills, other incidents; or takes them away, with a reason.
    IncidentLink = "incident.link", [Operator | Investigator | Supervisor] of [Incident Anyones, Camera Anyones, Bookmark Anyones, Still Anyones], incident_link(IncidentLink) -> IncidentFile;
    /// Writes a person or a vehicle down, changes it, or takes it away with a reason.
    IncidentSubject = "incident.subject", [Operator | Investigator | Supervisor] of [Incident Anyones, Subject Kept], incident_subject(SubjectPut) -> IncidentFile;
    /// Writes down who was told and when they answered.
    IncidentNotice = "incident.notice", [Operator | Investigator | Supervisor] of [Incident Anyones, Notice Kept], incident_notice(NoticePut) -> IncidentFile;
    /// Adds a file to it.
    IncidentAttach = "incident.attach", [Operator | Investigator | Supervisor] of [Incident Anyones, Attachment New], incident_attach(AttachmentWish) -> IncidentFile;
    /// Stops the reading of a file; nothing of it stays.
    IncidentAttachStop = "incident.attach_stop", [Operator | Investigator | Supervisor] of [Attachment LeftOut], incident_attach_stop(AttachmentId) -> ();
    /// Strikes an attachment through, with a reason. It stays.
    IncidentStrike = "incident.strike", [Operator | Investigator | Supervisor] of [Incident Anyones, Attachment OwnOrSupervisors], incident_strike(AttachmentStrike) -> IncidentFile;
    /// Saves a copy of an attachment into a folder.
    IncidentSaveAttachment = "incident.save_attachment", [Operator | Investigator | Supervisor] of [Incident Anyones, Attachment Anyones], incident_save_attachment(AttachmentSave) -> AttachmentSaved;
    /// What was written down about it: who saw, held, copied, changed what of it.
    IncidentAudit = "incident.audit", [Investigator | Supervisor] of [Incident Anyones], incident_audit(IncidentId) -> Vec<AuditEntry>;
    /// The incidents of a time, counted for the supervisor's report.
    IncidentStatistics = "incident.statistics", [Supervisor] of [], incident_statistics(StatisticsQuery) -> Statistics;
    /// One's own saved filters of the list of incidents, by name.
    FilterList = "filter.list", [Operator | Investigator | Supervisor] of [], filter_list(()) -> Vec<SavedFilter>;
    /// Saves a filter: a new one, or one's own changed.
    FilterPut = "filter.put", [Operator | Investigator | Supervisor] of [Filter SharedKept], filter_put(SavedFilter) -> SavedFilter;
    /// Forgets one's own filter.
    FilterDelete = "filter.delete", [Operator | Investigator | Supervisor] of [Filter SharedKept], filter_delete(FilterId) -> ();

    /// When shifts begin.
    ShiftPlanGet = "shift.plan", [SignedIn] of [], shift_plan(()) -> ShiftPlan;
    /// Sets when shifts begin.
    ShiftPlanSet = "shift.plan_set", [Supervisor | Administrator] of [], shift_plan_set(ShiftPlan) -> ShiftPlan;
    /// The present shift, if one has begun.
    ShiftNow = "shift.now", [SignedIn] of [], shift_now(()) -> Option<Shift>;
    /// Shifts, newest first.
    ShiftList = "shift.list", [Operator | Investigator | Supervisor] of [], shift_list(Page) -> Vec<Shift>;
    /// Begins a shift where none is.
    ShiftBegin = "shift.begin", [Operator | Supervisor] of [Shift New], shift_begin(ShiftBegin) -> Shift;
    /// Compares the station's clock with a reference.
    ShiftClock = "shift.clock", [Operator | Supervisor] of [], shift_clock(ClockCheckDraft) -> Shift;
    /// What would be handed over now.
    ShiftState = "shift.state", [Operator | Supervisor] of [], shift_state(()) -> HandoverState;
    /// Hands the shift over; both persons sign by their passwords.
    ShiftHandover = "shift.handover", [Operator | Supervisor] of [Shift Anyones], shift_handover(HandoverDraft) -> AtDesk;
    /// The tasks that are not done, the oldest first.
    TaskList = "task.list", [Operator | Investigator | Supervisor] of [], task_list(()) -> Vec<Task>;
    /// Writes a task down.
    TaskPut = "task.put", [Operator | Investigator | Supervisor] of [Task New, Incident Anyones], task_put(Task) -> Task;
    /// A task is done.
    TaskDone = "task.done", [Operator | Investigator | Supervisor] of [Task Anyones], task_done(TaskId) -> Task;

    /// The one search: cameras, incidents, notes, bookmarks, plates, people, shifts.
    SearchFind = "search.find", [Operator | Investigator | Supervisor] of [], search_find(SearchQuery) -> Vec<Found>;
    /// The audit, newest first.
    AuditList = "audit.list", [Supervisor | Administrator] of [], audit_list(AuditQuery) -> Vec<AuditEntry>;
    /// Goes through the whole audit.
    AuditCheck = "audit.check", [Supervisor | Administrator] of [], audit_check(()) -> AuditState;
    /// Signs a checkpoint now.
    AuditCheckpoint = "audit.checkpoint", [Supervisor | Administrator] of [], audit_checkpoint(()) -> AuditCheckpoint;
    /// The folders that checkpoints are copied to, and how they are.
    AuditFolders = "audit.folders", [Supervisor | Administrator] of [], audit_folders(()) -> Vec<CheckpointFolder>;
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
