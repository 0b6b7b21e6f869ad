/** What a note is: nothing to do and nothing lost, something lost, something to do, or both. */
export type NoteKind = 'information' | 'loss' | 'todo' | 'fix';

/** Collects what the operator has to know of an import, a client at a time. */
export class Notes {
  readonly #tenant: Note[] = [];
  readonly #clients = new Map<string, Note[]>();
  readonly #last: Note[] = [];

  /** Adds a note about the tenant or the export as a whole. */
  addGeneral(text: string, kind: NoteKind): void {
    this.#tenant.push({ text, kind });
  }

  /** @param label names the client */
  addForClient(label: string, sentence: string, kind: NoteKind): void {
    const notes = this.#clients.get(label) ?? [];
    this.#clients.set(label, [...notes, { text: `${label}: ${sentence}`, kind }]);
  }

  /** Adds what comes after everything else. */
  addLast(text: string, kind: NoteKind): void {
    this.#last.push({ text, kind });
  }

  /** What the operator has to do, in this order. */
  listToDo(): string[] {
    return [...this.#tenant, ...this.#ofClients, ...this.#last].filter(isToDo).map(({ text }) => text);
  }

  /** Everything else: clients first. */
  listInformation(): string[] {
    const all = [...this.#ofClients, ...this.#tenant, ...this.#last];
    return all.filter((note) => !isToDo(note)).map(({ text }) => text);
  }

  /** Whether something of the export was left out, replaced or changed in its meaning. */
  get hasLoss(): boolean {
    const all = [...this.#tenant, ...this.#ofClients, ...this.#last];
    return all.some(({ kind }) => kind === 'loss' || kind === 'fix');
  }

  get #ofClients(): Note[] {
    return [...this.#clients.values()].flat();
  }
}

interface Note {
  readonly text: string;
  readonly kind: NoteKind;
}

function isToDo({ kind }: Note): boolean {
  return kind === 'todo' || kind === 'fix';
}
