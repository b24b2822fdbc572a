//! NAL units: cutting an Annex B byte stream into them and them into access units. No bit fields beyond the first
//! bits of a slice header.

use bytes::Bytes;
use easien_model::Codec;

/// What a NAL unit is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NalKind {
    /// VPS, SPS or PPS.
    Parameters,
    /// A slice; `first`: the first of its picture; `key`: of a picture that needs no other (IDR, IRAP).
    Slice {
        /// Begins a picture.
        first: bool,
        /// Needs no other picture.
        key: bool,
    },
    /// Supplemental enhancement information before the slices; `recovery`: says recovery point.
    Sei {
        /// A recovery point message.
        recovery: bool,
    },
    /// Access unit delimiter.
    Delimiter,
    /// Anything else.
    Other,
}

/// The type number in a NAL unit's header.
#[must_use]
pub fn nal_type(codec: Codec, nal: &[u8]) -> u8 {
    let header = nal.first().copied().unwrap_or(0);
    if codec == Codec::H265 { header >> 1 & 0x3f } else { header & 0x1f }
}

/// What a NAL unit (without start code) is.
#[must_use]
pub fn kind(codec: Codec, nal: &[u8]) -> NalKind {
    let number = nal_type(codec, nal);
    if codec == Codec::H265 {
        let first = nal.get(2).is_some_and(|byte| byte & 0x80 != 0);
        match number {
            0..=31 => NalKind::Slice { first, key: (16..=23).contains(&number) },
            32..=34 => NalKind::Parameters,
            35 => NalKind::Delimiter,
            39 => NalKind::Sei { recovery: nal.get(2) == Some(&6) },
            _ => NalKind::Other,
        }
    } else {
        let first = nal.get(1).is_some_and(|byte| byte & 0x80 != 0);
        match number {
            1..=5 => NalKind::Slice { first, key: number == 5 },
            6 => NalKind::Sei { recovery: nal.get(1) == Some(&6) },
            7 | 8 => NalKind::Parameters,
            9 => NalKind::Delimiter,
            _ => NalKind::Other,
        }
    }
}

/// Cuts an Annex B byte stream into NAL units without start codes and trailing zeros.
#[must_use]
pub fn split(stream: &Bytes) -> Vec<Bytes> {
    let mut units = Vec::new();
    let mut start = None;
    let mut at = 0;
    let mut push = |from: usize, mut to: usize| {
        while to > from && stream[to - 1] == 0 {
            to -= 1;
        }
        if to > from {
            units.push(stream.slice(from..to));
        }
    };
    while at + 3 <= stream.len() {
        if stream[at + 2] > 1 {
            at += 3;
        } else if stream[at] == 0 && stream[at + 1] == 0 && stream[at + 2] == 1 {
            if let Some(start) = start {
                push(start, at);
            }
            start = Some(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    if let Some(start) = start {
        push(start, stream.len());
    }
    units
}

/// Groups NAL units into access units. Delimiters are dropped: cameras hardly ever send them.
#[must_use]
pub fn access_units(codec: Codec, nals: Vec<Bytes>) -> Vec<Vec<Bytes>> {
    let mut units: Vec<Vec<Bytes>> = Vec::new();
    let mut current: Vec<Bytes> = Vec::new();
    let mut has_slice = false;
    for nal in nals {
        let kind = kind(codec, &nal);
        let begins = match kind {
            NalKind::Slice { first, .. } => first,
            NalKind::Parameters | NalKind::Sei { .. } | NalKind::Delimiter => true,
            NalKind::Other => false,
        };
        if begins && has_slice {
            units.push(std::mem::take(&mut current));
            has_slice = false;
        }
        has_slice |= matches!(kind, NalKind::Slice { .. });
        if kind != NalKind::Delimiter {
            current.push(nal);
        }
    }
    if has_slice {
        units.push(current);
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn h264_units_begin_at_parameters_sei_or_a_first_slice() {
        let stream = Bytes::from_static(
            b"\0\0\0\x01\x09\xf0\0\0\0\x01\x67\x42\0\0\x01\x68\xce\0\0\x01\x65\x88\x80\0\0\x01\x65\x08\x81\
              \0\0\0\x01\x41\x9a\x01\0\0\x01\x06\x05\x01\0\0\x01\x41\x9a\x02\0\0\0",
        );
        let units = access_units(Codec::H264, split(&stream));
        let shape: Vec<Vec<u8>> =
            units.iter().map(|unit| unit.iter().map(|nal| nal_type(Codec::H264, nal)).collect()).collect();
        assert_eq!(shape, [vec![7, 8, 5, 5], vec![1], vec![6, 1]]);
        assert_eq!(units[2][1].as_ref(), b"\x41\x9a\x02");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn split_gives_back_what_was_joined(nals in proptest::collection::vec(proptest::collection::vec(2_u8..=255, 1..40), 1..20), long: bool) {
            let mut stream = Vec::new();
            for nal in &nals {
                stream.extend_from_slice(if long { &b"\0\0\0\x01"[..] } else { &b"\0\0\x01"[..] });
                stream.extend_from_slice(nal);
            }
            let back = split(&Bytes::from(stream));
            prop_assert_eq!(back.iter().map(|nal| nal.to_vec()).collect::<Vec<_>>(), nals);
        }

        #[test]
        fn split_never_panics(bytes in proptest::collection::vec(0_u8..4, 0..200)) {
            let units = access_units(Codec::H265, split(&Bytes::from(bytes)));
            prop_assert!(units.iter().all(|unit| !unit.is_empty()));
        }
    }
}
