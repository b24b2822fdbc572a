// @vitest-environment happy-dom
// Every form of the page goes through the same trials: nothing in it, too much in it, hostile text, sent twice, an input
// method, a station that refuses or is lost. Always: a clear message, the text kept, nothing stored twice.
//
// The Enter that a browser itself turns into sending is not played by this DOM: that a composed Enter sends nothing is seen
// here of the forms' own keys; requestSubmit() stands for the browser's.

import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { numberText } from '../lib/time/time';
import { failureText } from '../lib/words/problems';
import { unavailable } from '../lib/backend/backend';
import { m, useLocale } from '../lib/words/words.svelte';
import { ASKING, FORMS, PARTS, TICKED, type Form } from './forms';
import { all, enter, fields, labelOf, one, paste, setDesk, settle, type, until, type DeskSet, type TextField } from './stage';

// The components are loaded by the first trial of each.
vi.setConfig({ testTimeout: 60_000 });

const HUNDRED_KB = 100_000;
/** Short enough for every field that is a text. */
const TEXTS: Record<string, string> = {
  emoji: 'Xe 🚓👮🏽‍♂️ cháy 🔥 xã',
  'combining marks': 'Duo\u031b\u0300ng co\u0302\u0301m da\u0302\u0301u ro\u031b\u0300i',
  'right to left': 'سيارة ABC \u05e8\u05db\u05d1 123',
  'bidi controls': 'Xe \u202e47K1\u202c\u2066rẽ trái\u2069',
  markup: `'"><script>alert(1)</script>`,
  'markup in an attribute': `" onerror="x" <img src=x>`,
  'a template': '{{7*7}} ${1} %s {name}',
};

const named = (form: Form) => `${form.file.replace(/^features\/|\.svelte$/g, '')}${form.way ? ` (${form.way})` : ''}`;
const is_moment = (field: TextField) => field.getAttribute('placeholder') === m.moment_hint();
const fixedOf = (form: Form, field: TextField) => form.fixed?.()[labelOf(field)];
const is_aside = (form: Form, field: TextField) => form.aside?.().includes(labelOf(field)) ?? false;
/** Fields for any text at all. */
const texts = (form: Form) =>
  fields().filter((each) => !is_moment(each) && !is_aside(form, each) && each.type !== 'number' && each.type !== 'password' && fixedOf(form, each) === undefined);
const buttonOf = (form: Form) => (form.button ? form.button() : one<HTMLButtonElement>('button[type=submit]'));
const alerts = () => all('[role=alert]').map((each) => each.textContent?.trim() ?? '').filter((text) => text !== '');

async function fill(form: Form, text: string): Promise<void> {
  for (const field of fields()) {
    const fixed = fixedOf(form, field);
    if (fixed !== undefined && field.value !== fixed) type(field, fixed);
  }
  for (const field of texts(form)) type(field, text !== '' && form.written ? form.written(text) : text);
  await settle();
  await form.choose?.();
  await settle();
}

/** Once, as a person does: by the button, else by Enter. */
async function send(form: Form): Promise<void> {
  const button = buttonOf(form);
  if (button) button.click();
  else enter(texts(form)[0] ?? document.body);
  await settle();
}

/** In every way there is, again and again, without waiting. */
function hammer(form: Form): void {
  for (let i = 0; i < 2; i += 1) {
    for (const field of texts(form)) {
      enter(field);
      enter(field, { ctrl: true });
    }
    for (const each of all<HTMLFormElement>('form')) each.requestSubmit();
    buttonOf(form)?.click();
  }
}

let leave: (() => void) | null = null;
async function open(form: Form, language = 'vi'): Promise<DeskSet> {
  useLocale(language);
  const set = await setDesk(form.cameras ?? 6, `${form.room ?? ''}&language=${language}`);
  set.station.about = form.command;
  const close = await form.open(set);
  leave = () => {
    close();
    set.leave();
  };
  return set;
}

afterEach(async () => {
  leave?.();
  leave = null;
  await settle();
  document.body.replaceChildren();
  localStorage.clear();
  sessionStorage.clear();
  useLocale('vi');
});

describe('the list of forms', () => {
  const written = /<form\b|<textarea\b|<input\b|<MomentField\b|<PasswordField\b/;
  const found = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.svelte') && !name.startsWith('forms/') && written.test(readFileSync(`src/${name}`, 'utf8').replace(/<style>[\s\S]*/, '')));
  const listed = [...FORMS.map((each) => each.file), ...Object.keys(PARTS), ...ASKING, ...Object.keys(TICKED)];

  it('has every file with a field in it', () => {
    expect(found.filter((name) => !listed.includes(name))).toEqual([]);
  });

  it('has no file that is gone', () => {
    expect(listed.filter((name) => !found.includes(name))).toEqual([]);
  });

  it('has everything that is sent as a form among those that are tried', () => {
    const sent = found.filter((name) => /<form\b/.test(readFileSync(`src/${name}`, 'utf8')));
    expect(sent.filter((name) => !FORMS.some((each) => each.file === name))).toEqual([]);
  });
});

