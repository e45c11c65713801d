// The events of a run that never was: 9 hosts or 200, for views and reports. Types stand in synthetic.d.mts.

const PLAYS = [
  {
    name: 'prepare',
    role: 'os',
    share: 0.3,
    titles: ['Load kernel modules', 'Set sysctls', 'Turn swap off', 'Install packages', 'Write /etc/hosts'],
  },
  {
    name: 'container runtime',
    role: 'containerd',
    share: 0.25,
    titles: ['Fetch containerd', 'Install containerd', 'Write config.toml', 'Start containerd'],
  },
  {
    name: 'etcd',
    role: 'etcd',
    share: 0.15,
    masters: true,
    titles: ['Install etcd', 'Write etcd.env', 'Start etcd', 'Wait for the etcd cluster'],
  },
  {
    name: 'nodes',
    role: 'node',
    share: 0.3,
    titles: ['Import images', 'Install the kubelet', 'Join the cluster', 'Wait for the node to be ready'],
  },
];

export function hostNames(count) {
  const masters = count <= 3 ? 1 : 3;
  const width = count > 109 ? 1001 : 101;
  return [
    ...Array.from({ length: masters }, (_, i) => `m${11 + i}-k8s`),
    ...Array.from({ length: count - masters }, (_, i) => `w${width + i}-k8s`),
  ];
}

export function syntheticRun(o = {}) {
  const { hosts: count = 9, tasks: total = 60, seed = 1, failing = [], slow = [], converged = false } = o;
  const start = o.start ?? Date.UTC(2026, 10, 24, 21, 33);
  const run = o.run ?? '20261124-213300-beef';
  const random = generator(seed);
  const hosts = hostNames(count);
  const events = [
    { at: start, type: 'run-start', run, title: 'provision', hosts, dir: o.dir ?? `/tmp/runs/${run}`, check: false },
  ];
  const counts = new Map(hosts.map((h) => [h, { ok: 0, changed: 0, failed: 0, skipped: 0 }]));
  let now = start + 400;
  for (const play of PLAYS) {
    const names = (play.masters ? hosts.filter((h) => h.startsWith('m')) : hosts).filter((h) => counts.get(h).failed === 0);
    const n = Math.max(play.titles.length, Math.round(total * play.share));
    const base = Array.from({ length: n }, () => (random() < 0.15 ? 2000 + 9000 * random() : 60 + 700 * random()));
    const begin = now;
    events.push({
      at: begin,
      type: 'play-start',
      play: play.name,
      hosts: names,
      tasks: Object.fromEntries(names.map((h) => [h, n])),
    });
    let last = begin;
    const failed = [];
    for (const host of names) {
      let t = begin + 30 + 80 * random();
      for (let i = 0; i < n; i++) {
        const title =
          play.titles[i % play.titles.length] +
          (i < play.titles.length ? '' : ` (part ${Math.floor(i / play.titles.length) + 1})`);
        const common = { play: play.name, host, task: `${play.role}/${i + 1}`, title };
        const ms = Math.round(converged ? 5 + 20 * random() : base[i] * (0.8 + 0.4 * random()) * (slow.includes(host) ? 10 : 1));
        events.push({ at: Math.round(t), type: 'task-start', ...common, n: i + 1, of: n });
        t += ms;
        const fails = play.name === 'nodes' && failing.includes(host) && i === Math.floor(n / 2);
        const changed = !converged && base[i] > 300;
        const count = counts.get(host);
        if (fails) {
          count.failed++;
          count.skipped += n - i - 1;
          failed.push(host);
          const tail = [
            "error execution phase preflight: couldn't validate the identity of the API Server",
            'dial tcp 192.168.1.11:6443: connect: connection refused',
          ];
          events.push({
            at: Math.round(t),
            type: 'task-end',
            ...common,
            status: 'failed',
            ms,
            code: 1,
            tail,
            hint: 'look at the API server on the first control plane: journalctl -u kubelet',
          });
          break;
        }
        if (changed) count.changed++;
        else count.ok++;
        events.push({ at: Math.round(t), type: 'task-end', ...common, status: changed ? 'changed' : 'ok', ms });
      }
      last = Math.max(last, t);
    }
    now = Math.round(last + 120);
    events.push({ at: now - 60, type: 'play-end', play: play.name, ms: now - 60 - begin, failed });
  }
  const recap = hosts.map((host) => ({ host, ...counts.get(host), unreachable: false }));
  events.push({ at: now, type: 'run-end', run, ms: now - start, recap, exitCode: recap.some((r) => r.failed > 0) ? 1 : 0 });
  return events
    .map((e, i) => [e, i])
    .sort((a, b) => a[0].at - b[0].at || a[1] - b[1])
    .map(([e]) => e);
}

/** mulberry32: small, and the same on every machine. */
function generator(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
