import { Component } from 'preact';
import type { JSX } from 'preact';

// A villager's face, drawn from their id: the same on every screen, and easier to tell apart than letters.

const skins = ['#f7d7bd', '#edbb93', '#d29a6a', '#a66b3f', '#74472a', '#f0c9a4'];
const hairs = ['#2a1a14', '#5b3a22', '#a3622b', '#dcb46a', '#9a9aa2', '#6d2f2a', '#1f2436'];
const hats = ['#5a3d6e', '#7a3b2e', '#2f5d50', '#33415c', '#6b5426'];

const hair: readonly (() => JSX.Element | null)[] = [
  () => <path d="M11 19c-1-9 4-11.5 9-11.5S30 10 29 19c-1-4-3-5.6-9-5.6s-8 1.6-9 5.6z" />,
  () => <path d="M10.5 28c-1.5-6-1-20.5 9.5-20.5S31 22 29.5 28c-2.5-1-2-9-3-13.5-4 1.5-9 1.5-13 0-1 4.5-.5 12.5-3 13.5z" />,
  () => null,
  () => <><circle cx="20" cy="6.8" r="3.6" /><path d="M11.2 18c-.5-8 4-10 8.8-10s9.3 2 8.8 10c-2-4-4.5-5-8.8-5s-6.8 1-8.8 5z" /></>,
  () => <path d="M10.8 22c-1.5-11 3.5-14.5 9.2-14.5 6.5 0 10.5 4 9.2 14.5-2 .5-1.5-6-3-8.5-3 2-8 2.5-12 1-1 2-1.4 8-3.4 7.5z" />,
];
const hat: readonly (() => JSX.Element | null)[] = [
  () => null, () => null,
  () => <path d="M7.5 13.8c8-2 17-2 25 0-.3-1.6-2-2.4-4-2.8-.4-5-2.5-7.5-8.5-7.5s-8.1 2.5-8.5 7.5c-2 .4-3.7 1.2-4 2.8z" />,
  () => null,
  () => <path d="M11 12.5c0-5 4-8 9.5-8 4.5 0 8 2.5 8.5 7l4.5 1.5c-7 .8-15.5.400-22.5-.5z" />,
  () => <path d="M10.5 14c1-6 4.5-9.5 9.5-9.5s8.5 3.5 9.5 9.5c-6-2.5-13-2.5-19 0z" />,
];
const mouth: readonly (() => JSX.Element)[] = [
  () => <path d="M17 24.2c1.8 1.6 4.2 1.6 6 0" />, () => <path d="M17.4 24.6h5.2" />, () => <path d="M17.2 24.9c1.7-1.2 3.9-1.2 5.6 0" />, () => <path d="M17 24c.5 2.6 5.5 2.6 6 0z" fill="#7a2f2f" />,
];
const extra: readonly (() => JSX.Element | null)[] = [
  () => null, () => null, () => null,
  () => <g fill="none" stroke="#33302e" stroke-width=".9"><circle cx="16.6" cy="19.3" r="2.5" /><circle cx="23.4" cy="19.3" r="2.5" /><path d="M19.1 19.3h1.8" /></g>,
  () => <path d="M15.8 23.6c1-1.7 3.2-1.7 4.2-.5 1-1.2 3.2-1.2 4.2.500-1.5.700-3 .4-4.2-.3-1.2.700-2.7 1-4.2.300z" fill="#4a3226" />,
];

/** A number from the id that each part draws on in turn. */
function hashOf(id: string): number {
  let hash = 2166136261;
  for (let place = 0; place < id.length; place += 1) hash = Math.imul(hash ^ id.charCodeAt(place), 16777619) >>> 0;
  return hash;
}

interface FaceProperties { readonly id: string; readonly small?: boolean; readonly isDead?: boolean }

/** Drawn once: a face does not change with each vote, and there are many of them. */
export class Face extends Component<FaceProperties> {
  override shouldComponentUpdate(next: FaceProperties): boolean {
    return next.id !== this.props.id || next.small !== this.props.small || next.isDead !== this.props.isDead;
  }

  override render(): JSX.Element { return drawFace(this.props); }
}

function drawFace({ id, small = false, isDead = false }: FaceProperties): JSX.Element {
  let left = hashOf(id);
  const draw = (sides: number): number => { const drawn = left % sides; left = Math.imul(left ^ (left >>> 7), 2654435761) >>> 0; return drawn; };
  const hue = draw(360);
  const [skin, hairColour, cloth] = [skins[draw(skins.length)], hairs[draw(hairs.length)], draw(360)];
  const [Hair, Hat, Mouth, Extra] = [hair[draw(hair.length)], hat[draw(hat.length)], mouth[draw(mouth.length)], extra[draw(extra.length)]];
  return (
    <svg class={`face ${small ? 'small' : ''} ${isDead ? 'grey' : ''}`} viewBox="0 0 40 40" aria-hidden="true" focusable="false">
      <rect width="40" height="40" fill={`hsl(${hue} 42% 46%)`} />
      <path d="M5 41c0-8.5 6-11.5 15-11.5S35 32.5 35 41z" fill={`hsl(${cloth} 38% 30%)`} />
      <path d="M17 26h6v5.5c-1.5 2-4.5 2-6 0z" fill={skin} />
      <ellipse cx="20" cy="19" rx="8.4" ry="9.4" fill={skin} />
      <g fill={hairColour}>{Hair?.()}</g>
      <circle cx="16.7" cy="19.3" r="1.15" fill="#231a18" /><circle cx="23.3" cy="19.3" r="1.15" fill="#231a18" />
      <path d="M15.2 16.8c.9-.6 2-.6 2.9 0M21.9 16.8c.9-.6 2-.6 2.9 0" fill="none" stroke={hairColour} stroke-width=".9" stroke-linecap="round" />
      <g fill="none" stroke="#6d3b33" stroke-width="1.1" stroke-linecap="round">{Mouth?.()}</g>
      {Extra?.()}
      <g fill={hats[cloth % hats.length]}>{Hat?.()}</g>
    </svg>
  );
}