describe.each(FORMS.map((form) => [named(form), form] as const))('%s', (_, form) => {
  it('stores once what was typed, whatever the text is', async () => {
    for (const [what, text] of Object.entries(TEXTS)) {
      const { station } = await open(form);
      await fill(form, text);
      const count = texts(form).length;
      await send(form);
      await until(`${what} is stored: ${alerts().join()}`, () => station.stored === 1);
      const sent = JSON.stringify(station.sent[0]);
      const as_sent = JSON.stringify(form.written?.(text) ?? text.normalize('NFC').trim()).slice(1, -1);
      if (count > 0) expect(sent.split(as_sent).length - 1, `${what} in ${sent}`).toBeGreaterThanOrEqual(count);
      expect(all('script, img[src=x]'), what).toEqual([]);
      leave?.();
      leave = null;
      document.body.replaceChildren();
      localStorage.clear();
      sessionStorage.clear();
    }
  });

  it('stores nothing while it is empty, and says why or cannot be sent', async () => {
    const { station } = await open(form);
    if (form.blank) return;
    await fill(form, '');
    for (const field of fields().filter((each) => !is_moment(each) && !is_aside(form, each) && each.type !== 'number')) type(field, '   ');
    await settle();
    hammer(form);
    await settle();
    expect(station.stored).toBe(0);
    const button = buttonOf(form);
    if (button) expect((button as HTMLButtonElement).disabled || alerts().length > 0, 'it can be sent and says nothing').toBe(true);
  });

  it('takes 100 kB pasted whole, or none of it and says how much it takes', async () => {
    const { station } = await open(form);
    await fill(form, 'x');
    const long = 'ộ'.repeat(HUNDRED_KB);
    let whole = 0;
    for (const field of fields().filter((each) => !is_moment(each) && each.type !== 'number')) {
      const before = field.value;
      if (paste(field, long)) {
        expect(field.value === long, labelOf(field)).toBe(true);
        whole += 1;
        if (fixedOf(form, field) !== undefined || is_aside(form, field)) type(field, before);
        continue;
      }
      await settle();
      expect(field.value, labelOf(field)).toBe(before);
      expect(one('[data-overflow]')?.textContent, labelOf(field)).toContain(numberText(field.maxLength));
    }
    if (whole === 0 || texts(form).every((each) => each.value !== long)) return;
    await form.choose?.();
    await settle();
    await send(form);
    const sent = await until('it is sent', () => station.sent[0]);
    expect(JSON.stringify(sent).includes(long), 'it was cut').toBe(true);
  });

  it('stores once, however often it is sent while the station thinks', async () => {
    const { station } = await open(form);
    await fill(form, 'Xe khách vi phạm');
    station.mood = 'waits';
    hammer(form);
    await settle();
    hammer(form);
    await settle();
    expect(station.sent.length).toBe(1);
    station.answer();
    await until('stored', () => station.stored === 1);
    await settle();
    expect(station.sent.length).toBe(1);
  });

  it('sends nothing with the Enter that ends a composed word', async () => {
    const { station } = await open(form);
    await fill(form, 'Xe');
    for (const field of fields()) {
      for (const ctrl of [false, true]) {
        enter(field, { composing: true, ctrl });
        enter(field, { key_code: 229, ctrl });
      }
    }
    await settle();
    expect(station.sent).toEqual([]);
  });

  it.each(['is lost before', 'is lost after'] as const)('keeps the text when the station %s it stored, says so, and tries the same again', async (mood) => {
    const { station } = await open(form);
    await fill(form, 'Xe khách vi phạm');
    const typed = texts(form).map((each) => each.value);
    station.mood = mood;
    await send(form);
    const lost = failureText(unavailable());
    await until(`it is said: ${alerts().join(' / ')}`, () => alerts().some((text) => text.includes(lost)));
    expect(texts(form).map((each) => each.value)).toEqual(typed);
    expect(station.sent.length).toBe(1);
    station.mood = 'answers';
    // The station told of it by itself, and nothing is left to be sent.
    if (form.button === undefined && !buttonOf(form)) {
      expect(station.stored).toBe(1);
      return;
    }
    if (form.secret) await fill(form, 'Xe khách vi phạm');
    await form.choose?.();
    await settle();
    await send(form);
    await until(`sent again: ${alerts().join(' / ')}`, () => station.sent.length === 2);
    const plain = (args: unknown) => Object.fromEntries(Object.entries(args as object).filter(([key]) => !form.moments?.includes(key)));
    expect(plain(station.sent[1])).toEqual(plain(station.sent[0]));
  });

  it('keeps the text when the station refuses it, and says why in both languages', async () => {
    for (const language of ['vi', 'en']) {
      const { station } = await open(form, language);
      await fill(form, 'Xe khách vi phạm');
      const typed = texts(form).map((each) => each.value);
      station.mood = 'refuses';
      await send(form);
      const why = m.problem_note_text();
      await until(`it is said: ${alerts().join(' / ')}`, () => alerts().some((text) => text.includes(why)));
      expect(texts(form).map((each) => each.value)).toEqual(typed);
      leave?.();
      leave = null;
      document.body.replaceChildren();
      localStorage.clear();
      sessionStorage.clear();
    }
  });

  it('is not sent with a moment that cannot be read', async () => {
    const { station } = await open(form);
    await fill(form, 'Xe');
    const moments = fields().filter(is_moment);
    for (const field of moments) {
      const before = field.value;
      for (const wrong of ['31/02/2026 10:00', '99/99', '25:61', 'hôm qua']) {
        type(field, wrong);
        await settle();
        hammer(form);
        await settle();
        expect(station.sent, `${labelOf(field)} ${wrong}`).toEqual([]);
        expect(alerts().some((text) => text.includes(m.moment_unreadable())), `${labelOf(field)} ${wrong}`).toBe(true);
        expect(field.value).toBe(wrong);
      }
      type(field, before);
      await settle();
    }
  });
});

