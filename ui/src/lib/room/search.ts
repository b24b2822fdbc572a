// Finding cameras by number, code, name, place or unit, without tone marks; the best first. Pure.

import type { Camera } from '../backend/backend';
import { fold } from '../words/fold';
import { numberOf } from './number';

/** Smaller is better; null: it does not fit. */
function rank(words: readonly string[], query: string, camera: Camera, unit: string): number | null {
  const code = fold(camera.code);
  const number = numberOf(camera.code);
  if (code === query) return 0;
  if (/^\d+$/.test(query) && number?.number === Number(query)) return 0;
  if (code.startsWith(query) || number?.digits.startsWith(query)) return 1;
  const [name, place, where] = [fold(camera.name), fold(camera.place), fold(unit)];
  if (!words.every((word) => [code, name, place, where].some((text) => text.includes(word)))) return null;
  if (name.startsWith(query)) return 2;
  const begins = (text: string) => words.every((word) => text.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word)));
  if (begins(name)) return 3;
  if (begins(place)) return 4;
  if (begins(where)) return 5;
  if (begins(`${code} ${name} ${place} ${where}`)) return 6;
  return 7;
}

/** Those that fit, the best first; of the same rank in the order given. An empty query finds nothing. */
export function findCameras(query: string, cameras: readonly Camera[], unitName: (camera: Camera) => string): Camera[] {
  const folded = fold(query);
  const words = folded.split(' ').filter(Boolean);
  if (words.length === 0) return [];
  const found: { camera: Camera; rank: number; at: number }[] = [];
  cameras.forEach((camera, at) => {
    const of = rank(words, folded, camera, unitName(camera));
    if (of !== null) found.push({ camera, rank: of, at });
  });
  return found.sort((a, b) => a.rank - b.rank || a.at - b.at).map((each) => each.camera);
}
