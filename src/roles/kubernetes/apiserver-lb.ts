import { stringify } from 'yaml';
import { byName, type Cluster, type ClusterHost } from '../../cluster/cluster.js';
import { usesLocalLoadBalancer } from '../../kubeadm/build.js';
import { directories, file } from '../../tasks/file.js';
import { inTurn } from '../node-turn.js';
import type { Role } from '../role.js';
import { imageRef } from '../runtime/images.js';
import { MANIFESTS } from './kubelet.js';
import { reloadLoadBalancer } from './lb/reload.js';
import { balancerReplaced } from './lb/replaced.js';

/**
 * A load balancer on 127.0.0.1 of every node that is not a control plane, as a static pod: losing one control plane cuts no node
 * off. It follows the inventory, by a reload that closes no connection; where its pod changes, one node after the other.
 */
export const apiserverLb: Role = {
  name: 'apiserver-lb',
  tasks(ctx) {
    if (ctx.host.controlPlane || !usesLocalLoadBalancer(ctx.cluster)) return [];
    const s = ctx.cluster.settings;
    const haproxy = s.loadbalancer_apiserver_type === 'haproxy';
    const dir = haproxy ? '/etc/haproxy' : '/etc/nginx';
    const path = haproxy ? `${dir}/haproxy.cfg` : `${dir}/nginx.conf`;
    const content = haproxy ? haproxyConfig(ctx.cluster) : nginxConfig(ctx.cluster);
    const image = haproxy
      ? imageRef(ctx, 'haproxy', ctx.cluster.versions.haproxyImage)
      : imageRef(ctx, 'nginx', ctx.cluster.versions.nginxImage);
    const name = haproxy ? 'haproxy' : 'nginx-proxy';
    const balancer = {
      program: haproxy ? 'haproxy' : 'nginx',
      config: path,
      inPod: haproxy ? '/usr/local/etc/haproxy/haproxy.cfg' : '/etc/nginx/nginx.conf',
      apiPort: s.loadbalancer_apiserver_port,
    } as const;
    const manifest = `${MANIFESTS}/${name}.yml`;
    return [
      directories({ id: 'apiserver-lb/directory', title: "Make the load balancer's directory", paths: [dir] }),
      // From the first file to an answer: a node whose load balancer does not come back keeps the others from changing theirs.
      ...inTurn(ctx, [
        file({ id: 'apiserver-lb/config', title: 'Write the configuration of the local load balancer', path, content }),
        file({
          id: 'apiserver-lb/pod',
          title: 'Write the static pod of the local load balancer',
          path: manifest,
          content: staticPod({
            name,
            image,
            dir,
            mount: haproxy ? '/usr/local/etc/haproxy' : '/etc/nginx',
            port: s.loadbalancer_apiserver_healthcheck_port,
          }),
          mode: '0600',
        }),
        balancerReplaced({ ...balancer, manifest, healthPort: s.loadbalancer_apiserver_healthcheck_port }),
        reloadLoadBalancer(balancer),
      ]),
    ];
  },
};

/** Sorted: another order in the inventory changes nothing. */
function backends(cluster: Cluster): readonly ClusterHost[] {
  return byName(cluster.controlPlane);
}

/**
 * An API server that comes back within the two or three seconds between checks would take requests before it knows its roles, and answer
 * 403. So one refused connection takes it out until `/readyz` is true. Its sessions are not ended then, because the connection that was
 * refused, and goes to another server, is one of them: those to a host that is gone end by TCP's own timeouts (HAProxy 2.6 takes no `tcp-ut` from `default-server`).
 * Source: https://docs.haproxy.org/2.6/configuration.html; the shape is kubespray's.
 */
function haproxyConfig(cluster: Cluster): string {
  const s = cluster.settings;
  const servers = backends(cluster).map(
    (h) => `  server ${h.name} ${h.accessIp}:${s.kube_apiserver_port} check check-ssl verify none tcp-ut 10s`,
  );
  return `global
  maxconn 4000
  log stdout format raw local0 notice

defaults
  mode tcp
  log global
  timeout connect 5s
  timeout client 5m
  timeout server 5m
  timeout tunnel 4h
  timeout check 5s
  retries 3
  option redispatch 1
  option srvtcpka
  srvtcpka-idle 3s
  srvtcpka-intvl 3s
  srvtcpka-cnt 3

frontend healthz
  bind 127.0.0.1:${s.loadbalancer_apiserver_healthcheck_port}
  mode http
  monitor-uri /healthz

frontend kube-apiserver
  bind 127.0.0.1:${s.loadbalancer_apiserver_port}
  default_backend control-planes

backend control-planes
  balance leastconn
  option httpchk GET /readyz
  http-check expect status 200
  default-server inter 3s downinter 1s rise 1 fall 2 slowstart 10s maxconn 1000 observe layer4 error-limit 1 on-error mark-down
${servers.join('\n')}
`;
}

/**
 * It does not ask `/readyz`: one refused connection takes an API server out for as long as it needs to know its roles. The zone is what
 * lets all workers know of it.
 * Source: https://nginx.org/en/docs/stream/ngx_stream_upstream_module.html
 */
function nginxConfig(cluster: Cluster): string {
  const s = cluster.settings;
  const servers = backends(cluster).map((h) => `    server ${h.accessIp}:${s.kube_apiserver_port} max_fails=1 fail_timeout=10s;`);
  return `error_log stderr notice;
worker_processes 2;
worker_rlimit_nofile 130048;

events {
  multi_accept on;
  worker_connections 16384;
}

stream {
  upstream control_planes {
    zone control_planes 64k;
    least_conn;
${servers.join('\n')}
  }
  server {
    listen 127.0.0.1:${s.loadbalancer_apiserver_port};
    proxy_pass control_planes;
    proxy_connect_timeout 2s;
    proxy_timeout 10m;
  }
}

http {
  access_log off;
  server {
    listen 127.0.0.1:${s.loadbalancer_apiserver_healthcheck_port};
    location /healthz { return 200; }
    location / { return 404; }
  }
}
`;
}

interface StaticPod {
  readonly name: string;
  readonly image: string;
  readonly dir: string;
  readonly mount: string;
  readonly port: number;
}

function staticPod(o: StaticPod): string {
  const probe = { httpGet: { host: '127.0.0.1', path: '/healthz', port: o.port } };
  return stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: o.name,
      namespace: 'kube-system',
      labels: { 'k8s-app': 'kube-apiserver-lb' },
    },
    spec: {
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      priorityClassName: 'system-node-critical',
      containers: [
        {
          name: o.name,
          image: o.image,
          imagePullPolicy: 'IfNotPresent',
          resources: { requests: { cpu: '25m', memory: '32M' } },
          livenessProbe: { ...probe, initialDelaySeconds: 10, timeoutSeconds: 5 },
          readinessProbe: { ...probe, timeoutSeconds: 5 },
          volumeMounts: [{ name: 'config', mountPath: o.mount, readOnly: true }],
        },
      ],
      volumes: [{ name: 'config', hostPath: { path: o.dir } }],
    },
  });
}
