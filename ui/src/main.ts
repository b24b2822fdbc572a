// The page's beginning.

import './language-tag';
import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { openBackend } from './lib/backend/open';
import { look } from './lib/look/look.svelte';
import { pinLocale } from './lib/words/words.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('no #app');
openBackend().then(
  async (backend) => {
    const info = await backend.windowInfo();
    look.begin(backend, info.look);
    const asked = new URLSearchParams(location.search).get('language') ?? info.lang;
    if (asked) pinLocale(asked);
    mount(App, { target, props: { backend } });
  },
  (thrown) => {
    // Only a developer sees this: the page was opened without a window program or a station.
    target.textContent = String(thrown);
  },
);
