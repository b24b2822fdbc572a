//! Random access units are packetised as cameras do, and as they should not; the same NAL units must come out.

use super::nal::VideoCodec;
use super::unit::Unit;
use super::video::VideoDepay;
use super::{Packet, nal::Role};
use easien_model::UtcMicros;
use proptest::prelude::*;

fn cases() -> u32 {
    if std::env::var_os("EASIEN_FULL").is_some() { 5000 } else { 200 }
}

/// A packet on its way.
#[derive(Clone, Debug)]
struct Sent {
    payload: Vec<u8>,
    timestamp: u32,
    marker: bool,
    seq: u16,
}

/// How a camera sets the marker bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Markers {
    Honest,
    EveryPacket,
    EveryNal,
    Never,
}

/// NAL units of one access unit: what stands before, then slices of one picture.
fn access_unit(codec: VideoCodec) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let body = prop::collection::vec(1u8..=255, 0..700);
    let before = prop::collection::vec((0usize..4, body.clone()), 0..4);
    let slices = prop::collection::vec(body, 1..4);
    (before, slices, any::<bool>()).prop_map(move |(before, slices, idr)| {
        let (kinds, slice): ([u8; 4], u8) = match codec {
            VideoCodec::H264 => ([9, 7, 8, 6], if idr { 5 } else { 1 }),
            VideoCodec::H265 => ([35, 33, 34, 39], if idr { 19 } else { 1 }),
        };
        let header = |kind: u8| match codec {
            VideoCodec::H264 => vec![0x60 | kind],
            VideoCodec::H265 => vec![kind << 1, 1],
        };
        let mut nals = Vec::new();
        for (which, body) in before {
            nals.push([header(kinds[which]), vec![0x55], body].concat());
        }
        for (index, body) in slices.into_iter().enumerate() {
            // first_mb_in_slice 0, or not; first_slice_segment_in_pic_flag.
            let first = if index == 0 { 0xb8 } else { 0x48 };
            nals.push([header(slice), vec![first], body].concat());
        }
        nals
    })
}

fn packetise(
    codec: VideoCodec,
    units: &[Vec<Vec<u8>>],
    mtu: usize,
    markers: Markers,
    donl: bool,
) -> Vec<Sent> {
    let mut out: Vec<Sent> = Vec::new();
    let mut timestamp = u32::MAX - 7000;
    for unit in units {
        let mut waiting: Vec<&Vec<u8>> = Vec::new();
        let mut payloads: Vec<(Vec<u8>, bool)> = Vec::new();
        let flush = |waiting: &mut Vec<&Vec<u8>>, payloads: &mut Vec<(Vec<u8>, bool)>| {
            if waiting.len() == 1 {
                payloads.push((single(codec, waiting[0], donl), true));
            } else if !waiting.is_empty() {
                payloads.push((aggregate(codec, waiting, donl), true));
            }
            waiting.clear();
        };
        for nal in unit {
            if nal.len() > mtu {
                flush(&mut waiting, &mut payloads);
                let pieces = fragments(codec, nal, mtu, donl);
                let last = pieces.len() - 1;
                payloads.extend(pieces.into_iter().enumerate().map(|(i, piece)| (piece, i == last)));
            } else {
                if waiting.iter().map(|nal| nal.len() + 3).sum::<usize>() + nal.len() > mtu {
                    flush(&mut waiting, &mut payloads);
                }
                waiting.push(nal);
            }
        }
        flush(&mut waiting, &mut payloads);
        let last = payloads.len() - 1;
        for (i, (payload, ends_nal)) in payloads.into_iter().enumerate() {
            let marker = match markers {
                Markers::Honest => i == last,
                Markers::EveryPacket => true,
                Markers::EveryNal => ends_nal,
                Markers::Never => false,
            };
            let seq = u16::try_from(out.len() % 65536).unwrap();
            out.push(Sent { payload, timestamp, marker, seq });
        }
        timestamp = timestamp.wrapping_add(6000);
    }
    out
}

fn single(codec: VideoCodec, nal: &[u8], donl: bool) -> Vec<u8> {
    if codec == VideoCodec::H265 && donl { [&nal[..2], &[0, 1], &nal[2..]].concat() } else { nal.to_vec() }
}

fn aggregate(codec: VideoCodec, nals: &[&Vec<u8>], donl: bool) -> Vec<u8> {
    let mut out = match codec {
        VideoCodec::H264 => vec![0x78],
        VideoCodec::H265 => vec![48 << 1, 1],
    };
    for (index, nal) in nals.iter().enumerate() {
        if codec == VideoCodec::H265 && donl {
            out.extend(if index == 0 { vec![0, 1] } else { vec![0] });
        }
        out.extend(u16::try_from(nal.len()).unwrap().to_be_bytes());
        out.extend_from_slice(nal);
    }
    out
}

