//! NAL units: how they are put into packets, and which come.

use crate::clip::{Codec, Packer, Picture, STEP, pictures, sdp, slice};
use crate::room::{LOOKED_AT, Room, check, script, script_of, usual, video};
use crate::server::{Out, Script};
use anyhow::{Result, ensure};
use easien_ingest::Limits;
use easien_model::SessionPhase;
use std::time::Duration;

const BOTH: [Codec; 2] = [Codec::H264, Codec::H265];

/// These pictures arrive as they are, in one run.
async fn intact(codec: Codec, pictures: &[Picture]) -> Result<()> {
    let show = Packer::new(codec).show(pictures);
    sent(codec, pictures, show).await
}

async fn sent(codec: Codec, pictures: &[Picture], show: Vec<Out>) -> Result<()> {
    let mut room = Room::new(Script { show, ..script_of(codec) }).await?;
    let samples = room.intact(pictures).await?;
    ensure!(samples.iter().all(|sample| sample.run == samples[0].run), "several runs");
    room.end().await
}

#[tokio::test]
async fn aggregates() -> Result<()> {
    for codec in BOTH {
        let all = usual(codec);
        let mut packer = Packer::new(codec);
        let mut show = Vec::new();
        for picture in &all {
            // Everything but a large slice in one packet.
            let (last, others) = picture.nals.split_last().unwrap();
            if others.is_empty() {
                let payload = packer.aggregate(&picture.nals);
                show.push(Out::Rtp(0, packer.packet(picture.timestamp, true, &payload)));
            } else {
                let payload = packer.aggregate(others);
                show.push(Out::Rtp(0, packer.packet(picture.timestamp, false, &payload)));
                let payloads = packer.payloads(last);
                for (i, payload) in payloads.iter().enumerate() {
                    let marker = i + 1 == payloads.len();
                    show.push(Out::Rtp(0, packer.packet(picture.timestamp, marker, payload)));
                }
            }
            show.push(Out::Wait(3));
        }
        sent(codec, &all, show).await?;
    }
    Ok(())
}

#[tokio::test]
async fn several_slices_in_a_picture() -> Result<()> {
    for codec in BOTH {
        let mut all = usual(codec);
        for (n, picture) in all.iter_mut().enumerate() {
            picture.nals.extend((0..3).map(|i| slice(codec, picture.key, false, 100 + n * 3 + i, 700)));
        }
        if codec == Codec::H265 {
            // The first bit behind the header says "first".
            for picture in &mut all {
                for nal in picture.nals.iter_mut().rev().take(3) {
                    nal[2] &= 0x7f;
                }
            }
        }
        intact(codec, &all).await?;
    }
    Ok(())
}

#[tokio::test]
async fn each_slice_with_a_marker() -> Result<()> {
    let codec = Codec::H264;
    let mut all = usual(codec);
    for (n, picture) in all.iter_mut().enumerate() {
        picture.nals.extend((0..3).map(|i| slice(codec, picture.key, false, 100 + n * 3 + i, 700)));
    }
    let mut packer = Packer::new(codec);
    let show = packer.show_changed(&all, |mut packets| {
        for packet in &mut packets {
            let (kind, edge) = (packet[12] & 0x1f, packet[13]);
            if kind != 28 || edge & 0x40 != 0 {
                packet[1] |= 0x80;
            }
        }
        packets
    });
    sent(codec, &all, show).await
}

#[tokio::test]
async fn delimiters_sei_and_filler() -> Result<()> {
    for codec in BOTH {
        let mut all = usual(codec);
        for picture in &mut all {
            picture.nals.insert(0, codec.aud());
            picture.nals.insert(picture.nals.len() - 1, codec.sei());
            picture.nals.push(codec.filler(300));
        }
        intact(codec, &all).await?;
    }
    Ok(())
}

