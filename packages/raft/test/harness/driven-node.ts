import { RaftNode } from '@raft-mesh/raft';
import type { Effect, Entry, Input, Learner, LogIndex, Message, RaftStatus } from '@raft-mesh/raft';
import { bytes, id, memberOf, optionsOf } from './fixtures.ts';
import type { Start } from './fixtures.ts';

type EffectOf<Type extends Effect['type']> = Extract<Effect, { readonly type: Type }>;
type MessageOf<Type extends Message['type']> = Extract<Message, { readonly type: Type }>;

/** One node whose peers, disk and clock are the test. Writes complete when the test says so. */
export class DrivenNode {
  readonly node: RaftNode;
  now = 1000;
  /** Everything since the last `forget`. */
  effects: Effect[] = [];
  #lastWriteId = 0;

  constructor(name: string, start: Start = {}) {
    this.node = new RaftNode(optionsOf(name, start), this.now);
  }

  get status(): RaftStatus { return this.node.status(this.now); }

  give(input: Input): readonly Effect[] {
    const effects = this.node.step(input, this.now);
    for (const effect of effects) if ('writeId' in effect) this.#lastWriteId = effect.writeId;
    this.effects.push(...effects);
    return effects;
  }

  receive(from: string, message: Message): readonly Effect[] {
    return this.give({ type: 'message', from: id(from), message });
  }

  propose(...texts: readonly string[]): readonly Effect[] {
    return this.give({ type: 'propose', proposalId: 1, commands: texts.map(bytes) });
  }

  /** Asks for these members, in the knowledge of the configuration in force unless another is named. */
  change(voters: readonly string[], learners: readonly Learner[] = [], { changeId = 1, basedOn = this.status.configurationIndex } = {}): readonly Effect[] {
    return this.give({ type: 'changeConfiguration', changeId, basedOn, voters: voters.map(memberOf), learners });
  }

  /** Every write so far completes. */
  write(): readonly Effect[] {
    return this.give({ type: 'written', writeId: this.#lastWriteId });
  }

  /** The next deadline comes, on time. */
  timeout(): readonly Effect[] {
    this.now = Math.max(this.now, this.node.deadlineMs ?? this.now);
    return this.give({ type: 'time' });
  }

  wait(ms: number): readonly Effect[] {
    this.now += ms;
    return this.give({ type: 'time' });
  }

  forget(): this {
    this.effects = [];
    return this;
  }

  all<Type extends Effect['type']>(type: Type): readonly EffectOf<Type>[] {
    return this.effects.filter((effect): effect is EffectOf<Type> => effect.type === type);
  }

  sends<Type extends Message['type']>(type: Type, to?: string): readonly (EffectOf<'send'> & { readonly message: MessageOf<Type> })[] {
    return this.all('send').filter((send): send is EffectOf<'send'> & { readonly message: MessageOf<Type> } => send.message.type === type && (to === undefined || send.to === to));
  }

  lastSent<Type extends Message['type']>(type: Type, to?: string): MessageOf<Type> {
    const send = this.sends(type, to).at(-1);
    if (send === undefined) throw new Error(`no ${type} was sent to ${to ?? 'anyone'}`);
    return send.message;
  }

  /** Makes it leader of the next term: pre-votes, own vote durable, votes of the named peers. Its no-op is not yet durable. */
  elect(...voters: readonly string[]): this {
    this.timeout();
    if (voters.length > 0) this.grantPreVotes(...voters);
    this.write();
    for (const voter of voters) this.receive(voter, { type: 'voteResponse', term: this.status.term, granted: true });
    if (this.status.role !== 'leader') throw new Error(`is ${this.status.role}, not leader`);
    return this;
  }

  grantPreVotes(...voters: readonly string[]): void {
    const { term, round } = this.lastSent('preVoteRequest');
    for (const voter of voters) this.receive(voter, { type: 'preVoteResponse', term, round, granted: true });
  }

  /** Its disk, and these peers, hold everything it has. */
  replicate(...followers: readonly string[]): this {
    const { lastIndex } = this.status;
    this.write();
    for (const follower of followers) this.accept(follower, lastIndex);
    return this;
  }

  accept(from: string, matchIndex: LogIndex, readContext = 0): readonly Effect[] {
    return this.receive(from, { type: 'appendAccepted', term: this.status.term, matchIndex, readContext });
  }

  /** Elected, its no-op committed and applied everywhere. */
  lead(...followers: readonly string[]): this {
    this.elect(...followers);
    this.write();
    for (const follower of followers) this.accept(follower, this.status.lastIndex);
    this.give({ type: 'applied', index: this.status.commitIndex });
    return this.forget();
  }
}

/** A heartbeat or append as a leader would send it. */
export function append(term: number, previous: readonly [index: number, term: number], entries: readonly Entry[] = [], commitIndex = 0, readContext = 0): MessageOf<'appendRequest'> {
  return { type: 'appendRequest', term, previousIndex: previous[0], previousTerm: previous[1], entries, commitIndex, logTimeMs: 0, readContext };
}
