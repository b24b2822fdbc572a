//! The mosaic between threads and between processes: no torn picture, no wrong camera's, no read outside.
#![allow(missing_docs, clippy::unwrap_used)]

use easien_model::{CameraId, Ticks90k, UtcMicros};
use easien_mosaic::{BlameSlot, Frame, Mosaic, MosaicPlace, MosaicView, MosaicWriter, SlotSize, Tier};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SIZE: SlotSize = SlotSize { width_px: 160, height_px: 90 };

fn full() -> bool {
    std::env::var_os("EASIEN_FULL").is_some()
}

fn frame(assignment: u64, camera: CameraId, number: i64) -> Frame {
    Frame { assignment, camera, pts: Ticks90k(number), arrived: UtcMicros(number * 7), tier: Tier::Sub }
}

/// Writes pictures whose every word is their number, until `stop` says so.
fn write_pictures(
    place: &MosaicPlace,
    assignment: u64,
    camera: CameraId,
    from: i64,
    stop: impl Fn() -> bool,
) -> i64 {
    let writer = MosaicWriter::open_place(place).unwrap();
    let mut slot = writer.slot(0).unwrap();
    let mut number = from;
    while !stop() {
        number += 1;
        slot.back(|pixels, stride| {
            assert_eq!(stride, 640);
            for word in pixels.chunks_exact_mut(8) {
                word.copy_from_slice(&number.to_ne_bytes());
            }
        });
        slot.publish(&frame(assignment, camera, number));
        if number % 64 == 0 {
            std::thread::yield_now();
        }
    }
    number
}

/// Takes pictures until the deadline and checks that each is whole and newer than the one before.
fn check_pictures(view: &MosaicView, until: Instant, last: &mut i64) -> u64 {
    let mut taken = 0;
    while Instant::now() < until {
        let Some(front) = view.slot(0).unwrap().take() else {
            std::thread::yield_now();
            continue;
        };
        let number = front.frame.pts.0;
        assert!(number > *last, "went back from {last} to {number}");
        assert_eq!(front.frame.arrived.0, number * 7);
        let torn = front.pixels.as_ref().chunks_exact(8).filter(|word| *word != number.to_ne_bytes()).count();
        assert_eq!(torn, 0, "picture {number} is torn");
        *last = number;
        taken += 1;
    }
    taken
}

#[test]
fn no_torn_picture_between_threads() {
    let mosaic = Mosaic::create(&[SIZE], 7).unwrap();
    let camera = CameraId::new();
    let assignment = mosaic.assign(0, camera).unwrap();
    mosaic.set_shown(0, true).unwrap();
    let place = mosaic.place();
    let view = MosaicView::open_place(&place).unwrap();
    let stop = AtomicBool::new(false);
    let seconds = if full() { 30 } else { 1 };
    std::thread::scope(|scope| {
        let writing =
            scope.spawn(|| write_pictures(&place, assignment, camera, 0, || stop.load(Ordering::Relaxed)));
        let mut last = 0;
        let taken = check_pictures(&view, Instant::now() + Duration::from_secs(seconds), &mut last);
        stop.store(true, Ordering::Relaxed);
        let written = writing.join().unwrap();
        assert!(taken > 100 && written > 100, "{taken} taken of {written}");
    });
}

/// Not a test of its own: the writing process of `no_torn_picture_when_the_writing_process_is_killed`.
#[test]
fn writing_process() {
    let Ok(task) = std::env::var("EASIEN_TEST_MOSAIC") else { return };
    let mut words = task.split(' ');
    let mut number = || words.next().unwrap().parse::<u64>().unwrap();
    let place =
        MosaicPlace { pid: number() as u32, fd: number() as i32, bytes: number(), generation: number() };
    let (assignment, from) = (number(), number());
    std::io::stdout().write_all(b"\nwriting\n").unwrap();
    write_pictures(&place, assignment, CameraId(uuid::Uuid::nil()), from as i64, || false);
}

#[test]
fn no_torn_picture_when_the_writing_process_is_killed() {
    let mosaic = Mosaic::create(&[SIZE], 3).unwrap();
    let assignment = mosaic.assign(0, CameraId(uuid::Uuid::nil())).unwrap();
    mosaic.set_shown(0, true).unwrap();
    let place = mosaic.place();
    let view = MosaicView::open_place(&place).unwrap();
    let mut last = 0;
    for round in 0..if full() { 100 } else { 6 } {
        // Each process numbers from far above the one before.
        let from = (round + 1) * 1_000_000_000_i64;
        let task =
            format!("{} {} {} {} {assignment} {from}", place.pid, place.fd, place.bytes, place.generation);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writing_process", "--nocapture"])
            .env("EASIEN_TEST_MOSAIC", task)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = Vec::new();
        let mut out = child.stdout.take().unwrap();
        while !said.ends_with(b"writing\n") {
            let mut byte = [0];
            out.read_exact(&mut byte).unwrap();
            said.push(byte[0]);
        }
        let taken =
            check_pictures(&view, Instant::now() + Duration::from_millis(100 + round as u64 * 7), &mut last);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(taken > 0, "nothing came in round {round}");
    }
}

