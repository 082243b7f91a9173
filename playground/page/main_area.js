// The middle: a channel with its messages, or the app's home.

import { html, useEffect, usePage } from "./ui.js";
import { Blocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { MessageList } from "./conversation.js";
import { Icon } from "./icons.js";
import { channelOf, messageAt, nameOf, statusesIn, topLevel } from "./workspace.js";

export function MainArea() {
  const { place } = usePage();
  return html`<main id="main" tabindex="-1">
    ${place.channel === "home" ? html`<${Home} />` : html`<${Channel} key=${place.channel} id=${place.channel} />`}
  </main>`;
}

function Channel({ id }) {
  const { state, editing, place } = usePage();
  const channel = channelOf(state, id);
  const messages = topLevel(state, id);
  const bot = nameOf(state, state.app.bot_user_id);
  const title = channel.is_im ? state.app.name : `${channel.is_private ? "" : "# "}${channel.name}`;
  const present = channel.members.includes(state.app.bot_user_id);
  const placeholder = channel.is_im
    ? `Message ${state.app.name}`
    : `Message #${channel.name}${present ? `; @${bot} asks it` : ""}`;
  const empty = channel.is_im
    ? html`<p>Ask ${state.app.name} anything, right here.</p>`
    : html`<p>Nothing was said in #${channel.name} yet.</p>
        ${present ? html`<p>Mention <strong>@${bot}</strong> with a question, and it answers in a thread.</p>` : html`<p>${state.app.name} is not in this channel.</p>`}`;
  // In a direct message the app answers in threads too; its status shows here only where that thread is not open.
  const statuses = statusesIn(state, id).filter(
    (thread) => thread.ts !== place.pane?.ts && !assistantThread(state, thread),
  );
  return html`<header class="head">
      <h2>${channel.is_private && html`<${Icon} name="lock" /> `}${title}</h2>
      <span class="quiet">${channel.is_im ? "" : `${channel.members.length} members`}</span>
    </header>
    <${MessageList}
      messages=${messages}
      state=${state}
      statuses=${statuses}
      label=${`Messages in ${title}`}
      empty=${empty}
    />
    <${Composer}
      channel=${id}
      placeholder=${placeholder}
      autofocus
      editing=${editing && editing.channel === id && !isReply(editing) ? editing : null}
    />`;
}

const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;
const assistantThread = (state, thread) =>
  messageAt(state, thread.channel, thread.ts)?.subtype === "assistant_app_thread";

function Home() {
  const { state, act, change } = usePage();
  useEffect(() => {
    change("home", { tab: "home" });
  }, [state.me]);
  const view = state.home;
  const surface = view && {
    state,
    given: state.chosen[view.id] ?? {},
    change: () => {},
    press: (block, element, given) =>
      act("press", {
        view_id: view.id,
        block_id: block.block_id,
        action_id: element.action_id,
        given,
        state: state.chosen[view.id] ?? {},
      }),
  };
  return html`<header class="head">
      <h2>${state.app.name}</h2>
      <span class="quiet">Home</span>
    </header>
    <div class="home" tabindex="0" role="region" aria-label="Home">
      ${view ? html`<${Blocks} blocks=${view.blocks} surface=${surface} />` : html`<p class="empty">${state.app.name} has put nothing here yet.</p>`}
    </div>`;
}
