/**
 * `node scripts/failed-tests.ts REPORT.json …`: prints each failed test of vitest's JSON reports with the first lines of
 * its messages; also a file that could not be loaded. A report that is missing, as of a step that was cut off, is said to be.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Lines of a message: what was expected and what came, without most of the stack. */
const lines = 6;

interface Report {
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] | null }[];
  }[];
}

function* failuresOf(report: Report): Generator<{ name: string; messages: string[] }> {
  for (const { name, status, message, assertionResults } of report.testResults) {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((result) => result.status === 'failed');
    for (const { fullName, failureMessages } of failed)
      yield { name: `${file} > ${fullName}`, messages: failureMessages ?? [] };
    if (status === 'failed' && failed.length === 0) yield { name: file, messages: [message ?? ''] };
  }
}

function linesOf(message: string): string[] {
  return stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => !line.includes('/node_modules/'));
}

for (const path of process.argv.slice(2)) {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
    for (const { name, messages } of failuresOf(report)) {
      console.log(`Failed test: ${name}`);
      for (const message of messages)
        for (const line of linesOf(message).slice(0, lines)) console.log(`    ${line}`);
    }
  } catch (error) {
    console.log(`No report of tests: ${error instanceof Error ? error.message : String(error)}`);
  }
}
