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
  java: { containerfile: 'runtimes/java/Containerfile', folders: [{ from: 'runtimes/java', to: '' }], accept: /\.jar$/, modules: false },
  go: { containerfile: 'runtimes/go/Containerfile', folders: [{ from: 'runtimes/go', to: '' }], accept: /\.(go|txt)$|^go\.mod$/, modules: false },
};
