require('../bin/require-node.cjs');
void import('./main.ts');
