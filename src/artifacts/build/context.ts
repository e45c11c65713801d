/** Progress of a build. */
export interface BuildProgress {
  readonly stage: string;
  readonly text: string;
  readonly done?: number;
  readonly of?: number;
  /** The stage is done. */
  readonly over?: boolean;
}

/** What every stage of a build gets. */
export interface BuildContext {
  /** The current stage, for people. */
  readonly stage: string;
  /** Holds chroots, sources and markers; removed at the end. */
  readonly workDir: string;
  readonly tmpDir: string;
  /** The bundle while it is made; becomes the bundle's directory in one rename. */
  readonly outDir: string;
  readonly logFile: string;
  /** Debian's name of the architecture. */
  readonly arch: string;
  readonly signal?: AbortSignal;
  progress(text: string, done?: number, of?: number): void;
  /** The stage is done; the text says what came of it. */
  over(text: string): void;
}
