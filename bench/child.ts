import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpuOf } from './process-figures.ts';

/** What a part of the bench answers: at most one argument each. */
type AnyQuestions = Record<string, (argument: never) => unknown>;

/** A part of the bench in a process of its own, which answers questions one after another. */
export interface Child<Questions extends AnyQuestions> {
  /** Seconds of the processor's time so far. */
  cpu(): number;
  ask<Name extends keyof Questions>(
    name: Name,
    ...arguments_: Parameters<Questions[Name]>
  ): Promise<Awaited<ReturnType<Questions[Name]>>>;
  end(): Promise<void>;
}

export function startChild<Questions extends AnyQuestions>(
  script: string,
  environment: Record<string, string> = {},
): Child<Questions> {
  const child = fork(script, { env: { ...process.env, ...environment }, serialization: 'advanced' });
  const ended = once(child, 'exit');
  return {
    cpu: () => cpuOf(child.pid),
    async ask(name, ...arguments_) {
      child.send([name, ...arguments_]);
      const [answer] = (await Promise.race([
        once(child, 'message'),
        ended.then(([code]) => {
          throw new Error(`${script} ended with ${code}`);
        }),
      ])) as [never];
      return answer;
    },
    async end() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Answers questions in the process that {@link startChild} has started; ends with the one that asks. */
export function answer(questions: AnyQuestions): void {
  process.on('message', ([name, ...arguments_]: [string, never]) => {
    void (async () => process.send?.((await questions[name]?.(...arguments_)) ?? null))();
  });
  process.on('disconnect', () => process.exit(0));
}
