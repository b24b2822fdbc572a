//! One client's playback: which unit is due when, and getting it out, with what the mode does to it on the way.

use crate::Mode;
use crate::media::{Media, SharedMedia};
use crate::rtp::Track;
use crate::rtp::rtcp::SenderReport;
use crate::rtp::track::Stamp;
use crate::sim::{Hub, Stream};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Sender reports come this often.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// A client that is this far behind is taken to the next key frame.
const MOST_LAG_S: f64 = 1.0;
/// A client that reads nothing for this long is let go.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// [`Mode::CutMidFrame`] and [`Mode::Wrap`] bite this long after PLAY.
const SOON: Duration = Duration::from_secs(3);

/// How a track's packets reach the client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    /// In the RTSP connection: RTP and RTCP channel.
    Interleaved(u8, u8),
    /// To these addresses.
    Udp(SocketAddr, SocketAddr),
}

/// Whether the connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Close,
}

/// One track being sent.
#[derive(Debug)]
struct Lane {
    video: bool,
    route: Route,
    next: u64,
    wait_for_key: bool,
    ssrc: u32,
    rtp_offset: u32,
    sequence_offset: u16,
    packets: u32,
    payload_bytes: u32,
    report_at: Instant,
}

/// A packet in the buffer.
#[derive(Clone, Copy, Debug)]
struct Packet {
    start: usize,
    end: usize,
    /// None: in the RTSP connection.
    to: Option<SocketAddr>,
    rtcp: bool,
}

/// What PLAY answers about a track.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begin {
    pub video: bool,
    pub sequence: u16,
    pub rtp_time: u32,
}

/// A playing session.
#[derive(Debug)]
pub(crate) struct Playing {
    media: SharedMedia,
    lanes: Vec<Lane>,
    /// The stream's time was `.1` seconds at `.0` and runs `.2` times as fast as ours.
    pace: (Instant, f64, f64),
    offset_s: f64,
    mode: Mode,
    changes: u64,
    began: Instant,
    random: u64,
    out: Vec<u8>,
    starts: Vec<usize>,
    packets: Vec<Packet>,
}

fn track(media: &Media, video: bool) -> Option<&Track> {
    if video { media.video.as_ref() } else { media.audio.as_ref() }.filter(|track| !track.is_empty())
}

impl Playing {
    /// Begins at the next key frame, or in the middle of a GOP in [`Mode::MidGopJoin`]. None: nothing is set up.
    pub fn begin(
        hub: &Hub,
        stream: usize,
        media: &SharedMedia,
        routes: [Option<Route>; 2],
        mode: Mode,
    ) -> Option<(Self, Vec<Begin>)> {
        let now = Instant::now();
        let now_s = hub.stream_s(stream, now);
        let state = &hub.streams[stream];
        let mut begin_s = now_s;
        let mut lanes = Vec::new();
        let mut begins = Vec::new();
        for (index, route) in routes.into_iter().enumerate() {
            let video = index == 0;
            let (Some(route), Some(track)) = (route, track(media, video)) else { continue };
            let mut next = track.first_at(begin_s);
            if video && mode != Mode::MidGopJoin {
                next = track.key_from(next);
            }
            if video {
                begin_s = track.due_s(next);
            }
            let (mut rtp_offset, mut sequence_offset) = (0, 0);
            if mode == Mode::Wrap {
                let ticks = track.clock_rate_hz * u32::try_from(SOON.as_secs()).unwrap_or(3);
                rtp_offset = 0_u32.wrapping_sub(ticks).wrapping_sub(track.rtp_time(next));
                sequence_offset = 0_u16.wrapping_sub(40).wrapping_sub(track.sequence(next));
            }
            begins.push(Begin {
                video,
                sequence: track.sequence(next).wrapping_add(sequence_offset),
                rtp_time: track.rtp_time(next).wrapping_add(rtp_offset),
            });
            let ssrc = 0x0ea5_0000 | u32::from(state.number) << 4 | u32::try_from(index).unwrap_or(0);
            lanes.push(Lane {
                video,
                route,
                next,
                wait_for_key: false,
                ssrc,
                rtp_offset,
                sequence_offset,
                packets: 0,
                payload_bytes: 0,
                report_at: now,
            });
        }
        if lanes.is_empty() {
            return None;
        }
        let changes = state.changes.load(Ordering::Acquire);
        let mut playing = Self {
            media: Arc::clone(media),
            lanes,
            pace: (now, now_s, 1.0),
            offset_s: 0.0,
            mode,
            changes,
            began: now,
            random: 0x9e37_79b9_7f4a_7c15,
            out: Vec::new(),
            starts: Vec::new(),
            packets: Vec::new(),
        };
        playing.set_mode(mode, now);
        Some((playing, begins))
    }

