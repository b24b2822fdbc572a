//! A playing session's packets become samples and figures. Shared by sessions and `probe`.

use crate::bridge::Bridge;
use crate::connect::{Audio, AudioDepay, Connected};
use crate::depay::Packet;
use crate::depay::video::VideoDepay;
use crate::failure::{Failure, Step};
use crate::source::Source;
use crate::stats::Meter;
use crate::track::VideoTrack;
use easien_model::{Clock, LossReason, Sample, Transport};
use futures::StreamExt;
use retina::client::{PacketItem, Playing, Session};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Packets in a row that are no valid RTP or RTCP before the session is given up.
const MOST_BAD_PACKETS: u32 = 8;

/// What happened.
pub(crate) enum Event {
    /// A packet came and was taken.
    Packet,
    /// The coarse timer.
    Tick,
    /// The session is over.
    Over(Failure),
}

/// A playing session being received.
pub(crate) struct Receiver<'a> {
    session: Session<Playing>,
    pub(crate) transport: Transport,
    video_index: usize,
    depay: VideoDepay,
    pub(crate) track: VideoTrack,
    audio: Option<Audio>,
    bridge: Option<Bridge>,
    source: &'a Source,
    clock: &'a dyn Clock,
    tick: Interval,
    tick_every: Duration,
    next_tick: Instant,
    bad_packets: u32,
    /// The source of the video's packets; reports of others are a stranger's.
    video_source: Option<u32>,
    kinds: Kinds,
    /// When the last video sample came; first, when the session began.
    pub(crate) last_video: Instant,
    /// A video sample has come.
    pub(crate) has_video: bool,
}

