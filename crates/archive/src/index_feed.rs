//! The way of rows to the index: one thread applies them in order, in transactions of all that came meanwhile. Nobody who
//! writes samples ever waits for it. What the index refuses is kept and tried again.

use crate::index::{Change, SegmentIndex};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Rows are gathered for this long, so that many make one transaction.
const GATHER: Duration = Duration::from_millis(100);

/// After so many failures in a row, half a second apart, the rows are tried one by one.
const PATIENCE: u32 = 20;

/// Beyond so many rows that wait, each further thousand is complained of. They are kept all the same: a row is a few
/// hundred bytes, comes a few times a second at most, and stands for footage.
const MANY: usize = 10_000;

enum Message {
    Changes(Vec<Change>),
    Flush(Sender<()>),
    End,
}

/// Cheap to clone; the thread ends when the last one is gone.
#[derive(Clone, Debug)]
pub(crate) struct IndexFeed {
    to: Sender<Message>,
    waiting: Arc<AtomicUsize>,
}

impl IndexFeed {
    /// Starts the thread.
    pub(crate) fn start(index: Arc<dyn SegmentIndex>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (to, from) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&waiting);
        let thread = std::thread::Builder::new()
            .name("archive-index".into())
            .spawn(move || run(&from, &*index, &count))?;
        Ok((Self { to, waiting }, thread))
    }

    /// Hands rows over; applied together, in order.
    pub(crate) fn send(&self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let waiting = self.waiting.fetch_add(changes.len(), Ordering::Relaxed) + changes.len();
        if waiting >= MANY && waiting / 1000 != (waiting - changes.len()) / 1000 {
            tracing::error!(waiting, "the index of recordings is behind");
        }
        if self.to.send(Message::Changes(changes)).is_err() {
            tracing::error!("rows of recordings came after the index was closed");
        }
    }

    /// Nothing comes after this; the thread ends.
    pub(crate) fn end(&self) {
        let _ = self.to.send(Message::End);
    }

    /// Waits until everything sent before is applied. False: not in time.
    pub(crate) fn flush(&self, limit: Duration) -> bool {
        let (done, wait) = channel();
        self.to.send(Message::Flush(done)).is_ok() && wait.recv_timeout(limit).is_ok()
    }
}

fn run(from: &Receiver<Message>, index: &dyn SegmentIndex, waiting: &AtomicUsize) {
    let mut open = true;
    let mut batch: Vec<Change> = Vec::new();
    let mut flushes: Vec<Sender<()>> = Vec::new();
    let mut failures = 0_u32;
    while open || !batch.is_empty() {
        if batch.is_empty() {
            match from.recv() {
                Ok(message) => open = take(message, &mut batch, &mut flushes),
                Err(_) => open = false,
            }
        }
        let until = Instant::now() + GATHER;
        while open && flushes.is_empty() {
            match from.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(message) => open = take(message, &mut batch, &mut flushes),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => open = false,
            }
        }
        if batch.is_empty() {
            done(&mut flushes);
            continue;
        }
        match index.apply(&batch) {
            Ok(()) => {
                waiting.fetch_sub(batch.len(), Ordering::Relaxed);
                batch.clear();
                failures = 0;
                done(&mut flushes);
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                if failures == 1 {
                    tracing::error!(%error, rows = batch.len(), "rows of recordings wait for the index");
                }
                if failures.is_multiple_of(PATIENCE) {
                    let before = batch.len();
                    one_by_one(index, &mut batch);
                    waiting.fetch_sub(before - batch.len(), Ordering::Relaxed);
                    continue;
                }
                if !open {
                    // The station ends; the rows can be made anew from the files.
                    tracing::error!(
                        rows = batch.len(),
                        "rows of recordings are lost with the end of the station"
                    );
                    return;
                }
                std::thread::sleep(Duration::from_millis(500));
            }
        }
    }
}

/// A row that the index refuses although it takes others must not keep all that follow from it: it is named in the log,
/// and can be made anew from the files. The rest of the batch is applied as far as the index takes it.
fn one_by_one(index: &dyn SegmentIndex, batch: &mut Vec<Change>) {
    let mut applied = 0;
    for change in batch.iter() {
        if let Err(error) = index.apply(std::slice::from_ref(change)) {
            if index.apply(&[]).is_err() {
                break;
            }
            tracing::error!(%error, ?change, "the index refuses a row of recordings");
        }
        applied += 1;
    }
    batch.drain(..applied);
}

fn take(message: Message, batch: &mut Vec<Change>, flushes: &mut Vec<Sender<()>>) -> bool {
    match message {
        Message::Changes(changes) => batch.extend(changes),
        Message::Flush(done) => flushes.push(done),
        Message::End => return false,
    }
    true
}

fn done(flushes: &mut Vec<Sender<()>>) {
    for flush in flushes.drain(..) {
        let _ = flush.send(());
    }
}

/// A join handle that is joined once.
pub(crate) type Thread = Mutex<Option<JoinHandle<()>>>;

/// Joins a thread, if nobody did.
pub(crate) fn join(thread: &Thread) {
    let handle = thread.lock().unwrap_or_else(PoisonError::into_inner).take();
    if handle.is_some_and(|handle| handle.join().is_err()) {
        tracing::error!("a thread of the archive panicked");
    }
}
