// The page: what is seen of the workspace, where one is in it, and what one does there.

import { Component, classes, Doings, Page, html, render } from "./ui.js";
import { MainArea } from "./main_area.js";
import { Confirmation, Modal } from "./modal.js";
import { Pane } from "./panes.js";
import { readPlace, writePlace } from "./place.js";
import { follow, get, post } from "./server.js";
import { Sidebar } from "./sidebar.js";
import { changed, channelOf, fromSnapshot, messageAt, nameOf } from "./workspace.js";

const TOLD_SECONDS = 8;
const AGAIN_SECONDS = 1;

/** Whether something new was said; the message that a thread of the assistant hangs on says nothing. */
const isNews = (change, message) =>
  (change.kind === "posted" || change.kind === "ephemeral") && message.subtype !== "assistant_app_thread";

const isOpen = (pane, message) => pane?.channel === message.channel && pane.ts === message.thread_ts;

class App extends Component {
  state = {
    seen: null,
    place: readPlace(location.hash),
    toast: "",
    question: null,
    editing: null,
    linked: true,
    said: "",
    theme: localStorage.getItem("theme") ?? "system",
  };

  componentDidMount() {
    addEventListener("hashchange", () => this.arrive(readPlace(location.hash)));
    this.setTheme(this.state.theme);
    this.load();
  }

  /** Everything anew, for the person of this place, and whatever changes from then on. */
  load = async (place = this.state.place) => {
    this.leave?.();
    this.awaited = place;
    let snapshot;
    try {
      snapshot = await get("/page/state", { user: place.person });
    } catch (error) {
      const refused = !(error instanceof TypeError); // which is fetch's word for a server that is out of reach
      this.setState({ linked: refused });
      this.tell(refused ? error.message : "The playground does not answer. Trying again …");
      setTimeout(() => this.load(refused ? readPlace("") : place), AGAIN_SECONDS * 1000);
      return;
    }
    if (this.awaited !== place) return; // someone went elsewhere meanwhile
    const onLink = (linked) => this.setState({ linked });
    const reload = () => this.load();
    this.leave = follow(snapshot.me, snapshot.last_change, snapshot.epoch, this.take, reload, onLink);
    const seen = fromSnapshot(snapshot);
    this.setState({ seen, linked: true, editing: null, place: this.known(seen, place) });
  };

  take = (change) => {
    this.setState((now) => {
      const seen = changed(now.seen, change);
      if (seen === null) {
        this.load();
        return {};
      }
      const message = change.data.message;
      const others = message && message.user !== seen.me && change.kind !== "appended";
      const unread =
        others && isNews(change, message) && change.channel !== now.place.channel && !isOpen(now.place.pane, message)
          ? new Set(seen.unread).add(change.channel)
          : seen.unread;
      const whole =
        others &&
        (change.kind === "stopped" || change.kind === "ephemeral" || (change.kind === "posted" && !message.streaming));
      return {
        seen: { ...seen, unread },
        said: whole ? `${nameOf(seen, message.user)}: ${(message.text || "a message").slice(0, 200)}` : now.said,
      };
    });
  };

  /** The place, made one that there is for this person. */
  known(seen, place) {
    const exists = place.channel === "home" ? seen.app.home_tab : channelOf(seen, place.channel);
    const paneExists =
      place.pane && channelOf(seen, place.pane.channel) && messageAt(seen, place.pane.channel, place.pane.ts);
    return { ...place, channel: exists ? place.channel : seen.channels[0].id, pane: paneExists ? place.pane : null };
  }

  arrive(place) {
    const seen = this.state.seen;
    if (place.person !== this.state.place.person || !seen) {
      this.load(place);
      return;
    }
    const unread = new Set(seen.unread);
    const now = this.known(seen, place);
    unread.delete(now.channel);
    if (now.pane?.kind === "assistant") unread.delete(now.pane.channel);
    if (
      now.pane?.kind === "assistant" &&
      now.channel !== this.state.place.channel &&
      channelOf(seen, now.channel)?.is_im === false
    ) {
      this.change("assistant_context", { ts: now.pane.ts, context: now.channel });
    }
    this.setState({ place: now, seen: { ...seen, unread }, editing: null });
  }

  go = (where) => {
    location.hash = writePlace({ ...this.state.place, ...where });
  };
  become = (person) => this.go({ person, pane: null });
  openPane = (kind, channel, ts) => this.go({ pane: { kind, channel, ts } });
  closePane = () => this.go({ pane: null });
  write = (message) => this.setState({ editing: message });

