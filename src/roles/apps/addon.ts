import { stringify } from 'yaml';
import { InputError } from '../../base/errors.js';
import { type Shell, sh } from '../../shell/shell.js';
import { command, waitFor } from '../../tasks/command.js';
import { kubectl } from '../../tasks/manifest.js';
import { patiently } from '../../tasks/patiently.js';
import type { Task } from '../../tasks/task.js';
import type { Role, RoleContext } from '../role.js';
import { imageRef } from '../runtime/images.js';
import { podsHopeless, podsWhy } from '../why.js';

/** An object of Kubernetes, as its manifest has it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Something on top of a cluster, in kube-system, that a setting turns on and off. */
export interface Addon {
  /** Under `addons` in `data/releases.yaml`; of its role, its Deployment, its image, and in the `k8s-app` label of its pods. */
  readonly name: string;
  /** No bundle has its image: `bundle build` cannot build it. */
  readonly neverBundled?: true;
  /** In the order in which they are made; they are removed in the opposite one. */
  objects(ctx: RoleContext, image: string): readonly KubeObject[];
  /** That it does its work: exit 0, or a line that says what is missing. `k` is kubectl. */
  works(k: Shell, ctx: RoleContext): Shell;
}

/** On every object that Kubewright made: what has it is removed with its add-on, what lacks it is never touched. */
const OURS = 'kubewright/addon';

/** Installs the add-on where its setting is true and waits until it works; else removes what an earlier run installed. */
export function addonRole(addon: Addon): Role {
  return {
    name: addon.name,
    tasks(ctx) {
      if (ctx.host !== ctx.cluster.controlPlane[0]) return [];
      const settings: Readonly<Record<string, unknown>> = ctx.cluster.settings;
      return settings[factsOf(addon, ctx).setting] === true ? [apply(addon, ctx), working(addon, ctx)] : [gone(addon, ctx)];
    },
  };
}

function factsOf(addon: Addon, ctx: RoleContext) {
  const facts = ctx.cluster.versions.addons[addon.name];
  if (!facts) throw new RangeError(`${addon.name} is not in the catalogue`);
  return facts;
}

function apply(addon: Addon, ctx: RoleContext): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  const objects = addon.objects(ctx, imageOf(addon, ctx)).map((o) => labelled(o, addon.name));
  const content = objects.map((o) => stringify(o, { aliasDuplicateObjects: false })).join('---\n');
  const emit = sh`printf '%s' ${content}`;
  const found = `jsonpath={range .items[*]}{.metadata.labels['${OURS}']}{"\\t"}{.kind}{" "}{.metadata.name}{"\\n"}{end}`;
  const others = 'NF && $1 != name { printf "%s%s", sep, $2; sep = ", " }';
  return command({
    id: `${addon.name}/apply`,
    title: `Apply ${addon.name}`,
    check: sh`${emit} | ${k} diff -f - >/dev/null`,
    apply: sh`
      objects=${content}
      found=$(printf '%s' "$objects" | ${k} get --ignore-not-found -f - -o ${found})
      foreign=$(printf '%s' "$found" | awk -F '\t' -v name=${addon.name} ${others})
      [ -z "$foreign" ] || { echo "already there, and not installed by Kubewright: $foreign"; exit 1; }
      ${patiently(sh`printf '%s' "$objects" | ${k} apply -f -`)}`,
    diff: sh`${emit} | ${k} diff -f - || [ $? -eq 1 ]`,
    timeoutSec: 120,
    hint: `If it was installed in another way: remove that first, or leave ${factsOf(addon, ctx).setting} out`,
  });
}

/** @throws InputError where there is no image of it for this cluster. */
function imageOf(addon: Addon, ctx: RoleContext): string {
  const { setting, image, imageName } = factsOf(addon, ctx);
  const ref = imageRef(ctx, imageName, ctx.artifacts.offline ? '' : (image ?? ''));
  if (ref !== '') return ref;
  throw new InputError({
    what: `${setting} is true and there is no ${addon.name} for this cluster`,
    where: ctx.host.name,
    why: ctx.artifacts.offline
      ? 'The bundle does not have it, and nothing is pulled when a bundle is used'
      : `No version of it is known for Kubernetes ${ctx.cluster.settings.kube_version}`,
    fix: ctx.artifacts.offline
      ? addon.neverBundled
        ? 'Leave the setting out: bundle build cannot build it'
        : 'Build the bundle again (kubewright bundle build), or leave the setting out'
      : 'Leave the setting out',
  });
}

function labelled(o: KubeObject, name: string): KubeObject {
  return { ...o, metadata: { ...o.metadata, labels: { 'k8s-app': name, ...o.metadata.labels, [OURS]: name } } };
}

function working(addon: Addon, ctx: RoleContext): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  return waitFor({
    id: `${addon.name}/works`,
    title: `Wait until ${addon.name} works`,
    until: sh`
      state=$(${k} --request-timeout=10s -n kube-system rollout status deployment ${addon.name} --watch=false)
      case $state in *'successfully rolled out'*) ;; *) echo "$state"; exit 1 ;; esac
      ${addon.works(k, ctx)}`,
    timeoutSec: 300,
    everySec: 2,
    why: podsWhy(k, `k8s-app=${addon.name}`),
    hopeless: podsHopeless(k, `k8s-app=${addon.name}`),
    hint: `\`kubectl -n kube-system describe pod -l k8s-app=${addon.name}\` on a control plane says what it is waiting for`,
  });
}

function gone(addon: Addon, ctx: RoleContext): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  const kinds = [...new Set(addon.objects(ctx, '').map((o) => o.kind.toLowerCase()))].toReversed().join(',');
  const selected = sh`${kinds} --all-namespaces -l ${`${OURS}=${addon.name}`}`;
  return command({
    id: `${addon.name}/gone`,
    title: `Remove ${addon.name}`,
    // Without a cluster there is nothing: check mode must not announce it.
    check: sh`
      [ -s /etc/kubernetes/admin.conf ] || exit 0
      left=$(${k} get ${selected} -o name)
      [ -z "$left" ]`,
    apply: sh`${k} delete ${selected} --timeout=100s`,
    timeoutSec: 120,
  });
}
