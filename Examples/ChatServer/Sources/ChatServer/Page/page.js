// The page: a sidebar, a chat, and what is being answered. What is shown comes from the server; nothing but the user's
// token is kept here, so a reload shows the same.

const $ = (id) => document.getElementById(id);
const state = {
  token: localStorage.getItem("token") || "demo",
  chat: null, // the id of the chat that is open
  version: null, // the version that is shown of it
  messages: [],
  hasOlder: false,
  answering: null, // {response, seen, abort}
  editing: null, // the message that the next question replaces
  isOffline: false,
  drawn: "", // the sidebar as it is shown
};

// --- The server ---

async function request(method, path, body, headers = {}, signal) {
  const response = await fetch(path, {
    method,
    signal,
    headers: { Authorization: `Bearer ${state.token}`, "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.ok) return response;
  const error = (await response.json().catch(() => ({}))).error;
  throw Object.assign(new Error(error?.message ?? `The server said ${response.status}.`), { status: response.status });
}

const get = async (path) => (await request("GET", path)).json();
const post = async (path, body, headers) => (await request("POST", path, body, headers)).json();
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Sends a request again when the connection is lost: its key makes that the same request.
async function insistently(send) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const isLost = !error.status && error.name !== "AbortError";
      if ((!isLost && error.status !== 503) || attempt === 8) throw error;
      await pause(250 * 2 ** Math.min(attempt, 4));
    }
  }
}

// The events of a stream, each as its JSON.
async function* events(response) {
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const data = text.slice(0, end).split("\n").filter((line) => line.startsWith("data: "));
      if (data.length) yield JSON.parse(data.map((line) => line.slice(6)).join("\n"));
    }
  }
}

// --- Tools, which the page runs ---

