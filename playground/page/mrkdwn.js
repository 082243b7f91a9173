// Slack's own mark-up as elements. https://docs.slack.dev/messaging/formatting-message-text
// Nothing here makes HTML of a string: whatever a text holds, it becomes elements of these few kinds, or text.

import { html } from "./ui.js";
import { withEmoji } from "./emoji.js";
import { Link, reference, unescaped } from "./links.js";

const PIECES = new RegExp(
  [
    "```\\n?([\\s\\S]+?)```", // 1 code of several lines
    "`([^`\\n]+)`", // 2 code
    "<([^<>\\n]+)>", // 3 a reference
    "(?<![\\w*])\\*(?=\\S)([^*\\n]+?)(?<=\\S)\\*(?![\\w*])", // 4 bold
    "(?<![\\w_])_(?=\\S)([^_\\n]+?)(?<=\\S)_(?![\\w_])", // 5 italic
    "(?<![\\w~])~(?=\\S)([^~\\n]+?)(?<=\\S)~(?![\\w~])", // 6 struck
    "(https?:\\/\\/[^\\s<>|]+[^\\s<>|.,;:!?)\\]'\"])", // 7 an address
  ].join("|"),
  "g",
);

/** A text object of Block Kit. */
export function TextObject({ text, state }) {
  if (!text) return null;
  if (text.type !== "mrkdwn")
    return html`<span class="text">${lines(text.emoji === false ? text.text : withEmoji(text.text))}</span>`;
  return html`<${Mrkdwn} text=${text.text} state=${state} verbatim=${text.verbatim} />`;
}

export function Mrkdwn({ text, state, verbatim = false }) {
  return html`<span class="text"
    >${quotes(text).map((part, key) => {
      const inside = inline(part.text, state, verbatim);
      return part.quoted
        ? html`<blockquote key=${key}>${inside}</blockquote>`
        : html`<span key=${key}>${inside}</span>`;
    })}</span
  >`;
}

/** Lines that begin with > apart from the others. */
function quotes(text) {
  const parts = [];
  for (const line of text.split("\n")) {
    const quoted = line.startsWith("&gt;");
    const last = parts.at(-1);
    const said = quoted ? line.slice(4).replace(/^ /, "") : line;
    if (last && last.quoted === quoted) last.text += `\n${said}`;
    else parts.push({ quoted, text: said });
  }
  return parts;
}

function inline(text, state, verbatim) {
  const found = [];
  let done = 0;
  for (const match of text.matchAll(PIECES)) {
    if (match[7] && verbatim) continue;
    found.push(...plain(text.slice(done, match.index), found.length));
    found.push(piece(match, state, verbatim, `m${found.length}`));
    done = match.index + match[0].length;
  }
  found.push(...plain(text.slice(done), found.length));
  return found;
}

function piece([, block, code, inner, bold, italic, struck, address], state, verbatim, key) {
  if (block !== undefined) return html`<pre key=${key}><code>${unescaped(block)}</code></pre>`;
  if (code !== undefined) return html`<code key=${key}>${unescaped(code)}</code>`;
  if (inner !== undefined) return reference(inner, state, key);
  if (bold !== undefined) return html`<strong key=${key}>${inline(bold, state, verbatim)}</strong>`;
  if (italic !== undefined) return html`<em key=${key}>${inline(italic, state, verbatim)}</em>`;
  if (struck !== undefined) return html`<s key=${key}>${inline(struck, state, verbatim)}</s>`;
  return html`<${Link} key=${key} to=${unescaped(address)}>${unescaped(address)}</${Link}>`;
}

const plain = (text, from) => lines(withEmoji(unescaped(text)), from);

/** The text with its line breaks as elements. */
export function lines(text, from = 0) {
  return text
    .split("\n")
    .flatMap((line, number) => (number ? [html`<br key=${`b${from}-${number}`} />`, line] : [line]));
}