#[tokio::test]
async fn filler_behind_the_marker() -> Result<()> {
    let codec = Codec::H264;
    let mut all = usual(codec);
    for picture in &mut all {
        picture.nals.push(codec.filler(200));
    }
    let mut packer = Packer::new(codec);
    let show = packer.show_changed(&all, |mut packets| {
        let last = packets.len() - 1;
        packets[last - 1][1] |= 0x80;
        packets
    });
    sent(codec, &all, show).await
}

#[tokio::test]
async fn sei_and_delimiters_in_packets_of_their_own_time() -> Result<()> {
    // Between the pictures, with a time between theirs: they belong to the picture that follows.
    for codec in BOTH {
        let all = usual(codec);
        let mut packer = Packer::new(codec);
        let (mut show, mut expected) = (Vec::new(), all.clone());
        for (picture, expected) in all.iter().zip(&mut expected) {
            for (marker, nal) in [(false, codec.aud()), (true, codec.sei())] {
                show.push(Out::Rtp(0, packer.packet(picture.timestamp - STEP / 2, marker, &nal)));
            }
            show.extend(packer.show(std::slice::from_ref(picture)));
            expected.nals.splice(0..0, [codec.aud(), codec.sei()]);
        }
        sent(codec, &expected, show).await?;
    }
    Ok(())
}

#[tokio::test]
async fn parameter_sets_with_markers_and_an_old_time() -> Result<()> {
    for codec in BOTH {
        let all = usual(codec);
        let mut packer = Packer::new(codec);
        let mut show = Vec::new();
        for picture in &all {
            let (last, sets) = picture.nals.split_last().unwrap();
            for nal in sets {
                show.push(Out::Rtp(0, packer.packet(picture.timestamp - STEP / 3, true, nal)));
            }
            let alone = Picture { nals: vec![last.clone()], ..picture.clone() };
            show.extend(packer.show(&[alone]));
        }
        sent(codec, &all, show).await?;
    }
    Ok(())
}

#[tokio::test]
async fn empty_payloads_and_empty_nal_units() -> Result<()> {
    for codec in BOTH {
        let all = usual(codec);
        let mut packer = Packer::new(codec);
        let mut show = Vec::new();
        for picture in &all {
            show.push(Out::Rtp(0, packer.packet(picture.timestamp, false, &[])));
            let empty = packer.aggregate(&picture.nals[..1]);
            // An aggregate with an empty one in it.
            let header = if codec == Codec::H264 { 1 } else { 2 };
            let with_empty = [&empty[..header], &[0, 0], &empty[header..]].concat();
            if picture.nals.len() > 1 {
                show.push(Out::Rtp(0, packer.packet(picture.timestamp, false, &with_empty)));
                let rest = Picture { nals: picture.nals[1..].to_vec(), ..picture.clone() };
                show.extend(packer.show(&[rest]));
            } else {
                show.extend(packer.show(std::slice::from_ref(picture)));
            }
        }
        sent(codec, &all, show).await?;
    }
    Ok(())
}

/// The packets of one picture lose something. It comes damaged, or not at all: then its number is missing and the
/// picture after it is called damaged. All others are intact.
async fn one_damaged(codec: Codec, spoil: impl Fn(&mut Packer, &Picture) -> Vec<Vec<u8>>) -> Result<()> {
    let all = usual(codec);
    let mut packer = Packer::new(codec);
    let mut show = packer.show(&all[..15]);
    show.extend(spoil(&mut packer, &all[15]).into_iter().map(|packet| Out::Rtp(0, packet)));
    show.extend(packer.show(&all[16..]));
    let mut room = Room::new(Script { show, ..script_of(codec) }).await?;
    let samples = room.samples(LOOKED_AT).await?;
    check(&samples[..15], &all[..15])?;
    ensure!(samples[15].damaged, "a damaged picture is called whole");
    let after = usize::try_from(samples[15].seq)? + 1;
    ensure!(after == 16 || after == 17, "number {} after 14", samples[15].seq);
    check(&samples[16..], &all[after..])?;
    ensure!(room.camera.count("PLAY") == 1, "a new session");
    room.end().await
}

