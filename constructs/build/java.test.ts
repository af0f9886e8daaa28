import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { PlatformError } from '../../protocol/errors.ts';
import { encodePackage, type PackageFile } from '../../protocol/package.ts';
import { buildJava } from './java.ts';
import { findJdk } from './java-toolchain.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'java-function-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const pathsOf = (files: readonly PackageFile[]): string[] => files.map(({ path }) => path).sort();

function refused(build: () => unknown): PlatformError {
  try {
    build();
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
  throw new Error('it was built');
}

const HELLO =
  'package com.acme;\n\nimport dev.fibonacci.function.Event;\n\npublic final class Hello {\n  public static Object handle(Event event) {\n    return "hello";\n  }\n}\n';

const POM = (more = '') => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.acme</groupId>
  <artifactId>hello</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.release>21</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency><groupId>dev.fibonacci</groupId><artifactId>function</artifactId><version>1.0.0</version><scope>provided</scope></dependency>
    ${more}
  </dependencies>
</project>
`;

describe('a folder with .java files', { timeout: 60_000 }, () => {
  test('becomes classes, its other files and its jars', () => {
    const folder = project({ 'com/acme/Hello.java': HELLO, 'com/acme/greeting.txt': 'hi', '.git/config': 'x' });
    mkdirSync(join(folder, 'lib'));
    cpSync(join(fileURLToPath(new URL('.', import.meta.url)), 'java.ts'), join(folder, 'lib', 'notes.txt'));
    expect(pathsOf(buildJava({ directory: folder, handler: 'com.acme.Hello.handle' }))).toEqual([
      'classes/com/acme/Hello.class',
      'classes/com/acme/greeting.txt',
      'classes/lib/notes.txt',
    ]);
    expect(readdirSync(folder).sort()).toEqual(['.git', 'com', 'lib']);
  });

  test('gives the same bytes in another place', () => {
    const [one, two] = [project({ 'com/acme/Hello.java': HELLO }), project({ 'com/acme/Hello.java': HELLO })].map(
      (directory) => encodePackage(buildJava({ directory, handler: 'com.acme.Hello.handle' })).digest,
    );
    expect(one).toBe(two);
  });

  test('every error of the compiler is told with its place', () => {
    const folder = project({ 'a/Broken.java': 'package a;\n\nclass Broken {\n  int x = "text";\n  Missing y;\n}\n' });
    const { code, message, details } = refused(() => buildJava({ directory: folder, handler: 'a.Broken.handle' }));
    expect(code).toBe('CODE_INVALID');
    expect(message).toMatch(/^the Java function does not compile:\na\/Broken\.java:\d+: .*\na\/Broken\.java:\d+: /);
    expect(message).not.toContain(folder);
    expect(details).toMatchObject({ file: 'a/Broken.java', line: expect.any(Number) });
  });

  test.each([
    ['a syntax error', 'class A {\n  void m( {\n}\n', /A\.java:2: /],
    ['a class that nobody has', 'import com.acme.Nothing;\nclass A {}\n', /A\.java:1: package com\.acme does not exist/],
    ['Java newer than functions are compiled for', 'void main() {}\n', /A\.java:1: /],
  ])('%s', (_, source, message) => {
    expect(refused(() => buildJava({ directory: project({ 'A.java': source }), handler: 'A.m' })).message).toMatch(message);
  });

  test.each([
    [
      'a class that is not there',
      'com.acme.Other.handle',
      /neither a class com\.acme\.Other nor a class com\.acme\.Other\.handle; classes are com\.acme\.Hello/,
    ],
    ['a method that is not there', 'com.acme.Hello.run', /com\.acme\.Hello has no method run; its methods are handle/],
  ])('%s is told before anything runs', (_, handler, message) => {
    const error = refused(() => buildJava({ directory: project({ 'com/acme/Hello.java': HELLO }), handler }));
    expect([error.code, error.message]).toEqual(['CODE_INVALID', expect.stringMatching(message)]);
  });

  test('a class is a handler by itself', () => {
    expect(pathsOf(buildJava({ directory: project({ 'com/acme/Hello.java': HELLO }), handler: 'com.acme.Hello' }))).toEqual(['classes/com/acme/Hello.class']);
  });

  test('a folder without code, and one that is not there', () => {
    expect(refused(() => buildJava({ directory: project({ 'notes.txt': 'x' }), handler: 'A.m' })).message).toMatch(/neither a pom\.xml nor a \.java file/);
    expect(refused(() => buildJava({ directory: '/nowhere/at/all', handler: 'A.m' })).message).toMatch(/does not exist/);
  });
});

describe('a Maven project', { timeout: 300_000 }, () => {
  const GSON = '<dependency><groupId>com.google.code.gson</groupId><artifactId>gson</artifactId><version>2.13.2</version></dependency>';
  const files = { 'pom.xml': POM(GSON), 'src/main/java/com/acme/Hello.java': HELLO, 'src/main/resources/greeting.txt': 'hi' };

  test('becomes its classes, resources and runtime dependencies, the same bytes in another place and at another time', () => {
    const [one, two] = [project(files), project(files)].map((directory) => buildJava({ directory, handler: 'com.acme.Hello.handle' }));
    expect(pathsOf(one ?? [])).toEqual([
      'classes/com/acme/Hello.class',
      'classes/greeting.txt',
      expect.stringMatching(/^lib\/error_prone_annotations-/),
      'lib/gson-2.13.2.jar',
    ]);
    expect(encodePackage(one ?? []).digest).toBe(encodePackage(two ?? []).digest);
  });

  test('what was deleted does not stay in the package', () => {
    const folder = project({ ...files, 'src/main/java/com/acme/Gone.java': 'package com.acme;\n\nclass Gone {}\n' });
    buildJava({ directory: folder, handler: 'com.acme.Hello.handle' });
    rmSync(join(folder, 'src/main/java/com/acme/Gone.java'));
    expect(pathsOf(buildJava({ directory: folder, handler: 'com.acme.Hello.handle' }))).not.toContain('classes/com/acme/Gone.class');
    expect(existsSync(join(folder, 'target'))).toBe(true);
  });

  test('errors are told with their place, and so is a dependency that cannot be had', () => {
    const broken = project({ 'pom.xml': POM(), 'src/main/java/A.java': 'class A {\n  int x = "text";\n}\n' });
    const { code, message, details } = refused(() => buildJava({ directory: broken, handler: 'A.m' }));
    expect([code, message]).toEqual([
      'CODE_INVALID',
      expect.stringMatching(/^the Java function does not compile:\nsrc\/main\/java\/A\.java:2: incompatible types/),
    ]);
    expect(details).toMatchObject({ file: 'src/main/java/A.java', line: 2 });
    const missing = project({
      'pom.xml': POM('<dependency><groupId>com.acme</groupId><artifactId>nothing</artifactId><version>0</version></dependency>'),
      'src/main/java/A.java': 'class A {}',
    });
    expect(refused(() => buildJava({ directory: missing, handler: 'A.m' })).message).toMatch(/com\.acme:nothing/);
  });
});

test('a JDK that is too old, or none, is told with the way out', () => {
  const { code, message } = refused(() => findJdk(99));
  expect([code, message]).toEqual(['TOOLCHAIN_MISSING', expect.stringMatching(/JDK 99 or newer, and the newest that was found is \d+.*JDK_HOME/)]);
});
