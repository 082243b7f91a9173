// What can be chosen in a menu, a list of checkboxes or radio buttons: {value, label, hint}.

import { withEmoji } from "./emoji.js";

export function optionsOf(element, state) {
  if (element.type.includes("users_select")) return people(state);
  if (element.type.includes("channels_select")) return conversations(state, (channel) => channel.kind === "channel");
  if (element.type.includes("conversations_select")) return conversations(state, wanted(element.filter));
  const grouped = (element.option_groups ?? []).flatMap((group) =>
    group.options.map((option) => shown(option, group.label.text)),
  );
  return [...(element.options ?? []).map((option) => shown(option)), ...grouped];
}

function shown(option, group) {
  const hints = [group, option.description?.text].filter(Boolean).map(withEmoji);
  return { value: option.value, label: withEmoji(option.text.text), hint: hints.join(" · ") };
}

const people = (state) =>
  state.users
    .filter((user) => !user.deleted)
    .map((user) => ({ value: user.id, label: user.real_name, hint: `@${user.name}` }));

function conversations(state, fits) {
  return state.channels.filter(fits).map((channel) => ({
    value: channel.id,
    label: channel.is_im ? state.app.name : `#${channel.name}`,
    hint: channel.kind === "group" ? "private" : "",
  }));
}

const KINDS = { public: "channel", private: "group", im: "im" };

const wanted = (filter) => (channel) => !filter?.include || filter.include.some((name) => KINDS[name] === channel.kind);
