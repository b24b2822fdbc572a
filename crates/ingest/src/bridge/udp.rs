//! RTP over UDP for the bridge: a pair of ports, only the camera's packets, put in order again, and handed on as
//! interleaved frames. What waits is bounded.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Room for a burst: a large key frame comes in a few milliseconds.
const RECEIVE_BUFFER_BYTES: usize = 2 << 20;

/// Packets that may overtake a missing one before it is given up.
const MOST_WAITING: usize = 64;

/// How long a missing packet is waited for.
const PATIENCE: Duration = Duration::from_millis(80);

/// Further away than this is not reordering but another beginning.
const MOST_AHEAD: u16 = 3000;

/// An even port for RTP and the odd one after it for RTCP.
pub(crate) struct Pair {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    pub(crate) rtp_port: u16,
}

impl Pair {
    /// Binds both on `local`.
    pub(crate) async fn bind(local: IpAddr) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..40 {
            // The system's choice tells a range that is free for us; RTP's port must be even (RFC 3550 section 11).
            let first = UdpSocket::bind((local, 0)).await?;
            let port = first.local_addr()?.port();
            let (rtp_port, other) =
                if port % 2 == 0 { (port, port.checked_add(1)) } else { (port - 1, port.checked_sub(1)) };
            let Some(other) = other else { continue };
            match UdpSocket::bind((local, other)).await {
                Ok(second) => {
                    let (rtp, rtcp) = if port % 2 == 0 { (first, second) } else { (second, first) };
                    // A smaller buffer than wished is no reason to do without the picture.
                    let _ = socket2::SockRef::from(&rtp).set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
                    return Ok(Self { rtp, rtcp, rtp_port });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Receives until nobody wants the frames any more. Only what comes from the camera is taken: from its address,
    /// or from the one that it told.
    pub(crate) async fn receive(
        self,
        camera: (IpAddr, Option<IpAddr>),
        server_ports: Option<(u16, u16)>,
        channel: u8,
        frames: mpsc::Sender<Vec<u8>>,
    ) {
        if let Some((rtp, rtcp)) = server_ports {
            self.open_the_way(camera.1.unwrap_or(camera.0), rtp, rtcp).await;
        }
        let (rtp, rtcp) = (self.rtp, self.rtcp);
        let mut order = Order::default();
        let mut rtp_buffer = vec![0; 65_536];
        let mut rtcp_buffer = vec![0; 2048];
        loop {
            let due = order.due();
            tokio::select! {
                got = rtp.recv_from(&mut rtp_buffer) => {
                    let Some(packet) = from_camera(got, &rtp_buffer, camera) else { continue };
                    order.push(packet, Instant::now());
                }
                got = rtcp.recv_from(&mut rtcp_buffer) => {
                    let Some(packet) = from_camera(got, &rtcp_buffer, camera) else { continue };
                    if frames.send(frame(channel.wrapping_add(1), packet)).await.is_err() {
                        return;
                    }
                }
                () = sleep_until(due.unwrap_or_else(|| Instant::now() + PATIENCE)), if due.is_some() => {
                    order.give_up(Instant::now());
                }
                () = frames.closed() => return,
            }
            while let Some(packet) = order.ready.pop_front() {
                if frames.send(frame(channel, &packet)).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Sends an empty RTP packet and receiver report, so that firewalls on the way let the answers in.
    async fn open_the_way(&self, camera: IpAddr, rtp: u16, rtcp: u16) {
        let mut packet = [0u8; 12];
        packet[0] = 2 << 6;
        let report = [2 << 6, 201, 0, 1, 0, 0, 0, 0];
        // A camera that does not want them is no fault.
        let _ = self.rtp.send_to(&packet, SocketAddr::new(camera, rtp)).await;
        let _ = self.rtcp.send_to(&report, SocketAddr::new(camera, rtcp)).await;
    }
}

/// A datagram's bytes, if it came from the camera. Errors are ICMP's echoes of what was sent.
fn from_camera(
    got: io::Result<(usize, SocketAddr)>,
    buffer: &[u8],
    camera: (IpAddr, Option<IpAddr>),
) -> Option<&[u8]> {
    let (length, from) = got.ok()?;
    let from = from.ip().to_canonical();
    let known = from == camera.0.to_canonical() || camera.1.is_some_and(|told| from == told.to_canonical());
    known.then(|| buffer.get(..length)).flatten()
}

fn frame(channel: u8, packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
    let mut out = Vec::with_capacity(4 + packet.len());
    out.push(b'$');
    out.push(channel);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(packet.get(..usize::from(length)).unwrap_or(&[]));
    out
}

/// Puts packets in the order of their sequence numbers.
#[derive(Debug, Default)]
struct Order {
    /// The number that is due.
    next: Option<u16>,
    /// Packets that came before a missing one.
    waiting: Vec<(u16, Vec<u8>)>,
    /// Packets in order.
    ready: VecDeque<Vec<u8>>,
    /// Since when a packet is missing.
    since: Option<Instant>,
}

impl Order {
    fn push(&mut self, packet: &[u8], now: Instant) {
        // Shorter or of another version: not RTP.
        let [first, _, high, low, ..] = packet else { return };
        if packet.len() < 12 || first >> 6 != 2 {
            return;
        }
        let seq = u16::from_be_bytes([*high, *low]);
        let ahead = seq.wrapping_sub(*self.next.get_or_insert(seq));
        if ahead == 0 {
            self.ready.push_back(packet.to_vec());
            self.next = Some(seq.wrapping_add(1));
            self.follow(now);
        } else if ahead < MOST_AHEAD {
            if self.waiting.iter().any(|(other, _)| *other == seq) {
                return;
            }
            self.waiting.push((seq, packet.to_vec()));
            self.since.get_or_insert(now);
            if self.waiting.len() > MOST_WAITING {
                self.give_up(now);
            }
        } else if ahead <= u16::MAX - MOST_AHEAD {
            // Another beginning: what waits goes first.
            while !self.waiting.is_empty() {
                self.give_up(now);
            }
            self.ready.push_back(packet.to_vec());
            self.next = Some(seq.wrapping_add(1));
        }
        // Else it comes too late, or twice.
    }

    /// What waited for the packet that just came.
    fn follow(&mut self, now: Instant) {
        while let Some(at) = self.waiting.iter().position(|(seq, _)| Some(*seq) == self.next) {
            let (seq, packet) = self.waiting.swap_remove(at);
            self.ready.push_back(packet);
            self.next = Some(seq.wrapping_add(1));
        }
        self.since = if self.waiting.is_empty() { None } else { Some(now) };
    }

    /// The missing packet will not come: on to the first that did.
    fn give_up(&mut self, now: Instant) {
        let next = self.next.unwrap_or(0);
        self.next =
            self.waiting.iter().map(|(seq, _)| *seq).min_by_key(|seq| seq.wrapping_sub(next)).or(self.next);
        self.follow(now);
    }

    fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(seq: u16) -> Vec<u8> {
        let mut out = vec![0x80, 96];
        out.extend(seq.to_be_bytes());
        out.extend([0; 8]);
        out
    }

    fn run(seqs: &[u16]) -> Vec<u16> {
        let mut order = Order::default();
        let mut out = Vec::new();
        let mut take = |order: &mut Order| {
            while let Some(packet) = order.ready.pop_front() {
                out.push(u16::from_be_bytes([packet[2], packet[3]]));
            }
        };
        for seq in seqs {
            order.push(&packet(*seq), Instant::now());
            take(&mut order);
        }
        while !order.waiting.is_empty() {
            order.give_up(Instant::now());
            take(&mut order);
        }
        out
    }

    #[test]
    fn order_returns_over_the_wrap() {
        assert_eq!(run(&[65534, 0, 65535, 1, 1, 3, 2]), [65534, 65535, 0, 1, 2, 3]);
    }

    #[test]
    fn a_missing_packet_is_given_up_and_a_jump_is_followed() {
        let seqs: Vec<u16> = (10..12).chain(13..200).collect();
        assert_eq!(run(&seqs), seqs);
        assert_eq!(run(&[10, 11, 13, 30_000, 30_001]), [10, 11, 13, 30_000, 30_001]);
    }

    proptest! {
        #[test]
        fn neighbours_may_swap(start: u16, swaps in prop::collection::vec(any::<bool>(), 1..200)) {
            let mut seqs: Vec<u16> = (0..=u16::try_from(swaps.len()).unwrap()).map(|i| start.wrapping_add(i)).collect();
            let expected = seqs.clone();
            // The first packet stays: nothing is known before it.
            for (i, swap) in swaps.iter().enumerate().skip(1) {
                if *swap {
                    seqs.swap(i, i + 1);
                }
            }
            let got = run(&seqs);
            if swaps.windows(60).all(|window| window.iter().any(|swap| !swap)) {
                prop_assert_eq!(got, expected);
            }
        }

        #[test]
        fn never_panics(seqs in prop::collection::vec(any::<u16>(), 0..300)) {
            run(&seqs);
        }
    }
}
