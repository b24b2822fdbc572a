//! The volumes as they are looked after: found by their identity wherever they are mounted, written to while they can be,
//! set aside when they fail, taken back when they may be.

use crate::core::lock;
use crate::events::ArchiveEvent;
use crate::identity::{FORMAT_VERSION, VOLUME_FILE, VolumeIdentity};
use crate::index::SegmentIndex;
use crate::index_feed::IndexFeed;
use crate::options::Options;
use crate::volume::{VolumeConfig, VolumeState, VolumeStatus};
use crate::writer::{Failure, Mount, OnLost};
use easien_model::{Clock, GapCause, UtcMicros, VolumeId};
use rustix::fs::StatVfsMountFlags;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use uuid::Uuid;

/// How often the bytes of a volume are added up by the index.
const ADD_UP: Duration = Duration::from_secs(15);

/// A full volume without a reserve is taken back when so much is free (or a tenth of it).
const BACK_BYTES: u64 = 64 << 20;

struct Entry {
    config: VolumeConfig,
    state: VolumeState,
    since: UtcMicros,
    detail: String,
    root: Option<PathBuf>,
    mount: Option<Arc<Mount>>,
    total_bytes: u64,
    free_bytes: u64,
    closed_bytes: u64,
    added_up: Option<Instant>,
    /// Its open rows were looked at since it was attached.
    recovered: bool,
}

impl Entry {
    fn used_bytes(&self) -> u64 {
        let open = self.mount.as_ref().map_or(0, |mount| mount.open_bytes.load(Ordering::Relaxed));
        self.closed_bytes.saturating_add(open)
    }

    /// Bytes that recordings may take in all.
    fn capacity_bytes(&self) -> u64 {
        let disk = self.total_bytes.saturating_sub(self.config.reserve_bytes);
        self.config.quota_bytes.map_or(disk, |quota| quota.min(disk))
    }

    /// Bytes that may still be written.
    fn room_bytes(&self) -> u64 {
        let disk = self.free_bytes.saturating_sub(self.config.reserve_bytes);
        match self.config.quota_bytes {
            Some(quota) => disk.min(quota.saturating_sub(self.used_bytes())),
            None => disk,
        }
    }

    fn status(&self) -> VolumeStatus {
        let mut config = self.config.clone();
        config.create = false;
        if let Some(root) = &self.root {
            config.path.clone_from(root);
        }
        VolumeStatus {
            config,
            state: self.state,
            since: self.since,
            detail: self.detail.clone(),
            total_bytes: self.total_bytes,
            free_bytes: self.free_bytes,
            used_bytes: self.used_bytes(),
            streams: self.mount.as_ref().map_or(0, |mount| mount.streams.load(Ordering::Relaxed)),
        }
    }
}

/// All volumes.
pub(crate) struct Volumes {
    entries: Mutex<Vec<Entry>>,
    left: Mutex<Vec<Arc<Mount>>>,
    options: Options,
    clock: Arc<dyn Clock>,
    index: Arc<dyn SegmentIndex>,
    feed: IndexFeed,
    events: broadcast::Sender<ArchiveEvent>,
    on_lost: OnLost,
    looked: Mutex<Option<Instant>>,
}

/// What a look found to be done outside.
#[derive(Default)]
pub(crate) struct Found {
    /// Attached just now: their open segments are to be looked at.
    pub(crate) attached: Vec<(VolumeId, PathBuf)>,
    /// Taken out of use: streams leave them.
    pub(crate) retired: Vec<Arc<Mount>>,
}

impl Volumes {
    pub(crate) fn new(
        options: Options,
        clock: Arc<dyn Clock>,
        index: Arc<dyn SegmentIndex>,
        feed: IndexFeed,
        events: broadcast::Sender<ArchiveEvent>,
        on_lost: OnLost,
    ) -> Self {
        Self {
            entries: Mutex::default(),
            left: Mutex::default(),
            options,
            clock,
            index,
            feed,
            events,
            on_lost,
            looked: Mutex::default(),
        }
    }

