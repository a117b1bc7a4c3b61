// Small helps around the page: the title, a buzz at one's own turn, a screen that does not fall asleep in mid-game.

const quietTitle = 'Mafia';

/** Says in the tab's title, and by a short buzz, that it is this player's turn. */
export function callAttention(isTurn: boolean, title: string): void {
  document.title = isTurn ? `● ${title}` : quietTitle;
  if (isTurn && 'vibrate' in navigator && 'userActivation' in navigator && navigator.userActivation.hasBeenActive) navigator.vibrate(60);
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

/** The app shell stays usable without the server. Only where the browser allows it (https, or this machine). */
export function installServiceWorker(): void {
  if (!window.isSecureContext || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('./sw.js').catch(() => undefined);
}
