import { InputError } from '../../../base/errors.js';
import { DEFAULT_INVENTORY, type GenerateInventoryOptions, inventoryGenerate, OWN_INVENTORY, ownHosts } from './generate.js';
import { askForHosts, etcdChoice, generateInteractively } from './interactive.js';

export interface GenerateRequest extends Partial<Omit<GenerateInventoryOptions, 'workers' | 'etcd'>> {
  /** The control planes' addresses. */
  readonly hosts?: string;
  /** Addresses, or a number. */
  readonly workers?: string;
  readonly etcd: string;
  readonly like?: 'book';
  readonly output?: string;
  readonly force: boolean;
  readonly interactive: boolean;
  /** Nothing was given, on a terminal. */
  readonly asks: boolean;
}

/** Flags that number hosts in a subnet, and mean nothing beside addresses. */
const NUMBERS = {
  masters: '--masters',
  subnet: '--subnet',
  masterStart: '--master-start',
  workerStart: '--worker-start',
} as const;

/** `inventory generate`. @returns exit code. @throws InputError */
export async function generate(request: GenerateRequest): Promise<number> {
  const { hosts, workers, like, interactive, asks, etcd, ...rest } = request;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const counted = workers === undefined || /^\d+$/.test(workers);
  if (hosts === undefined && !counted) {
    throw new InputError({
      what: 'No control plane is named',
      fix: `Name them first: kubewright inventory generate HOSTS --workers ${workers}`,
    });
  }
  const more = { etcd: etcdChoice(etcd), force: request.force, output: request.output };
  if (hosts === undefined) {
    const options = { ...DEFAULT_INVENTORY, ...given, ...more, ...(workers === undefined ? {} : { workers: Number(workers) }) };
    if (asks) return await askForHosts({ ...options, ...OWN_INVENTORY });
    return await (interactive ? generateInteractively(options) : inventoryGenerate(options));
  }
  const [stray] = Object.entries(NUMBERS).filter(([name]) => name in given);
  if (stray || (counted && workers !== undefined)) {
    throw new InputError({
      what: `${stray?.[1] ?? `--workers ${workers}`} cannot be combined with addresses`,
      fix: stray ? 'Omit it, or omit the addresses' : 'Give the addresses of the workers: --workers 10.0.1.10-12',
    });
  }
  const layout = like === 'book' ? {} : OWN_INVENTORY;
  const own = await ownHosts(hosts, workers);
  return await inventoryGenerate({ ...DEFAULT_INVENTORY, ...layout, ...given, ...more, own });
}
