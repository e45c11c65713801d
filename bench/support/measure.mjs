import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Runs one command line and measures it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{env?: NodeJS.ProcessEnv, cwd?: string, input?: string, allowed?: readonly number[]}} [o] `allowed`: exit codes that are
 * not failures; default: only 0.
 * @returns {Promise<{ms: number, peakKb: number, stdout: string, stderr: string, code: number}>} wall time in milliseconds, and the
 * peak resident memory of the process itself in KiB (VmHWM of /proc/PID/status, so Linux only).
 */
export function measure(command, args, o = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command, args, { cwd: o.cwd, env: { ...process.env, ...o.env }, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    let peakKb = 0;
    // The kernel keeps the high-water mark, so that looking now and then is enough.
    const look = () => {
      peakKb = Math.max(peakKb, highWater(child.pid));
    };
    const timer = setInterval(look, 20);
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      const ms = performance.now() - began;
      if ((o.allowed ?? [0]).includes(code)) resolve({ ms, peakKb, stdout, stderr, code });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`));
    });
    // What a command does not read must not end us.
    child.stdin.on('error', () => undefined);
    child.stdin.end(o.input ?? '');
  });
}

function highWater(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}

/** @param {readonly number[]} values at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
