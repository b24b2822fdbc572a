-- People who sign in, and an audit that only the station can continue.

CREATE TABLE person (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    login       TEXT NOT NULL UNIQUE CHECK (length(login) BETWEEN 1 AND 40 AND login NOT GLOB '*[^a-z0-9._-]*'),
    name        TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    roles       TEXT NOT NULL CHECK (json_valid(roles) AND json_array_length(roles) BETWEEN 1 AND 4),
    password    TEXT NOT NULL CHECK (password GLOB '$argon2id$*'),
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

CREATE TABLE sign_in (
    window TEXT PRIMARY KEY CHECK (length(window) BETWEEN 1 AND 64),
    person BLOB REFERENCES person (id),
    name   TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    token  BLOB NOT NULL CHECK (length(token) = 32),
    locked INTEGER NOT NULL CHECK (locked IN (0, 1)),
    since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_person ON sign_in (person) WHERE person IS NOT NULL;

CREATE TABLE sealed_code (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    code      TEXT NOT NULL CHECK (code GLOB '$argon2id$*'),
    made_at   INTEGER NOT NULL,
    opened_at INTEGER,
    failures  INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failed_at INTEGER
) STRICT;

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

-- The audit with leaves of a Merkle tree in place of a chain that anybody could continue. What stands in it is carried
-- over by the program, which has the key; `hash` is the chain as it was, for rows of before.
DROP TRIGGER audit_stays;
DROP TRIGGER audit_keep;
DROP TRIGGER audit_replace;
ALTER TABLE audit RENAME TO audit_before;
DROP INDEX audit_object;
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY CHECK (seq >= 1),
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL CHECK (length(who) BETWEEN 1 AND 120),
    command TEXT NOT NULL CHECK (length(command) BETWEEN 1 AND 64),
    object  TEXT NOT NULL CHECK (length(object) <= 200),
    detail  TEXT NOT NULL CHECK (json_valid(detail)),
    leaf    BLOB NOT NULL CHECK (length(leaf) = 32),
    mac     BLOB CHECK (length(mac) = 32)
) STRICT;
CREATE INDEX audit_object ON audit (object, seq);
CREATE INDEX audit_who ON audit (who, seq);
CREATE INDEX audit_command ON audit (command, seq);
CREATE INDEX audit_at ON audit (at);

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
