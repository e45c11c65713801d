import * as z from 'zod';
import type { RunEvent } from '../events.js';

// Schemas of the journal's lines, for its readers: docs/journal.md as code. Objects are loose, so that a newer version may add
// fields. The writer (journal.ts) does not load this file.

const texts = z.array(z.string()).readonly();
const ms = z.number().nonnegative();
const count = z.number().int().nonnegative();

/** First line of a journal. Early journals of version 0.1.0 lack it. */
const headerSchema = z.looseObject({
  schema: z.string().regex(/^kubewright\.journal\/\d+$/),
  /** Version of Kubewright that wrote it. */
  kubewright: z.string().optional(),
  run: z.string(),
  title: z.string(),
  /** The command line, secrets replaced by `***`. */
  command: texts.optional(),
  user: z.string(),
  host: z.string(),
  /** Identifies the writer's process; see controller.ts. */
  process: z.string(),
  /** The working directory. */
  cwd: z.string().optional(),
  inventory: texts.optional(),
  playbook: z.string().optional(),
  limit: z.string().optional(),
  tags: texts.optional(),
  skipTags: texts.optional(),
  check: z.boolean(),
  /** ISO 8601: start of the command, before anything was read or connected. */
  started: z.string(),
});
export type JournalHeader = z.infer<typeof headerSchema>;

const recap = z.looseObject({
  host: z.string(),
  ok: count,
  changed: count,
  failed: count,
  skipped: count,
  unreachable: z.boolean(),
});

function event<T extends RunEvent['type'], S extends z.ZodRawShape>(type: T, shape: S) {
  return z.looseObject({ at: z.number(), type: z.literal(type), ...shape });
}

/** One schema for each type of event. A type that is only in events.ts does not compile. */
export const EVENT_SCHEMAS: { readonly [T in RunEvent['type']]: z.ZodType<Extract<RunEvent, { type: T }>> } = {
  'run-start': event('run-start', { run: z.string(), title: z.string(), hosts: texts, dir: z.string(), check: z.boolean() }),
  warning: event('warning', { host: z.string().optional(), text: z.string(), danger: z.boolean().optional() }),
  'host-connected': event('host-connected', { host: z.string(), ms }),
  'host-unreachable': event('host-unreachable', { host: z.string(), error: z.string() }),
  'host-lost': event('host-lost', { host: z.string(), error: z.string(), attempt: count }),
  'host-back': event('host-back', { host: z.string() }),
  'play-start': event('play-start', { play: z.string(), hosts: texts, tasks: z.record(z.string(), count) }),
  'task-start': event('task-start', {
    play: z.string(),
    host: z.string(),
    task: z.string(),
    title: z.string(),
    n: count,
    of: count,
  }),
  'task-output': event('task-output', { play: z.string(), host: z.string(), task: z.string(), text: z.string() }),
  'task-end': event('task-end', {
    play: z.string(),
    host: z.string(),
    task: z.string(),
    title: z.string(),
    status: z.enum(['ok', 'changed', 'would-change', 'failed', 'skipped']),
    ms,
    code: z.number().int().optional(),
    tail: texts.optional(),
    hint: z.string().optional(),
    diff: z.string().optional(),
  }),
  push: event('push', { host: z.string(), artifact: z.string(), bytes: count, of: count }),
  'host-failed': event('host-failed', { play: z.string(), host: z.string(), error: z.string() }),
  'play-end': event('play-end', { play: z.string(), ms, failed: texts }),
  'run-end': event('run-end', { run: z.string(), ms, recap: z.array(recap), exitCode: z.number().int() }),
};

export type ParsedLine =
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'header'; readonly header: JournalHeader }
  /** An event of a newer version. */
  | { readonly kind: 'unknown'; readonly type: string }
  /** Torn, or not of this format. */
  | { readonly kind: 'broken' };

export function parseLine(line: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'broken' };
  }
  const header = headerSchema.safeParse(value);
  if (header.success) return { kind: 'header', header: header.data };
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string') return { kind: 'broken' };
  if (!isKnown(type)) return { kind: 'unknown', type };
  const parsed = EVENT_SCHEMAS[type].safeParse(value);
  return parsed.success ? { kind: 'event', event: parsed.data } : { kind: 'broken' };
}

function isKnown(type: string): type is RunEvent['type'] {
  return Object.hasOwn(EVENT_SCHEMAS, type);
}
