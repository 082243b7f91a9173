// Files dropped on the page: they go to the playground's drop folder, and the app is asked how far it is with each.

import { html, useEffect, usePage, useRef, useState } from "./ui.js";
import { get, putFile } from "./server.js";

const LOOK_AGAIN = 1000;
const SIGNS = { ready: "✓", failed: "✗", waiting: "…", reading: "…", sending: "↑", unknown: "•" };
const WORDS = {
  ready: "ready",
  failed: "failed",
  waiting: "waiting to be read",
  reading: "being read",
  sending: "being sent",
  unknown: "in the folder",
};

export function Files() {
  const { state, tell } = usePage();
  const [files, setFiles] = useState([]);
  const [sending, setSending] = useState([]);
  const [over, setOver] = useState(false);
  const picker = useRef();
  const look = async () => setFiles((await get("/page/files").catch(() => ({ files: [] }))).files);
  const open = files.some((file) => file.state === "waiting" || file.state === "reading");
  useEffect(() => {
    look();
  }, []);
  useEffect(() => {
    if (!open) return undefined;
    const timer = setInterval(look, LOOK_AGAIN);
    return () => clearInterval(timer);
  }, [open]);
  const send = async (chosen) => {
    for (const file of chosen) {
      if (file.size > state.drop.most_bytes) {
        tell(`${file.name} is larger than ${state.drop.most_bytes / 1e6} MB, the most that is taken.`);
        continue;
      }
      setSending((now) => [...now, file.name]);
      await putFile(file).catch((error) => tell(error.message));
      setSending((now) => now.filter((name) => name !== file.name));
      await look();
    }
  };
  useDrop(setOver, send);
  const shown = [
    ...files.filter((file) => !sending.includes(file.name)),
    ...sending.map((name) => ({ name, state: "sending", says: "" })),
  ];
  return html`<section class="files" aria-labelledby="files">
    <h2 id="files">Your documents</h2>
    <ul aria-live="polite">
      ${shown.map(
        (file) =>
          html`<li key=${file.name} class=${file.state}>
            <span class="sign" aria-hidden="true">${SIGNS[file.state] ?? "•"}</span>
            <span class="file-name" title=${file.says}
              >${file.name}<span class="hint"
                >${WORDS[file.state] ?? file.state}${file.says && `: ${file.says}`}</span
              ></span
            >
          </li>`,
      )}
    </ul>
    <button type="button" class="button" onClick=${() => picker.current.click()}>Add files</button>
    <p class="hint">Or drop them anywhere on the page.</p>
    <input
      type="file"
      multiple
      hidden
      ref=${picker}
      aria-label="Files to add"
      onChange=${(event) => {
        send([...event.target.files]);
        event.target.value = "";
      }}
    />
    ${over && html`<div class="drop-here" aria-hidden="true"><p>Drop files here: ${state.app.name} reads them and answers from them.</p></div>`}
  </section>`;
}

/** Takes what is dropped anywhere on the page. */
function useDrop(setOver, send) {
  useEffect(() => {
    let depth = 0;
    const holds = (event) => event.dataTransfer?.types.includes("Files");
    const handlers = {
      dragenter: () => {
        depth += 1;
        setOver(true);
      },
      dragleave: () => {
        depth -= 1;
        if (depth <= 0) {
          depth = 0;
          setOver(false);
        }
      },
      dragover: () => {},
      drop: (event) => {
        depth = 0;
        setOver(false);
        send([...event.dataTransfer.files]);
      },
    };
    const listeners = Object.entries(handlers).map(([name, handle]) => [
      name,
      (event) => {
        if (holds(event)) {
          event.preventDefault();
          handle(event);
        }
      },
    ]);
    for (const [name, listener] of listeners) document.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of listeners) document.removeEventListener(name, listener);
    };
  }, []);
}
