//! Tests of retention.

use super::*;
use crate::index::SegmentEnd;
use crate::memory_index::MemoryIndex;
use easien_model::{Codec, RunId, StreamKind};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;
const NOW: UtcMicros = UtcMicros(1_763_870_400_000_000);

struct Disk {
    root: tempfile::TempDir,
    index: MemoryIndex,
    volume: SweepVolume,
}

impl Disk {
    fn new(quota_bytes: Option<u64>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let volume = SweepVolume {
            id: VolumeId::new(),
            root: root.path().to_owned(),
            quota_bytes,
            reserve_bytes: 0,
            make_room: true,
        };
        Self { root, index: MemoryIndex::default(), volume }
    }

    /// A segment of 5 minutes that began so many minutes ago.
    fn put(&self, camera: CameraId, minutes_ago: i64, bytes: u64) -> SegmentRow {
        let start = UtcMicros(NOW.0 - minutes_ago * MINUTE);
        let id = SegmentId::new();
        let path = format!("C_{}/sub/{}/{id}.mp4", camera, place::date(start));
        let row = SegmentRow {
            id,
            stream: StreamId { camera, which: StreamKind::Sub },
            volume: self.volume.id,
            path,
            run: RunId::new(),
            start,
            rtp_start_90k: 0,
            clock_offset_us: None,
            shift_us: 0,
            codec: Codec::H264,
            width_px: 0,
            height_px: 0,
            audio: None,
            end: Some(SegmentEnd {
                end: UtcMicros(start.0 + 5 * MINUTE),
                bytes,
                frames: 1,
                sha256: Some([0; 32]),
                activity: Vec::new(),
            }),
            state: SegmentState::Whole,
        };
        let file = self.root.path().join(&row.path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, b"x").unwrap();
        self.index.apply(&[Change::Added(row.clone())]).unwrap();
        row
    }

    fn sweep(&self, policy: &Policy) -> Swept {
        self.sweep_if(policy, &mut |_| true)
    }

    fn sweep_if(&self, policy: &Policy, permit: &mut dyn FnMut(&Planned) -> bool) -> Swept {
        sweep(&self.index, std::slice::from_ref(&self.volume), policy, permit).unwrap()
    }

    fn is_there(&self, row: &SegmentRow) -> bool {
        let there = self.root.path().join(&row.path).exists();
        assert_eq!(
            there,
            self.index.all().iter().any(|other| other.id == row.id),
            "file and row of {}",
            row.path
        );
        there
    }
}

fn policy() -> Policy {
    Policy { now: NOW, ..Policy::default() }
}

#[test]
fn each_camera_keeps_its_own_days_and_holds_stay() {
    let disk = Disk::new(None);
    let (a, b, c) = (CameraId::new(), CameraId::new(), CameraId::new());
    let rows: Vec<_> = [a, b, c]
        .iter()
        .flat_map(|camera| [600, 300, 120, 60].map(|ago| disk.put(*camera, ago, 10)))
        .collect();
    let hour = Duration::from_secs(3600);
    let held = (b, UtcMicros(NOW.0 - 296 * MINUTE), UtcMicros(NOW.0 - 295 * MINUTE - MINUTE / 2));
    let policy = Policy {
        keep: HashMap::from([(a, 3 * hour), (c, 1000 * hour)]),
        default_keep: Some(hour),
        held: vec![held],
        ..policy()
    };
    let swept = disk.sweep(&policy);
    let there: Vec<bool> = rows.iter().map(|row| disk.is_there(row)).collect();
    assert_eq!(there, [false, false, true, true, false, true, false, true, true, true, true, true]);
    let sub = |camera| StreamId { camera, which: StreamKind::Sub };
    assert_eq!(
        swept.by_days[&sub(a)],
        SweptStream { segments: 2, bytes: 20, from: rows[0].start, to: UtcMicros(NOW.0 - 295 * MINUTE) }
    );
    assert_eq!((swept.segments(), swept.bytes(), swept.short.len()), (4, 40, 0));
    assert_eq!(disk.sweep(&policy), Swept::default());
    // Lifted: it goes with the next sweep.
    let swept = disk.sweep(&Policy { held: Vec::new(), ..policy });
    assert_eq!((swept.segments(), swept.by_days[&sub(b)].from), (1, rows[5].start));
}

