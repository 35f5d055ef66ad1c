/** Answers of Argo CD's REST API, as far as they are read. Source: argo-cd's assets/swagger.json. */
import { z } from 'zod';
import { localLocation } from '../go/location.ts';
import { type AppDetails, appDetailsValue, commitMetadataValue } from '../go/namespaces/repo-values.ts';
import type { GoStruct } from '../go/struct.ts';
import { GoTime } from '../go/time.ts';
import { parseRFC3339 } from '../go/time-parse.ts';
import type { DetailsQuestion } from './questions.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);

/** `v1alpha1.RevisionMetadata`. */
const RevisionMetadata = z.object({ author: text, date: z.string(), tags: texts, message: text });

/** `repository.RepoAppDetailsResponse`. */
const RepoAppDetails = z.object({
  type: z.string(),
  helm: z
    .object({
      name: text,
      valueFiles: texts,
      parameters: list(z.object({ name: text, value: text })),
      values: text,
      fileParameters: list(z.object({ name: text, path: text })),
    })
    .nullish(),
  kustomize: z.object({ images: texts }).nullish(),
  directory: z.object({}).nullish(),
});

const Overrides = z.object({
  helm: z.object({ parameters: list(z.object({ name: text, value: text })) }),
});

/** undefined for what is no such answer. */
export function readCommitMetadata(answer: unknown): GoStruct | undefined {
  const parsed = RevisionMetadata.safeParse(answer);
  if (!parsed.success) return undefined;
  const { author, date, message } = parsed.data;
  const tags = parsed.data.tags.length === 0 ? undefined : parsed.data.tags;
  const parsedDate = parseRFC3339(date);
  if (!parsedDate.ok) return commitMetadataValue({ author, tags, message, date: undefined });
  // argo-cd decodes a Kubernetes time, which is in the zone of the process.
  const { seconds, nanosecond } = parsedDate.time;
  return commitMetadataValue({
    author,
    tags,
    message,
    date: new GoTime(seconds, nanosecond, localLocation()),
  });
}

/** undefined for what is no such answer. Parameters of the Application's source win over those of the chart. */
export function readAppDetails(answer: unknown, { source }: DetailsQuestion): GoStruct | undefined {
  const parsed = RepoAppDetails.safeParse(answer);
  if (!parsed.success) return undefined;
  const { type, helm, kustomize, directory } = parsed.data;
  const overrides = Overrides.safeParse(source);
  const details: AppDetails = {
    type,
    helm: helm ? { ...helm, overrides: overrides.success ? overrides.data.helm.parameters : [] } : undefined,
    kustomize: kustomize ?? undefined,
    directory: Boolean(directory),
  };
  return appDetailsValue(details);
}
