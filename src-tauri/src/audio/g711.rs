//! G.711: one byte to one sample. Pure.

/// A-law (ITU-T G.711, even bits inverted), to -1..1.
#[must_use]
pub fn a_law(byte: u8) -> f32 {
    let value = byte ^ 0x55;
    let mantissa = i32::from(value & 0x0f) << 4;
    let magnitude = match value >> 4 & 7 {
        0 => mantissa + 8,
        segment => (mantissa + 0x108) << (segment - 1),
    };
    level(if value & 0x80 != 0 { magnitude } else { -magnitude })
}

/// µ-law (ITU-T G.711, all bits inverted), to -1..1.
#[must_use]
pub fn mu_law(byte: u8) -> f32 {
    let value = !byte;
    let magnitude = (((i32::from(value & 0x0f) << 3) + 0x84) << (value >> 4 & 7)) - 0x84;
    level(if value & 0x80 != 0 { -magnitude } else { magnitude })
}

fn level(sample: i32) -> f32 {
    sample as f32 / 32_768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // From the tables of the recommendation, as 16 bit: the largest, the smallest, and silence.
        let as_i16 = |level: f32| (level * 32_768.0).round() as i32;
        assert_eq!(as_i16(a_law(0xaa)), 32_256);
        assert_eq!(as_i16(a_law(0x2a)), -32_256);
        assert_eq!(as_i16(a_law(0xd5)), 8);
        assert_eq!(as_i16(a_law(0x55)), -8);
        assert_eq!(as_i16(mu_law(0x80)), 32_124);
        assert_eq!(as_i16(mu_law(0x00)), -32_124);
        assert_eq!(as_i16(mu_law(0xff)), 0);
        assert_eq!(as_i16(mu_law(0x7f)), 0);
    }

    #[test]
    fn louder_bytes_are_louder() {
        for law in [a_law as fn(u8) -> f32, mu_law] {
            let mut levels: Vec<f32> = (0..=255).map(law).collect();
            assert!(levels.iter().all(|level| (-1.0..=1.0).contains(level)));
            levels.sort_by(f32::total_cmp);
            levels.dedup();
            assert!(levels.len() >= 255, "{} different levels", levels.len());
        }
    }
}
