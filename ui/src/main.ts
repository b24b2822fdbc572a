// The page's beginning.

import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { openBackend } from './lib/backend/open';
import { useLocale } from './lib/words/words.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('no #app');
useLocale(new URLSearchParams(location.search).get('language') ?? 'vi');
openBackend().then(
  (backend) => mount(App, { target, props: { backend } }),
  (thrown) => {
    // Only a developer sees this: the page was opened without a window program or a station.
    target.textContent = String(thrown);
  },
);
