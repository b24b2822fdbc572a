//! The command list's handlers. One line each: what a command does is in the module named after its purpose.

use crate::station::Station;
use easien_link::data::*;
use easien_link::{Caller, Handlers};
use easien_model::{CameraId, Problem, StillId};

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
}
