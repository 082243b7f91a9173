// Block Kit: any list of blocks that an app may send. https://docs.slack.dev/reference/block-kit/blocks
// `surface` is where they stand: {state, given, change(block, element, given), press(block, element, given), errors}.

import { html, newId, useState } from "./ui.js";
import { withEmoji } from "./emoji.js";
import { Element } from "./elements.js";
import { Input } from "./inputs.js";
import { safeAddress } from "./links.js";
import { Markdown } from "./markdown.js";
import { TextObject } from "./mrkdwn.js";
import { RichText, TableBlock } from "./rich_text.js";

const KINDS = {
  actions: Actions,
  context: Context,
  context_actions: Actions,
  divider: () => html`<hr />`,
  header: Header,
  image: ImageBlock,
  input: InputBlock,
  markdown: ({ block, surface }) => html`<${Markdown} text=${block.text} state=${surface.state} />`,
  rich_text: ({ block, surface }) => html`<${RichText} elements=${block.elements} state=${surface.state} />`,
  section: Section,
  table: ({ block, surface }) => html`<${TableBlock} block=${block} state=${surface.state} />`,
};

export function Blocks({ blocks, surface }) {
  return html`<div class="blocks">
    ${blocks.map((block, number) => {
      const Kind = KINDS[block.type];
      if (!Kind)
        return html`<p class="unknown" key=${number}>
          (a block of the type “${block.type}”, which this page does not draw)
        </p>`;
      return html`<div class=${`block ${block.type}`} key=${block.block_id ?? number}>
        <${Kind} block=${block} surface=${surface} />
      </div>`;
    })}
  </div>`;
}

function Header({ block, surface }) {
  return html`<h3 class="block-title"><${TextObject} text=${block.text} state=${surface.state} /></h3>`;
}

function Section({ block, surface }) {
  return html` <div class="section-texts">
      ${block.text && html`<div><${TextObject} text=${block.text} state=${surface.state} /></div>`}
      ${
        block.fields &&
        html`<div class="fields">
          ${block.fields.map(
            (field, number) => html`<div key=${number}><${TextObject} text=${field} state=${surface.state} /></div>`,
          )}
        </div>`
      }
    </div>
    ${block.accessory && html`<div class="accessory"><${Element} element=${block.accessory} block=${block} surface=${surface} /></div>`}`;
}

function Context({ block, surface }) {
  return block.elements.map((element, number) =>
    element.type === "image"
      ? html`<${Picture} key=${number} image=${element} />`
      : html`<${TextObject} key=${number} text=${element} state=${surface.state} />`,
  );
}

function Actions({ block, surface }) {
  return html`<div class="elements">
    ${block.elements.map(
      (element, number) =>
        html`<${Element} key=${element.action_id ?? number} element=${element} block=${block} surface=${surface} />`,
    )}
  </div>`;
}

export function Picture({ image }) {
  const address = safeAddress(image.image_url ?? image.slack_file?.url);
  return address
    ? html`<img src=${address} alt=${image.alt_text} loading="lazy" />`
    : html`<span>[${image.alt_text}]</span>`;
}

function ImageBlock({ block, surface }) {
  return html`<figure>
    ${block.title && html`<figcaption><${TextObject} text=${block.title} state=${surface.state} /></figcaption>`}
    <${Picture} image=${block} />
  </figure>`;
}

/** A labelled input of a modal, with its hint and what is wrong with it. */
function InputBlock({ block, surface }) {
  const [id] = useState(() => newId("input"));
  const error = surface.errors?.[block.block_id];
  const told = [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  const labels = {
    id,
    label: withEmoji(block.label.text),
    describedby: told,
    invalid: Boolean(error),
    required: !block.optional,
  };
  return html`<div class="input-block">
    <${Input}
      element=${block.element}
      block=${block}
      surface=${surface}
      labels=${labels}
      caption=${html`${withEmoji(block.label.text)}${block.optional && html` <span class="quiet">(optional)</span>`}`}
    />
    ${block.hint && html`<p class="hint" id=${`${id}-hint`}>${withEmoji(block.hint.text)}</p>`}
    ${error && html`<p class="error" id=${`${id}-error`} role="alert">${error}</p>`}
  </div>`;
}
