// What sounds when: pure. And the few tones, generated: no files, quiet, distinct.

import type { Alarm, AlarmPriority, AlarmSound, AlarmTone } from '../backend/backend';

const RANK: readonly AlarmPriority[] = ['critical', 'high', 'medium', 'low'];

/** Decides what sounds. Told once a second; never two tones at once. */
export class SoundSchedule {
  #heard = new Set<string>();
  /** When a critical one sounded last. */
  #repeated_ms = 0;

  /** The tone that is due now, if one. What is due while all is silent is not made up for, but what repeats goes on. */
  due(alarms: readonly Alarm[], sound: AlarmSound, now_ms: number): AlarmTone | null {
    const waiting = alarms.filter((alarm) => alarm.acknowledged === null && alarm.cleared === null);
    const known = new Set(alarms.map((alarm) => alarm.id));
    const fresh = waiting.filter((alarm) => !this.#heard.has(alarm.id));
    this.#heard = new Set([...[...this.#heard].filter((id) => known.has(id)), ...fresh.map((alarm) => alarm.id)]);
    if (sound.muted_until !== null && sound.muted_until / 1000 > now_ms) return null;
    const critical = waiting.some((alarm) => alarm.priority === 'critical');
    const again = critical && sound.repeat_s > 0 && now_ms - this.#repeated_ms >= sound.repeat_s * 1000;
    const heaviest = RANK.find((priority) => fresh.some((alarm) => alarm.priority === priority));
    const priority = again ? 'critical' : heaviest;
    if (!priority) return null;
    if (priority === 'critical') this.#repeated_ms = now_ms;
    const tone = sound[priority];
    return tone === 'none' ? null : tone;
  }
}

/** One note: from and for how long, in seconds; in hertz. */
interface Note {
  at: number;
  length: number;
  pitch: number;
}

const row = (pitches: readonly number[], step: number, length: number): Note[] => pitches.map((pitch, i) => ({ at: i * step, length, pitch }));

export const TONES: Record<Exclude<AlarmTone, 'none'>, readonly Note[]> = {
  soft: row([392], 0, 0.5),
  chime: row([784, 587], 0.22, 0.42),
  rise: row([523, 659, 784], 0.16, 0.26),
  siren: row([880, 660, 880, 660, 880, 660], 0.25, 0.24),
};
export const TONE_NAMES: readonly AlarmTone[] = ['none', 'soft', 'chime', 'rise', 'siren'];

export type SoundState = 'unknown' | 'ready' | 'blocked' | 'absent';

/** Plays tones through the page's audio, where there is one. */
export class Player {
  #context: AudioContext | null = null;
  state: SoundState = typeof AudioContext === 'undefined' ? 'absent' : 'unknown';

  /** Answers what became of it. A page may only sound after a key or a click in it. */
  async play(tone: AlarmTone, volume: number): Promise<SoundState> {
    if (this.state === 'absent' || tone === 'none') return this.state;
    // Not even tried before a first key or click: the browser would complain.
    if (typeof navigator !== 'undefined' && navigator.userActivation?.hasBeenActive === false) return (this.state = 'blocked');
    try {
      const context = (this.#context ??= new AudioContext());
      if (context.state !== 'running') await Promise.race([context.resume(), new Promise((go) => setTimeout(go, 400))]);
      this.state = context.state === 'running' ? 'ready' : 'blocked';
      if (this.state === 'ready') ring(context, TONES[tone], volume / 100);
    } catch {
      this.state = 'absent';
    }
    return this.state;
  }
}

function ring(context: AudioContext, notes: readonly Note[], volume: number): void {
  const out = context.createGain();
  // Half as loud is a quarter of the power: the slider is even to the ear.
  out.gain.value = 0.35 * volume * volume;
  out.connect(context.destination);
  const begin = context.currentTime + 0.02;
  for (const note of notes) {
    const swell = context.createGain();
    const [from, until] = [begin + note.at, begin + note.at + note.length];
    // Without a click at either end.
    swell.gain.setValueAtTime(0, from);
    swell.gain.linearRampToValueAtTime(1, from + 0.015);
    swell.gain.setValueAtTime(1, until - 0.08);
    swell.gain.linearRampToValueAtTime(0, until);
    const source = context.createOscillator();
    source.type = 'triangle';
    source.frequency.value = note.pitch;
    source.connect(swell).connect(out);
    source.start(from);
    source.stop(until + 0.01);
  }
  const last = Math.max(...notes.map((note) => note.at + note.length));
  setTimeout(() => out.disconnect(), (last + 0.3) * 1000);
}

export const player = new Player();
