import type { JSX } from 'preact';

/** The sky, the hills and the village behind everything. It only shows the time of day, which words say too. */
export function Scenery(): JSX.Element {
  return (
    <div class="scenery" aria-hidden="true">
      <div class="stars" />
      <div class="orb" />
      <svg class="hills" viewBox="0 0 1200 260" preserveAspectRatio="xMidYMax slice" focusable="false">
        <path class="hill-far" d="M0 150C150 90 260 120 400 150s240-40 400-30 260 60 400 10v130H0z" />
        <path class="hill-near" d="M0 200c180-50 320-40 520-10s440 20 680-30v100H0z" />
        <g class="houses">
          <path d="M180 188v-26l20-16 20 16v26zM232 190v-34l26-20 26 20v34zM300 192v-22l17-14 17 14v22zM640 196v-40l14-34 14 34v40zM686 198v-28l22-17 22 17v28zM744 198v-22l18-14 18 14v22zM930 190v-30l24-18 24 18v30zM990 186v-22l17-13 17 13v22z" />
        </g>
        <g class="windows">
          <path d="M196 168h8v9h-8zM246 164h8v9h-8zM262 164h8v9h-8zM313 175h7v8h-7zM650 164h8v10h-8zM700 178h8v9h-8zM758 183h7v8h-7zM944 168h8v9h-8zM1003 170h7v8h-7z" />
        </g>
      </svg>
    </div>
  );
}
