import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { askForRecord, replayRecord, verifyRecord } from '../../game/check/index.ts';
import type { ReplayStep, Verification } from '../../game/check/index.ts';
import type { Contribution } from '../../index.ts';
import { Dialog } from './dialog.tsx';
import { contributedTo, headsOf } from './fair-deal.ts';
import { words } from './languages/index.ts';
import type { DialogProperties } from './later-dialog.tsx';
import { Fairness, Timeline } from './replay.tsx';
import { replayLink } from './replay-link.ts';

type Loaded = { readonly steps: readonly ReplayStep[]; readonly verification: Verification; readonly link: string | null } | 'none' | null;

/** A game that is over, every night and day with all open, under a slider; and whether it was fair. */
export function ReplayDialog({ note, view, worker, onClose }: DialogProperties): JSX.Element {
  const [loaded, setLoaded] = useState<Loaded>(null);
  const { game } = view;
  useEffect(() => {
    let isWanted = true;
    const load = async (): Promise<Loaded> => {
      const asked = await askForRecord(worker, game);
      if (!asked.found) return 'none';
      const { record } = asked;
      const { mesh } = note.mesh;
      return { steps: replayRecord(record).steps, verification: verifyRecord(record, headsOf(mesh, game), contributedTo(mesh, game, worker.agent)), link: await replayLink(record, location.origin + location.pathname) };
    };
    load().then((found) => { if (isWanted) setLoaded(found); }, () => { if (isWanted) setLoaded('none'); });
    return () => { isWanted = false; };
  }, [worker, game]);
  return (
    <Dialog title={words.replay.title} close={words.replay.close} testId="replay-dialog" onClose={onClose}>
      {loaded === null && <p role="status">{words.replay.loading}</p>}
      {loaded === 'none' && <p role="alert">{words.fair.none}</p>}
      {loaded !== null && loaded !== 'none' && <><Timeline steps={loaded.steps} names={view} /><Fairness verification={loaded.verification} names={view} byHand={byHand(loaded.verification, contributedTo(note.mesh.mesh, game, worker.agent))} />{loaded.link !== null && <ShareReplay link={loaded.link} />}</>}
    </Dialog>
  );
}

/** The game as a link: too long to be drawn as a QR code. */
function ShareReplay({ link }: { readonly link: string }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try { await navigator.clipboard.writeText(link); setCopied(true); } catch { setCopied(false); }
  };
  const { replay } = words;
  return (
    <section class="replay-share">
      <p><small>{replay.shareHow}</small></p>
      <input type="text" readOnly value={link} aria-label={replay.share} data-testid="replay-link" onFocus={(event) => event.currentTarget.select()} />
      <button type="button" data-testid="copy-replay" onClick={() => void copy()}>{isCopied ? replay.copied : replay.share}</button>
    </section>
  );
}

/** How to check the same without this page: by the last head that it found, and what it contributed. */
function byHand(verification: Verification, mine: Contribution | null): string | null {
  if (!verification.verified) return null;
  return ['mesh game verify', `--head ${verification.entries}:${verification.head}`, ...(mine === null ? [] : [`--contribution ${mine.by}:${mine.nonce}`])].join(' ');
}
