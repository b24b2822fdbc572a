// A camera by its number, as it is typed: 184, 0184 and the code C184 are the same camera. Pure.

import type { Camera } from '../backend/backend';

/** Letters before the number, and the number, of a code; null for a code without one. */
export function numberOf(code: string): { prefix: string; number: number; digits: string } | null {
  const found = /^(.*?)(\d+)\D*$/.exec(code);
  if (!found) return null;
  const digits = found[2] ?? '';
  return { prefix: found[1] ?? '', number: Number(digits), digits };
}

export interface Meant {
  /** Cameras of exactly this number. */
  exact: Camera[];
  /** Another digit can still lead somewhere else. */
  open: boolean;
}

/** What typed digits mean among these cameras. */
export function meant(typed: string, cameras: readonly Camera[]): Meant {
  const number = Number(typed);
  const exact: Camera[] = [];
  let open = false;
  for (const camera of cameras) {
    const of = numberOf(camera.code);
    if (!of) continue;
    if (of.number === number && typed !== '') exact.push(camera);
    // With its leading zeros, or without them.
    const longer = (digits: string) => digits.length > typed.length && digits.startsWith(typed);
    if (longer(of.digits) || longer(String(of.number))) open = true;
  }
  return { exact, open };
}

/** What every code begins with, to stand before the digits; empty if they differ. */
export function commonPrefix(cameras: readonly Camera[]): string {
  const first = numberOf(cameras[0]?.code ?? '')?.prefix ?? '';
  return cameras.every((camera) => numberOf(camera.code)?.prefix === first) ? first : '';
}

/** No camera has a longer number: more digits are not taken. */
export function digitsMost(cameras: readonly Camera[]): number {
  return cameras.reduce((most, camera) => Math.max(most, numberOf(camera.code)?.digits.length ?? 0), 1);
}