    /// The volume for a new segment: in proportion to the room that each has, and the streams that it has already.
    pub(crate) fn place(&self) -> Result<Arc<Mount>, GapCause> {
        let entries = lock(&self.entries);
        let mut full = false;
        let best = entries
            .iter()
            .filter_map(|entry| {
                full |= entry.state == VolumeState::Full;
                let mount = entry.mount.as_ref().filter(|mount| mount.is_open())?;
                if entry.state != VolumeState::Ready
                    || mount.busy_for(&self.options.uptime) > self.options.hung / 2
                {
                    return None;
                }
                let streams = u64::from(mount.streams.load(Ordering::Relaxed)) + 1;
                // Full and being retained, all volumes are alike: then their sizes count.
                Some(((entry.room_bytes() + entry.capacity_bytes() / 50) / streams, mount))
            })
            .max_by_key(|(score, _)| *score)
            .map(|(_, mount)| Arc::clone(mount));
        best.ok_or(if full { GapCause::DiskFull } else { GapCause::DiskFailed })
    }

    pub(crate) fn statuses(&self) -> Vec<VolumeStatus> {
        lock(&self.entries).iter().map(Entry::status).collect()
    }

    /// Where the volumes that can be read are.
    pub(crate) fn root(&self, id: VolumeId) -> Option<PathBuf> {
        lock(&self.entries).iter().find(|entry| entry.config.id == id).and_then(|entry| entry.root.clone())
    }

    /// What should be there from now on. A person looked: failed ones are tried again.
    pub(crate) fn set(&self, configs: Vec<VolumeConfig>) -> Found {
        let now = self.clock.utc_now();
        let mut found = Found::default();
        let mut gone = Vec::new();
        {
            let mut entries = lock(&self.entries);
            let mut former: Vec<Entry> = std::mem::take(&mut *entries);
            for config in configs {
                match former.iter().position(|entry| entry.config.id == config.id) {
                    Some(at) => {
                        let mut entry = former.swap_remove(at);
                        let moved =
                            entry.config.path != config.path && entry.root.as_ref() != Some(&config.path);
                        entry.config = config;
                        let failed = entry.mount.as_ref().is_some_and(|mount| mount.failure().is_some());
                        if failed || moved {
                            gone.extend(entry.mount.take());
                            entry.root = None;
                            entry.state = VolumeState::Missing;
                        }
                        if entry.state == VolumeState::Degraded {
                            entry.state = VolumeState::Missing;
                        }
                        entries.push(entry);
                    }
                    None => entries.push(Entry {
                        config,
                        state: VolumeState::Missing,
                        since: now,
                        detail: String::new(),
                        root: None,
                        mount: None,
                        total_bytes: 0,
                        free_bytes: 0,
                        closed_bytes: 0,
                        added_up: None,
                        recovered: false,
                    }),
                }
            }
            gone.extend(former.into_iter().filter_map(|entry| entry.mount));
        }
        for mount in gone {
            mount.retire();
            found.retired.push(Arc::clone(&mount));
            lock(&self.left).push(mount);
        }
        let later = self.look(true);
        found.attached.extend(later.attached);
        found.retired.extend(later.retired);
        found
    }

    /// Looks after every volume. Disk calls are made without the lock.
    pub(crate) fn look(&self, now: bool) -> Found {
        let due = lock(&self.looked).is_none_or(|looked| looked.elapsed() >= self.options.look);
        let mut found = Found::default();
        self.notice_failures(&mut found);
        if !now && !due {
            return found;
        }
        *lock(&self.looked) = Some(Instant::now());
        let ids: Vec<VolumeId> = lock(&self.entries).iter().map(|entry| entry.config.id).collect();
        for id in ids {
            self.look_at(id, &mut found);
        }
        self.end_left();
        found
    }

