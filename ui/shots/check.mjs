// Judges every screen in Chromium: names and roles (axe), contrast as it is computed, layout at many sizes, motion.
// `npm run look` takes a sample of the matrix, as CI does; EASIEN_FULL=1 all of it. `-- axe` or `-- layout` alone,
// `--only NAME,NAME` some screens. Says each fault once and ends with 1 if there is any.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { openBrowser } from './browser.mjs';
import { layoutFaults } from './layout.mjs';
import { walk } from './screens.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' }, verbose: { type: 'boolean', default: false } } });
const only = values.only?.split(',');
const what = positionals.length > 0 ? positionals : ['axe', 'layout', 'motion', 'keys'];
const full = Boolean(process.env.EASIEN_FULL);
const axe_source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const THEMES = ['dark', 'day', 'contrast'];
/** CSS pixels, device pixels per CSS pixel, text in percent. The first is the smallest window there is (window.rs). */
const SAMPLE = [
  [1024, 640, 1, 100],
  [1280, 720, 1, 100],
  [1280, 720, 1, 150],
  [1920, 1080, 2, 100],
  [3840, 2160, 1, 150],
];
const ALL = [
  ...[[1024, 640], [1280, 720], [1280, 1024], [1366, 768], [1600, 900], [1920, 1080], [1920, 1200], [2560, 1080], [2560, 1440], [3840, 2160]].flatMap(([w, h]) => [[w, h, 1, 90], [w, h, 1, 100], [w, h, 1, 115], [w, h, 1, 130], [w, h, 1, 150]]),
  ...[[1280, 720], [1920, 1080]].flatMap(([w, h]) => [[w, h, 2, 100], [w, h, 2, 150]]),
].filter(([w, , , text]) => w >= 1280 || text <= 100);
const SIZES = full ? ALL : SAMPLE;
/** English words are looked at where there is least room; where things stand does not depend on the language. */
const SIZES_EN = full ? ALL : [SAMPLE[0], SAMPLE[2]];

const faults = new Map();
function fault(text, where) {
  const known = faults.get(text);
  if (known) known.push(where);
  else faults.set(text, [where]);
}
// The smallest window that the window program allows is one of the sizes.
const smallest = /SMALLEST: \(f64, f64\) = \((\d+)\.0, (\d+)\.0\)/.exec(readFileSync('../src-tauri/src/window.rs', 'utf8'));
if (!smallest || !SIZES.some(([w, h]) => w === Number(smallest[1]) && h === Number(smallest[2]))) fault(`window.rs allows windows of ${smallest?.slice(1).join('x')}, which are not looked at`, 'SMALLEST');
const began = Date.now();
let stops = 0;

