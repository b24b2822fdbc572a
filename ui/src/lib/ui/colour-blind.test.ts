// States can be told apart without seeing red from green: each has its own shape and word besides its colour, and the
// colours that mean different things stay apart even so.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { channels, THEMES, token } from './tokens';

/** Machado, Oliveira and Fernandes 2009, whole deficiency, on linear light. */
const SIGHTS: Record<string, number[][]> = {
  all: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** CIE L*a*b* of a colour as it is seen. */
function seen(hex: string, sight: number[][]): number[] {
  const rgb = channels(hex);
  const dot = (row: number[], of: number[]) => row.reduce((sum, v, i) => sum + v * (of[i] ?? 0), 0);
  const light = sight.map((row) => Math.min(1, Math.max(0, dot(row, rgb))));
  const xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]].map((row) => dot(row, light));
  const f = (v: number) => (v > 0.008856 ? Math.cbrt(v) : 7.787 * v + 16 / 116);
  const [x, y, z] = [f((xyz[0] ?? 0) / 0.9505), f(xyz[1] ?? 0), f((xyz[2] ?? 0) / 1.089)];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const apart = (a: string, b: string, sight: number[][]) => {
  const [p, q] = [seen(a, sight), seen(b, sight)];
  return Math.hypot(...p.map((v, i) => v - (q[i] ?? 0)));
};

/** What stands side by side and means different things. 10 is plainly two colours; text of one state is never told from
 *  another by this alone. */
const PAIRS: [string, string][] = [
  ['critical', 'warn'],
  ['warn', 'accent'],
  ['warn-text', 'text-3'],
  ['warn', 'text-2'],
  ['frame', 'warn'],
  ['lane-bar', 'lane-gap-line'],
  ['lane-bar', 'lane'],
  ['lane-covered', 'lane-covered-sub'],
  ['hatch-a', 'hatch-b'],
];
/** The hatching is known by its pattern. */
const LEAST: Record<string, number> = { 'hatch-a hatch-b': 3 };

describe.each(THEMES)('in the theme %s', (theme) => {
  it.each(Object.keys(SIGHTS))('colours that mean different things stay apart: %s', (sight) => {
    const close = PAIRS.map(([a, b]) => ({ a, b, is: apart(token(theme, a), token(theme, b), SIGHTS[sight] ?? []) })).filter(({ a, b, is }) => !(is >= (LEAST[`${a} ${b}`] ?? 10)));
    expect(close).toEqual([]);
  });
});

describe('besides its colour', () => {
  it('each priority of an alarm has a shape of its own', () => {
    const source = readFileSync('src/lib/ui/AlarmMark.svelte', 'utf8');
    const shapes = /const shapes = \{([^}]*)\}/.exec(source)?.[1] ?? '';
    const names = [...shapes.matchAll(/(\w+): (\w+)/g)].map(([, , shape]) => shape);
    expect(names).toHaveLength(4);
    expect(new Set(names).size).toBe(4);
    expect(source).toMatch(/\{words\[priority\]\(\)\}/);
  });

  it('what is abnormal has a sign', () => {
    expect(readFileSync('src/lib/ui/Chip.svelte', 'utf8')).toMatch(/\{#if kind === 'warn' \|\| kind === 'bad'\}<TriangleAlert/);
  });

  it('a gap on the timeline is hatched, a hold has its lock, a bookmark its ribbon', () => {
    const source = readFileSync('src/features/timeline/paint.ts', 'utf8');
    for (const drawn of ['hatch(g,', 'lock(g,', 'ribbon(g,']) expect(source).toContain(drawn);
  });

  it('a lost or stalled camera is hatched and says so', () => {
    const source = readFileSync('src/features/wall/Placeholder.svelte', 'utf8');
    expect(source).toMatch(/hatched/);
    expect(source).toMatch(/m\.stalled\(\) : m\.lost\(\)/);
  });
});
