//! From NAL units behind lengths, as samples carry them, to the byte stream with start codes that the decoders take.

use easien_model::Codec;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Writes `data`'s NAL units behind start codes into `out` (at least as long as `data`) and returns how many bytes.
/// A length that points past the end ends it: what came is still tried.
///
/// H.265: SEI, access unit delimiters and NAL unit types without a meaning are left out. The decoder needs none of
/// them and, told to be strict, would give up a picture for a defect in one. (H.264's SEI stays: it says where
/// pictures without IDR are whole again.)
pub fn annex_b(codec: Codec, data: &[u8], out: &mut [u8]) -> usize {
    let mut written = 0;
    let mut rest = data;
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let Some(nal) = tail.get(..u32::from_be_bytes(*length) as usize) else { break };
        rest = tail.get(nal.len()..).unwrap_or_default();
        if nal.is_empty()
            || (codec == Codec::H265 && nal.first().is_some_and(|head| (head >> 1) & 0x3f >= 35))
        {
            continue;
        }
        let Some(place) = out.get_mut(written..written + 4 + nal.len()) else { break };
        let (code, bytes) = place.split_at_mut(4);
        code.copy_from_slice(&START_CODE);
        bytes.copy_from_slice(nal);
        written += 4 + nal.len();
    }
    written
}

/// Parameter sets behind start codes: what a decoder is opened with.
pub fn parameter_sets<B: AsRef<[u8]>>(sets: &[B]) -> Vec<u8> {
    sets.iter().flat_map(|set| START_CODE.iter().chain(set.as_ref())).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_become_start_codes() {
        let data = [0, 0, 0, 2, 0x67, 1, 0, 0, 0, 1, 0x65];
        let mut out = [9; 11];
        assert_eq!(annex_b(Codec::H264, &data, &mut out), 11);
        assert_eq!(out, [0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x65]);
    }

    #[test]
    fn h265_sei_stays_behind_and_a_false_length_ends() {
        let data = [0, 0, 0, 2, 39 << 1, 1, 0, 0, 0, 2, 19 << 1, 1, 0, 0, 0, 200, 1];
        let mut out = [9; 17];
        assert_eq!(annex_b(Codec::H265, &data, &mut out), 6);
        assert_eq!(out[..6], [0, 0, 0, 1, 19 << 1, 1]);
    }
}
