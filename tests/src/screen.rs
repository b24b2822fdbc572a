//! The X screen as a person sees it: pixels of the root window, with native video and page together.

use anyhow::{Context, Result, bail};
use image::{Rgb, RgbImage};
use std::path::Path;
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt as _, ImageFormat, InputFocus, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

/// A connection to an X display.
#[derive(Debug)]
pub struct Screen {
    pub(crate) x: RustConnection,
    pub(crate) root: Window,
    width_px: u32,
    height_px: u32,
}

/// A rectangle of the screen, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Area {
    /// Its middle.
    #[must_use]
    pub fn middle(&self) -> (u32, u32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }

    /// Whether a point lies in it.
    #[must_use]
    pub fn contains(&self, x: u32, y: u32) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }
}

/// Captured pixels: 4 bytes each, blue, green, red, unused; rows without padding.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The pixels.
    pub bgrx: Vec<u8>,
}

impl Shot {
    /// Red, green, blue of a pixel; black outside.
    #[must_use]
    pub fn rgb(&self, x: u32, y: u32) -> [u8; 3] {
        let at = (y as usize * self.width as usize + x as usize) * 4;
        match self.bgrx.get(at..at + 3) {
            Some([b, g, r]) if x < self.width => [*r, *g, *b],
            _ => [0; 3],
        }
    }

    /// Luma of a pixel, 0 to 255.
    #[must_use]
    pub fn luma(&self, x: u32, y: u32) -> u8 {
        let [r, g, b] = self.rgb(x, y);
        easien_camsim::strip::luma(r, g, b)
    }

    /// As an image.
    #[must_use]
    pub fn image(&self) -> RgbImage {
        RgbImage::from_fn(self.width, self.height, |x, y| Rgb(self.rgb(x, y)))
    }

    /// Writes it as a PNG.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.image().save(path).with_context(|| format!("writing {}", path.display()))
    }

    /// The share of pixels of an area that differ between two shots of the same size, 0 to 1.
    #[must_use]
    pub fn difference(&self, other: &Self, area: Area) -> f64 {
        let mut differing = 0_u32;
        for y in area.y..area.y + area.height {
            for x in area.x..area.x + area.width {
                let (a, b) = (self.rgb(x, y), other.rgb(x, y));
                differing += u32::from((0..3).any(|i| a[i].abs_diff(b[i]) > 8));
            }
        }
        f64::from(differing) / f64::from((area.width * area.height).max(1))
    }
}

impl Screen {
    /// Connects to a display such as `:7`.
    ///
    /// # Errors
    /// When there is none.
    pub fn connect(display: &str) -> Result<Self> {
        let (x, number) = x11rb::connect(Some(display)).with_context(|| format!("the display {display}"))?;
        let screen = x.setup().roots.get(number).context("the display has no screen")?;
        let (root, width_px, height_px) =
            (screen.root, u32::from(screen.width_in_pixels), u32::from(screen.height_in_pixels));
        Ok(Self { x, root, width_px, height_px })
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width_px, self.height_px)
    }

    /// The whole screen.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn capture(&self) -> Result<Shot> {
        self.capture_area(Area { x: 0, y: 0, width: self.width_px, height: self.height_px })
    }

    /// A part of the screen, which must lie on it.
    ///
    /// # Errors
    /// When the display is gone or the part is not on the screen.
    pub fn capture_area(&self, area: Area) -> Result<Shot> {
        let (x, y) = (i16::try_from(area.x)?, i16::try_from(area.y)?);
        let (width, height) = (u16::try_from(area.width)?, u16::try_from(area.height)?);
        let reply = self.x.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, !0)?.reply()?;
        if reply.data.len() != area.width as usize * area.height as usize * 4 {
            bail!("the display does not have 4 bytes a pixel");
        }
        Ok(Shot { width: area.width, height: area.height, bgrx: reply.data })
    }

    /// Several parts of the screen, asked for at once: one way to the X server and back for all.
    ///
    /// # Errors
    /// As [`Screen::capture_area`].
    pub fn capture_areas(&self, areas: &[Area]) -> Result<Vec<Shot>> {
        let mut asked = vec![];
        for area in areas {
            let (x, y) = (i16::try_from(area.x)?, i16::try_from(area.y)?);
            let (width, height) = (u16::try_from(area.width)?, u16::try_from(area.height)?);
            asked.push(self.x.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, !0)?);
        }
        let shots = asked.into_iter().zip(areas).map(|(cookie, area)| {
            Ok(Shot { width: area.width, height: area.height, bgrx: cookie.reply()?.data })
        });
        shots.collect()
    }

    /// The visible top windows that are larger than a tooltip, topmost first, with their areas.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn windows(&self) -> Result<Vec<(Window, Area)>> {
        let mut found = vec![];
        for window in self.x.query_tree(self.root)?.reply()?.children.into_iter().rev() {
            // A window may go away between the questions.
            let Ok(attributes) = self.x.get_window_attributes(window)?.reply() else { continue };
            let Ok(place) = self.x.get_geometry(window)?.reply() else { continue };
            if attributes.map_state == MapState::VIEWABLE && place.width >= 200 && place.height >= 100 {
                let area = Area {
                    x: u32::try_from(place.x).unwrap_or(0),
                    y: u32::try_from(place.y).unwrap_or(0),
                    width: u32::from(place.width),
                    height: u32::from(place.height),
                };
                found.push((window, area));
            }
        }
        Ok(found)
    }

    /// Waits for the first window, gives it the whole screen and the keyboard, as a window manager would. True when
    /// it had to be resized.
    ///
    /// # Errors
    /// When no window appears within `limit`.
    pub fn maximise(&self, limit: Duration) -> Result<Window> {
        let window = crate::wait::until("a window on the screen", limit, Duration::from_millis(50), || {
            let windows = self.windows().map_err(|error| error.to_string())?;
            windows.first().map(|(window, _)| *window).ok_or_else(|| "no window".to_owned())
        })?;
        let place = ConfigureWindowAux::new().x(0).y(0).width(self.width_px).height(self.height_px);
        self.x.configure_window(window, &place)?;
        self.focus(window)?;
        Ok(window)
    }

    /// Gives a window the keyboard.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn focus(&self, window: Window) -> Result<()> {
        self.x.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?.check()?;
        Ok(())
    }

    /// A window's title.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn title(&self, window: Window) -> Result<String> {
        let reply = self.x.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 256)?.reply()?;
        Ok(String::from_utf8_lossy(&reply.value).into_owned())
    }
}
