// Reading a binary pixel batch: `u32 batch, u32 count`, then per tile `u32 tile, u32 width, u32 height, u32 age_ms,
// u64 assignment` and width*height*4 bytes RGBA; all little-endian. Bounds are checked: a short batch is refused whole.

export interface BatchTile {
  tile: number;
  width_px: number;
  height_px: number;
  /** Age of the picture when the batch was sent. */
  age_ms: number;
  assignment: number;
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

export interface Batch {
  batch: number;
  tiles: BatchTile[];
}

const HEAD_BYTES = 8;
const TILE_HEAD_BYTES = 24;

/** Null if it is not a batch. The pixels are views into `data`, not copies. */
export function readBatch(data: ArrayBuffer): Batch | null {
  if (data.byteLength < HEAD_BYTES) return null;
  const view = new DataView(data);
  const batch = view.getUint32(0, true);
  const count = view.getUint32(4, true);
  const tiles: BatchTile[] = [];
  let at = HEAD_BYTES;
  for (let i = 0; i < count; i += 1) {
    if (at + TILE_HEAD_BYTES > data.byteLength) return null;
    const width_px = view.getUint32(at + 4, true);
    const height_px = view.getUint32(at + 8, true);
    const bytes = width_px * height_px * 4;
    const pixels_at = at + TILE_HEAD_BYTES;
    if (bytes === 0 || pixels_at + bytes > data.byteLength) return null;
    tiles.push({
      tile: view.getUint32(at, true),
      width_px,
      height_px,
      age_ms: view.getUint32(at + 12, true),
      assignment: Number(view.getBigUint64(at + 16, true)),
      pixels: new Uint8ClampedArray(data, pixels_at, bytes),
    });
    at = pixels_at + bytes;
  }
  return { batch, tiles };
}
