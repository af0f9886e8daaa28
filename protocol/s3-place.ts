/** What may say where packages are in an S3-compatible server: regular expressions, for schemas and for the process. */

/** A URL without user and query. */
export const S3_ENDPOINT = '^https?://[^\\s/?#@]+(/[^\\s?#]*)?$';
/** What keys begin with: no segment is `.` or `..`, which clients and servers resolve, each in its own way. */
export const S3_PREFIX = '^(?!.*/\\.{1,2}(/|$))([a-zA-Z0-9][a-zA-Z0-9._/-]*)?$';
