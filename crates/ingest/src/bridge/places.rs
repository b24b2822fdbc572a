//! Which URL the camera means by one that the library says, and which the library is told.

/// The URLs of one bridged session.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// What the library connects to, with its secret word, without a slash at the end.
    pub(crate) local: String,
    /// The source's URL.
    request: String,
    /// What the camera calls its base.
    pub(crate) base: String,
    /// The library has asked with the secret word.
    known: bool,
}

impl Places {
    pub(crate) fn new(local: String, request: &str) -> Self {
        Self { local, request: request.to_owned(), base: request.to_owned(), known: false }
    }

    /// The camera's URL for one of the library's: its own port's are translated, absolute ones of the camera stay.
    /// `None` for who does not know the secret word.
    pub(crate) fn for_camera(&mut self, uri: &str) -> Option<String> {
        let Some(rest) = uri.strip_prefix(&self.local) else {
            // Only after a DESCRIBE can there be absolute ones.
            return self.known.then(|| uri.to_owned());
        };
        self.known = true;
        match rest {
            "" => Some(self.request.clone()),
            "/" => Some(self.base.clone()),
            _ => {
                // As cameras, ffmpeg and live555 do it: put behind, not joined by the rules for URLs.
                let slash = if self.base.ends_with('/') { "" } else { "/" };
                Some(format!("{}{slash}{}", self.base, rest.strip_prefix('/')?))
            }
        }
    }

    /// Takes the camera's `Content-Base`. Some write it without a scheme, or as a path.
    pub(crate) fn set_base(&mut self, base: &str) {
        let base = base.trim();
        self.base = if base.contains("://") {
            base.to_owned()
        } else if base.starts_with('/') || base.is_empty() {
            self.request.clone()
        } else {
            format!("rtsp://{base}")
        };
    }

    /// What the library is told as `Content-Base`.
    pub(crate) fn local_base(&self) -> String {
        format!("{}/", self.local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: &str = "rtsp://127.0.0.1:4444/5ec7e7";

    #[test]
    fn controls_go_behind_the_base() {
        let mut places = Places::new(LOCAL.into(), "rtsp://[fd00::1]:8554/live?channel=1&subtype=0");
        assert_eq!(places.for_camera("rtsp://127.0.0.1:4444/other"), None);
        assert_eq!(places.for_camera("rtsp://cam/other"), None);
        assert_eq!(places.for_camera(LOCAL).unwrap(), "rtsp://[fd00::1]:8554/live?channel=1&subtype=0");
        assert_eq!(
            places.for_camera(&format!("{LOCAL}/trackID=1")).unwrap(),
            "rtsp://[fd00::1]:8554/live?channel=1&subtype=0/trackID=1"
        );
        places.set_base("rtsp://10.0.0.9/live/");
        assert_eq!(places.for_camera(&format!("{LOCAL}/")).unwrap(), "rtsp://10.0.0.9/live/");
        assert_eq!(
            places.for_camera(&format!("{LOCAL}/trackID=1")).unwrap(),
            "rtsp://10.0.0.9/live/trackID=1"
        );
        assert_eq!(places.for_camera("rtsp://10.0.0.9/abs/1").unwrap(), "rtsp://10.0.0.9/abs/1");
    }

    #[test]
    fn bases_of_odd_cameras() {
        let mut places = Places::new(LOCAL.into(), "rtsp://cam/live");
        places.set_base("10.0.0.9:554/live/");
        assert_eq!(places.base, "rtsp://10.0.0.9:554/live/");
        places.set_base("/live");
        assert_eq!(places.base, "rtsp://cam/live");
    }
}
