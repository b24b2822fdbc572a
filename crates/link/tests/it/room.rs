//! A room that answers a few commands, for tests of the wire.

use easien_link::commands::{DeskState, Role};
use easien_link::data::*;
use easien_link::{Caller, Event, Handlers, Heard, Reception, Sight};
use easien_model::{
    AttachmentId, BackupId, BookmarkId, CameraId, Code, CopyId, FilterId, IncidentId, LayoutId, Problem,
    StillId, TaskId, UtcMicros, VolumeId,
};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

pub struct Room {
    pub roles: Vec<Role>,
    pub gone: Mutex<BTreeSet<u64>>,
}

impl Room {
    pub fn new(roles: &[Role]) -> Self {
        Self { roles: roles.to_vec(), gone: Mutex::default() }
    }
}

impl Reception for Room {
    fn caller(&self, connection: u64) -> Result<Caller, Problem> {
        Ok(Caller {
            person: None,
            name: "Trực ban 01".into(),
            roles: self.roles.clone(),
            desk: DeskState::Open,
            sight: Sight::default(),
            connection,
        })
    }

    fn hears(&self, _: u64, _: &Event) -> Option<Heard> {
        Some(Heard::whole(Sight::default()))
    }

    fn gone(&self, connection: u64) {
        self.gone.lock().unwrap().insert(connection);
    }
}

macro_rules! refuse {
    ($($method:ident($args:ty) -> $reply:ty;)*) => {
        $(async fn $method(&self, _: &Caller, _: $args) -> Result<$reply, Problem> {
            Err(Problem::new(Code::Unsupported, "problem_not_found"))
        })*
    };
}

impl Handlers for Room {
    /// Echoes; the text `slow` takes a while, `never` never answers, `panic` panics.
    async fn note_add(&self, caller: &Caller, draft: NoteDraft) -> Result<Note, Problem> {
        match draft.text.as_str() {
            "slow" => tokio::time::sleep(Duration::from_millis(300)).await,
            "panic" => panic!("as asked"),
            "never" => std::future::pending().await,
            "" => return Err(Problem::new(Code::Invalid, "problem_note_text").field("text")),
            _ => {}
        }
        Ok(Note {
            id: draft.id,
            text: draft.text,
            camera: draft.camera,
            at: draft.at,
            category: draft.category,
            author: caller.name.clone(),
            created: draft.at,
        })
    }

    async fn wall_recall(&self, _: &Caller, _: WindowName) -> Result<Option<WallMemory>, Problem> {
        Ok(None)
    }

