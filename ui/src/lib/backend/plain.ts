// What is sent is text. Half of a pair of surrogates (a cut emoji from another program's clipboard) is no character, and no
// station could read it: it becomes the sign for what cannot be shown.

export function plain<T>(value: T): T {
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\ufffd') as T;
  if (Array.isArray(value)) return value.map(plain) as T;
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)])) as T;
  return value;
}