  tell = (toast) => {
    this.setState({ toast });
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.setState({ toast: "" }), TOLD_SECONDS * 1000);
  };

  /** Asks whether to go on; a promise of yes or no. */
  ask = (confirm) =>
    new Promise((resolve) => {
      this.setState({
        question: {
          confirm,
          answer: (yes) => {
            this.setState({ question: null });
            resolve(yes);
          },
        },
      });
    });

  /** Posts something that this person does, to the control API; whether it could be done. */
  change = async (name, body) => {
    try {
      return await post(`/control/${name}`, { user: this.state.seen.me, ...body });
    } catch (error) {
      this.tell(error.message);
      return null;
    }
  };

  /** Does something that the app answers; its answer, or null where it gave none. */
  act = async (name, body) => {
    try {
      const told = await post(`/page/${name}`, { user: this.state.seen.me, ...body });
      if (told.error_of_app) this.tell(`${this.state.seen.app.name} did not respond (${told.error_of_app}).`);
      return told;
    } catch (error) {
      this.tell(error.message);
      return null;
    }
  };

  send = async ({ channel, threadTs = null, text, editing = null }) => {
    if (editing) {
      this.setState({ editing: null });
      return Boolean(await this.change("edit", { channel, ts: editing.ts, text }));
    }
    const [, command, rest] = /^(\/\S+)\s*([\s\S]*)$/.exec(text) ?? [];
    if (command) {
      if (threadTs) {
        this.tell(`${command} cannot be used in threads.`);
        return false;
      }
      return Boolean(await this.change("command", { channel, command, text: rest }));
    }
    return Boolean(await this.change("post", { channel, text, thread_ts: threadTs, typed: true }));
  };

  /** Adds a reaction, or takes one's own back. */
  react = (message, name) => {
    const mine = message.reactions?.some(
      (reaction) => reaction.name === name && reaction.users.includes(this.state.seen.me),
    );
    return this.change(mine ? "unreact" : "react", { channel: message.channel, ts: message.ts, name });
  };

  openAssistant = async () => {
    const { channel } = this.state.place;
    const told = await this.change("assistant", {
      context: channelOf(this.state.seen, channel)?.is_im === false ? channel : null,
    });
    if (told) this.openPaneWhenThere("assistant", told.channel, told.ts);
  };

  /** The thread's first message comes by the stream, maybe after the answer that names it. */
  openPaneWhenThere(kind, channel, ts, tries = 100) {
    if (messageAt(this.state.seen, channel, ts) || tries === 0) this.openPane(kind, channel, ts);
    else setTimeout(() => this.openPaneWhenThere(kind, channel, ts, tries - 1), 20);
  }

  setTheme = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
    this.setState({ theme });
  };

  doings = (({
    go,
    become,
    openPane,
    closePane,
    write,
    tell,
    ask,
    change,
    act,
    send,
    react,
    openAssistant,
    setTheme,
  }) => ({ go, become, openPane, closePane, write, tell, ask, change, act, send, react, openAssistant, setTheme }))(
    this,
  );

  render(_, { seen, place, toast, question, editing, linked, said, theme }) {
    if (!seen) return html`<p class="status" role="status">${toast || "Opening …"}</p>`;
    const channel = channelOf(seen, place.channel);
    document.title = `${channel && !channel.is_im ? `#${channel.name}` : seen.app.name} – ${seen.team}`;
    return html`<${Doings.Provider} value=${this.doings}><${Page.Provider} value=${{ state: seen, place, editing, linked, theme }}>
      <a class="skip" href="#main" onClick=${(event) => {
        event.preventDefault();
        document.getElementById("main").focus();
      }}>Skip to the messages</a>
      <div class=${classes({ layout: true, "with-pane": place.pane, "with-details": place.pane?.kind === "details" })}><${Sidebar} /><${MainArea} />${place.pane && html`<${Pane} pane=${place.pane} />`}</div>
      ${seen.modals.map((view, number) => html`<${Modal} key=${view.id} view=${view} under=${number < seen.modals.length - 1} />`)}
      ${question && html`<${Confirmation} ...${question} />`}
      <div class="toast" role="alert">${toast}</div>
      <div class="hidden" role="status">${said}</div>
    </${Page.Provider}></${Doings.Provider}>`;
  }
}

render(html`<${App} />`, document.getElementById("page"));
