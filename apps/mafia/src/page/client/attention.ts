import { words } from './languages/index.ts';
import { settings } from './settings.ts';

// Small helps around the page: the title, a sound and a buzz at one's own turn, a screen that does not fall asleep in mid-game.

const flashMs = 1_000;
let flashing: ReturnType<typeof setInterval> | null = null;

/** Says in the tab's title, which flashes while the tab is hidden, by a sound and by a buzz that it is this player's turn. */
export function callAttention(isTurn: boolean, title: string): void {
  if (flashing !== null) clearInterval(flashing);
  flashing = null;
  const turn = words.title.turn(title);
  document.title = isTurn ? turn : words.title.name;
  if (!isTurn) return;
  flashing = setInterval(() => { document.title = document.hidden && document.title === turn ? words.title.name : turn; }, flashMs);
  if (!('userActivation' in navigator) || !navigator.userActivation.hasBeenActive) return;
  if (settings().vibration && 'vibrate' in navigator) navigator.vibrate([60, 40, 60]);
  if (settings().sound) ring();
}

let audio: AudioContext | null = null;

/** Two soft notes. Browsers let a page be heard only after a tap. */
function ring(): void {
  try {
    audio ??= new AudioContext();
    const { currentTime, destination } = audio;
    for (const [place, frequencyHz] of [587.3, 880].entries()) {
      const note = audio.createOscillator();
      const loudness = audio.createGain();
      const fromSeconds = currentTime + place * 0.16;
      note.type = 'sine';
      note.frequency.value = frequencyHz;
      loudness.gain.setValueAtTime(0, fromSeconds);
      loudness.gain.linearRampToValueAtTime(0.12, fromSeconds + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.001, fromSeconds + 0.6);
      note.connect(loudness).connect(destination);
      note.start(fromSeconds);
      note.stop(fromSeconds + 0.65);
    }
  } catch {
    // A device without sound.
  }
}

/** Keeps the screen on while a game is going on. Returns what ends it. Does nothing where the browser will not. */
export function keepAwake(): () => void {
  let sentinel: { release(): Promise<void> } | null = null;
  let ended = false;
  const request = async (): Promise<void> => {
    if (ended || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    try {
      const next = await navigator.wakeLock.request('screen');
      if (ended) await next.release(); else sentinel = next;
    } catch {
      // Refused (low battery, no permission): the phone may sleep, the seat stays.
    }
  };
  const again = (): void => { void request(); };
  document.addEventListener('visibilitychange', again);
  again();
  return () => {
    ended = true;
    document.removeEventListener('visibilitychange', again);
    void sentinel?.release().catch(() => undefined);
  };
}

/** Not at first sight, and before anything of it is wanted: by then the server may be gone. */
const restAfterMs = 10_000;

/** The page stays usable without the server, with all its dialogs. Only where the browser allows it (https, or this machine). */
export function installServiceWorker(): void {
  if (!window.isSecureContext || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('./sw.js').catch(() => undefined);
  setTimeout(() => { void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage('keepTheRest')); }, restAfterMs);
}
