import { noteTasks } from '../../kubernetes/record.js';
import type { Role } from '../../role.js';

/** Notes what runs, as `provision` notes what it has applied. @param text from `adoptedText` */
export function adopt(text: string): Role {
  return { name: 'adopt', tasks: (ctx) => noteTasks(ctx, text) };
}
