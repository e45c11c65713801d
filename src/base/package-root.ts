import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: playbooks, inventories and data travel in it. */
export const PACKAGE_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
