//! What is measured, beside its floor or peer: the programs behind ./dev bench.
fn main() {}
