import { randomUUID } from 'node:crypto';
import { silenceRow } from '../ledger/rows.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import type { SilenceImportOptions } from './options.ts';
import { readSilence } from './silence-form.ts';
import { doubtfulLabels } from './silence-matchers.ts';
import { problemOfTimes } from './silence-times.ts';
import { printable } from './table.ts';

/** `herald silence import`: prints the ids; what is bad is said, and keeps nothing else from being added. */
export async function importSilences(
  { queue, file, force }: SilenceImportOptions,
  io: CommandIo,
): Promise<number> {
  const entries = parse(file === '-' ? await io.readStdin() : await read(file, io), file);
  const ledger = await io.openLedger(queue);
  try {
    const now = io.now();
    let bad = 0;
    for (const [index, entry] of entries.entries()) {
      const found = readSilence(entry, now);
      const error =
        'error' in found ? found.error : problemOfTimes(found.silence.startsAt, found.silence.endsAt, now);
      if ('error' in found || error !== undefined) {
        bad += 1;
        io.stderr(printable(`silence ${index + 1} is not added: ${error}\n`));
        continue;
      }
      const id = force || found.id === '' ? randomUUID() : found.id;
      await ledger.put(silenceRow(id, found.silence));
      for (const warning of doubtfulLabels(found.matchers))
        io.stderr(printable(`silence ${index + 1}: ${warning}\n`));
      io.stdout(`${id}\n`);
    }
    if (bad > 0) io.stderr(`${bad} of ${entries.length} silences are not added.\n`);
    return bad > 0 ? exitCode.negative : exitCode.ok;
  } finally {
    await ledger.close();
  }
}

async function read(file: string, io: CommandIo): Promise<string> {
  try {
    return await io.readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'it cannot be read';
    throw new CommandFailure(`${file}: ${code}`, { cause: error });
  }
}

/** A list of silences, or one. */
function parse(text: string, file: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch (error) {
    const from = file === '-' ? 'standard input' : file;
    const fix = 'write it with herald silence list -o json, or amtool silence query -o json';
    throw new CommandFailure(`${from} is no JSON: ${fix}`, { cause: error });
  }
}
