// A document that an answer cites, to be read.

import { html, render } from "./ui.js";
import { Markdown } from "./markdown.js";

const MARKDOWN = /\.(md|mdx|markdown)$/i;

async function show() {
  const response = await fetch(`${location.pathname}?raw`);
  const text = await response.text();
  const name = decodeURIComponent(location.pathname.split("/").slice(3).join("/"));
  document.title = name;
  const body = MARKDOWN.test(name)
    ? html`<${Markdown} text=${text.replace(/^---\n[\s\S]*?\n---\n/, "")} headings=${1} />`
    : html`<pre>${text}</pre>`;
  render(
    html`<p class="hint">${name}</p>
      ${body}`,
    document.getElementById("page"),
  );
}

show();
