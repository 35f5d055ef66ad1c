/** The answer of one check. The reason is for people; it is shown to whoever may reach the port, so it holds no detail of the cause. */
export interface Health {
  ok: boolean;
  reason: string;
}

/** Named checks, asked anew for each request. Answering at all shows that the event loop is alive. */
export type HealthChecks = Readonly<Record<string, () => Health | Promise<Health>>>;

export interface HealthReport {
  ok: boolean;
  results: readonly CheckResult[];
  /** One line of JSON a check: `{"check":…,"ok":…,"reason":…}`. */
  lines: string;
}

export interface CheckResult extends Health {
  check: string;
}

/**
 * Asks all checks at once. One that throws, or has not answered after `deadline` milliseconds, is not ok,
 * so that a probe is answered before the kubelet gives up on it.
 */
export async function runChecks(checks: HealthChecks, deadline: number): Promise<HealthReport> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([check, ask]) => ({ check, ...(await withDeadline(ask, deadline)) })),
  );
  return {
    ok: results.every((result) => result.ok),
    results,
    lines: results.map((result) => `${JSON.stringify(result)}\n`).join(''),
  };
}

async function withDeadline(ask: HealthChecks[string], deadline: number): Promise<Health> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Health>((resolve) => {
    timer = setTimeout(resolve, deadline, { ok: false, reason: `no answer within ${deadline} ms` });
  });
  try {
    return await Promise.race([ask(), late]);
  } catch {
    return { ok: false, reason: 'the check failed' };
  } finally {
    clearTimeout(timer);
  }
}