const tools = [
  {
    type: "function",
    name: "weather",
    description: "How warm it is in a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
];

function run(call) {
  try {
    const { city } = JSON.parse(call.arguments);
    return `${12 + (city.length * 7) % 17} degrees and dry in ${city}`;
  } catch {
    return "The arguments cannot be read.";
  }
}

// The calls of the last answer that have no result yet.
function openCalls() {
  const last = state.messages.at(-1);
  return last?.role === "assistant" && last.state === "complete"
    ? last.items.filter((item) => item.type === "function_call") : [];
}

// --- Answers ---

// Asks for an answer, and shows it while it comes. `body` has what is asked.
async function answer(body, key = crypto.randomUUID()) {
  const abort = new AbortController();
  const chat = state.chat;
  state.answering = { response: null, seen: -1, abort };
  draw();
  try {
    const begin = () => request("POST", "v1/responses",
      { conversation: chat, model: "stub", tools, stream: true, ...body }, { "Idempotency-Key": key }, abort.signal);
    await follow(await insistently(begin), chat, abort, begin);
  } catch (error) {
    if (error.name !== "AbortError") await ended(chat, error);
  }
}

// Goes on with an answer that was under way when the page was loaded, or when the connection was lost.
async function resume(response, seen) {
  const abort = new AbortController();
  state.answering = { response, seen, abort };
  try {
    await follow(await again(abort), state.chat, abort);
  } catch (error) {
    if (error.name !== "AbortError") await ended(state.chat, error);
  }
}

// The rest of an answer, after the last event that was seen.
function again(abort) {
  const { response, seen } = state.answering;
  const path = `v1/responses/${response}?stream=true&starting_after=${seen}`;
  return insistently(() => request("GET", path, undefined, {}, abort.signal));
}

// Shows the events of an answer until its last one; where they break off, it asks for the rest.
async function follow(stream, chat, abort, begin) {
  for (;;) {
    try {
      for await (const event of events(stream)) {
        if (abort.signal.aborted || state.chat !== chat) return;
        if (event.error) throw Object.assign(new Error(event.error.message), { status: 500 });
        if (event.type === "response.created") {
          state.answering.response = event.response.id;
          await load();
        }
        apply(event);
        if (["response.completed", "response.incomplete", "response.failed"].includes(event.type)) return await ended(chat);
      }
    } catch (error) {
      if (error.status || error.name === "AbortError") throw error;
    }
    if (abort.signal.aborted || state.chat !== chat) return;
    // The connection was lost, or the server has closed it.
    await pause(300);
    stream = state.answering.response ? await again(abort) : await insistently(begin);
  }
}

async function ended(chat, error) {
  if (state.chat !== chat) return;
  state.answering = null;
  if (error) notice(error.message);
  await load();
  // Every window that shows the chat may do this: the key makes it one request.
  const calls = openCalls();
  if (!calls.length || error) return;
  const results = calls.map((call) => ({ type: "function_call_output", call_id: call.call_id, output: run(call) }));
  await answer({ input: results }, `results-${state.messages.at(-1).response}`);
}

// Adds what an event says to the answer that is shown.
function apply(event) {
  const message = state.messages.find((one) => one.response === state.answering?.response);
  if (!message || event.sequence_number <= message.seen) return;
  message.seen = state.answering.seen = event.sequence_number;
  const item = message.items[event.output_index];
  switch (event.type) {
    case "response.output_item.added":
    case "response.output_item.done": message.items[event.output_index] = event.item; break;
    case "response.content_part.added": item.content[event.content_index] = event.part; break;
    case "response.reasoning_summary_part.added": item.summary[event.summary_index] = event.part; break;
    case "response.output_text.delta": item.content[event.content_index].text += event.delta; break;
    case "response.reasoning_summary_text.delta": item.summary[event.summary_index].text += event.delta; break;
    case "response.function_call_arguments.delta": item.arguments += event.delta; break;
    default: return;
  }
  drawMessage(message);
}

async function stop() {
  const response = state.answering?.response;
  if (response) await post(`v1/responses/${response}/cancel`).catch((error) => notice(error.message));
}

// --- What a person does ---

async function send(text) {
  notice();
  const replaces = state.editing;
  edit(null);
  try {
    if (!state.chat) {
      const key = crypto.randomUUID();
      const chat = await insistently(() => post("v1/conversations", {}, { "Idempotency-Key": key }));
      open(chat.id, false);
    }
    // It is shown at once; the server's own message takes its place.
    if (replaces) state.messages = state.messages.filter((one) => one.sequence < replaces.sequence);
    state.messages.push({ sequence: "new", role: "user", state: "complete", items: [{ content: [{ text }] }] });
    await answer({ input: text, replaces: replaces?.items[0].id });
  } catch (error) {
    notice(error.message);
  }
}

async function regenerate(message) {
  state.messages = state.messages.filter((one) => one.sequence < message.sequence);
  await answer({ replaces: message.response });
}

function edit(message) {
  state.editing = message;
  $("editing").hidden = !message;
  if (!message) return;
  $("text").value = textOf(message);
  $("text").focus();
}

async function show(branch) {
  await change(state.chat, { branch });
  await load();
}

async function change(chat, body) {
  await post(`app/chats/${chat}`, body).catch((error) => notice(error.message));
  await loadSidebar();
}

async function remove(chat) {
  await request("DELETE", `v1/conversations/${chat}`).catch((error) => notice(error.message));
  if (chat === state.chat) open(null);
  await loadSidebar();
}

function open(chat, loads = true) {
  state.answering?.abort.abort();
  Object.assign(state, { chat, version: null, messages: [], hasOlder: false, answering: null });
  edit(null);
  notice();
  if (location.hash.slice(1) !== (chat ?? "")) history.pushState(null, "", chat ? `#${chat}` : location.pathname);
  draw();
  if (chat && loads) load();
  drawSidebar();
}

// --- Loading ---

// Reads the chat that is open, and goes on with the answer that is under way in it.
async function load() {
  const chat = state.chat;
  let page;
  try {
    page = await get(`app/chats/${chat}`);
  } catch (error) {
    if (error.status === 404 && state.chat === chat) open(null);
    else notice(error.message);
    return;
  }
  if (state.chat !== chat) return;
  state.messages = page.messages;
  state.hasOlder = page.has_more;
  state.version = page.chat.version;
  draw();
  const last = state.messages.at(-1);
  if (last?.state === "streaming" && last.response && !state.answering) resume(last.response, last.seen);
  if (page.chat.unread && document.visibilityState === "visible" && last?.state !== "streaming") {
    await change(chat, { read: page.chat.last });
  }
}

async function loadOlder() {
  const page = await get(`app/chats/${state.chat}?before=${state.messages[0].sequence}`);
  state.messages = [...page.messages, ...state.messages];
  state.hasOlder = page.has_more;
  draw(false);
}

let sidebar = { pinned: [], chats: [], next: null };

async function loadSidebar() {
  try {
    sidebar = await get("app/chats");
  } catch (error) {
    state.isOffline = !error.status;
    return notice(state.isOffline ? "The server cannot be reached." : error.message);
  }
  if (state.isOffline) notice();
  state.isOffline = false;
  drawSidebar();
  const shown = [...sidebar.pinned, ...sidebar.chats].find((chat) => chat.id === state.chat);
  // Another window has written to the chat, or shows another branch of it.
  if (shown && shown.version !== state.version && !state.answering && !openCalls().length) await load();
}

// --- Drawing ---

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function notice(text = "") {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

function drawSidebar() {
  const drawn = JSON.stringify([sidebar, state.chat]);
  if (drawn === state.drawn) return;
  state.drawn = drawn;
  const parts = [];
  if (sidebar.pinned.length) parts.push(element("h2", { textContent: "Pinned" }), ...sidebar.pinned.map(chatRow));
  if (sidebar.pinned.length && sidebar.chats.length) parts.push(element("h2", { textContent: "Others" }));
  parts.push(...sidebar.chats.map(chatRow));
  if (sidebar.next) parts.push(element("button", { textContent: "More chats", onclick: moreChats }));
  $("sidebar").replaceChildren(...parts);
}

async function moreChats() {
  const page = await get(`app/chats?after=${encodeURIComponent(sidebar.next)}`);
  sidebar = { ...sidebar, chats: [...sidebar.chats, ...page.chats], next: page.next };
  drawSidebar();
}

function chatRow(chat) {
  const tool = (name, label, text, action) => element("button", {
    className: name, title: label, ariaLabel: label, textContent: text,
    onclick: (event) => { event.stopPropagation(); action(); },
  });
  const names = ["chat", chat.unread && chat.id !== state.chat && "unread", chat.pinned && "pinned", chat.id === state.chat && "open"];
  return element("div", { className: names.filter(Boolean).join(" "), onclick: () => open(chat.id) },
    element("button", { className: "title", textContent: chat.title ?? "New chat" }),
    element("span", { className: "tools" },
      tool("delete", "Delete the chat", "✕", () => confirm("Delete this chat?") && remove(chat.id)),
      tool("pin", chat.pinned ? "Unpin the chat" : "Pin the chat", chat.pinned ? "★" : "☆", () => change(chat.id, { pinned: !chat.pinned }))),
    element("div", { className: "preview", textContent: (chat.answering ? "… " : "") + (chat.preview?.text ?? "") }));
}

// Draws the chat that is open; `atEnd` shows its end.
function draw(atEnd = true) {
  const shown = state.messages.filter((message) => message.role !== "tool");
  const parts = shown.map(messageView);
  if (state.hasOlder) parts.unshift(element("button", { id: "older", textContent: "Earlier messages", onclick: loadOlder }));
  $("messages").replaceChildren(...(shown.length ? parts : [emptyView()]));
  $("stop").hidden = !state.answering;
  $("send").hidden = !!state.answering;
  if (atEnd) $("messages").scrollTop = $("messages").scrollHeight;
}

function drawMessage(message) {
  const box = $("messages");
  const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const old = box.querySelector(`[data-sequence="${message.sequence}"]`);
  if (!old) return draw();
  const view = messageView(message);
  // What a person has opened stays open.
  const opened = [...old.querySelectorAll("details")].map((one) => one.open);
  view.querySelectorAll("details").forEach((one, index) => (one.open = opened[index] ?? false));
  old.replaceWith(view);
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

function emptyView() {
  const asks = ["A weekend in Kyoto?", "How is the weather in Kyoto?", "Think about the tides", "Count to 200"];
  const items = asks.map((text) => element("li", {}, element("button", { textContent: text, onclick: () => send(text) })));
  return element("div", { id: "empty" }, element("h1", { textContent: "Ask something" }),
    element("p", { textContent: "Chats are stored as they are written. Reload the page, or open another window, at any time." }),
    element("ul", {}, ...items));
}

const textOf = (message) => message.items.flatMap((item) => item.content ?? []).map((part) => part.text ?? "").join("\n");

function messageView(message) {
  const isCalling = message.items.some((item) => item.type === "function_call");
  const view = element("article", { className: `message ${message.role} ${message.state}${isCalling ? " calling" : ""}` });
  view.dataset.sequence = message.sequence;
  if (message.role === "assistant") view.append(...message.items.map(itemView));
  else view.append(element("div", { className: "body", textContent: textOf(message) }));
  if (message.state === "streaming") {
    if (view.lastChild?.className !== "body") view.append(element("div", { className: "body" }));
    view.lastChild.classList.add("last");
  }
  view.append(belowView(message));
  return view;
}

function itemView(item) {
  if (item.type === "reasoning") {
    const text = (item.summary ?? []).map((part) => part.text).join("\n");
    return element("details", {}, element("summary", { textContent: "Thoughts" }), element("div", { textContent: text }));
  }
  if (item.type === "function_call") {
    const results = state.messages.flatMap((message) => message.items).filter((one) => one.type === "function_call_output" && one.call_id === item.call_id);
    return element("details", {},
      element("summary", { textContent: `Used the tool ${item.name}${results.length ? "" : " …"}` }),
      element("pre", { textContent: item.arguments }),
      ...results.map((one) => element("pre", { textContent: `→ ${one.output}` })));
  }
  const text = (item.content ?? []).map((part) => part.text ?? part.refusal ?? "").join("\n");
  return element("div", { className: "body", textContent: text });
}

function belowView(message) {
  const below = element("div", { className: "below" });
  const branches = message.branches;
  if (branches) {
    const arrow = (text, label, target) => element("button", {
      textContent: text, ariaLabel: label, disabled: !target || !!state.answering, onclick: () => show(target),
    });
    below.append(element("span", { className: "branches" },
      arrow("‹", "The version before", branches.previous), `${branches.number}/${branches.count}`,
      arrow("›", "The next version", branches.next)));
  }
  if (message.state === "stopped") below.append(element("span", { className: "state", textContent: "Stopped" }));
  if (message.state === "failed") below.append(element("span", { className: "state", textContent: message.failure ?? "Failed" }));
  if (state.answering || message.sequence === "new") return below;
  if (message.role === "user") below.append(element("button", { className: "edit", textContent: "Edit", onclick: () => edit(message) }));
  const isLastOfTurn = state.messages[state.messages.indexOf(message) + 1]?.role !== "tool" && !message.items.some((item) => item.type === "function_call");
  if (message.response && isLastOfTurn) {
    below.append(element("button", { className: "again", textContent: "Answer again", onclick: () => regenerate(message) }));
  }
  return below;
}

// --- The beginning ---

$("composer").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text || state.answering) return;
  $("text").value = "";
  send(text);
};
$("text").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("composer").requestSubmit();
  }
};
$("stop").onclick = stop;
$("new").onclick = () => { open(null); $("text").focus(); };
$("keep").onclick = () => { edit(null); $("text").value = ""; };
$("user").textContent = state.token;
$("user").onclick = () => {
  const token = prompt("Your token. If the server has no list of tokens, any name will do.", state.token);
  if (!token) return;
  localStorage.setItem("token", token);
  location.href = location.pathname;
};
addEventListener("popstate", () => open(location.hash.slice(1) || null));
addEventListener("focus", loadSidebar);

open(location.hash.slice(1) || null);
loadSidebar();
setInterval(() => document.visibilityState === "visible" && loadSidebar(), 1500);