impl<'a> Receiver<'a> {
    /// `tick_every`: how often [`Event::Tick`] comes.
    pub(crate) fn new(
        connected: Connected,
        source: &'a Source,
        clock: &'a dyn Clock,
        meter: &mut Meter,
        tick_every: Duration,
    ) -> Self {
        meter.begin();
        if let Some(audio) = &connected.audio {
            meter.audio(audio.codec);
        }
        let mut tick = interval(tick_every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let now = Instant::now();
        Self {
            session: connected.session,
            transport: connected.transport,
            video_index: connected.video_index,
            depay: connected.depay,
            track: connected.track,
            audio: connected.audio,
            bridge: connected.bridge,
            source,
            clock,
            tick,
            tick_every,
            next_tick: now + tick_every,
            bad_packets: 0,
            video_source: None,
            kinds: Kinds::new(connected.video_type),
            last_video: now,
            has_video: false,
        }
    }

    /// Waits for the next packet or tick; every sample that is complete goes to `out`.
    pub(crate) async fn next(&mut self, meter: &mut Meter, out: &mut impl FnMut(Sample)) -> Event {
        let (session, tick) = (&mut self.session, &mut self.tick);
        let item = std::future::poll_fn(|cx| {
            if let Poll::Ready(item) = session.poll_next_unpin(cx) {
                return Poll::Ready(Some(item));
            }
            tick.poll_tick(cx).map(|_| None)
        })
        .await;
        match item {
            None => {
                self.next_tick = Instant::now() + self.tick_every;
                Event::Tick
            }
            Some(Some(Ok(item))) => {
                self.bad_packets = 0;
                let received = self.take(&item, meter, out);
                // A session that never pauses would starve the timer.
                if received >= self.next_tick + self.tick_every {
                    self.next_tick = received;
                    return Event::Tick;
                }
                Event::Packet
            }
            Some(Some(Err(error))) => self.bad(&error, out),
            Some(None) => {
                self.finish(out);
                Event::Over(Failure::new(
                    LossReason::Closed,
                    Step::Receive,
                    "the camera closed the connection",
                ))
            }
        }
    }

    fn take(&mut self, item: &PacketItem, meter: &mut Meter, out: &mut impl FnMut(Sample)) -> Instant {
        match item {
            PacketItem::Rtp(rtp) => {
                let received = rtp.ctx().received();
                let arrived = self.clock.utc_now();
                let index = rtp.stream_id();
                meter.packet(rtp.raw().len(), rtp.loss());
                let packet = Packet {
                    payload: rtp.payload(),
                    timestamp: low_32(rtp.timestamp().timestamp()),
                    marker: rtp.mark(),
                    lost: rtp.loss(),
                    arrived,
                };
                if index == self.video_index {
                    self.video_source = Some(rtp.ssrc());
                    let Some(lost) = self.kinds.take(rtp.header().payload_type(), rtp.loss()) else {
                        return received;
                    };
                    let packet = Packet { lost, ..packet };
                    let (track, last_video, has_video) =
                        (&mut self.track, &mut self.last_video, &mut self.has_video);
                    self.depay.push(&packet, &mut |unit| {
                        if let Some(sample) = track.sample(unit) {
                            *last_video = received;
                            *has_video = true;
                            meter.video(&sample);
                            out(sample);
                        }
                    });
                } else if let Some(audio) = self.audio.as_mut().filter(|audio| audio.index == index) {
                    let track = &mut audio.track;
                    let mut give = |frame| out(track.sample(frame));
                    match &mut audio.depay {
                        AudioDepay::Aac(depay) => depay.push(&packet, &mut give),
                        AudioDepay::G711 => crate::depay::g711::push(&packet, &mut give),
                    }
                }
                received
            }
            PacketItem::Rtcp(rtcp) => {
                if rtcp.stream_id() == self.video_index {
                    for packet in rtcp.pkts() {
                        if let Ok(Some(report)) = packet.as_sender_report()
                            && self.video_source == Some(report.ssrc())
                        {
                            meter.sender_report(report.ntp_timestamp().0, self.clock.utc_now());
                        }
                    }
                }
                rtcp.ctx().received()
            }
            _ => Instant::now(),
        }
    }

    /// An error of one packet is borne, one of the connection ends the session.
    fn bad(&mut self, error: &retina::Error, out: &mut impl FnMut(Sample)) -> Event {
        // The library prints the packet's place after errors that concern one packet only.
        if error.to_string().contains("\npkt: ") {
            self.bad_packets += 1;
            if self.bad_packets < MOST_BAD_PACKETS {
                return Event::Packet;
            }
        }
        self.finish(out);
        Event::Over(self.better(Failure::library(error, Step::Receive, self.transport, self.source)))
    }

    fn better(&self, failure: Failure) -> Failure {
        match &self.bridge {
            Some(bridge) => Failure { bridge_may_help: false, ..bridge.better(failure) },
            None => failure,
        }
    }

    fn finish(&mut self, out: &mut impl FnMut(Sample)) {
        let track = &mut self.track;
        self.depay.finish(&mut |unit| {
            if let Some(sample) = track.sample(unit) {
                out(sample);
            }
        });
    }

    /// A video sample came within `limit`.
    pub(crate) fn fresh(&self, limit: Duration) -> bool {
        self.last_video.elapsed() < limit
    }

    /// The audio's parameters.
    pub(crate) fn audio(&self) -> Option<&Audio> {
        self.audio.as_ref()
    }
}

/// Which packets are the described medium's: some makers put packets of their own kind between. A camera that only
/// sends another payload type than it describes is believed all the same.
#[derive(Debug)]
struct Kinds {
    described: u8,
    seen: bool,
    /// Packets lost before ones that were passed over.
    lost: u16,
}

impl Kinds {
    fn new(described: u8) -> Self {
        Self { described, seen: false, lost: 0 }
    }

    /// The packets lost before this one; `None` when it is passed over.
    fn take(&mut self, payload_type: u8, lost: u16) -> Option<u16> {
        self.seen |= payload_type == self.described;
        let lost = self.lost.saturating_add(lost);
        if self.seen && payload_type != self.described {
            self.lost = lost;
            return None;
        }
        self.lost = 0;
        Some(lost)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn low_32(timestamp: i64) -> u32 {
    timestamp as u32
}
