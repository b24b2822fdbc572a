//! RTP over UDP.

use crate::clip::{Codec, Packer, rtcp};
use crate::room::{LOOKED_AT, Room, check, script, short, usual};
use crate::server::{Out, Script, UdpWay};
use anyhow::{Result, ensure};
use easien_ingest::Limits;
use easien_model::{LossReason, SessionPhase, Transport};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const NORMAL: UdpWay = UdpWay { says_port: true, from: HERE, says_source: false };

fn udp(way: UdpWay) -> Script {
    Script { udp: Some(way), ..script() }
}

/// Plays over UDP, as asked for.
async fn plays_over_udp(script: Script) -> Result<()> {
    let mut room = Room::with(script, short(), Some(Transport::Udp)).await?;
    room.plays().await?;
    ensure!(room.state().transport == Some(Transport::Udp), "{:?}", room.state());
    room.end().await
}

#[tokio::test]
async fn tcp_refused() -> Result<()> {
    let mut room = Room::new(udp(NORMAL)).await?;
    room.plays().await?;
    ensure!(room.state().transport == Some(Transport::Udp), "{:?}", room.state());
    room.end().await
}

#[tokio::test]
async fn udp_refused() -> Result<()> {
    let mut room = Room::with(script(), short(), Some(Transport::Udp)).await?;
    room.lost(LossReason::TransportRefused, 6).await?;
    room.end().await
}

#[tokio::test]
async fn no_server_port() -> Result<()> {
    plays_over_udp(udp(UdpWay { says_port: false, ..NORMAL })).await
}

#[tokio::test]
async fn from_another_address_that_is_told() -> Result<()> {
    // The description's server is not the one that streams; the answer says which.
    let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    plays_over_udp(udp(UdpWay { from, says_source: true, ..NORMAL })).await
}

#[tokio::test]
async fn from_another_address_that_is_not_told() -> Result<()> {
    // Nobody else's packets are taken for the camera's: no picture, and it says so. By default TCP is tried then.
    let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let limits = Limits { first_sample: Duration::from_millis(1200), ..short() };
    let mut room = Room::with(udp(UdpWay { from, ..NORMAL }), limits, Some(Transport::Udp)).await?;
    room.lost(LossReason::Stalled, 6).await?;
    room.end().await
}

#[tokio::test]
async fn over_ipv6() -> Result<()> {
    let here = IpAddr::V6(Ipv6Addr::LOCALHOST);
    plays_over_udp(Script { listen: here, ..udp(UdpWay { from: here, ..NORMAL }) }).await
}

#[tokio::test]
async fn reordered_and_doubled() -> Result<()> {
    let mut packer = Packer::new(Codec::H264);
    let mut n = 0;
    let show = packer.show_changed(&usual(Codec::H264), |mut packets| {
        n += 1;
        // The first picture tells where the numbers begin.
        if n > 1 && packets.len() > 2 {
            let last = packets.len() - 1;
            packets.swap(0, 1);
            packets.swap(last, last - 1);
            let again = packets[1].clone();
            packets.push(again);
        } else if n % 3 == 0 {
            packets.push(packets[0].clone());
        }
        packets
    });
    plays_over_udp(Script { show, ..udp(NORMAL) }).await
}

#[tokio::test]
async fn a_lost_packet() -> Result<()> {
    let all = usual(Codec::H264);
    let mut packer = Packer::new(Codec::H264);
    let mut n = 0;
    let show = packer.show_changed(&all, |mut packets| {
        n += 1;
        if n == 16 {
            packets.remove(3);
        }
        packets
    });
    let mut room = Room::with(Script { show, ..udp(NORMAL) }, short(), Some(Transport::Udp)).await?;
    let samples = room.samples(LOOKED_AT).await?;
    check(&samples[..15], &all[..15])?;
    ensure!(samples[15].damaged, "a damaged picture is called whole");
    check(&samples[16..], &all[16..LOOKED_AT])?;
    // The figures are counted together a few times a second.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let stats = room.ingest.stats(room.stream);
    ensure!(stats.as_ref().is_some_and(|stats| stats.lost_packets == 1), "{stats:?}");
    room.end().await
}

#[tokio::test]
async fn numbers_wrap_while_reordered() -> Result<()> {
    let mut packer = Packer { seq: 65_535 - 9, ..Packer::new(Codec::H264) };
    let show = packer.show_changed(&usual(Codec::H264), |mut packets| {
        let last = packets.len() - 1;
        if last > 2 {
            packets.swap(last, last - 1);
        }
        packets
    });
    plays_over_udp(Script { show, ..udp(NORMAL) }).await
}

#[tokio::test]
async fn reports_before_the_first_packet() -> Result<()> {
    let mut script = udp(NORMAL);
    script.show.insert(0, Out::Rtcp(0, rtcp(0x1234_5678, 90_000, false)));
    script.show.insert(1, Out::Rtcp(0, vec![1, 2, 3]));
    plays_over_udp(script).await
}

#[tokio::test]
async fn datagrams_of_nothing() -> Result<()> {
    let mut script = udp(NORMAL);
    for (i, bytes) in [&[][..], &[0x80, 96], &[0; 12], &[0xff; 1400]].iter().enumerate() {
        script.show.insert(7 * (i + 1), Out::Rtp(0, bytes.to_vec()));
    }
    plays_over_udp(script).await
}

#[tokio::test]
async fn nothing_comes_through_a_firewall() -> Result<()> {
    // Accepted, but nothing comes: the other transport is tried, and the screen says in between why.
    let limits = Limits { first_sample: Duration::from_secs(1), ..short() };
    let mut script = script();
    script.show_later = Some(std::mem::take(&mut script.show));
    let mut room = Room::with(script, limits, None).await?;
    room.lost(LossReason::Stalled, 5).await?;
    // UDP is refused by this camera; back over TCP.
    room.wait(8, "live", |state| {
        state.phase == SessionPhase::Live && state.transport == Some(Transport::Tcp)
    })
    .await?;
    room.end().await
}

#[tokio::test]
async fn the_connection_ends_while_udp_goes_on() -> Result<()> {
    let all = usual(Codec::H264);
    let mut script = udp(NORMAL);
    script.show = Packer::new(Codec::H264).show(&all[..20]);
    script.show.push(Out::Close);
    script.show.extend(Packer { seq: 1200, ..Packer::new(Codec::H264) }.show(&all[20..]));
    let mut room = Room::with(script, short(), Some(Transport::Udp)).await?;
    room.samples(15).await?;
    room.lost(LossReason::Closed, 6).await?;
    room.wait(6, "live again", |state| state.phase == SessionPhase::Live).await?;
    room.end().await
}
