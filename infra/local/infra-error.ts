/** What went wrong with the services, with what to do about it: both are written for the user. */
export class InfraError extends Error {
  constructor(message: string, hints: readonly string[] = []) {
    super([message, ...hints.map((hint) => `  ${hint}`)].join('\n'));
    this.name = 'InfraError';
  }
}
