import { InputError } from '../../base/errors.js';

/** The API refuses less. Source: kubernetes/pkg/apis/{certificates,authentication}/validation/validation.go */
const LEAST_SECONDS = 600;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `8h`, `30m`, `7d` in seconds. @param what lives that long. @throws InputError */
export function lifetime(text: string, what: 'certificate' | 'token'): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  const seconds = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
  if (Number.isNaN(seconds))
    throw new InputError({ what: `--ttl ${text} is not a time`, fix: 'Write a number and its unit: 30m, 8h, 7d' });
  if (seconds < LEAST_SECONDS)
    throw new InputError({
      what: `--ttl ${text} is too short`,
      why: `Kubernetes issues no ${what} for less than 10 minutes`,
      fix: 'Write --ttl 10m or more',
    });
  return seconds;
}
