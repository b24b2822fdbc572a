-- The index of recordings as it stands after the newest migration, with what each thing is for. Nothing runs this file;
-- a test compares it with what the migrations build.
--
-- Everything in here can be read from the files of recording again. Small numbers stand for streams, volumes and folders;
-- times are microseconds since 1970-01-01T00:00:00 UTC, names end in _at; pages are 8 KiB.
-- PRAGMA application_id is 0x45615372 ("EaSr"), PRAGMA user_version the number of the newest migration.

-- A stream that was ever recorded: 0 main, 1 sub.
CREATE TABLE stream (
    id     INTEGER PRIMARY KEY,
    camera BLOB NOT NULL CHECK (length(camera) = 16),
    which  INTEGER NOT NULL CHECK (which IN (0, 1)),
    UNIQUE (camera, which)
) STRICT;

-- A volume that was ever recorded on.
CREATE TABLE volume (
    id     INTEGER PRIMARY KEY,
    volume BLOB NOT NULL UNIQUE CHECK (length(volume) = 16)
) STRICT;

-- Folders of files, relative to the volume: CODE_8HEX/main
CREATE TABLE folder (
    id   INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
) STRICT;

-- A file. Kept in the order of stream and time, so that a day of a camera is read from a few pages.
CREATE TABLE segment (
    stream          INTEGER NOT NULL REFERENCES stream (id),
    start_at        INTEGER NOT NULL,
    id              BLOB NOT NULL CHECK (length(id) = 16),
    end_at          INTEGER CHECK (end_at > start_at),        -- NULL: being written, or left open
    state           INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4), -- 0 open, 1 whole, 2 recovered, 3 damaged, 4 about to be deleted
    long            INTEGER NOT NULL CHECK (long IN (0, 1)),  -- no end, or more than 20 minutes: found by an index of its own,
                                                              -- so that a search by time goes back 20 minutes only
    activity        BLOB,                                     -- a byte for each 5 s: 0 to 254; 255 not known
    bytes           INTEGER CHECK (bytes >= 0),
    frames          INTEGER CHECK (frames >= 0),
    volume          INTEGER NOT NULL REFERENCES volume (id),
    folder          INTEGER NOT NULL REFERENCES folder (id),
    name            TEXT,                                     -- NULL: YYYY-MM-DD/HHMMSS.mp4 of start_at
    run             BLOB NOT NULL CHECK (length(run) = 16),
    rtp_start_90k   INTEGER NOT NULL,
    clock_offset_us INTEGER,
    shift_us        INTEGER NOT NULL,
    codec           INTEGER NOT NULL CHECK (codec BETWEEN 0 AND 4), -- 0 H264, 1 H265, 2 AAC, 3 PCMU, 4 PCMA
    width_px        INTEGER NOT NULL,
    height_px       INTEGER NOT NULL,
    audio           INTEGER CHECK (audio BETWEEN 0 AND 4),
    sha256          BLOB CHECK (length(sha256) = 32),         -- NULL: not read whole
    PRIMARY KEY (stream, start_at, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX segment_id ON segment (id);
CREATE INDEX segment_volume ON segment (volume, start_at, id);
CREATE INDEX segment_busy ON segment (volume, state) WHERE state IN (0, 4);
CREATE INDEX segment_long ON segment (stream, start_at) WHERE long = 1;

-- What is missing, from when to when and why. reason: of camera_lost, a LossReason; step_us: of clock_step.
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

-- What a stream takes on a volume: its closed segments. Kept with every change.
CREATE TABLE usage (
    volume   INTEGER NOT NULL REFERENCES volume (id),
    stream   INTEGER NOT NULL REFERENCES stream (id),
    segments INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (volume, stream)
) STRICT, WITHOUT ROWID;

-- How much of an hour (since 1970) is recorded, for the calendar. Kept with every change.
CREATE TABLE hour (
    stream      INTEGER NOT NULL REFERENCES stream (id),
    hour        INTEGER NOT NULL,
    recorded_us INTEGER NOT NULL,
    PRIMARY KEY (stream, hour)
) STRICT, WITHOUT ROWID;
