//! Writes the wire's TypeScript types into the page's sources.

use easien_link::bindings;

fn main() -> std::io::Result<()> {
    let place = bindings::place();
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&place, bindings::typescript())
}
