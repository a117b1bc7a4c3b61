import type { Configuration, Learner, Member, Message, RaftOptions } from '@raft-mesh/raft';
import { bytes, id, logOf, snapshotAt } from '../harness/fixtures.ts';
import { showConfiguration, showEntries } from './transcript.ts';
import type { Flying, Host, World } from './world.ts';

/** Words of a command: `plain`, and those of the form `name=value`. */
export interface Words { readonly plain: readonly string[]; readonly named: ReadonlyMap<string, string> }

export function wordsOf(text: string): Words {
  const words = text.split(' ').filter((word) => word !== '');
  const named = new Map(words.flatMap((word): [string, string][] => (/^[\w.]+=/.test(word) ? [[word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]] : [])));
  return { plain: words.filter((word) => !/^[\w.]+=/.test(word)), named };
}

/** Timeouts are all the same and nothing is drawn: who campaigns when is the script's to say. */
const scriptOptions = { electionTimeoutMinMs: 300, electionTimeoutMaxMs: 300 } as const satisfies Partial<RaftOptions>;

/** The commands of golden scripts. README.md in this folder says what each does. */
export class Commands {
  readonly #world: World;
  readonly #optionsOfAll: Partial<RaftOptions>;
  #ids = 0;

  constructor(world: World) {
    this.#world = world;
    this.#optionsOfAll = { ...scriptOptions };
  }

  run(line: string): void {
    const [name = ''] = line.split(' ');
    const command = this.#table[name];
    if (command === undefined) throw new Error(`no command "${name}": there are ${Object.keys(this.#table).join(', ')}`);
    command(wordsOf(line.slice(name.length)), line.slice(name.length).trim());
  }

