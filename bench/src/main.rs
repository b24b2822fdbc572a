//! `./dev bench [NAME] [--check]`: what is measured, beside its floor or peer.

mod report;

fn main() {}
