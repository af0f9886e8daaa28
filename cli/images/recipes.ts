import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { goWatcher } from '../../constructs/build/go-watcher.ts';
import { javaWatcher } from '../../constructs/build/java-watcher.ts';
import { ownPlatform } from '../../constructs/build/platform.ts';
import type { ImageName } from '../../protocol/images.ts';

/** What goes into an image, besides its base. Paths begin at `dist/`. */
export interface ImageRecipe {
  readonly containerfile: string;
  /** Folders that are copied whole, each with its name under `app/`; `''` = into `app/` itself. */
  readonly folders: readonly { readonly from: string; readonly to: string }[];
  /** What of them is copied. */
  readonly accept: RegExp;
  /** Node.js programs: ES modules, with the npm packages that the folders import. */
  readonly modules: boolean;
  /** Puts programs that are compiled into `app/`. @throws PlatformError TOOLCHAIN_MISSING */
  readonly compile?: (app: string) => void;
}

const layers = (...names: string[]) => names.map((name) => ({ from: name, to: name }));

export const RECIPES: Readonly<Record<ImageName, ImageRecipe>> = {
  gateway: { containerfile: 'gateway/Containerfile', folders: layers('protocol', 'kit', 'gateway'), accept: /\.js$/, modules: true },
  scaler: { containerfile: 'scaler/Containerfile', folders: layers('protocol', 'kit', 'scaler', 'artifacts'), accept: /\.js$/, modules: true },
  nodejs: { containerfile: 'runtimes/nodejs/Containerfile', folders: [{ from: 'runtimes/nodejs', to: '' }], accept: /\.js$/, modules: true },
  python: {
    containerfile: 'runtimes/python/Containerfile',
    folders: [{ from: 'runtimes/python', to: '' }],
    accept: /\.py$|^requirements\.txt$/,
    modules: false,
  },
  java: { containerfile: 'runtimes/java/Containerfile', folders: [], accept: /^/, modules: false, compile: compileJavaWatcher },
  go: { containerfile: 'runtimes/go/Containerfile', folders: [], accept: /^/, modules: false, compile: compileGoWatcher },
};

/** Its archive of what a JVM has learnt is made in the image, by the JVM that will use it. */
function compileJavaWatcher(app: string): void {
  const { file, ensure } = javaWatcher();
  ensure();
  for (const name of readdirSync(file).filter((entry) => entry.endsWith('.jar'))) copyFileSync(join(file, name), join(app, name));
}

function compileGoWatcher(app: string): void {
  const { file, ensure } = goWatcher({ ...ownPlatform(), system: 'linux' });
  ensure();
  copyFileSync(file, join(app, 'watcher'));
}
