import type { Role } from '../role.js';
import { apiWatches } from './api-watches.js';

/** Workarounds for faults of single versions: each can be deleted with its play when those versions are no longer installed. */
export const QUIRKS: readonly Role[] = [apiWatches];