#[test]
fn nothing_goes_before_the_books_know_and_nothing_at_all_when_they_refuse() {
    let disk = Disk::new(Some(15));
    let (a, b) = (CameraId::new(), CameraId::new());
    let rows = [disk.put(a, 600, 10), disk.put(b, 500, 10), disk.put(a, 30, 10), disk.put(b, 20, 10)];
    let policy = Policy { default_keep: Some(Duration::from_secs(3600)), ..policy() };
    let mut asked = Vec::new();
    let swept = disk.sweep_if(&policy, &mut |planned| {
        assert!(rows.iter().all(|row| disk.is_there(row)), "asked behind the deletion");
        asked.push((planned.room_on.is_some(), planned.segments(), planned.bytes()));
        false
    });
    assert_eq!(
        asked,
        [(false, 2, 20), (true, 3, 30)],
        "once for what is old, once for each disk that is short"
    );
    assert!(rows.iter().all(|row| disk.is_there(row)));
    assert_eq!((swept.segments(), swept.refused, swept.short.len()), (0, 5, 1));
    assert!(swept.short[0].held_bytes == 0, "refused is not held");

    // Where room alone is permitted, age is no reason.
    let swept = disk.sweep_if(&policy, &mut |planned| planned.room_on.is_some());
    assert_eq!((swept.by_room.len(), swept.by_days.len(), swept.refused), (2, 0, 2));
    assert_eq!(rows.map(|row| disk.is_there(&row)), [false, false, false, true]);
    assert_eq!(disk.sweep(&policy).refused, 0);
}

#[test]
fn when_only_held_recordings_are_left_nothing_goes_and_it_is_told() {
    let disk = Disk::new(Some(15));
    let camera = CameraId::new();
    let rows = [300, 200, 100].map(|ago| disk.put(camera, ago, 10));
    let everything = (camera, UtcMicros(0), UtcMicros(i64::MAX));
    let swept = disk.sweep(&Policy { held: vec![everything], ..policy() });
    assert!(rows.iter().all(|row| disk.is_there(row)));
    assert_eq!(swept.short, [Short { volume: disk.volume.id, needed_bytes: 15, held_bytes: 30 }]);
    let swept = disk.sweep(&policy());
    assert_eq!(rows.map(|row| disk.is_there(&row)), [false, false, true], "oldest first, until it fits");
    assert!(swept.short.is_empty() && swept.by_days.is_empty());
}

#[test]
fn the_young_and_the_open_are_never_deleted() {
    let disk = Disk::new(Some(0));
    let camera = CameraId::new();
    let young = disk.put(camera, 5, 10);
    let mut open = disk.put(camera, 400, 10);
    (open.end, open.state) = (None, SegmentState::Open);
    disk.index.apply(&[Change::Added(open.clone())]).unwrap();
    let swept = disk.sweep(&Policy { default_keep: Some(Duration::ZERO), ..policy() });
    assert!(disk.is_there(&young) && disk.is_there(&open));
    assert_eq!(swept.short, [Short { volume: disk.volume.id, needed_bytes: 10, held_bytes: 0 }]);
}

#[test]
fn what_a_crash_left_half_deleted_is_finished_unless_it_is_held_now() {
    let disk = Disk::new(None);
    let (a, b) = (CameraId::new(), CameraId::new());
    let rows = [disk.put(a, 300, 10), disk.put(a, 200, 10), disk.put(b, 100, 10)];
    let marks = [0, 1, 2].map(|at: usize| Change::Marked { id: rows[at].id, state: SegmentState::Deleting });
    disk.index.apply(&marks).unwrap();
    std::fs::remove_file(disk.root.path().join(&rows[0].path)).unwrap();
    let swept = disk.sweep(&Policy { held: vec![(b, UtcMicros(0), NOW)], ..policy() });
    assert_eq!(swept.segments(), 2);
    assert!(!disk.is_there(&rows[0]) && !disk.is_there(&rows[1]) && disk.is_there(&rows[2]));
    assert_eq!(disk.index.all()[0].state, SegmentState::Whole);
}

