// Text can be read and marks can be told from their ground, in every theme: WCAG 2 contrast of the tokens in app.css, on
// every ground that they stand on. What the screens write is looked through, so that no new pair slips by.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { channels, contrast, css, THEMES, themes, token } from './tokens';

/** Grounds of panels, rows, fields, placeholders: any of the common texts may stand on any of them. */
const GROUNDS = ['ground', 'panel', 'raised', 'raised-2', 'hatch-a', 'hatch-b', 'accent-ground'];
const PANELS = ['ground', 'panel', 'raised', 'raised-2'];
/** Every token that is a text's colour, with the grounds that it stands on. */
const TEXTS: Record<string, string[]> = {
  text: [...GROUNDS, 'warn-ground', 'bad-ground', 'lane'],
  'text-2': [...GROUNDS, 'warn-ground'],
  'text-3': GROUNDS,
  accent: PANELS,
  'warn-text': [...PANELS, 'warn-ground', 'hatch-a', 'hatch-b', 'accent-ground'],
  'bad-text': [...PANELS, 'bad-ground'],
  good: PANELS,
  'on-primary': ['primary', 'primary-hover'],
  'on-warn': ['warn'],
  'on-bad': ['bad'],
  'on-critical': ['critical'],
  'on-stage': ['stage', 'surround'],
};
/** Marks that are no text: what they are drawn on. */
const MARKS: Record<string, string[]> = {
  accent: [...PANELS, 'lane'],
  frame: ['surround', 'stage'],
  warn: [...PANELS, 'warn-ground'],
  bad: ['ground', 'panel'],
  critical: ['ground', 'panel'],
  good: PANELS,
  'lane-bar': ['lane'],
  'lane-covered': ['lane'],
  'lane-gap-line': ['lane-gap', 'ground'],
  'lane-hold': ['lane', 'ground'],
  'text-3': PANELS,
  text: ['lane', 'panel'],
  ...Object.fromEntries(['blue', 'green', 'amber', 'violet', 'teal', 'pink'].map((name) => [`mark-${name}`, ['panel', 'raised', 'lane', 'ground']])),
};
/** Where lines are what tells one thing from another. */
const CONTRAST_MARKS: Record<string, string[]> = { line: ['ground', 'panel', 'raised'], 'line-strong': PANELS, 'accent-line': PANELS, 'lane-covered-sub': ['lane'] };
/** Tokens that are no text and no ground of text: lines, fills of bars, what only decorates. */
const OTHERS = ['line', 'line-strong', 'accent-line', 'lane-covered-sub', 'lane', 'lane-gap'];

const pairs = (of: Record<string, string[]>) => Object.entries(of).flatMap(([mark, grounds]) => grounds.map((ground): [string, string] => [mark, ground]));

describe.each(THEMES)('the theme %s', (theme) => {
  const least = theme === 'contrast' ? 7 : 4.5;

  it('has the same tokens as the others, each a colour', () => {
    const names = [...(themes.get('dark')?.keys() ?? [])];
    expect(names.length).toBeGreaterThan(40);
    expect([...(themes.get(theme)?.keys() ?? [])].sort()).toEqual(names.sort());
    for (const name of names) expect(`${name} ${token(theme, name)}`).toMatch(/^[a-z0-9-]+ #([0-9a-f]{3}|[0-9a-f]{6})$/);
  });

  it('has every text readable on every ground it stands on', () => {
    const bad = pairs(TEXTS).map(([text, ground]) => ({ text, ground, is: contrast(token(theme, text), token(theme, ground)) }));
    expect(bad.filter(({ is }) => !(is >= least))).toEqual([]);
  });

  it('has every mark at 3 to 1', () => {
    const all = pairs({ ...MARKS, ...(theme === 'contrast' ? CONTRAST_MARKS : {}) });
    const bad = all.map(([mark, ground]) => ({ mark, ground, is: contrast(token(theme, mark), token(theme, ground)) }));
    expect(bad.filter(({ is }) => !(is >= 3))).toEqual([]);
  });

  it('keeps what is behind pictures neutral and dark', () => {
    for (const name of ['stage', 'surround']) {
      const c = channels(token(theme, name));
      expect(Math.max(...c)).toBeLessThan(0.02);
      expect(Math.max(...c) - Math.min(...c)).toBeLessThan(0.005);
    }
  });
});

// ---- what the screens write

interface Rule {
  where: string;
  text: string | null;
  ground: string | null;
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => /\.(svelte|css)$/.test(name));
const styleOf = (name: string) => {
  const whole = readFileSync(`src/${name}`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return name.endsWith('.css') ? whole.slice(whole.indexOf('\n* {')) : [...whole.matchAll(/<style>([\s\S]*?)<\/style>/g)].map((each) => each[1]).join('\n');
};
const rules: Rule[] = files.flatMap((name) =>
  [...styleOf(name).matchAll(/([^{}]+)\{([^{}]*)\}/g)].map(([, selector = '', body = '']) => ({
    where: `${name}: ${selector.trim().replace(/\s+/g, ' ')}`,
    text: /(?:^|[\s;])color: var\(--([a-z0-9-]+)\)/.exec(body)?.[1] ?? null,
    ground: /(?:^|[\s;])background(?:-color)?: var\(--([a-z0-9-]+)\)/.exec(body)?.[1] ?? null,
  })),
);

describe('the styles of the screens', () => {
  it('are found', () => expect(rules.filter((rule) => rule.text !== null).length).toBeGreaterThan(100));

  it('write text only in tokens whose grounds are checked', () => {
    expect(rules.filter(({ text }) => text !== null && !(text in TEXTS) && !(text in MARKS))).toEqual([]);
  });

  it('put text only on the grounds that are checked with it', () => {
    const known = (text: string, ground: string) => TEXTS[text]?.includes(ground) || MARKS[text]?.includes(ground);
    expect(rules.filter(({ text, ground }) => text !== null && ground !== null && !known(text, ground))).toEqual([]);
  });

  it('have no ground that is not one of the checked', () => {
    const known = new Set([...Object.values(TEXTS).flat(), ...Object.keys(MARKS), ...OTHERS]);
    expect(rules.filter(({ ground }) => ground !== null && !known.has(ground))).toEqual([]);
  });

  it('have no colour of their own: it would be the same in every theme', () => {
    const own = files.filter((name) => name.endsWith('.svelte')).flatMap((name) => {
      const found = styleOf(name).replace(/url\("[^"]*"\)/g, '').match(/#[0-9a-f]{3,8}\b(?=[^{]*;)|\b(?:rgba?|hsla?|oklch)\([^)]*\)|:\s*(?:white|black|red|green|orange|yellow|gr[ae]y)\b/gi);
      return found ? [`${name}: ${found.join(' ')}`] : [];
    });
    expect(own).toEqual([]);
  });

  it('use no token that the themes do not have', () => {
    const shared = new Set([...css.matchAll(/--([a-z0-9-]+):/g)].map((each) => each[1]));
    const missing = files.flatMap((name) => {
      const whole = readFileSync(`src/${name}`, 'utf8');
      const used = [...whole.matchAll(/var\(--([a-z0-9-]+)[,)]/g)].map(([, each = '']) => each);
      // A file may set one for itself.
      return used.filter((each) => !shared.has(each) && !new RegExp(`(?:style:)?--${each}[:=]`).test(whole)).map((each) => `${name}: --${each}`);
    });
    expect(missing.filter((each) => !each.includes('--bits-'))).toEqual([]);
  });
});
