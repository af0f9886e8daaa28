/**
 * One table of error codes: HTTP status, meaning and the way out. `fib explain <code>`, the reference page and all four languages' watchers use it.
 * Codes that only tools raise (never an HTTP answer) have status 0.
 */
interface ErrorEntry {
  readonly status: number;
  readonly meaning: string;
  readonly wayOut: string;
}

const entry = (status: number, meaning: string, wayOut: string): ErrorEntry => ({ status, meaning, wayOut });

export const ERRORS = {
  // request
  ROUTE_NOT_FOUND: entry(404, 'No HTTP trigger has this path and method.', 'Check the path with `fib ps`, or add an HttpTrigger to the stack.'),
  FUNCTION_NOT_FOUND: entry(404, 'No function has this name.', 'List the functions with `fib ps`.'),
  NOT_FOUND: entry(404, 'The platform has nothing at this path.', 'See the reference page of this port.'),
  METHOD_NOT_ALLOWED: entry(
    405,
    'The route exists, but not for this method.',
    'Use one of the methods in the `allow` header, or add the method to the trigger.',
  ),
  BAD_REQUEST: entry(
    400,
    'The request is malformed or ambiguous, and was refused before routing.',
    'Send one Host header, a normalised path and well-formed HTTP/1.1.',
  ),
  BAD_JSON: entry(400, 'The content type says JSON and the body is not.', 'Correct the body or its content type.'),
  BAD_CLOUDEVENT: entry(400, 'The request claims to be a CloudEvent and lacks a required attribute.', 'Send specversion, id, source and type.'),
  BODY_TOO_LARGE: entry(413, 'The body is larger than the function takes.', 'Send less, or raise `bodyLimit` of the function.'),
  HEADERS_TOO_LARGE: entry(431, 'The request has too many or too large headers.', 'Send at most 100 headers, 16 KiB in all.'),
  QUEUE_FULL: entry(429, 'Too many requests wait for this function.', 'Try again after `retry-after`, raise `queueLimit` or `scaling.maxReplicas`.'),
  TOKEN_INVALID: entry(401, 'The token is missing, malformed, expired or not meant for this.', 'Get a fresh token.'),
  NOT_ALLOWED: entry(403, 'The token is valid, and its owner may not do this.', 'Ask for a Role that grants the verb and resource in the message.'),
  UPGRADE_UNSUPPORTED: entry(501, 'The function does not take connection upgrades.', 'Export `upgrade(request, socket, head, context)` from the module.'),
  // capacity
  NO_CAPACITY: entry(
    503,
    'The platform has no instance for this function and can start none.',
    'Raise `max` of the pod pool or `scaling.maxReplicas`; `fib ps` shows who holds instances.',
  ),
  RUNTIME_UNAVAILABLE: entry(503, 'The runtime of this function is not installed here.', 'Run `fib doctor`; it names what is missing.'),
  SCALER_UNAVAILABLE: entry(503, 'The gateway cannot reach the scaler, and no instance is there.', 'See the scaler’s log with `fib logs --platform`.'),
  SHUTTING_DOWN: entry(503, 'This gateway is stopping.', 'Try again; another gateway answers.'),
  ACTIVATION_TIMEOUT: entry(
    504,
    'No instance became free within `activationTimeout`; `phase` says how far it got.',
    'Raise `activationTimeout`, the pool’s `min`, or `concurrency`.',
  ),
  // function
  FUNCTION_TIMEOUT: entry(504, 'The function did not answer within its timeout.', 'Make it faster, or raise `timeout`.'),
  FUNCTION_ERROR: entry(502, 'The function threw.', 'See its log with `fib logs <function>`; the request id is in the answer.'),
  FUNCTION_CRASHED: entry(502, 'The function’s process ended in the middle of the request.', 'See its log with `fib logs <function>`.'),
  FUNCTION_BAD_RESPONSE: entry(502, 'The function returned what cannot be sent.', 'Return a string, bytes, JSON, a stream, or {statusCode, headers, body}.'),
  LOAD_FAILED: entry(502, 'The function’s code could not be loaded.', 'Correct the error at the file and line in the message, and save.'),
  PACKAGE_INVALID: entry(502, 'The function’s package is missing or does not match its digest.', 'Deploy again; the package is made anew from the code.'),
  UPSTREAM_FAILED: entry(
    502,
    'The connection to the instance broke before an answer.',
    'The request may have run. Say `retry: "safe"` where running twice does no harm.',
  ),
  // watcher
  NOT_SPECIALIZED: entry(503, 'The instance has no function yet.', 'None needed: the gateway tries another instance.'),
  DRAINING: entry(503, 'The instance is ending.', 'None needed: the gateway tries another instance.'),
  EXECUTOR_UNAVAILABLE: entry(503, 'The instance restarts its executor.', 'None needed: the gateway tries another instance.'),
  EXECUTOR_RETIRED: entry(503, 'The connection belongs to code that was replaced.', 'None needed: the gateway connects anew.'),
  CONCURRENCY_LIMIT: entry(503, 'The instance has as many requests as it takes.', 'None needed: the gateway tries another instance.'),
  ALREADY_SPECIALIZED: entry(409, 'The instance belongs to another function for life.', 'None needed: the scaler takes another instance.'),
  STALE_EPOCH: entry(409, 'The order comes from a scaler that is no longer the leader.', 'None needed: the leader acts.'),
  STALE_GENERATION: entry(409, 'The instance has this generation or a newer one.', 'None needed.'),
  PACKAGE_TOO_LARGE: entry(413, 'The package is larger than 64 MiB.', 'Leave out what the function does not need, or put it in the template.'),
  MEMORY_LIMIT: entry(502, 'The function’s process passed its memory limit and was ended.', 'Raise `memory` of the function or its pool, or find the leak.'),
  // artifact service
  DIGEST_MISMATCH: entry(
    422,
    'The bytes that were sent are not those of the digest in the path.',
    'Send the package under its own digest; if it is, it was damaged on the way: send it again.',
  ),
  ARTIFACTS_BUSY: entry(
    503,
    'The artifact service has too many packages coming and going, or no room on its disk for one more of them just now.',
    'Try again after `retry-after`.',
  ),
  ARTIFACTS_FULL: entry(
    507,
    'The artifact service has no room for this package.',
    'Raise the quota (`FIB_ARTIFACTS_QUOTA_MIB`) and the volume, or make the package smaller.',
  ),
  ARTIFACTS_UNAVAILABLE: entry(
    503,
    'The artifact service cannot use its bucket.',
    'The message names the bucket and what to correct: its name, the credentials, the endpoint or the way there.',
  ),
  // tools: constructs, synth, CLI, start-up
  SPEC_INVALID: entry(0, 'An object does not fit its schema.', 'Each line names the field, the value and what is allowed.'),
  STACK_INVALID: entry(0, 'The stack contradicts itself.', 'Each line names the construct’s path and the way out.'),
  STACK_LOAD_FAILED: entry(0, 'The stack file could not be loaded.', 'Correct the error at the file and line in the message.'),
  CODE_INVALID: entry(0, 'The function’s code folder cannot be packed.', 'The message names the file and the rule.'),
  OUTPUT_UNRESOLVED: entry(
    0,
    'A Pulumi Output stands where plain text is needed.',
    'Give it through `output(…)` of a FunctionStackComponent; for a git tree use `config`.',
  ),
  PROMQL_INVALID: entry(0, 'An expression is not PromQL.', 'The message marks the place.'),
  CONFIG_INVALID: entry(0, 'A process or a stack was given a wrong configuration.', 'The message names every variable or key at fault.'),
  SECRET_IN_CLEAR: entry(
    0,
    'A secret value would be readable in a file for git, or in an object that is no Secret.',
    'Keep the value in a Secret of the cluster, and name it with Secret.fromName; the message names the construct or object, and the field.',
  ),
  GIT_FAILED: entry(0, 'Git does not have what the comparison needs.', 'The message says what is missing and the command that brings it.'),
  PORT_IN_USE: entry(0, 'A port is taken.', 'End the process that the message names, or move ours with `--port`.'),
  TOOLCHAIN_MISSING: entry(0, 'A program that this needs is not installed.', 'Run the line in the message.'),
  IMAGE_BUILD_FAILED: entry(0, 'An image could not be built.', 'The message names the image and the reason.'),
  IMAGE_PUSH_FAILED: entry(0, 'A registry did not take an image.', 'Log in with the program that builds, or name another registry.'),
  ALREADY_RUNNING: entry(0, 'A platform runs for this project already.', 'Use that one, or end it with Ctrl-C in its terminal.'),
  NOT_RUNNING: entry(0, 'No platform answers at this address.', 'Start it with `npm start` or `fib dev`, or pass `--admin <url>`.'),
  USAGE: entry(0, 'The command line is not understood.', 'See `fib --help`.'),
  // tools in a cluster
  KUBECONFIG_INVALID: entry(0, 'No kubeconfig leads to a cluster.', 'Name one with `--kubeconfig` or `KUBECONFIG`, and a context of it with `--context`.'),
  CLUSTER_UNREACHABLE: entry(
    0,
    'The API server does not answer.',
    'See that the cluster runs and that its address is reached from here, or choose another with `--context`.',
  ),
  CLUSTER_TOO_OLD: entry(0, 'The cluster’s Kubernetes is older than what the platform needs.', 'Update the cluster, or choose another with `--context`.'),
  CLUSTER_FORBIDDEN: entry(0, 'The cluster does not let this user do it.', 'Ask an administrator of the cluster for the right that the message names.'),
  CLUSTER_REFUSED: entry(0, 'The API server refused an object.', 'Each line names the construct, the object and the reason.'),
  APPLY_CONFLICT: entry(
    0,
    'Another field manager owns fields that the stack sets.',
    'Take the fields out of the stack, or take them over: `fib deploy --force-conflicts`, `fib rollback --force`.',
  ),
  PLATFORM_MISSING: entry(
    0,
    'The cluster has no Fibonacci platform.',
    'Deploy a stack with a Platform first; `kubectl get crd functions.fibonacci.dev` shows that it is there.',
  ),
  NOT_READY: entry(
    0,
    'What was deployed did not become ready in time.',
    'Correct what the message names, or wait longer with `--timeout`; `fib status` shows how it stands.',
  ),
  NOT_CONFIRMED: entry(0, 'Nobody agreed to the changes, and nothing was changed.', 'Agree with `y`, or pass `--yes` where nobody can be asked.'),
  REVISION_NOT_FOUND: entry(
    0,
    'The function has no such Revision to go back to.',
    'See those that it has with `kubectl get fibrev`; each deployment makes one.',
  ),
  SECRET_MISSING: entry(503, 'A secret that a function names has no value.', 'Locally: add the line that the message names to `.env` beside the stack.'),
  INTERNAL: entry(500, 'A defect in the platform.', 'Report it with the request id and the log lines.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export interface PlatformErrorOptions {
  /** Fields for machines: path, value, file, line, phase … */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error type: `code` from the table, `message` with the value and the way out. */
export class PlatformError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: PlatformErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PlatformError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status || 500;
  }
}

/** The body of every answer that the platform itself makes. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly requestId: string;
  readonly [detail: string]: unknown;
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}
