//! Writes the wire's TypeScript types into the page's sources, and the table of permissions into the docs.

use easien_link::bindings;

fn main() -> std::io::Result<()> {
    let place = bindings::place();
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&place, bindings::typescript())?;
    std::fs::write(bindings::permissions_place(), easien_link::permissions::permission_table())
}
