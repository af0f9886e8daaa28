import { ADMIN_PATHS, HEADERS } from '../../protocol/names.ts';
import { parseServerTiming, type Phase } from '../server-timing.ts';
import { type FunctionCall, tickHeaders } from './calls.ts';

export interface CheckTarget {
  readonly gateway: string;
  readonly admin: string;
  readonly token: string;
}

export interface CallResult {
  /** 0 where no answer came. */
  readonly status: number;
  readonly ms: number;
  readonly phases: readonly Phase[];
  /** Of the error table, or what broke the connection. */
  readonly error?: string;
}

export interface CheckResult {
  readonly function: string;
  readonly runtime: string;
  readonly deployment: string;
  readonly cold: CallResult;
  readonly warm: CallResult;
  readonly ok: boolean;
}

const CALL_TIMEOUT_MS = 60_000;

/** Calls each function twice, one function after the other: the first call finds it without an instance. */
export async function checkFunctions(calls: readonly FunctionCall[], target: CheckTarget): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const call of calls) {
    const cold = await callOnce(call, target);
    const warm = await callOnce(call, target);
    const ok = [cold, warm].every(({ status }) => status >= 200 && status < 300);
    results.push({ function: `${call.namespace}/${call.name}`, runtime: call.runtime, deployment: call.deployment, cold, warm, ok });
  }
  return results;
}

async function callOnce(call: FunctionCall, target: CheckTarget): Promise<CallResult> {
  const begun = performance.now();
  try {
    const response = await fetch(...requestOf(call, target));
    const body = await response.text();
    const phases = parseServerTiming(response.headers.get(HEADERS.serverTiming));
    const error = response.ok ? undefined : (response.headers.get(HEADERS.error) ?? body.slice(0, 200));
    return { status: response.status, ms: performance.now() - begun, phases, ...(error !== undefined && { error }) };
  } catch (error) {
    const { cause, message } = error as Error;
    return { status: 0, ms: performance.now() - begun, phases: [], error: String((cause as Error | undefined)?.message ?? message) };
  }
}

function requestOf(call: FunctionCall, { gateway, admin, token }: CheckTarget): [string, RequestInit] {
  const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
  if (call.http && call.http.host === undefined) return [`${gateway}${call.http.path}`, { method: call.http.method, signal }];
  const headers = { authorization: `Bearer ${token}`, ...(call.timer && !call.http ? tickHeaders(call, call.timer, new Date()) : {}) };
  return [`${admin}${ADMIN_PATHS.invoke}/${call.namespace}/${call.name}`, { method: 'POST', headers, body: call.timer?.data ?? null, signal }];
}
