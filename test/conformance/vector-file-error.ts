/** A file that cannot be run at all; the message says what is wrong with it and what to do. */
export class VectorFileError extends Error {}
