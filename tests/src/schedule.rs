//! When a simulated camera sent which frame: from a strip on the screen to the age of its picture and to the stream it
//! comes from, without asking any program. Sent and arrived are the same moment here to within the loopback's way; an
//! age since it was sent is never shorter than the age since its arrival.

use easien_camsim::Sim;
use easien_camsim::strip::Strip;
use easien_model::StreamKind;
use std::time::{Duration, Instant};

/// Pictures a second of camsim's streams.
#[must_use]
pub fn fps(which: StreamKind) -> f64 {
    match which {
        StreamKind::Main => 25.0,
        StreamKind::Sub => 15.0,
    }
}

/// The sending times of the cameras of one simulator.
#[derive(Clone, Debug)]
pub struct Schedule {
    started: Instant,
    phases: Vec<Duration>,
    loop_s: u32,
}

impl Schedule {
    /// Of this simulator; `small` as in its options.
    #[must_use]
    pub fn of(sim: &Sim, small: bool) -> Self {
        Self {
            started: sim.started(),
            phases: sim.cameras().iter().map(|camera| camera.phase).collect(),
            loop_s: if small { 4 } else { 10 },
        }
    }

    /// Seconds of the camera's own time: frame n is sent at n / fps.
    #[must_use]
    pub fn camera_s(&self, camera: u16, at: Instant) -> Option<f64> {
        let phase = self.phases.get(usize::from(camera).checked_sub(1)?)?;
        Some((at.saturating_duration_since(self.started) + *phase).as_secs_f64())
    }

    /// Seconds since the newest key frame of the camera (a key frame each 2 s, each second for small ones).
    #[must_use]
    pub fn key_phase_s(&self, camera: u16, at: Instant) -> Option<f64> {
        let gop_s = if self.loop_s == 4 { 1.0 } else { 2.0 };
        Some(self.camera_s(camera, at)? % gop_s)
    }

    /// How long before `at` the camera last sent this frame of its loop.
    #[must_use]
    pub fn age(&self, seen: Strip, which: StreamKind, at: Instant) -> Option<Duration> {
        let fps = fps(which);
        let now_s = self.camera_s(seen.camera, at)?;
        #[allow(clippy::cast_possible_truncation)]
        let newest = (now_s * fps + 0.01).floor() as i64; // a frame is there at its own moment
        #[allow(clippy::cast_possible_truncation)]
        let frames = (f64::from(self.loop_s) * fps) as i64;
        let sent = newest - (newest - i64::from(seen.frame)).rem_euclid(frames);
        #[allow(clippy::cast_precision_loss)]
        let sent_s = sent as f64 / fps;
        (i64::from(seen.frame) < frames).then(|| Duration::from_secs_f64((now_s - sent_s).max(0.0)))
    }

    /// Which stream a picture that is no older than `most` comes from; none when it could be either or neither.
    #[must_use]
    pub fn which(&self, seen: Strip, at: Instant, most: Duration) -> Option<StreamKind> {
        let of = |which| self.age(seen, which, at).is_some_and(|age| age <= most);
        match (of(StreamKind::Main), of(StreamKind::Sub)) {
            (true, false) => Some(StreamKind::Main),
            (false, true) => Some(StreamKind::Sub),
            _ => None,
        }
    }

    /// Whether pictures of up to `most` of age, seen from now on for `during`, tell main from sub: near the beginning
    /// of the loop the frame numbers of both are alike.
    #[must_use]
    pub fn tells_apart(&self, camera: u16, at: Instant, during: Duration, most: Duration) -> bool {
        let (main, sub) = (fps(StreamKind::Main), fps(StreamKind::Sub));
        let first = (most.as_secs_f64() + 0.1) * main / (main - sub);
        self.camera_s(camera, at).is_some_and(|now_s| {
            let in_loop = now_s % f64::from(self.loop_s);
            in_loop > first && in_loop + during.as_secs_f64() < f64::from(self.loop_s)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(phases: &[u64]) -> Schedule {
        let phases = phases.iter().map(|ms| Duration::from_millis(*ms)).collect();
        Schedule { started: Instant::now(), phases, loop_s: 10 }
    }

    fn near(duration: Option<Duration>, seconds: f64) -> bool {
        duration.is_some_and(|duration| (duration.as_secs_f64() - seconds).abs() < 0.002)
    }

    #[test]
    fn a_frame_is_as_old_as_the_camera_says() {
        let schedule = schedule(&[0, 500]);
        let at = |ms: u64| schedule.started + Duration::from_millis(ms);
        let strip = |camera, frame| Strip { camera, frame };
        assert!(near(schedule.age(strip(1, 30), StreamKind::Sub, at(2_100)), 0.1));
        assert!(near(schedule.age(strip(2, 30), StreamKind::Sub, at(2_100)), 0.6));
        // Over the end of the loop.
        assert!(near(schedule.age(strip(1, 149), StreamKind::Sub, at(10_050)), 10.05 - 149.0 / 15.0));
        assert_eq!(schedule.age(strip(3, 1), StreamKind::Sub, at(10)), None, "no such camera");
        assert_eq!(schedule.age(strip(1, 150), StreamKind::Sub, at(10)), None, "no such frame");
    }

    #[test]
    fn main_and_sub_are_told_apart_where_their_numbers_differ() {
        let schedule = schedule(&[0]);
        let most = Duration::from_millis(600);
        let at = |ms: u64| schedule.started + Duration::from_millis(ms);
        let strip = |frame| Strip { camera: 1, frame };
        assert_eq!(schedule.which(strip(75), at(5_000), most), Some(StreamKind::Sub));
        assert_eq!(schedule.which(strip(125), at(5_000), most), Some(StreamKind::Main));
        assert_eq!(schedule.which(strip(100), at(5_000), most), None, "neither");
        assert_eq!(schedule.which(strip(3), at(300), most), None, "either");
        assert!(!schedule.tells_apart(1, at(300), Duration::from_secs(2), most));
        assert!(schedule.tells_apart(1, at(5_000), Duration::from_secs(2), most));
        assert!(!schedule.tells_apart(1, at(9_000), Duration::from_secs(2), most));
        for ms in (2_000..8_000).step_by(37) {
            if !schedule.tells_apart(1, at(ms), Duration::from_secs(1), most) {
                continue;
            }
            for age_frames in 0..8 {
                let sub = strip(u16::try_from(ms * 15 / 1000 - age_frames).unwrap());
                let main = strip(u16::try_from(ms * 25 / 1000 - age_frames).unwrap());
                assert_eq!(schedule.which(sub, at(ms), most), Some(StreamKind::Sub), "{ms}");
                assert_eq!(schedule.which(main, at(ms), most), Some(StreamKind::Main), "{ms}");
            }
        }
    }
}
