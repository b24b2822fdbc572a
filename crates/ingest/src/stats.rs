//! A session's figures, measured over the last seconds. Fed per sample and per packet with plain additions; the
//! windows move once a second.

use easien_model::{Codec, Params, Sample, SessionStats, UtcMicros};
use std::collections::VecDeque;

/// Seconds that rates are measured over.
const WINDOW_S: usize = 5;

/// Sender reports that the clock offset is taken from.
const OFFSETS: usize = 8;

/// Seconds from 1900 (NTP) to 1970 (Unix).
const NTP_TO_UNIX_S: i64 = 2_208_988_800;

/// What one second brought.
#[derive(Clone, Copy, Debug, Default)]
struct Second {
    frames: u32,
    bytes: u64,
    packets: u64,
    lost: u64,
    micros: i64,
}

/// The figures of one stream. Losses and reconnects count over all sessions, the windows over the present one.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    now: Second,
    past: VecDeque<Second>,
    began: Option<UtcMicros>,
    last_key: Option<(easien_model::RunId, i64)>,
    key_interval_s: Option<f32>,
    recent_size: f32,
    quiet_size: f32,
    activity: f32,
    offsets_us: VecDeque<i64>,
    last_sample: Option<UtcMicros>,
    codec: Option<Codec>,
    audio: Option<Codec>,
    size_px: (u32, u32),
    /// Packets lost since the session began.
    lost_packets: u64,
}

impl Meter {
    /// A new session begins: rates and losses count anew.
    pub(crate) fn begin(&mut self) {
        *self = Self {
            codec: self.codec,
            size_px: self.size_px,
            last_sample: self.last_sample,
            ..Self::default()
        };
    }

    /// An RTP packet came, of `bytes`, after `lost` missing ones.
    pub(crate) fn packet(&mut self, bytes: usize, lost: u16) {
        self.now.bytes += bytes as u64;
        self.now.packets += 1;
        self.now.lost += u64::from(lost);
        self.lost_packets += u64::from(lost);
    }

    /// There is audio of this kind.
    pub(crate) fn audio(&mut self, codec: Codec) {
        self.audio = Some(codec);
    }

