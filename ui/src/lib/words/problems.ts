// Problems and reasons as sentences for a person: what happened and what to do.

import { asFailure, type LossReason, type Problem } from '../backend/backend';
import { faultText } from './details';
import { m, sentence } from './words.svelte';

/** An unknown key still says what kind of failure it is, and the technical detail. */
export function problemText(problem: Problem): string {
  const known = sentence(problem.key, problem.params);
  if (known !== null) return known;
  const kind = sentence(`code_${snake(problem.code)}`) ?? m.code_internal();
  return problem.detail ? m.problem_other_detail({ kind, detail: faultText(problem.detail) }) : m.problem_other({ kind });
}

export function failureText(thrown: unknown): string {
  return problemText(asFailure(thrown).problem);
}

/** In a tile: short. */
export function lossText(reason: LossReason | null): string {
  return (reason && sentence(`loss_${reason}`)) || m.loss_unknown();
}

/** What a person can do about it. */
export function lossAdvice(reason: LossReason | null): string {
  return (reason && sentence(`loss_${reason}_advice`)) || m.loss_unknown_advice();
}

function snake(name: string): string {
  return name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
}
