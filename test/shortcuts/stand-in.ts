import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Answers like a cluster with two pods per namespace, and writes down each line that it was called with. */
const KUBECTL = `#!/bin/sh
printf '%s\\n' "$*" >> "$KUBECTL_LOG"
case "$*" in
  *'get namespaces'*)
    case $KUBECTL_SAYS in
      down) echo 'The connection to the server localhost:8080 was refused' >&2; exit 1 ;;
      forbidden) echo 'Error from server (Forbidden): namespaces is forbidden' >&2; exit 1 ;;
    esac
    printf 'default\\nkube-system\\nweb\\n' ;;
  *'get pods'*custom-columns=NAMESPACE*) printf 'kube-system   dns-1    Running   w1\\nweb   shop-1   Running   w1\\n' ;;
  *'get pods'*'-n default'*custom-columns=POD*) echo 'No resources found in default namespace.' >&2 ;;
  *'get pods'*custom-columns=POD*)
    [ "$KUBECTL_SAYS" != down ] || { echo 'Unable to connect to the server: dial tcp: i/o timeout' >&2; exit 1; }
    printf 'shop-1   Running   w1\\nshop-2   Pending   w2\\n' ;;
  *'get pods'*custom-columns=N:*) printf 'shop-1\\nshop-2\\n' ;;
  *'get pod '*jsonpath*initContainers*) printf 'app\\nsidecar\\nsetup\\n' ;;
  *'get pod '*jsonpath*) printf 'app\\nsidecar\\n' ;;
  'completion bash') printf '__start_kubectl() { COMPREPLY=("$COMP_CWORD:\${COMP_WORDS[*]}"); }\\n' ;;
  'completion zsh') printf '_kubectl() { print -r -- "$CURRENT:$words" }\\n' ;;
  'completion fish') printf "complete -c kubectl -e\\ncomplete -c kubectl -f -a '(string join + -- (commandline -opc))'\\n" ;;
  *) ;;
esac
`;

/** A directory with a `kubectl` on its PATH. */
export class StandIn {
  readonly dir = mkdtempSync(join(tmpdir(), 'kw-short-'));
  readonly #log = join(this.dir, 'log');

  constructor() {
    mkdirSync(join(this.dir, 'bin'));
    writeFileSync(join(this.dir, 'bin/kubectl'), KUBECTL);
    chmodSync(join(this.dir, 'bin/kubectl'), 0o755);
  }

  /** @returns what was printed, and the last line that kubectl was called with, if that was not a question. */
  run(file: string, args: readonly string[], o: { input?: string; says?: string; path?: string } = {}) {
    writeFileSync(this.#log, '');
    const env = {
      HOME: this.dir,
      PATH: o.path ?? `${join(this.dir, 'bin')}:${process.env.PATH}`,
      KUBECTL_LOG: this.#log,
      KUBECTL_SAYS: o.says ?? '',
      TERM: 'dumb',
    };
    const { status, stdout, stderr } = spawnSync(file, args, { env, input: o.input ?? '', encoding: 'utf8' });
    const calls = readFileSync(this.#log, 'utf8').split('\n').slice(0, -1);
    return { status, out: stdout, err: stderr, calls };
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
