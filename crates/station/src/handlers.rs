//! The command list's handlers. One line each: what a command does is in the module named after its purpose.

use crate::station::Station;
use easien_link::data::*;
use easien_link::{Caller, Handlers};
use easien_model::{
    AttachmentId, BackupId, BookmarkId, CameraId, CopyId, FilterId, IncidentId, LayoutId, Problem, StillId,
    TaskId, UtcMicros, VolumeId,
};

impl Handlers for Station {
    async fn room_get(&self, _: &Caller, _: ()) -> Result<Room, Problem> {
        self.get_room().await
    }

    async fn room_set(&self, caller: &Caller, settings: RoomSettings) -> Result<Room, Problem> {
        self.set_room(caller, settings).await
    }

    async fn room_simulate(&self, caller: &Caller, wanted: Simulate) -> Result<Vec<Camera>, Problem> {
        self.simulate(caller, wanted).await
    }

    async fn unit_list(&self, _: &Caller, _: ()) -> Result<Vec<Unit>, Problem> {
        self.list_units().await
    }

    async fn unit_put(&self, caller: &Caller, unit: Unit) -> Result<Unit, Problem> {
        self.put_unit(caller, unit).await
    }

    async fn category_list(&self, _: &Caller, _: ()) -> Result<Vec<Category>, Problem> {
        self.list_categories().await
    }

    async fn camera_list(&self, _: &Caller, _: ()) -> Result<Vec<Camera>, Problem> {
        Ok(self.list_cameras())
    }

    async fn camera_add(&self, caller: &Caller, draft: CameraDraft) -> Result<Camera, Problem> {
        self.add_camera(caller, draft).await
    }

    async fn camera_update(&self, caller: &Caller, draft: CameraDraft) -> Result<Camera, Problem> {
        self.update_camera(caller, draft).await
    }

    async fn camera_delete(&self, caller: &Caller, id: CameraId) -> Result<(), Problem> {
        self.delete_camera(caller, id).await
    }

    async fn camera_test(&self, _: &Caller, draft: CameraDraft) -> Result<CameraTest, Problem> {
        self.test_camera(draft).await
    }

    async fn camera_health(&self, _: &Caller, id: CameraId) -> Result<Vec<Session>, Problem> {
        self.need_camera(id)?;
        Ok(self.sessions_of(id))
    }

    async fn camera_activity(&self, _: &Caller, (): ()) -> Result<Vec<CameraActivity>, Problem> {
        Ok(self.activity())
    }

    async fn wall_show(&self, caller: &Caller, wall: WallShow) -> Result<WallShown, Problem> {
        self.show_wall(caller, wall).await
    }

    async fn wall_report(&self, _: &Caller, report: WallReport) -> Result<(), Problem> {
        self.report_wall(report)
    }

    async fn page_open(&self, _: &Caller, _: ()) -> Result<PageDoor, Problem> {
        self.open_page().await
    }

    async fn wall_recall(&self, caller: &Caller, window: WindowName) -> Result<Option<WallMemory>, Problem> {
        self.recall_wall(caller, window).await
    }

    async fn wall_remember(&self, caller: &Caller, wall: WallMemory) -> Result<(), Problem> {
        self.remember_wall(caller, wall).await
    }

    async fn layout_list(&self, caller: &Caller, _: ()) -> Result<Vec<Layout>, Problem> {
        self.list_layouts(caller).await
    }

    async fn layout_put(&self, caller: &Caller, draft: LayoutDraft) -> Result<Layout, Problem> {
        self.put_layout(caller, draft).await
    }

    async fn layout_delete(&self, caller: &Caller, delete: LayoutDelete) -> Result<(), Problem> {
        self.delete_layout(caller, delete).await
    }

    async fn layout_order(&self, caller: &Caller, order: Vec<LayoutId>) -> Result<Vec<LayoutId>, Problem> {
        self.order_layouts(caller, order).await
    }

    async fn tour_list(&self, caller: &Caller, _: ()) -> Result<Vec<Tour>, Problem> {
        self.list_tours(caller).await
    }

