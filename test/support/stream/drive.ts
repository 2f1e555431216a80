import type { Prediction } from '../../../src/core/events/prediction.ts';
import type { ControlMember } from '../../../src/pipeline/stream/control-member.ts';
import type { JoinMember } from '../../../src/pipeline/stream/join-member.ts';
import type { JudgeMember } from '../../../src/pipeline/stream/judge-member.ts';
import { Crash } from './faults.ts';
import { INPUTS, type World } from './world.ts';

/** Whoever takes a step. */
type Member = JoinMember | JudgeMember | ControlMember;

interface Seat {
  readonly name: string;
  readonly start: (generation: number) => Member;
  member: Member;
  generation: number;
}

/** How a run is stirred; every number is one of a test's own choice. */
export interface Stirring {
  readonly joinerCount: number;
  /** Records appended before anyone may move. */
  readonly burst: number;
  /** At each burst: which seats take a step, by remainder; and now and then a rebalance or a crash. */
  readonly moves: readonly number[];
}

export const CALM: Stirring = { joinerCount: 1, burst: 10, moves: [0] };

/** Runs a whole log through the service, and lets everything close in the end. */
export class Drive {
  readonly world: World;
  readonly crashes: string[] = [];
  private readonly seats: Seat[];

  constructor(world: World, joinerCount: number) {
    this.world = world;
    const joiners = Array.from({ length: joinerCount }, (_, i) => `joiner-${i}`);
    this.seats = [
      ...joiners.map((name) => this.seat(name, (n) => world.joiner(name, `${name}-${n % 2}`))),
      this.seat('judge', () => world.judge('judge')),
      this.seat('control', () => world.control('control')),
    ];
  }

  get joiners(): readonly JoinMember[] {
    return this.seats.slice(0, -2).map(({ member }) => member as JoinMember);
  }

  get judge(): JudgeMember {
    return this.seats.at(-2)?.member as JudgeMember;
  }

  get control(): ControlMember {
    return this.seats.at(-1)?.member as ControlMember;
  }

  /** Appends the log at its arrival times, with members moving in between. */
  async feed(log: readonly Prediction[], stirring: Stirring): Promise<void> {
    let turn = 0;
    for (const [i, prediction] of log.entries()) {
      const atMs = prediction.arrivalTimeMs ?? prediction.eventTimeMs;
      this.world.nowMs = Math.max(this.world.nowMs + 1, atMs);
      const topic = prediction.version === 'v7' ? INPUTS.canary : INPUTS.current;
      this.world.predict(prediction, topic);
      if (i % stirring.burst !== 0) continue;
      const move = stirring.moves[turn++ % stirring.moves.length] ?? 0;
      await this.move(move);
    }
  }

  /** Time passes with nothing new until every window is closed and everything is sent. */
  async drain(): Promise<void> {
    for (let i = 0; i < 80; i++) {
      this.world.nowMs += 3_000;
      await this.stepAll();
    }
  }

  async stepAll(): Promise<void> {
    for (const seat of this.seats) await this.step(seat);
  }

  /** One stir: 0-5 a step of some seats, 6 a rebalance, 7 a member that dies and is replaced. */
  private async move(move: number): Promise<void> {
    const kind = move % 8;
    const seat = this.seats[Math.floor(move / 8) % this.seats.length];
    if (seat === undefined) return;
    if (kind === 6) this.world.broker.rebalance('join');
    if (kind === 7) this.replace(seat);
    if (kind < 2) await this.stepAll();
    else await this.step(seat);
  }

  private async step(seat: Seat): Promise<void> {
    try {
      await seat.member.step(0);
      if ('settle' in seat.member) await seat.member.settle();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.crashes.push(`${seat.name}: ${error.message}`);
      this.replace(seat);
    }
  }

  private replace(seat: Seat): void {
    seat.generation += 1;
    seat.member = seat.start(seat.generation);
  }

  private seat(name: string, start: (generation: number) => Member): Seat {
    return { name, start, member: start(0), generation: 0 };
  }
}
