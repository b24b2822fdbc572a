// Gives a text made by the page to the person as a file, where they keep what they download.

/** The name must be one that every file system takes. */
export function saveFile(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replace(/[\\/:*?"<>|\u0000-\u001f]+/g, '-').slice(0, 120);
  document.body.append(link);
  link.click();
  link.remove();
  // The download has its own hold on it as soon as it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
