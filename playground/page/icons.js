// Signs for buttons, drawn, so that they look the same on a machine that has no font with them.

import { html } from "./ui.js";

const LINES = {
  bin: "M4 6h12M8 6V4h4v2M6 6l.6 10h6.8L14 6M8.5 9v4.5M11.5 9v4.5",
  bolt: "M11 3 5 11.5h4L8.5 17 15 8.5h-4z",
  bubble: "M4 4.5h12v8.5H9.5L6 16v-3H4z",
  close: "m5 5 10 10M15 5 5 15",
  down: "M7 4h7.5L16 11h-4.2l.8 4.3-1.5.7L8 11H4.5V4H7v7",
  envelope: "M3.5 5.5h13V15h-13zM3.5 6l6.5 5 6.5-5",
  home: "m3.5 9.5 6.5-6 6.5 6M5.5 8.5V16h3.5v-4h2v4h3.5V8.5",
  lens: "M8.8 14a5.2 5.2 0 1 0 0-10.4 5.2 5.2 0 0 0 0 10.4zM12.6 12.6 17 17",
  lock: "M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  more: "M10 4.5v.01M10 10v.01M10 15.5v.01",
  options: "M4.5 10v.01M10 10v.01M15.5 10v.01",
  plus: "M10 4v12M4 10h12",
  smile: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7.5 8v.01M12.5 8v.01M6.8 11.5c1.6 2.4 4.8 2.4 6.4 0",
  spark: "m10 3 1.7 5.3L17 10l-5.3 1.7L10 17l-1.7-5.3L3 10l5.3-1.7z",
  up: "M7 16h7.5L16 9h-4.2l.8-4.3-1.5-.7L8 9H4.5v7H7V9",
};

export function Icon({ name }) {
  return html`<svg class="sign-drawn" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
    <path d=${LINES[name]} />
  </svg>`;
}
