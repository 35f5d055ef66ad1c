/** Of several servers with commas between them, each as a URL; one without a protocol is one of `tcp`. */
export function serverUrls(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => (/^[a-z][a-z\d+.-]*:\/\//i.test(entry) ? entry : `tcp://${entry}`));
}