    /// Failures are told at once, not only with the next look.
    fn notice_failures(&self, found: &mut Found) {
        let mut told = Vec::new();
        {
            let mut entries = lock(&self.entries);
            for entry in entries.iter_mut() {
                let Some(mount) = &entry.mount else { continue };
                let busy = mount.busy_for(&self.options.uptime);
                if busy > self.options.hung {
                    mount.fail(Failure {
                        state: VolumeState::Degraded,
                        detail: format!("a write has not returned for {} s", busy.as_secs()),
                        written_is_good: false,
                    });
                }
                let Some(failure) = mount.failure().cloned() else { continue };
                entry.state = failure.state;
                entry.detail = failure.detail;
                entry.since = self.clock.utc_now();
                if let Some(mount) = entry.mount.take() {
                    lock(&self.left).push(Arc::clone(&mount));
                    found.retired.push(mount);
                }
                told.push(entry.status());
            }
        }
        for status in told {
            self.say(status);
        }
    }

    fn say(&self, status: VolumeStatus) {
        tracing::info!(volume = %status.config.id, state = ?status.state, detail = status.detail, "volume");
        let _ = self.events.send(ArchiveEvent::VolumeChanged(status));
    }

    fn look_at(&self, id: VolumeId, found: &mut Found) {
        let Some((config, state, mount, root, added_up)) =
            lock(&self.entries).iter().find(|entry| entry.config.id == id).map(|entry| {
                (entry.config.clone(), entry.state, entry.mount.clone(), entry.root.clone(), entry.added_up)
            })
        else {
            return;
        };
        if state == VolumeState::Degraded {
            return;
        }
        let seen = seen(&config, root.as_deref(), self.options.station, self.clock.utc_now());
        let add_up = added_up.is_none_or(|added_up| added_up.elapsed() >= ADD_UP);
        let closed_bytes = match (&seen.root, add_up) {
            (Some(_), true) => {
                self.index.used_bytes(id).map_err(|error| tracing::warn!(%error, "cannot add up")).ok()
            }
            _ => None,
        };
        let started = match (&mount, &seen.root) {
            (None, Some(root)) if seen.state == VolumeState::Ready => {
                Some(Mount::start(id, root, &self.options, self.feed.clone(), Arc::clone(&self.on_lost)))
            }
            _ => None,
        };
        self.settle(id, seen, closed_bytes, started, found);
    }

    fn settle(
        &self,
        id: VolumeId,
        seen: Seen,
        closed_bytes: Option<u64>,
        started: Option<std::io::Result<Arc<Mount>>>,
        found: &mut Found,
    ) {
        let mut entries = lock(&self.entries);
        let Some(entry) = entries.iter_mut().find(|entry| entry.config.id == id) else {
            if let Some(Ok(mount)) = started {
                lock(&self.left).push(mount);
            }
            return;
        };
        // Made, or found: from now on a folder without the identity is not this volume.
        entry.config.create &= seen.root.is_none();
        (entry.total_bytes, entry.free_bytes) = (seen.total_bytes, seen.free_bytes);
        if let Some(bytes) = closed_bytes {
            entry.closed_bytes = bytes;
            entry.added_up = Some(Instant::now());
        }
        entry.root.clone_from(&seen.root);
        let mut state = seen.state;
        let mut detail = seen.detail;
        if state == VolumeState::Ready && is_full(entry) {
            state = VolumeState::Full;
            detail = "no room left beside the reserve".into();
        }
        let wanted = state == VolumeState::Ready;
        match started {
            Some(Ok(mount)) if wanted => entry.mount = Some(mount),
            Some(Ok(mount)) => {
                mount.retire();
                lock(&self.left).push(mount);
            }
            Some(Err(error)) => {
                state = VolumeState::Missing;
                detail = error.to_string();
            }
            None => {}
        }
        if !wanted && let Some(mount) = entry.mount.take() {
            mount.retire();
            found.retired.push(Arc::clone(&mount));
            lock(&self.left).push(mount);
        }
        if let Some(root) = entry.root.clone().filter(|_| !entry.recovered && state == VolumeState::Ready) {
            entry.recovered = true;
            found.attached.push((id, root));
        }
        if matches!(state, VolumeState::Missing | VolumeState::Foreign) {
            entry.recovered = false;
        }
        let changed = entry.state != state || (entry.detail != detail && state != VolumeState::Full);
        if changed {
            entry.state = state;
            entry.detail = detail;
            entry.since = self.clock.utc_now();
        }
        let status = changed.then(|| entry.status());
        drop(entries);
        if let Some(status) = status {
            self.say(status);
        }
    }

