import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../protocol/errors.ts';
import { findMaven, runTool, type Jdk } from './java-toolchain.ts';

/** Sources of watcher and API. */
export const JAVA_SOURCES = fileURLToPath(new URL('../../runtimes/java', import.meta.url)).replace(/\/$/, '');

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * Puts the libraries that the watcher's pom.xml pins into a folder, with what they depend on.
 * @param artifacts those wanted
 * @throws PlatformError TOOLCHAIN_MISSING without Maven, or where the libraries cannot be had
 */
export function copyLibraries(artifacts: readonly string[], folder: string, { home }: Jdk): readonly string[] {
  const pom = readFileSync(join(JAVA_SOURCES, 'watcher', 'pom.xml'), 'utf8');
  const pinned = [...pom.matchAll(/<dependency>[\s\S]*?<\/dependency>/g)]
    .map(([text]) => text)
    .filter((text) => artifacts.some((name) => text.includes(`<artifactId>${name}</artifactId>`)));
  const work = mkdtempSync(join(realpathSync(tmpdir()), 'fib-libraries-'));
  try {
    const dependencies = pinned.join('').replace(/<scope>[^<]*<\/scope>/g, '');
    const project = `<project><modelVersion>4.0.0</modelVersion><groupId>dev.fibonacci</groupId><artifactId>libraries</artifactId><version>1</version><dependencies>${dependencies}</dependencies></project>`;
    writeFileSync(join(work, 'pom.xml'), project);
    mkdirSync(folder, { recursive: true });
    const args = ['-q', '-B', '-f', join(work, 'pom.xml'), COPY, `-DoutputDirectory=${folder}`];
    const env = { ...process.env, JAVA_HOME: home };
    const maven = findMaven();
    const offline = runTool(maven, ['-o', ...args], { env });
    const { ok, output } = offline.ok ? offline : runTool(maven, args, { env });
    if (!ok)
      throw new PlatformError(
        'TOOLCHAIN_MISSING',
        `the libraries of the Java watcher cannot be had by Maven: ${output.trim().split('\n').slice(0, 5).join('\n')}`,
      );
    return readdirSync(folder).sort();
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Compiles all sources below a folder into a jar whose bytes depend on nothing else. @throws PlatformError TOOLCHAIN_MISSING with the compiler's messages */
export function compileJar(jdk: Jdk, { sources, release, classPath, compilePath = [], lint = [], jar }: JarOrder): void {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.java'))
    .sort()
    .map((path) => join(sources, path));
  const work = mkdtempSync(join(realpathSync(tmpdir()), 'fib-classes-'));
  const classes = join(work, 'classes');
  const manifest = join(work, 'manifest');
  try {
    mkdirSync(classes);
    writeFileSync(manifest, renderManifest(classPath.filter((path) => dirname(path) === dirname(jar)).map((path) => basename(path))));
    const warnings = [`-Xlint:${['all', ...lint].join(',')}`, '-Werror'];
    const compiled = runTool(join(jdk.home, 'bin', 'javac'), [
      '--release',
      String(release),
      ...warnings,
      '-encoding',
      'UTF-8',
      '-d',
      classes,
      '-cp',
      [...classPath, ...compilePath].join(delimiter),
      ...files,
    ]);
    const packed = compiled.ok
      ? runTool(join(jdk.home, 'bin', 'jar'), ['--create', '--file', jar, '--manifest', manifest, '--date=1980-02-01T00:00:00Z', '-C', classes, '.'])
      : compiled;
    if (!packed.ok) throw new PlatformError('TOOLCHAIN_MISSING', `the Java watcher does not compile with JDK ${jdk.version}: ${packed.output.trim()}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What lies beside a jar is on its class path. A line holds 72 bytes (JAR File Specification). */
function renderManifest(beside: readonly string[]): string {
  if (beside.length === 0) return 'Manifest-Version: 1.0\n';
  const lines = `Class-Path: ${beside.join(' ')}`.match(/.{1,70}/g) ?? [];
  return `Manifest-Version: 1.0\n${lines.join('\n ')}\n`;
}

export interface JarOrder {
  /** A folder. */
  readonly sources: string;
  readonly release: number;
  /** Those that lie beside the jar become its own. */
  readonly classPath: readonly string[];
  /** For the compiler alone. */
  readonly compilePath?: readonly string[];
  /** Further `-Xlint` keys. */
  readonly lint?: readonly string[];
  readonly jar: string;
}
