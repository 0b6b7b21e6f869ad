/** Values by their labels. Each label is a step in a tree of maps, so that counting an event builds no key. */
export class Series<Value> {
  readonly names: readonly string[];
  readonly #create: () => Value;
  readonly #root: Branch<Value> = { children: new Map(), value: undefined };

  /**
   * @param names the label names, in the order of the values that `find` takes
   * @param create makes the value of labels that were not there before
   */
  constructor(names: readonly string[], create: () => Value) {
    this.names = names;
    this.#create = create;
  }

  find(...labels: readonly string[]): Value {
    let branch = this.#root;
    for (const label of labels) {
      const next: Branch<Value> = branch.children.get(label) ?? { children: new Map(), value: undefined };
      branch.children.set(label, next);
      branch = next;
    }
    branch.value ??= this.#create();
    return branch.value;
  }

  /** Every value with its labels by name. */
  entries(): { readonly labels: Readonly<Record<string, string>>; readonly value: Value }[] {
    const walk = ({ children, value }: Branch<Value>, labels: readonly string[]): ReturnType<typeof this.entries> => {
      const below = [...children].flatMap(([label, child]) => walk(child, [...labels, label]));
      if (value === undefined) return below;
      return [
        { labels: Object.fromEntries(labels.map((label, index) => [this.names[index], label])), value },
        ...below,
      ];
    };
    return walk(this.#root, []);
  }
}

interface Branch<Value> {
  readonly children: Map<string, Branch<Value>>;
  value: Value | undefined;
}

/** A number that only grows. */
export class Count {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** Durations, counted by upper bounds. */
export class Durations {
  /** Seconds. */
  static readonly BOUNDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  /** How many were within each bound and above the one before; the last count is of those above all bounds. */
  readonly counts: number[] = new Array(Durations.BOUNDS.length + 1).fill(0);
  /** Seconds of all of them. */
  sum = 0;

  add(seconds: number): void {
    let index = 0;
    while (index < Durations.BOUNDS.length && seconds > (Durations.BOUNDS[index] as number)) index++;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += seconds;
  }
}
