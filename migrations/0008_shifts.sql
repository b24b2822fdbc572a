-- The shift book.

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
