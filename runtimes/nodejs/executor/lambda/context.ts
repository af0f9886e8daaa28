import type { InvocationContext } from '../context.ts';

/** A handler's second argument as AWS Lambda has it for Node.js (W7.8): a plain object, which handlers may write to. */
export interface LambdaContext {
  /** Accepted and without effect: an answer never waits for the event loop to be empty. */
  callbackWaitsForEmptyEventLoop: boolean;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  /** MiB, as text. */
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  getRemainingTimeInMillis(): number;
}

const MIB = 1024 * 1024;

/** `memoryLimitBytes` is undefined where there is no limit, which handlers see as 0. */
export function toLambdaContext(context: InvocationContext, memoryLimitBytes: number | undefined): LambdaContext {
  const { requestId, namespace, functionName, content } = context;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: content,
    invokedFunctionArn: `arn:fibonacci:lambda::${namespace}:function:${functionName}`,
    memoryLimitInMB: String(Math.floor((memoryLimitBytes ?? 0) / MIB)),
    awsRequestId: requestId,
    logGroupName: `/fibonacci/${namespace}/${functionName}`,
    logStreamName: content,
    getRemainingTimeInMillis: () => context.remainingMs(),
  };
}