  readonly #table: Readonly<Record<string, (words: Words, text: string) => void>> = {
    options: ({ named }) => { Object.assign(this.#optionsOfAll, optionsFrom(named)); },
    nodes: (words) => { this.#nodes(words); },
    cut: ({ plain }) => { for (const link of this.#links(plain)) this.#world.cuts.add(link); },
    heal: ({ plain }) => { for (const link of plain.length === 0 ? [...this.#world.cuts] : this.#links(plain)) this.#world.cuts.delete(link); },
    deliver: ({ plain }) => { for (const flight of this.#take(plain)) this.#world.deliver(flight); },
    drop: ({ plain }) => { this.#take(plain); },
    hold: ({ plain }) => { this.#world.kept.push(...this.#take(plain)); },
    duplicate: ({ plain }) => { this.#world.kept.push(...this.#select(this.#world.flying, plain).map((flight) => ({ ...flight }))); },
    release: ({ plain }) => {
      const released = this.#select(this.#world.kept, plain);
      this.#world.kept = this.#world.kept.filter((flight) => !released.includes(flight));
      this.#world.flying.push(...released);
    },
    flight: () => { for (const { from, to, message } of this.#world.flying) this.#world.note(`${from}>${to} ${this.#world.show(message)}`); },
    inject: (_, text) => {
      const [link = '', ...json] = text.split(' ');
      const [from = '', to = ''] = link.split('>');
      this.#world.deliver({ from: id(from), to: id(to), message: JSON.parse(json.join(' '), reviveBytes) as Message });
    },
    write: ({ plain: [name = '', count] }) => {
      const host = this.#world.host(name);
      for (let left = count === undefined ? host.disk.pending.length : Number(count); left > 0; left--) this.#world.write(host);
    },
    'fail-write': ({ plain: [name = ''] }) => { this.#world.failWrite(this.#world.host(name)); },
    'repeat-written': ({ plain: [name = '', writeId] }) => { this.#world.give(this.#world.host(name), { type: 'written', writeId: Number(writeId) }); },
    apply: ({ plain: [name = '', count] }) => {
      const host = this.#world.host(name);
      for (let left = count === undefined ? host.waitingApplies.length : Number(count); left > 0; left--) this.#world.apply(host);
    },
    'read-chunk': ({ plain: [name = '', gone] }) => { this.#world.readChunk(this.#world.host(name), gone === 'gone'); },
    crash: ({ plain: [name = ''], named }) => { this.#world.crash(this.#world.host(name), Number(named.get('keep') ?? 0)); },
    restart: ({ plain: [name = ''] }) => { this.#world.start(this.#world.host(name)); },
    pause: ({ plain: [name = ''] }) => { this.#world.host(name).isPaused = true; },
    resume: ({ plain: [name = ''] }) => { this.#world.host(name).isPaused = false; },
    timeout: ({ plain: [name = ''] }) => { this.#timeout(this.#world.host(name)); },
    elect: ({ plain: [name = ''] }) => {
      const host = this.#world.host(name);
      for (let attempt = 0; attempt < 3 && this.#world.status(name).role !== 'leader'; attempt++) {
        this.#timeout(host);
        this.#world.settle();
      }
      if (this.#world.status(name).role !== 'leader') throw new Error(`${name} does not get elected`);
    },
    time: ({ plain: [ms, ...names] }) => { this.#world.pass(Number(ms), false, names.length === 0 ? this.#world.awake : names.map((name) => this.#world.host(name))); },
    run: ({ plain: [ms] }) => { this.#world.pass(Number(ms), true, this.#world.awake); },
    stabilize: () => { this.#world.settle(); },
    propose: ({ plain: [name = '', ...texts], named }) => {
      const size = Number(named.get('bytes') ?? 0);
      this.#world.give(this.#world.host(name), { type: 'propose', proposalId: ++this.#ids, commands: texts.map((text) => bytes(text.padEnd(size, '.'))) });
    },
    read: ({ plain: [name = ''] }) => { this.#world.give(this.#world.host(name), { type: 'read', readId: ++this.#ids }); },
    snapshot: ({ plain: [name = ''], named }) => { this.#world.takeSnapshot(this.#world.host(name), Number(named.get('bytes') ?? 4), Number(named.get('keep') ?? 0)); },
    change: ({ plain: [name = ''], named }) => {
      const { voters, learners } = configurationFrom(named.get('voters') ?? '', named.get('learners') ?? '');
      const basedOn = Number(named.get('based-on') ?? named.get('basedOn') ?? this.#world.status(name).configurationIndex);
      this.#world.give(this.#world.host(name), { type: 'changeConfiguration', changeId: ++this.#ids, basedOn, voters, learners });
    },
    transfer: ({ plain: [name = '', to] }) => { this.#world.give(this.#world.host(name), { type: 'transferLeadership', transferId: ++this.#ids, to: to === undefined ? null : id(to) }); },
    wake: ({ plain: [name = ''] }) => { this.#world.give(this.#world.host(name), { type: 'wake' }); },
    'link-lost': ({ plain: [name = '', peer = ''] }) => { this.#world.give(this.#world.host(name), { type: 'linkLost', peer: id(peer) }); },
    status: () => { for (const host of this.#world.hosts.values()) this.#world.note(this.#describe(host)); },
    mark: () => {
      this.#world.did = [];
      this.#world.sent = [];
    },
  };

  #nodes({ plain, named }: Words): void {
    const of = (name: string, what: string): string => named.get(`${name}.${what}`) ?? '';
    const learners = named.get('learners') ?? '';
    const configuration = configurationFrom(named.get('voters') ?? plain.filter((name) => !learners.split(',').includes(name)).join(','), learners);
    for (const name of plain) {
      const terms = of(name, 'log') === '' ? [] : of(name, 'log').split(',').map(Number);
      const [snapshotIndex = 0, snapshotTerm = 0] = of(name, 'snapshot').split('/').filter((word) => word !== '').map(Number);
      const term = of(name, 'term') === '' ? Math.max(snapshotTerm, terms.at(-1) ?? 0) : Number(of(name, 'term'));
      const vote = of(name, 'vote');
      this.#world.add(name, { term, votedFor: vote === '' ? null : vote, entries: logOf(...terms), snapshot: snapshotAt(snapshotIndex, snapshotTerm, configuration) }, {
        ...this.#optionsOfAll, ...(of(name, 'priority') === '' ? {} : { electionPriority: of(name, 'priority') as RaftOptions['electionPriority'] }),
      });
    }
  }

  /** Its timer fires; a node that waits once after a stall gets a second chance. */
  #timeout(host: Host): void {
    const deadlineMs = host.node?.deadlineMs;
    if (deadlineMs == null) throw new Error(`${host.id} has no deadline`);
    this.#world.nowMs = Math.max(this.#world.nowMs, deadlineMs);
    this.#world.give(host, { type: 'time' });
  }

  #take(words: readonly string[]): readonly Flying[] {
    const taken = this.#select(this.#world.flying, words);
    this.#world.flying = this.#world.flying.filter((flight) => !taken.includes(flight));
    return taken;
  }

  /** `[link]… [type] [first|last]`. Selecting nothing is a mistake of the script. */
  #select(from: readonly Flying[], words: readonly string[]): readonly Flying[] {
    const links = words.filter((word) => word.includes('>'));
    const place = words.find((word) => word === 'first' || word === 'last');
    const type = words.find((word) => !word.includes('>') && word !== place);
    const matches = from.filter((flight) => (links.length === 0 || links.some((link) => isOn(flight, link))) && (type === undefined || flight.message.type === type));
    if (matches.length === 0) throw new Error(`no message matches "${words.join(' ')}"`);
    if (place === undefined) return matches;
    return place === 'first' ? matches.slice(0, 1) : matches.slice(-1);
  }

  /** `a>b` is one direction, `a-b` both, `a` alone everything from and to a. */
  #links(words: readonly string[]): readonly string[] {
    return words.flatMap((word) => {
      const others = [...this.#world.hosts.keys()].filter((name) => name !== word);
      if (word.includes('>')) return [word];
      const [left = '', right] = word.split('-');
      return (right === undefined ? others : [right]).flatMap((other) => [`${left}>${other}`, `${other}>${left}`]);
    });
  }

  #describe(host: Host): string {
    const status = host.node?.status(this.#world.nowMs);
    const log = `${host.disk.state.snapshot.lastIndex > 0 ? `snapshot ${host.disk.state.snapshot.lastIndex}/${host.disk.state.snapshot.lastTerm} ` : ''}log ${host.log.length === 0 ? 'empty' : showEntries(host.log)}`;
    if (status === undefined) return `${host.id} is down, ${log}`;
    const peers = status.peers.map(({ id: peer, state, matchIndex, nextIndex }) => `${peer} ${state} match ${matchIndex} next ${nextIndex}`);
    return [`${host.id} ${status.stopped ? 'stopped, ' : ''}${status.role} of term ${status.term}`, `leader ${status.leader ?? 'unknown'}`, `commit ${status.commitIndex}`, log, `configuration ${showConfiguration(status.configuration)}`, ...peers].join(', ');
  }
}

/** Bytes are written as arrays of numbers. */
function reviveBytes(name: string, value: unknown): unknown {
  return name === 'data' && Array.isArray(value) ? Uint8Array.from(value as number[]) : value;
}

function isOn({ from, to }: Flying, link: string): boolean {
  const [left, right] = link.split('>');
  return (left === '*' || left === from) && (right === '*' || right === to);
}

/** `a,b,c` and `d,e+`: a plus marks a learner to be promoted. */
function configurationFrom(voters: string, learners: string): Configuration {
  const memberOf = (name: string): Member => ({ id: id(name), address: `ws://${name}` });
  const split = (names: string): readonly string[] => names.split(',').filter((name) => name !== '');
  return {
    voters: split(voters).map(memberOf), votersOutgoing: [],
    learners: split(learners).map((name): Learner => ({ ...memberOf(name.replace('+', '')), promotable: name.endsWith('+') })),
  };
}

function optionsFrom(named: ReadonlyMap<string, string>): Partial<RaftOptions> {
  return Object.fromEntries([...named].map(([name, value]) => [name, value === 'null' ? null : Number(value)]));
}
