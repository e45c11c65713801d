import { execFileSync } from 'node:child_process';
import { arch } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseFacts } from '../../src/facts/parse.js';
import { probe } from '../../src/facts/probe.js';

const QUESTIONS = {
  tools: ['tar', 'no-such-program'],
  modules: [{ name: 'proc', path: '/proc/self' }, { name: 'kw_no_such_module' }],
  endpoints: [{ address: '127.0.0.1', port: 9 }],
};

describe('the probe', () => {
  it('finds out about this machine', () => {
    const text = execFileSync('sh', {
      input: `main() {\n${probe(QUESTIONS).text}\n}\nmain </dev/null\n`,
      encoding: 'utf8',
    });
    const facts = parseFacts(text, Date.now());
    expect(facts.arch).toBe(arch() === 'x64' ? 'amd64' : arch());
    expect(facts.memoryMb).toBeGreaterThan(100);
    expect(facts.os.id).not.toBe('');
    expect(Math.abs(facts.clockAheadMs)).toBeLessThan(60_000);
    expect([...facts.tools]).toEqual(['tar']);
    expect(facts.modules).toEqual({ proc: true, kw_no_such_module: false });
    // Refused is reachable: a silent firewall is what is looked for.
    expect(facts.unreachable).toEqual([]);
  });

  it('refuses output that is not its own', () => {
    expect(() => parseFacts('Welcome to this machine!\n', 0)).toThrow(/nothing that could be understood/);
  });

  it('reads lists and endpoints', () => {
    const facts = parseFacts(
      'clock\t1000\narch\taarch64\nlisten\t22 sshd\nlisten\t111 \nunreachable\t10.0.0.1 2379 timeout\nmodule\toverlay yes\nmodule\tip_vs no\n',
      400,
    );
    expect(facts.arch).toBe('arm64');
    expect(facts.clockAheadMs).toBe(600);
    expect(facts.listening).toEqual([
      { port: 22, program: 'sshd' },
      { port: 111, program: '' },
    ]);
    expect(facts.unreachable).toEqual([{ endpoint: '10.0.0.1:2379', why: 'timeout' }]);
    expect(facts.modules).toEqual({ overlay: true, ip_vs: false });
  });
});
