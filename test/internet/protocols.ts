import { nats } from './nats.ts';
import type { Protocol } from './server.ts';
import { smtp } from './smtp.ts';

/** What the server speaks beside HTTP, where the answers that it plays ask for it. */
export const otherProtocols: readonly Protocol[] = [nats, smtp];
