// Metrics as Prometheus reads them.

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Scrape {
  readonly samples: readonly Sample[];
  /** The sum of the samples of this name that have these labels; undefined when there are none. */
  value(name: string, labels?: Record<string, string>): number | undefined;
}

export async function scrape(url: string | undefined): Promise<Scrape> {
  if (url === undefined) throw new Error("metrics are not served");
  const response = await fetch(url);
  if (!response.ok) throw new Error(`metrics: ${response.status}`);
  const samples = samplesOf(await response.text());
  return {
    samples,
    value: (name, labels = {}) => {
      const found = samples.filter(
        sample => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
      );
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

/** @throws Error for a line that is none of the format. */
export function samplesOf(text: string): Sample[] {
  return text
    .split("\n")
    .filter(line => line !== "" && !line.startsWith("#"))
    .map(line => {
      const [, name, labels = "", value] = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`no sample: ${line}`);
      const pairs = [...labels.matchAll(/([a-z_]\w*)="((?:[^"\\]|\\.)*)"/gi)].map(([, key = "", of = ""]) => [key, of]);
      return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
    });
}