/** Rules of WCAG 2.2 A and AA and axe's good practice; in the two other themes only what colours decide. */
async function judgeAxe(page, where, language) {
  // The sample: Vietnamese in the dark and the day theme, English in high contrast.
  const whole = full || language === 'vi' ? 'dark' : 'contrast';
  for (const theme of full ? THEMES : language === 'vi' ? ['dark', 'day'] : ['contrast']) {
    await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
    const found = await page.evaluate(async ([theme, whole]) => {
      const rules = theme === 'contrast' ? ['color-contrast', 'color-contrast-enhanced'] : ['color-contrast'];
      const options = theme === whole ? { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: theme === 'contrast' ? { 'color-contrast-enhanced': { enabled: true } } : {} } : { runOnly: { type: 'rule', values: rules } };
      const { violations } = await window.axe.run(document, { ...options, resultTypes: ['violations'], elementRef: true });
      const name = (element) => {
        const of = (e) => `${e.tagName.toLowerCase()}${[...e.classList].filter((c) => !c.startsWith('svelte-')).map((c) => `.${c}`).join('')}`;
        const path = [];
        for (let e = element; e && e !== document.body && path.length < 3; e = e.parentElement) path.unshift(of(e));
        return path.join('>');
      };
      const why = (node) => (node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? '';
      return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${name(node.element)}: ${id.startsWith('color') ? why(node).replace(/font size.*?\)\. /, '') : why(node).replace(/\(.*/, '')}`));
    }, [theme, whole]);
    for (const each of found) fault(`axe ${theme} ${each}`, where);
  }
  await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), THEMES[0]);
}

/** At each size: nothing cut, nothing over another, nothing outside. */
async function judgeLayout(page, client, where, home, sizes) {
  const show = async ([width, height, scale, text]) => {
    await client.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: scale, mobile: false });
    await page.evaluate(async (text) => {
      document.documentElement.style.setProperty('--text-scale', String(text / 100));
      window.dispatchEvent(new Event('resize'));
      const frame = () => new Promise((go) => requestAnimationFrame(go));
      for (let i = 0; i < 4; i += 1) await frame();
    }, text);
  };
  for (const size of sizes) {
    await show(size);
    const [w, h, scale, text] = size;
    for (const each of await page.evaluate(layoutFaults)) fault(`layout ${each}`, `${where} ${w}x${h}${scale > 1 ? ` @${scale}` : ''} ${text}%`);
  }
  await show(home);
}

/** At rest nothing moves: no animation, and no look that changes by itself, but that of an alarm nobody has seen. */
async function judgeMotion(browser) {
  const page = await browser.newPage({ width: 1280, height: 720 }, (text) => fault(text, 'motion'));
  const changes = async (query) => {
    await page.goto(`${browser.base}?${query}`);
    await page.waitForSelector('[data-loaded=true]');
    await page.waitForTimeout(1500);
    return page.evaluate(async () => {
      const changed = new Set();
      const watch = new MutationObserver((list) => {
        for (const { target } of list) changed.add(target.closest('[data-priority]') ? 'alarm' : target.outerHTML.slice(0, 120));
      });
      watch.observe(document.body, { subtree: true, attributes: true, attributeFilter: ['class', 'style', 'hidden'] });
      await new Promise((go) => setTimeout(go, 2300));
      watch.disconnect();
      const moving = document.getAnimations().map((each) => (each.effect?.target?.closest('[data-priority]') ? 'alarm' : `${each.constructor.name} ${each.effect?.target?.outerHTML?.slice(0, 80)}`));
      return [...changed, ...moving];
    });
  };
  for (const each of await changes('fake=16&lost=0')) fault(`motion ${each}`, 'a quiet room');
  const alarmed = await changes('fake=16&critical=1');
  if (!alarmed.includes('alarm')) fault('motion: an alarm that nobody has seen does not flash', 'critical');
  for (const each of alarmed) if (each !== 'alarm') fault(`motion ${each}`, 'an unseen alarm');
  await page.close();
}

/** By Tab through every view: each stop is seen. Dialogs keep the keyboard and give it back. */
async function judgeKeys(browser) {
  const page = await browser.newPage({ width: 1280, height: 720 }, (text) => fault(text, 'keys'));
  const name = () => page.evaluate(() => {
    const e = document.activeElement;
    return `${e.tagName.toLowerCase()}${[...e.classList].filter((c) => !c.startsWith('svelte-')).map((c) => `.${c}`).join('')} "${(e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 30)}"`;
  });
  const seen = () => page.evaluate(() => {
    const e = document.activeElement;
    if (!e || e === document.body) return true;
    const drawn = (x) => {
      const s = getComputedStyle(x);
      return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1) || s.boxShadow !== 'none';
    };
    const framed = e.matches('input, textarea') && e.parentElement.matches(':focus-within');
    const box = e.getBoundingClientRect();
    return (drawn(e) || framed) && box.width > 0 && box.top >= -1 && box.left >= -1 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1;
  });
  for (const theme of THEMES) {
    await page.goto(`${browser.base}?fake=16&theme=${theme}`);
    await page.waitForSelector('[data-loaded=true] [data-tile]');
    for (const view of theme === 'dark' || full ? ['F1', 'F2', 'F4', 'F6', 'F7', 'F8'] : ['F1']) {
      await page.keyboard.press(view);
      await page.waitForTimeout(400);
      await page.evaluate(() => document.activeElement?.blur());
      const stops = new Set();
      for (let i = 0; i < 45; i += 1) {
        await page.keyboard.press('Tab');
        if (!(await seen())) fault(`keys: nobody sees that the keyboard is at ${await name()}`, `${view} ${theme}`);
        stops.add(await name());
      }
      if (stops.size < 10) fault(`keys: Tab comes to ${stops.size} things only`, view);
    }
  }
  await page.goto(`${browser.base}?fake=16`);
  await page.waitForSelector('[data-loaded=true] [data-tile]');
  for (const key of ['?', 'Control+,']) {
    await page.focus('[data-tile][tabindex="0"]');
    await page.keyboard.press(key);
    const modal = await page.waitForSelector('[role=dialog][data-modal]', { timeout: 3000 }).catch(() => null);
    if (!modal) {
      fault(`keys: ${key} opens nothing`, '');
      continue;
    }
    await page.waitForTimeout(150);
    for (let i = 0; i < 30; i += 1) {
      await page.keyboard.press(i < 25 ? 'Tab' : 'Shift+Tab');
      if (!(await page.evaluate(() => document.querySelector('[role=dialog][data-modal]')?.contains(document.activeElement)))) fault(`keys: the keyboard leaves the dialog for ${await name()}`, key);
      if (!(await seen())) fault(`keys: nobody sees that the keyboard is at ${await name()}`, key);
    }
    await page.keyboard.press('Escape');
    await page.waitForTimeout(300);
    if (!(await page.evaluate(() => document.activeElement?.matches('[data-tile]')))) fault(`keys: a closed dialog gives the keyboard to ${await name()}`, key);
  }
  await page.close();
}

/** What a screen reader is told without being asked. */
async function judgeSpeech(browser) {
  const page = await browser.newPage({ width: 1280, height: 720 }, (text) => fault(text, 'speech'));
  const hears = async (selector, when) => {
    const text = await page.waitForFunction((s) => document.querySelector(s)?.textContent.trim() || null, selector, { timeout: 4000 }).catch(() => null);
    if (!text) fault(`speech: nothing is said ${when}`, selector);
  };
  await page.goto(`${browser.base}?fake=16&lost=0`);
  await page.waitForSelector('[data-loaded=true] [data-tile]');
  if (await page.evaluate(() => document.querySelector('[data-urgent]')?.textContent.trim())) fault('speech: an alarm is told in a quiet room', '');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('s');
  await hears('[data-said][aria-live=polite]', 'when a still is taken');
  await page.goto(`${browser.base}?fake=16&critical=1`);
  await hears('[data-urgent][aria-live=assertive]', 'when a critical alarm stands');
  await page.close();
}

const browser = await openBrowser();
try {
  const walks = (what.some((each) => each === 'axe' || each === 'layout') ? ['vi', 'en'] : []).map(async (language) => {
    const home = full ? [1920, 1080, 1, 100] : [1280, 720, 1, 100];
    const page = await browser.newPage({ width: home[0], height: home[1] }, (text) => fault(text, language));
    const client = await page.context().newCDPSession(page);
    await page.addInitScript(axe_source);
    await walk(page, browser.base, `language=${language}`, async (name) => {
      if (only && !only.includes(name)) return;
      const at = Date.now();
      stops += 1;
      await page.waitForTimeout(100);
      const told = await page.evaluate(() => document.documentElement.lang);
      if (told !== language) fault(`the page says that it is in ${told}`, `${name} ${language}`);
      if (what.includes('axe')) await judgeAxe(page, `${name} ${language}`, language);
      if (what.includes('layout')) await judgeLayout(page, client, `${name} ${language}`, home, language === 'vi' ? SIZES : SIZES_EN);
      if (values.verbose) console.error(`${name} ${language} ${Date.now() - at} ms`);
    });
    await page.close();
  });
  const others = async () => {
    if (what.includes('motion')) await judgeMotion(browser);
    if (what.includes('axe')) await judgeSpeech(browser);
    if (what.includes('keys')) await judgeKeys(browser);
  };
  await Promise.all([...walks, others()]);
} finally {
  await browser.close();
}
for (const [text, where] of faults) console.log(`${text}\n    ${where.slice(0, 4).join('; ')}${where.length > 4 ? ` and ${where.length - 4} more` : ''}`);
console.log(`${stops} screens (${what.join(', ')}; ${SIZES.length} sizes, ${THEMES.length} themes, vi and en): ${faults.size} faults, ${Math.round((Date.now() - began) / 1000)} s`);
process.exitCode = faults.size > 0 ? 1 : 0;
