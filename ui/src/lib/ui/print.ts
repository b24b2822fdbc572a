// Prints one part of the page alone. Everything else is not on paper: the whole of the page's #app is left out there.

const NAME = 'paper-sheet';

/** A copy of the element goes to the printer; the page itself does not change. */
export function printAlone(element: Element): void {
  document.querySelector(`.${NAME}`)?.remove();
  const paper = document.createElement('div');
  paper.className = NAME;
  paper.append(element.cloneNode(true));
  document.body.append(paper);
  window.addEventListener('afterprint', () => paper.remove(), { once: true });
  window.print();
}