    /// Ends mounts that nobody writes to any more.
    fn end_left(&self) {
        let idle: Vec<Arc<Mount>> = {
            let mut left = lock(&self.left);
            let (idle, busy) = left.drain(..).partition(|mount: &Arc<Mount>| {
                mount.failure().is_some() && mount.has_ended()
                    || mount.failure().is_none()
                        && mount.streams.load(Ordering::Relaxed) == 0
                        && mount.queue.bytes() == 0
            });
            *left = busy;
            idle
        };
        for mount in idle {
            // Not busy: ends within a sync.
            let thread = std::thread::Builder::new().name("archive-end".into());
            if let Err(error) = thread.spawn(move || mount.stop(Duration::from_secs(60))) {
                tracing::error!(%error, "a volume's threads were not joined");
            }
        }
    }

    /// Nobody writes any more.
    pub(crate) fn let_go(&self) {
        for mount in lock(&self.entries).iter().filter_map(|entry| entry.mount.as_ref()) {
            mount.queue.close();
        }
    }

    /// Ends all mounts in order. False: some did not in time.
    pub(crate) fn stop(&self, limit: Duration) -> bool {
        let mut mounts: Vec<Arc<Mount>> =
            lock(&self.entries).iter_mut().filter_map(|entry| entry.mount.take()).collect();
        mounts.append(&mut lock(&self.left));
        let until = Instant::now() + limit;
        for mount in &mounts {
            mount.retire();
            mount.queue.close();
        }
        let mut all = true;
        for mount in &mounts {
            all &= mount.stop(until.saturating_duration_since(Instant::now()));
        }
        all
    }
}

fn is_full(entry: &Entry) -> bool {
    let reserve = entry.config.reserve_bytes;
    let back = BACK_BYTES.min(entry.total_bytes / 10);
    let was = entry.state == VolumeState::Full;
    // Retention keeps the reserve free; half of it is its time to do so.
    let free_least = if was { (reserve / 4 * 3).max(back) } else { (reserve / 2).max(1) };
    if entry.free_bytes < free_least {
        return true;
    }
    entry.config.quota_bytes.is_some_and(|quota| {
        let slack = (quota / 50).max(1 << 20);
        let used = entry.used_bytes();
        used > if was { quota } else { quota.saturating_add(slack) }
    })
}

/// What is there of a volume.
struct Seen {
    state: VolumeState,
    detail: String,
    root: Option<PathBuf>,
    total_bytes: u64,
    free_bytes: u64,
}

fn seen(config: &VolumeConfig, root: Option<&Path>, station: Uuid, now: UtcMicros) -> Seen {
    let (state, detail, root) = find(config, root, station, now);
    let mut seen = Seen { state, detail, root, total_bytes: 0, free_bytes: 0 };
    let Some(root) = &seen.root else { return seen };
    match rustix::fs::statvfs(root) {
        Ok(sizes) => {
            seen.total_bytes = sizes.f_blocks.saturating_mul(sizes.f_frsize);
            seen.free_bytes = sizes.f_bavail.saturating_mul(sizes.f_frsize);
            if seen.state == VolumeState::Ready && sizes.f_flag.contains(StatVfsMountFlags::RDONLY) {
                seen.state = VolumeState::ReadOnly;
                seen.detail = "mounted for reading only".into();
            }
        }
        Err(error) => {
            seen.state = VolumeState::Missing;
            seen.detail = error.to_string();
            seen.root = None;
        }
    }
    if seen.state == VolumeState::Ready
        && let Err(error) = rustix::fs::accessat(
            rustix::fs::CWD,
            root_of(&seen),
            rustix::fs::Access::WRITE_OK,
            rustix::fs::AtFlags::EACCESS,
        )
    {
        seen.state = VolumeState::ReadOnly;
        seen.detail = error.to_string();
    }
    seen
}

