/** What the manifest says of a flag. */
export interface FlagWords {
  readonly char?: string;
  readonly description?: string;
  readonly type: string;
  readonly multiple?: boolean;
  readonly options?: readonly string[];
  readonly hidden?: boolean;
}

export interface Candidate {
  readonly value: string;
  readonly text?: string;
}

/** Words that fit; `files` and `directories` leave it to the shell. */
export type Completion = readonly Candidate[] | 'files' | 'directories';

/** The flags and arguments that are there already. */
export interface Line {
  /** Arguments. */
  readonly args: readonly string[];
  /** Values by flag. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  /** The flag whose value comes next. */
  readonly waiting?: Flag;
}

export type Flag = FlagWords & { readonly name: string };
