-- The whole schema as it stands after the newest migration, with what each thing is for. Nothing runs this file: the
-- database is built by the numbered migrations, and a test compares what they build with what is written here.
--
-- Conventions
--   ids      16 bytes, a UUID version 7 chosen by the client that creates the row; hex(id) shows it
--   times    INTEGER, microseconds since 1970-01-01T00:00:00 UTC; names end in _at. Local time only on the screen
--   dates    TEXT, YYYY-MM-DD, for what a law or a decision dates by day
--   JSON     TEXT, checked
--   folded   text for searching: no tone marks, no case, d for đ; made by the program (module `fold`)
--   people   by name as it stood then; until sign-in exists there is one local operator
--   delete   nothing that a person wrote is ever removed: triggers refuse it
-- The index of recordings is a file of its own: recordings/schema.sql.
-- PRAGMA application_id is 0x45615369 ("EaSi"), PRAGMA user_version the number of the newest migration.

-- One row a setting: the room's name, the operator, the language, seconds of a bookmark, how stills are written.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;

-- Proves which master key the passwords were sealed with: a known text, sealed. One row, replaced only while no
-- password is stored.
CREATE TABLE key_check (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    sealed BLOB NOT NULL CHECK (length(sealed) > 40)
) STRICT;

-- A commune or ward. Data, never an enum: units are merged, split and renamed by resolution, and what was filed under
-- the old one stays under it. An ended unit keeps its row and its name may be given to another.
CREATE TABLE unit (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    folded     TEXT NOT NULL,
    position   INTEGER NOT NULL DEFAULT 0,
    valid_from TEXT CHECK (valid_from IS date(valid_from)),   -- first day; NULL: since ever
    valid_to   TEXT CHECK (valid_to IS date(valid_to)),       -- first day no more; NULL: still
    CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to)
) STRICT;
CREATE UNIQUE INDEX unit_name ON unit (name) WHERE valid_to IS NULL;

-- What an incident, note or bookmark is about. Up to three levels; the code is for ever, the names are for people.
CREATE TABLE category (
    code        TEXT PRIMARY KEY CHECK (length(code) BETWEEN 1 AND 64 AND code NOT GLOB '*[^a-z0-9_.]*'),
    parent      TEXT REFERENCES category (code),
    name_vi     TEXT NOT NULL CHECK (length(name_vi) BETWEEN 1 AND 120),
    name_en     TEXT NOT NULL CHECK (length(name_en) BETWEEN 1 AND 120),
    legal_basis TEXT NOT NULL DEFAULT '' CHECK (length(legal_basis) <= 1000),   -- free text, e.g. a decree's article
    position    INTEGER NOT NULL DEFAULT 0,
    retired_at  INTEGER                                                         -- no more offered; still readable
) STRICT, WITHOUT ROWID;
CREATE INDEX category_parent ON category (parent, position);
-- A fourth level is refused: the parent's parent must be a first level.
CREATE TRIGGER category_depth BEFORE INSERT ON category
WHEN (SELECT grand.parent FROM category AS up JOIN category AS grand ON grand.code = up.parent WHERE up.code = NEW.parent) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a category has at most three levels'); END;
CREATE TRIGGER category_stays BEFORE UPDATE OF code, parent ON category
WHEN NEW.code IS NOT OLD.code OR NEW.parent IS NOT OLD.parent
BEGIN SELECT RAISE(ABORT, 'a category keeps its code and its parent'); END;
CREATE TRIGGER category_keep BEFORE DELETE ON category
BEGIN SELECT RAISE(ABORT, 'a category is retired, not deleted'); END;

-- One physical camera. Taken out of the room by deleted_at, so that its bookmarks, notes and stills stay readable.
CREATE TABLE camera (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    code       TEXT NOT NULL COLLATE NOCASE CHECK (length(code) BETWEEN 1 AND 16),   -- C017
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    folded     TEXT NOT NULL,                                 -- code, name and place, for searching
    unit       BLOB REFERENCES unit (id),
    place      TEXT NOT NULL CHECK (length(place) <= 200),    -- road, kilometre
    main_url   TEXT NOT NULL CHECK (length(main_url) BETWEEN 1 AND 2000),   -- without user and password
    sub_url    TEXT NOT NULL CHECK (length(sub_url) <= 2000),               -- the same; empty: one stream only
    username   TEXT NOT NULL CHECK (length(username) <= 128),               -- empty: none
    password   BLOB CHECK (length(password) > 40),            -- sealed for this row (module `secret`); NULL: none
    transport  TEXT CHECK (transport IN ('tcp', 'udp')),      -- NULL: TCP first, UDP when refused
    origin     BLOB NOT NULL CHECK (length(origin) = 32),     -- keyed digest of what the row was created from: tells
                                                              -- a retry from another use of the same id
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    deleted_at INTEGER,
    -- What is recorded of it: which streams, at which times of the week (JSON: [{"day":0,"from_minute":0,
    -- "to_minute":1440}, ...], local time, day 0 Monday; empty: around the clock), for how long (NULL: the room's).
    record     TEXT NOT NULL DEFAULT 'both' CHECK (record IN ('both', 'main', 'sub', 'off')),
    schedule   TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(schedule) AND json_type(schedule) = 'array'),
    keep_days  INTEGER CHECK (keep_days BETWEEN 1 AND 3650)
) STRICT;
CREATE UNIQUE INDEX camera_code ON camera (code) WHERE deleted_at IS NULL;
CREATE INDEX camera_unit ON camera (unit) WHERE unit IS NOT NULL;
CREATE TRIGGER camera_keep BEFORE DELETE ON camera
BEGIN SELECT RAISE(ABORT, 'a camera is taken out by deleted_at, not deleted'); END;
CREATE TRIGGER camera_stays BEFORE UPDATE OF id, origin, created_at ON camera
WHEN NEW.id IS NOT OLD.id OR NEW.origin IS NOT OLD.origin OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'a camera keeps its id and its origin'); END;

-- Who this station is, on its volumes and in its recordings. Made with the database, for ever.
CREATE TABLE station (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id   BLOB NOT NULL CHECK (length(id) = 16)
) STRICT;
CREATE TRIGGER station_stays BEFORE UPDATE ON station
BEGIN SELECT RAISE(ABORT, 'a station keeps its id'); END;
CREATE TRIGGER station_keep BEFORE DELETE ON station
BEGIN SELECT RAISE(ABORT, 'a station keeps its id'); END;

-- A place on a disk that recordings are written to, as a person set it. Known by its id, which also stands in a file in
-- the folder; the path is only where it was last.
CREATE TABLE volume (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    name          TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    path          TEXT NOT NULL CHECK (length(path) BETWEEN 1 AND 4096),
    quota_bytes   INTEGER CHECK (quota_bytes >= 0),           -- NULL: the whole disk, less the reserve
    reserve_bytes INTEGER NOT NULL CHECK (reserve_bytes >= 0),
    enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    removed_at    INTEGER                                     -- forgotten; may be put back
) STRICT;
CREATE TRIGGER volume_keep BEFORE DELETE ON volume
BEGIN SELECT RAISE(ABORT, 'a volume is forgotten by removed_at, not deleted'); END;
CREATE TRIGGER volume_stays BEFORE UPDATE OF id, created_at ON volume
WHEN NEW.id IS NOT OLD.id OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'a volume keeps its id'); END;

-- Where a camera's road goes on, in the order of the keys that lead there. Data that people edit; the audit has what
-- stood before.
CREATE TABLE neighbour (
    camera    BLOB NOT NULL REFERENCES camera (id),
    position  INTEGER NOT NULL CHECK (position BETWEEN 0 AND 7),
    next      BLOB NOT NULL REFERENCES camera (id),
    seconds   INTEGER NOT NULL CHECK (seconds BETWEEN 0 AND 3600),   -- about how long one drives there
    direction TEXT NOT NULL CHECK (length(direction) <= 120),        -- which way; may be empty
    PRIMARY KEY (camera, position),
    UNIQUE (camera, next),
    CHECK (camera <> next)
) STRICT, WITHOUT ROWID;
CREATE INDEX neighbour_next ON neighbour (next);

