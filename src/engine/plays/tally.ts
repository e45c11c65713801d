import type { HostRecap } from '../events.js';

interface Row {
  ok: number;
  changed: number;
  failed: number;
  skipped: number;
  unreachable: boolean;
}

/** The result of every host, over all plays. `ok` counts tasks that changed nothing: each task is in one column. */
export class Tally {
  readonly #rows = new Map<string, Row>();
  readonly #reasons = new Map<string, string>();

  constructor(hosts: readonly string[]) {
    for (const host of hosts) this.#rows.set(host, { ok: 0, changed: 0, failed: 0, skipped: 0, unreachable: false });
  }

  add(host: string, counts: { ok: number; changed: number; failed: number; skipped: number }): void {
    const row = this.#rows.get(host);
    if (!row) return;
    row.ok += counts.ok;
    row.changed += counts.changed;
    row.failed += counts.failed;
    row.skipped += counts.skipped;
  }

  /** @returns false if that was already known. */
  markUnreachable(host: string): boolean {
    const row = this.#rows.get(host);
    if (!row || row.unreachable) return false;
    row.unreachable = true;
    return true;
  }

  /** Records why a host dropped out; the first reason stays. */
  blame(host: string, reason: string): void {
    if (!this.#reasons.has(host)) this.#reasons.set(host, reason);
  }

  /** `m11-k8s (failed in play "Run etcd": Start the etcd member)`. */
  whyOut(host: string): string {
    const row = this.#rows.get(host);
    const reason = this.#reasons.get(host) ?? (row?.unreachable ? 'unreachable' : 'failed');
    return `${host} (${reason})`;
  }

  /** Hosts that take no further part, and why: `failed in play "Run etcd": Start the etcd member`. */
  get droppedOut(): ReadonlyMap<string, string> {
    const out = [...this.#rows.keys()].filter((host) => this.isOut(host));
    return new Map(
      out.map((host) => [host, this.#reasons.get(host) ?? (this.#rows.get(host)?.unreachable ? 'became unreachable' : 'failed')]),
    );
  }

  /** Failed or unreachable: takes no part in later plays. */
  isOut(host: string): boolean {
    const row = this.#rows.get(host);
    return row !== undefined && (row.failed > 0 || row.unreachable);
  }

  allOut(): boolean {
    return [...this.#rows.keys()].every((host) => this.isOut(host));
  }

  recap(): HostRecap[] {
    return [...this.#rows].map(([host, row]) => ({ host, ...row }));
  }

  exitCode(): number {
    const rows = [...this.#rows.values()];
    if (rows.some((r) => r.failed > 0)) return 1;
    return rows.some((r) => r.unreachable) ? 3 : 0;
  }
}
