import { render } from 'preact';
import { App } from './app.tsx';
import { installServiceWorker } from './attention.ts';
import { followNewLinks, takeInvitationCode } from './invitation.ts';
import './styles/index.css';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');
render(<App code={takeInvitationCode()} />, root);
followNewLinks();
installServiceWorker();
