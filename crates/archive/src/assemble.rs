//! From samples to a fragment: decode times, durations, offsets, the audio's place beside the video. Pure.

use crate::fmp4::{Fragment, SampleMeta, VIDEO_TIMESCALE};
use easien_model::Sample;
use std::sync::Arc;

/// Longest duration of a sample, in ticks of its track.
const MOST_DURATION: i64 = i32::MAX as i64;

/// Where the video track of a segment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VideoAxis {
    /// pts of decode time 0.
    pub(crate) rtp_start: i64,
    /// Decode time of the next sample.
    pub(crate) next: i64,
}

/// What is known of the pictures' order and rate in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rhythm {
    /// Ticks from picture to picture, as seen last.
    pub(crate) interval: i64,
    /// Pictures came in another order than they are shown.
    pub(crate) reordered: bool,
}

impl Rhythm {
    pub(crate) fn new(declared_fps: Option<f32>) -> Self {
        let fps = declared_fps.filter(|fps| (0.1..=240.0).contains(fps)).unwrap_or(15.0);
        #[allow(clippy::cast_possible_truncation)]
        Self { interval: (90_000.0 / fps) as i64, reordered: false }
    }
}

/// Video samples in decoding order as `trun` says them, and the decode time of the first. `axis.next` is the end then.
///
/// `next_pts`: pts of the sample that follows in the same run, if it is known.
pub(crate) fn video(
    axis: &mut VideoAxis,
    rhythm: &mut Rhythm,
    samples: &[Arc<Sample>],
    next_pts: Option<i64>,
) -> (u64, Vec<SampleMeta>) {
    let times: Vec<i64> = samples.iter().map(|sample| sample.pts.0.saturating_sub(axis.rtp_start)).collect();
    let mut sorted = times.clone();
    sorted.sort_unstable();
    rhythm.reordered |= times != sorted;
    let mut decode = Vec::with_capacity(sorted.len());
    let mut least = axis.next;
    for time in &sorted {
        let at = (*time).max(least);
        decode.push(at);
        least = at.saturating_add(1);
    }
    let (Some(&first), Some(&last)) = (decode.first(), decode.last()) else { return (0, Vec::new()) };
    if let (Some(low), Some(high), spans @ 1..) = (sorted.first(), sorted.last(), sorted.len() as i64 - 1)
        && high > low
    {
        rhythm.interval = ((high - low) / spans).clamp(1, 90_000 * 60);
    }
    let follows = next_pts.map(|pts| pts.saturating_sub(axis.rtp_start)).filter(|next| *next > last);
    let end = match follows {
        // A reordered picture that follows does not say when the last one ends.
        Some(next) if !rhythm.reordered || next - last <= rhythm.interval * 2 => next,
        _ => last.saturating_add(rhythm.interval),
    };
    axis.next = end;
    let ends = decode.iter().skip(1).copied().chain([end]);
    let metas = samples
        .iter()
        .zip(decode.iter().zip(ends))
        .zip(&times)
        .map(|((sample, (&at, end)), time)| SampleMeta {
            duration: duration(end.saturating_sub(at)),
            size: u32::try_from(sample.data.len()).unwrap_or(u32::MAX),
            offset: i32::try_from(time.saturating_sub(at)).unwrap_or(if *time < at {
                i32::MIN
            } else {
                i32::MAX
            }),
            key: sample.key,
            damaged: sample.damaged,
        })
        .collect();
    (u64::try_from(first).unwrap_or(0), metas)
}

fn duration(ticks: i64) -> u32 {
    u32::try_from(ticks.clamp(0, MOST_DURATION)).unwrap_or(0)
}

/// Where the audio track of a segment stands, in its own ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AudioAxis {
    pub(crate) rate_hz: u32,
    /// Ticks of a frame, where that is fixed (AAC); 0: as many as the pts say, or bytes.
    pub(crate) frame: u32,
    /// (pts, decode time) of a sample that the others follow.
    anchor: Option<(i64, i64)>,
    next: i64,
}

impl AudioAxis {
    pub(crate) fn new(rate_hz: u32, frame: u32) -> Self {
        Self { rate_hz: rate_hz.max(1), frame, anchor: None, next: 0 }
    }

    fn ticks_of_90k(&self, ticks: i64) -> i64 {
        let scaled = i128::from(ticks) * i128::from(self.rate_hz) / i128::from(VIDEO_TIMESCALE);
        i64::try_from(scaled).unwrap_or(0)
    }

