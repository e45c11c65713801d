// One point of load. Reads its orders from stdin as JSON, prints a JSON line for each answer, and ends when stdin ends.
// A process of its own, because a load balancer at 127.0.0.1 can only be asked from its machine's network.
// Each request has its own connection: whoever keeps one does not notice that nobody takes new ones.
import { request } from 'node:http';
import { request as requestTls } from 'node:https';

let text = '';
let over = false;
process.stdin.on('data', (chunk) => {
  text += chunk;
  if (!text.includes('\n')) return;
  const orders = JSON.parse(text.slice(0, text.indexOf('\n')));
  text = '';
  for (const point of orders.points) start(point, orders);
});
process.stdin.on('end', () => {
  over = true;
});

/** @param {{name: string, kind: 'reads' | 'writes', url: string}} point */
function start(point, { tls, namespace, everyMs, timeoutMs }) {
  let number = 0;
  const next = async () => {
    if (over) return;
    const at = Date.now();
    number += 1;
    const object = `${point.name}-${number}`;
    const outcome = point.kind === 'reads' ? await ask(point.url, {}, undefined, timeoutMs) : await write(object);
    console.log(JSON.stringify({ name: point.name, at, ms: Date.now() - at, object, ...outcome }));
    setTimeout(next, Math.max(0, at + everyMs[point.kind] - Date.now()));
  };
  const write = (name) => {
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { load: 'true' } } });
    const options = { method: 'POST', headers: { 'content-type': 'application/json' }, ...tls };
    return ask(`${point.url}/api/v1/namespaces/${namespace}/configmaps`, options, body, timeoutMs);
  };
  void next();
}

/** @returns {Promise<{ok: boolean, why?: string}>} */
function ask(url, options, body, timeoutMs) {
  return new Promise((resolve) => {
    const send = url.startsWith('https:') ? requestTls : request;
    const asked = send(url, { agent: false, signal: AbortSignal.timeout(timeoutMs), ...options }, (answer) => {
      answer.resume();
      answer.on('error', (error) => resolve({ ok: false, why: error.message }));
      answer.on('end', () => {
        const ok = answer.statusCode >= 200 && answer.statusCode < 300;
        resolve(ok ? { ok } : { ok, why: `status ${answer.statusCode}` });
      });
    });
    asked.on('error', (error) => resolve({ ok: false, why: error.code ?? error.message }));
    asked.end(body);
  });
}