    refuse! {
        window_ask(WindowAsk) -> ();
        station_stop(()) -> ();
        audio_listen(AudioListen) -> ();
        audio_stop(()) -> ();
        room_get(()) -> easien_link::data::Room;
        room_set(RoomSettings) -> easien_link::data::Room;
        room_simulate(Simulate) -> Vec<Camera>;
        unit_list(()) -> Vec<Unit>;
        unit_put(Unit) -> Unit;
        category_list(()) -> Vec<Category>;
        camera_list(()) -> Vec<Camera>;
        camera_add(CameraDraft) -> Camera;
        camera_update(CameraDraft) -> Camera;
        camera_delete(CameraId) -> ();
        camera_test(CameraDraft) -> CameraTest;
        camera_health(CameraId) -> Vec<Session>;
        camera_activity(()) -> Vec<CameraActivity>;
        wall_show(WallShow) -> WallShown;
        wall_report(WallReport) -> ();
        page_open(()) -> PageDoor;
        wall_remember(WallMemory) -> ();
        layout_list(()) -> Vec<Layout>;
        layout_put(LayoutDraft) -> Layout;
        layout_delete(LayoutDelete) -> ();
        layout_order(Vec<LayoutId>) -> Vec<LayoutId>;
        tour_list(()) -> Vec<Tour>;
        tour_put(TourDraft) -> Tour;
        tour_delete(TourDelete) -> ();
        bookmark_add(BookmarkDraft) -> Bookmark;
        bookmark_update(BookmarkEdit) -> Bookmark;
        still_take(StillDraft) -> Still;
        still_list(Page) -> Vec<Still>;
        still_picture(StillId) -> Picture;
        feed_list(Page) -> Vec<FeedItem>;
        bookmark_list(BookmarkQuery) -> Vec<Bookmark>;
        bookmark_history(BookmarkId) -> Vec<BookmarkVersion>;
        bookmark_hide(BookmarkHide) -> Bookmark;
        hold_add(HoldDraft) -> Hold;
        hold_lift(HoldLift) -> Hold;
        hold_list(HoldQuery) -> Vec<Hold>;
        review_set(ReviewSet) -> ReviewState;
        review_step(ReviewStep) -> ReviewState;
        review_jump(Jump) -> Option<UtcMicros>;
        review_timeline(TimelineQuery) -> Vec<TimelineLane>;
        review_calendar(CalendarQuery) -> Vec<f64>;
        review_thumbnail(ThumbnailQuery) -> Option<Thumbnail>;
        copy_estimate(CopyDraft) -> CopyPlan;
        copy_start(CopyDraft) -> Copy;
        copy_cancel(CopyId) -> Copy;
        copy_list(()) -> Vec<Copy>;
        neighbour_list(()) -> Vec<Neighbours>;
        neighbour_put(Neighbours) -> Neighbours;
        backup_get(()) -> BackupState;
        backup_set(BackupPlanDraft) -> BackupState;
        backup_start(BackupStart) -> Backup;
        backup_cancel(BackupId) -> Backup;
        volume_list(()) -> Vec<Volume>;
        volume_inspect(String) -> VolumeInspection;
        volume_put(VolumeDraft) -> Volume;
        volume_remove(VolumeId) -> ();
        storage_plan(()) -> StoragePlan;
        alarm_list(AlarmQuery) -> Vec<Alarm>;
        alarm_acknowledge(AlarmAcknowledge) -> Vec<Alarm>;
        health_station(()) -> StationHealth;
        health_cameras(()) -> Vec<CameraHealth>;
        health_camera(CameraId) -> CameraReport;
        health_history(HistoryQuery) -> History;
        people_at_desk(()) -> AtDesk;
        people_first(FirstPerson) -> AtDesk;
        people_sign_in(SignIn) -> AtDesk;
        people_sign_in_again(SignInAgain) -> AtDesk;
        people_sign_out(()) -> AtDesk;
        people_lock(()) -> AtDesk;
        people_hand(()) -> ();
        people_idle(()) -> AtDesk;
        people_unlock(PasswordProof) -> AtDesk;
        people_password(PasswordChange) -> AtDesk;
        people_list(()) -> Vec<Person>;
        people_put(PersonDraft) -> Person;
        people_seal(()) -> SealedCode;
        people_break_glass(BreakGlass) -> AtDesk;
        incident_open(IncidentDraft) -> IncidentFile;
        incident_list(IncidentQuery) -> IncidentPage;
        incident_get(IncidentId) -> IncidentFile;
        incident_update(IncidentEdit) -> IncidentFile;
        incident_move(IncidentMove) -> IncidentFile;
        incident_merge(IncidentMerge) -> IncidentFile;
        incident_note(IncidentNoteDraft) -> IncidentFile;
        incident_link(IncidentLink) -> IncidentFile;
        incident_subject(SubjectPut) -> IncidentFile;
        incident_notice(NoticePut) -> IncidentFile;
        incident_statistics(StatisticsQuery) -> Statistics;
        filter_list(()) -> Vec<SavedFilter>;
        filter_put(SavedFilter) -> SavedFilter;
        filter_delete(FilterId) -> ();
        health_day(DayQuery) -> DaySheet;
        incident_attach(AttachmentWish) -> IncidentFile;
        incident_attach_stop(AttachmentId) -> ();
        incident_strike(AttachmentStrike) -> IncidentFile;
        incident_save_attachment(AttachmentSave) -> AttachmentSaved;
        incident_audit(IncidentId) -> Vec<AuditEntry>;
        shift_plan(()) -> ShiftPlan;
        shift_plan_set(ShiftPlan) -> ShiftPlan;
        shift_now(()) -> Option<Shift>;
        shift_list(Page) -> Vec<Shift>;
        shift_begin(ShiftBegin) -> Shift;
        shift_clock(ClockCheckDraft) -> Shift;
        shift_state(()) -> HandoverState;
        shift_handover(HandoverDraft) -> AtDesk;
        task_list(()) -> Vec<Task>;
        task_put(Task) -> Task;
        task_done(TaskId) -> Task;
        search_find(SearchQuery) -> Vec<Found>;
        audit_list(AuditQuery) -> Vec<AuditEntry>;
        audit_check(()) -> AuditState;
        audit_checkpoint(()) -> AuditCheckpoint;
        audit_folders(()) -> Vec<CheckpointFolder>;
    }
}
