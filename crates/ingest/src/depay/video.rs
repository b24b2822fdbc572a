//! Where an access unit ends. By RFC 6184 and RFC 7798 the marker bit says it, and the next access unit has another
//! timestamp. Cameras set the marker on every packet, on every NAL unit, or never; some let the timestamp stand still.
//!
//! So the first access units end by their timestamps while the markers are watched. A marker that twice stood where
//! the timestamp changed is trusted from then on: the picture leaves with its last packet. One that is followed by
//! more of the same picture is never trusted again. Where neither says anything, a new picture's first slice does.

use super::nal::{Lead, VideoCodec};
use super::unit::Unit;
use super::{Oddities, Packet, h264, h265};

/// Agreements of marker and timestamp before the marker is trusted.
const AGREEMENTS: u8 = 2;

/// Pictures of one timestamp before the timestamps are not believed any more; two are the fields of one frame.
const MOST_PICTURES: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    Watched { agreed: u8 },
    Trusted,
    Lies,
}

/// The depacketiser of one video stream.
#[derive(Debug)]
pub(crate) struct VideoDepay {
    codec: VideoCodec,
    donl: bool,
    marker: Marker,
    timestamps_stand: bool,
    unit: Unit,
    /// The last packet of `unit` had a believable marker.
    marked: bool,
    /// The timestamp of the unit that a marker ended last.
    ended_at: Option<u32>,
    steps: Steps,
    /// What was out of the ordinary.
    pub(crate) odd: Oddities,
}

impl VideoDepay {
    /// `donl`: H.265 with decoding order numbers.
    pub(crate) fn new(codec: VideoCodec, donl: bool) -> Self {
        Self {
            codec,
            donl,
            marker: Marker::Watched { agreed: 0 },
            timestamps_stand: false,
            unit: Unit::new(codec),
            marked: false,
            ended_at: None,
            steps: Steps::default(),
            odd: Oddities::default(),
        }
    }

    /// Takes a packet; `out` gets every access unit that is complete now.
    pub(crate) fn push(&mut self, packet: &Packet<'_>, out: &mut impl FnMut(&Unit)) {
        let packet = &Packet { payload: without_start_code(packet.payload), ..*packet };
        let lead = match self.codec {
            VideoCodec::H264 => h264::peek(packet.payload),
            VideoCodec::H265 => h265::peek(packet.payload, self.donl),
        };
        if packet.lost > 0 {
            self.note_loss(packet, lead);
        }
        if self.unit.touched {
            self.end_before(packet, lead, out);
        } else if self.ended_at == Some(packet.timestamp) && lead == Lead::Continue && packet.lost == 0 {
            self.marker = Marker::Lies;
        }
        if packet.lost > 0 {
            // What is missing may be the end of the last access unit, the beginning of this one, or whole ones.
            if !self.unit.touched {
                self.unit.missing_before = self.steps.missing(packet.timestamp);
            }
            self.unit.damaged = true;
        }
        self.unit.timestamp = packet.timestamp;
        self.unit.arrived = packet.arrived;
        self.unit.touched = true;
        match self.codec {
            VideoCodec::H264 => h264::push(packet.payload, &mut self.unit, &mut self.odd),
            VideoCodec::H265 => h265::push(packet.payload, self.donl, &mut self.unit, &mut self.odd),
        }
        self.marked = packet.marker && self.unit.has_slices && !self.unit.is_open();
        if self.marked && self.marker == Marker::Trusted {
            self.ended_at = Some(packet.timestamp);
            self.emit(out);
        }
    }

    /// The stream ends: gives away what is there.
    pub(crate) fn finish(&mut self, out: &mut impl FnMut(&Unit)) {
        if self.unit.touched {
            self.emit(out);
        }
    }

    fn note_loss(&mut self, packet: &Packet<'_>, lead: Lead) {
        self.unit.break_off();
        // A marked unit was complete before the loss; else its end is missing, unless this packet goes on with it.
        if self.unit.touched && !(self.marked && self.marker != Marker::Lies) {
            let goes_on = packet.timestamp == self.unit.timestamp && lead != Lead::Start;
            self.unit.damaged |= self.unit.has_slices || goes_on;
        }
    }

    /// Ends the unit if `packet` does not belong to it.
    fn end_before(&mut self, packet: &Packet<'_>, lead: Lead, out: &mut impl FnMut(&Unit)) {
        if packet.timestamp == self.unit.timestamp {
            let new_picture = lead == Lead::Start && self.unit.has_slices;
            match self.marker {
                Marker::Watched { agreed } if self.marked => {
                    if new_picture || lead == Lead::Before {
                        // Two pictures of one timestamp, each with its marker: fields, or a clock that stands.
                        self.marker = agreed_once_more(agreed);
                        self.emit(out);
                    } else if packet.lost == 0 {
                        self.marker = Marker::Lies;
                    }
                }
                _ if new_picture && self.unit.pictures >= MOST_PICTURES => {
                    self.timestamps_stand = true;
                    self.emit(out);
                }
                _ if new_picture && self.timestamps_stand => self.emit(out),
                _ => {}
            }
            return;
        }
        if !self.unit.has_slices && !self.unit.damaged {
            // Parameter sets or SEI with a timestamp of their own stand before the picture that follows.
            return;
        }
        self.timestamps_stand = false;
        if let (Marker::Watched { agreed }, true) = (self.marker, self.marked) {
            self.marker = agreed_once_more(agreed);
        }
        self.emit(out);
    }

    fn emit(&mut self, out: &mut impl FnMut(&Unit)) {
        self.unit.break_off();
        if self.unit.oversize {
            self.odd.oversize += 1;
        }
        self.steps.note(self.unit.timestamp);
        out(&self.unit);
        self.unit.clear();
        self.marked = false;
    }
}

/// Some cameras leave the start code before the NAL unit. No payload begins so: H.264 has no type 0, H.265 no
/// temporal id 0.
fn without_start_code(payload: &[u8]) -> &[u8] {
    match payload {
        [0, 0, 1, rest @ ..] | [0, 0, 0, 1, rest @ ..] => rest,
        _ => payload,
    }
}

fn agreed_once_more(agreed: u8) -> Marker {
    if agreed + 1 >= AGREEMENTS { Marker::Trusted } else { Marker::Watched { agreed: agreed + 1 } }
}

/// The distance from timestamp to timestamp, while it is the same all the time: tells how many access units a loss
/// took whole.
#[derive(Debug, Default)]
struct Steps {
    last: Option<u32>,
    step: u32,
    steady: u8,
}

impl Steps {
    fn note(&mut self, timestamp: u32) {
        if let Some(last) = self.last.replace(timestamp) {
            let step = timestamp.wrapping_sub(last);
            // Cameras round: 3003 and 3003 and 3004.
            if step.abs_diff(self.step) <= self.step / 8 && step > 0 {
                self.steady = self.steady.saturating_add(1);
            } else {
                (self.step, self.steady) = (step, 0);
            }
        }
    }

    fn missing(&self, timestamp: u32) -> u32 {
        let Some(last) = self.last else { return 0 };
        if self.steady < 2 || self.step == 0 {
            return 0;
        }
        let away = timestamp.wrapping_sub(last);
        (away.saturating_add(self.step / 2) / self.step).saturating_sub(1).min(10_000)
    }
}
