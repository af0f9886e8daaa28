import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushImages } from '../../cli/images/build-images.ts';
import { type Builder, findBuilder } from '../../cli/images/builder.ts';
import { digestOf } from '../../protocol/digest.ts';
import { IMAGE_NAMES, imageTag, parseImageLock } from '../../protocol/images.ts';
import { ensureBuildah } from './images/bootstrap.ts';
import { startRegistry } from './images/registry.ts';
import { BUILDAH_CACHE } from './images/test-images.ts';

const VERSION = 'push-test';

describe('images that a real builder pushes', () => {
  let builder: Builder;
  let context: string;
  beforeAll(async () => {
    context = mkdtempSync(join(tmpdir(), 'fib-push-test-'));
    builder = await findBuilder({ FIB_BUILDAH: await ensureBuildah(BUILDAH_CACHE, () => undefined) });
    for (const name of IMAGE_NAMES) {
      writeFileSync(join(context, 'name'), name);
      writeFileSync(join(context, 'Containerfile'), 'FROM scratch\nARG VERSION\nCOPY name /\nLABEL version=$VERSION\n');
      await builder.build({ context, tag: imageTag(name, VERSION), args: { VERSION } });
    }
  });
  afterAll(() => rmSync(context, { recursive: true, force: true }));

  it('are in the lock file by the digest that the registry has them under', async () => {
    const registry = await startRegistry();
    try {
      const lock = await pushImages(builder, IMAGE_NAMES, VERSION, `${registry.host}/team`);
      expect(parseImageLock(JSON.stringify(lock))).toEqual(lock);
      for (const name of IMAGE_NAMES) {
        const digest = registry.tags.get(`team/fibonacci-${name}:${VERSION}`) ?? '';
        expect(lock.images[name]).toBe(`${registry.host}/team/fibonacci-${name}@${digest}`);
        expect(digestOf(registry.blobs.get(digest) ?? '')).toBe(digest);
      }
    } finally {
      await registry.close();
    }
  });

  it('and are not taken, say who must log in where', async () => {
    const registry = await startRegistry({ closed: true });
    try {
      await expect(pushImages(builder, IMAGE_NAMES, VERSION, registry.host)).rejects.toMatchObject({
        code: 'IMAGE_PUSH_FAILED',
        message: expect.stringMatching(new RegExp(`log in with .buildah login ${registry.host}`)),
      });
    } finally {
      await registry.close();
    }
  });

  it('cannot go to a registry that is not there', async () => {
    const registry = await startRegistry();
    await registry.close();
    await expect(pushImages(builder, IMAGE_NAMES, VERSION, registry.host)).rejects.toMatchObject({
      code: 'IMAGE_PUSH_FAILED',
      message: expect.stringContaining(`see that ${registry.host} is a registry that answers`),
    });
  });

  it('and a base that is not there is named', async () => {
    writeFileSync(join(context, 'Containerfile'), 'ARG BASE\nFROM ${BASE}\n');
    const build = builder.build({ context, tag: 'lost:1', args: { BASE: 'localhost/lost-base:1' } });
    await expect(build).rejects.toThrow(/localhost\/lost-base/);
  });
});
