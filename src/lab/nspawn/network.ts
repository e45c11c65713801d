import { readFile } from 'node:fs/promises';
import { InputError } from '../../base/errors.js';
import { exec, tryExec } from '../box/exec.js';
import type { LabPaths } from '../box/paths.js';
import { machinePaths } from '../box/paths.js';
import type { LabMachine } from '../provider.js';
import { type BoxNetwork, findCollision, findFreeSubnet, parseSubnet } from './plan.js';

/** @throws InputError if the box already uses the subnet. */
export async function checkSubnet(cidr: string, paths: LabPaths): Promise<void> {
  const box = await boxNetwork();
  const found = findCollision(cidr, box, paths.bridge);
  if (!found) return;
  const free = findFreeSubnet(box);
  throw new InputError({
    what: `The lab's subnet ${cidr} is in use on this box`,
    why: `It overlaps ${found}`,
    fix: free ? `Choose another: --subnet ${free} is free` : 'Choose another with --subnet',
  });
}

/** The addresses and routes of this box, of all interfaces and tables. */
export async function boxNetwork(): Promise<BoxNetwork> {
  type Link = { ifname: string; addr_info: { local: string; prefixlen: number }[] };
  const links = JSON.parse((await exec(['ip', '-json', '-4', 'address'])) || '[]') as Link[];
  const routes = JSON.parse((await exec(['ip', '-json', '-4', 'route', 'show', 'table', 'all'])) || '[]') as {
    dst: string;
    dev?: string;
  }[];
  return {
    addresses: links.flatMap((l) =>
      (l.addr_info ?? []).map((a) => ({ ifname: l.ifname, local: a.local, prefixlen: a.prefixlen })),
    ),
    routes,
  };
}

/** The bridge with the box's own address, and the machines' route to the outside. Repeating it changes nothing. */
export async function ensureBridge(cidr: string, paths: LabPaths): Promise<void> {
  const { gateway } = parseSubnet(cidr);
  if (!(await hasLink(paths.bridge))) await exec(['ip', 'link', 'add', paths.bridge, 'type', 'bridge']);
  await exec(['ip', 'address', 'replace', `${gateway}/24`, 'dev', paths.bridge]);
  await exec(['ip', 'link', 'set', paths.bridge, 'up']);
  for (const rule of rules(cidr, paths)) await ensureRule(rule);
}

interface Rule {
  readonly table: string;
  readonly chain: string;
  readonly match: readonly string[];
}

/** In order of creation: the lab's own chains first, then the jumps into them. */
function rules(cidr: string, paths: LabPaths): Rule[] {
  const { chain, bridge } = paths;
  return [
    { table: 'nat', chain, match: ['-s', cidr, '!', '-d', cidr, '-j', 'MASQUERADE'] },
    // A box with Docker or a firewall does not forward by default.
    { table: 'filter', chain, match: ['-i', bridge, '-j', 'ACCEPT'] },
    { table: 'filter', chain, match: ['-o', bridge, '-j', 'ACCEPT'] },
    { table: 'nat', chain: 'POSTROUTING', match: ['-j', chain] },
    { table: 'filter', chain: 'FORWARD', match: ['-j', chain] },
  ];
}

async function ensureRule({ table, chain, match }: Rule): Promise<void> {
  const iptables = ['iptables', '-w', '-t', table];
  if (chain.startsWith('KUBEWRIGHT-')) await tryExec([...iptables, '-N', chain]);
  const there = await tryExec([...iptables, '-C', chain, ...match]);
  if (there.code !== 0) await exec([...iptables, '-I', chain, ...match]);
}

/** A network namespace for the machine and a cable to the bridge. Survives reboots from inside the machine. */
export async function ensureCable(machine: LabMachine, cidr: string, paths: LabPaths): Promise<void> {
  const { netns, veth } = machinePaths(paths, machine.name);
  const { gateway } = parseSubnet(cidr);
  const inside = ['ip', '-netns', netns];
  const names = JSON.parse((await exec(['ip', '-json', 'netns', 'list'])) || '[]') as { name: string }[];
  if (!names.some((n) => n.name === netns)) await exec(['ip', 'netns', 'add', netns]);
  if (!(await hasLink(veth))) await exec(['ip', 'link', 'add', veth, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns]);
  await exec(['ip', 'link', 'set', veth, 'master', paths.bridge, 'up']);
  await exec([...inside, 'link', 'set', 'lo', 'up']);
  await exec([...inside, 'address', 'replace', `${machine.address}/24`, 'dev', 'eth0']);
  await exec([...inside, 'link', 'set', 'eth0', 'up']);
  await exec([...inside, 'route', 'replace', 'default', 'via', gateway]);
}

export async function removeCable(name: string, paths: LabPaths): Promise<void> {
  const { netns, veth } = machinePaths(paths, name);
  if (await hasLink(veth)) await tryExec(['ip', 'link', 'delete', veth]); // may already be gone with its peer's namespace
  const names = JSON.parse((await exec(['ip', '-json', 'netns', 'list'])) || '[]') as { name: string }[];
  if (names.some((n) => n.name === netns)) await exec(['ip', 'netns', 'delete', netns]);
}

export async function removeBridge(cidr: string, paths: LabPaths): Promise<void> {
  for (const { table, chain, match } of rules(cidr, paths).reverse())
    await tryExec(['iptables', '-w', '-t', table, '-D', chain, ...match]);
  for (const table of ['nat', 'filter']) await tryExec(['iptables', '-w', '-t', table, '-X', paths.chain]);
  if (await hasLink(paths.bridge)) await exec(['ip', 'link', 'delete', paths.bridge]);
}

/** Whether the box has another lab: then shared settings must stay. */
export async function otherLabs(paths: LabPaths): Promise<boolean> {
  const { stdout } = await tryExec(['iptables', '-w', '-t', 'nat', '-S']);
  return stdout.split('\n').some((line) => line.startsWith('-N KUBEWRIGHT-') && line !== `-N ${paths.chain}`);
}

async function hasLink(name: string): Promise<boolean> {
  return readFile(`/sys/class/net/${name}/ifindex`).then(
    () => true,
    () => false,
  );
}
