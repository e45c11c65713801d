import { join } from 'node:path';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { InputError, InputErrors, InterruptedError, UnreachableErrors } from '../../../src/base/errors.js';
import { formatError, formatLabelled, lookOf } from '../../../src/base/text/render-error.js';

const parts = {
  what: 'kube_pods_subnet is not a subnet: 10.x',
  where: { file: 'hosts.ini', line: 3, column: 7 },
  why: 'a subnet needs a prefix length\nand an address',
  fix: 'Write it like 10.233.64.0/18',
};

describe('the renderer of errors', () => {
  it('names the place, what, why and a hint', () => {
    expect(formatError(new InputError(parts))).toBe(
      [
        'error: hosts.ini:3:7: kube_pods_subnet is not a subnet: 10.x',
        '  why:  a subnet needs a prefix length',
        '        and an address',
        '  hint: Write it like 10.233.64.0/18',
      ].join('\n'),
    );
  });

  it('lists several, and their number last; a single one has no number', () => {
    const other = { what: 'm1 has no address', where: 'm1' };
    expect(formatError(new InputErrors([other, parts]))).toMatch(
      /^error: m1: m1 has no address\nerror: hosts\.ini:3:7: .*\n[\s\S]*\n2 problems in the input$/,
    );
    expect(formatError(new InputErrors([other]))).toBe('error: m1: m1 has no address');
    expect(formatError(new UnreachableErrors([{ host: 'm1', parts: other }], 9))).toMatch(
      /^error: m1: .*\nCannot log in to 1 of 9 hosts; nothing was changed$/,
    );
  });

  it('tells many hosts with the same trouble in one paragraph per cause', () => {
    const dead = Array.from({ length: 498 }, (_, i) => ({
      host: `w${i + 1}`,
      parts: {
        what: 'The host refuses connections',
        where: `w${i + 1} (10.0.0.${i}:22)`,
        why: `connect 10.0.0.${i}`,
        fix: 'Start sshd',
      },
    }));
    const other = (host: string) => ({ host, parts: { what: 'The login is refused', where: host } });
    expect(formatError(new UnreachableErrors([other('m1'), ...dead, other('m2')], 500)).split('\n')).toEqual([
      'error: m1: The login is refused',
      'error: m2: The login is refused',
      'error: w1…w498 (498): The host refuses connections',
      '  why:  w1: connect 10.0.0.0',
      '  hint: Start sshd',
      'Cannot log in to 500 of 500 hosts; nothing was changed',
    ]);
  });

  it('shows files below the working directory relative to it, others as they are', () => {
    const at = (file: string) => formatLabelled('error', { what: 'x', where: { file, line: 1, column: 2 } });
    expect(at(join(process.cwd(), 'inventories', 'hosts.ini'))).toBe(`error: ${join('inventories', 'hosts.ini')}:1:2: x`);
    expect(at('/etc/hosts')).toBe('error: /etc/hosts:1:2: x');
    expect(formatLabelled('error', { what: 'x', where: process.cwd() })).toBe(`error: ${process.cwd()}: x`);
    expect(formatLabelled('error', { what: 'x', where: join(process.cwd(), 'a b') })).toBe('error: a b: x');
  });

  it('does not call an interruption an error', () => {
    expect(formatError(new InterruptedError({ what: 'Interrupted' }))).toBe('Interrupted');
  });

  it('prints no place where there is none', () => {
    expect(formatLabelled('warning', { what: 'x' })).toBe('warning: x');
    expect(formatLabelled('error', { what: 'x', where: { file: 'a.yml', line: 0, column: 0 } })).toBe('error: a.yml: x');
  });

  it('wraps between words at the width of a terminal, by columns, and never within a word', () => {
    const path = '/a/very/long/path/that/is/wider/than/the/terminal/of/the/user';
    const text = formatLabelled(
      'error',
      { what: `größe 漢字漢字漢字漢字 ${'word '.repeat(30)}${path} end`, fix: 'do '.repeat(40).trim() },
      { columns: 50, color: false },
    );
    const lines = text.split('\n');
    for (const line of lines) if (!line.includes(path)) expect(stringWidth(line)).toBeLessThanOrEqual(50);
    expect(lines.filter((l) => l.includes(path))).toHaveLength(1);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {7}\S| {2}hint: | {8}\S/);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`word ${path} end hint: do do`);
  });

  it('colours the labels on a terminal only, and not under NO_COLOR', () => {
    const terminal = { isTTY: true, columns: 80 } as NodeJS.WriteStream;
    const given = process.env.NO_COLOR;
    delete process.env.NO_COLOR;
    expect(formatLabelled('error', parts, lookOf(terminal))).toMatch(
      /^\x1b\[1;31merror:\x1b\[0m hosts.*\n {2}\x1b\[2mwhy:\x1b\[0m {2}a/,
    );
    process.env.NO_COLOR = '1';
    expect(formatLabelled('error', parts, lookOf(terminal))).toMatch(/^error: hosts/);
    if (given === undefined) delete process.env.NO_COLOR;
    else process.env.NO_COLOR = given;
    expect(lookOf({ isTTY: false, columns: 80 } as NodeJS.WriteStream)).toEqual({ color: false });
  });
});