-- A saved layout of the wall: its shape and which camera stands where. Data that people edit; the audit says who did
-- what. `edits` counts the changes: who changes it says which count he saw. A deleted one can come back, and is what a
-- tour's step still points at. One that is not shared is its owner's alone.
CREATE TABLE layout (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    owner      TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 120),
    shared     INTEGER NOT NULL CHECK (shared IN (0, 1)),
    shape      TEXT NOT NULL CHECK (json_valid(shape)),           -- {"form":"1+5","cells":null}, see model::WallShape
    tiles      INTEGER NOT NULL CHECK (tiles BETWEEN 0 AND 256),  -- length of the list of cameras, over all its pages
    hotspot    INTEGER CHECK (hotspot BETWEEN 0 AND 63),          -- the tile that follows the chosen camera
    position   INTEGER NOT NULL,                                  -- its place in the list
    edits      INTEGER NOT NULL CHECK (edits > 0),
    changed_by TEXT NOT NULL CHECK (length(changed_by) BETWEEN 1 AND 120),
    changed_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX layout_name ON layout (name, iif(shared, '', owner)) WHERE deleted_at IS NULL;
-- Its cameras; an empty tile has no row.
CREATE TABLE layout_tile (
    layout BLOB NOT NULL REFERENCES layout (id),
    tile   INTEGER NOT NULL CHECK (tile BETWEEN 0 AND 255),
    camera BLOB NOT NULL REFERENCES camera (id),
    PRIMARY KEY (layout, tile)
) STRICT, WITHOUT ROWID;
CREATE INDEX layout_tile_camera ON layout_tile (camera);

-- Layouts shown in turn. As with layouts.
CREATE TABLE tour (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    owner      TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 120),
    shared     INTEGER NOT NULL CHECK (shared IN (0, 1)),
    position   INTEGER NOT NULL,
    edits      INTEGER NOT NULL CHECK (edits > 0),
    changed_by TEXT NOT NULL CHECK (length(changed_by) BETWEEN 1 AND 120),
    changed_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX tour_name ON tour (name, iif(shared, '', owner)) WHERE deleted_at IS NULL;
CREATE TABLE tour_step (
    tour    BLOB NOT NULL REFERENCES tour (id),
    step    INTEGER NOT NULL CHECK (step BETWEEN 0 AND 63),
    layout  BLOB NOT NULL REFERENCES layout (id),
    page    INTEGER CHECK (page BETWEEN 0 AND 255),                -- NULL: each of its pages in turn
    dwell_s INTEGER NOT NULL CHECK (dwell_s BETWEEN 3 AND 3600),   -- how long a page stands
    PRIMARY KEY (tour, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX tour_step_layout ON tour_step (layout);

-- What each window showed last, for its next start; under names that no window has, what stands beside that: what was
-- taken off it, all cameras in their order, what was there before a tour, how the shift started.
CREATE TABLE wall (
    window     TEXT PRIMARY KEY CHECK (length(window) BETWEEN 1 AND 64),
    shape      TEXT NOT NULL CHECK (json_valid(shape)),                               -- as in layout
    tiles      INTEGER NOT NULL CHECK (tiles BETWEEN 0 AND 256),                      -- length of the remembered list
    view       TEXT NOT NULL CHECK (json_valid(view) AND length(view) <= 65536),      -- page, focus, tour ...: the page's own
    changed_by TEXT NOT NULL CHECK (length(changed_by) BETWEEN 1 AND 120),
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Its tiles; an empty tile has no row.
CREATE TABLE wall_tile (
    window TEXT NOT NULL REFERENCES wall (window) ON DELETE CASCADE,
    tile   INTEGER NOT NULL CHECK (tile BETWEEN 0 AND 255),
    camera BLOB NOT NULL REFERENCES camera (id),
    PRIMARY KEY (window, tile)
) STRICT, WITHOUT ROWID;
CREATE INDEX wall_tile_camera ON wall_tile (camera);

-- A marked clip [start_at, end_at) on the cameras of bookmark_camera. It marks; alone it does not protect a recording.
-- Title, category, tags and note are the newest edit's; moment, interval, cameras and author never change.
CREATE TABLE bookmark (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    at         INTEGER NOT NULL,                              -- the moment marked
    start_at   INTEGER NOT NULL,
    end_at     INTEGER NOT NULL,
    title      TEXT NOT NULL DEFAULT '' CHECK (length(title) <= 200),
    category   TEXT REFERENCES category (code),
    tags       TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags) AND json_type(tags) = 'array'),
    note       TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 10000),
    author     TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    origin     BLOB NOT NULL CHECK (length(origin) = 32),     -- as in camera
    created_at INTEGER NOT NULL,
    edits      INTEGER NOT NULL DEFAULT 0 CHECK (edits >= 0), -- how often it was edited after it was made
    colour     TEXT NOT NULL DEFAULT '' CHECK (length(colour) <= 16),   -- its name; empty: none
    folded     TEXT NOT NULL DEFAULT '',                      -- title, tags and note, for searching
    -- Taken out of the lists: when, by whom, why. Once, and never undone; the row stays readable.
    hidden_at     INTEGER,
    hidden_by     TEXT CHECK (ifnull(length(hidden_by), 1) BETWEEN 1 AND 120 AND (hidden_by IS NULL) = (hidden_at IS NULL)),
    hidden_reason TEXT CHECK (ifnull(length(hidden_reason), 1) BETWEEN 1 AND 1000 AND (hidden_reason IS NULL) = (hidden_at IS NULL)),
    CHECK (start_at <= at AND at <= end_at AND start_at < end_at)
) STRICT;
CREATE INDEX bookmark_at ON bookmark (at, id);
CREATE INDEX bookmark_shown ON bookmark (at, id, hidden_at) WHERE hidden_at IS NULL;
CREATE INDEX bookmark_category ON bookmark (category, at, id) WHERE category IS NOT NULL;
CREATE INDEX bookmark_author ON bookmark (author, at, id);
CREATE TRIGGER bookmark_keep BEFORE DELETE ON bookmark
BEGIN SELECT RAISE(ABORT, 'a bookmark is not deleted'); END;
CREATE TRIGGER bookmark_stays BEFORE UPDATE OF id, at, start_at, end_at, author, origin, created_at ON bookmark
BEGIN SELECT RAISE(ABORT, 'a bookmark keeps its moment and its author'); END;
CREATE TRIGGER bookmark_hidden BEFORE UPDATE OF hidden_at, hidden_by, hidden_reason ON bookmark
WHEN OLD.hidden_at IS NOT NULL OR NEW.hidden_by IS NULL OR NEW.hidden_reason IS NULL
BEGIN SELECT RAISE(ABORT, 'a bookmark is hidden once, by somebody, for a reason'); END;
-- A bookmark's cameras in the order they were given.
CREATE TABLE bookmark_camera (
    bookmark BLOB NOT NULL REFERENCES bookmark (id),
    position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 63),
    camera   BLOB NOT NULL REFERENCES camera (id),
    PRIMARY KEY (bookmark, position),
    UNIQUE (bookmark, camera)
) STRICT, WITHOUT ROWID;
CREATE INDEX bookmark_camera_camera ON bookmark_camera (camera);
CREATE TRIGGER bookmark_camera_stays BEFORE UPDATE ON bookmark_camera
BEGIN SELECT RAISE(ABORT, 'a bookmark keeps its cameras'); END;
CREATE TRIGGER bookmark_camera_keep BEFORE DELETE ON bookmark_camera
BEGIN SELECT RAISE(ABORT, 'a bookmark keeps its cameras'); END;
-- Everything that a bookmark ever said, as it was written; number 1 is the first: what it was made with, if it said
-- anything then. Append-only.
CREATE TABLE bookmark_edit (
    bookmark  BLOB NOT NULL REFERENCES bookmark (id),
    number    INTEGER NOT NULL CHECK (number >= 1),
    title     TEXT NOT NULL,
    category  TEXT REFERENCES category (code),
    tags      TEXT NOT NULL CHECK (json_valid(tags)),
    note      TEXT NOT NULL,
    author    TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    edited_at INTEGER NOT NULL,
    colour    TEXT NOT NULL DEFAULT '' CHECK (length(colour) <= 16),
    PRIMARY KEY (bookmark, number)
) STRICT;
CREATE INDEX bookmark_edit_category ON bookmark_edit (category) WHERE category IS NOT NULL;
CREATE TRIGGER bookmark_edit_stays BEFORE UPDATE ON bookmark_edit
BEGIN SELECT RAISE(ABORT, 'a bookmark''s history is append-only'); END;
CREATE TRIGGER bookmark_edit_keep BEFORE DELETE ON bookmark_edit
BEGIN SELECT RAISE(ABORT, 'a bookmark''s history is append-only'); END;