    async fn tour_put(&self, caller: &Caller, draft: TourDraft) -> Result<Tour, Problem> {
        self.put_tour(caller, draft).await
    }

    async fn tour_delete(&self, caller: &Caller, delete: TourDelete) -> Result<(), Problem> {
        self.delete_tour(caller, delete).await
    }

    async fn window_ask(&self, _: &Caller, ask: WindowAsk) -> Result<(), Problem> {
        self.ask_window(ask)
    }

    async fn station_stop(&self, caller: &Caller, _: ()) -> Result<(), Problem> {
        self.stop_by(caller).await
    }

    async fn audio_listen(&self, caller: &Caller, wanted: AudioListen) -> Result<(), Problem> {
        self.listen_audio(caller, wanted).await
    }

    async fn audio_stop(&self, caller: &Caller, _: ()) -> Result<(), Problem> {
        self.stop_audio(caller.connection);
        Ok(())
    }

    async fn bookmark_add(&self, caller: &Caller, draft: BookmarkDraft) -> Result<Bookmark, Problem> {
        self.add_bookmark(caller, draft).await
    }

    async fn bookmark_update(&self, caller: &Caller, edit: BookmarkEdit) -> Result<Bookmark, Problem> {
        self.update_bookmark(caller, edit).await
    }

    async fn still_take(&self, caller: &Caller, draft: StillDraft) -> Result<Still, Problem> {
        self.take_still(caller, draft).await
    }

    async fn still_list(&self, caller: &Caller, page: Page) -> Result<Vec<Still>, Problem> {
        self.list_stills(caller, page).await
    }

    async fn still_picture(&self, caller: &Caller, id: StillId) -> Result<Picture, Problem> {
        self.still_picture(caller, id).await
    }

    async fn note_add(&self, caller: &Caller, draft: NoteDraft) -> Result<Note, Problem> {
        self.add_note(caller, draft).await
    }

    async fn feed_list(&self, caller: &Caller, page: Page) -> Result<Vec<FeedItem>, Problem> {
        self.list_feed(caller, page).await
    }

    async fn bookmark_list(&self, caller: &Caller, query: BookmarkQuery) -> Result<Vec<Bookmark>, Problem> {
        self.list_bookmarks(caller, query).await
    }

    async fn bookmark_history(
        &self,
        caller: &Caller,
        id: BookmarkId,
    ) -> Result<Vec<BookmarkVersion>, Problem> {
        self.bookmark_history(caller, id).await
    }

    async fn bookmark_hide(&self, caller: &Caller, hide: BookmarkHide) -> Result<Bookmark, Problem> {
        self.hide_bookmark(caller, hide).await
    }

    async fn hold_add(&self, caller: &Caller, draft: HoldDraft) -> Result<Hold, Problem> {
        self.add_hold(caller, draft).await
    }

    async fn hold_lift(&self, caller: &Caller, lift: HoldLift) -> Result<Hold, Problem> {
        self.lift_hold(caller, lift).await
    }

    async fn hold_list(&self, caller: &Caller, query: HoldQuery) -> Result<Vec<Hold>, Problem> {
        self.list_holds(caller, query).await
    }

    async fn review_set(&self, caller: &Caller, set: ReviewSet) -> Result<ReviewState, Problem> {
        self.set_review(caller, set).await
    }

    async fn review_step(&self, caller: &Caller, step: ReviewStep) -> Result<ReviewState, Problem> {
        self.step_review(caller, step).await
    }

    async fn review_jump(&self, _: &Caller, jump: Jump) -> Result<Option<UtcMicros>, Problem> {
        self.jump_review(jump).await
    }

    async fn review_timeline(&self, _: &Caller, query: TimelineQuery) -> Result<Vec<TimelineLane>, Problem> {
        self.timeline(query).await
    }

    async fn review_calendar(&self, caller: &Caller, query: CalendarQuery) -> Result<Vec<f64>, Problem> {
        self.calendar(caller, query).await
    }

