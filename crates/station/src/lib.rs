//! Use cases and roles; glues ingest, picture, store and link. The program easien-station.
