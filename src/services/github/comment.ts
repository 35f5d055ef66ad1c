import { at, textAt } from '../../json.ts';
import type { JsonObject } from '../../model.ts';
import { type Calls, idOf } from './calls.ts';
import { escapedPath } from './commits.ts';
import { BadSection, cut, type Done, type Earlier, isSince, type Part, sinceText } from './part.ts';

/** Characters of a comment that GitHub takes. */
const longestComment = 65_536;
const longestTag = 1_000;

/** A comment on each pull request that the commit belongs to; with a tag, there is one of a tag, which is kept up to date. */
export function pullRequestComment(section: JsonObject, appID: number): Part {
  const content = textAt(section, 'content');
  if (content.trim() === '') throw new BadSection('pullRequestComment has no content');
  const mark = markOf(textAt(section, 'commentTag'));
  const body =
    mark === '' ? cut(content, longestComment) : `${cut(content, longestComment - mark.length - 1)}\n${mark}`;

  async function onPullRequest(number: number, calls: Calls, earlier: Earlier | undefined): Promise<Done> {
    const path = `issues/${number}/comments`;
    if (mark !== '') {
      const isOwn = (comment: JsonObject) =>
        textAt(comment, 'body').includes(mark) && isByApp(comment, appID);
      const comments = await calls.list(path, { isEnough: (found) => found.some(isOwn) });
      if (!comments.ok) return comments;
      const id = idOf(comments.value.find(isOwn));
      if (id !== undefined) {
        const edited = await calls.write('PATCH', `issues/comments/${id}`, { body });
        return edited.ok ? { ok: true, how: 'same' } : edited;
      }
    } else if (earlier !== undefined) {
      const isOwn = (comment: JsonObject) =>
        alike(textAt(comment, 'body')) === alike(body) && isSince(textAt(comment, 'created_at'), earlier);
      const query = { since: sinceText(earlier), per_page: '100' };
      const comments = await calls.list(path, { query, isEnough: (found) => found.some(isOwn) });
      if (!comments.ok) return comments;
      if (comments.value.some(isOwn)) return { ok: true, how: 'found' };
    }
    const written = await calls.write('POST', path, { body });
    return written.ok ? { ok: true, how: 'written' } : written;
  }

  return {
    noun: 'comment on pull requests',
    permission: 'Pull requests: Read and write',
    async perform({ revision }, calls, earlier) {
      const pulls = await calls.list(`commits/${escapedPath(revision)}/pulls`);
      if (!pulls.ok) return pulls;
      let how: Extract<Done, { ok: true }>['how'] = 'found';
      const numbers = pulls.value.flatMap((pull) => idOf(pull, 'number') ?? []);
      for (const number of numbers) {
        const done = await onPullRequest(number, calls, earlier);
        if (!done.ok) return done;
        if (done.how === 'written' || how === 'found') how = done.how;
      }
      return { ok: true, how: numbers.length === 0 ? 'same' : how };
    },
  };
}

/** Invisible, and the same as argocd-notifications': its comments are found. A tag cannot end the mark. */
function markOf(tag: string): string {
  const plain = tag
    .replaceAll(/--+|[<>]/g, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, longestTag)
    .toWellFormed();
  return plain === '' ? '' : `<!-- argocd-notifications ${plain} -->`;
}

/** Whoever quotes the mark has not written the comment that it is in. */
function isByApp(comment: JsonObject, appID: number): boolean {
  const app = at(comment, 'performed_via_github_app', 'id');
  if (typeof app === 'number') return app === appID;
  return textAt(comment, 'user', 'type') !== 'User';
}

/** As GitHub gives a text back. */
function alike(text: string): string {
  return text.replaceAll('\r\n', '\n').trim();
}