    async fn review_thumbnail(
        &self,
        _: &Caller,
        query: ThumbnailQuery,
    ) -> Result<Option<Thumbnail>, Problem> {
        self.find_thumbnail(query).await
    }

    async fn copy_estimate(&self, _: &Caller, draft: CopyDraft) -> Result<CopyPlan, Problem> {
        self.estimate_copy(draft).await
    }

    async fn copy_start(&self, caller: &Caller, draft: CopyDraft) -> Result<Copy, Problem> {
        self.start_copy(caller, draft).await
    }

    async fn copy_cancel(&self, caller: &Caller, id: CopyId) -> Result<Copy, Problem> {
        self.cancel_copy(caller, id).await
    }

    async fn copy_list(&self, caller: &Caller, _: ()) -> Result<Vec<Copy>, Problem> {
        Ok(self.list_copies(caller))
    }

    async fn neighbour_list(&self, _: &Caller, _: ()) -> Result<Vec<Neighbours>, Problem> {
        self.list_neighbours().await
    }

    async fn neighbour_put(&self, caller: &Caller, neighbours: Neighbours) -> Result<Neighbours, Problem> {
        self.put_neighbours(caller, neighbours).await
    }

    async fn backup_get(&self, caller: &Caller, _: ()) -> Result<BackupState, Problem> {
        self.need_whole(caller)?;
        self.backup_state().await
    }

    async fn backup_set(&self, caller: &Caller, draft: BackupPlanDraft) -> Result<BackupState, Problem> {
        self.need_whole(caller)?;
        self.set_backup_plan(caller, draft).await
    }

    async fn backup_start(&self, caller: &Caller, start: BackupStart) -> Result<Backup, Problem> {
        self.need_whole(caller)?;
        self.start_backup(caller, start).await
    }

    async fn backup_cancel(&self, caller: &Caller, id: BackupId) -> Result<Backup, Problem> {
        self.need_whole(caller)?;
        self.cancel_backup(caller, id).await
    }

    async fn volume_list(&self, _: &Caller, _: ()) -> Result<Vec<Volume>, Problem> {
        Ok(self.list_volumes())
    }

    async fn volume_inspect(&self, _: &Caller, path: String) -> Result<VolumeInspection, Problem> {
        self.inspect_volume(path).await
    }

    async fn volume_put(&self, caller: &Caller, draft: VolumeDraft) -> Result<Volume, Problem> {
        self.put_volume(caller, draft).await
    }

    async fn volume_remove(&self, caller: &Caller, id: VolumeId) -> Result<(), Problem> {
        self.remove_volume(caller, id).await
    }

    async fn storage_plan(&self, _: &Caller, _: ()) -> Result<StoragePlan, Problem> {
        self.plan_storage().await
    }

    async fn alarm_list(&self, caller: &Caller, query: AlarmQuery) -> Result<Vec<Alarm>, Problem> {
        self.list_alarms(caller, query).await
    }

    async fn alarm_acknowledge(
        &self,
        caller: &Caller,
        acknowledge: AlarmAcknowledge,
    ) -> Result<Vec<Alarm>, Problem> {
        self.acknowledge_alarms(caller, acknowledge).await
    }

    async fn health_station(&self, caller: &Caller, _: ()) -> Result<StationHealth, Problem> {
        self.station_health(caller).await
    }

    async fn health_cameras(&self, _: &Caller, _: ()) -> Result<Vec<CameraHealth>, Problem> {
        self.cameras_health().await
    }

    async fn health_camera(&self, _: &Caller, id: CameraId) -> Result<CameraReport, Problem> {
        self.camera_report(id).await
    }

    async fn health_history(&self, caller: &Caller, query: HistoryQuery) -> Result<History, Problem> {
        Ok(self.history_within(&caller.sight, self.history(query).await?))
    }

    async fn health_day(&self, caller: &Caller, query: DayQuery) -> Result<DaySheet, Problem> {
        self.day_sheet(&caller.sight, query).await
    }