#[tokio::test]
async fn a_fragment_without_its_beginning() -> Result<()> {
    for codec in BOTH {
        one_damaged(codec, |packer, picture| {
            let mut packets = packer.picture(picture);
            let header = if packer.codec == Codec::H264 { 13 } else { 14 };
            let start = packets.iter_mut().find(|packet| packet[header] & 0x80 != 0 && packet.len() > 1000);
            start.unwrap()[header] &= 0x7f;
            packets
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_fragment_without_its_end() -> Result<()> {
    for codec in BOTH {
        one_damaged(codec, |packer, picture| {
            let mut packets = packer.picture(picture);
            let header = if packer.codec == Codec::H264 { 13 } else { 14 };
            packets.last_mut().unwrap()[header] &= 0xbf;
            packets
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_aggregate_that_promises_too_much() -> Result<()> {
    for codec in BOTH {
        one_damaged(codec, |packer, picture| {
            let mut payload = packer.aggregate(&picture.nals[..picture.nals.len() - 1]);
            payload.truncate(payload.len() - 2);
            let mut packets = vec![packer.packet(picture.timestamp, false, &payload)];
            let slice = Picture { nals: vec![picture.nals.last().unwrap().clone()], ..picture.clone() };
            packets.extend(packer.picture(&slice));
            packets
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_nal_unit_of_8_mib() -> Result<()> {
    for codec in BOTH {
        let mut all = usual(codec);
        let nal = slice(codec, true, true, 7, 8 << 20);
        *all[15].nals.last_mut().unwrap() = nal;
        let mut packer = Packer { most_bytes: 60_000, ..Packer::new(codec) };
        let show = packer.show(&all);
        sent(codec, &all, show).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_nal_unit_without_end() -> Result<()> {
    // 40 MiB of fragments that never end: what is kept is bounded, and the pictures after it come.
    let codec = Codec::H264;
    let all = usual(codec);
    let mut packer = Packer::new(codec);
    let mut show = packer.show(&all[..15]);
    let body = vec![0x55; 60_000];
    for i in 0..700 {
        let payload = [&[0x7c, if i == 0 { 0x85 } else { 0x05 }][..], &body].concat();
        show.push(Out::Rtp(0, packer.packet(all[15].timestamp, false, &payload)));
    }
    show.extend(packer.show(&all[16..]));
    let mut room = Room::new(Script { show, ..script() }).await?;
    let samples = room.samples(LOOKED_AT).await?;
    check(&samples[..15], &all[..15])?;
    ensure!(samples[15].damaged && samples[15].len_bytes() <= 12 << 20, "{} bytes", samples[15].len_bytes());
    check(&samples[16..], &all[16..LOOKED_AT])?;
    room.end().await
}

#[tokio::test]
async fn start_codes_inside() -> Result<()> {
    // Parameter sets and SEI in one packet with start codes, as some encoders hand them over.
    let codec = Codec::H264;
    let all = usual(codec);
    let mut packer = Packer::new(codec);
    let mut show = Vec::new();
    for picture in &all {
        let (last, sets) = picture.nals.split_last().unwrap();
        if !sets.is_empty() {
            let joined = sets.join(&[0, 0, 0, 1][..]);
            show.push(Out::Rtp(0, packer.packet(picture.timestamp, false, &joined)));
        }
        show.extend(packer.show(&[Picture { nals: vec![last.clone()], ..picture.clone() }]));
    }
    sent(codec, &all, show).await
}

#[tokio::test]
async fn a_start_code_before_each_nal_unit() -> Result<()> {
    let codec = Codec::H264;
    let all = usual(codec);
    let mut packer = Packer { most_bytes: 60_000, ..Packer::new(codec) };
    let mut show = Vec::new();
    for picture in &all {
        let last = picture.nals.len() - 1;
        for (i, nal) in picture.nals.iter().enumerate() {
            let payload = [&[0, 0, 0, 1][..], nal].concat();
            show.push(Out::Rtp(0, packer.packet(picture.timestamp, i == last, &payload)));
        }
        show.push(Out::Wait(3));
    }
    sent(codec, &all, show).await
}

#[tokio::test]
async fn b_pictures_keep_their_times() -> Result<()> {
    // In decoding order: I P B B P B B ..., the times of showing jump.
    for codec in BOTH {
        let mut all = usual(codec);
        for (n, picture) in (0u32..).zip(&mut all) {
            let at = if n == 0 { 0 } else { (n - 1) / 3 * 3 + [3, 1, 2][(n as usize - 1) % 3] };
            picture.timestamp = 100_000 + at * STEP;
        }
        intact(codec, &all).await?;
    }
    Ok(())
}

#[tokio::test]
async fn joined_in_the_middle() -> Result<()> {
    let codec = Codec::H264;
    let all = usual(codec);
    let mut packer = Packer::new(codec);
    // Half a picture, then the rest of the GOP.
    let mut show: Vec<Out> = packer.picture(&all[0])[4..].iter().map(|p| Out::Rtp(0, p.clone())).collect();
    show.extend(packer.show(&all[1..]));
    let mut room = Room::new(Script { show, ..script() }).await?;
    let samples = room.samples(LOOKED_AT - 15).await?;
    check(&samples, &all[15..LOOKED_AT])?;
    room.end().await
}

#[tokio::test]
async fn the_first_key_frame_after_12_s() -> Result<()> {
    // Smart codecs have GOPs of 10 to 20 s, and a session begins somewhere in one.
    let codec = Codec::H264;
    let mut all = pictures(codec, 150);
    for (n, picture) in all.iter_mut().enumerate() {
        picture.nals = vec![slice(codec, n == 122, true, n, 900)];
        picture.key = n == 122;
        picture.timestamp = n as u32 * 9000;
        if picture.key {
            picture.nals.splice(0..0, codec.sets());
        }
    }
    let mut packer = Packer { pause_ms: 99, ..Packer::new(codec) };
    let script = Script { show: packer.show(&all), ..script() };
    let mut room = Room::with(script, Limits::default(), None).await?;
    let mut samples = vec![room.sample(15).await?];
    samples.extend(room.samples(10).await?);
    check(&samples, &all[122..133])?;
    ensure!(room.state().phase == SessionPhase::Live, "{:?}", room.state());
    ensure!(room.camera.count("PLAY") == 1, "a new session");
    room.end().await
}

#[tokio::test]
async fn parameter_sets_only_is_no_picture() -> Result<()> {
    let codec = Codec::H264;
    let mut packer = Packer { pause_ms: 40, ..Packer::new(codec) };
    let sets = Picture { nals: codec.sets(), key: false, timestamp: 0 };
    let show: Vec<Out> =
        (0..40).flat_map(|n| packer.show(&[Picture { timestamp: n * STEP, ..sets.clone() }])).collect();
    let limits = Limits { first_sample: Duration::from_millis(1200), ..crate::room::short() };
    let mut room = Room::with(Script { show, ..script() }, limits, None).await?;
    room.lost(easien_model::LossReason::Stalled, 5).await?;
    room.end().await
}

#[tokio::test]
async fn the_size_changes_while_playing() -> Result<()> {
    // The description's sets belong to another size than the stream's.
    let codec = Codec::H264;
    let other = sdp(codec).replace("Z0LADNoFBn58BEAAAAMABAAAAwB4PFCqgA==", "Z0LACtoPCmhAAAADAEAAAAyDxIuo");
    let mut room = Room::new(Script { sdp: other.into_bytes(), ..script() }).await?;
    let samples = room.intact(&usual(codec)).await?;
    let last = video(samples.last().unwrap());
    ensure!((last.width_px, last.height_px) == (320, 180) && last.parameter_sets == codec.sets(), "{last:?}");
    room.end().await
}
