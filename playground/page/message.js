// One message: who, when, its blocks, its reactions, and what can be done with it.

import { Component, classes, clock, html, useDoings } from "./ui.js";
import { Blocks } from "./blocks.js";
import { PICKED, emoji } from "./emoji.js";
import { Icon } from "./icons.js";
import { MenuButton } from "./menu.js";
import { Mrkdwn } from "./mrkdwn.js";
import { inThread, nameOf } from "./workspace.js";

/** Drawn anew only when something that it shows has changed, so that a reply that streams in does not draw all. */
export class Message extends Component {
  shouldComponentUpdate(next) {
    const now = this.props;
    return (
      ["message", "replies", "chosen", "inPane", "joined", "editing"].some((name) => next[name] !== now[name]) ||
      next.state.users !== now.state.users
    );
  }

  render({ message, state, chosen, inPane, replies, joined }) {
    const user = state.users.find((each) => each.id === message.user);
    const name = nameOf(state, message.user);
    const onlyYou = Boolean(message.visible_to);
    return html`<li class=${classes({ message: true, ephemeral: onlyYou, joined })} data-ts=${message.ts}>
      <article
        aria-label=${`${name}, ${clock(message.ts)}${onlyYou ? ", only you can see this" : ""}`}
        aria-busy=${message.streaming ? "true" : undefined}
      >
        <${Avatar} user=${user} name=${name} />
        <div class="message-body">
          ${onlyYou && html`<p class="only-you">Only you can see this</p>`}
          <p class="byline">
            <strong>${user?.real_name ?? name}</strong>${message.bot_id && html` <span class="badge">app</span>`}
            <time datetime=${new Date(Number(message.ts) * 1000).toISOString()}>${clock(message.ts)}</time>
            ${message.edited && !message.bot_id && html`<span class="quiet">(edited)</span>`}
          </p>
          <${Content} message=${message} state=${state} chosen=${chosen} />
          <${Reactions} message=${message} state=${state} />
          ${!inPane && replies > 0 && html`<${RepliesLink} message=${message} replies=${replies} />`}
        </div>
        <${Toolbar} message=${message} state=${state} inPane=${inPane} />
      </article>
    </li>`;
  }
}

export function Avatar({ user, name }) {
  return html`<span
    class=${classes({ avatar: true, bot: user?.is_bot })}
    data-hue=${(user?.id ?? name).charCodeAt(2) % 5}
    aria-hidden="true"
    >${name.slice(0, 1).toUpperCase()}</span
  >`;
}

function Content({ message, state, chosen }) {
  const { act } = useDoings();
  const surface = {
    state,
    given: chosen ?? {},
    change: () => {},
    press: (block, element, given) =>
      act("press", {
        channel: message.channel,
        ts: message.ts,
        block_id: block.block_id,
        action_id: element.action_id,
        given,
      }),
  };
  const blocks = message.bot_id
    ? (message.blocks ?? [])
    : (message.blocks ?? []).filter((block) => block.type !== "rich_text");
  return html`<div class="content">
    ${blocks.length ? html`<${Blocks} blocks=${blocks} surface=${surface} />` : html`<${Mrkdwn} text=${message.text} state=${state} />`}
    ${message.streaming && html`<span class="caret" aria-hidden="true"></span>`}
    ${(message.attachments ?? []).map(
      (part, key) =>
        html`<div class="attachment" key=${key}>
          ${part.blocks ? html`<${Blocks} blocks=${part.blocks} surface=${surface} />` : html`<${Mrkdwn} text=${part.text ?? part.fallback ?? ""} state=${state} />`}
        </div>`,
    )}
    ${(message.files ?? []).map((file) => html`<p class="file" key=${file.id}>📄 ${file.name}</p>`)}
  </div>`;
}

function Reactions({ message, state }) {
  const { react } = useDoings();
  if (!message.reactions?.length) return null;
  return html`<ul class="reactions" aria-label="Reactions">
    ${message.reactions.map((reaction) => {
      const mine = reaction.users.includes(state.me);
      const who = reaction.users.map((user) => nameOf(state, user)).join(", ");
      return html`<li key=${reaction.name}>
        <button
          type="button"
          class=${classes({ reaction: true, mine })}
          aria-pressed=${mine}
          title=${who}
          aria-label=${`${reaction.name.replaceAll("_", " ")}, ${reaction.count}: ${who}`}
          onClick=${() => react(message, reaction.name)}
        >
          <span aria-hidden="true">${emoji(reaction.name)}</span> ${reaction.count}
        </button>
      </li>`;
    })}
  </ul>`;
}

function RepliesLink({ message, replies }) {
  const { openPane } = useDoings();
  return html`<button
    type="button"
    class="link replies"
    onClick=${() => openPane("thread", message.channel, message.ts)}
  >
    ${replies} ${replies === 1 ? "reply" : "replies"}
  </button>`;
}

/** What can be done with a message; seen on hover and focus. */
function Toolbar({ message, state, inPane }) {
  const { react, openPane } = useDoings();
  const root = message.thread_ts ?? message.ts;
  const thumb = (name, label) =>
    html`<button type="button" class="icon" aria-label=${label} title=${label} onClick=${() => react(message, name)}>
      <${Icon} name=${name === "+1" ? "up" : "down"} />
    </button>`;
  if (message.visible_to) return null;
  return html`<div class="toolbar" role="group" aria-label="Message actions">
    ${message.bot_id && thumb("+1", "React with thumbs up")} ${message.bot_id && thumb("-1", "React with thumbs down")}
    <${MenuButton}
      label=${html`<${Icon} name="smile" />`}
      name="Add reaction"
      kind="icon"
      items=${PICKED.map((name) => ({ label: `${emoji(name)} ${name.replaceAll("_", " ")}`, act: () => react(message, name) }))}
    />
    ${!inPane && html`<button type="button" class="icon" aria-label="Reply in thread" title="Reply in thread" onClick=${() => openPane("thread", message.channel, root)}><${Icon} name="bubble" /></button>`}
    ${message.bot_id && state.can_explain && html`<button type="button" class="icon" aria-label="How this answer came about" title="How this answer came about" onClick=${() => openPane("details", message.channel, message.ts)}><${Icon} name="lens" /></button>`}
    <${More} message=${message} state=${state} />
  </div>`;
}

function More({ message, state }) {
  const { act, change, write } = useDoings();
  const where = { channel: message.channel, ts: message.ts };
  const shortcuts = state.app.shortcuts
    .filter((shortcut) => shortcut.type === "message")
    .map((shortcut) => ({
      label: shortcut.name,
      hint: shortcut.description,
      act: () => act("shortcut", { ...where, callback_id: shortcut.callback_id }),
    }));
  const own = message.user === state.me;
  const items = [
    ...shortcuts,
    ...(own ? [{ label: "Edit message", act: () => write(message) }] : []),
    ...(own || state.users.find((user) => user.id === state.me)?.is_admin
      ? [{ label: "Delete message", danger: true, act: () => change("delete", where) }]
      : []),
  ];
  return (
    items.length > 0 &&
    html`<${MenuButton} label=${html`<${Icon} name="more" />`} name="More actions" kind="icon" items=${items} />`
  );
}

/** How many replies a message has that this person sees. */
export const repliesTo = (state, message) => inThread(state, message.channel, message.ts).length - 1;
