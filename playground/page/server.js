// The playground's addresses: what is done is posted, what is seen is fetched, what changes is streamed.

/** The answer of the server. Throws an Error with the server's words when it refuses. */
async function answer(response) {
  const body = await response.json().catch(() => ({ ok: false, error: `The playground answered ${response.status}.` }));
  if (!body.ok) throw new Error(body.error);
  return body;
}

export async function get(path, query = {}) {
  return answer(await fetch(`${path}?${new URLSearchParams(query)}`));
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return answer(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

export async function putFile(file) {
  return answer(await fetch(`/page/files/${encodeURIComponent(file.name)}`, { method: "PUT", body: file }));
}

/** Calls onChange with each change that this person sees, and onStale when everything has to be fetched anew. */
export function follow(user, since, epoch, onChange, onStale, onLink) {
  let last = since;
  let source;
  const open = () => {
    source = new EventSource(`/page/events?${new URLSearchParams({ user, since: last, epoch })}`);
    source.addEventListener("open", () => onLink(true));
    source.addEventListener("stale", () => {
      source.close();
      onStale();
    });
    source.addEventListener("change", (event) => {
      const change = JSON.parse(event.data);
      last = change.number;
      onChange(change);
    });
    source.addEventListener("error", () => {
      onLink(false);
      source.close();
      timer = setTimeout(open, 1000);
    });
  };
  let timer;
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
