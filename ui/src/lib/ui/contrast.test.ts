// Text can be read: WCAG 2 contrast of the theme's text on the grounds it stands on.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync('src/app.css', 'utf8');
const token = (name: string): string => new RegExp(`--${name}: (#[0-9a-f]{3,6});`).exec(css)?.[1] ?? 'missing';

function luminance(hex: string): number {
  const full = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join('') : hex.slice(1);
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((i) => {
    const v = parseInt(full.slice(i, i + 2), 16) / 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const grounds = ['ground', 'panel', 'raised', 'raised-2', 'hatch-a', 'hatch-b', 'accent-ground'];
const pairs: [string, string][] = [
  ...grounds.flatMap((ground) => ['text', 'text-2', 'text-3'].map((text): [string, string] => [text, ground])),
  ['on-warn', 'warn'],
  ['warn-text', 'warn-ground'],
  ['warn-text', 'panel'],
  ['bad-text', 'bad-ground'],
  ['text', 'primary'],
];

describe('the dark theme', () => {
  it.each(pairs)('%s on %s has a contrast of at least 4.5', (text, ground) => {
    expect(contrast(token(text), token(ground))).toBeGreaterThanOrEqual(4.5);
  });

  it('has white on the ground of a critical alarm at 4.5', () => {
    expect(contrast('#fff', token('critical'))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['ground', 'panel', 'stage'])('shows the frame of the focused tile on %s (at least 3)', (ground) => {
    expect(contrast(token('accent'), token(ground))).toBeGreaterThanOrEqual(3);
  });
});
