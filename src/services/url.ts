/** A path of an API below its URL; the URL's own query is kept. */
export function endpoint(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url.href;
}

/** Of several servers with commas between them, each as a URL; one without a protocol is one of `tcp`. */
export function serverUrls(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => (/^[a-z][a-z\d+.-]*:\/\//i.test(entry) ? entry : `tcp://${entry}`));
}