#[test]
fn a_path_that_leaves_the_volume_is_not_followed() {
    let disk = Disk::new(Some(0));
    let outside = tempfile::NamedTempFile::new().unwrap();
    let mut row = disk.put(CameraId::new(), 300, 10);
    row.path = format!("../../../../../../{}", outside.path().display());
    disk.index.apply(&[Change::Added(row)]).unwrap();
    let swept = disk.sweep(&policy());
    assert_eq!((swept.failed.len(), swept.segments()), (1, 0));
    assert!(outside.path().exists());
}

#[test]
fn empty_days_are_tidied_away() {
    let disk = Disk::new(None);
    let camera = CameraId::new();
    let old = disk.put(camera, 5 * 1440, 10);
    let today = disk.put(camera, 90, 10);
    disk.sweep(&Policy { default_keep: Some(Duration::from_secs(60)), ..policy() });
    let folder = |row: &SegmentRow| disk.root.path().join(&row.path).parent().unwrap().to_owned();
    assert!(!disk.is_there(&old) && !disk.is_there(&today));
    assert!(!folder(&old).exists() && folder(&today).exists());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: if std::env::var_os("EASIEN_FULL").is_some() { 500 } else { 40 }, ..ProptestConfig::default() })]

    /// Whatever the policy: what is held, young or wanted stays; the quota is met, or only what may not go is left; and
    /// for room the oldest went.
    #[test]
    fn holds_are_never_deleted_the_oldest_goes_first_and_the_quota_is_met(
        segments in prop::collection::vec((0..3_usize, 0..2000_i64, 1..50_u64), 1..60),
        holds in prop::collection::vec((0..3_usize, 0..2000_i64, 0..100_i64), 0..6),
        quota in 0..1200_u64,
        keep in prop::option::of(0..2000_u64),
    ) {
        let disk = Disk::new(Some(quota));
        let cameras = [0; 3].map(|_| CameraId::new());
        let rows: Vec<_> = segments.iter().map(|(camera, ago, bytes)| disk.put(cameras[*camera], *ago, *bytes)).collect();
        let held: Vec<_> = holds
            .iter()
            .map(|(camera, ago, minutes)| {
                let start = NOW.0 - ago * MINUTE;
                (cameras[*camera], UtcMicros(start), UtcMicros(start + minutes * MINUTE))
            })
            .collect();
        let keep = keep.map(|minutes| Duration::from_secs(minutes * 60));
        let policy = Policy { default_keep: keep, held: held.clone(), ..policy() };
        let swept = disk.sweep(&policy);
        let is_held = |row: &SegmentRow| {
            let end = row.end.as_ref().unwrap().end;
            held.iter().any(|(camera, from, to)| {
                row.stream.camera == *camera && row.start < (*to).max(UtcMicros(from.0 + 1)) && end > *from
            })
        };
        let is_young = |row: &SegmentRow| row.end.as_ref().unwrap().end.0 > NOW.0 - MINUTE;
        let is_old = |row: &SegmentRow| keep.is_some_and(|keep| row.end.as_ref().unwrap().end + keep <= NOW);
        let (left, gone): (Vec<_>, Vec<_>) = rows.iter().partition(|row| disk.is_there(row));
        prop_assert!(gone.iter().all(|row| !is_held(row) && !is_young(row)));
        prop_assert!(left.iter().all(|row| !is_old(row) || is_held(row) || is_young(row)));
        let used: u64 = left.iter().map(|row| row.end.as_ref().unwrap().bytes).sum();
        let may_go: Vec<_> = left.iter().filter(|row| !is_held(row) && !is_young(row)).collect();
        prop_assert!(used <= quota || may_go.is_empty(), "{used} of {quota}");
        prop_assert_eq!(used > quota, !swept.short.is_empty());
        // What went for room only is older than all that could have gone instead.
        let newest_gone = gone.iter().filter(|row| !is_old(row)).map(|row| row.start).max();
        let oldest_left = may_go.iter().map(|row| row.start).min();
        if let (Some(gone), Some(left)) = (newest_gone, oldest_left) {
            prop_assert!(gone <= left);
        }
        prop_assert_eq!(swept.segments(), gone.len() as u64);
    }
}