fn fragments(codec: VideoCodec, nal: &[u8], mtu: usize, donl: bool) -> Vec<Vec<u8>> {
    let header = codec.header_bytes();
    let chunks: Vec<&[u8]> = nal[header..].chunks(mtu).collect();
    let last = chunks.len() - 1;
    let piece = |(index, chunk): (usize, &&[u8])| {
        let flags = if index == 0 { 0x80 } else { 0 } | if index == last { 0x40 } else { 0 };
        match codec {
            VideoCodec::H264 => [&[nal[0] & 0xe0 | 28, flags | nal[0] & 0x1f][..], chunk].concat(),
            VideoCodec::H265 => {
                let order: &[u8] = if donl && index == 0 { &[0, 1] } else { &[] };
                [&[49 << 1, 1, flags | nal[0] >> 1 & 0x3f][..], order, chunk].concat()
            }
        }
    };
    chunks.iter().enumerate().map(piece).collect()
}

/// Access units as they came out.
#[derive(Debug, PartialEq)]
struct Got {
    nals: Vec<Vec<u8>>,
    damaged: bool,
    timestamp: u32,
}

fn receive(codec: VideoCodec, sent: &[Sent], donl: bool) -> Vec<Got> {
    let mut depay = VideoDepay::new(codec, donl);
    let mut got = Vec::new();
    let mut take = |unit: &Unit| {
        // The bytes must agree with the places.
        let mut rest: &[u8] = &unit.bytes;
        for place in &unit.nals {
            let (length, tail) = rest.split_first_chunk::<4>().unwrap();
            let length = u32::from_be_bytes(*length) as usize;
            assert_eq!(unit.nal(place), &tail[..length]);
            rest = &tail[length..];
        }
        assert!(rest.is_empty());
        got.push(Got {
            nals: unit.nals.iter().map(|place| unit.nal(place).to_vec()).collect(),
            damaged: unit.damaged,
            timestamp: unit.timestamp,
        });
    };
    let mut expected: Option<u16> = None;
    for packet in sent {
        let lost = expected.map_or(0, |next| packet.seq.wrapping_sub(next));
        expected = Some(packet.seq.wrapping_add(1));
        depay.push(
            &Packet {
                payload: &packet.payload,
                timestamp: packet.timestamp,
                marker: packet.marker,
                lost,
                arrived: UtcMicros(0),
            },
            &mut take,
        );
    }
    depay.finish(&mut take);
    got
}

fn any_codec() -> impl Strategy<Value = VideoCodec> {
    prop_oneof![Just(VideoCodec::H264), Just(VideoCodec::H265)]
}

fn any_stream() -> impl Strategy<Value = (VideoCodec, Vec<Vec<Vec<u8>>>)> {
    any_codec().prop_flat_map(|codec| (Just(codec), prop::collection::vec(access_unit(codec), 1..9)))
}

