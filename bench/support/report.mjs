import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** A table of text; the first row is its head. @param {readonly (readonly string[])[]} rows */
export function printTable(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((r) => r[i].length)));
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
    console.log(cells.join('   ').trimEnd());
  }
}

/** The same as a JSON file. @param {string} file @param {Record<string, unknown>} result */
export function writeResult(file, result) {
  const box = { cores: cpus().length, memoryGb: Math.round(totalmem() / 2 ** 30), node: process.version };
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), box, ...result }, null, 2)}\n`);
  console.log(`\nWritten to ${file}`);
}

/** @param {number} ms */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** @param {number} value */
export function times(value) {
  return `${value.toFixed(2)}x`;
}

/** Says what is going on, so that a hang can be told from work. @param {string} text */
export function say(text) {
  console.log(`[${new Date().toISOString().slice(11, 19)}] ${text}`);
}

/** `--name value` or `--name=value` of the command line. @param {string} name @param {string} fallback */
export function option(name, fallback) {
  const args = process.argv.slice(2);
  const at = args.findIndex((a) => a === `--${name}` || a.startsWith(`--${name}=`));
  if (at === -1) return fallback;
  return args[at].includes('=') ? args[at].slice(name.length + 3) : (args[at + 1] ?? fallback);
}

/** @param {string} name */
export function flag(name) {
  return process.argv.includes(`--${name}`);
}
