/** What templates see of the time when an Application was last well, and what has changed since. */
import { imageParts, isWell, operationOf, runningImages, syncedRevisions } from '../application.ts';
import { timeFromMillis } from '../go/time.ts';
import type { JsonObject, WellState } from '../model.ts';

/** Something that readers want to know, by its name. */
interface Fact {
  name: string;
  value: string;
}

/** So many images are named. */
const mostImages = 10;
/** As a person would write it down. */
const layout = '2006-01-02 15:04 MST';

/** `.alert.lastWell`; empty where nobody has seen it well. */
export function lastWellValues(state: WellState | undefined): Record<string, unknown> {
  if (!state) return {};
  const { revisions, images, initiator, since, until } = state;
  return {
    revisions: [...revisions],
    images: [...images],
    initiator,
    since: timeFromMillis(since),
    until: until === undefined ? '' : timeFromMillis(until),
  };
}

/**
 * `.alert.facts`: until when the Application was well, what is deployed and what was before, who wrote it and who
 * deployed it; the last two where something has changed, or may have. `author`: of the commit, as Argo CD knows it,
 * or ''; it may have to be asked.
 */
export function factsOf(app: JsonObject, state: WellState | undefined, author: () => string): Fact[] {
  const revisions = shownRevisions(syncedRevisions(app));
  const before = shownRevisions(state?.revisions ?? []);
  const images = state ? changedImages(state.images, runningImages(app)) : [];
  const isChanged = before !== '' && before !== revisions;
  const lasting = state?.until !== undefined && !isWell(app) ? state.until : undefined;
  const isSame = state !== undefined && !isChanged && images.length === 0;
  const facts = [
    { name: 'Last well', value: lasting === undefined ? '' : timeFromMillis(lasting).format(layout) },
    { name: 'Revision', value: isChanged ? `${before} → ${revisions}` : revisions },
    ...images.slice(0, mostImages).map((value) => ({ name: 'Image', value })),
    { name: 'Images', value: images.length > mostImages ? `and ${images.length - mostImages} more` : '' },
    {
      name: 'Changed since',
      value: lasting !== undefined && isSame ? 'neither the deployed revision nor images' : '',
    },
    { name: 'Author', value: isSame || revisions === '' ? '' : nameOf(author()) },
    { name: 'Started by', value: isSame ? '' : operationOf(app).initiator },
  ];
  return facts.filter(({ value }) => value !== '');
}

function shownRevisions(revisions: readonly string[]): string {
  return revisions.map((revision) => revision.replace(/^([0-9a-f]{7})[0-9a-f]{33}$/, '$1')).join(', ');
}

/** `registry.example.com/api: 1.4 → 1.5`, by repository. */
function changedImages(before: readonly string[], now: readonly string[]): string[] {
  const gone = versions(before.filter((image) => !now.includes(image)));
  const come = versions(now.filter((image) => !before.includes(image)));
  return [...new Set([...gone.keys(), ...come.keys()])].map((repository) => {
    const [old, young] = [gone.get(repository), come.get(repository)];
    return `${repository}: ${old ?? 'none'} → ${young ?? 'none'}`;
  });
}

function versions(images: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const image of images) {
    const { repository, version: whole } = imageParts(image);
    const version = whole.replace(/(sha256:[0-9a-f]{12})[0-9a-f]+/, '$1');
    const other = found.get(repository);
    found.set(repository, other === undefined ? version : `${other}, ${version}`);
  }
  return found;
}

/** `Ana` of `Ana <ana@example.com>`, in which a service may take the address for a link. */
function nameOf(author: string): string {
  return author.replace(/\s*<[^>]*>\s*$/, '') || author;
}