-- Text by a person at a time. Append-only: a later correction is a row of its own. `seq` only gives the row a number
-- that cannot be taken again.
CREATE TABLE note (
    seq        INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    text       TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 10000),
    camera     BLOB REFERENCES camera (id),                   -- what it is about, if a camera
    at         INTEGER NOT NULL,                              -- the moment it is about
    category   TEXT REFERENCES category (code),
    author     TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    created_at INTEGER NOT NULL,
    in_incident INTEGER NOT NULL DEFAULT 0 CHECK (in_incident IN (0, 1))   -- of an incident's chronology, not of the feed
) STRICT;
CREATE INDEX note_at ON note (at, id);
CREATE INDEX note_feed ON note (at, id, in_incident) WHERE in_incident = 0;
CREATE INDEX note_camera ON note (camera, at) WHERE camera IS NOT NULL;
CREATE INDEX note_category ON note (category) WHERE category IS NOT NULL;
CREATE TRIGGER note_stays BEFORE UPDATE ON note
BEGIN SELECT RAISE(ABORT, 'notes are append-only'); END;
CREATE TRIGGER note_keep BEFORE DELETE ON note
BEGIN SELECT RAISE(ABORT, 'notes are append-only'); END;
-- INSERT OR REPLACE deletes without asking the trigger above; this one it must pass.
CREATE TRIGGER note_replace BEFORE INSERT ON note
WHEN EXISTS (SELECT 1 FROM note WHERE seq = NEW.seq OR id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'notes are append-only'); END;

-- A full-resolution picture from a stream. The file lies in the data folder's `stills`; the row says what it must be.
CREATE TABLE still (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    camera          BLOB NOT NULL REFERENCES camera (id),
    stream          TEXT NOT NULL CHECK (stream IN ('main', 'sub')),
    at              INTEGER NOT NULL,                         -- when the picture arrived
    clock_offset_us INTEGER,                                  -- camera's clock minus the station's; NULL: not known
    width_px        INTEGER NOT NULL CHECK (width_px BETWEEN 1 AND 65535),
    height_px       INTEGER NOT NULL CHECK (height_px BETWEEN 1 AND 65535),
    file            TEXT NOT NULL UNIQUE CHECK (length(file) BETWEEN 1 AND 255),   -- relative to `stills`
    bytes           INTEGER NOT NULL CHECK (bytes > 0),
    sha256          BLOB NOT NULL CHECK (length(sha256) = 32),   -- of the file
    author          TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    created_at      INTEGER NOT NULL,
    thumbnail       BLOB NOT NULL CHECK (length(thumbnail) <= 262144)   -- a small JPEG
) STRICT;
CREATE INDEX still_at ON still (at, id);
CREATE INDEX still_camera ON still (camera, at);
CREATE TRIGGER still_stays BEFORE UPDATE ON still
BEGIN SELECT RAISE(ABORT, 'a still is not changed'); END;
CREATE TRIGGER still_keep BEFORE DELETE ON still
BEGIN SELECT RAISE(ABORT, 'a still is not deleted'); END;

-- A camera was lost and, once back_at is set, came back. Written by the station itself, so it has no audit row; it is
-- guarded instead: what is written stays, and back_at is set once.
CREATE TABLE camera_event (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    camera  BLOB NOT NULL REFERENCES camera (id),
    lost_at INTEGER NOT NULL,
    back_at INTEGER CHECK (back_at >= lost_at),               -- NULL: still lost
    reason  TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 40)   -- a LossReason of the program, snake_case
) STRICT;
CREATE INDEX camera_event_at ON camera_event (lost_at, id);
CREATE INDEX camera_event_camera ON camera_event (camera, lost_at);
CREATE UNIQUE INDEX camera_event_open ON camera_event (camera) WHERE back_at IS NULL;
CREATE TRIGGER camera_event_stays BEFORE UPDATE ON camera_event
WHEN OLD.back_at IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.camera IS NOT OLD.camera
    OR NEW.lost_at IS NOT OLD.lost_at OR NEW.reason IS NOT OLD.reason
BEGIN SELECT RAISE(ABORT, 'a camera event is only closed, once'); END;
CREATE TRIGGER camera_event_keep BEFORE DELETE ON camera_event
BEGIN SELECT RAISE(ABORT, 'a camera event is not deleted'); END;

-- Protects footage from retention: these cameras, [start_at, end_at), until it is lifted or until_at is past.
CREATE TABLE hold (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    start_at      INTEGER NOT NULL,
    end_at        INTEGER NOT NULL,
    reason        TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    until_at      INTEGER,
    bookmark      BLOB REFERENCES bookmark (id),
    author        TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    created_at    INTEGER NOT NULL,
    lifted_at     INTEGER,
    lifted_by     TEXT CHECK (length(lifted_by) BETWEEN 1 AND 120),
    lifted_reason TEXT CHECK (length(lifted_reason) BETWEEN 1 AND 1000),
    CHECK (start_at < end_at),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lifted_reason IS NULL))
) STRICT;
CREATE INDEX hold_created ON hold (created_at, id);
CREATE INDEX hold_standing ON hold (created_at, id) WHERE lifted_at IS NULL;
CREATE INDEX hold_start ON hold (start_at, end_at) WHERE lifted_at IS NULL;
CREATE INDEX hold_until ON hold (until_at) WHERE lifted_at IS NULL;
CREATE INDEX hold_bookmark ON hold (bookmark) WHERE bookmark IS NOT NULL;
CREATE TRIGGER hold_stays BEFORE UPDATE ON hold
WHEN OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL OR NEW.id IS NOT OLD.id OR NEW.start_at IS NOT OLD.start_at
    OR NEW.end_at IS NOT OLD.end_at OR NEW.reason IS NOT OLD.reason OR NEW.until_at IS NOT OLD.until_at
    OR NEW.bookmark IS NOT OLD.bookmark OR NEW.author IS NOT OLD.author OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'a hold is only lifted, once'); END;
