/** One sample of the text exposition format. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Reads what `/metrics` answers; undefined while Herald is down. */
export async function scrape(url: string): Promise<Sample[] | undefined> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) return undefined;
  return (await response.text()).split('\n').flatMap(parseSample);
}

export function parseSample(line: string): Sample[] {
  const match = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/is.exec(line);
  if (!match) return [];
  const [, name = '', labels = '', value] = match;
  const pairs = [...labels.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/gs)];
  return [
    {
      name,
      labels: Object.fromEntries(pairs.map(([, key = '', text = '']) => [key, unescaped(text)])),
      value: Number(value),
    },
  ];
}

/** The format escapes backslash, quote and line break, and no other character. */
function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_all, character: string) => (character === 'n' ? '\n' : character));
}

/** The figures an operator looks at first. */
export function summarise(samples: readonly Sample[]): {
  metrics: { name: string; value: string }[];
} {
  const named = (name: string) => samples.filter((sample) => sample.name === name);
  const sum = (name: string) => named(name).reduce((total, { value }) => total + value, 0);
  const sent = named('argocd_notifications_deliveries_total')
    .filter(({ labels }) => labels.succeeded === 'true')
    .reduce((total, { value }) => total + value, 0);
  const latencies = sum('herald_delivery_latency_seconds_count');
  return {
    metrics: [
      { name: 'Applications watched', value: String(named('herald_application_info').length) },
      { name: 'trigger evaluations', value: String(sum('argocd_notifications_trigger_eval_total')) },
      { name: 'messages sent', value: String(sent) },
      {
        name: 'mean latency, change to Slack',
        value:
          latencies > 0
            ? `${((sum('herald_delivery_latency_seconds_sum') / latencies) * 1000).toFixed(0)} ms`
            : '–',
      },
      { name: 'jobs in the queue', value: String(sum('herald_queue_jobs')) },
      { name: 'problems in the configuration', value: String(sum('herald_config_problems')) },
    ],
  };
}
