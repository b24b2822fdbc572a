//! The station's life: what starts in which order, and how it stops.

use crate::arrivals::Trace;
use crate::backup::Backups;
use crate::copies::Copies;
use crate::folder::Folder;
use crate::index::Index;
use crate::logs;
use crate::pixels::PageWindows;
use crate::processes;
use crate::record::Recorders;
use crate::review::Reviews;
use crate::room::settings_from;
use crate::sessions::feed;
use crate::simulate;
use crate::station::{Parts, Station, lock};
use crate::volumes;
use anyhow::Context;
use easien_archive::Archive;
use easien_ingest::{Ingest, Limits};
use easien_link::data::RoomSettings;
use easien_link::{Desk, Listener, serve, wire};
use easien_model::{Clock, Scope, SystemClock};
use easien_picture::{Options, Pictures};
use easien_store::{CameraRow, Found, Recordings, Store};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How a station is started.
#[derive(Clone, Debug)]
pub struct Start {
    /// The data folder.
    pub data: PathBuf,
    /// Open the loopback WebSocket at once and write its address there.
    pub page_port_file: Option<PathBuf>,
    /// Origins that may use it, beside our own page's.
    pub page_origins: Vec<String>,
    /// A list of cameras to add.
    pub add_cameras: Option<PathBuf>,
    /// Picture workers, at least 2; absent: as many as this machine has cores, 2 to 8.
    pub workers: Option<usize>,
    /// Where arrivals are traced.
    pub trace_arrivals: Option<PathBuf>,
    /// Length of a file of recording; absent: the product's.
    pub segment_seconds: Option<u64>,
}

/// Another station has the data folder.
pub const EXIT_TAKEN: u8 = 3;

/// In place of a picture worker where its program is missing: ends at once, and is tried again with pauses.
const NO_PICTURES: &str = "/bin/false";

/// How long each step of stopping may take.
const STEP: Duration = Duration::from_secs(5);

/// Windows of a room, at most.
const WALLS: u32 = 8;
/// Tiles of a wall that nobody ever changed.
const WALL_FIRST: usize = 16;
/// The row for the cameras is not held up for longer than this.
const WALLS_MOST: Duration = Duration::from_millis(500);

/// Between a person's wish to stop and the end of the windows' connections.
const LAST_WORDS: Duration = Duration::from_millis(150);

/// Open descriptors that a station may want.
const DESCRIPTORS: u64 = 8192;

/// Runs a station until it is asked to stop.
#[must_use]
pub fn run(start: Start) -> ExitCode {
    match try_run(start) {
        Ok(code) => code,
        Err(error) => {
            // Logging may not have begun.
            eprintln!("easien-station: {error:#}");
            tracing::error!(error = format!("{error:#}"), "the station failed");
            ExitCode::FAILURE
        }
    }
}

fn try_run(start: Start) -> anyhow::Result<ExitCode> {
    let folder = Folder::open(&start.data)?;
    let Some(_lock) = folder.lock()? else {
        let holder = folder.holder().map(|pid| format!(" (process {pid})")).unwrap_or_default();
        eprintln!("easien-station: a station runs on {} already{holder}", folder.root().display());
        return Ok(ExitCode::from(EXIT_TAKEN));
    };
    let _logs = logs::start(&folder.logs())?;
    allow_descriptors();

    // All cameras on one thread of their own: the fewer threads touch a packet, the better.
    let ingest = Builder::new_current_thread().enable_all().build().context("no runtime for ingest")?;
    let ingest_handle = ingest.handle().clone();
    let ingest_over = CancellationToken::new();
    let until = ingest_over.clone();
    let thread = std::thread::Builder::new()
        .name("ingest".to_owned())
        .spawn(move || {
            ingest.block_on(until.cancelled());
            // What hangs in a system call does not hold up the end.
            ingest.shutdown_timeout(Duration::from_secs(1));
        })
        .context("no thread for ingest")?;

    // Use cases on this thread. One thread, so that a connection's commands begin in the order in which they came.
    let cases = Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let result = cases.block_on(live(start, folder, ingest_handle));
    ingest_over.cancel();
    let _ = thread.join();
    cases.shutdown_timeout(Duration::from_secs(1));
    result.map(|()| ExitCode::SUCCESS)
}

/// Raises this process's soft limit of open descriptors: 240 cameras with main streams, bridges and windows need more
/// than the usual 1024.
fn allow_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(DESCRIPTORS, |most| most.min(DESCRIPTORS));
    if current.is_some_and(|now| now < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
    {
        tracing::warn!(%error, wanted, "the limit of open descriptors stays low: many cameras may not fit");
    }
}

