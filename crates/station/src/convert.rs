//! The store's rows as the wire's data.

use base64::Engine;
use easien_link::data::{
    Alarm, AlarmCamera, AlarmKind, AlarmPriority, AlarmShared, Bookmark, BookmarkText, CameraEvent, Category,
    Hidden, Hold, Layout, Note, RecordProfile, RecordStreams, Still, Tour, TourStep, Unit, WallMemory,
    WeekSpan,
};
use easien_model::UtcMicros;
use easien_store::{
    AlarmCameraRow, AlarmRow, BookmarkRow, CameraEventRow, CategoryRow, HiddenRow, HoldRow, LayoutRow,
    NoteRow, StillRow, TourRow, UnitRow, WallRemembered,
};

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

/// What a bookmark says.
#[must_use]
pub fn bookmark_text(text: easien_store::BookmarkText) -> BookmarkText {
    let easien_store::BookmarkText { title, category, tags, note, colour } = text;
    BookmarkText { title, category, tags, note, colour }
}

/// The same for the store, without white space around and without empty tags.
#[must_use]
pub fn to_bookmark_text(text: BookmarkText) -> easien_store::BookmarkText {
    easien_store::BookmarkText {
        title: text.title.trim().to_owned(),
        category: text.category,
        tags: text.tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect(),
        note: text.note.trim().to_owned(),
        colour: text.colour,
    }
}

/// When, by whom and why something was hidden or ended.
#[must_use]
pub fn hidden(row: HiddenRow) -> Hidden {
    Hidden { at: row.at, who: row.who, reason: row.reason }
}

/// A bookmark; whether anything of it is recorded and held is known elsewhere.
#[must_use]
pub fn bookmark(row: BookmarkRow, recorded: bool, held: bool) -> Bookmark {
    Bookmark {
        id: row.id,
        cameras: row.cameras,
        at: row.at,
        start: row.start,
        end: row.end,
        text: bookmark_text(row.text),
        author: row.author,
        created: row.created,
        edits: row.edits,
        recorded,
        held,
        hidden: row.hidden.map(hidden),
    }
}

/// A hold, as it is at `now`; what it protects on disk is known elsewhere.
#[must_use]
pub fn hold(row: HoldRow, now: UtcMicros, bytes: u64) -> Hold {
    let active = row.is_active(now);
    Hold {
        id: row.hold.id,
        cameras: row.hold.cameras,
        start: row.hold.start,
        end: row.hold.end,
        reason: row.hold.reason,
        until: row.hold.until,
        bookmark: row.hold.bookmark,
        author: row.author,
        created: row.created,
        lifted: row.lifted.map(hidden),
        active,
        bytes,
    }
}

/// An alarm. A kind or priority that this program does not know (a newer one wrote it) is shown as the most general.
#[must_use]
pub fn alarm(row: AlarmRow) -> Alarm {
    let AlarmRow { alarm, raised, cleared, acknowledged, acknowledged_by, comment, cameras, shared } = row;
    Alarm {
        id: alarm.id,
        kind: named(&alarm.kind).unwrap_or(AlarmKind::FilesDamaged),
        priority: named(&alarm.priority).unwrap_or(AlarmPriority::High),
        camera: alarm.camera,
        volume: alarm.volume,
        subject: alarm.subject,
        detail: alarm.detail,
        raised,
        cleared,
        acknowledged,
        acknowledged_by,
        comment,
        cameras: cameras
            .into_iter()
            .map(|AlarmCameraRow { camera, lost, back, reason }| AlarmCamera { camera, lost, back, reason })
            .collect(),
        // One that a newer program wrote says less here.
        shared: shared.and_then(|text| serde_json::from_str(&text).ok()),
    }
}

/// An alarm's cameras for the store.
#[must_use]
pub fn to_alarm_cameras(cameras: &[AlarmCamera]) -> Vec<AlarmCameraRow> {
    let row = |&AlarmCamera { camera, lost, back, reason }: &AlarmCamera| AlarmCameraRow {
        camera,
        lost,
        back,
        reason,
    };
    cameras.iter().map(row).collect()
}

/// What cameras have in common, as it is stored.
#[must_use]
pub fn shared_text(shared: &AlarmShared) -> String {
    serde_json::to_string(shared).unwrap_or_default()
}

fn named<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

/// What is recorded of a camera.
#[must_use]
pub fn record(profile: &easien_store::RecordProfile) -> RecordProfile {
    use easien_store::RecordStreams as Kept;
    RecordProfile {
        streams: match profile.streams {
            Kept::Both => RecordStreams::Both,
            Kept::Main => RecordStreams::Main,
            Kept::Sub => RecordStreams::Sub,
            Kept::Off => RecordStreams::Off,
        },
        schedule: profile
            .schedule
            .iter()
            .map(|span| WeekSpan { day: span.day, from_minute: span.from_minute, to_minute: span.to_minute })
            .collect(),
        keep_days: profile.keep_days,
    }
}

/// The same for the store.
#[must_use]
pub fn to_record(profile: RecordProfile) -> easien_store::RecordProfile {
    use easien_store::RecordStreams as Kept;
    easien_store::RecordProfile {
        streams: match profile.streams {
            RecordStreams::Both => Kept::Both,
            RecordStreams::Main => Kept::Main,
            RecordStreams::Sub => Kept::Sub,
            RecordStreams::Off => Kept::Off,
        },
        schedule: profile
            .schedule
            .into_iter()
            .map(|span| easien_store::WeekSpan {
                day: span.day,
                from_minute: span.from_minute,
                to_minute: span.to_minute,
            })
            .collect(),
        keep_days: profile.keep_days,
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

/// A remembered wall. A view that makes no sense is as if nobody had looked.
#[must_use]
pub fn wall(found: WallRemembered) -> WallMemory {
    let WallRemembered { wall, who, at } = found;
    let view = serde_json::from_value(wall.view).unwrap_or_default();
    WallMemory {
        window: wall.window,
        shape: wall.shape,
        tiles: wall.tiles,
        view,
        who: Some(who),
        at: Some(at),
    }
}

/// A layout.
#[must_use]
pub fn layout(row: LayoutRow) -> Layout {
    let LayoutRow { layout, owner, changed_by, changed } = row;
    Layout {
        id: layout.id,
        name: layout.name,
        shared: layout.shared,
        shape: layout.shape,
        cameras: layout.cameras,
        hotspot: layout.hotspot,
        edits: layout.edits,
        owner,
        changed_by,
        changed,
    }
}

/// A tour.
#[must_use]
pub fn tour(row: TourRow) -> Tour {
    let TourRow { tour, owner, changed_by, changed } = row;
    let step = |step: easien_store::TourStep| TourStep {
        layout: step.layout,
        page: step.page,
        dwell_s: step.dwell_s,
    };
    Tour {
        id: tour.id,
        name: tour.name,
        shared: tour.shared,
        steps: tour.steps.into_iter().map(step).collect(),
        edits: tour.edits,
        owner,
        changed_by,
        changed,
    }
}
