//! Marks and words: bookmarks, notes, and the feed that they are in.

use crate::convert;
use crate::station::Station;
use easien_link::data::{Bookmark, BookmarkDraft, BookmarkEdit, FeedItem, Note, NoteDraft, Page};
use easien_link::{Caller, Event, problems};
use easien_model::{Code, Problem, UtcMicros};

/// 2000-01-01T00:00:00Z.
const EARLIEST: UtcMicros = UtcMicros(946_684_800_000_000);
/// A window's clock may be a little ahead of the station's: it is the same machine, but not the same moment.
const AHEAD_S: i64 = 5;

/// The limit of a page.
pub(crate) fn check_page(page: &Page) -> Result<(), Problem> {
    if (1..=500).contains(&page.limit) {
        return Ok(());
    }
    Err(Problem::new(Code::Invalid, problems::PAGE_LIMIT).field("limit"))
}

impl Station {
    fn check_moment(&self, at: UtcMicros) -> Result<(), Problem> {
        if at >= EARLIEST && at <= self.clock.utc_now().plus_seconds(AHEAD_S) {
            return Ok(());
        }
        Err(Problem::new(Code::Invalid, problems::MOMENT).field("at"))
    }

    pub(crate) async fn add_bookmark(
        &self,
        caller: &Caller,
        draft: BookmarkDraft,
    ) -> Result<Bookmark, Problem> {
        self.check_moment(draft.at)?;
        let row = easien_store::BookmarkDraft {
            id: draft.id,
            cameras: draft.cameras,
            at: draft.at,
            start: draft.start,
            end: draft.end,
        };
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let row = self.store(move |store| store.add_bookmark(&who, row)).await?;
        let bookmark = convert::bookmark(row);
        self.tell(Event::FeedChanged(FeedItem::Bookmark(bookmark.clone())));
        Ok(bookmark)
    }

    pub(crate) async fn update_bookmark(
        &self,
        caller: &Caller,
        edit: BookmarkEdit,
    ) -> Result<Bookmark, Problem> {
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let id = edit.id;
        let known = self
            .store(move |store| store.bookmark(id))
            .await?
            .ok_or_else(|| Problem::new(Code::NotFound, problems::BOOKMARK_NOT_FOUND))?;
        if known.author != caller.name {
            return Err(
                Problem::new(Code::Forbidden, problems::BOOKMARK_NOT_OWN).with("author", known.author)
            );
        }
        let edit = easien_store::BookmarkEdit {
            id: edit.id,
            title: edit.text.title.trim().to_owned(),
            category: edit.text.category,
            tags: edit
                .text
                .tags
                .iter()
                .map(|tag| tag.trim().to_owned())
                .filter(|tag| !tag.is_empty())
                .collect(),
            note: edit.text.note.trim().to_owned(),
        };
        let row = self.store(move |store| store.edit_bookmark(&who, edit)).await?;
        let bookmark = convert::bookmark(row);
        self.tell(Event::FeedChanged(FeedItem::Bookmark(bookmark.clone())));
        Ok(bookmark)
    }

    pub(crate) async fn add_note(&self, caller: &Caller, draft: NoteDraft) -> Result<Note, Problem> {
        self.check_moment(draft.at)?;
        let who = caller.name.clone();
        let note = easien_store::NoteDraft {
            id: draft.id,
            text: draft.text.trim().to_owned(),
            camera: draft.camera,
            at: draft.at,
            category: draft.category,
        };
        let _order = self.changes.lock().await;
        let row = self.store(move |store| store.add_note(&who, note)).await?;
        let note = convert::note(row);
        self.tell(Event::FeedChanged(FeedItem::Note(note.clone())));
        Ok(note)
    }

    pub(crate) async fn list_feed(&self, page: Page) -> Result<Vec<FeedItem>, Problem> {
        check_page(&page)?;
        let rows = self.store(move |store| store.feed(page.before, page.limit)).await?;
        Ok(rows.into_iter().map(convert::feed_item).collect())
    }
}
