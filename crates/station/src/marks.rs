//! Marks and words: bookmarks, notes, and the feed that they are in.

use crate::convert;
use crate::people::within;
use crate::station::Station;
use easien_link::commands::Role;
use easien_link::data::{
    Bookmark, BookmarkDraft, BookmarkEdit, BookmarkHide, BookmarkQuery, BookmarkVersion, FeedItem, Note,
    NoteDraft, Page,
};
use easien_link::{Caller, Event, Sight, problems};
use easien_model::{BookmarkId, CameraId, Code, Problem, UtcMicros};
use easien_store::{BookmarkFilter, BookmarkRow, CameraSpan, FeedRow};
use std::collections::HashMap;

/// 2000-01-01T00:00:00Z.
pub(crate) const EARLIEST: UtcMicros = UtcMicros(946_684_800_000_000);
/// A window's clock may be a little ahead of the station's: it is the same machine, but not the same moment.
const AHEAD_S: i64 = 5;
/// So far a bookmark may take in what is still to come.
const POST_S: i64 = 3600;
/// Longest clip.
const CLIP_US: i64 = 24 * 3_600_000_000;

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

    /// A clip as it may be marked: it holds its moment, is no longer than a day, and reaches into the future only as
    /// far as a bookmark may.
    fn check_clip(&self, at: UtcMicros, start: UtcMicros, end: UtcMicros) -> Result<(), Problem> {
        let wrong = |field| Err(Problem::new(Code::Invalid, problems::BOOKMARK_CLIP).field(field));
        if start < EARLIEST || start > at || end - start > CLIP_US {
            return wrong("start");
        }
        if end <= start || end < at || end > self.clock.utc_now().plus_seconds(AHEAD_S + POST_S) {
            return wrong("end");
        }
        Ok(())
    }

    /// Rows with whether anything of them is on disk and held: asked for all of them at once.
    pub(crate) async fn dress(&self, rows: Vec<BookmarkRow>) -> Result<Vec<Bookmark>, Problem> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let from = rows.iter().map(|row| row.start).min().unwrap_or(EARLIEST);
        let to = rows.iter().map(|row| row.end).max().unwrap_or(EARLIEST);
        let held = Held::new(self.store(move |store| store.held_within(from, to)).await?);
        let clips = rows
            .iter()
            .map(|row| {
                let span = |camera: &CameraId| CameraSpan { camera: *camera, start: row.start, end: row.end };
                row.cameras.iter().map(span).collect()
            })
            .collect::<Vec<Vec<CameraSpan>>>();
        // What people wrote is shown also while the index of recordings fails; that is said by itself.
        let recorded = match self.ask_index(move |index| index.recorded(&clips)).await {
            Ok(recorded) => recorded,
            Err(_) => vec![false; rows.len()],
        };
        let dressed = rows.into_iter().zip(recorded).map(|(row, recorded)| {
            let held = held.any_of(&row.cameras, row.start, row.end);
            convert::bookmark(row, recorded, held)
        });
        Ok(dressed.collect())
    }

    async fn dress_one(&self, row: BookmarkRow) -> Result<Bookmark, Problem> {
        self.dress(vec![row]).await?.pop().ok_or_else(|| Problem::new(Code::Internal, problems::INTERNAL))
    }

    /// Tells every window of a bookmark as it stands.
    pub(crate) async fn tell_bookmark(&self, row: BookmarkRow) -> Result<Bookmark, Problem> {
        let bookmark = self.dress_one(row).await?;
        self.tell(Event::FeedChanged(FeedItem::Bookmark(bookmark.clone())));
        Ok(bookmark)
    }

    /// Tells every window, and answers with what the caller may see of it.
    async fn tell_bookmark_to(&self, caller: &Caller, row: BookmarkRow) -> Result<Bookmark, Problem> {
        let told = self.tell_bookmark(row).await?;
        let kept = self.narrowed(caller, Some(told), |station, sight, told| {
            told.and_then(|told| station.bookmark_within(sight, told))
        });
        kept.await?.ok_or_else(|| Problem::new(Code::NotFound, problems::BOOKMARK_NOT_FOUND))
    }

    /// A bookmark, as far as the caller may see any of its cameras.
    pub(crate) async fn known_bookmark(
        &self,
        caller: &Caller,
        id: BookmarkId,
    ) -> Result<BookmarkRow, Problem> {
        self.store(move |store| store.bookmark(id))
            .await?
            .filter(|row| row.cameras.iter().any(|camera| caller.sight.sees(*camera)))
            .ok_or_else(|| Problem::new(Code::NotFound, problems::BOOKMARK_NOT_FOUND))
    }

    pub(crate) async fn add_bookmark(
        &self,
        caller: &Caller,
        draft: BookmarkDraft,
    ) -> Result<Bookmark, Problem> {
        self.check_moment(draft.at)?;
        self.check_clip(draft.at, draft.start, draft.end)?;
        let row = easien_store::BookmarkDraft {
            id: draft.id,
            cameras: draft.cameras,
            at: draft.at,
            start: draft.start,
            end: draft.end,
            text: draft.text.map(convert::to_bookmark_text),
        };
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let row = self.store(move |store| store.add_bookmark(&who, row)).await?;
        self.tell_bookmark(row).await
    }

    pub(crate) async fn update_bookmark(
        &self,
        caller: &Caller,
        edit: BookmarkEdit,
    ) -> Result<Bookmark, Problem> {
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let known = self.known_bookmark(caller, edit.id).await?;
        if known.author != caller.name {
            return Err(
                Problem::new(Code::Forbidden, problems::BOOKMARK_NOT_OWN).with("author", known.author)
            );
        }
        let edit = easien_store::BookmarkEdit {
            id: edit.id,
            text: convert::to_bookmark_text(edit.text),
            edits: edit.edits,
        };
        let row = self.store(move |store| store.edit_bookmark(&who, edit)).await?;
        self.tell_bookmark_to(caller, row).await
    }

    pub(crate) async fn hide_bookmark(
        &self,
        caller: &Caller,
        hide: BookmarkHide,
    ) -> Result<Bookmark, Problem> {
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let known = self.known_bookmark(caller, hide.id).await?;
        if known.author != caller.name && !caller.roles.contains(&Role::Supervisor) {
            return Err(
                Problem::new(Code::Forbidden, problems::BOOKMARK_NOT_OWN).with("author", known.author)
            );
        }
        let reason = hide.reason.trim().to_owned();
        let row = self.store(move |store| store.hide_bookmark(&who, hide.id, &reason)).await?;
        self.tell_bookmark_to(caller, row).await
    }

    pub(crate) async fn list_bookmarks(
        &self,
        caller: &Caller,
        mut query: BookmarkQuery,
    ) -> Result<Vec<Bookmark>, Problem> {
        if query.limit > 500 {
            return Err(Problem::new(Code::Invalid, problems::PAGE_LIMIT).field("limit"));
        }
        if query.cameras.is_empty() && !caller.sight.is_full() {
            query.cameras = self.seen_cameras(&caller.sight);
            // No camera at all is not every camera.
            if query.cameras.is_empty() {
                return Ok(Vec::new());
            }
        }
        let filter = BookmarkFilter {
            from: query.from,
            to: query.to,
            cameras: query.cameras,
            unit: query.unit,
            category: query.category,
            tag: query.tag,
            author: query.author,
            text: query.text,
            hidden: query.hidden,
            before: query.before,
            limit: if query.limit == 0 { 100 } else { query.limit },
            quick: query.quick,
        };
        let rows = self.store(move |store| store.bookmarks(&filter)).await?;
        self.dress(rows.into_iter().filter_map(|row| within::bookmark_row(&caller.sight, row)).collect())
            .await
    }

    pub(crate) async fn bookmark_history(
        &self,
        caller: &Caller,
        id: BookmarkId,
    ) -> Result<Vec<BookmarkVersion>, Problem> {
        self.known_bookmark(caller, id).await?;
        let rows = self.store(move |store| store.bookmark_history(id)).await?;
        let version = |row: easien_store::BookmarkVersionRow| BookmarkVersion {
            number: row.number,
            text: convert::bookmark_text(row.text),
            author: row.author,
            at: row.at,
        };
        Ok(rows.into_iter().rev().map(version).collect())
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

    pub(crate) async fn list_feed(&self, caller: &Caller, page: Page) -> Result<Vec<FeedItem>, Problem> {
        check_page(&page)?;
        let sight = caller.sight.clone();
        let rows = self.store(move |store| {
            let Page { mut before, limit } = page;
            let mut found = Vec::new();
            // A page is full of what may be seen; it still ends at a time.
            loop {
                let rows = store.feed(before, limit)?;
                before = rows.last().map(FeedRow::at);
                let last = rows.len() < limit as usize || sight.is_full();
                found.extend(rows.into_iter().filter_map(|row| feed_within(&sight, row)));
                if last || found.len() >= limit as usize {
                    return Ok(found);
                }
            }
        });
        let rows = rows.await?;
        let marked = rows
            .iter()
            .filter_map(|row| match row {
                FeedRow::Bookmark(row) => Some(row.clone()),
                _ => None,
            })
            .collect();
        let mut marked = self.dress(marked).await?.into_iter();
        let item = |row| match row {
            FeedRow::Note(row) => Some(FeedItem::Note(convert::note(row))),
            FeedRow::Bookmark(_) => marked.next().map(FeedItem::Bookmark),
            FeedRow::Still(row) => Some(FeedItem::Still(convert::still(row))),
            FeedRow::Camera(row) => Some(FeedItem::Camera(convert::camera_event(&row))),
            FeedRow::Alarm(row) => within::alarm(&caller.sight, convert::alarm(row)).map(FeedItem::Alarm),
            FeedRow::Incident(row) => Some(FeedItem::Incident(crate::incidents::show::incident(*row))),
        };
        Ok(rows.into_iter().filter_map(item).collect())
    }
}

