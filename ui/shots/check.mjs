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
const what = positionals.length > 0 ? positionals : ['axe', 'layout', 'motion'];
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

const faults = new Map();
function fault(text, where) {
  const known = faults.get(text);
  if (known) known.push(where);
  else faults.set(text, [where]);
}
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
async function judgeLayout(page, client, where, home) {
  const show = async ([width, height, scale, text]) => {
    await client.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: scale, mobile: false });
    await page.evaluate(async (text) => {
      document.documentElement.style.setProperty('--text-scale', String(text / 100));
      window.dispatchEvent(new Event('resize'));
      const frame = () => new Promise((go) => requestAnimationFrame(go));
      for (let i = 0; i < 4; i += 1) await frame();
    }, text);
  };
  for (const size of SIZES) {
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
      const moving = document.getAnimations().map((each) => `${each.constructor.name} ${each.effect?.target?.outerHTML?.slice(0, 80)}`);
      return [...changed, ...moving];
    });
  };
  for (const each of await changes('fake=16&lost=0')) fault(`motion ${each}`, 'a quiet room');
  const alarmed = await changes('fake=16&critical=1');
  if (!alarmed.includes('alarm')) fault('motion: an alarm that nobody has seen does not flash', 'critical');
  for (const each of alarmed) if (each !== 'alarm') fault(`motion ${each}`, 'an unseen alarm');
  await page.close();
}

const browser = await openBrowser();
try {
  const walks = ['vi', 'en'].map(async (language) => {
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
      if (what.includes('layout')) await judgeLayout(page, client, `${name} ${language}`, home);
      if (values.verbose) console.error(`${name} ${language} ${Date.now() - at} ms`);
    });
    await page.close();
  });
  await Promise.all(walks);
  if (what.includes('motion')) await judgeMotion(browser);
} finally {
  await browser.close();
}
for (const [text, where] of faults) console.log(`${text}\n    ${where.slice(0, 4).join('; ')}${where.length > 4 ? ` and ${where.length - 4} more` : ''}`);
console.log(`${stops} screens (${what.join(', ')}; ${SIZES.length} sizes, ${THEMES.length} themes, vi and en): ${faults.size} faults, ${Math.round((Date.now() - began) / 1000)} s`);
process.exitCode = faults.size > 0 || stops === 0 ? 1 : 0;
