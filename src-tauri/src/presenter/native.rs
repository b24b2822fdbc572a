//! The native presenter on Linux: a `DrawingArea` without a window of its own above the page's widget. It paints only
//! the tiles' rectangles minus the occluders; what it does not paint shows the page, and every click falls through.

use super::scene::Scene;
use super::{PictureSource, PlacedTile, Presenter, PresenterKind, SourceTile};
use crate::geometry::PxRect;
use crate::paint_log::PaintLog;
use easien_model::{Clock, SystemClock};
use gtk::cairo::{Antialias, Context, Error, Operator, RectangleInt, Region};
use gtk::gdk::WindowState;
use gtk::glib::{self, ControlFlow, Propagation, SourceId};
use gtk::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// At most 30 times a second.
const TICK: Duration = Duration::from_millis(33);
/// A repaint that was asked for and did not come within this is asked for again.
const PENDING_MOST: Duration = Duration::from_millis(500);

/// See the module.
pub struct NativePresenter {
    area: gtk::DrawingArea,
    scene: RefCell<Scene>,
    log: Arc<PaintLog>,
    tick: RefCell<Option<SourceId>>,
    mapped: Cell<bool>,
    iconified: Cell<bool>,
    /// A repaint has been asked for since then.
    pending: Cell<Option<Instant>>,
}

impl NativePresenter {
    /// Takes `page` out of `container` and puts it back under a video surface. `toplevel` tells when the window is
    /// minimised.
    #[must_use]
    pub fn above(
        page: &impl IsA<gtk::Widget>,
        container: &gtk::Box,
        toplevel: &impl IsA<gtk::Widget>,
        log: Arc<PaintLog>,
    ) -> Rc<Self> {
        let area = gtk::DrawingArea::new();
        // Before it is realised: it then paints into the page's window and takes no input.
        area.set_has_window(false);
        area.set_can_focus(false);
        let overlay = gtk::Overlay::new();
        container.remove(page);
        overlay.add(page);
        overlay.add_overlay(&area);
        overlay.set_overlay_pass_through(&area, true);
        container.pack_start(&overlay, true, true, 0);

        let presenter = Rc::new(Self {
            area,
            scene: RefCell::new(Scene::new(log.clone())),
            log,
            tick: RefCell::new(None),
            mapped: Cell::new(false),
            iconified: Cell::new(false),
            pending: Cell::new(None),
        });
        presenter.listen(toplevel);
        overlay.show_all();
        // Taken out of the window it lost the focus, and every key with it.
        page.grab_focus();
        presenter
    }

    fn listen(self: &Rc<Self>, toplevel: &impl IsA<gtk::Widget>) {
        let weak = Rc::downgrade(self);
        self.area.connect_draw(move |_, cr| {
            if let Some(presenter) = weak.upgrade()
                && let Err(error) = presenter.draw(cr)
            {
                tracing::warn!(%error, "the video surface could not be painted");
            }
            Propagation::Proceed
        });
        let weak = Rc::downgrade(self);
        self.area.connect_map(move |_| {
            if let Some(presenter) = weak.upgrade() {
                presenter.mapped.set(true);
                presenter.run_or_rest();
            }
        });
        let weak = Rc::downgrade(self);
        self.area.connect_unmap(move |_| {
            if let Some(presenter) = weak.upgrade() {
                presenter.mapped.set(false);
                presenter.run_or_rest();
            }
        });
        // Minimising does not unmap the widget.
        let weak = Rc::downgrade(self);
        toplevel.connect_window_state_event(move |_, event| {
            if let Some(presenter) = weak.upgrade() {
                let away = WindowState::ICONIFIED | WindowState::WITHDRAWN;
                let iconified = event.new_window_state().intersects(away);
                presenter.iconified.set(iconified);
                presenter.log.set_visible(!iconified);
                presenter.run_or_rest();
            }
            Propagation::Proceed
        });
    }

    /// Whether it looks for new pictures now.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.tick.borrow().is_some()
    }

    fn run_or_rest(self: &Rc<Self>) {
        let wanted = self.mapped.get() && !self.iconified.get() && !self.scene.borrow().is_empty();
        if wanted == self.is_running() {
            return;
        }
        if wanted {
            let weak = Rc::downgrade(self);
            let source = glib::timeout_add_local_full(TICK, glib::Priority::DEFAULT, move || {
                let Some(presenter) = weak.upgrade() else { return ControlFlow::Break };
                presenter.on_tick();
                ControlFlow::Continue
            });
            self.pending.set(None);
            self.tick.replace(Some(source));
        } else if let Some(source) = self.tick.take() {
            source.remove();
        }
    }

    fn on_tick(&self) {
        // Taking pictures that nobody paints would only drop them; wait for the repaint, but not for ever.
        if self.pending.get().is_some_and(|since| since.elapsed() < PENDING_MOST) {
            return;
        }
        let damage = self.scene.borrow_mut().tick();
        self.repaint(&damage);
    }

    /// Asks for a repaint of a region in device pixels.
    fn repaint(&self, damage: &Region) {
        if damage.is_empty() {
            return;
        }
        let scale = self.area.scale_factor();
        let region = Region::create();
        for n in 0..damage.num_rectangles() {
            let rect = damage.rectangle(n);
            let left = rect.x().div_euclid(scale);
            let top = rect.y().div_euclid(scale);
            let right = -(-(rect.x() + rect.width())).div_euclid(scale);
            let bottom = -(-(rect.y() + rect.height())).div_euclid(scale);
            if let Err(error) =
                region.union_rectangle(&RectangleInt::new(left, top, right - left, bottom - top))
            {
                tracing::error!(%error, "a region could not be computed");
            }
        }
        self.area.queue_draw_region(&region);
        self.pending.set(Some(Instant::now()));
    }

    fn draw(&self, cr: &Context) -> Result<(), Error> {
        self.pending.set(None);
        let scale = f64::from(self.area.scale_factor());
        let clip = Region::create();
        for rect in cr.copy_clip_rectangle_list()?.iter() {
            let (left, top) = ((rect.x() * scale).floor(), (rect.y() * scale).floor());
            let right = ((rect.x() + rect.width()) * scale).ceil();
            let bottom = ((rect.y() + rect.height()) * scale).ceil();
            #[allow(clippy::cast_possible_truncation)] // saturates
            clip.union_rectangle(&RectangleInt::new(
                left as i32,
                top as i32,
                (right - left) as i32,
                (bottom - top) as i32,
            ))?;
        }
        cr.scale(1.0 / scale, 1.0 / scale);
        cr.set_antialias(Antialias::None);
        cr.set_operator(Operator::Source);
        self.scene.borrow_mut().draw(cr, &clip, SystemClock.utc_now())
    }
}

/// The presenter of a window on Linux, shared with its signal handlers.
impl Presenter for Rc<NativePresenter> {
    fn kind(&self) -> PresenterKind {
        PresenterKind::Native
    }

    fn place(&self, tiles: Vec<PlacedTile>) {
        let damage = self.scene.borrow_mut().place(tiles);
        self.repaint(&damage);
        self.run_or_rest();
    }

    fn occlude(&self, rects: &[PxRect]) {
        let damage = self.scene.borrow_mut().occlude(rects);
        self.repaint(&damage);
    }

    fn open(&self, source: Box<dyn PictureSource>, tiles: &[SourceTile]) {
        self.scene.borrow_mut().open(source, tiles);
    }

    fn close(&self) {
        let damage = self.scene.borrow_mut().close();
        self.repaint(&damage);
    }
}
