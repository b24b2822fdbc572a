-- Filters of lists that people keep under a name. schema.sql says what each thing is for.

CREATE TABLE saved_filter (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    person     BLOB REFERENCES person (id),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    query      TEXT NOT NULL CHECK (json_valid(query) AND length(query) <= 4000),
    changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX saved_filter_name ON saved_filter (ifnull(person, x''), name);
