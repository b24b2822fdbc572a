//! One medium's RTP packets in the words that the library bears: valid headers, one source, numbers that rise. An
//! encoder that restarts inside its camera goes on with another source, or counts anew; the library gives up then,
//! although the pictures come.

/// Further ahead is not a loss but another beginning.
const MOST_AHEAD: u16 = 3000;

/// Further behind is not late or doubled but another beginning.
const MOST_BEHIND: u16 = 16;

/// Packets in a row that make another beginning; fewer are a stranger's, as of an old session.
const BEGINNING: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    source: u32,
    seq: u16,
}

/// See the module.
#[derive(Debug, Default)]
struct Row {
    /// What came last, as the camera numbers it.
    last: Option<Number>,
    /// The source that the library is told.
    told: u32,
    /// What is added to the camera's numbers.
    shift: u16,
    /// Maybe another beginning.
    strange: Vec<(Number, Vec<u8>)>,
}

impl Row {
    /// Takes a packet; `out` gets it, changed where needed, or what waited with it.
    fn take(&mut self, packet: &[u8], out: &mut impl FnMut(&[u8])) {
        let Some(number) = number(packet) else { return };
        let Some(last) = self.last else {
            (self.last, self.told) = (Some(number), number.source);
            out(packet);
            return;
        };
        let ahead = number.seq.wrapping_sub(last.seq);
        if number.source == last.source && (1..=MOST_AHEAD).contains(&ahead) {
            self.strange.clear();
            self.give(number, packet.to_vec(), out);
        } else if number.source == last.source && ahead.wrapping_neg() <= MOST_BEHIND {
            // Late, or doubled: some makers' own packets have the number of the one before.
        } else {
            let follows = self.strange.last().is_none_or(|(before, _)| {
                before.source == number.source && (1..=4).contains(&number.seq.wrapping_sub(before.seq))
            });
            if !follows {
                self.strange.clear();
            }
            self.strange.push((number, packet.to_vec()));
            if self.strange.len() >= BEGINNING {
                self.begin_anew(last, out);
            }
        }
    }

    fn begin_anew(&mut self, last: Number, out: &mut impl FnMut(&[u8])) {
        let Some((first, _)) = self.strange.first() else { return };
        // One number is left out: what follows does not continue what went before.
        self.shift = last.seq.wrapping_add(self.shift).wrapping_add(2).wrapping_sub(first.seq);
        for (number, packet) in std::mem::take(&mut self.strange) {
            self.give(number, packet, out);
        }
    }

    fn give(&mut self, number: Number, mut packet: Vec<u8>, out: &mut impl FnMut(&[u8])) {
        self.last = Some(number);
        let seq = number.seq.wrapping_add(self.shift);
        if let Some(place) = packet.get_mut(2..4) {
            place.copy_from_slice(&seq.to_be_bytes());
        }
        if let Some(place) = packet.get_mut(8..12) {
            place.copy_from_slice(&self.told.to_be_bytes());
        }
        out(&packet);
    }
}

/// A medium that is set up: its channels as the camera and as the library number them.
pub(crate) struct Medium {
    camera: (u8, u8),
    library: u8,
    row: Row,
}

impl Medium {
    pub(crate) fn new(camera: (u8, u8), library: u8) -> Self {
        Self { camera, library, row: Row::default() }
    }

    /// Adds a packet of the camera's `channel` to what goes to the library; false when it is not this medium's.
    pub(crate) fn take(&mut self, channel: u8, packet: &[u8], out: &mut Vec<u8>) -> bool {
        if channel == self.camera.0 {
            let library = self.library;
            self.row.take(packet, &mut |packet| put_frame(out, library, packet));
        } else if channel == self.camera.1 {
            put_frame(out, self.library.wrapping_add(1), packet);
        } else {
            return false;
        }
        true
    }
}

/// Adds an interleaved frame.
fn put_frame(out: &mut Vec<u8>, channel: u8, packet: &[u8]) {
    let Ok(length) = u16::try_from(packet.len()) else { return };
    out.extend_from_slice(&[b'$', channel]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(packet);
}

/// Source and number of a valid packet.
fn number(packet: &[u8]) -> Option<Number> {
    let (header, _) = packet.split_first_chunk::<12>()?;
    let flags = header[0];
    if flags >> 6 != 2 {
        return None;
    }
    let mut payload_at = 12 + 4 * usize::from(flags & 0x0f);
    if flags & 0x10 != 0 {
        let length = packet.get(payload_at + 2..payload_at + 4)?;
        payload_at += 4 + 4 * usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
    let padding = if flags & 0x20 != 0 { usize::from(*packet.last()?).max(1) } else { 0 };
    if payload_at + padding > packet.len() || flags & 0x20 != 0 && packet.last() == Some(&0) {
        return None;
    }
    Some(Number {
        source: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        seq: u16::from_be_bytes([header[2], header[3]]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(source: u32, seq: u16) -> Vec<u8> {
        let mut out = vec![0x80, 96];
        out.extend(seq.to_be_bytes());
        out.extend([0; 4]);
        out.extend(source.to_be_bytes());
        out
    }

    fn run(packets: &[(u32, u16)]) -> Vec<(u32, u16)> {
        let mut row = Row::default();
        let mut out = Vec::new();
        for (source, seq) in packets {
            row.take(&packet(*source, *seq), &mut |packet| {
                let number = number(packet).unwrap();
                out.push((number.source, number.seq));
            });
        }
        out
    }

    #[test]
    fn as_it_comes_over_losses_and_the_wrap() {
        let packets = [(7, 65_534), (7, 65_535), (7, 0), (7, 5), (7, 6)];
        assert_eq!(run(&packets), packets);
    }

    #[test]
    fn doubles_and_strangers_are_left_out() {
        let packets = [(7, 10), (7, 10), (9, 500), (7, 11), (9, 501), (9, 502), (7, 12), (7, 9)];
        assert_eq!(run(&packets), [(7, 10), (7, 11), (7, 12)]);
    }

    #[test]
    fn another_beginning_goes_on_with_one_missing() {
        assert_eq!(
            run(&[(7, 10), (9, 500), (9, 501), (9, 502), (9, 503), (9, 40), (9, 41), (9, 42)]),
            [(7, 10), (7, 12), (7, 13), (7, 14), (7, 15), (7, 17), (7, 18), (7, 19)]
        );
    }

    proptest! {
        #[test]
        fn never_panics_and_only_rises(packets in prop::collection::vec((0u32..3, any::<u16>()), 0..300), bytes: Vec<u8>) {
            let out = run(&packets);
            for pair in out.windows(2) {
                prop_assert_eq!(pair[0].0, pair[1].0);
                prop_assert!((1..=MOST_AHEAD).contains(&pair[1].1.wrapping_sub(pair[0].1)));
            }
            Row::default().take(&bytes, &mut |_| {});
        }
    }
}
