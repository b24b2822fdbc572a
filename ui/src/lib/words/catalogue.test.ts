// The catalogues are whole: same keys and placeholders in both languages, a sentence for everything that can go wrong,
// and no text in a component.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';
import { PROBLEM_KEYS } from '../backend/backend';
import { KEYS } from '../desk/keys';
import { failureText, lossAdvice, lossText, problemText } from './problems';
import { useLocale } from './words.svelte';

const read = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(`messages/${language}.json`, 'utf8'));
const vi = read('vi');
const en = read('en');
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((x) => x[1] ?? '').sort();

/** The reasons as the wire names them: the generated file is read, so that a new one fails here. */
function lossReasons(): string[] {
  const wire = readFileSync('src/lib/backend/bindings/wire.ts', 'utf8');
  const line = /export type LossReason =([^;]+);/.exec(wire)?.[1] ?? '';
  return [...line.matchAll(/"(\w+)"/g)].map((x) => x[1] ?? '');
}

/** Placeholders that the station fills, from the comments of the generated list. */
function filled(): Map<string, string[]> {
  const wire = readFileSync('src/lib/backend/bindings/wire.ts', 'utf8');
  const found = new Map<string, string[]>();
  for (const [, comment, key] of wire.matchAll(/\/\*\*([^\n]*)\*\/\s*"(problem_\w+)"/g)) {
    if (comment && key) found.set(key, placeholders(comment));
  }
  return found;
}

describe('catalogues', () => {
  it('have the same keys', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(vi).sort());
  });

  it('have the same placeholders', () => {
    for (const [key, text] of Object.entries(vi)) expect(placeholders(en[key] ?? ''), key).toEqual(placeholders(text));
  });

  it('have no empty sentence', () => {
    for (const [key, text] of [...Object.entries(vi), ...Object.entries(en)]) expect(text.trim(), key).not.toBe('');
  });

  it('know every problem, with no placeholder that the station does not fill', () => {
    const fills = filled();
    expect(PROBLEM_KEYS.length).toBeGreaterThan(50);
    for (const key of PROBLEM_KEYS) {
      expect(vi[key], key).toBeDefined();
      for (const name of placeholders(vi[key] ?? '')) expect(fills.get(key), key).toContain(name);
    }
  });

  it('know every reason of a loss, and what to do', () => {
    const reasons = lossReasons();
    expect(reasons.length).toBeGreaterThan(10);
    for (const reason of reasons) {
      expect(vi[`loss_${reason}`], reason).toBeDefined();
      expect(vi[`loss_${reason}_advice`], reason).toBeDefined();
    }
  });

  it('write Vietnamese in NFC', () => {
    for (const [key, text] of Object.entries(vi)) expect(text, key).toBe(text.normalize('NFC'));
  });
});

describe('sentences', () => {
  it('follow the language', () => {
    useLocale('vi');
    expect(lossText('unauthorized')).toBe('Sai tên đăng nhập hoặc mật khẩu');
    useLocale('en');
    expect(lossText('unauthorized')).toBe('Wrong user name or password');
    expect(lossAdvice(null)).not.toBe('');
    useLocale('vi');
  });

  it('fill placeholders', () => {
    const problem = { code: 'Conflict', key: 'problem_camera_code_taken', params: { code: 'C017' }, field: 'code', detail: '' } as const;
    expect(problemText(problem)).toContain('C017');
  });

  it('still explain a problem that this page does not know', () => {
    const problem = { code: 'DiskFull', key: 'problem_from_the_future', params: {}, field: null, detail: 'volume 3' } as const;
    expect(problemText(problem)).toBe('Đĩa đã đầy. (volume 3)');
    expect(failureText('boom')).toBe(vi['problem_internal']);
  });
});

describe('components', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.svelte'));
  /** Names and units that are the same in every language. */
  const allowed = /^(|Easien|TCP|UDP|SHA-256|VI|EN|[\s·/–…→()×:,.%]+)$/;
  const attributes = ['placeholder', 'title', 'alt', 'aria-label', 'label'];

  it.each(files)('%s has no text of its own and is not too long', (file) => {
    const source = readFileSync(join('src', file), 'utf8');
    expect(source.split('\n').length).toBeLessThanOrEqual(301);
    const texts: string[] = [];
    const walk = (node: unknown): void => {
      if (Array.isArray(node)) {
        node.forEach(walk);
        return;
      }
      if (typeof node !== 'object' || node === null) return;
      const it = node as Record<string, unknown>;
      if (it['type'] === 'Text') texts.push(String(it['data']));
      if (it['type'] === 'Attribute' || it['type'] === 'StyleDirective') {
        const value = it['value'];
        const plain = Array.isArray(value) ? value.filter((v) => v.type === 'Text').map((v) => String(v.data)) : [];
        if (attributes.includes(String(it['name']))) texts.push(...plain);
        walk(Array.isArray(value) ? value.filter((v) => v.type !== 'Text') : value);
        return;
      }
      for (const [key, child] of Object.entries(it)) if (key !== 'metadata') walk(child);
    };
    walk(parse(source, { modern: true }).fragment);
    for (const text of texts) expect(text.replaceAll('&nbsp;', ' ').trim()).toMatch(allowed);
  });
});

describe('keys', () => {
  it('stand once in the table', () => {
    expect(new Set(KEYS.map((line) => `${line.where ?? ''} ${line.key}`)).size).toBe(KEYS.length);
  });
});
