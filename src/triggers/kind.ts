/** What a trigger is about: the object that its conditions read. */
import type { Decoder } from '../go/decode.ts';
import type { YamlPath } from '../go/yaml.ts';
import type { OtherKind } from '../model.ts';
import type { Program } from './expr/compile.ts';

/** The variables that conditions and templates see of what they are about. */
const application = 'app';
const applicationSet = 'applicationset';

/** An expression with its place in the key. */
export interface Placed {
  path: YamlPath;
  program: Program;
}

/**
 * The kind of what the expressions of a trigger read; undefined: Applications, also where they read nothing. A trigger is
 * about one kind: where they read both, that is an error of the first that reads Applications.
 */
export function kindOfTrigger(decoder: Decoder, expressions: readonly Placed[]): OtherKind | undefined {
  const reading = (name: string) => expressions.find(({ program }) => program.names.has(name));
  if (reading(applicationSet) === undefined) return undefined;
  const mixed = reading(application);
  if (mixed)
    decoder.report(
      mixed.path,
      'error',
      `it reads ${application}, but the trigger also reads ${applicationSet}: a trigger is evaluated for Applications or for ApplicationSets`,
      `Read ${applicationSet} alone, whose Applications are in ${applicationSet}.status.resources; or make two triggers of it.`,
    );
  return 'ApplicationSet';
}
