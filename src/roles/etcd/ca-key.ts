import type { ClusterHost } from '../../cluster/cluster.js';
import { Secret } from '../../shell/secret.js';
import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { file } from '../../tasks/file.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';

const EXPORT = 'etcd-ca-key';

/** The etcd host that signs: the first one that has the CA's key. Before there is a CA, the first one, which makes it. */
export function signer(ctx: RoleContext): ClusterHost | undefined {
  const { etcd } = ctx.cluster;
  return etcd.find((h) => ctx.living?.etcd.caKeyOn.includes(h.name)) ?? etcd[0];
}

/** Whether a member or an API server trusts a CA of etcd already. */
export function hasCa(ctx: RoleContext): boolean {
  return (ctx.living?.etcd.cas.size ?? 0) > 0;
}

/** The signer hands the key over, in a run in which an etcd host lacks it. It is a secret of the run, and of no log. */
export function handOverCaKey(ctx: RoleContext): Task[] {
  if (lacking(ctx).length === 0) return [];
  const key = `${ctx.host.settings.etcd_cert_dir}/ca-key.pem`;
  return [
    command({
      id: 'etcd-certs/ca-key-read',
      title: "Read the key of etcd's certificate authority",
      check: sh`[ -s ${key} ]`,
      apply: sh`echo 'there is no key' >&2; exit 1`,
      exports: { [EXPORT]: sh`cat ${key}` },
      readOnly: true,
      sensitive: true,
    }),
  ];
}

/** Every etcd host keeps the key: with one alone, the loss of that host would cost the CA. */
export function caKeyTasks(ctx: RoleContext): Task[] {
  const from = signer(ctx);
  if (ctx.host === from || !lacking(ctx).includes(ctx.host)) return [];
  const path = `${ctx.host.settings.etcd_cert_dir}/ca-key.pem`;
  const value = ctx.exported(from?.name ?? '', EXPORT);
  const task = { id: 'etcd/ca-key', title: "Keep the key of etcd's certificate authority" };
  if (!value) {
    return [
      command({
        ...task,
        check: sh`[ -s ${path} ]`,
        apply: sh`echo 'the key was not read in this run' >&2; exit 1`,
        writes: [path],
        hint: 'Run again without --tags, --start-at and --limit: the host that has the key hands it over',
      }),
    ];
  }
  const text = typeof value === 'string' ? value : value.reveal();
  return [file({ ...task, path, content: new Secret(EXPORT, text.endsWith('\n') ? text : `${text}\n`), mode: '0600' })];
}

/** Etcd hosts without the key, as of the start of the run. */
function lacking(ctx: RoleContext): readonly ClusterHost[] {
  return ctx.cluster.etcd.filter((h) => ctx.allFacts.has(h.name) && !ctx.living?.etcd.caKeyOn.includes(h.name));
}
