import { resolve } from 'node:path';
import { openBundle } from '../../artifacts/bundle.js';
import type { BundleIndex } from '../../artifacts/bundle-index.js';
import { defaultKubeVersion } from '../../cluster/catalogue.js';
import type { LabProvider, LabSettings } from '../../lab/provider.js';
import type { StageReporter } from '../../ui/stages/reporter.js';
import { chooseBuilder, makeBundle } from './bundle-builder.js';
import { releaseServersAnswer } from './release-servers.js';

/** Where a lab's Kubernetes comes from; `none`: machines only. */
export type LabSource = 'auto' | 'official' | 'go' | 'debian' | 'none';

export interface LabSourceOptions {
  /** Wins over `source`. */
  readonly bundle?: string;
  /** Default: auto. */
  readonly source?: LabSource;
}

/** The same for a lab that may be there already: it keeps what it was made with, unless something else is asked for (undefined). */
export async function chosenSettings(
  lab: Pick<LabProvider, 'chosen'>,
  o: LabSourceOptions,
  report: StageReporter,
): Promise<LabSettings | undefined> {
  const before = o.bundle === undefined && o.source === undefined ? await lab.chosen() : undefined;
  if (before === undefined) return labSourceSettings(o, report);
  const bundle = before.kubewright_bundle;
  report.say(`The lab keeps what it was made with: ${bundle === undefined ? 'no bundle' : `the bundle ${bundle}`}`);
  return undefined;
}

/**
 * Settings that belong to where a lab's Kubernetes comes from. In this order: the bundle that was given; official downloads where they
 * answer; a bundle from Go modules; one from Debian's packages. Builds the bundle if need be, and says which one, why and how long.
 */
async function labSourceSettings(o: LabSourceOptions, report: StageReporter): Promise<LabSettings> {
  const say = (text: string): void => report.say(text);
  const { bundle, source = 'auto' } = o;
  if (bundle !== undefined) return bundleSettings(bundle);
  if (source === 'none') return {};
  if (source === 'official' || source === 'auto') {
    const answer = source === 'auto' ? await releaseServersAnswer() : { ok: true, why: '' };
    if (answer.ok) {
      say(`Official releases: Kubernetes ${defaultKubeVersion()}, downloaded by the machines and verified by checksum`);
      return {};
    }
    say(`Not official releases: ${answer.why}`);
  }
  const builder = await chooseBuilder(source === 'official' ? 'auto' : source);
  const from = builder.from === 'go' ? 'Go modules, with Calico and CoreDNS' : "Debian's packages, without Calico and CoreDNS";
  say(`Kubernetes ${builder.kubeVersion} from ${from}${builder.why && `: ${builder.why}`}.`);
  say(`The bundle is built once (${builder.estimate} when nothing is cached) and kept: ${builder.dir}`);
  await makeBundle(builder, builder.dir, report, 'wanted');
  return bundleSettings(builder.dir);
}

/** A lab has no registry at hand when it installs from a bundle: what is not in it is left out of the cluster. */
export function settingsFor(index: BundleIndex, path: string): LabSettings {
  const has = (image: string) => index.images.some((i) => i.ref.includes(image));
  const calico = has('/calico/node:') && index.files.some((f) => f.name === 'calico-manifest');
  return {
    ...(calico ? {} : { kube_network_plugin: 'static-routes' }),
    ...(has('/coredns:') ? {} : { dns_mode: 'none' }),
    kubewright_bundle: path,
  };
}

async function bundleSettings(path: string): Promise<LabSettings> {
  const bundle = await openBundle(path);
  await bundle.close();
  return settingsFor(bundle.index, resolve(path));
}
