// What the audit's commands are in words. A command that this page does not know stands there as it is on the wire.

import { sentence } from './words.svelte';

/** What was done: "lập vụ việc". */
export function commandText(command: string): string {
  return sentence(`audit_${command.replace(/\W/g, '_')}`) ?? command;
}
