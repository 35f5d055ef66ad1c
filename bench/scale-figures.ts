/** What bench/scale.ts measures, as bench/scale.json keeps it by store. */
export interface ScaleFigures {
  sizes: Record<number, SizeFigures>;
  load?: LoadFigures;
}

/** Times are milliseconds, of the processor where they end in `Cpu`; memory is MiB. */
export interface SizeFigures {
  toFirstMessage: number;
  untilReady: number;
  startCpu: number;
  /** During the start. */
  mostResident: number;
  /** When it is idle after it. */
  resident: number;
  /** To the API server until then. */
  requests: number;
  storeBytes: number;
  scrapeMs: number;
  scrapeCpu: number;
  scrapeBytes: number;
  /** Of a change of which nobody is told. */
  unchangedCpu: number;
  /** Of one that is told. */
  toldCpu: number;
}

export interface LoadFigures extends MostFigures {
  applications: number;
  seconds: number;
  /** Changes a second that were made. */
  pace: number;
  told: number;
  lost: number;
  doubled: number;
  /** From the change to the message. */
  p50: number;
  p99: number;
  /** From the last change to the last message. */
  drained: number;
  /** Of all of it. */
  cpu: number;
  /** Bytes of the watch that waited in the API server, at most. */
  mostUnread: number;
}

/** The worst of what was seen during a load. */
export interface MostFigures {
  mostResident: number;
  /** Milliseconds that `/readyz` took. */
  readyz: number;
  /** Answers of `/readyz` that were none, or not 200. */
  notReady: number;
  /** Scrapes that were not answered. */
  notScraped: number;
  /** Milliseconds that a scrape took. */
  scrape: number;
  /** Milliseconds that the event loop stood still, as `nodejs_eventloop_lag_max_seconds` tells. */
  stall: number;
  /** By name, without labels summed: of what tells of a backlog. */
  metrics: Record<string, number>;
}
