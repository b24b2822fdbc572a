//! Which parameter sets are in force. The stream's own sets win over the SDP's, kind by kind, since cameras are known
//! to describe themselves wrongly. Sets are kept by their id, bounded in number and size.

use crate::depay::nal::{SetKind, VideoCodec, set_id};
use crate::depay::unit::Unit;
use crate::sps;
use bytes::Bytes;
use easien_model::{Codec, VideoParams};

/// Longer sets are not kept: they are damage or an attack.
const MOST_SET_BYTES: usize = 8 * 1024;

/// Most sets of one kind.
const MOST_SETS: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
struct ParameterSet {
    kind: SetKind,
    id: u32,
    bytes: Bytes,
    from_sdp: bool,
}

/// The parameter sets of a video stream.
#[derive(Clone, Debug)]
pub(crate) struct ParamSets {
    codec: VideoCodec,
    sets: Vec<ParameterSet>,
    /// The PPS that the last key frame used.
    active_pps: Option<u32>,
    sdp_fps: Option<f32>,
}

impl ParamSets {
    /// Begins with the sets of the SDP.
    pub(crate) fn new(codec: VideoCodec, sdp: &[Bytes], sdp_fps: Option<f32>) -> Self {
        let mut own = Self { codec, sets: Vec::new(), active_pps: None, sdp_fps };
        for nal in sdp {
            let Some(kind) = own.kind_of(nal) else { continue };
            own.put(kind, nal, true);
        }
        own
    }

    fn kind_of(&self, nal: &[u8]) -> Option<SetKind> {
        let nal_type = self.codec.nal_type(*nal.first()?);
        match crate::depay::nal::role(self.codec, nal_type) {
            crate::depay::nal::Role::Set(kind) => Some(kind),
            _ => None,
        }
    }

    /// Takes the sets of an access unit; true when something is new or different.
    pub(crate) fn absorb(&mut self, unit: &Unit) -> bool {
        let mut changed = false;
        let reconfigured = unit.sets().any(|(kind, nal)| kind == SetKind::Sps && self.differs(kind, nal));
        if reconfigured {
            // Another SPS under the same id: what is not repeated with it belongs to the past.
            let fresh: Vec<(SetKind, u32)> = unit
                .sets()
                .filter_map(|(kind, nal)| set_id(self.codec, kind, nal).map(|id| (kind, id)))
                .collect();
            let has = |kind| fresh.iter().any(|(fresh_kind, _)| *fresh_kind == kind);
            self.sets.retain(|set| !has(set.kind) || fresh.contains(&(set.kind, set.id)));
        }
        for (kind, nal) in unit.sets() {
            changed |= self.put(kind, nal, false);
        }
        changed
    }

    fn differs(&self, kind: SetKind, nal: &[u8]) -> bool {
        let Some(id) = set_id(self.codec, kind, nal) else { return false };
        self.sets.iter().any(|set| set.kind == kind && set.id == id && set.bytes != nal)
    }

    fn put(&mut self, kind: SetKind, nal: &[u8], from_sdp: bool) -> bool {
        if nal.len() > MOST_SET_BYTES {
            return false;
        }
        let Some(id) = set_id(self.codec, kind, nal) else { return false };
        let before = self.sets.len();
        if !from_sdp {
            self.sets.retain(|set| set.kind != kind || !set.from_sdp || (set.id == id && set.bytes == nal));
        }
        let mut changed = self.sets.len() != before;
        if let Some(set) = self.sets.iter_mut().find(|set| set.kind == kind && set.id == id) {
            if set.bytes != nal {
                set.bytes = Bytes::copy_from_slice(nal);
                changed = true;
            }
            set.from_sdp &= from_sdp;
            return changed;
        }
        if self.sets.iter().filter(|set| set.kind == kind).count() < MOST_SETS {
            self.sets.push(ParameterSet { kind, id, bytes: Bytes::copy_from_slice(nal), from_sdp });
            self.sets.sort_by_key(|set| (set.kind, set.id));
            changed = true;
        }
        changed
    }

    /// Notes which PPS a slice uses; true when that is another one than before.
    pub(crate) fn note_active(&mut self, slice: &[u8]) -> bool {
        let pps = match self.codec {
            VideoCodec::H264 => sps::h264::slice_start(slice).map(|start| start.pps),
            VideoCodec::H265 => sps::h265::slice_start(slice, |_| 0).and_then(|start| start.pps),
        };
        let other = pps.is_some() && pps != self.active_pps;
        if other {
            self.active_pps = pps;
        }
        other
    }

    /// Whether all slices of an access unit are intra, as far as their headers say.
    pub(crate) fn all_intra(&self, unit: &Unit) -> bool {
        let mut any = false;
        for slice in unit.slices() {
            let intra = match self.codec {
                VideoCodec::H264 => sps::h264::slice_start(slice).map(|start| start.intra),
                VideoCodec::H265 => {
                    let extra = |id| self.pps_start(id).map_or(0, |start| start.extra_slice_bits);
                    match sps::h265::slice_start(slice, extra) {
                        // Further segments' types need more of the PPS than is read here.
                        Some(start) if !start.first => continue,
                        start => start.map(|start| start.intra),
                    }
                }
            };
            if intra != Some(true) {
                return false;
            }
            any = true;
        }
        any
    }

    fn pps_start(&self, id: u32) -> Option<sps::h265::PpsStart> {
        self.find(SetKind::Pps, id).and_then(|set| sps::h265::pps_start(&set.bytes))
    }

    fn find(&self, kind: SetKind, id: u32) -> Option<&ParameterSet> {
        self.sets.iter().find(|set| set.kind == kind && set.id == id)
    }

    /// The SPS in force: the one that the active PPS names, else the first.
    fn active_sps(&self) -> Option<&ParameterSet> {
        let named = self.active_pps.and_then(|id| self.find(SetKind::Pps, id)).and_then(|pps| {
            let id = match self.codec {
                VideoCodec::H264 => sps::h264::pps_ids(&pps.bytes)?.1,
                VideoCodec::H265 => sps::h265::pps_start(&pps.bytes)?.sps,
            };
            self.find(SetKind::Sps, id)
        });
        named.or_else(|| self.sets.iter().find(|set| set.kind == SetKind::Sps))
    }

    /// What the sets say.
    pub(crate) fn video_params(&self) -> VideoParams {
        let picture = self
            .active_sps()
            .and_then(|set| match self.codec {
                VideoCodec::H264 => sps::h264::parse(&set.bytes),
                VideoCodec::H265 => sps::h265::parse(&set.bytes),
            })
            .unwrap_or_default();
        VideoParams {
            codec: match self.codec {
                VideoCodec::H264 => Codec::H264,
                VideoCodec::H265 => Codec::H265,
            },
            parameter_sets: self.sets.iter().map(|set| set.bytes.clone()).collect(),
            width_px: picture.width_px,
            height_px: picture.height_px,
            declared_fps: picture.fps.or(self.sdp_fps),
        }
    }
}
