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
