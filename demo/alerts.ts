import { acknowledge } from '../src/cli/acknowledge.ts';
import { type AlertView, readAlerts } from '../src/cli/alert-view.ts';
import { destinationOf, heldText, reasonsOf } from '../src/cli/alert-words.ts';
import { processIo } from '../src/cli/process-io.ts';

/** An alert as the page shows it, and why it is told or not: Herald's own answer, as `herald alerts` has it. */
export interface ShownAlert {
  name: string;
  trigger: string;
  severity: string;
  state: AlertView['state'];
  /** Unix milliseconds. */
  since: number;
  /** What keeps people from hearing of it, now or again. */
  reasons: string[];
  /** Where it was told, and in which group. */
  told: string[];
  /** When time alone may change something, Unix milliseconds. */
  nextAt?: number;
}

/** Looks into the bridge's own store while it runs. */
export interface AlertReader {
  /** Undefined while there is nothing to read. */
  read(): Promise<ShownAlert[] | undefined>;
  /** Says that somebody is at the alerts of an Application. */
  acknowledge(application: string, by: string, comment: string): Promise<void>;
}

export function createAlertReader(queue: string): AlertReader {
  const io = { ...processIo(), stdout: () => undefined };

  async function views(): Promise<AlertView[]> {
    const ledger = await io.openLedger(queue);
    try {
      return await readAlerts(ledger, Date.now());
    } finally {
      await ledger.close();
    }
  }

  return {
    read: () =>
      views().then(
        // What is told once is in the channels.
        (all) => all.filter(({ isOnce }) => !isOnce).map(shownOf),
        () => undefined,
      ),
    async acknowledge(application, author, comment) {
      const ids = (await views())
        .filter(
          ({ alert, isOnce }) =>
            !isOnce && alert.application.name === application && alert.state !== 'resolved',
        )
        .map(({ alert }) => alert.key);
      await acknowledge({ queue, ids, author, comment }, io);
    },
  };
}

function shownOf(view: AlertView): ShownAlert {
  const { alert, state, notices, heldBy, nextAt } = view;
  const { application, trigger, severity, since } = alert;
  return {
    name: application.name,
    trigger,
    severity,
    state,
    since,
    reasons: [
      ...heldBy.map((held) => `held back by ${heldText(held)}`),
      ...reasonsOf({ ...view, heldBy: [] }),
    ],
    told: notices.flatMap(({ notice, told }) =>
      told ? [`${destinationOf(notice)}${notice.groupLabels ? ', in a group' : ''}`] : [],
    ),
    ...(nextAt === undefined ? {} : { nextAt }),
  };
}
