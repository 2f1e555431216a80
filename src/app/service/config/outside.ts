import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { Secret } from '../../../adapters/kafka/settings.ts';
import type { Finding, PlanPath } from '../../plan/problem.ts';
import { secretOf } from './secret.ts';
import type { SecretSourceDocument } from './shape.ts';

/** What a config may look at besides its own text. */
export interface Outside {
  readonly variable: (name: string) => string | undefined;
  /** Throws when the file cannot be read. */
  readonly readText: (path: string) => string;
}

export function outsideOf(variables: Readonly<Record<string, string | undefined>>): Outside {
  return {
    variable: (name) => variables[name],
    readText: (path) => readFileSync(path, 'utf8'),
  };
}

/** Reads what a config points at; what cannot be read is noted as a finding. */
export class OutsideReader {
  readonly findings: Finding[] = [];
  private readonly outside: Outside;
  private readonly configFile: string;

  constructor(outside: Outside, configFile: string) {
    this.outside = outside;
    this.configFile = configFile;
  }

  /** A path as the process needs it: what is relative is so to the folder of the config. */
  pathOf(path: string): string {
    return isAbsolute(path) ? path : join(dirname(this.configFile), path);
  }

  /** The text of a file; empty when it cannot be read. */
  textOf(path: string | undefined, at: PlanPath): string | null {
    if (path === undefined) return null;
    const text = this.read(this.pathOf(path), at);
    if (text === '') this.note(at, `the file ${this.pathOf(path)} is empty`);
    return text ?? '';
  }

  /** The text of a PEM file in which `problemOf` finds nothing wrong; otherwise that is noted. */
  pemOf(
    path: string | undefined,
    at: PlanPath,
    problemOf: (pem: string) => string | null,
  ): string | null {
    const text = this.textOf(path, at);
    if (text === null || text === '') return text;
    const problem = text.includes('-----BEGIN ')
      ? problemOf(text)
      : 'is not PEM: it has no -----BEGIN line';
    if (problem !== null) this.note(at, `the file ${this.pathOf(path ?? '')} ${problem}`);
    return text;
  }

  secretOf(source: SecretSourceDocument | undefined, at: PlanPath): Secret | null {
    if (source === undefined) return null;
    const { env, file } = source;
    if ((env === undefined) === (file === undefined)) {
      this.note(at, 'needs exactly one of env, file');
      return secretOf('');
    }
    const text =
      env === undefined
        ? this.read(this.pathOf(file ?? ''), [...at, 'file'])
        : this.ofVariable(env, [...at, 'env']);
    // Editors and `echo` end a file with a line end, which is no part of a password.
    const secret = text?.replace(/\r?\n$/, '');
    if (secret === '') this.note(at, 'the secret is empty');
    return secretOf(secret ?? '');
  }

  /** `NAME`, or else the file that `NAME_FILE` names, as container images do it. */
  private ofVariable(name: string, at: PlanPath): string | null {
    const value = this.outside.variable(name);
    const file = this.outside.variable(`${name}_FILE`);
    if (value !== undefined && file !== undefined)
      this.note(at, `${name} and ${name}_FILE are both set in the environment: one of them`);
    if (value !== undefined) return value;
    if (file !== undefined) return this.read(file, at);
    this.note(at, `neither ${name} nor ${name}_FILE is set in the environment`);
    return null;
  }

  private read(path: string, at: PlanPath): string | null {
    try {
      return this.outside.readText(path);
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      this.note(at, `the file ${path} ${isMissing ? 'does not exist' : 'cannot be read'}`);
      return null;
    }
  }

  private note(path: PlanPath, message: string): void {
    this.findings.push({ path, message });
  }
}
