import { UNKNOWN_COMMIT, UNKNOWN_DETAILS } from '../go/namespaces/repo-values.ts';
import { ANY, objectOf, type Shape, type Shapes, shapeOf, TEXT } from '../go/shape.ts';
import { templateVars } from '../templates/schema.ts';
import { conditionVars } from '../triggers/schema.ts';
import { applicationShape } from './application-shape.ts';
import { sampleApplication as app } from './sample-application.ts';

const common = { app, appProject: {}, context: {}, secrets: {}, now: 0 };

/** The `context` of a configuration. */
type Context = Readonly<Record<string, string>>;

/** What conditions see. */
export function conditionShapes(context: Context = {}): Shapes {
  const { values } = conditionVars({
    ...common,
    changes: () => 0,
    operations: { note: () => undefined, startedAfter: () => true },
  });
  return shapesOf(values, context);
}

/** What templates see. */
export function templateShapes(context: Context = {}): Shapes {
  return shapesOf(templateVars({ ...common, serviceType: '', recipient: '' }).values, context);
}

function shapesOf(values: Readonly<Record<string, unknown>>, context: Context): Shapes {
  const shapes = new Map(Object.entries(values).map(([name, value]) => [name, shapeOf(value)]));
  shapes.set('app', applicationShape);
  shapes.set('appProject', ANY);
  shapes.set('context', { kind: 'map', element: TEXT, names: ['notificationType', ...Object.keys(context)] });
  shapes.set('repo', withAnswers(shapes.get('repo')));
  return shapes;
}

/** The functions are typed as answering anything. */
function withAnswers(repo: Shape | undefined): Shape {
  if (repo?.kind !== 'object') return ANY;
  return objectOf([
    ...repo.fields,
    ['GetCommitMetadata', { kind: 'function', result: shapeOf(UNKNOWN_COMMIT) }],
    ['GetAppDetails', { kind: 'function', result: shapeOf(UNKNOWN_DETAILS) }],
  ]);
}
