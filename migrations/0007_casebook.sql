-- Incidents and what belongs to them. schema.sql says what each thing is for.

CREATE TABLE incident (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    prefix       TEXT NOT NULL CHECK (length(prefix) BETWEEN 1 AND 6 AND prefix NOT GLOB '*[^A-Z0-9]*'),
    year         INTEGER NOT NULL CHECK (year BETWEEN 2000 AND 9999),
    sequence     INTEGER NOT NULL CHECK (sequence >= 1),
    title        TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    category     TEXT REFERENCES category (code),
    severity     INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 4),
    source       TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 40),
    detected_at  INTEGER NOT NULL,
    occurred_at  INTEGER,
    ended_at     INTEGER,
    unit         BLOB REFERENCES unit (id),
    road         TEXT NOT NULL CHECK (length(road) <= 200),
    place        TEXT NOT NULL CHECK (length(place) <= 200),
    forces       TEXT NOT NULL CHECK (length(forces) <= 2000),
    outcome      TEXT CHECK (length(outcome) BETWEEN 1 AND 40),
    outcome_note TEXT NOT NULL CHECK (length(outcome_note) <= 10000),
    forms        TEXT NOT NULL CHECK (json_valid(forms) AND json_type(forms) = 'array'),
    folded       TEXT NOT NULL,
    edits        INTEGER NOT NULL DEFAULT 0 CHECK (edits >= 0),
    state        TEXT NOT NULL CHECK (state IN ('new', 'verifying', 'handling', 'waiting', 'closed', 'reopened', 'cancelled')),
    state_at     INTEGER NOT NULL,
    opened_by    TEXT NOT NULL CHECK (length(opened_by) BETWEEN 1 AND 120),
    opened_at    INTEGER NOT NULL,
    approved_by  TEXT CHECK (length(approved_by) BETWEEN 1 AND 120),
    closed_at    INTEGER,
    merged_into  BLOB REFERENCES incident (id),
    origin       BLOB NOT NULL CHECK (length(origin) = 32),
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

ALTER TABLE note ADD COLUMN in_incident INTEGER NOT NULL DEFAULT 0 CHECK (in_incident IN (0, 1));
CREATE INDEX note_feed ON note (at, id, in_incident) WHERE in_incident = 0;

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

CREATE TABLE subject (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    incident      BLOB NOT NULL REFERENCES incident (id),
    kind          TEXT NOT NULL CHECK (kind IN ('person', 'vehicle')),
    plate         TEXT NOT NULL CHECK (length(plate) <= 20),
    plate_folded  TEXT NOT NULL CHECK (plate_folded NOT GLOB '*[^A-Z0-9]*'),
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
