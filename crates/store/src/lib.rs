//! SQLite: cameras, layouts, bookmarks, notes, stills, audit; secrets at rest.
