import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './styles/dialog.css';

/** A dialog over the page: the browser's own, which keeps the focus and closes on Escape. */
export function Dialog({ title, close, testId, onClose, children }: { readonly title: string; readonly close: string; readonly testId: string; readonly onClose: () => void; readonly children: ComponentChildren }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => { dialog.current?.showModal(); }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-label={title} data-testid={testId} onClose={onClose} onClick={(event) => { if (event.target === dialog.current) dialog.current?.close(); }}>
      <div class="dialog-inside">
        <h2>{title}</h2>
        {children}
        <button type="button" class="primary" data-testid="dialog-close" onClick={() => dialog.current?.close()}>{close}</button>
      </div>
    </dialog>
  );
}