/// A thing of the feed, as far as it may be seen.
fn feed_within(sight: &Sight, row: FeedRow) -> Option<FeedRow> {
    let seen = match &row {
        _ if sight.is_full() => true,
        FeedRow::Note(row) => row.note.camera.is_none_or(|camera| sight.sees(camera)),
        FeedRow::Still(row) => sight.sees(row.still.camera),
        FeedRow::Camera(row) => sight.sees(row.camera),
        FeedRow::Incident(row) => sight.sees_any(&row.cameras),
        FeedRow::Alarm(row) => within::alarm(sight, convert::alarm(row.clone())).is_some(),
        FeedRow::Bookmark(_) => {
            let FeedRow::Bookmark(row) = row else { return None };
            return within::bookmark_row(sight, row).map(FeedRow::Bookmark);
        }
    };
    seen.then_some(row)
}

/// What is held, camera by camera.
pub(crate) struct Held(HashMap<CameraId, Vec<(UtcMicros, UtcMicros)>>);

impl Held {
    pub(crate) fn new(spans: Vec<CameraSpan>) -> Self {
        let mut held: HashMap<_, Vec<_>> = HashMap::new();
        for span in spans {
            held.entry(span.camera).or_default().push((span.start, span.end));
        }
        Self(held)
    }

    /// Whether any of these cameras is held anywhere in `[start, end)`.
    pub(crate) fn any_of(&self, cameras: &[CameraId], start: UtcMicros, end: UtcMicros) -> bool {
        cameras
            .iter()
            .filter_map(|camera| self.0.get(camera))
            .flatten()
            .any(|(from, to)| *from < end && *to > start)
    }
}
