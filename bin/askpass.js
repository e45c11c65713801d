#!/usr/bin/env node
// ssh runs this program to ask for a password; it passes the question to the kubewright that started ssh and prints the answer.
import { createConnection } from 'node:net';

const connection = createConnection(process.env.KUBEWRIGHT_ASKPASS_SOCKET ?? '', () => connection.end(process.argv[2] ?? ''));
let answer = '';
connection.on('data', (chunk) => {
  answer += chunk;
});
connection.on('error', () => {
  process.exitCode = 1;
});
connection.on('close', () => {
  if (answer === '') process.exitCode = 1;
  else process.stdout.write(answer);
});
