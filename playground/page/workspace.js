// What one person sees of the workspace: made from the server's snapshot, then changed by each change.

const keyOf = (channel, ts) => `${channel}/${ts}`;

/** The state: the snapshot with messages and threads by "channel/ts", and what was not looked at by channel. */
export function fromSnapshot(snapshot) {
  return {
    ...snapshot,
    messages: new Map(snapshot.messages.map((message) => [keyOf(message.channel, message.ts), message])),
    threads: new Map(snapshot.threads.map((thread) => [keyOf(thread.channel, thread.ts), thread])),
    unread: new Set(),
  };
}

/** The state after a change; null where it can only be fetched anew. */
export function changed(state, change) {
  const { kind, data } = change;
  if (kind === "joined" || kind === "left") return null;
  if (kind === "deleted") return withMessages(state, (messages) => messages.delete(keyOf(change.channel, change.ts)));
  if (kind === "chosen") return withChoice(state, data);
  if (kind === "home_published") return { ...state, home: data.view };
  if (kind.startsWith("view_")) return withView(state, kind, data.view);
  if (kind === "status")
    return withThread(state, change, { status: data.status, loading_messages: data.loading_messages });
  if (kind === "title") return withThread(state, change, { title: data.title });
  if (kind === "prompts")
    return withThread(state, change, { prompts: { title: data.title ?? "", prompts: data.prompts } });
  if (data.message)
    return withMessages(state, (messages) => messages.set(keyOf(change.channel, change.ts), data.message));
  return state;
}

function withMessages(state, alter) {
  const messages = new Map(state.messages);
  alter(messages);
  return { ...state, messages };
}

function withThread(state, change, patch) {
  const threads = new Map(state.threads);
  const key = keyOf(change.channel, change.ts);
  threads.set(key, {
    channel: change.channel,
    ts: change.ts,
    status: "",
    title: null,
    prompts: null,
    ...threads.get(key),
    ...patch,
  });
  return { ...state, threads };
}

function withChoice(state, { place, chosen }) {
  const block = { ...state.chosen[place]?.[chosen.block_id], [chosen.action_id]: chosen.given };
  return { ...state, chosen: { ...state.chosen, [place]: { ...state.chosen[place], [chosen.block_id]: block } } };
}

function withView(state, kind, view) {
  if (state.home?.id === view.id) return { ...state, home: view };
  const others = state.modals.filter((modal) => modal.id !== view.id);
  if (kind === "view_closed") return { ...state, modals: others };
  if (kind === "view_updated")
    return { ...state, modals: state.modals.map((modal) => (modal.id === view.id ? view : modal)) };
  return { ...state, modals: [...others, view] };
}

export const messageAt = (state, channel, ts) => state.messages.get(keyOf(channel, ts));
export const threadAt = (state, channel, ts) => state.threads.get(keyOf(channel, ts));

const inOrder = (messages) => messages.sort((one, other) => (one.ts < other.ts ? -1 : 1));

/** The top level of a channel, oldest first; threads of the assistant are seen in its own pane. */
export function topLevel(state, channel) {
  return inOrder(
    [...state.messages.values()].filter(
      (message) =>
        message.channel === channel &&
        (!message.thread_ts || message.thread_ts === message.ts) &&
        message.subtype !== "assistant_app_thread",
    ),
  );
}

/** A thread, its first message included. */
export function inThread(state, channel, ts) {
  return inOrder(
    [...state.messages.values()].filter(
      (message) => message.channel === channel && (message.ts === ts || message.thread_ts === ts),
    ),
  );
}

/** The statuses of threads that stand in a channel's top level: where the app works on an answer. */
export function statusesIn(state, channel) {
  return [...state.threads.values()].filter((thread) => thread.channel === channel && thread.status);
}

export const directMessage = (state) => state.channels.find((channel) => channel.is_im);
export const channelOf = (state, id) => state.channels.find((channel) => channel.id === id);

/** The names behind ids, for mentions. */
export function nameOf(state, id) {
  const user = state.users.find((each) => each.id === id);
  if (user) return user.name;
  if (id === "USLACKBOT") return "Slackbot";
  return state.groups.find((group) => group.id === id)?.handle ?? channelOf(state, id)?.name ?? id;
}