async fn live(start: Start, folder: Folder, ingest_handle: Handle) -> anyhow::Result<()> {
    let mut asked = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()]
        .map(signal)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .context("signals cannot be heard")?;
    let begun = std::time::Instant::now();
    let ingest_scope = Scope::new("ingest");
    let picture_scope = Scope::new("picture");
    let link_scope = Scope::new("link");
    let recording_scope = Scope::new("recording");
    let scope = Scope::new("station");
    let (station, found) =
        build(&start, &folder, &ingest_handle, &ingest_scope, &recording_scope, &picture_scope, &scope)
            .await?;

    // Before anybody can call: who may what.
    station.load_people().await.map_err(|problem| anyhow::anyhow!("the people of the room: {problem}"))?;
    // What the windows showed comes first in the row for the cameras; the row is the same for recording.
    if tokio::time::timeout(WALLS_MOST, open_walls(&station)).await.is_err() {
        tracing::warn!("the cameras of the walls were not opened first");
    }
    // Recording before all else, and whatever becomes of the rest.
    let archived = station.archive.events();
    scope.spawn("recordings", station.clone().tend_recordings());
    scope.spawn("archive", station.clone().watch_archive(archived));
    scope.spawn("rebuild", station.clone().rebuild_if_lost(found));
    scope.spawn("retention", station.clone().tend_retention());
    scope.spawn("sizes", station.clone().tell_sizes());
    scope.spawn("checkpoints", station.clone().tend_checkpoints());
    scope.spawn("owed audit", station.clone().pay_audit());
    let lists = station.clone();
    scope.spawn("lists", async move {
        if let Err(problem) = lists.store(|store| store.warm_lists()).await {
            tracing::warn!(%problem, "the first list of incidents will take longer");
        }
    });
    let states = station.ingest.states();
    scope.spawn("watch", station.clone().watch(states));
    scope.spawn("status", station.clone().tell_status());
    scope.spawn("programs", station.clone().watch_programs());
    scope.spawn("health", station.clone().measure());
    scope.spawn("holds", station.clone().tend_holds());
    station.clear_attachments().await;
    scope.spawn("backups", station.clone().tend_backups());
    let desk = Desk::new(Arc::new(station.clone()), station.events.clone(), link_scope.clone());
    let _ = station.desk.set(desk.clone());
    let listener = Listener::bind(folder.root()).context("no socket for windows")?;
    let socket = listener.path().to_owned();
    link_scope.spawn_graceful(serve(listener, desk));
    if let Some(file) = &start.page_port_file {
        let door = station.open_page().await?;
        write_private(file, &door.url).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        data = %folder.root().display(),
        cameras = lock(&station.cameras).len(),
        ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        "the station is up"
    );
    // For whoever started it and waits.
    let mut stdout = std::io::stdout();
    let ready = serde_json::json!({ "ready": true, "socket": socket });
    // It may not listen any more.
    let _ = writeln!(stdout, "{ready}").and_then(|()| stdout.flush());

    scope.spawn("opening", open_all(station.clone(), start.add_cameras.clone()));
    tokio::select! {
        _ = futures::future::select_all(asked.iter_mut().map(|signal| Box::pin(signal.recv()))) => {}
        () = station.stop_wish.said() => {
            // The answer, and the windows' last event, go out before their connections end.
            tokio::time::sleep(LAST_WORDS).await;
        }
    }
    tracing::info!("the station was asked to stop");
    let again = async {
        // The same wish often comes twice: to the process and to its group.
        let soon = tokio::time::Instant::now() + Duration::from_secs(1);
        loop {
            futures::future::select_all(asked.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
            if tokio::time::Instant::now() >= soon {
                return;
            }
        }
    };
    tokio::select! {
        () = stop(&station, &link_scope, &ingest_scope, &picture_scope, &scope) => {}
        _ = again => tracing::warn!("asked again: the rest is left as it is"),
    }
    let _ = fs::remove_file(&socket);
    if let Some(file) = &start.page_port_file {
        let _ = fs::remove_file(file);
    }
    tracing::info!("the station has stopped");
    Ok(())
}

/// What is on the disk, opened.
struct Opened {
    store: Store,
    index: Index,
    /// How the index was found.
    found: Found,
    station_id: Uuid,
    archive: Archive,
    settings: RoomSettings,
    cameras: Vec<CameraRow>,
}

fn open(root: &Path, clock: Arc<dyn Clock>, segment_seconds: Option<u64>) -> anyhow::Result<Opened> {
    let now = clock.utc_now();
    let store = Store::open(root, clock.clone()).context("the database cannot be opened")?;
    let (index, found) = Recordings::open(root, now).context("the index of recordings cannot be opened")?;
    let index = Index(index);
    let station_id = store.station();
    volumes::make_first(&store, root, station_id, now);
    let mut options = easien_archive::Options::new(station_id);
    if let Some(seconds) = segment_seconds {
        options.segment = Duration::from_secs(seconds);
    }
    let archive = Archive::open(options, clock, Arc::new(index.clone())).context("recording cannot begin")?;
    archive.set_volumes(volumes::configs(&store)?);
    let settings = settings_from(&store.settings()?);
    let cameras = store.cameras()?;
    Ok(Opened { store, index, found, station_id, archive, settings, cameras })
}

