// What is wrong with the layout of a page as it stands: runs inside the page, so it may use nothing from outside.

/** Each fault as a line of words; the same fault at another size reads the same. */
export function layoutFaults() {
  const faults = new Set();
  const EDGE = 1.5;
  const view = { left: 0, top: 0, right: window.innerWidth, bottom: window.innerHeight };
  const root = document.documentElement;
  if (root.scrollWidth > view.right + EDGE || document.body.scrollWidth > view.right + EDGE) faults.add('the page is wider than its window');
  if (root.scrollHeight > view.bottom + EDGE || document.body.scrollHeight > view.bottom + EDGE) faults.add('the page is higher than its window');

  const rem = parseFloat(getComputedStyle(root).fontSize);
  const styles = new Map();
  const styleOf = (element) => {
    let style = styles.get(element);
    if (!style) styles.set(element, (style = getComputedStyle(element)));
    return style;
  };
  const name = (element) => {
    const of = (e) => `${e.tagName.toLowerCase()}${e.id && !/\d/.test(e.id) ? `#${e.id}` : ''}${[...e.classList].filter((c) => !c.startsWith('svelte-')).map((c) => `.${c}`).join('')}`;
    const parents = [];
    for (let e = element; e && e !== document.body && parents.length < 4; e = e.parentElement) parents.unshift(of(e));
    return parents.join('>');
  };
  const hidden = (element) => {
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      const style = styleOf(e);
      // clip-path hides what is only for screen readers.
      if (style.display === 'none' || style.visibility !== 'visible' || style.clipPath.startsWith('inset(50%') || style.opacity === '0') return true;
    }
    return false;
  };
  const scrolls = (value) => value === 'auto' || value === 'scroll';

  /** What is left of a rectangle inside its ancestors, and which of them cuts it without a way to reach the rest. */
  function clip(element, rect) {
    const left = { left: rect.left, top: rect.top, right: rect.right, bottom: rect.bottom };
    let cut = null;
    let dots = false;
    let scrolled = false;
    for (let e = element; e && e !== root; e = e.parentElement) {
      const style = styleOf(e);
      if (style.overflowX !== 'visible' || style.overflowY !== 'visible') {
        const box = e.getBoundingClientRect();
        if (scrolled) {
          // A list in a page that scrolls may be where that scrolls to, as a whole.
          if (scrolls(style.overflowX) || scrolls(style.overflowY)) for (const side of ['left', 'top']) left[side] = Math.max(left[side], box[side]);
          if (scrolls(style.overflowX) || scrolls(style.overflowY)) for (const side of ['right', 'bottom']) left[side] = Math.min(left[side], box[side]);
          continue;
        }
        if (style.textOverflow === 'ellipsis') dots = true;
        if (left.right > box.right + EDGE || left.left < box.left - EDGE) {
          if (!scrolls(style.overflowX) && !dots) cut ??= e;
          left.right = Math.min(left.right, box.right);
          left.left = Math.max(left.left, box.left);
        }
        if (left.bottom > box.bottom + EDGE || left.top < box.top - EDGE) {
          if (!scrolls(style.overflowY)) cut ??= e;
          left.bottom = Math.min(left.bottom, box.bottom);
          left.top = Math.max(left.top, box.top);
        }
        // Beyond a list that scrolls is where it scrolls to.
        scrolled = scrolls(style.overflowX) || scrolls(style.overflowY);
      }
      if (style.position === 'fixed') break;
    }
    return { left, cut, dots };
  }

  // A dialog has the page to itself.
  const modal = document.querySelector('[role=dialog][data-modal], [role=alertdialog]');
  const scope = modal ?? document.body;

  // ---- texts
  const texts = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    const text = node.data.trim();
    if (text === '' || !element || element.closest('script, style, canvas, option') || hidden(element)) continue;
    range.selectNodeContents(node);
    const rect = range.getBoundingClientRect();
    if (rect.width < 1 || rect.height < 1) continue;
    const { left, cut, dots } = clip(element, rect);
    // A name over two lines ends in dots too, which no style says.
    const clamped = styleOf(element).webkitLineClamp !== 'none' && cut === element;
    if (cut && !clamped) faults.add(`text is cut: "${text.slice(0, 40)}" in ${name(element)} by ${name(cut)}`);
    const pressed = element.closest('button, a[href], [role=tab], [role=option]');
    if (pressed && !cut) {
      const box = pressed.getBoundingClientRect();
      if (left.right > box.right + EDGE || left.left < box.left - EDGE) faults.add(`text stands out of what it is on: "${text.slice(0, 40)}" in ${name(element)}`);
    }
    const seen = left.right - left.left;
    // data-yields: something beside it says which it is.
    if (dots && seen < rect.width - EDGE && seen < 2.4 * rem && !element.closest('[data-yields]')) faults.add(`nothing is left of "${text.slice(0, 40)}" in ${name(element)}`);
    if (left.bottom > left.top && left.right > left.left && (left.right > view.right + EDGE || left.left < -EDGE || left.bottom > view.bottom + EDGE || left.top < -EDGE)) {
      faults.add(`text is outside the window: "${text.slice(0, 40)}" in ${name(element)}`);
    }
  }

  // ---- what can be pressed
  const PRESSABLE = 'button, a[href], input, select, textarea, [role=option], [role=tab], [role=treeitem], [role=menuitem], [role=radio], [role=slider], [tabindex="0"]';
  const shown = [];
  for (const element of scope.querySelectorAll(PRESSABLE)) {
    if (hidden(element)) continue;
    const rect = element.getBoundingClientRect();
    if (rect.width < 1 || rect.height < 1) continue;
    const { left, cut } = clip(element.parentElement, rect);
    if (cut && !(cut.contains(element) && styleOf(element).position === 'absolute')) faults.add(`${name(element)} is cut by ${name(cut)}`);
    const [w, h] = [left.right - left.left, left.bottom - left.top];
    if (w < 1 || h < 1) continue;
    if (left.right > view.right + EDGE || left.left < -EDGE || left.bottom > view.bottom + EDGE || left.top < -EDGE) faults.add(`${name(element)} is outside the window`);
    shown.push({ element, ...left });
  }
  /** What lies in a layer of its own (a menu, a list under a field) may lie over others. */
  const layer = (element) => {
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      const { position, zIndex } = styleOf(e);
      if ((position === 'fixed' || position === 'absolute') && Number(zIndex) >= 10) return e;
    }
    return null;
  };
  const layers = shown.map(({ element }) => layer(element));
  for (let i = 0; i < shown.length; i += 1) {
    for (let j = i + 1; j < shown.length; j += 1) {
      const [a, b] = [shown[i], shown[j]];
      if (layers[i] !== layers[j] || a.element.contains(b.element) || b.element.contains(a.element)) continue;
      const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (w > EDGE && h > EDGE) faults.add(`${name(a.element)} and ${name(b.element)} lie over each other`);
    }
  }
  return [...faults];
}
