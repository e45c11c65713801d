import type { Interfaces } from '@oclif/core';
import type { ConnectionOptions, VaultOptions } from '../app/connect/options.js';
import { connectionFlags, type inventoryFlags, type outputFlags, type playFlags, vaultFlags } from './flags.js';

type CamelCase<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<CamelCase<B>>}` : S;
/** Without oclif's index signature. */
type CamelCaseKeys<T> = { [K in keyof T as K extends string ? (string extends K ? never : CamelCase<K>) : never]: T[K] };

/** A command's flags as use cases take them. */
export type Options<F> = Omit<CamelCaseKeys<F>, 'inventory'> & {
  readonly inventory: readonly string[];
  readonly connection: ConnectionOptions;
  readonly vault: VaultOptions;
};

/**
 * Flags with camelCase names. Those that say how hosts are reached, and how secrets are opened, are also in objects of their
 * own, empty where the command has no such flags. Call it once per command: passwords are asked for once per `connection`.
 */
export function optionsOf<F extends object>(flags: F): Options<F> {
  const all: Record<string, unknown> = Object.fromEntries(Object.entries(flags).map(([name, value]) => [camelCase(name), value]));
  return {
    ...(all as Omit<CamelCaseKeys<F>, 'inventory'>),
    inventory: (all.inventory as string[] | undefined) ?? [],
    connection: pick<ConnectionOptions>(all, connectionFlags),
    vault: pick<VaultOptions>(all, vaultFlags),
  };
}

/** Options of what runs a playbook. */
export function playOptions(flags: PlayFlags) {
  const { json, plain, verbose, listHosts, listTasks, listTags, ...o } = optionsOf(flags);
  return {
    ...o,
    verbosity: verbose,
    view: viewOf({ json, plain }),
    list: { hosts: listHosts, tasks: listTasks, tags: listTags },
  };
}

/** Options of what changes a living cluster. */
export function operationOptions<F extends { json: boolean; plain: boolean; verbose: number }>(flags: F) {
  const { json, plain, verbose } = flags;
  return { ...optionsOf(flags), verbosity: verbose, view: viewOf({ json, plain }) };
}

export function viewOf(flags: { readonly json?: boolean; readonly plain: boolean }): 'json' | 'plain' | 'auto' {
  return flags.json ? 'json' : flags.plain ? 'plain' : 'auto';
}

type AllFlags = typeof inventoryFlags & typeof connectionFlags & typeof outputFlags & typeof playFlags;
type PlayFlags = Interfaces.InferredFlags<AllFlags>;

function pick<T>(all: Readonly<Record<string, unknown>>, flags: object): T {
  return Object.fromEntries(Object.keys(flags).map((name) => [camelCase(name), all[camelCase(name)]])) as T;
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
