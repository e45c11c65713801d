import { describe, expect, it } from 'vitest';
import { optionsOf, viewOf } from '../../src/commands/options.js';

describe('the options of a command', () => {
  it('have camelCase names, and those of the connection and of the vault also objects of their own', () => {
    const o = optionsOf({ 'ask-pass': true, 'vault-id': ['a@b'], 'dry-run': false, 'extra-vars': ['x=1'], user: undefined });
    expect(o).toMatchObject({ askPass: true, vaultId: ['a@b'], dryRun: false, extraVars: ['x=1'], inventory: [] });
    expect(o.connection).toMatchObject({ askPass: true, user: undefined });
    expect(o.connection).not.toHaveProperty('dryRun');
    expect(o.connection).not.toHaveProperty('vaultId');
    expect(o.vault).toMatchObject({ vaultId: ['a@b'] });
    expect(Object.keys(o).filter((name) => name.includes('-'))).toEqual([]);
  });

  it('leave the inventories as they were given', () => {
    expect(optionsOf({ inventory: ['a.ini', 'b.ini'] }).inventory).toEqual(['a.ini', 'b.ini']);
  });

  it('choose the view', () => {
    expect([viewOf({ plain: false }), viewOf({ plain: true }), viewOf({ json: true, plain: false })]).toEqual([
      'auto',
      'plain',
      'json',
    ]);
  });
});
