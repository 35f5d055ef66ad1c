/**
 * Imported into a Herald before its own code: once SIGUSR2 has come, it stops itself (SIGSTOP) right before its next
 * message leaves, where no signal from outside would meet it: the mark of the attempt is made, the request is not yet
 * written. Whoever wakes it (SIGCONT) lets it go on from there.
 */
import { subscribe } from 'node:diagnostics_channel';

let isArmed = false;

process.on('SIGUSR2', () => {
  isArmed = true;
});

subscribe('undici:request:create', (message) => {
  const { request } = message as { request: { path: string } };
  if (!isArmed || !request.path.endsWith('/chat.postMessage')) return;
  isArmed = false;
  process.kill(process.pid, 'SIGSTOP');
});
