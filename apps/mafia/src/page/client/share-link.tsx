import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { words } from './languages/index.ts';
import { QrCode } from './qr-code.tsx';

/** A link to hand on: as a QR code, copied, or by the device's own way of sharing. */
export function ShareLink({ link, qrLabel }: { readonly link: string; readonly qrLabel: string }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try { await navigator.clipboard.writeText(link); setCopied(true); } catch { setCopied(false); }
  };
  return (
    <>
      <QrCode text={link} label={qrLabel} />
      <input type="text" readOnly value={link} aria-label={qrLabel} data-testid="share-link" onFocus={(event) => event.currentTarget.select()} />
      <div class="dialog-row">
        <button type="button" data-testid="copy-link" onClick={() => void copy()}>{isCopied ? words.invitation.copied : words.invitation.copy}</button>
        {'share' in navigator && <button type="button" onClick={() => { navigator.share({ url: link }).catch(() => undefined); }}>{words.invitation.share}</button>}
      </div>
    </>
  );
}
