// The themes' tokens as numbers: for tests, which read them from app.css.

import { readFileSync } from 'node:fs';

export const css = readFileSync('src/app.css', 'utf8');
export const THEMES = ['dark', 'day', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

function tokensOf(theme: Theme): Map<string, string> {
  const block = new RegExp(`:root\\[data-theme='${theme}'\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  return new Map([...block.matchAll(/--([a-z0-9-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value.trim()]));
}

export const themes = new Map(THEMES.map((theme) => [theme, tokensOf(theme)]));
export const token = (theme: Theme, name: string): string => themes.get(theme)?.get(name) ?? `no --${name}`;

/** Red, green and blue of linear light, 0 to 1. */
export function channels(hex: string): number[] {
  const full = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join('') : hex.slice(1);
  return [0, 2, 4].map((i) => {
    const v = parseInt(full.slice(i, i + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
}

/** As WCAG 2 counts it. */
export function contrast(a: string, b: string): number {
  const luminance = (hex: string) => channels(hex).reduce((sum, v, i) => sum + v * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0);
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
