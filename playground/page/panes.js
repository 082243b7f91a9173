// The right side: a thread, the assistant, or how an answer came about.

import { html, useEffect, usePage, useRef } from "./ui.js";
import { Composer } from "./composer.js";
import { MessageList } from "./conversation.js";
import { Details } from "./details.js";
import { withEmoji } from "./emoji.js";
import { Icon } from "./icons.js";
import { channelOf, inThread, messageAt, threadAt } from "./workspace.js";

export function Pane({ pane }) {
  const { closePane } = usePage();
  const Kind = { thread: Thread, details: Details, assistant: Assistant }[pane.kind];
  const box = useRef();
  useEffect(() => {
    if (!box.current.querySelector("textarea")) box.current.focus({ preventScroll: true });
  }, [pane.kind, pane.ts]);
  const onKeyDown = (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) closePane();
  };
  return html`<aside class="pane" aria-labelledby="pane-title" ref=${box} tabindex="-1" onKeyDown=${onKeyDown}>
    <${Kind}
      key=${`${pane.kind}/${pane.ts}`}
      pane=${pane}
      close=${html`<button type="button" class="icon" aria-label="Close" title="Close" onClick=${closePane}><${Icon} name="close" /></button>`}
    />
  </aside>`;
}

function Thread({ pane, close }) {
  const { state, editing } = usePage();
  const channel = channelOf(state, pane.channel);
  const thread = threadAt(state, pane.channel, pane.ts);
  const messages = inThread(state, pane.channel, pane.ts);
  const name = channel.is_im ? state.app.name : `#${channel.name}`;
  return html`<header>
      <h2 id="pane-title">Thread <span class="quiet">${name}</span></h2>
      ${close}
    </header>
    <${MessageList}
      messages=${messages}
      state=${state}
      inPane
      statuses=${thread?.status ? [thread] : []}
      label="Messages of the thread"
      empty="This thread is gone."
    />
    <${Composer}
      channel=${pane.channel}
      threadTs=${pane.ts}
      placeholder="Reply in the thread"
      autofocus
      editing=${editing && messages.some((message) => message.ts === editing.ts) ? messageAt(state, editing.channel, editing.ts) : null}
    />`;
}

/** A thread in the direct message with the app, which suggests what to ask. */
function Assistant({ pane, close }) {
  const { state, send, openAssistant } = usePage();
  const thread = threadAt(state, pane.channel, pane.ts);
  const messages = inThread(state, pane.channel, pane.ts).filter((message) => message.ts !== pane.ts);
  const asked = messages.some((message) => !message.bot_id);
  const say = (prompt) => send({ channel: pane.channel, threadTs: pane.ts, text: prompt.message });
  return html`<header>
      <h2 id="pane-title">${thread?.title || state.app.name} <span class="quiet">Assistant</span></h2>
      <button
        type="button"
        class="icon"
        aria-label="New conversation"
        title="New conversation"
        onClick=${openAssistant}
      >
        <${Icon} name="plus" /></button
      >${close}
    </header>
    <${MessageList}
      messages=${messages}
      state=${state}
      inPane
      statuses=${thread?.status ? [thread] : []}
      label="Messages to the assistant"
      empty=${`Ask ${state.app.name} anything, right here.`}
    />
    ${
      thread?.prompts &&
      !asked &&
      html`<section class="prompts" aria-labelledby="prompts">
        <h3 id="prompts">${thread.prompts.title || "Suggestions"}</h3>
        <ul>
          ${thread.prompts.prompts.map((prompt, key) => html`<li key=${key}><button type="button" class="button" onClick=${() => say(prompt)}>${withEmoji(prompt.title)}</button></li>`)}
        </ul>
      </section>`
    }
    <${Composer} channel=${pane.channel} threadTs=${pane.ts} placeholder=${`Ask ${state.app.name}`} autofocus />`;
}