    fn set_mode(&mut self, mode: Mode, now: Instant) {
        let (ppm, offset_s) =
            if let Mode::ClockSkew { ppm, offset_s } = mode { (ppm, offset_s) } else { (0.0, 0.0) };
        self.pace = (now, self.stream_s(now), 1.0 + ppm / 1.0e6);
        self.offset_s = offset_s;
        self.mode = mode;
    }

    fn stream_s(&self, at: Instant) -> f64 {
        self.pace.1 + at.saturating_duration_since(self.pace.0).as_secs_f64() * self.pace.2
    }

    fn instant(&self, stream_s: f64) -> Instant {
        let ahead = ((stream_s - self.pace.1) / self.pace.2).max(0.0);
        self.pace.0 + Duration::from_secs_f64(ahead.min(1.0e6))
    }

    /// When the next unit of the leading track is due.
    pub fn due(&self) -> Instant {
        let lead = self.lanes.first().and_then(|lane| Some(track(&self.media, lane.video)?.due_s(lane.next)));
        self.instant(lead.unwrap_or(self.pace.1))
    }

    /// Sends what is due, all of it with one write where it goes into the connection.
    pub async fn send<W: AsyncWrite + Unpin>(
        &mut self,
        hub: &Hub,
        stream: &Stream,
        writer: &mut W,
    ) -> io::Result<Flow> {
        let now = Instant::now();
        let changes = stream.changes.load(Ordering::Acquire);
        if changes != self.changes {
            self.changes = changes;
            self.set_mode(stream.mode(), now);
        }
        self.out.clear();
        self.packets.clear();
        let now_s = self.stream_s(now);
        let mut lanes = std::mem::take(&mut self.lanes);
        for lane in &mut lanes {
            self.collect(hub, stream, lane, now, now_s);
        }
        self.lanes = lanes;
        if self.packets.is_empty() {
            return Ok(Flow::Continue);
        }
        let cut = self.mode == Mode::CutMidFrame && self.began.elapsed() >= SOON;
        self.spoil();
        self.flush(hub, writer, cut).await
    }

    /// Puts what a lane has due into the buffer.
    fn collect(&mut self, hub: &Hub, stream: &Stream, lane: &mut Lane, now: Instant, now_s: f64) {
        let media = Arc::clone(&self.media);
        let Some(track) = track(&media, lane.video) else { return };
        if now_s - track.due_s(lane.next) > MOST_LAG_S {
            let first = track.first_at(now_s);
            let next = if self.mode == Mode::MidGopJoin { first } else { track.key_from(first) };
            hub.counters.skipped.fetch_add(next.saturating_sub(lane.next), Ordering::Relaxed);
            lane.next = next;
        }
        // A millisecond early is as good as in time, and saves waking up once more.
        while track.due_s(lane.next) <= now_s + 0.001 {
            let n = lane.next;
            lane.next += 1;
            lane.wait_for_key |= self.mode == Mode::Stall;
            if lane.wait_for_key && (self.mode == Mode::Stall || !track.is_key(n)) {
                continue;
            }
            lane.wait_for_key = false;
            if lane.video && self.mode == Mode::UnsupportedCodec {
                continue;
            }
            let rtp_time = track.rtp_time(n).wrapping_add(lane.rtp_offset);
            if now >= lane.report_at {
                lane.report_at = now + REPORT_EVERY;
                // The camera's clock when this unit was due, in our time of day.
                let late_s = (now_s - track.due_s(n)).clamp(0.0, MOST_LAG_S);
                self.report(lane, rtp_time, late_s - track.shown_after_s(n));
            }
            let stamp = Stamp {
                channel: if let Route::Interleaved(rtp, _) = lane.route { rtp } else { 0 },
                sequence: track.sequence(n).wrapping_add(lane.sequence_offset),
                rtp_time,
                ssrc: lane.ssrc,
            };
            self.starts.clear();
            let payload = track.write(n, stamp, &mut self.out, &mut self.starts);
            let to = if let Route::Udp(rtp, _) = lane.route { Some(rtp) } else { None };
            for (index, start) in self.starts.iter().enumerate() {
                let end = self.starts.get(index + 1).copied().unwrap_or(self.out.len());
                self.packets.push(Packet { start: *start, end, to, rtcp: false });
            }
            lane.packets = lane.packets.wrapping_add(u32::try_from(self.starts.len()).unwrap_or(0));
            lane.payload_bytes = lane.payload_bytes.wrapping_add(u32::try_from(payload).unwrap_or(0));
            if lane.video {
                stream.frames.fetch_add(1, Ordering::Relaxed);
                stream.last_frame.store(i64::try_from(n).unwrap_or(0), Ordering::Relaxed);
                let micros = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
                stream.last_sent_micros.store(i64::try_from(micros).unwrap_or(0), Ordering::Relaxed);
            }
        }
    }

