// `rich_text` blocks and the cells of tables. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { html } from "./ui.js";
import { emoji } from "./emoji.js";
import { Link, mention, reference } from "./links.js";
import { lines } from "./mrkdwn.js";

export function RichText({ elements, state }) {
  return html`<div class="rich">${elements.map((element, key) => part(element, state, key))}</div>`;
}

function part(element, state, key) {
  switch (element.type) {
    case "rich_text_list":
      return list(element, state, key);
    case "rich_text_quote":
      return html`<blockquote key=${key}>${spans(element.elements, state)}</blockquote>`;
    case "rich_text_preformatted":
      return html`<pre key=${key}><code>${spans(element.elements, state)}</code></pre>`;
    default:
      return html`<p key=${key}>${spans(element.elements ?? [], state)}</p>`;
  }
}

function list(element, state, key) {
  const items = element.elements.map((item, number) => html`<li key=${number}>${spans(item.elements, state)}</li>`);
  const depth = `indent-${Math.min(8, element.indent ?? 0)}`;
  if (element.style !== "ordered")
    return html`<ul key=${key} class=${depth}>
      ${items}
    </ul>`;
  return html`<ol key=${key} class=${depth} start=${(element.offset ?? 0) + 1}>
    ${items}
  </ol>`;
}

const spans = (elements, state) => elements.map((element, key) => styled(span(element, state), element.style, key));

function span(element, state) {
  switch (element.type) {
    case "text":
      return lines(element.text);
    case "link":
      return html`<${Link} to=${element.url}>${element.text || element.url}</${Link}>`;
    case "emoji":
      return emoji(element.name);
    case "user":
      return reference(`@${element.user_id}`, state);
    case "channel":
      return reference(`#${element.channel_id}`, state);
    case "usergroup":
      return reference(`!subteam^${element.usergroup_id}`, state);
    case "broadcast":
      return mention(`@${element.range}`, true);
    case "date":
      return html`<time>${element.fallback || new Date(element.timestamp * 1000).toLocaleString()}</time>`;
    case "color":
      return html`<code>${element.value}</code>`;
    default:
      return "";
  }
}

function styled(content, style = {}, key) {
  let shown = content;
  if (style.code) shown = html`<code>${shown}</code>`;
  if (style.bold) shown = html`<strong>${shown}</strong>`;
  if (style.italic) shown = html`<em>${shown}</em>`;
  if (style.strike) shown = html`<s>${shown}</s>`;
  return html`<span key=${key}>${shown}</span>`;
}

/** A `table` block, whose first row is its header. https://docs.slack.dev/reference/block-kit/blocks/table-block */
export function TableBlock({ block, state }) {
  const [header, ...rows] = block.rows;
  const settings = block.column_settings ?? [];
  const cell = (content, Tag, number) => {
    const inside =
      content.type === "rich_text"
        ? html`<${RichText} elements=${content.elements} state=${state} />`
        : lines(String(content.text ?? ""));
    return html`<${Tag} key=${number} scope=${Tag === "th" ? "col" : undefined} class=${settings[number]?.align ? `to-${settings[number].align}` : undefined}>${inside}</>`;
  };
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table">
    <table>
      <thead>
        <tr>
          ${header.map((content, number) => cell(content, "th", number))}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, line) =>
            html`<tr key=${line}>
              ${row.map((content, number) => cell(content, "td", number))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
