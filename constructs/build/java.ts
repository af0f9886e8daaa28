import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import type { PackageFile } from '../../protocol/package.ts';
import { javaApi } from './java-api.ts';
import { checkHandler } from './java-class-file.ts';
import { compileSources } from './java-compiler.ts';
import { buildProject } from './java-maven.ts';
import { findJdk, OLDEST_FUNCTION_JDK, type Jdk } from './java-toolchain.ts';

export interface BuildJavaOptions {
  /** Absolute; the folder of the function's `pom.xml`, or of its `.java` files and, in `lib`, its jars. */
  readonly directory: string;
  /** `<Class>.<method>`, or `<Class>` of one that implements a handler's interface. */
  readonly handler: string;
  /** @default the newest JDK of this machine */
  readonly jdk?: Jdk;
}

const PROJECT = 'pom.xml';
const LIBRARIES = 'lib';

/**
 * Compiles a Java function for Java 21 and newer: `classes/` and `lib/*.jar`. Equal sources and toolchain give equal bytes, wherever they lie.
 * A folder with a `pom.xml` is built by Maven, which writes its own `target`; into any other folder nothing is written.
 *
 * @throws PlatformError TOOLCHAIN_MISSING without JDK 21 or newer, or Maven where it is needed; CODE_INVALID for what the compiler refuses (`file:line: text`), and for a handler that is not there
 */
export function buildJava({ directory, handler, jdk = findJdk(OLDEST_FUNCTION_JDK) }: BuildJavaOptions): readonly PackageFile[] {
  const folder = checkFolder(directory);
  const api = javaApi(jdk);
  const files = existsSync(join(folder, PROJECT)) ? buildProject(folder, { jdk, api }) : buildFolder(folder, { jdk, api: api.jars });
  checkHandler(files, handler);
  return files;
}

function checkFolder(directory: string): string {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new PlatformError('CODE_INVALID', `the folder ${directory} does not exist; a Java function is a folder with a pom.xml, or with .java files`, {
      details: { file: directory },
    });
  return realpathSync(directory);
}

function buildFolder(folder: string, { jdk, api }: { readonly jdk: Jdk; readonly api: readonly string[] }): readonly PackageFile[] {
  const paths = listFiles(folder);
  const sources = paths.filter((path) => path.endsWith('.java'));
  if (sources.length === 0)
    throw new PlatformError('CODE_INVALID', `there is neither a pom.xml nor a .java file in ${folder}: point the function’s code to the folder that has one`, {
      details: { file: folder },
    });
  const libraries = paths.filter((path) => path.startsWith(`${LIBRARIES}/`) && path.endsWith('.jar'));
  const output = mkdtempSync(join(realpathSync(tmpdir()), 'fib-java-'));
  try {
    mkdirSync(join(output, 'classes'));
    compileSources({ folder, sources, classPath: [...api, ...libraries.map((path) => join(folder, path))], output: join(output, 'classes'), jdk });
    const classes = listFiles(join(output, 'classes')).map((path) => ({ path: `classes/${path}`, bytes: readFileSync(join(output, 'classes', path)) }));
    const resources = paths
      .filter((path) => !sources.includes(path) && !libraries.includes(path))
      .map((path) => ({ path: `classes/${path}`, bytes: readFileSync(join(folder, path)) }));
    return [...classes, ...resources, ...libraries.map((path) => ({ path, bytes: readFileSync(join(folder, path)) }))];
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/** `/`-separated, sorted, without hidden ones. */
function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')) && statSync(join(folder, path)).isFile())
    .sort();
}