CREATE TRIGGER hold_keep BEFORE DELETE ON hold
BEGIN SELECT RAISE(ABORT, 'a hold is lifted, not deleted'); END;
CREATE TRIGGER hold_replace BEFORE INSERT ON hold
WHEN EXISTS (SELECT 1 FROM hold WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a hold is not replaced'); END;
-- A hold's cameras in the order they were given.
CREATE TABLE hold_camera (
    hold     BLOB NOT NULL REFERENCES hold (id),
    position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 63),
    camera   BLOB NOT NULL REFERENCES camera (id),
    PRIMARY KEY (hold, position),
    UNIQUE (hold, camera)
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_camera_camera ON hold_camera (camera);
CREATE TRIGGER hold_camera_stays BEFORE UPDATE ON hold_camera
BEGIN SELECT RAISE(ABORT, 'a hold keeps its cameras'); END;
CREATE TRIGGER hold_camera_keep BEFORE DELETE ON hold_camera
BEGIN SELECT RAISE(ABORT, 'a hold keeps its cameras'); END;

-- An abnormal state that wants a person. The station writes it, nobody orders it; taking note of it is a person's act
-- and stands in the audit. One that stands is not raised a second time.
CREATE TABLE alarm (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    priority        TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    camera          BLOB REFERENCES camera (id),
    volume          BLOB CHECK (length(volume) = 16),
    subject         TEXT NOT NULL CHECK (length(subject) <= 200),    -- name of the volume then, a count, seconds
    detail          TEXT NOT NULL CHECK (length(detail) <= 4000),
    raised_at       INTEGER NOT NULL,
    cleared_at      INTEGER CHECK (cleared_at >= raised_at),         -- NULL: it stands
    acknowledged_at INTEGER,
    acknowledged_by TEXT CHECK (length(acknowledged_by) BETWEEN 1 AND 120),
    topic           TEXT NOT NULL DEFAULT '' CHECK (length(topic) <= 64),   -- tells apart what stands of one kind: the
                                                                     -- first of its cameras
    shared          TEXT CHECK (shared IS NULL OR json_valid(shared)),   -- what its cameras have in common, as on the wire
    comment         TEXT NOT NULL DEFAULT '' CHECK (length(comment) <= 1000),   -- by who took note, then
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
) STRICT;
CREATE INDEX alarm_at ON alarm (raised_at, id);
CREATE INDEX alarm_camera ON alarm (camera, raised_at) WHERE camera IS NOT NULL;
CREATE UNIQUE INDEX alarm_standing ON alarm (kind, ifnull(camera, x''), ifnull(volume, x''), topic) WHERE cleared_at IS NULL;
CREATE INDEX alarm_kind ON alarm (kind, raised_at);
CREATE INDEX alarm_unseen ON alarm (raised_at, id) WHERE acknowledged_at IS NULL OR cleared_at IS NULL;
CREATE TRIGGER alarm_stays BEFORE UPDATE ON alarm
WHEN NEW.id IS NOT OLD.id OR NEW.kind IS NOT OLD.kind OR NEW.priority IS NOT OLD.priority OR NEW.camera IS NOT OLD.camera
    OR NEW.volume IS NOT OLD.volume OR NEW.subject IS NOT OLD.subject OR NEW.detail IS NOT OLD.detail
    OR NEW.raised_at IS NOT OLD.raised_at OR NEW.topic IS NOT OLD.topic
    OR (OLD.cleared_at IS NOT NULL AND (NEW.cleared_at IS NOT OLD.cleared_at OR NEW.shared IS NOT OLD.shared))
    OR (NEW.comment IS NOT OLD.comment AND (OLD.acknowledged_at IS NOT NULL OR NEW.acknowledged_at IS NULL))
    OR (OLD.acknowledged_at IS NOT NULL
        AND (NEW.acknowledged_at IS NOT OLD.acknowledged_at OR NEW.acknowledged_by IS NOT OLD.acknowledged_by))
BEGIN SELECT RAISE(ABORT, 'an alarm is only cleared and acknowledged, once each'); END;
CREATE TRIGGER alarm_keep BEFORE DELETE ON alarm
BEGIN SELECT RAISE(ABORT, 'an alarm is not deleted'); END;
CREATE TRIGGER alarm_replace BEFORE INSERT ON alarm
WHEN EXISTS (SELECT 1 FROM alarm WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'an alarm is not replaced'); END;
-- The cameras of an alarm that is about several, or may grow. Kept up while it stands, then for ever.
CREATE TABLE alarm_member (
    alarm   BLOB NOT NULL REFERENCES alarm (id),
    camera  BLOB NOT NULL REFERENCES camera (id),
    lost_at INTEGER NOT NULL,                                 -- the newest time, if it was several times
    back_at INTEGER CHECK (back_at >= lost_at),               -- NULL: still in trouble
    reason  TEXT CHECK (length(reason) BETWEEN 1 AND 40),           -- as in camera_event; NULL: not known
    PRIMARY KEY (alarm, camera)
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_member_camera ON alarm_member (camera, alarm);
CREATE TRIGGER alarm_member_stays BEFORE UPDATE ON alarm_member
WHEN NEW.alarm IS NOT OLD.alarm OR NEW.camera IS NOT OLD.camera
    OR EXISTS (SELECT 1 FROM alarm WHERE id = OLD.alarm AND cleared_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'the cameras of an alarm that is over are not changed'); END;
CREATE TRIGGER alarm_member_late BEFORE INSERT ON alarm_member
WHEN EXISTS (SELECT 1 FROM alarm WHERE id = NEW.alarm AND cleared_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'the cameras of an alarm that is over are not changed'); END;
CREATE TRIGGER alarm_member_keep BEFORE DELETE ON alarm_member
BEGIN SELECT RAISE(ABORT, 'a camera stays in its alarm'); END;

-- A case file. Its number is PREFIX-year-sequence (ES-2026-0142): one sequence a year, never given twice, also kept in the
-- file `numbers` beside the database. The sheet is the newest edit's, the state the newest step's. Cancelled or merged,
-- never deleted.
CREATE TABLE incident (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    prefix       TEXT NOT NULL CHECK (length(prefix) BETWEEN 1 AND 6 AND prefix NOT GLOB '*[^A-Z0-9]*'),
    year         INTEGER NOT NULL CHECK (year BETWEEN 2000 AND 9999),
    sequence     INTEGER NOT NULL CHECK (sequence >= 1),
    title        TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    category     TEXT REFERENCES category (code),
    severity     INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 4),   -- low, medium, high, critical
    source       TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 40),
    detected_at  INTEGER NOT NULL,                            -- when the room learned of it
    occurred_at  INTEGER,
    ended_at     INTEGER,
    unit         BLOB REFERENCES unit (id),
    road         TEXT NOT NULL CHECK (length(road) <= 200),
    place        TEXT NOT NULL CHECK (length(place) <= 200),
    forces       TEXT NOT NULL CHECK (length(forces) <= 2000),
    outcome      TEXT CHECK (length(outcome) BETWEEN 1 AND 40),
    outcome_note TEXT NOT NULL CHECK (length(outcome_note) <= 10000),
    forms        TEXT NOT NULL CHECK (json_valid(forms) AND json_type(forms) = 'array'),   -- related paper forms
    folded       TEXT NOT NULL,                               -- number, title, road and place, for searching
    edits        INTEGER NOT NULL DEFAULT 0 CHECK (edits >= 0),   -- how often its sheet was changed
    state        TEXT NOT NULL CHECK (state IN ('new', 'verifying', 'handling', 'waiting', 'closed', 'reopened', 'cancelled')),
    state_at     INTEGER NOT NULL,
    opened_by    TEXT NOT NULL CHECK (length(opened_by) BETWEEN 1 AND 120),
    opened_at    INTEGER NOT NULL,
    approved_by  TEXT CHECK (length(approved_by) BETWEEN 1 AND 120),  -- who closed it last, and when
    closed_at    INTEGER,
    merged_into  BLOB REFERENCES incident (id),               -- the incident that this duplicate became part of
    origin       BLOB NOT NULL CHECK (length(origin) = 32),   -- as in camera
    CHECK ((approved_by IS NULL) = (closed_at IS NULL)),
    CHECK (merged_into IS NULL OR (state = 'cancelled' AND merged_into <> id))
) STRICT;
CREATE UNIQUE INDEX incident_number ON incident (year, sequence);
CREATE INDEX incident_detected ON incident (detected_at, id);
CREATE INDEX incident_opened ON incident (opened_at, id);
CREATE INDEX incident_state ON incident (state, detected_at, id);
CREATE INDEX incident_category ON incident (category, detected_at, id) WHERE category IS NOT NULL;
CREATE INDEX incident_unit ON incident (unit, detected_at, id) WHERE unit IS NOT NULL;
CREATE INDEX incident_severity ON incident (severity, detected_at, id);
CREATE INDEX incident_merged ON incident (merged_into) WHERE merged_into IS NOT NULL;
CREATE TRIGGER incident_stays BEFORE UPDATE ON incident
WHEN NEW.id IS NOT OLD.id OR NEW.prefix IS NOT OLD.prefix OR NEW.year IS NOT OLD.year OR NEW.sequence IS NOT OLD.sequence
    OR NEW.opened_by IS NOT OLD.opened_by OR NEW.opened_at IS NOT OLD.opened_at OR NEW.origin IS NOT OLD.origin
    OR NEW.edits < OLD.edits OR OLD.state = 'cancelled'
