// In words that an old Node.js can read: the rest is TypeScript, which it cannot.
const needed = 24;
if (Number.parseInt(process.versions.node, 10) < needed) {
  process.stderr.write(
    `herald needs Node.js ${needed} or newer, and this is ${process.versions.node}: install it, or use the image\n`,
  );
  process.exit(1);
}
