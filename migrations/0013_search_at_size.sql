-- The search and the lists at a million rows. The index is made anew (module `search`).

DROP TABLE search_entry;
DROP TABLE search_words;
DROP TABLE search_plates;

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

CREATE INDEX hold_start ON hold (start_at, end_at) WHERE lifted_at IS NULL;
CREATE INDEX hold_until ON hold (until_at) WHERE lifted_at IS NULL;
DROP INDEX bookmark_category;
CREATE INDEX bookmark_category ON bookmark (category, at, id) WHERE category IS NOT NULL;
CREATE INDEX bookmark_author ON bookmark (author, at, id);
CREATE INDEX audit_who_command ON audit (who, command, seq);