    /// Audio samples as `trun` says them, and the decode time of the first. `place_90k` says where on the video track's
    /// axis a sample lies by its arrival; the audio's own clock rules unless it is off by more than a quarter of a second.
    pub(crate) fn audio(
        &mut self,
        samples: &[Arc<Sample>],
        place_90k: impl Fn(&Sample) -> i64,
    ) -> (u64, Vec<SampleMeta>) {
        let mut times = Vec::with_capacity(samples.len());
        let mut least = self.next;
        for sample in samples {
            let arrived = self.ticks_of_90k(place_90k(sample)).max(0);
            let own = self
                .anchor
                .map(|(pts, at)| at.saturating_add(self.ticks_of_90k(sample.pts.0.saturating_sub(pts))))
                .filter(|own| own.saturating_sub(arrived).abs() <= i64::from(self.rate_hz) / 4);
            let at = match own {
                Some(own) => own,
                None => {
                    let at = arrived.max(least);
                    self.anchor = Some((sample.pts.0, at));
                    at
                }
            };
            // Rounding of the ticks is not a hole.
            let at = if (at - least).abs() <= i64::from(self.rate_hz) / 500 { least } else { at.max(least) };
            times.push(at);
            least = at.saturating_add(self.length(sample));
        }
        let Some(&first) = times.first() else { return (0, Vec::new()) };
        self.next = least;
        let ends = times.iter().skip(1).copied().chain([least]);
        let metas = samples
            .iter()
            .zip(times.iter().zip(ends))
            .map(|(sample, (&at, end))| SampleMeta {
                duration: duration(end.saturating_sub(at)),
                size: u32::try_from(sample.data.len()).unwrap_or(u32::MAX),
                offset: 0,
                key: true,
                damaged: sample.damaged,
            })
            .collect();
        (u64::try_from(first).unwrap_or(0), metas)
    }

    /// G.711: a byte is a tick.
    fn length(&self, sample: &Sample) -> i64 {
        let ticks = if self.frame > 0 {
            i64::from(self.frame)
        } else {
            i64::try_from(sample.data.len()).unwrap_or(0)
        };
        ticks.max(1)
    }
}

/// A fragment from its parts.
pub(crate) fn fragment(
    number: u32,
    (video_time, video): (u64, Vec<SampleMeta>),
    (audio_time, audio): (u64, Vec<SampleMeta>),
) -> Fragment {
    Fragment { number, video_time, video, audio_time, audio }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use easien_model::{
        CameraId, Codec, MediaKind, Params, RunId, StreamId, StreamKind, Ticks90k, UtcMicros, VideoParams,
    };
    use proptest::prelude::*;

    fn samples(times: &[i64]) -> Vec<Arc<Sample>> {
        let params = Arc::new(Params::Video(VideoParams {
            codec: Codec::H264,
            parameter_sets: vec![],
            width_px: 0,
            height_px: 0,
            declared_fps: None,
        }));
        times
            .iter()
            .map(|pts| {
                Arc::new(Sample {
                    stream: StreamId { camera: CameraId::new(), which: StreamKind::Sub },
                    kind: MediaKind::Video,
                    run: RunId::new(),
                    seq: 0,
                    pts: Ticks90k(*pts),
                    arrived: UtcMicros(0),
                    key: true,
                    damaged: false,
                    params: Arc::clone(&params),
                    data: Bytes::new(),
                })
            })
            .collect()
    }

    #[test]
    fn reordered_pictures_keep_their_times() {
        let mut axis = VideoAxis { rtp_start: 1000, next: 0 };
        let mut rhythm = Rhythm::new(Some(25.0));
        let (first, metas) =
            video(&mut axis, &mut rhythm, &samples(&[1000, 11_800, 4600, 8200]), Some(22_600));
        assert_eq!(first, 0);
        assert_eq!(metas.iter().map(|m| m.duration).collect::<Vec<_>>(), [3600; 4]);
        assert_eq!(metas.iter().map(|m| m.offset).collect::<Vec<_>>(), [0, 7200, -3600, -3600]);
        assert_eq!(axis.next, 14_400);
    }

    proptest! {
        /// Whatever the times: presentation times are exact, decode times rise over all fragments.
        #[test]
        fn times_are_exact_and_rise(parts in proptest::collection::vec(
            proptest::collection::vec(-200_000_i64..2_000_000, 1..30), 1..10)) {
            let start = *parts[0].iter().min().unwrap();
            let mut axis = VideoAxis { rtp_start: start, next: 0 };
            let mut rhythm = Rhythm::new(None);
            let mut last = -1;
            for (index, part) in parts.iter().enumerate() {
                let next = parts.get(index + 1).map(|part| part[0]);
                let (first, metas) = video(&mut axis, &mut rhythm, &samples(part), next);
                let mut at = i64::try_from(first).unwrap();
                for (meta, pts) in metas.iter().zip(part) {
                    prop_assert!(at > last);
                    prop_assert_eq!(at + i64::from(meta.offset), pts - start);
                    last = at;
                    at += i64::from(meta.duration);
                }
                prop_assert_eq!(at, axis.next);
            }
        }
    }
}
