import { dirname } from 'node:path/posix';
import { COMPONENT_SETTINGS } from '../../cluster/living/changes.js';
import { recordText } from '../../cluster/living/record.js';
import { APPLIED_FILE } from '../../facts/living/probe-living.js';
import { directories, file } from '../../tasks/file.js';
import { kubectl, manifest } from '../../tasks/manifest.js';
import type { Task } from '../../tasks/task.js';
import type { Role, RoleContext } from '../role.js';

/**
 * What was applied, for the next run to compare with, also another operator's: on every control plane, and in the cluster. Last in the
 * playbook, so that a run that failed leaves the record of the one before.
 */
export const record: Role = {
  name: 'record',
  tasks(ctx) {
    const versions = Object.fromEntries(
      Object.entries(COMPONENT_SETTINGS).flatMap(([name, setting]) => {
        const version = ctx.artifacts.optionalFile(name)?.version;
        return version === undefined ? [] : [[setting, version]];
      }),
    );
    return noteTasks(ctx, recordText(ctx.cluster, versions));
  },
};

/** @param text from `recordText` or `adoptedText`. */
export function noteTasks(ctx: RoleContext, text: string): Task[] {
  const first = ctx.host === ctx.cluster.controlPlane[0];
  return [
    directories({
      id: 'record/directory',
      title: 'Make the directory of the notes about the cluster',
      paths: [dirname(APPLIED_FILE)],
    }),
    file({
      id: 'record/applied',
      title: 'Note the settings that were applied',
      path: APPLIED_FILE,
      content: text,
      mode: '0600',
    }),
    ...(first
      ? [
          manifest({
            id: 'record/config-map',
            title: 'Note the settings that were applied in the cluster',
            kubectl: kubectl(ctx.host.settings.bin_dir),
            content: JSON.stringify({
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: 'kubewright', namespace: 'kube-system' },
              data: { applied: text },
            }),
          }),
        ]
      : []),
  ];
}
