// How health is said.

import type { CameraFlag, Codec } from '../../lib/backend/backend';
import type { CameraPhase } from '../../lib/room/cameras';
import { numberText } from '../../lib/time/time';
import { m, sentence } from '../../lib/words/words.svelte';

const CODECS: Record<Codec, string> = { H264: 'H.264', H265: 'H.265', Aac: 'AAC', Pcmu: 'G.711', Pcma: 'G.711' };

export function codecText(codec: Codec | null): string {
  return codec ? CODECS[codec] : '';
}

export function phaseText(phase: CameraPhase): string {
  return { live: m.live, connecting: m.connecting, stalled: m.stalled, lost: m.lost }[phase]();
}

/** 99,7 %; never 100 % where something was missing. */
export function shareText(share: number): string {
  const percent = share < 1 ? Math.min(share * 100, 99.9) : 100;
  return `${numberText(percent, share < 1 ? 1 : 0)} %`;
}

export function keyText(seconds: number | null): string {
  return seconds === null ? '–' : m.length_s({ count: numberText(seconds, 1) });
}

/** The camera's clock against the station's: +0,1 s. */
export function clockText(offset_us: number | null): string {
  if (offset_us === null) return '–';
  const seconds = Math.abs(offset_us) / 1e6;
  // Less than is shown is no difference.
  const sign = seconds < 0.05 ? '' : offset_us < 0 ? '−' : '+';
  return `${sign}${m.length_s({ count: numberText(seconds, seconds < 100 ? 1 : 0) })}`;
}

export function flagText(flag: CameraFlag): string {
  return sentence(`flag_${flag}`) ?? flag;
}

/** What it means, and what to do. */
export function flagAdvice(flag: CameraFlag): string {
  return sentence(`flag_${flag}_advice`) ?? '';
}
