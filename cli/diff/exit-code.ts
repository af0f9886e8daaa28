/** What `fib diff` ends with where there are changes; 0 where there are none, 1 where it failed. */
export const CHANGES = 2;
