import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's directory; it contains playbooks, inventories and data. */
export const PACKAGE_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
