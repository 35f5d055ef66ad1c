/** Chosen by the server to break a deadlock or a conflict: the same statement succeeds when it is repeated. */
export function isTransient(error: unknown): boolean {
  return ['40P01', '40001'].includes(codeOf(error));
}

/** The statement's own values are at fault, not the server or the connection. */
export function isDataError(error: unknown): boolean {
  return /^(22|23)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
