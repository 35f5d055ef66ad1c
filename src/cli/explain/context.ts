import type { Config } from '../../config/config.ts';
import type { Application, JsonObject } from '../../model.ts';
import type { CommandIo, OpenLedger } from '../io.ts';
import type { ExplainOptions } from '../options.ts';
import type { LoadedConfig, Source } from '../source.ts';
import type { LedgerFacts } from './ledger-facts.ts';

/** A configuration that acts for the Application. */
export interface Acting {
  namespace: string;
  config: Config;
  loaded?: LoadedConfig;
}

/** What is at hand once the Application, its configurations and the store have been read. */
export interface Context {
  application: Application;
  project: JsonObject | undefined;
  acting: readonly Acting[];
  facts: LedgerFacts | undefined;
  ledger: OpenLedger | undefined;
  options: ExplainOptions;
  source: Source;
  io: CommandIo;
}
