//! Transports, odd servers, and the bridge.

use crate::room::{PASSWORD, Room, live_over, short};
use anyhow::{Context, Result};
use easien_camsim::{Auth, Mode};
use easien_ingest::{Limits, probe};
use easien_model::{LossReason, SessionPhase, StreamKind, Transport};
use std::time::{Duration, Instant};

#[tokio::test]
async fn udp_when_tcp_is_refused_and_back() -> Result<()> {
    let mut room = Room::new(Auth::Md5, Mode::RefuseTcp).await?;
    let stream = room.open(1);
    room.wait("live over UDP", 15, |state| live_over(state, Transport::Udp)).await?;
    let samples = room.samples(stream, 40).await?;
    assert!(samples.iter().all(|sample| !sample.damaged));
    room.sim.set_mode("C001", StreamKind::Sub, Mode::RefuseUdp)?;
    room.wait("live over TCP", 20, |state| live_over(state, Transport::Tcp)).await?;
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn udp_where_it_is_wanted() -> Result<()> {
    let mut room = Room::new(Auth::Sha256, Mode::None).await?;
    let mut source = room.source(4, PASSWORD);
    source.transport = Some(Transport::Udp);
    room.ingest.open(source.clone());
    room.wait("live over UDP", 15, |state| live_over(state, Transport::Udp)).await?;
    let before = room.sim.stats().teardowns;
    room.ingest.close(source.stream);
    assert!(room.ingest.state(source.stream).is_none());
    let deadline = Instant::now() + Duration::from_secs(3);
    while room.sim.stats().teardowns == before {
        assert!(Instant::now() < deadline, "no TEARDOWN");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    room.sim.set_mode("C001", StreamKind::Sub, Mode::RefuseUdp)?;
    let mut refused = room.source(1, PASSWORD);
    refused.transport = Some(Transport::Udp);
    let failure = probe(&refused, &room.limits).await.expect_err("refused");
    assert_eq!(failure.reason, LossReason::TransportRefused);
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn odd_servers_are_borne() -> Result<()> {
    let odd = [
        Mode::NoCseqIn401,
        Mode::DigestWithoutQop,
        Mode::AbsoluteControl,
        Mode::AudioFirst,
        Mode::PacketWrites,
        Mode::SlowAnswers(300),
    ];
    let codes = ["C001", "C002", "C003", "C005"];
    for modes in odd.chunks(codes.len()) {
        let modes: Vec<_> = codes.into_iter().zip(modes.iter().copied()).collect();
        let room = Room::with(Auth::Md5, &modes, short(), Duration::from_secs(60)).await?;
        let looks = modes.iter().flat_map(|(code, mode)| {
            [None, Some(Transport::Udp)].map(|transport| {
                let number = usize::from(code.as_bytes()[3] - b'0');
                let source = easien_ingest::Source { transport, ..room.source(number, PASSWORD) };
                let limits = room.limits.clone();
                async move {
                    let found =
                        probe(&source, &limits).await.with_context(|| format!("{mode} {transport:?}"))?;
                    anyhow::ensure!(found.samples.first().is_some_and(|sample| sample.key), "{mode}");
                    anyhow::ensure!(found.params.width_px == 320, "{mode}");
                    Ok(())
                }
            })
        });
        futures::future::try_join_all(looks).await?;
        room.end().await;
    }
    Ok(())
}

/// retina #133 and #136: the picture stays while keep-alives go wrong, and afterwards for more than two periods.
#[tokio::test]
async fn wrong_answers_to_keep_alives_do_not_cost_the_picture() -> Result<()> {
    let timeout = Duration::from_secs(4);
    let limits = Limits { keep_alive: Some(Duration::from_secs(1)), ..short() };
    let mut room = Room::with(Auth::Md5, &[("C001", Mode::SetParameterFault)], limits, timeout).await?;
    let stream = room.open(1);
    room.wait_live().await?;
    let mut lane = room.ingest.view(stream).context("open")?;
    let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
    let until = Instant::now() + timeout * 4;
    while Instant::now() < until {
        tokio::time::timeout(Duration::from_secs(6), lane.next()).await?.context("closed")?;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    while let Ok((_, state)) = room.states.try_recv() {
        assert!(matches!(state.phase, SessionPhase::Live), "{state:?}");
    }
    assert!(longest < Duration::from_secs(3), "no picture for {longest:?}");
    let stats = room.sim.stats();
    assert_eq!((stats.plays, stats.timeouts), (2, 0), "once alone, once through the bridge");
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn closing_says_goodbye_and_ends_the_lanes() -> Result<()> {
    let mut room = Room::new(Auth::Md5, Mode::None).await?;
    let stream = room.open(1);
    room.wait_live().await?;
    let mut lane = room.ingest.view(stream).context("open")?;
    room.ingest.close(stream);
    let deadline = Instant::now() + Duration::from_secs(3);
    while room.sim.stats().teardowns == 0 {
        assert!(Instant::now() < deadline, "no TEARDOWN");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while lane.next().await.is_some() {}
    assert!(room.ingest.view(stream).is_none());
    assert!(room.ingest.sessions().is_empty());
    room.end().await;
    Ok(())
}

#[tokio::test]
async fn ipv6_over_both_transports() -> Result<()> {
    let room = Room::listening(std::net::Ipv6Addr::LOCALHOST.into()).await?;
    for transport in [Transport::Tcp, Transport::Udp] {
        let mut source = room.source(1, PASSWORD);
        source.transport = Some(transport);
        assert!(source.url.as_str().starts_with("rtsp://[::1]:"), "{}", source.url);
        let found = probe(&source, &room.limits).await.with_context(|| format!("{transport:?}"))?;
        assert_eq!((found.transport, found.params.width_px), (transport, 320));
    }
    room.end().await;
    Ok(())
}
