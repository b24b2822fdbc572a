//! Decoders that wait for the next key frame of any stream. A stream of which only key frames are decoded needs its
//! decoder for two milliseconds every few seconds; 240 decoders kept open between would hold half a gigabyte.

use crate::av::Decoder;
use easien_model::VideoParams;
use std::cell::RefCell;

/// Kept at a time: cameras of one make share their parameter sets, and a town has a few makes.
const MOST: usize = 6;

thread_local! {
    /// The one used last at the end.
    static SPARE: RefCell<Vec<(VideoParams, Decoder)>> = const { RefCell::new(Vec::new()) };
}

fn same(one: &VideoParams, other: &VideoParams) -> bool {
    one.codec == other.codec && one.parameter_sets == other.parameter_sets
}

/// A decoder opened with these parameters and without loop filter, if one waits; the next packet is a key frame.
pub fn take(params: &VideoParams) -> Option<Decoder> {
    SPARE.with_borrow_mut(|spare| {
        let at = spare.iter().rposition(|(of, _)| same(of, params))?;
        Some(spare.remove(at).1)
    })
}

/// Keeps a decoder (without loop filter, flushed) for the next stream of the same parameters.
pub fn put(params: &VideoParams, decoder: Decoder) {
    SPARE.with_borrow_mut(|spare| {
        if spare.len() >= MOST {
            spare.remove(0);
        }
        spare.push((params.clone(), decoder));
    });
}
