import { UNKNOWN_COMMIT, UNKNOWN_DETAILS } from '../go/namespaces/repo-values.ts';
import { ANY, listOf, objectOf, type Shape, type Shapes, shapeOf, TEXT } from '../go/shape.ts';
import { severities } from '../severities.ts';
import { ends, noticeValues, reasons, templateVars } from '../templates/schema.ts';
import { conditionVars } from '../triggers/schema.ts';
import { applicationSetShape } from './application-set-shape.ts';
import { applicationShape } from './application-shape.ts';
import { sampleApplication as app } from './sample-application.ts';
import { sampleNotice } from './sample-notice.ts';
import { sampleProject } from './sample-project.ts';

const common = { app, appProject: sampleProject, context: {}, secrets: {}, now: 0 };

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
  const { values } = templateVars({ ...common, serviceType: '', recipient: '' });
  return new Map([...shapesOf(values, context), ...noticeShapes()]);
}

function noticeShapes(): [string, Shape][] {
  const values = noticeValues(sampleNotice(app, 0, [], new Map(), true), 0);
  const found = shapeOf(values.alert);
  const texts: Shape = { kind: 'map', element: TEXT };
  const reason: Shape = { kind: 'text', words: reasons };
  const alert = objectOf([
    ...(found.kind === 'object' ? found.fields : []),
    ['app', applicationShape],
    ['applicationset', applicationSetShape],
    ['reason', reason],
    ['state', { kind: 'text', words: ['firing', 'resolved'] }],
    ['severity', { kind: 'text', words: severities, open: true }],
    ['why', { kind: 'text', words: Object.keys(ends) }],
    ['labels', texts],
  ]);
  return [
    ['alert', alert],
    ['alerts', listOf(alert)],
    ['firing', listOf(alert)],
    ['resolved', listOf(alert)],
    ['counts', shapeOf(values.counts)],
    ['truncated', shapeOf(values.truncated)],
    ['reason', reason],
    ['groupLabels', texts],
  ];
}

function shapesOf(values: Readonly<Record<string, unknown>>, context: Context): Shapes {
  const shapes = new Map(Object.entries(values).map(([name, value]) => [name, shapeOf(value)]));
  shapes.set('app', applicationShape);
  shapes.set('applicationset', applicationSetShape);
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
