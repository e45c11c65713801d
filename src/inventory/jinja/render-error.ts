import { type ErrorParts, InputError } from '../../base/errors.js';

/** A text of a user's that cannot be rendered. */
export class RenderError extends InputError {
  /** What is wrong with the template itself, without the name of what holds it. */
  readonly reason: string;
  /** The name that is undefined; empty: something else is wrong. */
  readonly missing: string;
  /** What was probably meant by it. */
  readonly near: string | undefined;

  constructor(o: { readonly reason: string; readonly missing: string; readonly near?: string }, parts: ErrorParts) {
    super(parts);
    this.reason = o.reason;
    this.missing = o.missing;
    this.near = o.near;
  }
}
