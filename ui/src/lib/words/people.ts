// The words of roles.

import type { Role } from '../backend/backend';
import { m } from './words.svelte';

export const ROLES: readonly Role[] = ['operator', 'investigator', 'supervisor', 'administrator'];
const NAMES: Record<Role, () => string> = {
  operator: () => m.role_operator(),
  investigator: () => m.role_investigator(),
  supervisor: () => m.role_supervisor(),
  administrator: () => m.role_administrator(),
};

export function roleText(role: Role): string {
  return NAMES[role]();
}
