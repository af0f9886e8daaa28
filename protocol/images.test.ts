import { describe, expect, it } from 'vitest';
import { PlatformError } from './errors.ts';
import { IMAGE_NAMES, imageTag, parseImageLock } from './images.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const lock = {
  registry: 'registry.test/team',
  version: '1.2.3',
  images: Object.fromEntries(IMAGE_NAMES.map((name) => [name, `registry.test/team/fibonacci-${name}@${digest}`])),
};

describe('images.lock.json', () => {
  it('is read back as it was written', () => {
    expect(parseImageLock(JSON.stringify(lock))).toEqual(lock);
  });

  it.each([
    ['no JSON', '{', /no JSON object/],
    ['a list', '[]', /no JSON object/],
    ['an image by tag', JSON.stringify({ ...lock, images: { ...lock.images, python: 'fibonacci-python:1.2.3' } }), /images\.python/],
    ['an image that is not there', JSON.stringify({ ...lock, images: { ...lock.images, scaler: undefined } }), /images\.scaler/],
    ['no registry', JSON.stringify({ ...lock, registry: undefined }), /registry must be text/],
  ])('with %s is refused with the way out', (_, text, problem) => {
    expect(() => parseImageLock(text, 'my.lock.json')).toThrow(PlatformError);
    expect(() => parseImageLock(text, 'my.lock.json')).toThrow(problem);
    expect(() => parseImageLock(text, 'my.lock.json')).toThrow(/my\.lock\.json.*npm run images/);
  });
});

describe('an image’s tag', () => {
  it.each([
    ['', 'fibonacci-gateway:1.2.3'],
    ['registry.test', 'registry.test/fibonacci-gateway:1.2.3'],
    ['registry.test/team/', 'registry.test/team/fibonacci-gateway:1.2.3'],
  ])('in registry "%s" is %s', (registry, tag) => expect(imageTag('gateway', '1.2.3', registry)).toBe(tag));
});
