// What does not fit into a field. A browser cuts it off without a word; here it is refused as a whole and said.

type TextField = HTMLInputElement | HTMLTextAreaElement;

export interface Overflow {
  field: TextField;
  /** So many characters the field takes. */
  limit: number;
  /** So many it would have. */
  length: number;
  /** It came at once (pasted, dropped): none of it goes in. Typed letters stop by themselves. */
  at_once: boolean;
}

const AT_ONCE = ['insertFromPaste', 'insertFromPasteAsQuotation', 'insertFromDrop', 'insertFromYank', 'insertReplacementText'];

/** What an input that is about to happen would do to a field that has a limit; null: it fits. */
export function overflowOf(event: InputEvent): Overflow | null {
  const field = event.target;
  const text = field instanceof HTMLTextAreaElement;
  if (!text && !(field instanceof HTMLInputElement)) return null;
  const limit = field.maxLength;
  if (limit < 0 || field.readOnly || !event.inputType.startsWith('insert')) return null;
  const given = event.data ?? event.dataTransfer?.getData('text/plain') ?? (event.inputType === 'insertLineBreak' && text ? '\n' : '');
  // As the field will hold it.
  const added = text ? given.replaceAll('\r\n', '\n') : given.replace(/[\r\n]+/g, '');
  if (added === '') return null;
  // A word that is being composed stands in the value already, as far as it has come.
  const composed = event.isComposing || event.inputType === 'insertCompositionText';
  const replaced = (field.selectionEnd ?? 0) - (field.selectionStart ?? 0);
  const length = composed ? field.value.length + (field.value.length >= limit ? 1 : 0) : field.value.length - replaced + added.length;
  return length > limit ? { field, limit, length, at_once: AT_ONCE.includes(event.inputType) } : null;
}
