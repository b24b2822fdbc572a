// The system's Chromium on the page with the station in memory: built for that into a folder of its own, because a dev
// server that reads hundreds of modules for each page is slow on a busy machine. Ended by `close`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

/** What keeps foreign pages in check may be off: the one page it sees is our own. */
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export async function openBrowser() {
  const outDir = mkdtempSync(join(tmpdir(), 'easien-page-'));
  // Only a page for development holds the station in memory.
  process.env.NODE_ENV = 'development';
  await build({ mode: 'development', logLevel: 'error', build: { outDir, emptyOutDir: true, minify: false } });
  const server = await preview({ mode: 'development', logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } });
  const base = server.resolvedUrls?.local[0];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });

  /** A page of this size. What it complains about goes to `complain`. */
  async function newPage({ width, height, scale = 1 }, complain) {
    const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: scale, reducedMotion: 'no-preference' });
    page.on('pageerror', (error) => complain(`page error: ${error.message}`));
    page.on('console', (m) => (m.type() === 'error' || m.type() === 'warning') && complain(`console: ${m.text()}`));
    return page;
  }

  return {
    base,
    newPage,
    async close() {
      await browser.close();
      await server.close();
      rmSync(outDir, { recursive: true, force: true });
    },
  };
}
