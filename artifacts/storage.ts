import type { FileHandle } from 'node:fs/promises';

/** Packages by their digests, in a folder or in a bucket. */
export interface Storage {
  /** Size of a package, or undefined where there is none. @throws PlatformError where it cannot be told, or PACKAGE_INVALID where what is there is not what its name says */
  size(hex: string): Promise<number | undefined>;
  /** After `size` found it. To be closed by who opens it. @throws PlatformError NOT_FOUND, ARTIFACTS_BUSY where it went in between */
  open(hex: string): Promise<FileHandle>;
  /** Whether what lies there is what its name says: disks lie, and buckets lose. @throws PlatformError where it cannot be told */
  isIntact(hex: string): Promise<boolean>;
  /** Sets room aside. Give it back after `keep`, or instead of it. @throws PlatformError ARTIFACTS_FULL; ARTIFACTS_BUSY where others hold it for now */
  reserve(bytes: number): Promise<Room>;
  /** A file for what is not known to be whole yet. */
  temporary(): string;
  /** Puts a temporary file in its place, durably, whatever was there. @throws PlatformError ARTIFACTS_UNAVAILABLE */
  keep(temporary: string, hex: string, bytes: number): Promise<void>;
  discard(temporary: string): Promise<void>;
  /** Of the disk here. */
  usedBytes(): number;
  /** On the disk here. */
  count(): number;
  close(): Promise<void>;
}

export interface Room {
  release(): void;
}
