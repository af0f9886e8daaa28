import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { compileJar, copyLibraries, JAVA_SOURCES } from './java-libraries.ts';
import { findJdk, OLDEST_FUNCTION_JDK, OLDEST_WATCHER_JDK, runTool, type Jdk } from './java-toolchain.ts';
import { cached, folderRecipe } from './user-cache.ts';
import type { WatcherBuild } from './watcher-build.ts';

/** The watcher of Java functions: a folder of jars. */
export interface JavaWatcher extends WatcherBuild {
  /** The program that runs it. */
  readonly java: string;
}

const MAIN_SOURCES = ['src', 'main', 'java'];
/** The libraries that the watcher runs with. */
const LIBRARIES = ['gson', 'functions-framework-api'];
/** Only the compiler reads it. */
const ANNOTATIONS = /^error_prone_annotations-/;
const TRAINING = 'dev.fibonacci.watcher.supervisor.Training';

/** The watcher of Java functions. @throws PlatformError TOOLCHAIN_MISSING without JDK 25 or newer */
export function javaWatcher(jdk: Jdk = findJdk(OLDEST_WATCHER_JDK)): JavaWatcher {
  const recipe = JSON.stringify([jdk, folderRecipe(JAVA_SOURCES, (path) => /^(function|watcher)\/(src\/main|pom\.xml)/.test(path))]);
  const { folder, ensure } = cached('java-watcher', recipe, (work) => buildJavaWatcher(work, jdk));
  return { file: folder, ensure, java: join(jdk.home, 'bin', 'java') };
}

/**
 * Compiles the watcher into a folder: `watcher.jar`, `function.jar`, the libraries, and `watcher.aot`, which makes it start faster (JEP 514).
 * @throws PlatformError TOOLCHAIN_MISSING
 */
function buildJavaWatcher(folder: string, jdk: Jdk): void {
  const copied = copyLibraries(LIBRARIES, folder, jdk).map((name) => join(folder, name));
  const annotations = copied.filter((path) => ANNOTATIONS.test(basename(path)));
  const libraries = copied.filter((path) => !annotations.includes(path));
  const api = join(folder, 'function.jar');
  compileJar(jdk, { sources: join(JAVA_SOURCES, 'function', ...MAIN_SOURCES), release: OLDEST_FUNCTION_JDK, classPath: libraries, jar: api });
  const sources = join(JAVA_SOURCES, 'watcher', ...MAIN_SOURCES);
  // The one native function that it calls is allowed on its command line.
  compileJar(jdk, {
    sources,
    release: OLDEST_WATCHER_JDK,
    classPath: [api, ...libraries],
    compilePath: annotations,
    lint: ['-restricted'],
    jar: join(folder, 'watcher.jar'),
  });
  for (const path of annotations) rmSync(path);
  trainJavaWatcher(folder, jdk);
}

/** Runs the watcher once on a function of its own and keeps what the JVM has learnt. */
function trainJavaWatcher(folder: string, jdk: Jdk): void {
  const flags = ['-XX:+UseSerialGC', '-XX:-UsePerfData', '--enable-native-access=ALL-UNNAMED', `-XX:AOTCacheOutput=${join(folder, 'watcher.aot')}`];
  const { ok, output } = runTool(join(jdk.home, 'bin', 'java'), [...flags, '-cp', join(folder, 'watcher.jar'), TRAINING]);
  if (!ok) throw new PlatformError('TOOLCHAIN_MISSING', `the Java watcher does not run with JDK ${jdk.version}: ${output.trim()}`);
}
