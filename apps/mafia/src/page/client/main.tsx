import { render } from 'preact';
import { App } from './app.tsx';
import { installServiceWorker } from './attention.ts';
import { followNewLinks, takeInvitationCode } from './invitation.ts';
import { speak } from './languages/index.ts';
import { packedReplayIn } from './replay-fragment.ts';
import { settings } from './settings.ts';
import { showTimeOfDay } from './time-of-day.ts';
import './styles/index.css';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');
const packedReplay = packedReplayIn(location.hash);
const code = packedReplay === null ? takeInvitationCode() : null;
await speak(settings().language);
document.documentElement.lang = settings().language;
showTimeOfDay(null, settings().colours);
if (packedReplay === null) render(<App code={code} />, root);
else {
  const { SharedReplay } = await import('./shared-replay.tsx');
  render(<SharedReplay packed={packedReplay} />, root);
}
followNewLinks();
installServiceWorker();
