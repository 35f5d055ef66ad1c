#!/usr/bin/env node
require('./require-node.cjs');
void import('../src/main.ts');