#[test]
fn only_the_present_assignment_is_given_out_and_only_while_shown() {
    let mosaic = Mosaic::create(&[SIZE, SIZE], 1).unwrap();
    let (first, second) = (CameraId::new(), CameraId::new());
    let old = mosaic.assign(1, first).unwrap();
    mosaic.set_shown(1, true).unwrap();
    let place = mosaic.place();
    let writer = MosaicWriter::open(place.pid, place.fd, place.bytes).unwrap();
    let view = MosaicView::open(place.pid, place.fd, place.bytes).unwrap();
    assert!(view.changed());
    assert!(!view.changed());
    let (mut slot, seen) = (writer.slot(1).unwrap(), view.slot(1).unwrap());
    assert!(seen.take().is_none() && seen.front().is_none());

    slot.back(|pixels, _| pixels.fill(1));
    slot.publish(&frame(old, first, 1));
    assert!(view.changed());
    let front = seen.take().unwrap();
    assert_eq!((front.frame, front.size), (frame(old, first, 1), SIZE));
    // While it is in somebody's hands there is no other, and it stays as it is.
    slot.back(|pixels, _| pixels.fill(2));
    slot.publish(&frame(old, first, 2));
    slot.back(|pixels, _| pixels.fill(3));
    slot.publish(&frame(old, first, 3));
    assert!(seen.take().is_none() && seen.front().is_none() && seen.fresh());
    assert!(front.pixels.as_ref().iter().all(|&byte| byte == 1));
    drop(front);
    assert_eq!(seen.take().unwrap().frame.pts.0, 3);
    assert_eq!(seen.front().unwrap().frame.pts.0, 3);
    assert_eq!(seen.frame().unwrap().pts.0, 3);

    // Blanked: nothing, neither old nor new; then back.
    mosaic.set_shown(1, false).unwrap();
    assert!(view.changed() && !seen.shown());
    slot.publish(&frame(old, first, 4));
    assert!(seen.take().is_none() && seen.front().is_none() && seen.frame().is_none());
    mosaic.set_shown(1, true).unwrap();
    assert_eq!(seen.take().unwrap().frame.pts.0, 4);

    // Given to another camera: the former's pictures are nothing any more, late ones included.
    let new = mosaic.assign(1, second).unwrap();
    mosaic.set_shown(1, true).unwrap();
    assert!(new > old);
    assert_eq!((seen.assignment(), seen.camera()), (new, second));
    assert!(seen.front().is_none());
    slot.publish(&frame(old, first, 5));
    assert!(seen.take().is_none() && seen.front().is_none());
    slot.publish(&frame(new, second, 6));
    assert_eq!(seen.take().unwrap().frame.camera, second);
}

#[test]
fn garbage_in_the_memory_never_leads_outside() {
    let mosaic = Mosaic::create(&[SIZE, SlotSize { width_px: 3, height_px: 5 }], 1).unwrap();
    for slot in 0..2 {
        mosaic.assign(slot, CameraId::new()).unwrap();
        mosaic.set_shown(slot, true).unwrap();
    }
    let place = mosaic.place();
    let view = MosaicView::open_place(&place).unwrap();
    let file =
        std::fs::File::options().read(true).write(true).open(format!("/proc/self/fd/{}", place.fd)).unwrap();
    let mut random = 0x1234_5678_9abc_def0_u64;
    for round in 0..2000 {
        use std::os::unix::fs::FileExt;
        let noise: Vec<u8> = (0..96)
            .flat_map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                if random.is_multiple_of(3) { [0; 8] } else { random.to_ne_bytes() }
            })
            .collect();
        // From the eighth byte on: the magic stays, so that opening goes on to the table.
        file.write_all_at(&noise, 8 + (round % 2) * 120).unwrap();
        for slot in 0..2 {
            let slot = view.slot(slot).unwrap();
            let _ = (slot.fresh(), slot.shown(), slot.camera(), slot.frame());
            if let Some(front) = slot.take().or_else(|| slot.front()) {
                assert_eq!(front.pixels.as_ref().len(), front.size.picture_bytes());
                assert!(front.pixels.as_ref().len() <= SIZE.picture_bytes());
            }
        }
        let _ = view.changed();
        // Opening sees either a refusal or sizes that fit.
        let _ = MosaicView::open(place.pid, place.fd, place.bytes);
    }
}

#[test]
fn what_is_not_a_mosaic_is_refused() {
    let mosaic = Mosaic::create(&[SIZE], 5).unwrap();
    let place = mosaic.place();
    assert!(MosaicView::open(place.pid, place.fd, place.bytes + 4096).is_err());
    assert!(MosaicView::open_place(&MosaicPlace { generation: 6, ..place }).is_err());
    assert!(MosaicView::open(place.pid, 9999, place.bytes).is_err());
    // A file whose size is not sealed.
    let path = std::env::temp_dir().join(format!("easien-mosaic-{}", std::process::id()));
    let file = std::fs::File::create_new(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    file.set_len(place.bytes).unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    assert!(MosaicView::open(place.pid, fd, place.bytes).is_err());
    let blame = BlameSlot::create().unwrap();
    let (pid, fd) = blame.place();
    assert!(MosaicView::open(pid, fd, 4096).is_err());
    assert!(BlameSlot::open(place.pid, place.fd).is_err());
    assert!(Mosaic::create(&[], 0).is_err());
    assert!(Mosaic::create(&[SlotSize { width_px: 0, height_px: 1 }], 0).is_err());
    assert!(Mosaic::create(&[SlotSize { width_px: 8192, height_px: 8192 }; 2], 0).is_err());
    // Another process cannot shrink it either.
    let file = std::fs::File::options().write(true).open(format!("/proc/self/fd/{}", place.fd)).unwrap();
    assert!(file.set_len(0).is_err());
}
