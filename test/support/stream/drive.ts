import type { Outcome, Prediction } from '../../../src/core/events/prediction.ts';
import { defined } from '../../../src/core/foundation/assert.ts';
import type { ControlMember } from '../../../src/pipeline/stream/control-member.ts';
import type { JoinMember } from '../../../src/pipeline/stream/join-member.ts';
import { JudgeMember } from '../../../src/pipeline/stream/judge-member.ts';
import { Crash } from './faults.ts';
import type { World } from './world.ts';

/** Whoever takes a step. */
type Member = JoinMember | JudgeMember | ControlMember;

interface Seat {
  readonly name: string;
  readonly start: (generation: number, memberId: string) => Member;
  member: Member;
  memberId: string;
  generation: number;
}

/** A member that was stopped in the middle of an effect, and replaced. */
interface Ghost {
  readonly member: Member;
  readonly memberId: string;
  readonly work: Promise<void>;
  readonly letGo: () => void;
  isLetGo: boolean;
}

/** Something that is appended to a topic at a time. */
export type Happening =
  | { readonly atMs: number; readonly prediction: Prediction }
  | { readonly atMs: number; readonly outcome: Outcome };

/** How a run is stirred; every number is one of a test's own choice. */
export interface Stirring {
  readonly joinerCount: number;
  /** Records appended before anyone may move. */
  readonly burst: number;
  /** At each burst: which seats take a step, by remainder; and now and then a rebalance or a crash. */
  readonly moves: readonly number[];
  /** Whether members read on while what they closed is sent. */
  readonly readsOn?: boolean;
  /** How long nothing comes now and then, with everybody waiting; none by default. */
  readonly stallMs?: number;
}

export const CALM: Stirring = { joinerCount: 1, burst: 10, moves: [0] };

/** Runs a whole log through the service, and lets everything close in the end. */
export class Drive {
  readonly world: World;
  readonly crashes: string[] = [];
  private readonly seats: Seat[];
  private readonly ghosts: Ghost[] = [];
  private readsOn = false;
  private resting: Member | null = null;

  constructor(world: World, joinerCount: number) {
    this.world = world;
    const joiners = Array.from({ length: joinerCount }, (_, i) => `joiner-${i}`);
    this.seats = [
      ...joiners.map((name) => this.seat(name, (n, id) => world.joiner(id, `${name}-${n % 2}`))),
      this.seat('judge', (_, id) => world.judge(id, folderOf(id))),
      this.seat('control', (_, id) => world.control(id)),
    ];
  }

  get joiners(): readonly JoinMember[] {
    return this.seats.slice(0, -2).map(({ member }) => member as JoinMember);
  }

  /** The judge that owns the rollouts now: a stopped one may have come back. */
  get judge(): JudgeMember {
    return this.judging.member as JudgeMember;
  }

  /** Where its databases are. */
  get judgeFolder(): string {
    return folderOf(this.judging.memberId);
  }

  private get judging(): Pick<Seat, 'member' | 'memberId'> {
    const judges = [...this.ghosts, ...this.seats].filter(
      ({ member }) => member instanceof JudgeMember,
    );
    const owner = judges.find(({ member }) => (member as JudgeMember).mergers.length > 0);
    return owner ?? defined(judges.at(-1), 'a judge');
  }

  get control(): ControlMember {
    return this.seats.at(-1)?.member as ControlMember;
  }

  /** Appends the log at its arrival times, with members moving in between. */
  async feed(log: readonly Prediction[], stirring: Stirring): Promise<void> {
    const happenings = log.map((prediction) => ({
      atMs: prediction.arrivalTimeMs ?? prediction.eventTimeMs,
      prediction,
    }));
    await this.feedAll(happenings, stirring);
  }

  /** The same with outcomes among them, in order of time. */
  async feedAll(log: readonly Happening[], stirring: Stirring): Promise<void> {
    const { world } = this;
    let turn = 0;
    this.readsOn = stirring.readsOn ?? false;
    for (const [i, one] of log.entries()) {
      world.nowMs = Math.max(world.nowMs + 1, one.atMs);
      if ('outcome' in one) world.happen(one.outcome);
      else world.predict(one.prediction, world.topicOf(one.prediction));
      if (i % stirring.burst !== 0) continue;
      const move = stirring.moves[turn++ % stirring.moves.length] ?? 0;
      await this.move(move);
      if (stirring.stallMs === undefined || move % 8 !== 5) continue;
      world.nowMs += stirring.stallMs;
      await this.stepAll();
    }
  }

  /** Time passes with nothing new until every window is closed and everything is sent. */
  async drain(turns = 80): Promise<void> {
    this.readsOn = false;
    for (let i = 0; i < turns; i++) {
      this.world.nowMs += 3_000;
      if (i % 8 === 4) await this.letGhostsGo();
      await this.stepAll();
    }
    for (const { member } of this.ghosts) if ('settle' in member) await member.settle();
  }

  async stepAll(): Promise<void> {
    for (const seat of this.seats) await this.step(seat);
    for (const ghost of this.ghosts.filter(({ isLetGo }) => isLetGo)) {
      await ghost.member.step(0);
    }
  }

  /** Stopped members go on, though others do their work by now. */
  async letGhostsGo(): Promise<void> {
    for (const ghost of this.ghosts) {
      if (ghost.isLetGo) continue;
      ghost.isLetGo = true;
      ghost.letGo();
      await ghost.work;
    }
  }

  /** A member that takes no step until another is named, or none. */
  rest(member: Member | null | undefined): void {
    this.resting = member ?? null;
  }

  /** Ends a member between two steps, and starts another in its place. */
  restart(name: string): void {
    for (const seat of this.seats) if (seat.name === name) this.replace(seat, seat.memberId);
  }

  /** How many members were stopped. */
  get ghostCount(): number {
    return this.ghosts.length;
  }

  /** One stir: 0-5 a step of some seats, 6 a rebalance, 7 a member that dies and is replaced. */
  private async move(move: number): Promise<void> {
    const kind = move % 8;
    const seat = this.seats[Math.floor(move / 8) % this.seats.length];
    if (seat === undefined) return;
    if (kind === 6) this.world.broker.rebalance('join');
    if (kind === 7) this.replace(seat, seat.memberId);
    if (kind < 2) await this.stepAll();
    else await this.step(seat);
  }

  private async step(seat: Seat): Promise<void> {
    const { faults } = this.world;
    const pause = faults.nextPause();
    const { member } = seat;
    if (member === this.resting) return;
    const work = this.run(seat, member);
    const letGo = await Promise.race([work, pause]);
    if (letGo === undefined) return;
    this.ghosts.push({ member, memberId: seat.memberId, work, letGo, isLetGo: false });
    this.world.broker.eject(seat.memberId);
    this.replace(seat, `${seat.name}-${seat.generation + 1}`);
  }

  private async run(seat: Seat, member: Member): Promise<void> {
    try {
      await member.step(0);
      if ('settle' in member && !this.readsOn) await member.settle();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.crashes.push(`${seat.name}: ${error.message}`);
      if (seat.member === member) this.replace(seat, seat.memberId);
    }
  }

  private replace(seat: Seat, memberId: string): void {
    seat.generation += 1;
    seat.memberId = memberId;
    seat.member = seat.start(seat.generation, memberId);
  }

  private seat(name: string, start: Seat['start']): Seat {
    return { name, start, member: start(0, name), memberId: name, generation: 0 };
  }
}

function folderOf(judgeId: string): string {
  return judgeId === 'judge' ? '' : `${judgeId}/`;
}