async fn build(
    start: &Start,
    folder: &Folder,
    ingest_handle: &Handle,
    ingest_scope: &Scope,
    recording_scope: &Scope,
    picture_scope: &Scope,
    scope: &Scope,
) -> anyhow::Result<(Station, Found)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (root, store_clock) = (folder.root().to_owned(), clock.clone());
    let segment = start.segment_seconds;
    let opened = tokio::task::spawn_blocking(move || open(&root, store_clock, segment)).await??;
    let Opened { store, index, found, station_id, archive, settings, cameras } = opened;
    let limits = Limits {
        recorder_bytes: Some(recorder_bytes(processes::memory_bytes().unwrap_or(4 << 30), cameras.len())),
        ..Limits::default()
    };
    let ingest = Ingest::new(ingest_handle.clone(), ingest_scope.clone(), clock.clone(), limits);
    let program = simulate::program("easien-picture").unwrap_or_else(|| {
        tracing::error!("the program easien-picture is missing: no pictures, but everything is recorded");
        PathBuf::from(NO_PICTURES)
    });
    let pictures = Pictures::new(
        // Samples go from ingest to the workers without changing the thread.
        ingest_handle.clone(),
        picture_scope.clone(),
        clock.clone(),
        Options {
            program,
            workers: start.workers.unwrap_or(Options::default().workers).max(2),
            ..Options::default()
        },
    )
    .context("the picture workers cannot be started")?;
    let feeds = ingest.clone();
    pictures.set_feeds(Arc::new(move |stream| feed(feeds.clone(), stream)));
    let trace = match &start.trace_arrivals {
        Some(path) => Some(
            Trace::start(path, scope.clone())
                .with_context(|| format!("{} cannot be written", path.display()))?,
        ),
        None => None,
    };
    let station = Station::new(Parts {
        folder: folder.clone(),
        store,
        index,
        archive,
        recorders: Recorders::new(ingest_handle.clone(), recording_scope.clone()),
        alarms: Default::default(),
        health: Default::default(),
        people: Default::default(),
        checkpoints: Default::default(),
        owed: crate::owed::Owed::open(folder.root()),
        retention: Default::default(),
        copies: Copies::new(Scope::new("copies")),
        attachments: Default::default(),
        backups: Backups::new(Scope::new("backups")),
        rebuilds: Default::default(),
        background: scope.child("background"),
        started: clock.utc_now(),
        station_id,
        ingest,
        pictures,
        clock: clock.clone(),
        events: broadcast::Sender::new(wire::EVENTS_WAITING),
        settings: settings.into(),
        cameras: std::sync::Mutex::new(cameras.into_iter().map(|row| (row.id, row)).collect()),
        sessions: Default::default(),
        walls: Default::default(),
        reviews: Reviews::new(scope.child("review")),
        figures: Default::default(),
        page_windows: PageWindows::new(clock),
        page: Default::default(),
        page_origins: start.page_origins.clone(),
        simulator: Default::default(),
        changes: Default::default(),
        quick_search: Default::default(),
        show_order: Default::default(),
        desk: Default::default(),
        stopping: Default::default(),
        stop_wish: Default::default(),
        listeners: Default::default(),
        trace,
    });
    Ok((station, found))
}

/// Opens the cameras that the windows showed when they were last remembered. Cameras are connected to one after the
/// other, so that a whole town takes seconds; a window that comes back must not wait for the end of the row.
async fn open_walls(station: &Station) {
    let simulated = station.simulated_ids().await.unwrap_or_default();
    let walls = station.store(|store| {
        let names = (1..=WALLS).map(|n| if n == 1 { "main".to_owned() } else { format!("wall-{n}") });
        names.map(|name| store.wall(&name)).collect::<Result<Vec<_>, _>>()
    });
    let walls = match walls.await {
        Ok(walls) => walls,
        Err(problem) => return tracing::warn!(%problem, "what the walls showed is not known"),
    };
    let mut first: Vec<_> = walls.into_iter().flatten().flat_map(|wall| wall.wall.tiles).flatten().collect();
    // A wall that nobody ever changed shows the first cameras.
    let mut by_code: Vec<_> = lock(&station.cameras).values().map(|row| (row.code.clone(), row.id)).collect();
    by_code.sort();
    first.extend(by_code.into_iter().map(|(_, id)| id).take(WALL_FIRST));
    for id in first {
        let Some(row) = station.camera_row(id).filter(|row| !simulated.contains(&row.id)) else { continue };
        if let Err(problem) = station.open_camera(&row).await {
            tracing::error!(code = row.code, %problem, "a camera was not opened");
        }
    }
}

