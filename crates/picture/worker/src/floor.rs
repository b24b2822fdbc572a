//! `easien-picture floor`: bare decoding and scaling of the same samples in one process, without pipes, mosaics and
//! tiles: what nothing can do cheaper, for the benchmarks to compare with.

use crate::annexb;
use crate::av::{Decoder, Packet, Picture, Pixels, Scaler};
use crate::run::cpu_micros;
use anyhow::Context as _;
use easien_model::Codec;
use easien_picture::wire::{self, MAX_TO_WORKER_BYTES, ToWorker};
use std::collections::HashMap;
use std::io::Read as _;

#[derive(Default)]
struct Bare {
    codec: Option<Codec>,
    decoder: Option<Decoder>,
    scaler: Option<Scaler>,
    pixels: Vec<u8>,
}

/// Reads frames of [`ToWorker`] (`Params` and `Sample`; others are passed over) to the end, decodes and scales each
/// picture, prints `{"cpu_seconds":..,"frames":..,"errors":..}`. Reading the input is not counted.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let [width, height, file @ ..] = args else {
        anyhow::bail!("usage: easien-picture floor WIDTH HEIGHT [FILE]")
    };
    let (width_px, height_px): (u32, u32) =
        (width.parse().context("WIDTH")?, height.parse().context("HEIGHT")?);
    let mut input = Vec::new();
    match file.first() {
        Some(file) => input = std::fs::read(file).with_context(|| file.clone())?,
        None => drop(std::io::stdin().read_to_end(&mut input).context("reading stdin")?),
    }
    let begun = cpu_micros();
    let (mut frames, mut errors) = (0_u64, 0_u64);
    let mut streams: HashMap<u32, Bare> = HashMap::new();
    let mut picture = Picture::empty().context("no memory")?;
    let mut rest = input.as_slice();
    while let Some((body, used)) = wire::split(rest, MAX_TO_WORKER_BYTES)? {
        rest = rest.get(used..).unwrap_or_default();
        match wire::read::<ToWorker>(body)? {
            (ToWorker::Params { key, params }, _) => {
                let sets = annexb::parameter_sets(&params.parameter_sets);
                let decoder = Decoder::open(params.codec, &sets, false).ok();
                let pixels = vec![0; width_px as usize * height_px as usize * 4];
                streams.insert(key, Bare { codec: Some(params.codec), decoder, scaler: None, pixels });
            }
            (ToWorker::Sample(head), data) => {
                let Some(stream) = streams.get_mut(&head.key) else { continue };
                let (Some(codec), Some(decoder)) = (stream.codec, &mut stream.decoder) else { continue };
                let mut packet = Packet::new(data.len()).context("no memory")?;
                let len = annexb::annex_b(codec, data, packet.data_mut());
                packet.shrink(len);
                packet.set_pts(head.pts.0);
                errors += u64::from(decoder.send(&packet).is_err());
                while decoder.receive(&mut picture).unwrap_or(false) {
                    let Some(shape) = picture.shape() else { continue };
                    if !stream.scaler.as_ref().is_some_and(|scaler| scaler.fits(shape, width_px, height_px)) {
                        stream.scaler = Scaler::new(shape, width_px, height_px, Pixels::Screen);
                    }
                    let stride = width_px as usize * 4;
                    let scaled = stream
                        .scaler
                        .as_mut()
                        .is_some_and(|s| s.scale(&picture, &mut stream.pixels, 0, stride));
                    frames += u64::from(scaled);
                }
            }
            _ => {}
        }
    }
    let cpu_seconds = (cpu_micros() - begun) as f64 / 1e6;
    println!("{}", serde_json::json!({ "cpu_seconds": cpu_seconds, "frames": frames, "errors": errors }));
    Ok(())
}
