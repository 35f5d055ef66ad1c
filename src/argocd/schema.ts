/** Answers of Argo CD's REST API, as far as they are read. Source: argo-cd's assets/swagger.json. */
import { z } from 'zod';
import { localLocation } from '../go/location.ts';
import { type AppDetails, appDetailsValue, commitMetadataValue } from '../go/namespaces/repo-values.ts';
import type { GoStruct } from '../go/struct.ts';
import { GoTime } from '../go/time.ts';
import { parseRFC3339 } from '../go/time-parse.ts';
import type { JsonObject } from '../model.ts';
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

/** `v1alpha1.ApplicationTree`. */
const ResourceTree = z.object({
  nodes: list(
    z.object({
      group: text,
      kind: text,
      namespace: text,
      name: text,
      health: z.object({ status: text, message: text }).nullish(),
    }),
  ),
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

/** So many resources of a tree are kept; the worst ones. */
const mostUnhealthy = 100;
/** What is not healthy, in the order in which people look at it. */
const worst = ['Degraded', 'Missing', 'Unknown', 'Progressing', 'Suspended'];

/** Resources whose health is known and not `Healthy`, as `status.resources` would hold them, the worst first. */
export function readUnhealthyResources(answer: unknown): JsonObject[] | undefined {
  const parsed = ResourceTree.safeParse(answer);
  if (!parsed.success) return undefined;
  const rank = ({ health }: { health: { status: string } }): number => worst.indexOf(health.status);
  return parsed.data.nodes
    .flatMap(({ health, ...resource }) => (health ? [{ ...resource, health }] : []))
    .filter(({ health }) => worst.includes(health.status))
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, mostUnhealthy);
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
