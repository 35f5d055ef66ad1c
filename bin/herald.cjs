#!/usr/bin/env node
require('./require-node.cjs');
const [, , asked, ...more] = process.argv;
// Scripts ask again and again: nothing is loaded for it.
if (more.length === 0 && /^(-V|--version)$/.test(asked ?? '')) {
  process.stdout.write(`herald ${require('../package.json').version}\n`);
} else {
  // What was compiled once is kept, in NODE_COMPILE_CACHE or the folder of temporary files: the next start is shorter.
  require('node:module').enableCompileCache();
  void import('../src/main.ts');
}
