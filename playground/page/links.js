// Links and mentions: the only places where what somebody wrote becomes more than text.

import { html } from "./ui.js";
import { nameOf } from "./workspace.js";

const SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);

/** The address if a link may lead there, else null: nothing that runs, nothing relative. */
export function safeAddress(address) {
  try {
    const url = new URL(address);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function Link({ to, children }) {
  const address = safeAddress(to);
  if (!address) return html`<span>${children}</span>`;
  return html`<a href=${address} target="_blank" rel="noopener noreferrer">${children}</a>`;
}

/** What stands between < and > in Slack's texts: @U…, #C…, !here, !subteam^S…, !date^…, or an address, each with |label. */
export function reference(inner, state, key) {
  const bar = inner.indexOf("|");
  const [target, label] = bar < 0 ? [inner, ""] : [inner.slice(0, bar), inner.slice(bar + 1)];
  const sign = target[0];
  if (sign === "@") return mention(`@${nameOf(state, target.slice(1))}`, target.slice(1) === state.me, key);
  if (sign === "#") return mention(`#${label || nameOf(state, target.slice(1))}`, false, key);
  if (sign === "!") return special(target.slice(1), label, state, key);
  return html`<${Link} key=${key} to=${unescaped(target)}>${unescaped(label || target)}</${Link}>`;
}

function special(word, label, state, key) {
  const [kind, ...parts] = word.split("^");
  if (kind === "subteam") return mention(`@${nameOf(state, parts[0])}`, false, key);
  if (kind === "date")
    return html`<time key=${key}>${unescaped(label) || new Date(Number(parts[0]) * 1000).toLocaleString()}</time>`;
  return mention(`@${label || kind}`, true, key);
}

export function mention(text, mine, key) {
  return html`<span key=${key} class=${mine ? "mention mine" : "mention"}>${text}</span>`;
}

/** Slack's three escapes undone. */
export function unescaped(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}
