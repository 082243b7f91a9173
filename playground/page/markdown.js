// Standard Markdown, of `markdown` blocks and streamed replies, as elements made of marked's tokens.
// HTML in a text stays text: no string ever becomes HTML.

import { lexer } from "marked";
import { html } from "./ui.js";
import { withEmoji } from "./emoji.js";
import { Link, reference } from "./links.js";
import { lines } from "./mrkdwn.js";

const ENTITIES = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  copy: "©",
  hellip: "…",
  ndash: "–",
  mdash: "—",
};

export function Markdown({ text, state, headings = 4 }) {
  return html`<div class="markdown">${blocks(lexer(text), { state, headings })}</div>`;
}

const blocks = (tokens, context) => tokens.map((token, key) => block(token, context, key));

function block(token, context, key) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "hr":
      return html`<hr key=${key} />`;
    case "code":
      return html`<pre key=${key}><code>${token.text}</code></pre>`;
    case "blockquote":
      return html`<blockquote key=${key}>${blocks(token.tokens, context)}</blockquote>`;
    case "heading":
      return html`<${`h${Math.min(6, context.headings + token.depth - 1)}`} key=${key} class=${`h${token.depth}`}>${inline(token.tokens, context)}</>`;
    case "list":
      return list(token, context, key);
    case "table":
      return table(token, context, key);
    case "paragraph":
      return html`<p key=${key}>${inline(token.tokens, context)}</p>`;
    case "text":
      return html`<span key=${key}
        >${token.tokens ? inline(token.tokens, context) : written(token.text, context)}</span
      >`;
    default:
      return html`<p key=${key}>${lines(token.raw)}</p>`;
  }
}

function list(token, context, key) {
  const items = token.items.map(
    (item, number) =>
      html`<li key=${number}>
        ${item.task ? (item.checked ? "☑ " : "☐ ") : null}${blocks(
          item.tokens.filter((each) => each.type !== "checkbox"),
          context,
        )}
      </li>`,
  );
  if (!token.ordered)
    return html`<ul key=${key}>
      ${items}
    </ul>`;
  return html`<ol key=${key} start=${token.start || 1}>
    ${items}
  </ol>`;
}

function table(token, context, key) {
  const cell = (part, Tag, number) =>
    html`<${Tag} key=${number} scope=${Tag === "th" ? "col" : undefined} class=${token.align[number] ? `to-${token.align[number]}` : undefined}>${inline(part.tokens, context)}</>`;
  return html`<div class="scroll" key=${key} tabindex="0" role="group" aria-label="Table">
    <table>
      <thead>
        <tr>
          ${token.header.map((part, number) => cell(part, "th", number))}
        </tr>
      </thead>
      <tbody>
        ${token.rows.map(
          (row, line) =>
            html`<tr key=${line}>
              ${row.map((part, number) => cell(part, "td", number))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const inline = (tokens, context) => tokens.map((token, key) => span(token, context, key));

function span(token, context, key) {
  switch (token.type) {
    case "strong":
      return html`<strong key=${key}>${inline(token.tokens, context)}</strong>`;
    case "em":
      return html`<em key=${key}>${inline(token.tokens, context)}</em>`;
    case "del":
      return html`<s key=${key}>${inline(token.tokens, context)}</s>`;
    case "codespan":
      return html`<code key=${key}>${token.text}</code>`;
    case "br":
      return html`<br key=${key} />`;
    case "link":
      return html`<${Link} key=${key} to=${decoded(token.href)}>${inline(token.tokens, context)}</${Link}>`;
    case "image":
      return html`<${Link} key=${key} to=${decoded(token.href)}>${decoded(token.text || token.href)}</${Link}>`;
    case "escape":
      return decoded(token.text);
    case "text":
      return token.tokens
        ? inline(token.tokens, context)
        : html`<span key=${key}>${written(token.raw, context)}</span>`;
    default:
      return html`<span key=${key}>${lines(token.raw)}</span>`;
  }
}

/** Plain words, in which Slack still knows its mentions: <@U…>, <#C…>, <!here>. */
function written(text, context) {
  return text.split(/(<[@#!][^<>\s]+>)/).flatMap((part, key) => {
    if (key % 2 && context.state) return [reference(part.slice(1, -1), context.state, `r${key}`)];
    return lines(withEmoji(decoded(part)), key);
  });
}

/** Entities as the characters that they stand for. */
function decoded(text) {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+));/gi, (whole, decimal, hexadecimal, name) => {
    if (name) return ENTITIES[name] ?? whole;
    const code = decimal ? Number(decimal) : parseInt(hexadecimal, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  });
}
