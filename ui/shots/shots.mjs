// Pictures of every screen from the station in memory, to be looked at: `npm run shots -- DIR [SIZE...]`.
// Starts its own dev server and the system's Chromium, and ends both.

import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const [dir = 'shots/out', ...wanted] = process.argv.slice(2);
const sizes = (wanted.length > 0 ? wanted : ['1280x720', '1920x1080']).map((s) => s.split('x').map(Number));
const languages = ['vi', 'en'];
mkdirSync(dir, { recursive: true });

const server = await createServer({ logLevel: 'error', server: { port: 0, hmr: false, watch: null } });
await server.listen();
const base = server.resolvedUrls?.local[0];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

try {
  for (const [width, height] of sizes) {
    for (const language of languages) {
      const page = await browser.newPage({ viewport: { width, height } });
      page.on('pageerror', (error) => console.error('page error:', error.message));
      page.on('console', (m) => (m.type() === 'error' || m.type() === 'warning') && console.error('console:', m.text()));
      const shot = async (name) => {
        await page.waitForTimeout(350);
        await page.screenshot({ path: `${dir}/${name}-${language}-${width}.png` });
      };
      await screens(page, language, shot);
      await page.close();
    }
  }
} finally {
  await browser.close();
  await server.close();
}

async function screens(page, language, shot) {
  const open = async (query) => {
    await page.goto(`${base}?${query}&language=${language}`);
    await page.waitForSelector('[data-loaded=true]');
    await page.waitForTimeout(1600);
  };
  await open('fake=0');
  await shot('first-run');
  await open('fake=16');
  await shot('live');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(700);
  await shot('large');
  await page.keyboard.press('Escape');
  await page.keyboard.press('s');
  await page.waitForTimeout(300);
  await page.keyboard.press('b');
  await page.waitForSelector('form[aria-label]');
  await page.keyboard.type('Va chạm xe tải – xe máy');
  await shot('bookmark');
  await page.keyboard.press('Enter');
  await page.keyboard.press('?');
  await shot('keys');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(150);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('truong');
  await shot('search');
  await page.keyboard.press('Escape');
  await page.keyboard.press('F6');
  await shot('stills');
  await page.click('main ul button');
  await shot('still');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(100);
  await page.keyboard.press('F4');
  await shot('cameras');
  await page.dblclick('tr[data-camera=C003]');
  await page.click('.test button');
  await page.waitForTimeout(1500);
  await shot('camera-form');
  await page.click('header .tools button:last-child');
  await shot('settings');
  await open('fake=16&lost=0');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('r');
  await page.waitForSelector('[data-phase=archive]');
  await page.keyboard.press('/');
  for (const code of ['C003', 'C005', 'C008']) await page.click(`[role=treeitem][data-camera=${code}]`);
  await shot('review-cameras');
  await page.mouse.click(800, 200);
  await page.keyboard.press('Escape');
  const goTo = async (text) => {
    await page.keyboard.press('g');
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await page.waitForTimeout(400);
  };
  await goTo('-6m');
  await page.keyboard.press('i');
  await goTo('+2m40s');
  await page.keyboard.press('o');
  await goTo('-50');
  await page.keyboard.press(' ');
  await page.waitForTimeout(900);
  await shot('review');
  await page.keyboard.press('k');
  await page.keyboard.press('c');
  await shot('calendar');
  await page.keyboard.press('Escape');
  await open('fake=16');
  await page.click('[data-alarm-shown]');
  await shot('alarms');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(150);
  await page.keyboard.press('F7');
  await page.waitForTimeout(900);
  await shot('bookmarks');
  const act = async (n) => {
    await page.click(`tr[data-bookmark] .acts button:nth-child(${n})`);
    await page.waitForTimeout(700);
  };
  await act(2);
  await shot('bookmark-dialog');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(150);
  await act(3);
  await shot('hold');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(150);
  await act(4);
  await shot('copy');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(150);
  await page.click('[data-tab=holds]');
  await shot('holds');
  await page.keyboard.press('F4');
  await page.dblclick('tr[data-camera=C002]');
  await page.click('[data-tab=record]');
  await page.click('.presets button:nth-child(2)');
  await shot('camera-record');
  await page.click('[data-tab=next]');
  await shot('camera-next');
  await page.keyboard.press('F8');
  await page.waitForTimeout(900);
  await shot('storage');
  await open('fake=16&critical=1');
  await shot('critical');
  await open('fake=240');
  await page.keyboard.press('Alt+7');
  await page.waitForTimeout(1500);
  await shot('grid-64');
}
