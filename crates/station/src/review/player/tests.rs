//! Windows over made-up recordings and workers, in made-up time: what is painted when, in which order, and in step.

mod fakes;
mod play;
mod still;
