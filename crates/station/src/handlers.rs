//! The command list's handlers. One line each: what a command does is in the module named after its purpose.

use crate::station::Station;
use easien_link::data::*;
use easien_link::{Caller, Handlers};
use easien_model::{AlarmId, BookmarkId, CameraId, CopyId, Problem, StillId, UtcMicros, VolumeId};

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

    async fn wall_show(&self, caller: &Caller, wall: WallShow) -> Result<WallShown, Problem> {
        self.show_wall(caller, wall).await
    }

    async fn wall_report(&self, _: &Caller, report: WallReport) -> Result<(), Problem> {
        self.report_wall(report)
    }

    async fn page_open(&self, _: &Caller, _: ()) -> Result<PageDoor, Problem> {
        self.open_page().await
    }

    async fn wall_recall(&self, _: &Caller, window: WindowName) -> Result<Option<WallMemory>, Problem> {
        self.recall_wall(window).await
    }

    async fn wall_remember(&self, caller: &Caller, wall: WallMemory) -> Result<(), Problem> {
        self.remember_wall(caller, wall).await
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

    async fn still_list(&self, _: &Caller, page: Page) -> Result<Vec<Still>, Problem> {
        self.list_stills(page).await
    }

    async fn still_picture(&self, _: &Caller, id: StillId) -> Result<Picture, Problem> {
        self.still_picture(id).await
    }

    async fn note_add(&self, caller: &Caller, draft: NoteDraft) -> Result<Note, Problem> {
        self.add_note(caller, draft).await
    }

    async fn feed_list(&self, _: &Caller, page: Page) -> Result<Vec<FeedItem>, Problem> {
        self.list_feed(page).await
    }

    async fn bookmark_list(&self, _: &Caller, query: BookmarkQuery) -> Result<Vec<Bookmark>, Problem> {
        self.list_bookmarks(query).await
    }

    async fn bookmark_history(&self, _: &Caller, id: BookmarkId) -> Result<Vec<BookmarkVersion>, Problem> {
        self.bookmark_history(id).await
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

    async fn hold_list(&self, _: &Caller, query: HoldQuery) -> Result<Vec<Hold>, Problem> {
        self.list_holds(query).await
    }

    async fn review_set(&self, _: &Caller, set: ReviewSet) -> Result<ReviewState, Problem> {
        self.set_review(set).await
    }

    async fn review_step(&self, _: &Caller, step: ReviewStep) -> Result<ReviewState, Problem> {
        self.step_review(step).await
    }

    async fn review_jump(&self, _: &Caller, _: Jump) -> Result<Option<UtcMicros>, Problem> {
        Err(unbuilt("review.jump"))
    }

    async fn review_timeline(&self, _: &Caller, _: TimelineQuery) -> Result<Vec<TimelineLane>, Problem> {
        Err(unbuilt("review.timeline"))
    }

    async fn review_calendar(&self, _: &Caller, _: CalendarQuery) -> Result<Vec<f64>, Problem> {
        Err(unbuilt("review.calendar"))
    }

    async fn review_thumbnail(&self, _: &Caller, _: ThumbnailQuery) -> Result<Option<Thumbnail>, Problem> {
        Err(unbuilt("review.thumbnail"))
    }

    async fn copy_estimate(&self, _: &Caller, _: CopyDraft) -> Result<CopyPlan, Problem> {
        Err(unbuilt("copy.estimate"))
    }

    async fn copy_start(&self, _: &Caller, _: CopyDraft) -> Result<Copy, Problem> {
        Err(unbuilt("copy.start"))
    }

    async fn copy_cancel(&self, _: &Caller, _: CopyId) -> Result<Copy, Problem> {
        Err(unbuilt("copy.cancel"))
    }

    async fn copy_list(&self, _: &Caller, _: ()) -> Result<Vec<Copy>, Problem> {
        Err(unbuilt("copy.list"))
    }

    async fn neighbour_list(&self, _: &Caller, _: ()) -> Result<Vec<Neighbours>, Problem> {
        self.list_neighbours().await
    }

    async fn neighbour_put(&self, caller: &Caller, neighbours: Neighbours) -> Result<Neighbours, Problem> {
        self.put_neighbours(caller, neighbours).await
    }

    async fn volume_list(&self, _: &Caller, _: ()) -> Result<Vec<Volume>, Problem> {
        Err(unbuilt("volume.list"))
    }

    async fn volume_inspect(&self, _: &Caller, _: String) -> Result<VolumeInspection, Problem> {
        Err(unbuilt("volume.inspect"))
    }

    async fn volume_put(&self, _: &Caller, _: VolumeDraft) -> Result<Volume, Problem> {
        Err(unbuilt("volume.put"))
    }

    async fn volume_remove(&self, _: &Caller, _: VolumeId) -> Result<(), Problem> {
        Err(unbuilt("volume.remove"))
    }

    async fn storage_plan(&self, _: &Caller, _: ()) -> Result<StoragePlan, Problem> {
        Err(unbuilt("storage.plan"))
    }

    async fn alarm_list(&self, _: &Caller, _: AlarmQuery) -> Result<Vec<Alarm>, Problem> {
        Err(unbuilt("alarm.list"))
    }

    async fn alarm_acknowledge(&self, _: &Caller, _: AlarmId) -> Result<Alarm, Problem> {
        Err(unbuilt("alarm.acknowledge"))
    }
}

/// A command of the list that no module serves yet. None may be left.
fn unbuilt(command: &str) -> Problem {
    Problem::new(easien_model::Code::Unsupported, easien_link::problems::UNKNOWN_COMMAND)
        .with("command", command)
}
