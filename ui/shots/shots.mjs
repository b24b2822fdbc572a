// Pictures of every screen from the station in memory, to be looked at:
// `npm run shots -- DIR [--size WxH]... [--theme dark|day|contrast]... [--lang vi|en]... [--text PERCENT] [--scale N] [--only NAME,NAME] [--jpeg]`.
// Starts its own dev server and the system's Chromium, and ends both.

import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openBrowser } from './browser.mjs';
import { walk } from './screens.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', multiple: true, default: ['1280x720', '1920x1080'] },
    theme: { type: 'string', multiple: true, default: ['dark'] },
    lang: { type: 'string', multiple: true, default: ['vi', 'en'] },
    text: { type: 'string', default: '100' },
    scale: { type: 'string', default: '1' },
    only: { type: 'string' },
    jpeg: { type: 'boolean', default: false },
  },
});
const dir = positionals[0] ?? 'shots/out';
const only = values.only?.split(',');
mkdirSync(dir, { recursive: true });

const browser = await openBrowser();
try {
  for (const size of values.size) {
    const [width, height] = size.split('x').map(Number);
    for (const theme of values.theme) {
      for (const language of values.lang) {
        const page = await browser.newPage({ width, height, scale: Number(values.scale) }, (text) => console.error(text));
        const wanted = new Set(only);
        const enough = new Error('every wanted picture is there');
        await walk(page, browser.base, `language=${language}&theme=${theme}&text=${values.text}`, async (name) => {
          if (only && !only.includes(name)) return;
          await page.waitForTimeout(250);
          const path = `${dir}/${name}-${theme}-${language}-${width}`;
          await page.screenshot(values.jpeg ? { path: `${path}.jpg`, type: 'jpeg', quality: 78 } : { path: `${path}.png` });
          wanted.delete(name);
          if (only && wanted.size === 0) throw enough;
        }).catch((thrown) => {
          if (thrown !== enough) throw thrown;
        });
        await page.close();
      }
    }
  }
} finally {
  await browser.close();
}
