//! An archive on temporary folders, with an index in memory and a clock that the test moves.

use crate::memory_index::MemoryIndex;
use easien_archive::parse::{Fragment, ReadAt};
use easien_archive::{
    Archive, ArchiveEvent, CameraLabel, Depth, GapRow, Options, Recorder, SegmentIndex, SegmentRow,
    SegmentState, Uptime, VolumeConfig, VolumeState, scan,
};
use easien_model::{CameraId, Clock, Sample, StreamId, StreamKind, UtcMicros, VolumeId};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use uuid::Uuid;

pub const BEGIN: i64 = 1_763_870_400_000_000;

/// The time of the test: both clocks.
#[derive(Debug, Default)]
pub struct Time {
    uptime_us: AtomicI64,
    offset_us: AtomicI64,
}

impl Time {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { uptime_us: AtomicI64::new(1_000_000), offset_us: AtomicI64::new(BEGIN - 1_000_000) })
    }

    pub fn pass(&self, us: i64) {
        self.uptime_us.fetch_add(us, Ordering::SeqCst);
    }

    /// Somebody sets the station's clock.
    pub fn step(&self, us: i64) {
        self.offset_us.fetch_add(us, Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn utc_now(&self) -> UtcMicros {
        UtcMicros(self.uptime_us.load(Ordering::SeqCst) + self.offset_us.load(Ordering::SeqCst))
    }
}

pub fn options(time: &Arc<Time>) -> Options {
    let mut options = Options::new(Uuid::now_v7());
    options.segment = Duration::from_secs(10);
    options.sync = Duration::from_millis(50);
    options.look = Duration::from_millis(100);
    // The test's time leaps; the disk's does not.
    options.hung = Duration::from_secs(100_000);
    let time = Arc::clone(time);
    options.uptime = Uptime::new(move || time.uptime_us.load(Ordering::SeqCst));
    options
}

pub struct Room {
    pub folder: tempfile::TempDir,
    pub time: Arc<Time>,
    pub index: Arc<MemoryIndex>,
    pub archive: Archive,
    pub volumes: Vec<VolumeConfig>,
}

pub fn volume(path: PathBuf) -> VolumeConfig {
    VolumeConfig {
        id: VolumeId::new(),
        name: "Ổ 1".into(),
        path,
        quota_bytes: None,
        reserve_bytes: 0,
        enabled: true,
        create: true,
    }
}

pub fn stream() -> StreamId {
    StreamId { camera: CameraId::new(), which: StreamKind::Sub }
}

impl Room {
    pub fn new() -> Self {
        Self::with(1)
    }

    /// With so many volumes.
    pub fn with(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let volumes = (0..count).map(|number| volume(folder.path().join(format!("disk{number}")))).collect();
        Self::on(folder, volumes, Time::new(), Arc::default())
    }

    pub fn on(
        folder: tempfile::TempDir,
        volumes: Vec<VolumeConfig>,
        time: Arc<Time>,
        index: Arc<MemoryIndex>,
    ) -> Self {
        let archive = Archive::open(options(&time), Arc::clone(&time) as _, Arc::clone(&index) as _).unwrap();
        archive.set_volumes(volumes.clone());
        Self { folder, time, index, archive, volumes }
    }

    /// Another station on the same disks and rows, as after a restart.
    pub fn again(self) -> Self {
        let Self { folder, time, index, archive, volumes } = self;
        drop(archive);
        Self::on(folder, volumes, time, index)
    }

    pub fn recorder(&self, stream: StreamId) -> Recorder {
        self.archive.recorder(stream, CameraLabel { code: "C017".into(), name: "Cổng chợ".into() })
    }

    pub async fn close(&self) {
        self.archive.close(Duration::from_secs(20)).await;
    }

    pub fn path(&self, row: &SegmentRow) -> PathBuf {
        self.archive.root(row.volume).map_or_else(
            || self.volumes.iter().find(|volume| volume.id == row.volume).unwrap().path.join(&row.path),
            |root| root.join(&row.path),
        )
    }

    /// No overlap, no negative length, and something for every moment between the first begin and the last end. What is
    /// there, in order.
    pub fn line(&self, stream: StreamId) -> (Vec<SegmentRow>, Vec<GapRow>) {
        let rows: Vec<SegmentRow> = self.index.all().into_iter().filter(|row| row.stream == stream).collect();
        let gaps: Vec<GapRow> =
            self.index.all_gaps().into_iter().filter(|row| row.stream == stream).collect();
        let mut parts: Vec<(i64, i64, String)> = rows
            .iter()
            .map(|row| {
                let end = row.end.as_ref().unwrap_or_else(|| panic!("open: {row:?}")).end.0;
                assert!(end > row.start.0, "no length: {row:?}");
                (row.start.0, end, format!("segment {:?}", row.state))
            })
            .collect();
        parts.extend(gaps.iter().map(|gap| {
            let end = gap.end.map_or(i64::MAX, |end| end.0);
            assert!(end >= gap.start.0, "negative: {gap:?}");
            (gap.start.0, end, format!("{:?}", gap.cause))
        }));
        parts.sort();
        for pair in parts.windows(2) {
            assert_eq!(pair[0].1, pair[1].0, "hole or overlap: {:?} then {:?}\n{parts:#?}", pair[0], pair[1]);
        }
        (rows, gaps)
    }

    pub fn wait(&self, what: &str, until: impl Fn(&Self) -> bool) {
        for _ in 0..400 {
            if until(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{what} did not happen; volumes: {:?}", self.archive.volumes());
    }

    pub fn state(&self, number: usize) -> VolumeState {
        self.archive.volumes()[number].state
    }
}

/// Every video sample of a file.
pub fn pictures(path: &Path) -> Vec<Vec<u8>> {
    let file = File::open(path).unwrap();
    let found = scan(&file, Depth::Seals).unwrap();
    let mut out = Vec::new();
    for place in &found.fragments {
        let moof = file.read_vec(place.offset, place.moof_bytes as usize).unwrap().unwrap();
        let fragment = Fragment::parse(&moof[8..], &found.tracks, 0, place.bytes).unwrap();
        for sample in &fragment.video {
            out.push(file.read_vec(place.offset + sample.offset, sample.bytes as usize).unwrap().unwrap());
        }
    }
    out
}

/// The pictures of all segments are those that were pushed, in order.
pub fn same(room: &Room, rows: &[SegmentRow], pushed: &[Arc<Sample>]) {
    let found: Vec<Vec<u8>> = rows.iter().flat_map(|row| pictures(&room.path(row))).collect();
    assert_eq!(found.len(), pushed.len(), "pictures");
    for (number, (found, pushed)) in found.iter().zip(pushed).enumerate() {
        assert!(found[..] == pushed.data[..], "picture {number} is another");
    }
}

/// A segment as it should be after an ordered end.
pub fn whole(room: &Room, row: &SegmentRow) {
    let path = room.path(row);
    let found = scan(&File::open(&path).unwrap(), Depth::Seals).unwrap();
    assert!(found.whole, "{}: {:?}", path.display(), found.damage);
    let end = row.end.as_ref().unwrap();
    assert_eq!(row.state, SegmentState::Whole);
    assert_eq!((found.end, found.frames, found.file_bytes), (end.end, end.frames, end.bytes));
    assert_eq!(found.sha256, end.sha256);
    assert_eq!(found.activity, end.activity);
    assert_eq!(found.identity.start_us, row.start.0);
}

pub fn drain(events: &mut tokio::sync::broadcast::Receiver<ArchiveEvent>) -> Vec<ArchiveEvent> {
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

pub fn open_rows(index: &MemoryIndex, volume: VolumeId) -> usize {
    index.open_segments(volume).unwrap().len()
}
