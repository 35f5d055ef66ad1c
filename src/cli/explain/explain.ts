/**
 * `herald explain`: what is known of one Application or ApplicationSet, and the sentence why nothing is sent of it. It may import what
 * `cli/` may.
 */
import { formatted } from '../formatted.ts';
import { type CommandIo, exitCode } from '../io.ts';
import type { ExplainOptions } from '../options.ts';
import { openSource } from '../source.ts';
import { gather } from './gather.ts';
import { factsView, wideText } from './view.ts';

/** `herald explain`: 0 whatever it finds; 1 where there is no such Application, or it may not be read. */
export async function explainApplication(options: ExplainOptions, io: CommandIo): Promise<number> {
  const source = openSource(options.source, io);
  try {
    const facts = await gather(options, source, io);
    io.stdout(options.output === 'wide' ? wideText(facts) : formatted(factsView(facts), options.output));
    return facts.isRead ? exitCode.ok : exitCode.negative;
  } finally {
    await source.close();
  }
}