    fn report(&mut self, lane: &Lane, rtp_time: u32, late_s: f64) {
        let ahead = self.offset_s - late_s
            + (self.stream_s(Instant::now()) - self.pace.1) * (1.0 - 1.0 / self.pace.2);
        let at = if ahead >= 0.0 {
            SystemTime::now() + Duration::from_secs_f64(ahead)
        } else {
            SystemTime::now().checked_sub(Duration::from_secs_f64(-ahead)).unwrap_or(UNIX_EPOCH)
        };
        let report = SenderReport {
            ssrc: lane.ssrc,
            at,
            rtp_time,
            packets: lane.packets,
            payload_bytes: lane.payload_bytes,
        };
        let bytes = report.encode();
        let start = self.out.len();
        let (channel, to) = match lane.route {
            Route::Interleaved(_, rtcp) => (rtcp, None),
            Route::Udp(_, rtcp) => (0, Some(rtcp)),
        };
        let length = u16::try_from(bytes.len()).unwrap_or(0).to_be_bytes();
        self.out.extend_from_slice(&[b'$', channel, length[0], length[1]]);
        self.out.extend_from_slice(&bytes);
        self.packets.push(Packet { start, end: self.out.len(), to, rtcp: true });
    }

    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// What the mode does to packets: loses some, or fills them with noise.
    #[allow(clippy::cast_precision_loss)]
    fn spoil(&mut self) {
        match self.mode {
            Mode::Drop(share) => {
                let mut packets = std::mem::take(&mut self.packets);
                packets.retain(|packet| {
                    packet.rtcp || (self.random() >> 11) as f64 / (1_u64 << 53) as f64 >= share
                });
                self.packets = packets;
            }
            Mode::Garbage => {
                for index in 0..self.packets.len() {
                    let packet = self.packets[index];
                    if packet.rtcp {
                        continue;
                    }
                    // NAL unit and fragment headers stay: what arrives are well-formed units full of noise.
                    for at in (packet.start + Track::PREFIX + 3).min(packet.end)..packet.end {
                        let noise = self.random().to_be_bytes()[0];
                        self.out[at] = noise;
                    }
                }
            }
            _ => {}
        }
    }

    async fn flush<W: AsyncWrite + Unpin>(
        &mut self,
        hub: &Hub,
        writer: &mut W,
        cut: bool,
    ) -> io::Result<Flow> {
        for packet in &self.packets {
            if let Some(to) = packet.to {
                let socket = if packet.rtcp { &hub.rtcp } else { &hub.rtp };
                // Like a camera's network card: what does not fit is lost.
                let _ = socket.try_send_to(&self.out[packet.start + Track::FRAME..packet.end], to);
            }
        }
        let single = matches!(self.mode, Mode::PacketWrites | Mode::Drop(_));
        let writes = writes(&self.packets, self.out.len(), single);
        if cut {
            // The middle of the first packet of an access unit: neither frame nor picture is whole.
            if let Some((start, _)) = writes.first() {
                let end = self
                    .packets
                    .iter()
                    .find(|one| one.to.is_none() && !one.rtcp)
                    .map_or(*start, |one| one.end);
                writer.write_all(&self.out[*start..end - end.saturating_sub(*start) / 2]).await?;
            }
            return Ok(Flow::Close);
        }
        for (start, end) in writes {
            match tokio::time::timeout(WRITE_LIMIT, writer.write_all(&self.out[start..end])).await {
                Ok(written) => written?,
                Err(_) => return Ok(Flow::Close),
            }
        }
        Ok(Flow::Continue)
    }
}

/// The parts of the buffer that go into the connection, one per write: whole runs of packets, or with `single` each
/// packet for itself.
fn writes(packets: &[Packet], length: usize, single: bool) -> Vec<(usize, usize)> {
    let own = packets.iter().filter(|packet| packet.to.is_none()).map(|packet| (packet.start, packet.end));
    if single {
        return own.collect();
    }
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (start, end) in own {
        match runs.last_mut() {
            Some(run) if run.1 == start => run.1 = end,
            _ => runs.push((start, end)),
        }
    }
    debug_assert!(runs.last().is_none_or(|run| run.1 <= length));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(start: usize, end: usize) -> Packet {
        Packet { start, end, to: None, rtcp: false }
    }

    #[test]
    fn an_access_unit_is_one_write_and_in_packet_writes_one_for_each() {
        let packets = [packet(0, 10), packet(10, 30), packet(30, 35)];
        assert_eq!(writes(&packets, 35, false), [(0, 35)]);
        assert_eq!(writes(&packets, 35, true), [(0, 10), (10, 30), (30, 35)]);
    }

    #[test]
    fn what_goes_over_udp_or_is_lost_is_not_written() {
        let udp = Packet { to: Some(SocketAddr::from(([127, 0, 0, 1], 9))), ..packet(10, 30) };
        assert_eq!(writes(&[packet(0, 10), udp, packet(30, 35)], 35, false), [(0, 10), (30, 35)]);
        assert_eq!(writes(&[udp], 35, false), []);
    }
}
