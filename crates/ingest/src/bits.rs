//! Reading bits of a NAL unit: emulation prevention removed, Exp-Golomb codes, never past the end. Belongs here:
//! bit arithmetic without meaning. What the bits say is in `sps` and `depay`.

/// The payload of a NAL unit without its emulation prevention bytes (H.264 section 7.3.1, H.265 section 7.3.1.1).
/// Reads at most `most_bytes` of the payload, so that a slice's header costs no more than a header.
pub(crate) fn rbsp(nal: &[u8], header_bytes: usize, most_bytes: usize) -> Vec<u8> {
    let body = nal.get(header_bytes..).unwrap_or(&[]);
    let body = &body[..body.len().min(most_bytes)];
    let mut out = Vec::with_capacity(body.len());
    let mut zeros = 0;
    for &byte in body {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

/// Bits of a byte string, most significant first. Every read answers `None` past the end.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at_bit: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at_bit: 0 }
    }

    /// Bits left to read.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at_bit
    }

    /// One bit.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        let byte = *self.bytes.get(self.at_bit / 8)?;
        let bit = byte >> (7 - self.at_bit % 8) & 1;
        self.at_bit += 1;
        Some(bit == 1)
    }

    /// `count` bits, at most 32, as an unsigned number.
    pub(crate) fn u(&mut self, count: u32) -> Option<u32> {
        if count > 32 || self.left() < count as usize {
            return None;
        }
        let mut value: u32 = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    /// Passes over `count` bits.
    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        if self.left() < count {
            return None;
        }
        self.at_bit += count;
        Some(())
    }

    /// An unsigned Exp-Golomb code (H.264 section 9.1); `None` when it is longer than 32 bits.
    pub(crate) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.u(zeros)?;
        Some((1u32 << zeros) - 1 + rest)
    }

    /// An unsigned Exp-Golomb code that must not exceed `most`.
    pub(crate) fn ue_most(&mut self, most: u32) -> Option<u32> {
        self.ue().filter(|value| *value <= most)
    }

    /// A signed Exp-Golomb code (H.264 section 9.1.1).
    pub(crate) fn se(&mut self) -> Option<i64> {
        let code = i64::from(self.ue()?);
        Some(if code % 2 == 1 { (code + 1) / 2 } else { -(code / 2) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_of_the_standard() {
        // 1 | 010 | 011 | 00100 | 00101 -> 0 1 2 3 4
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        assert_eq!((0..5).map(|_| bits.ue().unwrap()).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        assert_eq!((0..5).map(|_| bits.se().unwrap()).collect::<Vec<_>>(), [0, 1, -1, 2, -2]);
    }

    #[test]
    fn emulation_prevention_goes() {
        assert_eq!(rbsp(&[0x67, 0, 0, 3, 1, 0, 0, 3], 1, 100), [0, 0, 1, 0, 0]);
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>, reads in prop::collection::vec(0u32..40, 0..64)) {
            let body = rbsp(&bytes, 1, 64);
            let mut bits = Bits::new(&body);
            for read in reads {
                match read {
                    33 => { bits.ue(); }
                    34 => { bits.se(); }
                    35 => { bits.flag(); }
                    36 => { bits.skip(read as usize); }
                    _ => { bits.u(read); }
                }
            }
        }
    }
}
