//! RTP headers, numbers and markers as cameras write them.

use crate::clip::{Codec, Packer, STEP, pictures, rtcp};
use crate::room::{LOOKED_AT, Room, check, plays, script, script_of, short, usual};
use crate::server::{Out, Script};
use anyhow::{Result, ensure};
use easien_ingest::Limits;
use easien_model::{LossReason, SessionPhase};
use std::time::Duration;

/// A camera whose packets are changed, each alone.
fn changed(codec: Codec, mut change: impl FnMut(&mut Vec<u8>)) -> Script {
    let mut packer = Packer::new(codec);
    let show = packer.show_changed(&usual(codec), |mut packets| {
        packets.iter_mut().for_each(&mut change);
        packets
    });
    Script { show, ..script_of(codec) }
}

#[tokio::test]
async fn padding() -> Result<()> {
    let mut n = 0;
    plays(changed(Codec::H264, move |packet| {
        n = n % 8 + 1;
        packet[0] |= 0x20;
        packet.extend(vec![0; n - 1]);
        packet.push(n as u8);
    }))
    .await
}

#[tokio::test]
async fn header_extensions() -> Result<()> {
    // ONVIF's replay extension, and an empty one.
    let mut n = 0;
    plays(changed(Codec::H264, move |packet| {
        n += 1;
        packet[0] |= 0x10;
        let extension: &[u8] = if n % 2 == 0 {
            &[0xab, 0xac, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
        } else {
            &[0xbe, 0xde, 0, 0]
        };
        packet.splice(12..12, extension.iter().copied());
    }))
    .await
}

#[tokio::test]
async fn contributing_sources() -> Result<()> {
    plays(changed(Codec::H264, |packet| {
        packet[0] |= 3;
        packet.splice(12..12, [7; 12]);
    }))
    .await
}

#[tokio::test]
async fn all_of_them_together() -> Result<()> {
    plays(changed(Codec::H264, |packet| {
        packet[0] |= 0x20 | 0x10 | 2;
        packet.splice(12..12, [&[7; 8][..], &[0xab, 0xac, 0, 1, 1, 2, 3, 4]].concat());
        packet.extend([0, 0, 3]);
    }))
    .await
}

#[tokio::test]
async fn another_payload_type_than_described() -> Result<()> {
    plays(changed(Codec::H264, |packet| packet[1] = packet[1] & 0x80 | 105)).await
}

/// Between the packets of the picture stand some of another payload type, with numbers of the same row.
#[tokio::test]
async fn two_payload_types_in_one_stream() -> Result<()> {
    let mut packer = Packer::new(Codec::H264);
    let mut show = Vec::new();
    for picture in usual(Codec::H264) {
        show.extend(packer.show(std::slice::from_ref(&picture)));
        packer.payload_type = 110;
        show.push(Out::Rtp(0, packer.packet(picture.timestamp + STEP / 2, true, b"<?xml maker's data?>")));
        packer.payload_type = 96;
    }
    plays(Script { show, ..script() }).await
}

/// As GeoVision does: type 50, with the number of the packet before it.
#[tokio::test]
async fn makers_packets_with_used_numbers() -> Result<()> {
    let mut packer = Packer::new(Codec::H264);
    let show = packer.show_changed(&usual(Codec::H264), |mut packets| {
        let mut odd = packets.last().cloned().unwrap_or_default();
        odd[1] = odd[1] & 0x80 | 50;
        packets.push(odd);
        packets
    });
    plays(Script { show, ..script() }).await
}

#[tokio::test]
async fn the_marker_on_every_packet() -> Result<()> {
    plays(changed(Codec::H264, |packet| packet[1] |= 0x80)).await?;
    let mut room = Room::new(changed(Codec::H265, |packet| packet[1] |= 0x80)).await?;
    room.plays_of(Codec::H265).await?;
    room.end().await
}

#[tokio::test]
async fn never_a_marker() -> Result<()> {
    plays(changed(Codec::H264, |packet| packet[1] &= 0x7f)).await?;
    let mut room = Room::new(changed(Codec::H265, |packet| packet[1] &= 0x7f)).await?;
    room.plays_of(Codec::H265).await?;
    room.end().await
}

#[tokio::test]
async fn numbers_wrap_at_65535() -> Result<()> {
    let mut packer = Packer { seq: 65_535 - 20, ..Packer::new(Codec::H264) };
    plays(Script { show: packer.show(&usual(Codec::H264)), ..script() }).await
}

#[tokio::test]
async fn numbers_from_the_edges() -> Result<()> {
    for seq in [0, 32_767, 65_535] {
        let mut packer = Packer { seq, ..Packer::new(Codec::H264) };
        plays(Script { show: packer.show(&usual(Codec::H264)), ..script() }).await?;
    }
    Ok(())
}

#[tokio::test]
async fn times_wrap() -> Result<()> {
    let mut pictures = usual(Codec::H264);
    for picture in &mut pictures {
        picture.timestamp = picture.timestamp.wrapping_sub(100_000 + 10 * STEP);
    }
    let mut room = Room::new(Script { show: Packer::new(Codec::H264).show(&pictures), ..script() }).await?;
    let samples = room.intact(&pictures).await?;
    ensure!(samples.iter().all(|sample| sample.run == samples[0].run), "a wrap is no new run");
    room.end().await
}

#[tokio::test]
async fn times_that_stand_still() -> Result<()> {
    let mut pictures = usual(Codec::H264);
    for picture in &mut pictures {
        picture.timestamp = 5;
    }
    let mut room = Room::new(Script { show: Packer::new(Codec::H264).show(&pictures), ..script() }).await?;
    // The first two may be taken for one, until it is known what the camera does.
    let samples = room.samples(LOOKED_AT - 2).await?;
    let nals = |sample: &easien_model::Sample| sample.nal_units().map(<[u8]>::to_vec).collect::<Vec<_>>();
    let got: Vec<Vec<u8>> = samples.iter().flat_map(|sample| nals(sample)).collect();
    let sent: Vec<Vec<u8>> = pictures.iter().flat_map(|picture| picture.nals.clone()).collect();
    ensure!(sent.starts_with(&got), "NAL units are missing or in another order");
    let single = samples.iter().filter(|sample| pictures.iter().any(|picture| picture.nals == nals(sample)));
    ensure!(single.count() >= samples.len() - 2, "pictures are mixed");
    room.end().await
}

#[tokio::test]
async fn times_that_leap() -> Result<()> {
    let mut pictures = usual(Codec::H264);
    for picture in &mut pictures[15..] {
        picture.timestamp = picture.timestamp.wrapping_add(3_000_000_000);
    }
    let mut room = Room::new(Script { show: Packer::new(Codec::H264).show(&pictures), ..script() }).await?;
    let samples = room.samples(LOOKED_AT).await?;
    check(&samples[..15], &pictures[..15])?;
    check(&samples[15..], &pictures[15..LOOKED_AT])?;
    ensure!(samples[14].run != samples[15].run, "another clock is another run");
    ensure!(room.camera.count("PLAY") == 1, "a new session");
    room.end().await
}

#[tokio::test]
async fn the_source_changes_while_playing() -> Result<()> {
    // As encoders do that restart inside: other source, numbers and times, on the same session.
    let all = pictures(Codec::H264, 75);
    let mut packer = Packer::new(Codec::H264);
    let mut show = packer.show(&all[..15]);
    packer.ssrc = 0x9999_0001;
    packer.seq = 40_000;
    packer.pause_ms = 40;
    let mut later = all[15..].to_vec();
    for picture in &mut later {
        picture.timestamp = picture.timestamp.wrapping_add(2_000_000_000);
    }
    show.extend(packer.show(&later));
    let mut room = Room::new(Script { show, ..script() }).await?;
    let first = room.samples(14).await?;
    check(&first, &all[..14])?;
    // The next picture comes soon, as another run, without the state ever saying that the camera is lost.
    let mut sample = room.sample(3).await?;
    while sample.run == first[0].run {
        sample = room.sample(3).await?;
    }
    ensure!(sample.key);
    ensure!(room.state().phase == SessionPhase::Live, "{:?}", room.state());
    room.end().await
}

#[tokio::test]
async fn numbers_that_jump_back() -> Result<()> {
    // Over TCP nothing is reordered: the camera began to count anew.
    let all = usual(Codec::H264);
    let mut packer = Packer::new(Codec::H264);
    let mut show = packer.show(&all[..15]);
    packer.seq = 3;
    packer.pause_ms = 40;
    show.extend(packer.show(&all[15..]));
    let mut room = Room::new(Script { show, ..script() }).await?;
    check(&room.samples(14).await?, &all[..14])?;
    let began = std::time::Instant::now();
    while !room.sample(4).await?.key {}
    ensure!(began.elapsed() < Duration::from_secs(4));
    room.end().await
}

#[tokio::test]
async fn sender_reports_of_a_stranger() -> Result<()> {
    let mut script = script();
    script.show.insert(0, Out::Rtcp(0, rtcp(0x0bad_cafe, 1, false)));
    script.show.insert(30, Out::Rtcp(0, rtcp(0x0bad_cafe, 77, false)));
    script.show_later = Some(script.show.clone());
    plays(script).await
}

#[tokio::test]
async fn broken_reports() -> Result<()> {
    let mut script = script();
    for (i, bytes) in [&[][..], &[0x80], &[0x80, 200, 0, 6, 1, 2], &[0, 0, 0, 0, 0, 0, 0, 0], &[0xff; 40]]
        .iter()
        .enumerate()
    {
        script.show.insert(8 * (i + 1), Out::Rtcp(0, bytes.to_vec()));
    }
    plays(script).await
}

#[tokio::test]
async fn broken_packets() -> Result<()> {
    let mut script = script();
    let bad: [&[u8]; 6] = [
        &[],
        &[0x80],
        &[0x80, 96, 0, 1, 0, 0],
        &[0x40; 30],
        // An extension and padding that reach past the end.
        &[0x90, 96, 0, 1, 0, 0, 0, 1, 0x12, 0x34, 0x56, 0x78, 0xbe, 0xde, 0xff, 0xff, 1],
        &[0xa0, 96, 0, 1, 0, 0, 0, 1, 0x12, 0x34, 0x56, 0x78, 1, 200],
    ];
    for (i, bytes) in bad.iter().enumerate() {
        script.show.insert(8 * (i + 1), Out::Rtp(0, bytes.to_vec()));
    }
    plays(script).await
}

#[tokio::test]
async fn a_goodbye_in_rtcp() -> Result<()> {
    // BYE with the connection left open: the camera has stopped. It is shown as stalled, then tried anew.
    let all = pictures(Codec::H264, 20);
    let mut show = Packer::new(Codec::H264).show(&all);
    show.push(Out::Rtcp(0, rtcp(0x1234_5678, 100_000, true)));
    let limits =
        Limits { stall: Duration::from_millis(800), give_up: Duration::from_millis(1600), ..short() };
    let mut room = Room::with(Script { show, ..script() }, limits, None).await?;
    room.samples(18).await?;
    room.lost(LossReason::Stalled, 5).await?;
    room.wait(5, "live again", |state| state.phase == SessionPhase::Live).await?;
    room.end().await
}

#[tokio::test]
async fn a_goodbye_that_is_none() -> Result<()> {
    // Some cameras say BYE for another source, or at the beginning.
    let mut script = script();
    script.show.insert(0, Out::Rtcp(0, rtcp(0x1234_5678, 90_000, true)));
    plays(script).await
}

#[tokio::test]
async fn one_picture_a_second() -> Result<()> {
    // Each picture must leave when its last packet has come, not with the next picture, a second late.
    let mut all = pictures(Codec::H264, 5);
    for (i, picture) in (0u32..).zip(&mut all) {
        picture.timestamp = i * 90_000;
    }
    let mut packer = Packer { pause_ms: 1000, ..Packer::new(Codec::H264) };
    let script = Script { show: packer.show(&all), ..script() };
    let mut room = Room::with(script, Limits::default(), None).await?;
    let samples = room.samples(4).await?;
    check(&samples, &all)?;
    ensure!(room.state().phase == SessionPhase::Live, "{:?}", room.state());
    room.end().await
}
