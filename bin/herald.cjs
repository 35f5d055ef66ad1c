#!/usr/bin/env node
require('./require-node.cjs');
const [, , asked, ...more] = process.argv;
// Scripts ask again and again: nothing is loaded for it.
if (more.length === 0 && /^(-V|--version)$/.test(asked ?? '')) {
  process.stdout.write(`herald ${require('../package.json').version}\n`);
} else {
  // A start takes half as long where what was compiled once is kept: in NODE_COMPILE_CACHE, or the folder of temporary files.
  require('node:module').enableCompileCache();
  // See src/heap.ts.
  require('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
  void import('../src/main.ts');
}
