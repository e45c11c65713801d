export interface UpgradeEvent {
  readonly type: string;
  readonly at: number;
  readonly host?: string;
  readonly task?: string;
  readonly ms?: number;
}

export interface UpgradeShares {
  readonly wall: number;
  readonly needed: Readonly<Record<string, number>>;
  readonly hosts: number;
  readonly others: number;
  readonly own: number;
  readonly share: number;
}

export function upgradeShares(journals: readonly (readonly UpgradeEvent[])[], since?: number): UpgradeShares;
