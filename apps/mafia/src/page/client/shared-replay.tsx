import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { readRecord, replayRecord, verifyRecord } from '../../game/check/index.ts';
import type { ReplayStep, Verification } from '../../game/check/index.ts';
import { words } from './languages/index.ts';
import { unpackedReplay } from './replay-link.ts';
import { Fairness, Timeline } from './replay.tsx';
import { Scenery } from './scenery.tsx';
import './styles/dialog.css';
import { Title } from './welcome-screen.tsx';

interface Loaded { readonly steps: readonly ReplayStep[]; readonly verification: Verification }

/** A game that somebody shared by a link, for anyone, without a seat or a mesh. */
export function SharedReplay({ packed }: { readonly packed: string }): JSX.Element {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  useEffect(() => {
    void unpackedReplay(packed).then((value) => {
      const read = readRecord(value);
      setLoaded({ steps: read.ok ? replayRecord(read.record).steps : [], verification: verifyRecord(value) });
    });
  }, [packed]);
  const names = { players: loaded?.steps[0]?.players ?? [] };
  return (
    <>
      <Scenery />
      <main class="welcome">
        <Title />
        <div class="panel shared-replay" data-testid="shared-replay">
          <h2>{words.replay.title}</h2>
          {loaded === null && <p role="status">{words.replay.loading}</p>}
          {loaded !== null && <><Timeline steps={loaded.steps} names={names} /><Fairness verification={loaded.verification} names={names} byHand={null} /></>}
          <p><a href="./" data-testid="to-the-table">{words.replay.play}</a></p>
        </div>
      </main>
    </>
  );
}
