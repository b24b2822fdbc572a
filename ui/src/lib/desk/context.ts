// How components reach the desk and the room of their window.

import { createContext } from 'svelte';
import type { Desk } from './desk.svelte';

export const [useDesk, provideDesk] = createContext<Desk>();
