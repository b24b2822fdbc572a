//! Jobs on their way to a volume's queue, and what becomes of them when it fails.

use super::{OpenSegment, State};
use crate::core::Core;
use crate::events::{ArchiveEvent, Phase};
use crate::volume::VolumeState;
use crate::writer::plan::Job;
use crate::writer::queue::Offer;
use crate::writer::{Failure, Mount, gap_of_ended};
use easien_model::StreamId;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl State {
    pub(super) fn drain(&mut self, core: &Core, stream: StreamId) -> Option<Arc<Mount>> {
        while let Some((mount, job)) = self.outbox.pop_front() {
            match mount.queue.offer(job) {
                Offer::Taken => {}
                Offer::Full(job) => {
                    self.outbox.push_front((Arc::clone(&mount), job));
                    return Some(mount);
                }
                Offer::Closed(job) => {
                    self.lost_job(core, &mount, &job);
                    self.check_mount(core, stream);
                }
            }
        }
        None
    }

    /// A job that no writer takes any more.
    pub(super) fn lost_job(&mut self, core: &Core, mount: &Mount, job: &Job) {
        match job {
            Job::Fragment(job) => self.dropped += job.samples.len() as u64,
            Job::End { plan, end, .. } => {
                let failure = mount.failure().cloned().unwrap_or(Failure {
                    state: VolumeState::Disabled,
                    detail: String::new(),
                    written_is_good: true,
                });
                core.feed.send(gap_of_ended(plan, *end, &failure).into_iter().collect());
            }
        }
    }

    /// If the segment's volume failed: the recording ends where it can be trusted, and goes on elsewhere.
    pub(super) fn check_mount(&mut self, core: &Core, stream: StreamId) {
        let Some(segment) = &self.segment else { return };
        let Some(failure) = segment.mount.failure().cloned() else { return };
        let Some(segment) = self.segment.take() else { return };
        segment.mount.streams.fetch_sub(1, Ordering::Relaxed);
        self.set_aside(core, stream, &segment, &failure);
    }

    pub(super) fn set_aside(
        &mut self,
        core: &Core,
        stream: StreamId,
        segment: &OpenSegment,
        failure: &Failure,
    ) {
        let extent = segment.plan.freeze(failure.written_is_good);
        let written = segment.plan.written().end.is_some();
        let begun = written && !(failure.written_is_good && extent.end.is_none());
        let mut changes = Vec::new();
        let trusted = if begun {
            crate::writer::file::end_of(&segment.plan, &extent)
        } else {
            // Nothing of it is anywhere: the gap before it goes on, with another cause from here.
            changes.extend(segment.ended_gap.iter().cloned());
            segment.start
        };
        let lost: usize = self
            .outbox
            .iter()
            .map(|(_, job)| if let Job::Fragment(job) = job { job.samples.len() } else { 0 })
            .sum();
        self.outbox.retain(|(mount, _)| !Arc::ptr_eq(mount, &segment.mount));
        if lost > 0 {
            self.dropped += lost as u64;
            core.say(ArchiveEvent::Lost { stream, samples: lost as u64, cause: failure.cause() });
        }
        self.set_end(trusted);
        changes.extend(self.gaps.begin(trusted, failure.cause()));
        core.feed.send(changes);
        self.joins = None;
        // What waits and can be decoded goes to the next volume; else the next key frame does.
        if !self.pending.first().is_some_and(|sample| sample.key) {
            self.dropped += self.pending.len() as u64;
            self.forget_pending();
            self.waits_for_key_us = Some(core.options.uptime.now_us());
        }
        self.say(core, stream, Phase::Failing, Some(failure.cause()));
    }
}
