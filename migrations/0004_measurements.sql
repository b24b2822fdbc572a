-- How the station and its cameras were: figures over time, for the charts of their health. Bounded, old ones are deleted.

CREATE TABLE measurement (
    at             INTEGER PRIMARY KEY,
    cpu            REAL,
    memory_bytes   INTEGER NOT NULL CHECK (memory_bytes >= 0),
    network_bps    INTEGER NOT NULL CHECK (network_bps >= 0),
    disk_write_bps INTEGER CHECK (disk_write_bps >= 0),
    glass_ms       REAL,
    painted_fps    REAL,
    live           INTEGER NOT NULL CHECK (live >= 0),
    recording      INTEGER NOT NULL CHECK (recording >= 0)
) STRICT;

CREATE TABLE camera_measurement (
    camera      BLOB NOT NULL REFERENCES camera (id),
    at          INTEGER NOT NULL,
    up          REAL NOT NULL CHECK (up BETWEEN 0 AND 1),
    fps         REAL,
    bitrate_bps INTEGER CHECK (bitrate_bps >= 0),
    loss        REAL CHECK (loss BETWEEN 0 AND 1),
    PRIMARY KEY (camera, at)
) STRICT, WITHOUT ROWID;