BEGIN SELECT RAISE(ABORT, 'an incident keeps its number and who opened it, and what is cancelled stays so'); END;
CREATE TRIGGER incident_over BEFORE UPDATE OF title, category, severity, source, detected_at, occurred_at, ended_at, unit, road,
    place, forces, outcome, outcome_note, forms ON incident
WHEN OLD.state IN ('closed', 'cancelled') OR NEW.edits IS NOT OLD.edits + 1
BEGIN SELECT RAISE(ABORT, 'the sheet of an incident that is over stays, and every change is counted'); END;
CREATE TRIGGER incident_keep BEFORE DELETE ON incident
BEGIN SELECT RAISE(ABORT, 'an incident is cancelled, not deleted'); END;
CREATE TRIGGER incident_replace BEFORE INSERT ON incident
WHEN EXISTS (SELECT 1 FROM incident WHERE id = NEW.id OR (year = NEW.year AND sequence = NEW.sequence))
BEGIN SELECT RAISE(ABORT, 'an incident is not replaced'); END;

-- Everything that an incident's sheet ever said, as JSON; number 0 is what it was opened with. Append-only.
CREATE TABLE incident_edit (
    incident  BLOB NOT NULL REFERENCES incident (id),
    number    INTEGER NOT NULL CHECK (number >= 0),
    sheet     TEXT NOT NULL CHECK (json_valid(sheet)),
    author    TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    edited_at INTEGER NOT NULL,
    PRIMARY KEY (incident, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER incident_edit_stays BEFORE UPDATE ON incident_edit
BEGIN SELECT RAISE(ABORT, 'an incident''s history is append-only'); END;
CREATE TRIGGER incident_edit_keep BEFORE DELETE ON incident_edit
BEGIN SELECT RAISE(ABORT, 'an incident''s history is append-only'); END;
CREATE TRIGGER incident_edit_replace BEFORE INSERT ON incident_edit
WHEN EXISTS (SELECT 1 FROM incident_edit WHERE incident = NEW.incident AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'an incident''s history is append-only'); END;

-- The states that an incident went through; number 0 is its opening. Append-only.
CREATE TABLE incident_step (
    incident   BLOB NOT NULL REFERENCES incident (id),
    number     INTEGER NOT NULL CHECK (number >= 0),
    from_state TEXT CHECK (length(from_state) BETWEEN 1 AND 40),
    to_state   TEXT NOT NULL CHECK (length(to_state) BETWEEN 1 AND 40),
    reason     TEXT NOT NULL CHECK (length(reason) <= 1000),
    author     TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    moved_at   INTEGER NOT NULL,
    PRIMARY KEY (incident, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER incident_step_stays BEFORE UPDATE ON incident_step
BEGIN SELECT RAISE(ABORT, 'an incident''s steps are append-only'); END;
CREATE TRIGGER incident_step_keep BEFORE DELETE ON incident_step
BEGIN SELECT RAISE(ABORT, 'an incident''s steps are append-only'); END;
CREATE TRIGGER incident_step_replace BEFORE INSERT ON incident_step
WHEN EXISTS (SELECT 1 FROM incident_step WHERE incident = NEW.incident AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'an incident''s steps are append-only'); END;

-- An incident's chronology: its notes, and which of them corrects which. A note is corrected once; the correction may be
-- corrected. Append-only.
CREATE TABLE incident_note (
    note     BLOB PRIMARY KEY REFERENCES note (id),
    incident BLOB NOT NULL REFERENCES incident (id),
    corrects BLOB UNIQUE REFERENCES note (id),
    folded   TEXT NOT NULL,
    CHECK (corrects IS NULL OR corrects <> note)
) STRICT;
CREATE INDEX incident_note_incident ON incident_note (incident, note);
CREATE TRIGGER incident_note_stays BEFORE UPDATE ON incident_note
BEGIN SELECT RAISE(ABORT, 'an incident''s notes are append-only'); END;
CREATE TRIGGER incident_note_keep BEFORE DELETE ON incident_note
BEGIN SELECT RAISE(ABORT, 'an incident''s notes are append-only'); END;
CREATE TRIGGER incident_note_replace BEFORE INSERT ON incident_note
WHEN EXISTS (SELECT 1 FROM incident_note WHERE note = NEW.note OR corrects = NEW.corrects)
BEGIN SELECT RAISE(ABORT, 'an incident''s notes are append-only'); END;
CREATE TRIGGER incident_note_over BEFORE INSERT ON incident_note
WHEN (SELECT state FROM incident WHERE id = NEW.incident) IN ('closed', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'nothing is written into an incident that is over'); END;

-- What belongs to an incident: footage, bookmarks, stills, related incidents (one row for both). Taken away once, with who
-- and why; the row stays.
CREATE TABLE incident_link (
    seq            INTEGER PRIMARY KEY,
    incident       BLOB NOT NULL REFERENCES incident (id),
    kind           TEXT NOT NULL CHECK (kind IN ('footage', 'bookmark', 'still', 'incident')),
    camera         BLOB REFERENCES camera (id),
    start_at       INTEGER,
    end_at         INTEGER,
    bookmark       BLOB REFERENCES bookmark (id),
    still          BLOB REFERENCES still (id),
    other          BLOB REFERENCES incident (id),
    author         TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    created_at     INTEGER NOT NULL,
    removed_at     INTEGER,
    removed_by     TEXT CHECK (ifnull(length(removed_by), 1) BETWEEN 1 AND 120 AND (removed_by IS NULL) = (removed_at IS NULL)),
    removed_reason TEXT CHECK (ifnull(length(removed_reason), 1) BETWEEN 1 AND 1000 AND (removed_reason IS NULL) = (removed_at IS NULL)),
    CHECK ((kind = 'footage') = (camera IS NOT NULL) AND (kind = 'footage') = (start_at IS NOT NULL)
        AND (kind = 'footage') = (end_at IS NOT NULL) AND (kind = 'bookmark') = (bookmark IS NOT NULL)
        AND (kind = 'still') = (still IS NOT NULL) AND (kind = 'incident') = (other IS NOT NULL)),
    CHECK (start_at IS NULL OR start_at < end_at),
    CHECK (other IS NULL OR other <> incident)
) STRICT;
CREATE UNIQUE INDEX incident_link_standing ON incident_link (incident, kind, ifnull(camera, x''), ifnull(start_at, 0),
    ifnull(end_at, 0), ifnull(bookmark, x''), ifnull(still, x''), ifnull(other, x'')) WHERE removed_at IS NULL;
CREATE INDEX incident_link_incident ON incident_link (incident, seq);
CREATE INDEX incident_link_camera ON incident_link (camera, incident) WHERE camera IS NOT NULL;
CREATE INDEX incident_link_bookmark ON incident_link (bookmark, incident) WHERE bookmark IS NOT NULL;
CREATE INDEX incident_link_still ON incident_link (still, incident) WHERE still IS NOT NULL;
CREATE INDEX incident_link_other ON incident_link (other, incident) WHERE other IS NOT NULL;
CREATE TRIGGER incident_link_stays BEFORE UPDATE ON incident_link
WHEN OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL OR NEW.seq IS NOT OLD.seq OR NEW.incident IS NOT OLD.incident
    OR NEW.kind IS NOT OLD.kind OR NEW.camera IS NOT OLD.camera OR NEW.start_at IS NOT OLD.start_at
    OR NEW.end_at IS NOT OLD.end_at OR NEW.bookmark IS NOT OLD.bookmark OR NEW.still IS NOT OLD.still
    OR NEW.other IS NOT OLD.other OR NEW.author IS NOT OLD.author OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'what belongs to an incident is only taken away, once'); END;
CREATE TRIGGER incident_link_keep BEFORE DELETE ON incident_link
BEGIN SELECT RAISE(ABORT, 'what belongs to an incident is taken away by removed_at, not deleted'); END;
CREATE TRIGGER incident_link_replace BEFORE INSERT ON incident_link
WHEN EXISTS (SELECT 1 FROM incident_link WHERE seq = NEW.seq) OR EXISTS (
    SELECT 1 FROM incident_link WHERE incident = NEW.incident AND removed_at IS NULL AND kind = NEW.kind
        AND camera IS NEW.camera AND start_at IS NEW.start_at AND end_at IS NEW.end_at
        AND bookmark IS NEW.bookmark AND still IS NEW.still AND other IS NEW.other)
BEGIN SELECT RAISE(ABORT, 'what belongs to an incident is not replaced'); END;

-- The holds that protect what belongs to an incident; the newest one of a link counts. Holds do not change: on closing the
-- one that stands is lifted and another placed with its end. Append-only.
CREATE TABLE incident_hold (
    seq  INTEGER PRIMARY KEY,
    link INTEGER NOT NULL REFERENCES incident_link (seq),
    hold BLOB NOT NULL UNIQUE REFERENCES hold (id)
) STRICT;
CREATE INDEX incident_hold_link ON incident_hold (link, seq);
CREATE TRIGGER incident_hold_stays BEFORE UPDATE ON incident_hold
BEGIN SELECT RAISE(ABORT, 'an incident''s holds are append-only'); END;
CREATE TRIGGER incident_hold_keep BEFORE DELETE ON incident_hold
BEGIN SELECT RAISE(ABORT, 'an incident''s holds are append-only'); END;
CREATE TRIGGER incident_hold_replace BEFORE INSERT ON incident_hold
WHEN EXISTS (SELECT 1 FROM incident_hold WHERE seq = NEW.seq OR hold = NEW.hold)
BEGIN SELECT RAISE(ABORT, 'an incident''s holds are append-only'); END;

-- A person or a vehicle that an incident is about, as written last.
CREATE TABLE subject (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    incident      BLOB NOT NULL REFERENCES incident (id),
    kind          TEXT NOT NULL CHECK (kind IN ('person', 'vehicle')),
    plate         TEXT NOT NULL CHECK (length(plate) <= 20),
    plate_folded  TEXT NOT NULL CHECK (plate_folded NOT GLOB '*[^A-Z0-9]*'),   -- 47K112345, for searching
    colour        TEXT NOT NULL CHECK (length(colour) <= 40),
    description   TEXT NOT NULL CHECK (length(description) <= 1000),
    folded        TEXT NOT NULL,
    author        TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    created_at    INTEGER NOT NULL,
    edits         INTEGER NOT NULL DEFAULT 0 CHECK (edits >= 0),
    hidden_at     INTEGER,
    hidden_by     TEXT CHECK (ifnull(length(hidden_by), 1) BETWEEN 1 AND 120 AND (hidden_by IS NULL) = (hidden_at IS NULL)),
    hidden_reason TEXT CHECK (ifnull(length(hidden_reason), 1) BETWEEN 1 AND 1000 AND (hidden_reason IS NULL) = (hidden_at IS NULL)),
    CHECK (plate <> '' OR description <> '')
) STRICT;
CREATE INDEX subject_incident ON subject (incident, created_at, id);
CREATE INDEX subject_plate ON subject (plate_folded, incident) WHERE plate_folded <> '';
CREATE TRIGGER subject_stays BEFORE UPDATE ON subject
WHEN OLD.hidden_at IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.incident IS NOT OLD.incident OR NEW.author IS NOT OLD.author
    OR NEW.created_at IS NOT OLD.created_at
    OR ((NEW.kind IS NOT OLD.kind OR NEW.plate IS NOT OLD.plate OR NEW.colour IS NOT OLD.colour
        OR NEW.description IS NOT OLD.description) AND NEW.edits IS NOT OLD.edits + 1)
    OR NEW.edits < OLD.edits
BEGIN SELECT RAISE(ABORT, 'every change of a subject is counted, and one that is taken away stays as it was'); END;
CREATE TRIGGER subject_keep BEFORE DELETE ON subject
BEGIN SELECT RAISE(ABORT, 'a subject is taken away by hidden_at, not deleted'); END;
CREATE TRIGGER subject_replace BEFORE INSERT ON subject
WHEN EXISTS (SELECT 1 FROM subject WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a subject is not replaced'); END;

-- Everything that was ever written of a subject; number 0 is the first. Append-only.
CREATE TABLE subject_edit (
    subject     BLOB NOT NULL REFERENCES subject (id),
    number      INTEGER NOT NULL CHECK (number >= 0),
    kind        TEXT NOT NULL,
    plate       TEXT NOT NULL,
    colour      TEXT NOT NULL,
    description TEXT NOT NULL,
    author      TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    edited_at   INTEGER NOT NULL,
    PRIMARY KEY (subject, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER subject_edit_stays BEFORE UPDATE ON subject_edit
BEGIN SELECT RAISE(ABORT, 'a subject''s history is append-only'); END;
CREATE TRIGGER subject_edit_keep BEFORE DELETE ON subject_edit
BEGIN SELECT RAISE(ABORT, 'a subject''s history is append-only'); END;
CREATE TRIGGER subject_edit_replace BEFORE INSERT ON subject_edit
WHEN EXISTS (SELECT 1 FROM subject_edit WHERE subject = NEW.subject AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'a subject''s history is append-only'); END;

-- Who was told of an incident, and when they answered. Each change is a row; the highest number counts. Append-only.
CREATE TABLE notice (
    id           BLOB NOT NULL CHECK (length(id) = 16),
    number       INTEGER NOT NULL CHECK (number >= 0),
    incident     BLOB NOT NULL REFERENCES incident (id),
    whom         TEXT NOT NULL CHECK (length(whom) BETWEEN 1 AND 200),
    notified_at  INTEGER NOT NULL,
    responded_at INTEGER CHECK (responded_at >= notified_at),
    remark       TEXT NOT NULL CHECK (length(remark) <= 1000),
    author       TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_incident ON notice (incident, id, number);
CREATE TRIGGER notice_stays BEFORE UPDATE ON notice
BEGIN SELECT RAISE(ABORT, 'notices are append-only'); END;
CREATE TRIGGER notice_keep BEFORE DELETE ON notice
BEGIN SELECT RAISE(ABORT, 'notices are append-only'); END;
CREATE TRIGGER notice_replace BEFORE INSERT ON notice
WHEN EXISTS (SELECT 1 FROM notice WHERE id = NEW.id AND (number = NEW.number OR incident <> NEW.incident))
BEGIN SELECT RAISE(ABORT, 'notices are append-only'); END;

-- A file that belongs to an incident. The file lies in the data folder; the row says what it must be. Append-only.
CREATE TABLE attachment (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    incident   BLOB NOT NULL REFERENCES incident (id),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    bytes      INTEGER NOT NULL CHECK (bytes >= 0),
    sha256     BLOB NOT NULL CHECK (length(sha256) = 32),
    author     TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX attachment_incident ON attachment (incident, created_at, id);
CREATE TRIGGER attachment_stays BEFORE UPDATE ON attachment
BEGIN SELECT RAISE(ABORT, 'an attachment is not changed'); END;
CREATE TRIGGER attachment_keep BEFORE DELETE ON attachment
BEGIN SELECT RAISE(ABORT, 'an attachment is not deleted'); END;
CREATE TRIGGER attachment_replace BEFORE INSERT ON attachment
WHEN EXISTS (SELECT 1 FROM attachment WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'an attachment is not replaced'); END;

-- How the station was, minute by minute, 30 days. Figures for charts, not evidence: old ones are deleted.
CREATE TABLE measurement (
    at             INTEGER PRIMARY KEY,                       -- the end of a minute
    cpu            REAL,                                      -- share of all cores, 0 to 1
    memory_bytes   INTEGER NOT NULL CHECK (memory_bytes >= 0),
    network_bps    INTEGER NOT NULL CHECK (network_bps >= 0),
    disk_write_bps INTEGER CHECK (disk_write_bps >= 0),
    glass_ms       REAL,
    painted_fps    REAL,
    live           INTEGER NOT NULL CHECK (live >= 0),
    recording      INTEGER NOT NULL CHECK (recording >= 0)
) STRICT;
-- How a camera was, five minutes at a time, 8 days.
CREATE TABLE camera_measurement (
    camera      BLOB NOT NULL REFERENCES camera (id),
    at          INTEGER NOT NULL,                             -- the end of five minutes
    up          REAL NOT NULL CHECK (up BETWEEN 0 AND 1),         -- share of the time with pictures
    fps         REAL,                                         -- while it brought pictures, as what follows
    bitrate_bps INTEGER CHECK (bitrate_bps >= 0),
    loss        REAL CHECK (loss BETWEEN 0 AND 1),
    PRIMARY KEY (camera, at)
) STRICT, WITHOUT ROWID;

-- Who works in the room. Retired, never deleted; the login is for ever, the name is unique, so that records say who it was.
CREATE TABLE person (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    login       TEXT NOT NULL UNIQUE CHECK (length(login) BETWEEN 1 AND 40 AND login NOT GLOB '*[^a-z0-9._-]*'),
    name        TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    roles       TEXT NOT NULL CHECK (json_valid(roles) AND json_array_length(roles) BETWEEN 1 AND 4),
    password    TEXT NOT NULL CHECK (password GLOB '$argon2id$*'),  -- a PHC string
    must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)),
    failures    INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failed_at   INTEGER,
    seen_at     INTEGER,
    retired_at  INTEGER,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE TRIGGER person_keep BEFORE DELETE ON person
BEGIN SELECT RAISE(ABORT, 'a person is retired, not deleted'); END;
CREATE TRIGGER person_stays BEFORE UPDATE OF id, login, created_at ON person
BEGIN SELECT RAISE(ABORT, 'a person keeps their login'); END;
-- Only cameras of these units, and those of person_camera; no row in either: all.
CREATE TABLE person_unit (
    person BLOB NOT NULL REFERENCES person (id),
    unit   BLOB NOT NULL REFERENCES unit (id),
    PRIMARY KEY (person, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_unit_unit ON person_unit (unit);
CREATE TABLE person_camera (
    person BLOB NOT NULL REFERENCES person (id),
    camera BLOB NOT NULL REFERENCES camera (id),
    PRIMARY KEY (person, camera)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_camera_camera ON person_camera (camera);

-- Filters of lists that people keep under a name. Personal; without a person, the room's.
CREATE TABLE saved_filter (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    person     BLOB REFERENCES person (id),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    query      TEXT NOT NULL CHECK (json_valid(query) AND length(query) <= 4000),   -- IncidentQuery, as on the wire
    changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX saved_filter_name ON saved_filter (ifnull(person, x''), name);

-- Who is signed in at which window program; stays over a restart, so that a desk comes back as it was.
CREATE TABLE sign_in (
    window TEXT PRIMARY KEY CHECK (length(window) BETWEEN 1 AND 64),
    person BLOB REFERENCES person (id),
    name   TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    token  BLOB NOT NULL CHECK (length(token) = 32),
    locked INTEGER NOT NULL CHECK (locked IN (0, 1)),
    since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_person ON sign_in (person) WHERE person IS NOT NULL;

-- The sealed envelope: a code, hashed, that opens once.
CREATE TABLE sealed_code (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    code      TEXT NOT NULL CHECK (code GLOB '$argon2id$*'),
    made_at   INTEGER NOT NULL,
    opened_at INTEGER,
    failures  INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failed_at INTEGER
) STRICT;

-- The station's Ed25519 keys; `sealed` is the secret half under the master key. One is in use, the others are retired.
CREATE TABLE station_key (
    number     INTEGER PRIMARY KEY CHECK (number >= 1),
    public     BLOB NOT NULL UNIQUE CHECK (length(public) = 32),
    sealed     BLOB NOT NULL,
    made_at    INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;
CREATE TRIGGER station_key_keep BEFORE DELETE ON station_key
BEGIN SELECT RAISE(ABORT, 'a key is retired, not deleted'); END;
CREATE TRIGGER station_key_stays BEFORE UPDATE OF number, public, made_at ON station_key
BEGIN SELECT RAISE(ABORT, 'a key is retired, not changed'); END;

-- One turn on duty. Its end is its handover.
CREATE TABLE shift (
    id        BLOB PRIMARY KEY CHECK (length(id) = 16),
    name      TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    begun_at  INTEGER NOT NULL,
    person    TEXT NOT NULL CHECK (length(person) BETWEEN 1 AND 120),
    commander TEXT NOT NULL DEFAULT '' CHECK (length(commander) <= 120)
) STRICT;
CREATE INDEX shift_begun ON shift (begun_at, id);
CREATE TRIGGER shift_stays BEFORE UPDATE ON shift
BEGIN SELECT RAISE(ABORT, 'the shift book is append-only'); END;
CREATE TRIGGER shift_keep BEFORE DELETE ON shift
BEGIN SELECT RAISE(ABORT, 'the shift book is append-only'); END;

-- What was handed over at a shift's end, by whom to whom; `state` as the station found it (JSON). Locked.
CREATE TABLE handover (
    shift      BLOB PRIMARY KEY REFERENCES shift (id),
    next       BLOB NOT NULL UNIQUE REFERENCES shift (id),
    at         INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (json_valid(state)),
    remarks    TEXT NOT NULL DEFAULT '' CHECK (length(remarks) <= 10000),
    handed_by  TEXT NOT NULL CHECK (length(handed_by) BETWEEN 1 AND 120),
    taken_by   TEXT NOT NULL CHECK (length(taken_by) BETWEEN 1 AND 120 AND taken_by IS NOT handed_by)
) STRICT;
CREATE TRIGGER handover_stays BEFORE UPDATE ON handover
BEGIN SELECT RAISE(ABORT, 'the shift book is append-only'); END;
CREATE TRIGGER handover_keep BEFORE DELETE ON handover
BEGIN SELECT RAISE(ABORT, 'the shift book is append-only'); END;
CREATE TRIGGER handover_replace BEFORE INSERT ON handover
WHEN EXISTS (SELECT 1 FROM handover WHERE shift = NEW.shift OR next = NEW.next)
BEGIN SELECT RAISE(ABORT, 'the shift book is append-only'); END;

-- The station's clock against a reference that a person read or heard.
CREATE TABLE clock_check (
    seq            INTEGER PRIMARY KEY,
    shift          BLOB REFERENCES shift (id),
    at             INTEGER NOT NULL,
    offset_ms      INTEGER NOT NULL,
    uncertainty_ms INTEGER NOT NULL CHECK (uncertainty_ms >= 0),
    source         TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 120),
    person         TEXT NOT NULL CHECK (length(person) BETWEEN 1 AND 120)
) STRICT;
CREATE INDEX clock_check_at ON clock_check (at);
CREATE INDEX clock_check_shift ON clock_check (shift, seq) WHERE shift IS NOT NULL;
CREATE TRIGGER clock_check_stays BEFORE UPDATE ON clock_check
BEGIN SELECT RAISE(ABORT, 'the shift book is append-only'); END;
CREATE TRIGGER clock_check_keep BEFORE DELETE ON clock_check
BEGIN SELECT RAISE(ABORT, 'the shift book is append-only'); END;

-- A task passed on until it is done.
CREATE TABLE task (
    id       BLOB PRIMARY KEY CHECK (length(id) = 16),
    text     TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 1000),
    incident BLOB CHECK (length(incident) = 16),
    person   TEXT NOT NULL CHECK (length(person) BETWEEN 1 AND 120),
    at       INTEGER NOT NULL,
    done_at  INTEGER,
    done_by  TEXT CHECK (ifnull(length(done_by), 1) BETWEEN 1 AND 120 AND (done_by IS NULL) = (done_at IS NULL))
) STRICT;
CREATE INDEX task_open ON task (at, id) WHERE done_at IS NULL;
CREATE TRIGGER task_keep BEFORE DELETE ON task
BEGIN SELECT RAISE(ABORT, 'a task is done, not deleted'); END;
CREATE TRIGGER task_stays BEFORE UPDATE OF id, text, incident, person, at ON task
BEGIN SELECT RAISE(ABORT, 'a task keeps its words'); END;
CREATE TRIGGER task_done BEFORE UPDATE OF done_at, done_by ON task WHEN OLD.done_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a task is done once'); END;

-- The one search over the casebook (module `search`).

-- One thing that can be found. Written anew with a higher number when its words change, so that the newest words come
-- first by the number alone.
CREATE TABLE search_entry (
    seq       INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('camera', 'incident', 'note', 'bookmark', 'subject', 'person', 'shift')),
    id        BLOB NOT NULL CHECK (length(id) = 16),
    within    BLOB CHECK (length(within) = 16),               -- the incident that it is, or stands in
    at        INTEGER,                                        -- the moment it is about
    latest_at INTEGER NOT NULL,                               -- the latest of all moments up to this number: what comes
                                                              -- before it in number is about no later one
    UNIQUE (kind, id)
) STRICT;
CREATE INDEX search_entry_at ON search_entry (at, seq) WHERE at IS NOT NULL;
-- Its words, folded, and its plates in part. Holds no text of its own: what is shown is read from the thing itself.
CREATE VIRTUAL TABLE search_words USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3 4'
);
CREATE VIRTUAL TABLE search_plates USING fts5 (
    plate, content = '', contentless_delete = 1, tokenize = 'trigram'
);
-- Every word of five letters or more that was ever indexed: what a beginning may go on to.
CREATE TABLE search_term (
    term TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Who did what, when, to what. Written in the transaction of the change itself. Append-only; each row is a leaf of a
-- Merkle tree (RFC 6962) and carries a code that only the master key makes, over the row before it (module `audit`).
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY CHECK (seq >= 1),             -- 1, 2, 3, ... without a hole
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL CHECK (length(who) BETWEEN 1 AND 120),
    command TEXT NOT NULL CHECK (length(command) BETWEEN 1 AND 64),   -- as on the wire: camera.add
    object  TEXT NOT NULL CHECK (length(object) <= 200),      -- kind and id: camera 0198...; the window's name; ...
    detail  TEXT NOT NULL CHECK (json_valid(detail)),         -- never a credential, never a whole address
    leaf    BLOB NOT NULL CHECK (length(leaf) = 32),
    mac     BLOB CHECK (length(mac) = 32)                     -- absent only while an old database is being taken over
) STRICT;
CREATE INDEX audit_object ON audit (object, seq);
CREATE INDEX audit_who ON audit (who, seq);
CREATE INDEX audit_command ON audit (command, seq);
CREATE INDEX audit_who_command ON audit (who, command, seq);
CREATE INDEX audit_at ON audit (at);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
WHEN OLD.mac IS NOT NULL OR NEW.mac IS NULL OR NEW.seq IS NOT OLD.seq OR NEW.leaf IS NOT OLD.leaf
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_keep BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_replace BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit) OR NEW.mac IS NULL
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

-- A signed checkpoint: the tree's root after so many rows. Its text is made from it, to be kept off the machine.
CREATE TABLE audit_checkpoint (
    rows      INTEGER PRIMARY KEY CHECK (rows >= 1),
    at        INTEGER NOT NULL,
    root      BLOB NOT NULL CHECK (length(root) = 32),
    key       INTEGER NOT NULL REFERENCES station_key (number),
    signature BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;
CREATE INDEX audit_checkpoint_key ON audit_checkpoint (key);
CREATE TRIGGER audit_checkpoint_stays BEFORE UPDATE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER audit_checkpoint_keep BEFORE DELETE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;

-- Backups that were made or tried (module `backups`); written when they end. What is restored knows of those before it.
CREATE TABLE backup (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    begun_at   INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    due_at     INTEGER,                                       -- the moment of the plan that it was for; NULL: a person asked
    author     TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    file       TEXT NOT NULL CHECK (file LIKE '/%'),
    keys       INTEGER NOT NULL CHECK (keys IN (0, 1)),       -- with the station's keys, sealed
    outcome    TEXT NOT NULL CHECK (outcome IN ('done', 'failed', 'cancelled')),
    bytes      INTEGER CHECK (bytes >= 0),
    report     TEXT NOT NULL CHECK (json_valid(report)),      -- what is in it and what its rehearsal found, or why not
    removed_at INTEGER CHECK (removed_at IS NULL OR outcome = 'done'),   -- its file was taken away, for newer ones
    CHECK ((outcome = 'done') = (bytes IS NOT NULL))
) STRICT;
CREATE INDEX backup_begun ON backup (begun_at, id);
CREATE INDEX backup_due ON backup (due_at) WHERE due_at IS NOT NULL;
CREATE TRIGGER backup_stays BEFORE UPDATE ON backup
WHEN NEW.id IS NOT OLD.id OR NEW.begun_at IS NOT OLD.begun_at OR NEW.ended_at IS NOT OLD.ended_at
    OR NEW.due_at IS NOT OLD.due_at OR NEW.author IS NOT OLD.author OR NEW.file IS NOT OLD.file OR NEW.keys IS NOT OLD.keys
    OR NEW.outcome IS NOT OLD.outcome OR NEW.bytes IS NOT OLD.bytes OR NEW.report IS NOT OLD.report
    OR OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL
BEGIN SELECT RAISE(ABORT, 'what is known of a backup does not change; its file is taken away once'); END;
CREATE TRIGGER backup_keep BEFORE DELETE ON backup
BEGIN SELECT RAISE(ABORT, 'what is known of a backup is not deleted'); END;
CREATE TRIGGER backup_replace BEFORE INSERT ON backup
WHEN EXISTS (SELECT 1 FROM backup WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what is known of a backup is not replaced'); END;

-- What seals the keys in backups of the plan: salt and key made of a passphrase, sealed with the master key; never the
-- passphrase.
CREATE TABLE backup_lock (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    sealed BLOB NOT NULL,
    set_by TEXT NOT NULL CHECK (length(set_by) BETWEEN 1 AND 120),
    set_at INTEGER NOT NULL
) STRICT;

-- An attachment that does not belong there after all: struck through, once, for a reason. It stays readable.
CREATE TABLE attachment_strike (
    attachment BLOB PRIMARY KEY REFERENCES attachment (id),
    author     TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    struck_at  INTEGER NOT NULL,
    reason     TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_sha256 ON attachment (sha256);
CREATE TRIGGER attachment_strike_stays BEFORE UPDATE ON attachment_strike
BEGIN SELECT RAISE(ABORT, 'an attachment is struck through once'); END;
CREATE TRIGGER attachment_strike_keep BEFORE DELETE ON attachment_strike
BEGIN SELECT RAISE(ABORT, 'an attachment is struck through once'); END;
CREATE TRIGGER attachment_strike_replace BEFORE INSERT ON attachment_strike
WHEN EXISTS (SELECT 1 FROM attachment_strike WHERE attachment = NEW.attachment)
BEGIN SELECT RAISE(ABORT, 'an attachment is struck through once'); END;
