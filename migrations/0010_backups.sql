CREATE TABLE backup (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    begun_at   INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    due_at     INTEGER,
    author     TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 120),
    file       TEXT NOT NULL CHECK (file LIKE '/%'),
    keys       INTEGER NOT NULL CHECK (keys IN (0, 1)),
    outcome    TEXT NOT NULL CHECK (outcome IN ('done', 'failed', 'cancelled')),
    bytes      INTEGER CHECK (bytes >= 0),
    report     TEXT NOT NULL CHECK (json_valid(report)),
    removed_at INTEGER CHECK (removed_at IS NULL OR outcome = 'done'),
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

CREATE TABLE backup_lock (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    sealed BLOB NOT NULL,
    set_by TEXT NOT NULL CHECK (length(set_by) BETWEEN 1 AND 120),
    set_at INTEGER NOT NULL
) STRICT;
