import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../base/package-root.js';
import { quote } from '../../shell/shell.js';
import type { Target } from '../../transport/types.js';
import { askPassphrase, askSecret } from '../connect/credentials.js';

export interface Askpass {
  /** Tells ssh which program to ask. Holds no secret. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): void;
}

/**
 * Answers ssh's questions for passwords. ssh starts bin/askpass.js with its question, which sends the question here over a
 * socket in a directory that only this user can enter, and prints the answer.
 */
export async function startAskpass(dir: string, target: Target): Promise<Askpass> {
  const socket = join(dir, 'askpass.sock');
  const program = join(dir, 'askpass');
  writeFileSync(program, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(join(PACKAGE_ROOT, 'bin', 'askpass.js'))} "$@"\n`);
  chmodSync(program, 0o700);
  const given = new Set<string>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    let question = '';
    connection.on('data', (chunk: Buffer) => {
      question += chunk.toString();
    });
    connection.on('error', () => undefined);
    connection.on('end', () => void reply(connection, answer(question, target, given)));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve));
  return {
    environment: {
      SSH_ASKPASS: program,
      SSH_ASKPASS_REQUIRE: 'force',
      KUBEWRIGHT_ASKPASS_SOCKET: socket,
      DISPLAY: process.env.DISPLAY ?? ':0',
    },
    stop: () => server.close(),
  };
}

async function reply(connection: Socket, text: Promise<string | undefined>): Promise<void> {
  const found = await text.catch(() => undefined);
  // On an empty answer the program fails, and ssh gives up the method.
  connection.end(found === undefined ? '' : `${found}\n`);
}

async function answer(question: string, target: Target, given: Set<string>): Promise<string | undefined> {
  const key = /passphrase for key '(.*)'/i.exec(question)?.[1];
  if (key !== undefined) {
    const again = given.has(question);
    given.add(question);
    return askPassphrase(key, again);
  }
  if (/\(yes\/no/i.test(question) || !/password/i.test(question)) return (await askSecret(`${question} `, 'answer')).reveal();
  const owner = [target, ...(target.jumps ?? [])].find(
    (t) => question.includes(`${t.user}@${t.address}`) || question.includes(`${t.user}@${t.hostKeys.alias ?? t.name}`),
  );
  // Asked a second time: it was wrong. The password of another host is never sent.
  if (!owner?.password || given.has(question)) return undefined;
  given.add(question);
  return owner.password.reveal();
}
