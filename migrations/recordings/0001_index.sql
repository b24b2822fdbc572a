-- The index of recordings. schema.sql says what each is for. Never edited once released: a change is a new migration,
-- or a new index made from the files.
PRAGMA application_id = 0x45615372;

CREATE TABLE stream (
    id     INTEGER PRIMARY KEY,
    camera BLOB NOT NULL CHECK (length(camera) = 16),
    which  INTEGER NOT NULL CHECK (which IN (0, 1)),
    UNIQUE (camera, which)
) STRICT;

CREATE TABLE volume (
    id     INTEGER PRIMARY KEY,
    volume BLOB NOT NULL UNIQUE CHECK (length(volume) = 16)
) STRICT;

CREATE TABLE folder (
    id   INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE segment (
    stream          INTEGER NOT NULL REFERENCES stream (id),
    start_at        INTEGER NOT NULL,
    id              BLOB NOT NULL CHECK (length(id) = 16),
    end_at          INTEGER CHECK (end_at > start_at),
    state           INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
    long            INTEGER NOT NULL CHECK (long IN (0, 1)),
    activity        BLOB,
    bytes           INTEGER CHECK (bytes >= 0),
    frames          INTEGER CHECK (frames >= 0),
    volume          INTEGER NOT NULL REFERENCES volume (id),
    folder          INTEGER NOT NULL REFERENCES folder (id),
    name            TEXT,
    run             BLOB NOT NULL CHECK (length(run) = 16),
    rtp_start_90k   INTEGER NOT NULL,
    clock_offset_us INTEGER,
    shift_us        INTEGER NOT NULL,
    codec           INTEGER NOT NULL CHECK (codec BETWEEN 0 AND 4),
    width_px        INTEGER NOT NULL,
    height_px       INTEGER NOT NULL,
    audio           INTEGER CHECK (audio BETWEEN 0 AND 4),
    sha256          BLOB CHECK (length(sha256) = 32),
    PRIMARY KEY (stream, start_at, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX segment_id ON segment (id);
CREATE INDEX segment_volume ON segment (volume, start_at, id);
CREATE INDEX segment_busy ON segment (volume, state) WHERE state IN (0, 4);
CREATE INDEX segment_long ON segment (stream, start_at) WHERE long = 1;

CREATE TABLE gap (
    stream   INTEGER NOT NULL REFERENCES stream (id),
    start_at INTEGER NOT NULL,
    end_at   INTEGER CHECK (end_at >= start_at),
    long     INTEGER NOT NULL CHECK (long IN (0, 1)),
    cause    TEXT NOT NULL,
    reason   TEXT,
    step_us  INTEGER,
    PRIMARY KEY (stream, start_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX gap_long ON gap (stream, start_at) WHERE long = 1;
CREATE INDEX gap_open ON gap (stream) WHERE end_at IS NULL;

CREATE TABLE usage (
    volume   INTEGER NOT NULL REFERENCES volume (id),
    stream   INTEGER NOT NULL REFERENCES stream (id),
    segments INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (volume, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour (
    stream      INTEGER NOT NULL REFERENCES stream (id),
    hour        INTEGER NOT NULL,
    recorded_us INTEGER NOT NULL,
    PRIMARY KEY (stream, hour)
) STRICT, WITHOUT ROWID;
