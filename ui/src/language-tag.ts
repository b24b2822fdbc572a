// Imported before everything else: on a system whose language is "C" the browser gives that out as a language tag, which
// it is not, and a library that asks for numbers in the browser's language (uPlot does, while it is loaded) would take the
// whole page down. What the screens say has its own catalogue and does not ask the browser.

try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'vi', configurable: true });
}
