/** What one check has found; `mend` where something is to be done. */
export interface Finding {
  check: string;
  status: 'ok' | 'warning' | 'failed' | 'skipped';
  what: string;
  mend?: string;
}