    async fn incident_statistics(
        &self,
        caller: &Caller,
        args: StatisticsQuery,
    ) -> Result<Statistics, Problem> {
        self.statistics(caller, args).await
    }

    async fn filter_list(&self, caller: &Caller, _: ()) -> Result<Vec<SavedFilter>, Problem> {
        self.list_filters(caller).await
    }

    async fn filter_put(&self, caller: &Caller, filter: SavedFilter) -> Result<SavedFilter, Problem> {
        self.put_filter(caller, filter).await
    }

    async fn filter_delete(&self, caller: &Caller, id: FilterId) -> Result<(), Problem> {
        self.delete_filter(caller, id).await
    }

    async fn people_at_desk(&self, caller: &Caller, _: ()) -> Result<AtDesk, Problem> {
        self.at_desk(caller, None).await
    }

    async fn people_first(&self, caller: &Caller, args: FirstPerson) -> Result<AtDesk, Problem> {
        self.first_person(caller, args).await
    }

    async fn people_sign_in(&self, caller: &Caller, args: SignIn) -> Result<AtDesk, Problem> {
        self.sign_in(caller, args).await
    }

    async fn people_sign_in_again(&self, caller: &Caller, args: SignInAgain) -> Result<AtDesk, Problem> {
        self.sign_in_again(caller, args).await
    }

    async fn people_sign_out(&self, caller: &Caller, _: ()) -> Result<AtDesk, Problem> {
        self.sign_out(caller).await
    }

    async fn people_lock(&self, caller: &Caller, _: ()) -> Result<AtDesk, Problem> {
        self.lock_desk(caller).await
    }

    async fn people_hand(&self, caller: &Caller, _: ()) -> Result<(), Problem> {
        self.hand_moved(caller);
        Ok(())
    }

    async fn people_idle(&self, caller: &Caller, _: ()) -> Result<AtDesk, Problem> {
        self.idle_desk(caller).await
    }

    async fn people_unlock(&self, caller: &Caller, args: PasswordProof) -> Result<AtDesk, Problem> {
        self.unlock_desk(caller, args).await
    }

    async fn people_password(&self, caller: &Caller, args: PasswordChange) -> Result<AtDesk, Problem> {
        self.change_password(caller, args).await
    }

    async fn people_list(&self, _: &Caller, _: ()) -> Result<Vec<Person>, Problem> {
        self.list_people().await
    }

    async fn people_put(&self, caller: &Caller, args: PersonDraft) -> Result<Person, Problem> {
        self.put_person(caller, args).await
    }

    async fn people_seal(&self, caller: &Caller, _: ()) -> Result<SealedCode, Problem> {
        self.seal_code(caller).await
    }

    async fn people_break_glass(&self, caller: &Caller, args: BreakGlass) -> Result<AtDesk, Problem> {
        self.break_glass(caller, args).await
    }

    async fn incident_open(&self, caller: &Caller, args: IncidentDraft) -> Result<IncidentFile, Problem> {
        self.open_incident(caller, args).await
    }

    async fn incident_list(&self, caller: &Caller, args: IncidentQuery) -> Result<IncidentPage, Problem> {
        self.list_incidents(caller, args).await
    }

    async fn incident_get(&self, caller: &Caller, args: IncidentId) -> Result<IncidentFile, Problem> {
        self.get_incident(caller, args).await
    }

    async fn incident_update(&self, caller: &Caller, args: IncidentEdit) -> Result<IncidentFile, Problem> {
        self.update_incident(caller, args).await
    }

    async fn incident_move(&self, caller: &Caller, args: IncidentMove) -> Result<IncidentFile, Problem> {
        self.move_incident(caller, args).await
    }

    async fn incident_merge(&self, caller: &Caller, args: IncidentMerge) -> Result<IncidentFile, Problem> {
        self.merge_incident(caller, args).await
    }

    async fn incident_note(&self, caller: &Caller, args: IncidentNoteDraft) -> Result<IncidentFile, Problem> {
        self.note_incident(caller, args).await
    }

