import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import type { PackageFile } from '../../protocol/package.ts';
import type { JavaApi } from './java-api.ts';
import { describeErrors } from './java-compiler.ts';
import { findMaven, OLDEST_FUNCTION_JDK, runTool, type Jdk } from './java-toolchain.ts';

const DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const API_VERSION = '1.0.0';
/** The watcher has its own, which function and watcher must share. */
const PROVIDED = 'dev.fibonacci,com.google.cloud.functions';

interface Build {
  readonly jdk: Jdk;
  readonly api: JavaApi;
}

/**
 * Builds a Maven project: its classes and its dependencies of scope runtime. It may depend on `dev.fibonacci:function` (scope `provided`), which is put into the local repository.
 * Maven works offline as long as it has what it needs.
 * @throws PlatformError TOOLCHAIN_MISSING, CODE_INVALID
 */
export function buildProject(folder: string, { jdk, api }: Build): readonly PackageFile[] {
  installApi(api);
  const libraries = mkdtempSync(join(realpathSync(tmpdir()), 'fib-maven-'));
  try {
    const goals = ['process-classes', DEPENDENCIES, `-DoutputDirectory=${libraries}`, '-DincludeScope=runtime', `-DexcludeGroupIds=${PROVIDED}`];
    const args = ['-q', '-B', '-f', join(folder, 'pom.xml'), ...releaseOf(folder), ...goals];
    const env = { ...process.env, JAVA_HOME: jdk.home };
    const maven = findMaven();
    const offline = runTool(maven, ['-o', ...args], { cwd: folder, env });
    const result = offline.ok || hasPlace(offline.output) ? offline : runTool(maven, args, { cwd: folder, env });
    if (!result.ok) throw describeErrors(result.output, folder);
    return [...read(join(folder, 'target', 'classes'), 'classes'), ...read(libraries, 'lib')];
  } finally {
    rmSync(libraries, { recursive: true, force: true });
  }
}

/** The compiler plugin that an older Maven takes by itself knows neither `maven.compiler.release` nor a default that a JDK of today has. */
function releaseOf(folder: string): string[] {
  if (readFileSync(join(folder, 'pom.xml'), 'utf8').includes('maven-compiler-plugin')) return [];
  return ['source', 'target'].map((name) => `-Dmaven.compiler.${name}=${OLDEST_FUNCTION_JDK}`);
}

/** The compiler was reached, so nothing is missing. */
function hasPlace(output: string): boolean {
  return /\.java:\[\d+,\d+\]/.test(output);
}

function read(folder: string, prefix: string): PackageFile[] {
  if (!existsSync(folder)) throw new PlatformError('CODE_INVALID', `Maven has made no ${folder}: the project has no classes`, { details: { file: folder } });
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort()
    .map((path) => ({ path: `${prefix}/${path.split(sep).join('/')}`, bytes: readFileSync(join(folder, path)) }));
}

/** As `mvn install` would, without its plugins: so the function's project finds the API, and so does an editor. */
function installApi(api: JavaApi): void {
  const name = `function-${API_VERSION}`;
  const folder = join(localRepository(), 'dev', 'fibonacci', 'function', API_VERSION);
  const jar = join(folder, `${name}.jar`);
  if (existsSync(jar) && readFileSync(jar).equals(readFileSync(api.function))) return;
  mkdirSync(folder, { recursive: true });
  copyFileSync(api.function, jar);
  const coordinates = `<groupId>dev.fibonacci</groupId><artifactId>function</artifactId><version>${API_VERSION}</version>`;
  writeFileSync(join(folder, `${name}.pom`), `<project><modelVersion>4.0.0</modelVersion>${coordinates}</project>\n`);
}

/** Of the user's settings, else Maven's default. */
function localRepository(): string {
  const settings = join(homedir(), '.m2', 'settings.xml');
  const named = existsSync(settings) ? /<localRepository>\s*([^<]+?)\s*<\/localRepository>/.exec(readFileSync(settings, 'utf8'))?.[1] : undefined;
  return named?.replaceAll('${user.home}', homedir()) ?? join(homedir(), '.m2', 'repository');
}
