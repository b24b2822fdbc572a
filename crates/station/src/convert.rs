//! The store's rows as the wire's data.

use base64::Engine;
use easien_link::data::{
    Bookmark, BookmarkText, CameraEvent, Category, FeedItem, Note, Still, Unit, WallMemory,
};
use easien_store::{BookmarkRow, CameraEventRow, CategoryRow, FeedRow, NoteRow, StillRow, UnitRow, WallRow};

/// A JPEG as a `data:` URL.
#[must_use]
pub fn data_url(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A unit.
#[must_use]
pub fn unit(row: UnitRow) -> Unit {
    Unit { id: row.id, name: row.name }
}

/// A category.
#[must_use]
pub fn category(row: CategoryRow) -> Category {
    Category { code: row.code, name_vi: row.name_vi, name_en: row.name_en }
}

/// A bookmark. Nothing is recorded behind it until recording exists.
#[must_use]
pub fn bookmark(row: BookmarkRow) -> Bookmark {
    Bookmark {
        id: row.id,
        cameras: row.cameras,
        at: row.at,
        start: row.start,
        end: row.end,
        text: BookmarkText {
            title: row.title,
            category: row.category,
            tags: row.tags,
            note: row.note,
            colour: String::new(),
        },
        author: row.author,
        created: row.created,
        edits: row.edits,
        recorded: false,
        held: false,
        hidden: None,
    }
}

/// A note.
#[must_use]
pub fn note(row: NoteRow) -> Note {
    Note {
        id: row.note.id,
        text: row.note.text,
        camera: row.note.camera,
        at: row.note.at,
        category: row.note.category,
        author: row.author,
        created: row.created,
    }
}

/// A still.
#[must_use]
pub fn still(row: StillRow) -> Still {
    let StillRow { still, author, .. } = row;
    Still {
        id: still.id,
        camera: still.camera,
        which: still.which,
        at: still.at,
        clock_offset_us: still.clock_offset_us,
        width_px: still.width_px,
        height_px: still.height_px,
        file: still.file,
        bytes: still.bytes,
        sha256: hex(&still.sha256),
        thumbnail: data_url("image/jpeg", &still.thumbnail),
        author,
    }
}

/// A camera's loss.
#[must_use]
pub fn camera_event(row: &CameraEventRow) -> CameraEvent {
    CameraEvent {
        id: row.id.to_string(),
        camera: row.camera,
        lost: row.lost,
        back: row.back,
        reason: row.reason,
    }
}

/// One thing in the feed.
#[must_use]
pub fn feed_item(row: FeedRow) -> FeedItem {
    match row {
        FeedRow::Note(row) => FeedItem::Note(note(row)),
        FeedRow::Bookmark(row) => FeedItem::Bookmark(bookmark(row)),
        FeedRow::Still(row) => FeedItem::Still(still(row)),
        FeedRow::Camera(row) => FeedItem::Camera(camera_event(&row)),
    }
}

/// A remembered wall.
#[must_use]
pub fn wall(row: WallRow) -> WallMemory {
    WallMemory { window: row.window, grid: row.grid, tiles: row.tiles }
}
