/**
 * Marks on an executor's stdout and stderr, between its capture and the supervisor's: `REQUEST_MARK <id> REQUEST_END` before a line that a request printed, `LOG_MARK` before a record of `context.log`.
 * User code that prints them itself mislabels its own lines and nothing else.
 */
export const REQUEST_MARK = '\u001e';
export const REQUEST_END = '\u001f';
export const LOG_MARK = '\u001d';
