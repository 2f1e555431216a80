import type { PartialLayout } from '../../core/windows/layout.ts';
import { layoutOf } from '../../core/windows/layout.ts';
import { effectiveFromMsOf } from '../decide-window.ts';
import type { ReferenceState } from './messages.ts';
import type { JoinTarget } from './ports.ts';

const LEARNING = layoutOf(null);

/** The cells of one rollout in one process, as the merger last told them. */
export class Reference {
  private readonly target: JoinTarget;
  private state: ReferenceState;
  private layout: PartialLayout | null = null;

  constructor(target: JoinTarget) {
    this.target = target;
    this.state = { rolloutId: target.rolloutId, mergedThroughMs: null, profile: null };
  }

  /** Takes what the merger told: a profile is never taken back. */
  take(state: ReferenceState): void {
    const { profile } = state;
    if (profile === null && this.state.profile !== null) return;
    if (profile !== null && this.layout === null) {
      this.target.schema.adopt(profile.profile);
      this.layout = layoutOf(profile.profile);
    }
    this.state = state;
  }

  get profile(): ReferenceState['profile'] {
    return this.state.profile;
  }

  /** What is told to joiners. */
  stateOf(mergedThroughMs: number | null): ReferenceState {
    return { ...this.state, mergedThroughMs };
  }

  get hash(): string | null {
    return this.state.profile?.hash ?? null;
  }

  /** The first window that is counted in the profile's cells; Infinity while they are learned. */
  get firstWindow(): number {
    const { profile } = this.state;
    if (profile === null) return Infinity;
    if (profile.fromMs === null) return -Infinity;
    return Math.ceil(profile.fromMs / this.target.plan.window.lengthMs);
  }

  layoutOfWindow(window: number): PartialLayout {
    return window >= this.firstWindow ? (this.layout ?? LEARNING) : LEARNING;
  }

  hashOfWindow(window: number): string | null {
    return window >= this.firstWindow ? this.hash : null;
  }

  /** The last window that is merged; -Infinity before the first. */
  get mergedWindow(): number {
    const { mergedThroughMs } = this.state;
    return mergedThroughMs === null
      ? -Infinity
      : mergedThroughMs / this.target.plan.window.lengthMs - 1;
  }

  /**
   * The event time up to which joining may run while a closed window waits to be merged: what lies
   * behind would have to be counted again if that window brought the profile. Infinity when there
   * is one.
   */
  horizonMs(waitingWindow: number): number {
    if (this.state.profile !== null || waitingWindow === Infinity) return Infinity;
    return effectiveFromMsOf(waitingWindow, this.target.plan.window);
  }
}
