-- Recording and review: who the station is, volumes, what is recorded of a camera, holds, alarms, neighbours; colour,
-- search and hiding of bookmarks.

CREATE TABLE station (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id   BLOB NOT NULL CHECK (length(id) = 16)
) STRICT;
CREATE TRIGGER station_stays BEFORE UPDATE ON station
BEGIN SELECT RAISE(ABORT, 'a station keeps its id'); END;
CREATE TRIGGER station_keep BEFORE DELETE ON station
BEGIN SELECT RAISE(ABORT, 'a station keeps its id'); END;

ALTER TABLE camera ADD COLUMN record TEXT NOT NULL DEFAULT 'both' CHECK (record IN ('both', 'main', 'sub', 'off'));
ALTER TABLE camera ADD COLUMN schedule TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(schedule) AND json_type(schedule) = 'array');
ALTER TABLE camera ADD COLUMN keep_days INTEGER CHECK (keep_days BETWEEN 1 AND 3650);

CREATE TABLE volume (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    name          TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    path          TEXT NOT NULL CHECK (length(path) BETWEEN 1 AND 4096),
    quota_bytes   INTEGER CHECK (quota_bytes >= 0),
    reserve_bytes INTEGER NOT NULL CHECK (reserve_bytes >= 0),
    enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    removed_at    INTEGER
) STRICT;
CREATE TRIGGER volume_keep BEFORE DELETE ON volume
BEGIN SELECT RAISE(ABORT, 'a volume is forgotten by removed_at, not deleted'); END;
CREATE TRIGGER volume_stays BEFORE UPDATE OF id, created_at ON volume
WHEN NEW.id IS NOT OLD.id OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'a volume keeps its id'); END;

ALTER TABLE bookmark ADD COLUMN colour TEXT NOT NULL DEFAULT '' CHECK (length(colour) <= 16);
ALTER TABLE bookmark ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE bookmark ADD COLUMN hidden_at INTEGER;
ALTER TABLE bookmark ADD COLUMN hidden_by TEXT CHECK (ifnull(length(hidden_by), 1) BETWEEN 1 AND 120 AND (hidden_by IS NULL) = (hidden_at IS NULL));
ALTER TABLE bookmark ADD COLUMN hidden_reason TEXT CHECK (ifnull(length(hidden_reason), 1) BETWEEN 1 AND 1000 AND (hidden_reason IS NULL) = (hidden_at IS NULL));
CREATE INDEX bookmark_shown ON bookmark (at, id, hidden_at) WHERE hidden_at IS NULL;
CREATE TRIGGER bookmark_hidden BEFORE UPDATE OF hidden_at, hidden_by, hidden_reason ON bookmark
WHEN OLD.hidden_at IS NOT NULL OR NEW.hidden_by IS NULL OR NEW.hidden_reason IS NULL
BEGIN SELECT RAISE(ABORT, 'a bookmark is hidden once, by somebody, for a reason'); END;
ALTER TABLE bookmark_edit ADD COLUMN colour TEXT NOT NULL DEFAULT '' CHECK (length(colour) <= 16);

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

CREATE TABLE alarm (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    priority        TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    camera          BLOB REFERENCES camera (id),
    volume          BLOB CHECK (length(volume) = 16),
    subject         TEXT NOT NULL CHECK (length(subject) <= 200),
    detail          TEXT NOT NULL CHECK (length(detail) <= 4000),
    raised_at       INTEGER NOT NULL,
    cleared_at      INTEGER CHECK (cleared_at >= raised_at),
    acknowledged_at INTEGER,
    acknowledged_by TEXT CHECK (length(acknowledged_by) BETWEEN 1 AND 120),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
) STRICT;
CREATE INDEX alarm_at ON alarm (raised_at, id);
CREATE INDEX alarm_camera ON alarm (camera, raised_at) WHERE camera IS NOT NULL;
CREATE UNIQUE INDEX alarm_standing ON alarm (kind, ifnull(camera, x''), ifnull(volume, x'')) WHERE cleared_at IS NULL;
CREATE INDEX alarm_unseen ON alarm (raised_at, id) WHERE acknowledged_at IS NULL OR cleared_at IS NULL;
CREATE TRIGGER alarm_stays BEFORE UPDATE ON alarm
WHEN NEW.id IS NOT OLD.id OR NEW.kind IS NOT OLD.kind OR NEW.priority IS NOT OLD.priority OR NEW.camera IS NOT OLD.camera
    OR NEW.volume IS NOT OLD.volume OR NEW.subject IS NOT OLD.subject OR NEW.detail IS NOT OLD.detail
    OR NEW.raised_at IS NOT OLD.raised_at
    OR (OLD.cleared_at IS NOT NULL AND NEW.cleared_at IS NOT OLD.cleared_at)
    OR (OLD.acknowledged_at IS NOT NULL
        AND (NEW.acknowledged_at IS NOT OLD.acknowledged_at OR NEW.acknowledged_by IS NOT OLD.acknowledged_by))
BEGIN SELECT RAISE(ABORT, 'an alarm is only cleared and acknowledged, once each'); END;
CREATE TRIGGER alarm_keep BEFORE DELETE ON alarm
BEGIN SELECT RAISE(ABORT, 'an alarm is not deleted'); END;
CREATE TRIGGER alarm_replace BEFORE INSERT ON alarm
WHEN EXISTS (SELECT 1 FROM alarm WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'an alarm is not replaced'); END;

CREATE TABLE neighbour (
    camera    BLOB NOT NULL REFERENCES camera (id),
    position  INTEGER NOT NULL CHECK (position BETWEEN 0 AND 7),
    next      BLOB NOT NULL REFERENCES camera (id),
    seconds   INTEGER NOT NULL CHECK (seconds BETWEEN 0 AND 3600),
    direction TEXT NOT NULL CHECK (length(direction) <= 120),
    PRIMARY KEY (camera, position),
    UNIQUE (camera, next),
    CHECK (camera <> next)
) STRICT, WITHOUT ROWID;
CREATE INDEX neighbour_next ON neighbour (next);
