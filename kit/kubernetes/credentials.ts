/** How to reach an API server and who we are there. */
export interface Credentials {
  /** `https://host:port`, with a path where the API server stands below one. */
  readonly server: string;
  /** Namespace of the context or of our own pod, where one is known. */
  readonly namespace?: string;
  /** What the next connection and request use. The same `tls` object as before means that open connections still serve. */
  current(): Promise<Identity>;
  /** The API server refused who we are (401): the next `current()` looks afresh. */
  refused(): void;
}

export interface Identity {
  readonly tls: TlsOptions;
  /** The `authorization` header, where there is one. */
  readonly authorization?: string;
}

/** As `tls.connect` takes them. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}
