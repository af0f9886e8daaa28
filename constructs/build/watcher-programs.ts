import type { FunctionRuntime } from '../../protocol/schema/fields.ts';
import { goWatcher } from './go-watcher.ts';
import { javaWatcher } from './java-watcher.ts';
import { ownPlatform } from './platform.ts';

/** What a local fleet starts watchers with that are compiled; a runtime that was not named has none. */
export interface WatcherPrograms {
  readonly goWatcher?: string;
  readonly java?: string;
  readonly javaWatcher?: string;
}

/** Compiles the watchers of these runtimes, on first use. @throws PlatformError TOOLCHAIN_MISSING */
export function watcherPrograms(...runtimes: readonly FunctionRuntime[]): WatcherPrograms {
  return { ...(runtimes.includes('go') && goProgram()), ...(runtimes.includes('java') && javaProgram()) };
}

function goProgram(): WatcherPrograms {
  const { file, ensure } = goWatcher(ownPlatform());
  ensure();
  return { goWatcher: file };
}

function javaProgram(): WatcherPrograms {
  const { java, file, ensure } = javaWatcher();
  ensure();
  return { java, javaWatcher: file };
}
