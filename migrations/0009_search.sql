-- The one search over the casebook (module `search`).

-- One thing that can be found. Written anew with a higher number when its words change, so that the newest words come
-- first by the number alone.
CREATE TABLE search_entry (
    seq   INTEGER PRIMARY KEY,
    kind  TEXT NOT NULL CHECK (kind IN ('camera', 'incident', 'note', 'bookmark', 'subject', 'person', 'shift')),
    id    BLOB NOT NULL CHECK (length(id) = 16),
    UNIQUE (kind, id)
) STRICT;
-- Its words, folded, and its plates in part. Holds no text of its own: what is shown is read from the thing itself.
CREATE VIRTUAL TABLE search_words USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3'
);
CREATE VIRTUAL TABLE search_plates USING fts5 (
    plate, content = '', contentless_delete = 1, tokenize = 'trigram'
);
