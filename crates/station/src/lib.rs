//! The running control centre without a window: use cases and roles over ingest, picture, store and link. Here belongs
//! what a command means, in which order things start and stop, and what is told to whom after commit. How a thing is
//! done belongs to the rooms below; no Tauri, no FFmpeg.

mod address;
mod alarms;
pub mod archive_program;
mod arrivals;
mod attachments;
mod audio;
mod audit;
pub mod audit_program;
mod backup;
pub mod backup_program;
mod cameras;
mod checkpoints;
mod convert;
mod copies;
mod filters;
mod folder;
mod handlers;
mod health;
mod holds;
mod incidents;
mod index;
mod layouts;
mod listing;
mod logs;
mod marks;
mod neighbours;
mod owed;
mod people;
mod picture_file;
mod pixels;
mod planner;
mod processes;
mod rebuild;
mod record;
mod retention;
mod review;
mod room;
pub mod run;
mod schedule;
mod search;
mod sessions;
mod shifts;
mod simulate;
mod station;
mod statistics;
mod status;
mod stills;
mod stop;
mod volumes;
mod wall;
mod watch;

pub use folder::Folder;
