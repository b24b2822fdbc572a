//! Which camera and frame each tile of a screenshot shows: `cargo run -p easien-tests --example strips -- live.png`.

use anyhow::{Context, Result};
use easien_tests::screen::Shot;
use easien_tests::strips::strips;

fn main() -> Result<()> {
    for path in std::env::args().skip(1) {
        let image = image::open(&path).with_context(|| path.clone())?.to_rgb8();
        let bgrx = image.pixels().flat_map(|image::Rgb([r, g, b])| [*b, *g, *r, 0]).collect();
        println!("{path}");
        for seen in strips(&Shot { width: image.width(), height: image.height(), bgrx }) {
            let area = seen.area;
            println!(
                "  C{:03} frame {:4} at {},{} {}x{}",
                seen.camera, seen.frame, area.x, area.y, area.width, area.height
            );
        }
    }
    Ok(())
}
