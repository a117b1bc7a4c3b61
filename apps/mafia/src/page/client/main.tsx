import { render } from 'preact';
import { App } from './app.tsx';
import { installServiceWorker } from './attention.ts';
import { followNewLinks, takeInvitationCode } from './invitation.ts';
import { speak } from './languages/index.ts';
import { settings } from './settings.ts';
import { showTimeOfDay } from './time-of-day.ts';
import './styles/index.css';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');
const code = takeInvitationCode();
await speak(settings().language);
document.documentElement.lang = settings().language;
showTimeOfDay(null, settings().colours);
render(<App code={code} />, root);
followNewLinks();
installServiceWorker();
