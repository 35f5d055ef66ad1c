require('../bin/require-node.cjs');
import('./main.ts');