    /// A video sample came.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn video(&mut self, sample: &Sample) {
        self.now.frames += 1;
        self.last_sample = Some(sample.arrived);
        if let Params::Video(video) = &*sample.params {
            self.codec = Some(video.codec);
            self.size_px = (video.width_px, video.height_px);
        }
        if sample.key {
            if let Some((run, pts)) = self.last_key.replace((sample.run, sample.pts.0))
                && run == sample.run
                && sample.pts.0 > pts
            {
                self.key_interval_s = Some((sample.pts.0 - pts) as f32 / 90_000.0);
            }
            return;
        }
        self.note_size(sample.len_bytes() as f32);
    }

    /// Sizes of non-key frames against the quiet level of the recent past: 0 when nothing moves, towards 1 when frames
    /// are many times larger than quiet ones.
    fn note_size(&mut self, bytes: f32) {
        if self.quiet_size == 0.0 {
            (self.recent_size, self.quiet_size) = (bytes, bytes);
            return;
        }
        self.recent_size += (bytes - self.recent_size) * 0.15;
        // Falls to a quieter level within a second or two, forgets it over ten minutes or so: a road with steady traffic
        // must not become the new quiet while one looks at it.
        let pull = if self.recent_size < self.quiet_size { 0.1 } else { 0.0001 };
        self.quiet_size += (self.recent_size - self.quiet_size) * pull;
        self.activity = (1.0 - self.quiet_size.max(1.0) / self.recent_size.max(1.0)).clamp(0.0, 1.0);
    }

    /// A sender report said `ntp` (RFC 3550 section 6.4.1) at `arrived`. Reports of clocks that tell no date (before
    /// 1970: uptime or zero) are left out.
    pub(crate) fn sender_report(&mut self, ntp: u64, arrived: UtcMicros) {
        let seconds = i64::try_from(ntp >> 32).unwrap_or(0) - NTP_TO_UNIX_S;
        if seconds < 0 {
            return;
        }
        let micros = i64::try_from(((ntp & 0xffff_ffff) * 1_000_000) >> 32).unwrap_or(0);
        let offset = seconds * 1_000_000 + micros - arrived.0;
        // A step of the camera's clock makes the older ones worthless.
        if self.offsets_us.back().is_some_and(|last| (last - offset).abs() > 500_000) {
            self.offsets_us.clear();
        }
        self.offsets_us.push_back(offset);
        if self.offsets_us.len() > OFFSETS {
            self.offsets_us.pop_front();
        }
    }

    /// A second (about) has passed.
    pub(crate) fn tick(&mut self, now: UtcMicros) {
        let began = *self.began.get_or_insert(now);
        let mut second = std::mem::take(&mut self.now);
        second.micros = now - began;
        self.began = Some(now);
        if second.micros <= 0 {
            // The first tick: what came before it has no duration yet.
            self.now = second;
            return;
        }
        self.past.push_back(second);
        if self.past.len() > WINDOW_S {
            self.past.pop_front();
        }
    }

    /// The session is over: nothing comes any more.
    pub(crate) fn end(&mut self) {
        self.past.clear();
        self.now = Second::default();
        self.activity = 0.0;
        self.began = None;
    }

    /// When the newest sample arrived.
    pub(crate) fn last_sample(&self) -> Option<UtcMicros> {
        self.last_sample
    }

    /// The figures now.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(crate) fn stats(&self) -> SessionStats {
        let sum = self.past.iter().fold(Second::default(), |sum, second| Second {
            frames: sum.frames + second.frames,
            bytes: sum.bytes + second.bytes,
            packets: sum.packets + second.packets,
            lost: sum.lost + second.lost,
            micros: sum.micros + second.micros,
        });
        let seconds = sum.micros as f64 / 1e6;
        let expected = sum.packets + sum.lost;
        SessionStats {
            codec: self.codec,
            width_px: self.size_px.0,
            height_px: self.size_px.1,
            fps: if seconds > 0.0 { (f64::from(sum.frames) / seconds) as f32 } else { 0.0 },
            bitrate_bps: if seconds > 0.0 { (sum.bytes as f64 * 8.0 / seconds) as u64 } else { 0 },
            loss: if expected > 0 { (sum.lost as f64 / expected as f64) as f32 } else { 0.0 },
            lost_packets: self.lost_packets,
            key_interval_s: self.key_interval_s,
            last_sample: self.last_sample,
            activity: self.activity,
            // Reports arrive late, never early: the largest of the recent ones had the shortest way.
            clock_offset_us: self.offsets_us.iter().max().copied(),
            audio: self.audio,
            viewer_drops: 0,
            reconnects: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_offset_is_the_report_with_the_shortest_way() {
        let mut meter = Meter::default();
        let ntp = |unix_us: i64| {
            let seconds = (unix_us / 1_000_000 + NTP_TO_UNIX_S) as u64;
            seconds << 32 | ((unix_us % 1_000_000) as u64 * (1u64 << 32) / 1_000_000)
        };
        let base = 1_800_000_000_000_000;
        for (late, at) in [(30_000, 0), (2_000, 5_000_000), (80_000, 10_000_000)] {
            meter.sender_report(ntp(base + at + 1_500_000), UtcMicros(base + at + late));
        }
        let offset = meter.stats().clock_offset_us.unwrap();
        assert!((offset - 1_498_000).abs() < 10, "{offset}");
        meter.sender_report(5 << 32, UtcMicros(base));
        assert_eq!(meter.stats().clock_offset_us, Some(offset));
    }

    #[test]
    fn rates_over_the_window() {
        let mut meter = Meter::default();
        meter.tick(UtcMicros(0));
        for second in 1..=7 {
            for _ in 0..10 {
                meter.packet(1000, u16::from(second == 7));
            }
            meter.tick(UtcMicros(second * 1_000_000));
        }
        let stats = meter.stats();
        assert_eq!(stats.bitrate_bps, 80_000);
        assert!((stats.loss - 10.0 / 60.0).abs() < 1e-3);
        assert_eq!(stats.lost_packets, 10);
    }
}
