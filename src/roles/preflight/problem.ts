import type { ErrorParts } from '../../base/errors.js';

/** A problem with the name under which `kubewright_preflight_ignore` silences it. */
export interface Problem extends ErrorParts {
  readonly check: string;
}
