import { sh } from '../../shell/shell.js';
import type { RoleContext } from '../role.js';
import { imageRef } from '../runtime/images.js';
import { type Addon, addonRole, type KubeObject } from './addon.js';

const NAME = 'local-path-provisioner';
const NAMESPACE = 'kube-system';
const CONFIG = 'local-path-config';
const CLASS = 'local-path';
const RBAC = 'rbac.authorization.k8s.io';
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

/**
 * Volumes as directories of the node that the first pod with a claim runs on.
 * Source: https://github.com/rancher/local-path-provisioner (README, deploy/local-path-storage.yaml)
 */
const addon: Addon = {
  name: NAME,
  objects: (ctx, image) => [...access(), config(ctx), provisioner(image), storageClass(ctx)],
  works: (k) => sh`
    class=$(${k} --request-timeout=10s get storageclass ${CLASS} -o jsonpath={.provisioner})
    [ "$class" = rancher.io/local-path ] || { echo 'there is no storage class local-path'; exit 1; }`,
};

export const localPath = addonRole(addon);

function access(): KubeObject[] {
  const account = [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }];
  const see = ['get', 'list', 'watch'];
  const keep = [...see, 'create', 'patch', 'update', 'delete'];
  const role = (kind: 'Role' | 'ClusterRole') => ({ apiGroup: RBAC, kind, name: NAME });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace: NAMESPACE } },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata: { name: NAME, namespace: NAMESPACE },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: keep }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: NAME },
      rules: [
        { apiGroups: [''], resources: ['nodes', 'persistentvolumeclaims', 'configmaps', 'pods', 'pods/log'], verbs: see },
        { apiGroups: [''], resources: ['persistentvolumes'], verbs: keep },
        { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
        { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: see },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { name: NAME, namespace: NAMESPACE },
      roleRef: role('Role'),
      subjects: account,
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME },
      roleRef: role('ClusterRole'),
      subjects: account,
    },
  ];
}

/** Where volumes are, and how a short-lived pod on their node makes and removes their directories. */
function config(ctx: RoleContext): KubeObject {
  const root = ctx.cluster.settings.local_path_provisioner_claim_root;
  const script = (text: string) => `#!/bin/sh\nset -eu\n${text}\n`;
  const helper = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'helper-pod' },
    spec: {
      priorityClassName: 'system-node-critical',
      tolerations: [{ key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' }],
      containers: [
        {
          name: 'helper-pod',
          image: imageRef(ctx, 'busybox', ctx.cluster.versions.busyboxImage),
          imagePullPolicy: 'IfNotPresent',
        },
      ],
    },
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: CONFIG, namespace: NAMESPACE },
    data: {
      'config.json': JSON.stringify({ nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: [root] }] }),
      // Anyone in the pods may write, whatever user they run as: only the node and the pods that mount it can reach it.
      setup: script('mkdir -m 0777 -p "$VOL_DIR"'),
      teardown: script('rm -rf "$VOL_DIR"'),
      'helperPod.yaml': JSON.stringify(helper),
    },
  };
}

function provisioner(image: string): KubeObject {
  const labels = { 'k8s-app': NAME };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: NAME,
          priorityClassName: 'system-cluster-critical',
          containers: [
            {
              name: NAME,
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['local-path-provisioner', 'start', '--config', '/etc/config/config.json'],
              env: [
                { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
                { name: 'SERVICE_ACCOUNT_NAME', value: NAME },
                { name: 'CONFIG_MOUNT_PATH', value: '/etc/config/' },
              ],
              volumeMounts: [{ name: 'config', mountPath: '/etc/config/' }],
            },
          ],
          volumes: [{ name: 'config', configMap: { name: CONFIG } }],
        },
      },
    },
  };
}

function storageClass(ctx: RoleContext): KubeObject {
  const s = ctx.cluster.settings;
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: CLASS, annotations: { [DEFAULT_CLASS]: String(s.local_path_provisioner_is_default_storageclass) } },
    provisioner: 'rancher.io/local-path',
    reclaimPolicy: 'Delete',
    // The directory is made where the pod will run.
    volumeBindingMode: 'WaitForFirstConsumer',
  };
}
