import type { BuildProgress } from '../../artifacts/build/context.js';
import type { BundleIndex } from '../../artifacts/bundle-index.js';
import { BUNDLE_BUILD_PACKAGES, buildDebianBundle, DEBIAN_KUBE_VERSION, debianBundleDir } from '../../artifacts/debian/build.js';
import { anyModule, buildGoBundle, goBuildEstimate, goBundleDir, hasGoBundle } from '../../artifacts/go/build.js';
import { goPlan } from '../../artifacts/go/plan.js';
import { GO_BUILD_PACKAGES } from '../../artifacts/go/requirements.js';
import { goRelease } from '../../artifacts/go/table.js';
import { findGo, needModule } from '../../artifacts/go/toolchain.js';
import { InputError, KubewrightError } from '../../base/errors.js';
import { writeWarning } from '../../base/text/render-error.js';
import type { StageReporter } from '../../ui/stages/reporter.js';
import { interruptions } from '../connect/interrupt.js';
import { ensureDebianPackages } from './debian-packages.js';

export type BundleOrigin = 'auto' | 'go' | 'debian';

/** How a bundle will be made, decided before anything is. */
export interface BundleBuilder {
  readonly from: 'go' | 'debian';
  readonly kubeVersion: string;
  /** Why this one, for people; empty when it was asked for. */
  readonly why: string;
  /** How long a build takes when nothing is cached: `about 14 min`. */
  readonly estimate: string;
  /** Its place in the cache. */
  readonly dir: string;
}

/** Where this machine keeps what can be rebuilt. */
function cacheDir(): string {
  return process.env.KUBEWRIGHT_CACHE ?? '/var/cache/kubewright';
}

/**
 * Go modules where their bundle is built already, or a Go that can build them is there or can be fetched and the module proxy answers;
 * else Debian's packages, unless a version was asked for that they don't have.
 *
 * @throws InputError for a version that cannot be built; KubewrightError when Go was asked for and is not there.
 */
export async function chooseBuilder(from: BundleOrigin, kubeVersion?: string): Promise<BundleBuilder> {
  const isDebians = kubeVersion !== undefined && `${DEBIAN_KUBE_VERSION}.`.startsWith(`${kubeVersion.replace(/^v/, '')}.`);
  if (from === 'debian' && kubeVersion !== undefined && !isDebians) {
    throw new InputError({
      what: `Kubernetes ${kubeVersion} cannot be built from Debian's packages`,
      why: `The newest that Debian 12 has in source is ${DEBIAN_KUBE_VERSION}`,
      fix: 'Leave --kube-version out, or use --from go',
    });
  }
  if (from === 'debian' || (from === 'auto' && isDebians)) return debianBuilder('');
  const release = goRelease(kubeVersion);
  const dir = goBundleDir(cacheDir(), release);
  const builder = (why: string): BundleBuilder => ({
    from: 'go',
    kubeVersion: release,
    why: from === 'auto' ? why : '',
    estimate: goBuildEstimate(release),
    dir,
  });
  if (await hasGoBundle(dir, release)) return builder('its bundle is there');
  try {
    const go = await findGo();
    await needModule(go, anyModule(goPlan(release)));
    return builder(`Go ${go.version} is there and the module proxy answers`);
  } catch (error) {
    if (!(error instanceof KubewrightError) || from === 'go' || kubeVersion !== undefined) throw error;
    const { what, why } = error.parts;
    return debianBuilder(why ? `${what} (${why})` : what);
  }
}

function debianBuilder(why: string): BundleBuilder {
  return { from: 'debian', kubeVersion: DEBIAN_KUBE_VERSION, why, estimate: 'about 5 min', dir: debianBundleDir(cacheDir()) };
}

/**
 * Builds the bundle, or finds it whole. Installs the Debian packages that a build needs, and names them before it does.
 * @param addons `wanted`: where they cannot be built the bundle is used without them, with a warning.
 */
export async function makeBundle(
  builder: Pick<BundleBuilder, 'from' | 'kubeVersion'>,
  outDir: string,
  report: StageReporter,
  addons: 'needed' | 'wanted' = 'needed',
): Promise<BundleIndex> {
  const say = (text: string): void => report.say(text);
  const packages = builder.from === 'go' ? GO_BUILD_PACKAGES : BUNDLE_BUILD_PACKAGES;
  await ensureDebianPackages(packages, 'to build the offline bundle', say);
  const interrupt = interruptions(say, () => 'Interrupted: the build stops.');
  let last: string | undefined;
  const onProgress = (e: BuildProgress): void => {
    // Of Debian's builder one stage follows the other.
    if (builder.from === 'debian' && last !== undefined && last !== e.stage) report.over(last);
    last = e.stage;
    report.progress({ stage: e.stage, text: progressText(e), over: e.over });
  };
  const options = { outDir, onProgress, signal: interrupt.stop };
  try {
    if (builder.from === 'debian') return await buildDebianBundle(options);
    const onWithoutAddons = addons === 'wanted' ? withoutAddons : undefined;
    return await buildGoBundle({ ...options, kubeVersion: builder.kubeVersion, onWithoutAddons });
  } finally {
    interrupt.done();
  }
}

function withoutAddons({ parts }: KubewrightError): void {
  writeWarning({
    ...parts,
    what: `The bundle is used without its add-ons: ${parts.what}`,
    fix: `${parts.fix ? `${parts.fix}; then` : 'To get them,'} run kubewright bundle build`,
  });
}

function progressText({ text, done, of }: BuildProgress): string {
  return `${text}${done === undefined || of === undefined || of === 0 ? '' : ` (${Math.floor((100 * done) / of)} %)`}`;
}