    async fn incident_link(&self, caller: &Caller, args: IncidentLink) -> Result<IncidentFile, Problem> {
        self.link_incident(caller, args).await
    }

    async fn incident_subject(&self, caller: &Caller, args: SubjectPut) -> Result<IncidentFile, Problem> {
        self.put_subject(caller, args).await
    }

    async fn incident_notice(&self, caller: &Caller, args: NoticePut) -> Result<IncidentFile, Problem> {
        self.put_notice(caller, args).await
    }

    async fn incident_attach(&self, caller: &Caller, wish: AttachmentWish) -> Result<IncidentFile, Problem> {
        self.attach(caller, wish).await
    }

    async fn incident_attach_stop(&self, _: &Caller, id: AttachmentId) -> Result<(), Problem> {
        self.stop_attaching(id);
        Ok(())
    }

    async fn incident_strike(
        &self,
        caller: &Caller,
        strike: AttachmentStrike,
    ) -> Result<IncidentFile, Problem> {
        self.strike_attachment(caller, strike).await
    }

    async fn incident_save_attachment(
        &self,
        caller: &Caller,
        save: AttachmentSave,
    ) -> Result<AttachmentSaved, Problem> {
        self.save_attachment(caller, save).await
    }

    async fn incident_audit(&self, caller: &Caller, args: IncidentId) -> Result<Vec<AuditEntry>, Problem> {
        self.audit_of_incident(caller, args).await
    }

    async fn shift_plan(&self, _: &Caller, _: ()) -> Result<ShiftPlan, Problem> {
        self.shift_plan().await
    }

    async fn shift_plan_set(&self, caller: &Caller, args: ShiftPlan) -> Result<ShiftPlan, Problem> {
        self.set_shift_plan(caller, args).await
    }

    async fn shift_now(&self, caller: &Caller, _: ()) -> Result<Option<Shift>, Problem> {
        self.shift_now(caller).await
    }

    async fn shift_list(&self, caller: &Caller, args: Page) -> Result<Vec<Shift>, Problem> {
        self.list_shifts(caller, args).await
    }

    async fn shift_begin(&self, caller: &Caller, args: ShiftBegin) -> Result<Shift, Problem> {
        self.begin_shift(caller, args).await
    }

    async fn shift_clock(&self, caller: &Caller, args: ClockCheckDraft) -> Result<Shift, Problem> {
        self.check_clock(caller, args).await
    }

    async fn shift_state(&self, caller: &Caller, _: ()) -> Result<HandoverState, Problem> {
        self.handover_state_for(caller).await
    }

    async fn shift_handover(&self, caller: &Caller, args: HandoverDraft) -> Result<AtDesk, Problem> {
        self.hand_over(caller, args).await
    }

    async fn task_put(&self, caller: &Caller, args: Task) -> Result<Task, Problem> {
        self.put_task(caller, args).await
    }

    async fn task_done(&self, caller: &Caller, args: TaskId) -> Result<Task, Problem> {
        self.end_task(caller, args).await
    }

    async fn search_find(&self, caller: &Caller, args: SearchQuery) -> Result<Vec<Found>, Problem> {
        self.find(caller, args).await
    }

    async fn audit_list(&self, caller: &Caller, args: AuditQuery) -> Result<Vec<AuditEntry>, Problem> {
        self.list_audit(caller, args).await
    }

    async fn audit_check(&self, caller: &Caller, _: ()) -> Result<AuditState, Problem> {
        self.check_audit(caller).await
    }

    async fn audit_checkpoint(&self, caller: &Caller, _: ()) -> Result<AuditCheckpoint, Problem> {
        self.sign_checkpoint(caller).await
    }

    async fn audit_folders(&self, _: &Caller, _: ()) -> Result<Vec<CheckpointFolder>, Problem> {
        Ok(self.list_checkpoint_folders())
    }

    async fn task_list(&self, caller: &Caller, _: ()) -> Result<Vec<Task>, Problem> {
        self.list_tasks(caller).await
    }
}
