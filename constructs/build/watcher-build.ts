/** What a watcher that is compiled comes to. */
export interface WatcherBuild {
  /** Where it is once it was made: in the user's cache. */
  readonly file: string;
  /** Compiles it, on first use. @throws PlatformError TOOLCHAIN_MISSING */
  ensure(): void;
}
