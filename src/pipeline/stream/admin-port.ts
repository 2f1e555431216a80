/** What of a topic decides whether it can be worked with. */
export interface TopicDescription {
  readonly name: string;
  readonly partitionCount: number;
  /** Replicas of the partition that has fewest. */
  readonly replicationFactor: number;
  /** `compact`, `delete` or both, as the broker writes them. */
  readonly cleanupPolicy: string;
  /** -1: for ever. */
  readonly retentionMs: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  readonly messageBytesMax: number;
}

export interface NewTopic {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** By the broker's names: `cleanup.policy`, `retention.ms`. */
  readonly configs: Readonly<Record<string, string>>;
}

/** A broker as the cluster names it to its clients. */
export interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** The topics of a cluster, and who serves them. */
export interface TopicAdmin {
  /** By name; a topic that does not exist is left out. */
  describe(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>;
  /** Creates what does not exist; returns the names of what it created. What exists stays as it is. */
  create(topics: readonly NewTopic[]): Promise<readonly string[]>;
  brokerInfo(): Promise<readonly BrokerAddress[]>;
}
