// Pictures of the built page over a running station's WebSocket: `node shots/station.mjs URL_FILE DIR [SIZE]`. The
// station must be started with `--page-origin http://127.0.0.1:4173`. Says what the page painted and complained about.

import { mkdirSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { preview } from 'vite';

const [file, dir = 'shots/out', size = '1920x1080'] = process.argv.slice(2);
const [width, height] = size.split('x').map(Number);
const url = readFileSync(file, 'utf8').trim();
mkdirSync(dir, { recursive: true });

const server = await preview({ preview: { port: 4173, strictPort: true, host: '127.0.0.1' }, logLevel: 'error' });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const page = await browser.newPage({ viewport: { width, height } });
  page.on('pageerror', (error) => console.error('page error:', error.message));
  page.on('console', (m) => console.error(`console ${m.type()}:`, m.text()));
  await page.goto(`http://127.0.0.1:4173/?ws=${url}`);
  await page.waitForSelector('[data-loaded=true]', { timeout: 10_000 });
  await page.waitForTimeout(6000);
  const shot = (name) => page.screenshot({ path: `${dir}/station-${name}-${width}.png` });
  await shot('live');
  await page.waitForTimeout(2000);
  await shot('live-later');
  console.log(await page.locator('footer').innerText());
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(5000);
  await shot('large');
  await page.keyboard.press('s');
  await page.waitForTimeout(1500);
  await page.keyboard.press('b');
  await page.waitForSelector('form[aria-label]', { timeout: 3000 });
  await page.keyboard.type('Va chạm xe tải');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.waitForTimeout(200);
  await page.keyboard.type('Xe máy đi ngược chiều');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(800);
  await page.keyboard.press('Escape');
  await page.waitForTimeout(800);
  await shot('feed');
  await page.keyboard.press('F6');
  await page.waitForTimeout(800);
  await page.click('main ul button');
  await page.waitForTimeout(1500);
  await shot('still');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(150);
  await page.keyboard.press('F4');
  await page.waitForTimeout(2500);
  await page.dblclick('tr[data-camera=C002]');
  await page.click('.test button');
  await page.waitForSelector('[data-test]', { timeout: 30_000 });
  await shot('cameras');
} finally {
  await browser.close();
  await server.close();
}
