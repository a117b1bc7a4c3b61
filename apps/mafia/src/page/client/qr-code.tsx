import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { encodeQR } from 'qr';

/** The text as a QR code: dark on white, as cameras expect, whatever the time of day. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const rows = useMemo(() => encodeQR(text, 'raw', { border: 2 }), [text]);
  const path = rows.map((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('');
  return <svg class="qr" viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={label} shape-rendering="crispEdges"><rect width={rows.length} height={rows.length} fill="#fff" /><path d={path} fill="#000" /></svg>;
}