/// Opens the room's cameras, simulated ones when their camsim runs again, and adds those of a list.
async fn open_all(station: Station, list: Option<PathBuf>) {
    let simulated = match station.simulated_ids().await {
        Ok(simulated) => simulated,
        Err(problem) => {
            tracing::error!(%problem, "which cameras are simulated is not known");
            Default::default()
        }
    };
    let rows: Vec<_> = lock(&station.cameras).values().cloned().collect();
    let (later, now): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| simulated.contains(&row.id));
    for row in now {
        if let Err(problem) = station.open_camera(&row).await {
            tracing::error!(code = row.code, %problem, "a camera was not opened");
        }
    }
    let caller = station.own_caller();
    if let Some(path) = list {
        let text = station.blocking(move || fs::read_to_string(path)).await;
        let added = match text {
            Ok(Ok(text)) => station.add_from_text(&caller, &text).await,
            Ok(Err(error)) => {
                tracing::error!(%error, "the list of cameras cannot be read");
                Ok(0)
            }
            Err(problem) => Err(problem),
        };
        match added {
            Ok(count) => tracing::info!(count, "cameras of the list are in the room"),
            Err(problem) => tracing::error!(%problem, "the list of cameras was not added"),
        }
    }
    if !later.is_empty() {
        if let Err(problem) = station.simulate_again(&caller).await {
            tracing::error!(%problem, "the simulated cameras do not run");
        }
        for row in later {
            // As it is now: it may have been changed or taken out meanwhile.
            let Some(row) = station.camera_row(row.id) else { continue };
            if let Err(problem) = station.open_camera(&row).await {
                tracing::error!(code = row.code, %problem, "a camera was not opened");
            }
        }
    }
}

/// An orderly end waits so long for the last checkpoint.
const LAST_CHECKPOINT: Duration = Duration::from_secs(5);

/// Refuse commands -> stop ingest (TEARDOWN) -> close and sync segments, stop workers -> drain the index -> checkpoint.
async fn stop(station: &Station, link: &Scope, ingest: &Scope, picture: &Scope, scope: &Scope) {
    station.stopping.store(true, Ordering::SeqCst);
    station.end_life();
    station.rebuilds.stop();
    station.attachments.stop();
    // Connections end, commands under way are finished.
    link.stop(STEP).await;
    scope.stop(STEP).await;
    tokio::join!(station.copies.stop(STEP), station.backups.stop(STEP));
    // What is in the lanes still goes to the disk; then every segment is closed and synced, and the index told.
    station.recorders.cancel();
    for (stream, _, _) in station.ingest.sessions() {
        station.ingest.close(stream);
    }
    station.recorders.stop(STEP).await;
    tokio::join!(ingest.stop(STEP), station.archive.close(STEP), picture.stop(STEP));
    if let Some(simulator) = station.simulator.lock().await.take() {
        simulator.stop().await;
    }
    // What was done until the end stands under a signature, also off the machine. A long audit is not waited for.
    let last = async {
        let owing = station.clone();
        let _ = station.blocking(move || owing.pay_now()).await;
        station.checkpoint_now().await;
        station.bring_checkpoints().await;
    };
    if tokio::time::timeout(LAST_CHECKPOINT, last).await.is_err() {
        tracing::warn!("the last checkpoint was not waited for");
    }
    let (store, index) = (station.store.clone(), station.index.clone());
    match tokio::task::spawn_blocking(move || index.0.close().and(store.close())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the database was not closed well"),
        Err(error) => tracing::error!(%error, "the database was not closed"),
    }
}

/// What may wait in each recorder's lane: when the disks hang all lanes fill at once, and then a quarter of the memory
/// must hold them.
fn recorder_bytes(memory_bytes: u64, cameras: usize) -> usize {
    let streams = 2 * u64::try_from(cameras).unwrap_or(u64::MAX).clamp(64, 4096);
    let each = (memory_bytes / 4 / streams).clamp(2 << 20, 32 << 20);
    usize::try_from(each).unwrap_or(2 << 20)
}

/// Whole or not at all, and only for this user: it holds a token.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let part = path.with_extension("part");
    let _ = fs::remove_file(&part);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    writeln!(file, "{text}")?;
    fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::recorder_bytes;

    #[test]
    fn lanes_that_all_fill_leave_most_of_the_memory() {
        const GIB: u64 = 1 << 30;
        assert_eq!(recorder_bytes(8 * GIB, 240), (2 * GIB / 480) as usize);
        assert_eq!(recorder_bytes(64 * GIB, 16), 32 << 20);
        assert_eq!(recorder_bytes(GIB, 1000), 2 << 20);
    }
}
