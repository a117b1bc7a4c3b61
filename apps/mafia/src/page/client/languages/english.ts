// Every word that the page says in English. A test holds that each language has the same keys.

const players = (count: number): string => (count === 1 ? '1 player' : `${count} players`);

export const english = {
  tag: 'en', name: 'English',
  title: { name: 'Mafia', line: 'A quiet village. Some of you are not what you seem.', turn: (what: string): string => `● ${what}` },
  welcome: {
    ask: 'What do they call you?', placeholder: 'Your name', join: 'Take a seat', joining: 'Taking a seat…', smallPrint: 'No account, nothing to install. Close the tab and come back: your seat waits.',
    uninvited: 'You need an invitation', uninvitedHow: 'Whoever runs this game has a link for you. Open it here, and you are in.',
    back: (name: string): string => `Welcome back, ${name}`, finding: 'Finding your seat…', long: 'This takes longer than usual: none of the managers answers. Your seat is safe; this page goes on trying.', giveUp: 'Give up this seat',
    elsewhere: 'You are playing somewhere else', elsewhereHow: 'Another tab or device has your seat. Close this one, or go on playing here.', playHere: 'Play here', gone: 'This seat is gone', moved: 'You play on elsewhere', startOver: 'Start over',
    almost: 'Almost there', looking: 'Looking at the table…', closed: 'The connection was closed.', noReason: 'It did not say why.',
  },
  invitation: {
    spent: 'This invitation has been used or has expired. Ask for a new link.', trouble: (status: number): string => `The host could not let you in (${status}). Try again in a moment.`,
    strange: 'The host answered in a way this page does not understand. Reload the page.', silent: 'The host does not answer. Check your connection and try again.',
    title: 'Invite', how: 'Whoever opens this link gets a seat.', copy: 'Copy the link', copied: 'Copied', share: 'Share', qr: 'QR code of the link', unknown: 'Whoever started this game has the link.', close: 'Close',
  },
  connection: { connected: 'connected', reconnecting: 'reconnecting' },
  tabs: { group: 'Parts of the game', table: 'Table', talk: 'Talk', story: 'Story', unread: 'new lines' },
  phases: { lobby: 'Lobby', night: (round: number): string => `Night ${round}`, day: (round: number): string => `Day ${round}`, ended: 'The end', nightFalls: (round: number): string => `Night ${round} falls.`, dayBreaks: (round: number): string => `Day ${round} breaks.` },
  timeLeft: (seconds: number): string => `${seconds} seconds left`,
  characters: {
    villager: 'Villager', detective: 'Detective', doctor: 'Doctor', bodyguard: 'Bodyguard', tracker: 'Tracker', watcher: 'Watcher', vigilante: 'Vigilante', roleblocker: 'Roleblocker', hunter: 'Hunter', mayor: 'Mayor',
    mafia: 'Mafia', godfather: 'Godfather', consort: 'Consort', framer: 'Framer', jester: 'Jester',
  },
  characterHints: {
    villager: 'You have no powers but your judgement. Find the mafia by day.',
    detective: 'Each night, learn whether one person is guilty. A godfather seems innocent, and a framer can deceive you.',
    doctor: 'Each night, keep one person from being killed. Never the same one twice in a row.',
    bodyguard: 'Each night, stand before one person. The first to attack them dies, and so do you.',
    tracker: 'Each night, follow one person and learn whom they visited.',
    watcher: 'Each night, watch one door and learn who came to it.',
    vigilante: 'You have two bullets, one a night at most. Do not hit a friend.',
    roleblocker: 'Each night, keep one person from acting.',
    hunter: 'Each night, aim at one person. If you die that night or are condemned the day after, so do they.',
    mayor: 'Reveal yourself by day, and your vote counts twice from then on.',
    mafia: 'Kill by night, look innocent by day. You win when you are as many as the others.',
    godfather: 'You lead the mafia. A detective finds you innocent.',
    consort: 'You are with the mafia. Each night, keep one person from acting.',
    framer: 'You are with the mafia. Each night, make one person look to a detective what they are not.',
    jester: 'Get yourself condemned by day: then you win, whoever else does.',
  },
  sides: { town: 'with the town', mafia: 'with the mafia', alone: 'with nobody' },
  card: { back: 'Who am I?', hold: 'Hold to look', open: (name: string, hint: string): string => `You are: ${name}. ${hint}`, withYou: (names: string): string => ` With you: ${names}.` },
  actions: {
    kill: { name: 'Kill', ask: 'Who dies tonight?', hint: 'Tap a player. The mafia kill whoever most of you pick.', done: (whom: string): string => `You want to kill ${whom}`, none: 'Kill nobody', truth: (by: string, whom: string): string => `${by} went for ${whom}` },
    protect: { name: 'Protect', ask: 'Whom will you protect?', hint: 'Tap a player. You may choose yourself.', done: (whom: string): string => `You watch over ${whom}`, none: 'Protect nobody', truth: (by: string, whom: string): string => `${by} watched over ${whom}` },
    guard: { name: 'Guard', ask: 'Whom will you guard?', hint: 'Tap a player. You may die in their place.', done: (whom: string): string => `You stand before ${whom}`, none: 'Guard nobody', truth: (by: string, whom: string): string => `${by} stood before ${whom}` },
    investigate: { name: 'Investigate', ask: 'Whom do you suspect?', hint: 'Tap a player. You learn what you can at dawn.', done: (whom: string): string => `You look into ${whom}`, none: 'Investigate nobody', truth: (by: string, whom: string): string => `${by} looked into ${whom}` },
    track: { name: 'Follow', ask: 'Whom will you follow?', hint: 'Tap a player. At dawn you know whom they visited.', done: (whom: string): string => `You follow ${whom}`, none: 'Follow nobody', truth: (by: string, whom: string): string => `${by} followed ${whom}` },
    watch: { name: 'Watch', ask: 'Whose door will you watch?', hint: 'Tap a player. At dawn you know who came.', done: (whom: string): string => `You watch the door of ${whom}`, none: 'Watch nobody', truth: (by: string, whom: string): string => `${by} watched the door of ${whom}` },
    block: { name: 'Block', ask: 'Whom will you keep from acting?', hint: 'Tap a player. Whatever they meant to do does not happen.', done: (whom: string): string => `You keep ${whom} from acting`, none: 'Block nobody', truth: (by: string, whom: string): string => `${by} kept ${whom} from acting` },
    shoot: { name: 'Shoot', ask: 'Will you shoot somebody?', hint: 'Tap a player, or keep your bullet.', done: (whom: string): string => `You aim to shoot ${whom}`, none: 'Keep the bullet', truth: (by: string, whom: string): string => `${by} shot at ${whom}` },
    aim: { name: 'Aim', ask: 'Whom would you take along?', hint: 'Tap a player. They die only if you do.', done: (whom: string): string => `If you die, so does ${whom}`, none: 'Aim at nobody', truth: (by: string, whom: string): string => `${by} aimed at ${whom}` },
    frame: { name: 'Frame', ask: 'Whom will you frame?', hint: 'Tap a player. A detective will see the opposite of the truth.', done: (whom: string): string => `You frame ${whom}`, none: 'Frame nobody', truth: (by: string, whom: string): string => `${by} framed ${whom}` },
    vote: { name: 'Vote', ask: 'Who should be condemned?', hint: 'Talk it over, then tap a player to vote.', done: (whom: string): string => `You vote for ${whom}`, none: 'Condemn nobody today', truth: (by: string, whom: string): string => `${by} voted for ${whom}` },
    judge: { name: 'Judge', ask: 'Guilty or innocent?', hint: 'Hear them out, then decide.', done: (whom: string): string => `You find ${whom} guilty`, none: 'Innocent', truth: (by: string, whom: string): string => `${by} judged ${whom}` },
  },
  prompts: {
    left: (times: number): string => ` ${times} left.`, changeVote: 'You may change your mind until the time is over.', changeChoice: 'Tap someone else to change your mind.', tonight: 'What to do tonight',
    watching: 'You are watching', watchingLobby: 'Take a seat to play the next game.', watchingGame: 'A game is going on. You get a seat when it has ended.',
    dead: 'You are dead', deadHow: 'Watch, and talk with the other dead. The living cannot hear you.', waiting: 'Waiting for players', waitingHow: 'Anyone at the table can start.',
    onTrial: 'You are on trial', onTrialHow: 'Speak for your life. The others judge you.', sleeps: 'The village sleeps', sleepsHow: 'Somewhere, somebody is awake. Wait for the morning.',
    trialOf: (name: string, question: string): string => `${name}: ${question.toLowerCase()}`, tied: (names: string): string => `The votes were tied. Choose among ${names}.`, and: ' and ',
  },
  winners: {
    town: 'The town wins', mafia: 'The mafia wins', nobody: 'Nobody wins', townHow: 'The last of the mafia is gone. The village sleeps soundly again.', mafiaHow: 'They are as many as the others now. Nobody can stop them.',
    nobodyHow: 'Too many quiet nights and days: the game was abandoned.', alone: (name: string): string => `${name} wins too: the jester was condemned.`, again: 'Play again',
  },
  nobody: 'nobody', somebody: 'somebody',
  notes: { fellow: 'fellow mafia', guilty: 'seems guilty', innocent: 'seems innocent', onTrial: 'on trial', winsToo: 'wins too', away: 'away', reconnecting: 'reconnecting', bot: 'bot', you: 'you', dead: 'dead', yourChoice: 'your choice', votesFrom: (count: number, names: string): string => `${count} ${count === 1 ? 'vote' : 'votes'} from ${names}`, pickedBy: (names: string): string => `picked by ${names}` },
  events: {
    started: (count: number): string => `The game begins with ${players(count)}.`, killed: (name: string, as: string): string => `${name} was found dead${as}.`, quietNight: 'Nobody died in the night.',
    condemned: (name: string, votes: number, as: string): string => `${name} was condemned with ${votes} ${votes === 1 ? 'vote' : 'votes'}${as}.`, takenAlong: (by: string, name: string, as: string): string => `${by} took ${name} along${as}.`,
    as: (what: string): string => `: ${what.toLowerCase()}`,
    tie: 'The votes were tied. Nobody was condemned.', noVotes: 'Nobody voted. Nobody was condemned.', nobodyLeads: 'The village chose to condemn nobody.', noMajority: 'There was no majority. Nobody was condemned.', acquittedDay: 'Nobody was condemned.',
    revote: (names: string): string => `The votes were tied between ${names}. The village votes again.`, accused: (name: string): string => `${name} is on trial.`, acquitted: (name: string): string => `${name} was acquitted.`,
    mayor: (name: string): string => `${name} is the mayor.`, extended: 'The day was made longer.', absent: (names: string): string => `${names} did nothing all day.`, stopped: (name: string): string => `${name} ended the game.`, ended: (who: string): string => `${who}.`,
  },
  learned: {
    attackNobody: 'The mafia chose nobody.', attack: (whom: string, by: string | null, isBlocked: boolean): string => `The mafia went for ${whom}${by === null ? '' : `, by ${by}`}${isBlocked ? ', who was kept from it' : ''}.`,
    blocked: 'Somebody kept you from acting.', deed: (what: string): string => `${what}.`, found: (whom: string, isGuilty: boolean): string => `You learned: ${whom} seems ${isGuilty ? 'guilty!' : 'innocent.'}`,
    stayed: (whom: string): string => `${whom} stayed at home.`, visited: (whom: string, names: string): string => `${whom} visited ${names}.`, nobodyCame: (whom: string): string => `Nobody came to ${whom}.`, came: (names: string, whom: string): string => `${names} came to ${whom}.`, onlyYou: 'Only you know.',
  },
  truth: { line: (parts: string): string => `In truth: ${parts}.`, nobody: 'the mafia chose nobody', attack: (by: string, whom: string): string => `the mafia (${by}) went for ${whom}`, blocked: ' (kept from it)' },
  story: { title: 'Story', empty: 'The story has not begun.', round: (round: number): string => `Round ${round}`, filters: 'What to show', all: 'All', deaths: 'Deaths', votes: 'Votes', mine: 'Mine', none: 'Nothing of this kind yet.' },
  table: {
    label: 'The table', whoWasWho: 'Who was who', alive: (count: number): string => `${count} alive`, voted: (voted: number, of: number): string => `${voted} of ${of} voted`, majority: (count: number): string => `majority ${count}`, needed: (count: number): string => `${count} needed`, abstained: (count: number): string => `${count} abstained`,
  },
  chat: {
    title: 'Talk', whose: 'Whose talk', lines: 'Lines', onlyMafia: 'Nobody else can read this.', empty: 'Nobody has said anything yet.', spectators: 'Those at the table can talk.', night: 'Night: only whispers.', send: 'Send',
    table: 'Say something', mafia: 'Whisper to the mafia', dead: 'Talk to the dead', toTable: 'Say to everyone', toMafia: 'Whisper to the mafia', toDead: 'Say to the dead',
    channels: { table: 'All', mafia: 'Mafia', dead: 'Dead', whispers: 'Whispers' },
    whom: 'Whisper to whom', whisper: 'Whisper', notNow: 'By day, the living may whisper to one another.', to: (name: string): string => `to ${name}:`, seen: (name: string): string => `whispers to ${name}`,
  },
  day: { group: 'The day', abstain: 'Abstain', reveal: 'Reveal that I am the mayor', ready: (count: number): string => (count === 0 ? 'I am ready' : `I am ready (${count})`), extend: (count: number): string => (count === 0 ? 'More time' : `More time (${count})`) },
  will: { none: 'Write a last will', some: 'Your last will', label: 'Your last will', save: 'Keep it' },
  host: { host: 'host', whose: 'Host', remove: (name: string): string => `Take ${name}'s seat away`, claim: 'Be the host', pass: (name: string): string => `Make ${name} the host`, stop: 'End this game', stopSure: 'End it for everyone?' },
  lobby: {
    label: 'Lobby', title: 'At the table', you: 'you', free: 'free', characters: 'This game will have', many: (count: number, character: string): string => `${count} ${character.toLowerCase()}${count > 1 && character === 'Villager' ? 's' : ''}`,
    missing: (count: number): string => (count === 1 ? 'One more player is needed.' : `${count} more players are needed.`), noSetup: 'With these characters there is no game: there must be mafia, and fewer of them than of the others.',
    pace: 'Pace', quick: 'Quick', normal: 'Normal', relaxed: 'Relaxed', start: 'Start the game', starting: 'Dealing…', leave: 'Leave the table', sit: 'Take a seat', rules: 'Rules and characters', onlyHost: 'The host chooses these.', cast: 'Characters, one by one', fewer: (character: string): string => `One ${character.toLowerCase()} fewer`, more: (character: string): string => `One ${character.toLowerCase()} more`, rest: 'The rest are villagers.',
  },
  bots: {
    title: 'Bots', count: (count: number): string => (count === 0 ? 'No bots' : count === 1 ? '1 bot' : `${count} bots`), coming: (seated: number, wanted: number): string => `${seated} of ${wanted} bots`, fewer: 'One bot fewer', more: 'One bot more', fill: 'Fill with bots', difficulty: 'How well the bots play',
    difficulties: { mixed: 'mixed', easy: 'easy', medium: 'medium', hard: 'hard' }, nobody: 'Nobody provides bots for this table now. Whoever runs the game can: mesh bot serve.',
  },
  options: {
    setup: 'Characters', nightMs: 'Night', dayMs: 'Day', warnings: 'Warnings', endsEarly: 'A day ends early', extensionMs: 'More time is', extensionsMax: 'Extensions of a day', firstPhase: 'Begins with', voteMode: 'Vote', trialMs: 'Trial',
    ties: 'A tie condemns', revoteMs: 'Revote', selfVotes: 'Vote for oneself', reveal: 'The dead show', wills: 'Last wills', whispers: 'Whispers by day', mafiaWins: 'The mafia win', starts: 'Who starts',
  },
  optionHints: {
    setup: 'Which secrets are dealt.', nightMs: 'The longest that a night takes.', dayMs: 'The longest that a day takes.', warnings: 'Everyone is told when 60, 30 and 15 seconds are left.', endsEarly: 'Or when its time is over.', extensionMs: 'How much longer a day gets when more than half of the living ask for it.',
    extensionsMax: 'How often one day may be made longer.', firstPhase: 'Night first is usual; day first lets all talk before anyone dies.', voteMode: 'Most votes at the end of the day; or a majority brings somebody to trial, and all judge.', trialMs: 'The longest that one trial takes.', ties: 'What happens when two have most votes.',
    revoteMs: 'The longest that a revote takes.', selfVotes: 'One may vote for oneself.', reveal: 'What is told of whoever dies.', wills: 'A few words that are read when their writer is dead.', whispers: 'By day the living may whisper to one another.', mafiaWins: 'When the mafia have won.', starts: 'Who may press start.',
  },
  optionValues: {
    standard: 'all, by number of players', vanilla: 'only mafia and villagers', custom: 'chosen one by one', whenAllActed: 'when all have voted', whenAllReady: 'when all are ready', never: 'never', night: 'a night', day: 'a day', plurality: 'most votes', nomination: 'majority, then a trial',
    nobody: 'nobody', random: 'one by chance', revote: 'after a revote', character: 'their character', side: 'their side', nothing: 'nothing', off: 'none', seen: 'others see that, not what', hidden: 'unseen', atParity: 'when they are as many', alone: 'when nobody else lives', anyone: 'anyone', host: 'the host',
  },
  seconds: (count: number): string => (count % 60 === 0 ? `${count / 60} min` : `${count} s`),
  settings: {
    title: 'Settings', close: 'Done', language: 'Language', colours: 'Colours', byTime: 'by the time of day', dark: 'dark', light: 'light', sound: 'Sound at your turn', vibration: 'Buzz at your turn', account: 'Your account', keepSeat: 'Keep my seat with an account',
  },
  move: {
    title: 'Play on another device', how: 'A private link takes your seat to another device: you go on there as you are, and this one stops.', warning: 'Whoever opens it is you: show it to nobody.', make: 'Make a private link', qr: 'QR code of your private link', close: 'Close',
    valid: (minutes: number): string => `It works once, within ${minutes} minutes.`, takeBack: 'Take the link back',
    ask: (name: string): string => `Play on here as ${name}?`, askHow: 'Your seat, your secret and all that you know come to this device. The other one stops.', instead: (name: string): string => `This browser then leaves the seat that it has as ${name}.`, here: 'Play on here', moving: 'Moving your seat…', notNow: 'Not now', notLoaded: 'This page did not load whole. Reload it: the link is still good.',
    refused: {
      tokenSpent: 'This link was used before, and works only once. Make a new one on the device that has your seat now.', tokenExpired: 'The time of this link is over. Make a new one on the device that has your seat.',
      tokenInvalid: 'A newer link was made, or this one was taken back. Make a new one on the device that has your seat.', strange: 'This link is not whole. Copy all of it, or scan its code again.', silent: 'None of the managers answers this device. Check that it can reach them, and try again.',
    },
  },
  replay: {
    open: 'See it all again', title: 'The game again', step: 'Step of the game', before: 'Back', after: 'On', deal: 'The deal', meanwhile: (round: number): string => `Meanwhile, day ${round}`, ballot: (round: number, ballot: number): string => (ballot > 1 ? `Day ${round}, ballot ${ballot}` : `Day ${round}`), loading: 'Looking at the record…', close: 'Close', share: 'Share this game', copied: 'The link is copied', shareHow: 'The whole game is in this link: whoever has it sees every secret of it, without a seat and without the mesh.', play: 'Play a game of your own',
    votedFor: (by: string, whom: string): string => `${by} voted for ${whom}`, judged: { guilty: (by: string): string => `${by}: guilty`, innocent: (by: string): string => `${by}: innocent`, abstain: (by: string): string => `${by} abstained` },
    found: (by: string, whom: string, isGuilty: boolean): string => `${by} found ${whom} ${isGuilty ? 'guilty' : 'innocent'}`, wanted: (by: string, whom: string): string => `${by} wanted ${whom} dead`, saw: (by: string, what: string): string => `${by} saw: ${what}`, nobody: 'nobody',
  },
  fair: {
    title: 'Was it fair?', yes: 'Checked: it was fair.', no: 'This record cannot be true.', yesHow: (entries: number): string => `This page played all ${entries} entries of the record again. The deal, each night, each vote and the winner follow from the rules.`,
    heads: (count: number): string => (count === 0 ? 'This page kept no heads of this game, so it may be a whole other game.' : `It is the game that you saw: ${count === 1 ? 'one head that this page kept is' : `${count} heads that this page kept are`} in its chain.`),
    contributors: (names: string): string => (names === '' ? 'No player contributed to the deal: whoever runs the managers could have chosen it.' : `Contributed to the deal: ${names}. If one of them is honest, nobody could choose it.`),
    leftOut: (names: string): string => `Left out, for they did not open in time: ${names}. Each may have chosen between two deals: one bit.`, where: (entry: number, why: string): string => `The first bad entry is ${entry}: ${why}.`,
    mine: 'What this browser contributed is in the deal.', byHand: 'Check it by hand',
    not: 'It does not prove that nobody looked: whoever runs the managers can read every secret. Names, characters, night deeds and votes are in the record; no chat, whisper or last will is.', none: 'There is no record of this game any more.',
  },
  send: { unknown: 'The connection was lost. Look whether it was done.', notSent: 'That could not be sent. Try again.', notLoaded: 'This part of the page could not be loaded. Check your connection, then reload the page.' },
  connect: {
    wrongMesh: 'The game you were in is no longer there.', wrongIncarnation: 'The game was restored from a snapshot and has to let you in again.', resumeRefused: 'The game does not know this browser any more.', credentialRevoked: 'You have been removed from the game.', movedAway: 'Your seat has moved to another device and goes on there. To come back, open “Play on another device” there.', tokenSpent: 'This invitation has been used already.',
    tokenExpired: 'This invitation has expired.', noLeader: 'Nobody of the old game answers.', notAuthenticated: 'This browser has forgotten its seat.',
  },
  refusals: {
    wrongPhase: 'Too late: that phase is over.', tooFast: 'Slow down a little.', gameFull: 'All seats are taken. You can watch, and play the next game.', tooFewPlayers: 'At least five players are needed.', nameNotUsable: 'That name cannot be read. Choose another one.', notNow: 'Nobody can hear you now.',
    removed: 'The host took your seat away. You can play the next game.', notTheHost: 'Only the host can do this.', noBotWanted: 'The host wants no more bots.', nobodyProvides: 'Nobody provides bots for this table now.', hostIsHere: 'The host was here a moment ago. Try again in half a minute.', setupNotUsable: 'These characters make no game for so many players.', usedUp: 'You have none left.', noMoreTime: 'This day cannot get any longer.',
    targetNotAllowed: 'You may not choose this player now.', alreadyStarted: 'A game is going on. You can join when it has ended.', alreadyJoined: 'You have a seat already.', notInGame: 'You are not in this game.', notAlive: 'The dead no longer act.', notYourCharacter: 'Your character does not do this.', unknownTarget: 'There is no such player.',
    notInThisGame: 'This game is played without it.', textNotUsable: 'That cannot be read. Write something else.', notAnAgent: 'Only players can do this.', notCommitted: 'This browser is not bound to a contribution in this game.', notWhatWasCommitted: 'This is not the contribution that this browser is bound to.',
  },
};

type Widened<Value> = Value extends string ? string : Value extends (...given: infer Given) => string ? (...given: Given) => string : { readonly [Key in keyof Value]: Widened<Value[Key]> };

/** What every language says. */
export type Language = Widened<typeof english>;
