#!/usr/bin/env node
import * as nodeModule from 'node:module';

// Node.js 22.1 and newer cache compiled code between runs.
nodeModule.enableCompileCache?.();
const { main } = await import('../dist/cli/main.js');
await main(process.argv.slice(2));
