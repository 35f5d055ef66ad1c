import { CommandFailure, type CommandIo } from './io.ts';
import type { CommandLine } from './options.ts';
import { printable } from './table.ts';

export type AdminCommand = Exclude<CommandLine, { command: 'run' }>;

/** Runs a command other than `run` and answers the exit code. Rejects only for what is a bug. */
export async function runCommand(line: AdminCommand, io: CommandIo): Promise<number> {
  try {
    return await dispatch(line, io);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    io.stderr(printable(`herald ${line.command}: ${error.message}\n`));
    return error.exit;
  }
}

/** Modules are loaded by the command that needs them, so that help and small commands start at once. */
async function dispatch(line: AdminCommand, io: CommandIo): Promise<number> {
  switch (line.command) {
    case 'config check':
      return (await import('./config-check.ts')).check(line.options, io);
    case 'deliveries':
      return (await import('./deliveries.ts')).showDeliveries(line.options, io);
    case 'deliveries retry':
      return (await import('./deliveries.ts')).retryDeliveries(line.options, io);
    case 'deliveries discard':
      return (await import('./deliveries.ts')).discardDeliveries(line.options, io);
    case 'explain':
      return (await import('./explain/explain.ts')).explainApplication(line.options, io);
    case 'doctor':
      return (await import('./doctor/doctor.ts')).examine(line.options, io);
    case 'routes':
      return (await import('./routes.ts')).showRoutes(line.options, io);
    case 'version':
    case 'completion':
      return (await import('./offline.ts')).runOffline(line, io);
    case 'record':
      return (await import('./record.ts')).record(line.options, io);
    case 'replay':
      return (await import('./replay.ts')).replayCommand(line.options, io);
    case 'alerts':
      return (await import('./alerts.ts')).showAlerts(line.options, io);
    case 'alerts show':
      return (await import('./alert-show.ts')).showAlert(line.options, io);
    case 'alerts ack':
      return (await import('./acknowledge.ts')).acknowledge(line.options, io);
    case 'alerts unack':
      return (await import('./acknowledge.ts')).withdraw(line.options, io);
    case 'silence list':
      return (await import('./silence-list.ts')).listSilences(line.options, io);
    case 'silence show':
      return (await import('./silence-show.ts')).showSilences(line.options, io);
    case 'silence add':
      return (await import('./silence-add.ts')).addSilence(line.options, io);
    case 'silence expire':
      return (await import('./silence-change.ts')).expireSilences(line.options, io);
    case 'silence update':
      return (await import('./silence-change.ts')).updateSilences(line.options, io);
    case 'silence import':
      return (await import('./silence-import.ts')).importSilences(line.options, io);
    case 'trigger get':
      return (await import('./trigger-get.ts')).getTriggers(line.options, io);
    case 'trigger run':
      return (await import('./trigger-run.ts')).runTrigger(line.options, io);
    case 'template get':
      return (await import('./template-get.ts')).getTemplates(line.options, io);
    case 'template render':
      return (await import('./template-render.ts')).renderTemplates(line.options, io);
    case 'template notify':
      return (await import('./template-notify.ts')).notify(line.options, io);
  }
}