fn any_markers() -> impl Strategy<Value = Markers> {
    prop_oneof![
        Just(Markers::Honest),
        Just(Markers::EveryPacket),
        Just(Markers::EveryNal),
        Just(Markers::Never)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn nal_units_in_are_nal_units_out(
        (codec, units) in any_stream(),
        mtu in 20usize..600,
        markers in any_markers(),
        donl: bool,
    ) {
        let donl = donl && codec == VideoCodec::H265;
        let sent = packetise(codec, &units, mtu, markers, donl);
        let got = receive(codec, &sent, donl);
        prop_assert!(got.iter().all(|unit| !unit.damaged));
        let nals: Vec<_> = got.into_iter().map(|unit| unit.nals).collect();
        prop_assert!(nals.concat() == units.concat(), "NAL units differ");
        match markers {
            Markers::Honest | Markers::Never => prop_assert!(nals == units, "access units differ"),
            // Marks on every NAL unit look right until the first picture of several slices: that one may be split.
            Markers::EveryPacket | Markers::EveryNal => prop_assert!(nals.len() <= units.len() + 1),
        }
    }

    #[test]
    fn losses_are_told_and_the_rest_is_right(
        (codec, units) in any_stream(),
        mtu in 20usize..300,
        drops in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let sent = packetise(codec, &units, mtu, Markers::Honest, false);
        let mut kept = sent.clone();
        for drop in drops {
            if kept.len() > 1 {
                let index = 1 + drop.index(kept.len() - 1);
                kept.remove(index);
            }
        }
        // A loss at the end is only seen when the next packet comes.
        let seen = kept.last().map(|packet| packet.seq);
        let got = receive(codec, &kept, false);
        let stamp = |index: usize| (u32::MAX - 7000).wrapping_add(6000 * u32::try_from(index).unwrap());
        for (index, unit) in units.iter().enumerate() {
            let mine: Vec<&Sent> = sent.iter().filter(|packet| packet.timestamp == stamp(index)).collect();
            let came = mine.iter().filter(|packet| kept.iter().any(|k| k.seq == packet.seq)).count();
            let out: Vec<&Got> = got.iter().filter(|g| g.timestamp == stamp(index)).collect();
            if came == mine.len() {
                prop_assert!(out.iter().any(|g| g.nals.ends_with(unit)), "unit {} is whole but changed", index);
            } else if seen >= mine.last().map(|packet| packet.seq) {
                prop_assert!(out.iter().all(|g| g.damaged), "unit {} lost {} packets silently", index, mine.len() - came);
            }
        }
    }

    #[test]
    fn garbage_and_reordering_never_panic(
        (codec, units) in any_stream(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        garbage in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..60)), 0..20),
        donl: bool,
    ) {
        let mut sent = packetise(codec, &units, 100, Markers::Honest, false);
        for pair in order.chunks(2) {
            if let [a, b] = pair {
                let (a, b) = (a.index(sent.len()), b.index(sent.len()));
                sent.swap(a, b);
            }
        }
        for (at, payload) in garbage {
            let at = at.index(sent.len());
            sent[at].payload = payload;
        }
        receive(codec, &sent, donl);
    }
}

#[test]
fn a_clock_that_stands_still_does_not_pile_pictures_up() {
    let slice = |n: u8| vec![0x41, 0xb8, n];
    let sent: Vec<Sent> = (0..12u8)
        .map(|n| Sent { payload: slice(n), timestamp: 5, marker: false, seq: u16::from(n) })
        .collect();
    let got = receive(VideoCodec::H264, &sent, false);
    assert!(got.len() >= 10, "{got:?}");
    let marked: Vec<Sent> = sent.into_iter().map(|packet| Sent { marker: true, ..packet }).collect();
    assert_eq!(receive(VideoCodec::H264, &marked, false).len(), 12);
}

#[test]
fn parameter_sets_with_a_timestamp_of_their_own_stand_before_the_picture() {
    let packet =
        |payload: &[u8], timestamp, seq| Sent { payload: payload.to_vec(), timestamp, marker: true, seq };
    let sent = [
        packet(&[0x41, 0xb8], 1000, 0),
        packet(&[0x67, 1], 1000, 1),
        packet(&[0x68, 1], 1500, 2),
        packet(&[0x65, 0xb8], 2000, 3),
    ];
    let got = receive(VideoCodec::H264, &sent, false);
    assert_eq!(got.len(), 2);
    assert_eq!(got[1].nals, [vec![0x67, 1], vec![0x68, 1], vec![0x65, 0xb8]]);
    assert_eq!(got[1].timestamp, 2000);
}

#[test]
fn interleaved_mode_is_taken_as_it_comes() {
    let mut unit = Unit::new(VideoCodec::H264);
    let mut odd = super::Oddities::default();
    let mut push = |payload: &[u8]| super::h264::push(payload, &mut unit, &mut odd);
    push(&[25, 0, 1, 0, 2, 0x67, 1, 0, 2, 0x68, 2]); // STAP-B
    push(&[26, 0, 1, 0, 2, 9, 0, 0, 0x65, 0x88]); // MTAP16
    push(&[27, 0, 1, 0, 2, 9, 0, 0, 0, 0x65, 0x08]); // MTAP24
    push(&[0x60 | 29, 0x85, 0, 1, 0x10, 7]); // FU-B, then FU-A
    push(&[0x60 | 28, 0x45, 8]);
    push(&[31, 1, 2]);
    let nals: Vec<_> = unit.nals.iter().map(|place| unit.nal(place).to_vec()).collect();
    assert_eq!(
        nals,
        [vec![0x67, 1], vec![0x68, 2], vec![0x65, 0x88], vec![0x65, 0x08], vec![0x65, 0x10, 7, 8]]
    );
    assert!(unit.nals.iter().skip(2).all(|place| place.role == Role::Slice { random_access: true }));
    assert_eq!(odd.unknown, 1);
}
