-- Saved layouts, tours; what a window shows in full.

CREATE TABLE layout (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    owner      TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 120),
    shared     INTEGER NOT NULL CHECK (shared IN (0, 1)),
    shape      TEXT NOT NULL CHECK (json_valid(shape)),
    tiles      INTEGER NOT NULL CHECK (tiles BETWEEN 0 AND 256),
    hotspot    INTEGER CHECK (hotspot BETWEEN 0 AND 63),
    position   INTEGER NOT NULL,
    edits      INTEGER NOT NULL CHECK (edits > 0),
    changed_by TEXT NOT NULL CHECK (length(changed_by) BETWEEN 1 AND 120),
    changed_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX layout_name ON layout (name, iif(shared, '', owner)) WHERE deleted_at IS NULL;

CREATE TABLE layout_tile (
    layout BLOB NOT NULL REFERENCES layout (id),
    tile   INTEGER NOT NULL CHECK (tile BETWEEN 0 AND 255),
    camera BLOB NOT NULL REFERENCES camera (id),
    PRIMARY KEY (layout, tile)
) STRICT, WITHOUT ROWID;
CREATE INDEX layout_tile_camera ON layout_tile (camera);

CREATE TABLE tour (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    owner      TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 120),
    shared     INTEGER NOT NULL CHECK (shared IN (0, 1)),
    position   INTEGER NOT NULL,
    edits      INTEGER NOT NULL CHECK (edits > 0),
    changed_by TEXT NOT NULL CHECK (length(changed_by) BETWEEN 1 AND 120),
    changed_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX tour_name ON tour (name, iif(shared, '', owner)) WHERE deleted_at IS NULL;

CREATE TABLE tour_step (
    tour    BLOB NOT NULL REFERENCES tour (id),
    step    INTEGER NOT NULL CHECK (step BETWEEN 0 AND 63),
    layout  BLOB NOT NULL REFERENCES layout (id),
    page    INTEGER CHECK (page BETWEEN 0 AND 255),
    dwell_s INTEGER NOT NULL CHECK (dwell_s BETWEEN 3 AND 3600),
    PRIMARY KEY (tour, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX tour_step_layout ON tour_step (layout);

-- The remembered walls get a shape and a view.
CREATE TABLE wall_before AS SELECT window, grid, tiles, changed_at FROM wall;
CREATE TABLE wall_tile_before AS SELECT window, tile, camera FROM wall_tile;
DROP TABLE wall_tile;
DROP TABLE wall;
CREATE TABLE wall (
    window     TEXT PRIMARY KEY CHECK (length(window) BETWEEN 1 AND 64),
    shape      TEXT NOT NULL CHECK (json_valid(shape)),
    tiles      INTEGER NOT NULL CHECK (tiles BETWEEN 0 AND 256),
    view       TEXT NOT NULL CHECK (json_valid(view) AND length(view) <= 65536),
    changed_by TEXT NOT NULL CHECK (length(changed_by) BETWEEN 1 AND 120),
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE wall_tile (
    window TEXT NOT NULL REFERENCES wall (window) ON DELETE CASCADE,
    tile   INTEGER NOT NULL CHECK (tile BETWEEN 0 AND 255),
    camera BLOB NOT NULL REFERENCES camera (id),
    PRIMARY KEY (window, tile)
) STRICT, WITHOUT ROWID;
CREATE INDEX wall_tile_camera ON wall_tile (camera);
INSERT INTO wall (window, shape, tiles, view, changed_by, changed_at)
    SELECT window, json_object('form', CAST(grid AS TEXT), 'cells', NULL), tiles, '{}', 'easien-station', changed_at
    FROM wall_before;
INSERT INTO wall_tile (window, tile, camera) SELECT window, tile, camera FROM wall_tile_before;
DROP TABLE wall_before;
DROP TABLE wall_tile_before;
