import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const CHROMIUM = 'chromium';

/** Why no real browser can be asked; undefined: one can. */
export function missingForBrowser(): string | undefined {
  return spawnSync(CHROMIUM, ['--version']).status === 0 ? undefined : `needs Debian's chromium`;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/**
 * One page of a headless Chromium, spoken to in its DevTools protocol over a pipe: no port, no network.
 * Source: https://chromedevtools.github.io/devtools-protocol/
 */
export class Browser {
  readonly #child: ChildProcess;
  readonly #dir: string;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  readonly #events = new Map<string, () => void>();
  #id = 0;
  #session = '';

  private constructor() {
    this.#dir = mkdtempSync(join(tmpdir(), 'kubewright-browser-'));
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--remote-debugging-pipe',
      `--user-data-dir=${this.#dir}`,
    ];
    this.#child = spawn(CHROMIUM, args, {
      env: { ...process.env, HOME: this.#dir },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      // A group of its own: what it starts ends with it.
      detached: true,
    });
    let rest = '';
    (this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (rest + chunk).split('\0');
      rest = messages.pop() ?? '';
      for (const m of messages) this.#heard(JSON.parse(m) as Answer);
    });
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser ended'));
    });
  }

  static async start(): Promise<Browser> {
    const b = new Browser();
    const { targetId } = await b.#say<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    b.#session = (await b.#say<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })).sessionId;
    await b.say('Page.enable');
    return b;
  }

  /** Loads a file and waits until it is laid out. `width`, `height`: CSS pixels. */
  async open(file: string, width: number, height: number, touch = false): Promise<void> {
    await this.say('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: touch });
    await this.say('Emulation.setTouchEmulationEnabled', { enabled: touch });
    const loaded = new Promise<void>((resolve) => this.#events.set('Page.loadEventFired', resolve));
    await this.say('Page.navigate', { url: `file://${file}` });
    await loaded;
  }

  /** The value of an expression in the page; of JSON's kinds. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.say<{
      result: { value: T };
      exceptionDetails?: { exception?: { description?: string } };
    }>('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'the page threw');
    return result.value;
  }

  /** A finger in the middle of an element. */
  async tap(selector: string): Promise<void> {
    const { x, y } = await this.value<{ x: number; y: number }>(
      `{ const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: 'center' });
         const r = e.getBoundingClientRect(); ({ x: r.x + r.width / 2, y: r.y + r.height / 2 }) }`,
    );
    await this.say('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
    await this.say('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  }

  /** `Tab`, `ArrowRight`, … */
  async press(key: string): Promise<void> {
    const code = { Tab: 9, ArrowLeft: 37, ArrowRight: 39 }[key] ?? 0;
    for (const type of ['rawKeyDown', 'keyUp'])
      await this.say('Input.dispatchKeyEvent', { type, key, code: key, windowsVirtualKeyCode: code });
  }

  /** Names of all elements of a role, as a screen reader hears them. */
  async names(role: string): Promise<string[]> {
    type Node = { ignored: boolean; role?: { value: string }; name?: { value: string } };
    const { nodes } = await this.say<{ nodes: Node[] }>('Accessibility.getFullAXTree');
    return nodes.filter((n) => !n.ignored && n.role?.value === role).map((n) => n.name?.value ?? '');
  }

  async say<T>(method: string, params: object = {}): Promise<T> {
    return this.#say(method, params, this.#session);
  }

  #say<T>(method: string, params: object, sessionId?: string): Promise<T> {
    const id = ++this.#id;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  #heard(answer: Answer): void {
    if (answer.id === undefined) {
      this.#events.get(answer.method ?? '')?.();
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.error) waiting?.reject(new Error(answer.error.message));
    else waiting?.resolve(answer.result as never);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid) {
      process.kill(-this.#child.pid, 'SIGKILL');
      await ended;
    }
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
