/** On the hosts: locks and running programs. tmpfs on every systemd host. */
export const DEFAULT_RUN_DIR = '/run/kubewright';
/** On the hosts: verified files, named by their sha256. */
export const DEFAULT_CACHE_DIR = '/var/cache/kubewright';
/** On the operator's machine, below the working directory. */
export const DEFAULT_JOURNAL_DIR = '.kubewright/runs';
/** Hosts worked on at once. */
export const DEFAULT_FORKS = 50;
/** Seconds that one part of a task may take. */
export const DEFAULT_TIMEOUT_SEC = 600;
