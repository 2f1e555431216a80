/** Text that is never printed: outputs and logs show `***`. */
export interface Secret {
  /** The text itself; call it only where it is handed to a client. */
  reveal(): string;
  toString(): '***';
  toJSON(): '***';
}

export type SaslSettings =
  | { readonly mechanism: 'plain'; readonly username: string; readonly password: Secret }
  | {
      readonly mechanism: 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: Secret;
    }
  | {
      readonly mechanism: 'oauthbearer';
      /** OAuth 2 client credentials, asked again before they expire. */
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: Secret;
      readonly scope: string | null;
    };

export interface TlsSettings {
  /** PEM text; null: the authorities that Node brings along. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: Secret | null;
  /** Name that the broker's certificate must carry, when it is not the host's. */
  readonly serverName: string | null;
}

/** How the brokers are reached. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: TlsSettings | null;
  readonly sasl: SaslSettings | null;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** How the schema registry is reached (Confluent's HTTP interface). */
export interface RegistrySettings {
  readonly url: string;
  readonly auth:
    | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
    | { readonly kind: 'bearer'; readonly token: Secret }
    | null;
  readonly timeoutMs: number;
}
