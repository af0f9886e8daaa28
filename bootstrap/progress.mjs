/** Shows on stderr what set-up does. Steps that find nothing to do stay silent, so that a second start is one clean screen. */
export function createProgress(stream = process.stderr) {
  const colour = stream.isTTY && !process.env.NO_COLOR;
  const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const line = (mark, text) => stream.write(`  ${mark} ${text}\n`);
  return {
    /** Runs `work`, which says so by `begin(what)` once it finds that there is something to do. */
    async step(work) {
      let begun;
      const begin = (what) => {
        begun = { what, at: Date.now() };
        line(paint(2, '…'), paint(2, what));
      };
      const result = await work(begin);
      if (begun) line(paint(32, '✓'), `${begun.what} ${paint(2, `${((Date.now() - begun.at) / 1000).toFixed(1)} s`)}`);
      return result;
    },
    warn: (text) => line(paint(33, '!'), text),
    fail: (text) => line(paint(31, '✗'), text),
  };
}
