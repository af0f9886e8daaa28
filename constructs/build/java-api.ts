import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compileJar, copyLibraries, JAVA_SOURCES } from './java-libraries.ts';
import { OLDEST_FUNCTION_JDK, type Jdk } from './java-toolchain.ts';
import { cached, folderRecipe } from './user-cache.ts';

/** What functions compile against, and find in the watcher. */
export interface JavaApi {
  /** Absolute. */
  readonly jars: readonly string[];
  /** `dev.fibonacci:function` among them. */
  readonly function: string;
}

const FRAMEWORK = 'functions-framework-api';

/** @throws PlatformError TOOLCHAIN_MISSING */
export function javaApi(jdk: Jdk): JavaApi {
  const recipe = JSON.stringify([jdk.version, folderRecipe(JAVA_SOURCES, (path) => path.startsWith('function/') || path === 'watcher/pom.xml')]);
  const { folder, ensure } = cached('java-api', recipe, (work) => {
    const libraries = copyLibraries([FRAMEWORK], work, jdk).map((name) => join(work, name));
    compileJar(jdk, {
      sources: join(JAVA_SOURCES, 'function', 'src', 'main', 'java'),
      release: OLDEST_FUNCTION_JDK,
      classPath: libraries,
      jar: join(work, 'function.jar'),
    });
  });
  ensure();
  return { jars: readdirSync(folder).map((name) => join(folder, name)), function: join(folder, 'function.jar') };
}
