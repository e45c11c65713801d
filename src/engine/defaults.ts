/** On the hosts: locks and running programs. tmpfs on every systemd machine. */
export const DEFAULT_RUN_DIR = '/run/kubewright';
/** On the hosts: files whose sha256 has been verified, under it as their name. */
export const DEFAULT_CACHE_DIR = '/var/cache/kubewright';
/** On the operator's machine, below the working folder. */
export const DEFAULT_JOURNAL_DIR = '.kubewright/runs';
/** Hosts worked on at a time. */
export const DEFAULT_FORKS = 50;
/** Seconds that one part of a task may take. */
export const DEFAULT_TIMEOUT_SEC = 600;
