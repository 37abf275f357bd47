// A histogram for prom-client's registry that is filled at the price of a few additions: what is observed with one label value has a cell, which is
// looked up once or by its name, and nothing is hashed or made.

export class Cell {
  /** Observations up to each bound and above the one before; the last is of those above all. */
  readonly counts: number[];
  sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let place = 0;
    while (place < this.bounds.length && value > (this.bounds[place] as number)) place++;
    this.counts[place] = (this.counts[place] as number) + 1;
    this.sum += value;
  }
}

export class Tally {
  readonly #label: string | null;
  readonly #bounds: readonly number[];
  readonly #cells = new Map<string, Cell>();

  /** @param label the one label; null for none, whose cell is `""`. @param bounds rising. */
  constructor(
    readonly name: string,
    readonly help: string,
    label: string | null,
    bounds: readonly number[],
  ) {
    this.#label = label;
    this.#bounds = bounds;
    if (label === null) this.cell("");
  }

  /** The values of the label must be few: they are kept for good. */
  cell(value: string): Cell {
    const known = this.#cells.get(value);
    if (known) return known;
    const made = new Cell(this.#bounds);
    this.#cells.set(value, made);
    return made;
  }

  /** What the registry asks for. */
  async get() {
    const values: { metricName: string; labels: Record<string, string | number>; value: number }[] = [];
    for (const [value, { counts, sum }] of this.#cells) {
      const labels = this.#label === null ? {} : { [this.#label]: value };
      let count = 0;
      counts.forEach((more, place) => {
        count += more;
        const le = this.#bounds[place] ?? "+Inf";
        values.push({ metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: count });
      });
      values.push({ metricName: `${this.name}_sum`, labels, value: sum });
      values.push({ metricName: `${this.name}_count`, labels, value: count });
    }
    return { name: this.name, help: this.help, type: "histogram", aggregator: "sum", values };
  }
}