fn root_of(seen: &Seen) -> &Path {
    seen.root.as_deref().unwrap_or(Path::new("/"))
}

fn find(
    config: &VolumeConfig,
    root: Option<&Path>,
    station: Uuid,
    now: UtcMicros,
) -> (VolumeState, String, Option<PathBuf>) {
    let usable = if config.enabled { VolumeState::Ready } else { VolumeState::Disabled };
    let is_it = |path: &Path| matches!(VolumeIdentity::read(path), Ok(Some(identity)) if identity.volume == config.id);
    if is_it(&config.path) {
        return (usable, String::new(), Some(config.path.clone()));
    }
    if let Some(root) = root.filter(|root| is_it(root)) {
        return (usable, String::new(), Some(root.to_owned()));
    }
    if config.create {
        match create(config, station, now) {
            Ok(true) => return (usable, String::new(), Some(config.path.clone())),
            Ok(false) => {}
            Err(detail) => return (VolumeState::Missing, detail, None),
        }
    }
    if let Some(root) = elsewhere(&config.path).into_iter().find(|path| is_it(path)) {
        return (usable, String::new(), Some(root));
    }
    match VolumeIdentity::read(&config.path) {
        Ok(Some(other)) => (VolumeState::Foreign, format!("this is volume {}", other.volume), None),
        Err(error) => (VolumeState::Foreign, error.to_string(), None),
        Ok(None) => match is_empty(&config.path) {
            Ok(false) => (VolumeState::Foreign, format!("the folder has no {VOLUME_FILE}"), None),
            Ok(true) => (VolumeState::Missing, "the folder is empty".into(), None),
            Err(error) => (VolumeState::Missing, error.to_string(), None),
        },
    }
}

fn is_empty(path: &Path) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(path)? {
        let name = entry?.file_name();
        if name != "lost+found" && name != format!("{VOLUME_FILE}.new").as_str() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes a new or empty folder a volume. False: it is neither.
fn create(config: &VolumeConfig, station: Uuid, now: UtcMicros) -> Result<bool, String> {
    if !config.path.is_absolute() {
        return Err("the path is not absolute".into());
    }
    std::fs::create_dir_all(&config.path).map_err(|error| error.to_string())?;
    if !is_empty(&config.path).map_err(|error| error.to_string())? {
        return Ok(false);
    }
    let identity = VolumeIdentity { v: FORMAT_VERSION, volume: config.id, station, created_us: now.0 };
    identity.create(&config.path).map_err(|error| error.to_string())?;
    Ok(true)
}

/// Where the volume's folder could be if its disk is mounted under another point: each mount point with each end of the path.
fn elsewhere(path: &Path) -> Vec<PathBuf> {
    const VIRTUAL: [&str; 14] = [
        "proc",
        "sysfs",
        "cgroup",
        "cgroup2",
        "devpts",
        "mqueue",
        "debugfs",
        "tracefs",
        "securityfs",
        "bpf",
        "pstore",
        "devtmpfs",
        "autofs",
        "configfs",
    ];
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mounts") else { return Vec::new() };
    let mut ends = vec![PathBuf::new()];
    let mut components: Vec<_> = path.components().collect();
    components.retain(|part| matches!(part, std::path::Component::Normal(_)));
    for from in 0..components.len() {
        ends.push(components.iter().skip(from).collect());
    }
    mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let (_, point, kind) = (words.next()?, words.next()?, words.next()?);
            (!VIRTUAL.contains(&kind)).then(|| PathBuf::from(unescaped(point)))
        })
        .flat_map(|point| ends.iter().map(move |end| point.join(end)).collect::<Vec<_>>())
        .filter(|candidate| candidate != path)
        .take(2000)
        .collect()
}

/// `\040` and the like, as the kernel writes blanks in mount points.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}
