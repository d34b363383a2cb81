"use strict";
// One page of labelling. Values from data are set as text, never as markup; an answer counts when the
// server says that it is on the disk, and only then the next row is shown.

const RESERVED = " zn+?/";
const SMALL = 128; // pixels; smaller pictures are shown larger
const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
const page = newId();
const state = { cards: [], now: null, reviewing: false, facts: null, busy: false, fetching: null, given: new Map() };
const $ = (id) => document.getElementById(id);

history.replaceState(null, "", "/"); // the token leaves the address; the cookie has it

const who = () => $("who").value.trim() || (state.facts ? state.facts.free_name : "1");

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function trouble(words) {
  $("trouble").textContent = words || "";
  $("trouble").hidden = !words;
}

function tell(words) {
  $("heard").textContent = words;
}

async function ask(path, given) {
  const options = given === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given),
  };
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer, and this answer is not saved. Is layerwise label still running? Start it again and open the address that it prints.");
  }
  const found = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = found.error || { message: `The server says ${response.status}.`, hint: "" };
    throw new Error(`${error.message} ${error.hint || ""}`.trim());
  }
  return found;
}

// ---- what is next

async function more() {
  if (state.fetching) return state.fetching;
  state.fetching = (async () => {
    const { cards } = await ask("/next", { page, who: who(), n: 5 });
    for (const card of cards) {
      state.cards.push(card);
      if (card.kind === "image") new Image().src = `/row/${card.row}/picture`;
    }
  })();
  try {
    await state.fetching;
  } finally {
    state.fetching = null;
  }
}

async function next() {
  if (!state.cards.length) await more();
  state.reviewing = false;
  show(state.cards.shift() || null);
  if (state.cards.length < 3) more().catch((error) => trouble(error.message));
}

function show(card) {
  state.now = card;
  closeForms();
  const box = $("card");
  box.replaceChildren();
  if (!card) {
    box.append(element("p", "No row is left to ask about: all are labelled, skipped, or shown on another page. Those of a page that has gone come here by themselves."));
    for (const id of ["why", "says", "disputed"]) $(id).textContent = "";
    $("disputed").hidden = true;
    $("notes").replaceChildren();
    choices();
    return;
  }
  const name = card.name === null ? `Row ${card.row}` : `${card.name} (row ${card.row})`;
  $("why").textContent = `${name}: ${card.reason}.`;
  if (card.kind === "image") box.append(picture(card, name));
  for (const [column, text] of card.texts) {
    const shown = element("p", text || "(empty)", "text");
    shown.dir = "auto";
    shown.title = column;
    box.append(shown);
  }
  if (card.cells.length) box.append(cells(card));
  says(card);
  const different = Object.entries(card.disputed);
  $("disputed").hidden = !different.length;
  $("disputed").textContent = different.length
    ? `People say different things: ${different.map(([one, label]) => `${one}: ${label ?? "skipped"}`).join("; ")}.` : "";
  $("notes").replaceChildren(...card.notes.map((note) => element("li", `${note.who}: ${note.text}`)));
  $("number").value = card.mine ?? "";
  choices();
  tell(`${state.heard || ""} ${name}. ${spoken(card)}`.trim());
  state.heard = "";
  if (state.facts && state.facts.task === "regression") $("number").focus();
}

// what a screen reader says of a row: its texts, or its first cells
function spoken(card) {
  const texts = card.texts.map(([, text]) => text || "empty");
  const some = card.cells.slice(0, 10).map(([column, value]) => `${column}: ${value || "missing"}`);
  return [...texts, ...some].join(". ").slice(0, 500);
}

function picture(card, name) {
  const image = element("img");
  image.src = `/row/${card.row}/picture`;
  image.alt = name;
  image.decoding = "sync";
  image.addEventListener("load", () => {
    if (Math.max(image.naturalWidth, image.naturalHeight) <= SMALL) image.className = "small-picture";
  });
  image.addEventListener("error", () => trouble(`The picture of ${name} cannot be read any more. Skip it.`));
  return image;
}

function cells(card) {
  const table = element("table");
  for (const [name, value] of card.cells) {
    const row = element("tr");
    const head = element("th", name);
    head.scope = "row";
    row.append(head, value === "" ? element("td", "missing", "missing") : element("td", value));
    table.append(row);
  }
  if (card.left) {
    const row = element("tr");
    row.append(element("th", ""), element("td", `and ${card.left} more columns`, "missing"));
    table.append(row);
  }
  return table;
}

function says(card) {
  const line = $("says");
  if (card.hidden) {
    line.textContent = "What the model believes is not shown here: rows that chance drew measure how good it is.";
  } else if (!card.says.length) {
    line.textContent = "";
  } else if (card.says[0][1] === null) {
    line.textContent = `The model believes ${Number(card.says[0][0].toPrecision(4))}.`;
  } else {
    line.textContent = `The model believes: ${card.says.map(([name, p]) => `${name} ${Math.round(100 * p)} %`).join(", ")}.`;
  }
}

// ---- answers

// A class of one sign has itself as its key; a key that a class has stays with it.
function keysOf(names) {
  const keys = state.given;
  const taken = new Set([...keys].filter(([name]) => names.includes(name)).map(([, key]) => key));
  for (const name of names) {
    const sign = name.toLowerCase();
    if (!keys.has(name) && [...sign].length === 1 && !RESERVED.includes(sign) && !taken.has(sign)) {
      keys.set(name, sign);
      taken.add(sign);
    }
  }
  const free = [..."1234567890abcdefghijklmopqrstuvwxy"].filter((key) => !taken.has(key));
  for (const name of names) if (!keys.has(name) && free.length) keys.set(name, free.shift());
  return keys;
}

function choices() {
  const facts = state.facts;
  if (!facts) return;
  const numbers = facts.task === "regression";
  $("number-form").hidden = !numbers;
  $("class-open").hidden = numbers;
  $("choices").hidden = numbers;
  $("number-name").textContent = facts.target;
  if (numbers) return;
  const names = facts.classes.map(([name]) => name);
  const keys = keysOf(names);
  state.keys = new Map([...keys].map(([name, key]) => [key, name]));
  $("search-form").hidden = names.length <= 12;
  const wanted = $("search").value.trim().toLowerCase();
  const shown = facts.classes.filter(([name]) => name.toLowerCase().includes(wanted));
  const mine = state.now ? state.now.mine : undefined;
  const signature = JSON.stringify([shown, mine, Boolean(state.now)]);
  if (signature === state.signature) return; // a button that is being pressed stays
  state.signature = signature;
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.label : undefined;
  $("choices").replaceChildren(...shown.map(([name, tally]) => {
    const button = element("button");
    button.type = "button";
    button.dataset.label = name;
    if (keys.has(name)) {
      button.append(element("kbd", keys.get(name)));
      button.setAttribute("aria-keyshortcuts", keys.get(name));
    }
    button.append(element("span", name, "name"), element("span", String(tally), "tally"));
    button.setAttribute("aria-label", `${name}, ${tally} so far`);
    if (name === mine) {
      button.classList.add("mine");
      button.setAttribute("aria-pressed", "true");
    }
    button.disabled = !state.now;
    button.addEventListener("click", () => label(name));
    return button;
  }));
  if (focused !== undefined) {
    const again = [...$("choices").children].find((one) => one.dataset.label === focused);
    if (again) again.focus();
  }
  if (!names.length) $("choices").append(element("p", "There is no class yet: add one (press +)."));
}

async function once(work) {
  if (state.busy) return;
  state.busy = true;
  try {
    await work();
    trouble("");
  } catch (error) {
    trouble(error.message);
  } finally {
    state.busy = false;
  }
}

// An answer keeps its id until it is acknowledged, so that sending it again never counts twice.
function pending(kind, key, given) {
  const same = state.pending && state.pending.kind === kind && state.pending.key === key;
  if (!same) state.pending = { kind, key, id: newId() };
  return { ...given, id: state.pending.id, who: who(), page };
}

async function send(kind, key, given) {
  const found = await ask(`/${kind}`, pending(kind, key, given));
  state.pending = null;
  return found;
}

const label = (name) => once(async () => {
  const card = state.now;
  if (!card) return;
  await send("label", `${card.row} ${name}`, { row: card.row, label: name });
  state.heard = `Saved: ${name}. Next:`;
  $("search").value = "";
  await next();
  refresh();
});

const skip = () => once(async () => {
  const card = state.now;
  if (!card) return;
  if (state.reviewing) return void (await next());
  await send("skip", `${card.row}`, { row: card.row });
  state.heard = "Skipped. Next:";
  await next();
  refresh();
});

const undo = () => once(async () => {
  await refresh();
  const last = state.facts.last;
  if (!last) return tell("There is nothing to undo.");
  if (state.now && !state.reviewing) state.cards.unshift(state.now);
  await send("undo", last.id, { of: last.id });
  const card = await ask(`/row/${last.row}?who=${encodeURIComponent(who())}`);
  state.reviewing = false;
  state.heard = "Undone:";
  show({ ...card, reason: "its answer was undone" });
  refresh();
});

const move = (step) => once(async () => {
  const row = state.reviewing && state.now ? state.now.row : null;
  const { card } = await ask("/review", { who: who(), row, step });
  if (card) {
    if (state.now && !state.reviewing) state.cards.unshift(state.now);
    state.reviewing = true;
    state.heard = `Answered ${card.mine ?? "by skipping"}:`;
    show(card);
  } else if (step > 0 && state.reviewing) {
    await next();
  }
});

function closeForms() {
  const focused = document.activeElement;
  if (focused && focused.closest("#note-form, #class-form")) focused.blur(); // keys go to the page
  $("note-form").hidden = $("class-form").hidden = true;
}

function toggle(form, input) {
  const hidden = $(form).hidden;
  closeForms();
  $(form).hidden = !hidden;
  if (hidden) $(input).focus();
}

function submitted(form, work) {
  $(form).addEventListener("submit", (event) => {
    event.preventDefault();
    work();
  });
}

// ---- how far it has come

function number(value, places = 1) {
  return (100 * value).toFixed(places);
}

async function refresh() {
  const own = $("who").value.trim();
  const facts = await ask(`/state?who=${encodeURIComponent(own)}&page=${page}`);
  state.facts = facts;
  if (!own) { // a name of one's own can be given at any time
    $("who").value = facts.free_name;
    sessionStorage.setItem("who", facts.free_name);
  }
  document.title = `${facts.labelled} labelled: ${facts.target}`;
  $("target").textContent = facts.target === "label" ? "Label" : `Label: ${facts.target}`;
  const parts = [`${facts.labelled.toLocaleString("en")} labelled`];
  if (facts.known) parts.push(`${facts.known.toLocaleString("en")} came with a label`);
  if (facts.skipped) parts.push(`${facts.skipped.toLocaleString("en")} skipped`);
  $("count").textContent = `${parts.join(", ")}, of ${facts.rows.toLocaleString("en")} rows`;
  $("status").textContent = facts.status;
  $("undo").disabled = !facts.last;
  disagreements(facts.disagreements);
  progress(facts);
  choices();
}

function progress(facts) {
  const found = facts.progress;
  if (!found || !found.score) {
    $("score").textContent = "";
    const drawn = found ? found.drawn : 0;
    $("score-why").textContent = `How good the model is will be said when chance has drawn 10 labelled rows (${drawn} so far).`;
    $("curve").setAttribute("hidden", "");
    $("advice").textContent = found ? found.advice : "";
    return;
  }
  const [value, low, high] = found.score;
  const share = facts.task === "classification";
  $("score").textContent = `${number(value)} %${share ? " right" : ""} [${number(low)}, ${number(high)}]`;
  $("score-why").textContent = (share ? "Estimated" : "less error than a guess, estimated")
    + ` on the ${found.drawn} labelled rows that chance drew, each by a model that has not seen it`
    + ` (95 % interval).`;
  $("advice").textContent = found.advice;
  curve(found.curve);
}

function drawn(name, values, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function curve(points) {
  const svg = $("curve");
  if (points.length < 2) return void svg.setAttribute("hidden", "");
  svg.removeAttribute("hidden");
  const bottom = Math.max(0, Math.floor(10 * Math.min(...points.map((p) => p[2]))) / 10);
  const most = points[points.length - 1][0];
  const x = (m) => 40 + (270 * m) / most;
  const y = (v) => 145 - (130 * (Math.max(bottom, Math.min(1, v)) - bottom)) / (1 - bottom || 1);
  const at = (p, i) => `${x(p[0]).toFixed(1)},${y(p[i]).toFixed(1)}`;
  const band = [...points.map((p) => at(p, 2)), ...points.slice().reverse().map((p) => at(p, 3))];
  const marks = [];
  for (const v of [bottom, (1 + bottom) / 2, 1]) {
    marks.push(drawn("line", { class: "axis", x1: 40, x2: 310, y1: y(v), y2: y(v) }));
    marks.push(drawn("text", { x: 34, y: y(v) + 4, "text-anchor": "end" }, `${Math.round(100 * v)} %`));
  }
  svg.replaceChildren(
    drawn("polygon", { class: "band", points: band.join(" ") }), ...marks,
    drawn("polyline", { class: "mean", points: points.map((p) => at(p, 1)).join(" ") }),
    ...points.map((p) => drawn("circle", { class: "dot", r: 3, cx: x(p[0]), cy: y(p[1]) })),
    drawn("text", { x: 40, y: 163 }, "0"),
    drawn("text", { x: 310, y: 163, "text-anchor": "end" }, `${most} labels`),
  );
  const last = points[points.length - 1];
  svg.setAttribute("aria-label", `Learning curve: from ${number(points[0][1], 0)} % with ${points[0][0]} labels to ${number(last[1], 0)} % with ${last[0]}.`);
}

function disagreements(rows) {
  $("disagreements").hidden = !rows.length;
  $("disagreement-list").replaceChildren(...rows.map(({ row, said }) => {
    const item = element("li");
    const words = Object.entries(said).map(([one, label]) => `${one}: ${label ?? "skipped"}`);
    const button = element("button", `Row ${row}: ${words.join("; ")}`);
    button.type = "button";
    button.addEventListener("click", () => once(async () => {
      const card = await ask(`/row/${row}?who=${encodeURIComponent(who())}`);
      if (state.now && !state.reviewing) state.cards.unshift(state.now);
      state.reviewing = true;
      show(card);
    }));
    item.append(button);
    return item;
  }));
}

// ---- keys and buttons

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "Escape") {
    closeForms();
    if (typing) event.target.blur();
    return;
  }
  if (typing) return;
  const onButton = event.target instanceof HTMLButtonElement;
  if (onButton && (event.key === "Enter" || event.key === " ")) return; // they press it
  const actions = {
    " ": skip, z: undo, ArrowLeft: () => move(-1), ArrowRight: () => move(1),
    n: () => toggle("note-form", "note"), "+": () => $("class-open").hidden || toggle("class-form", "class-name"),
    "/": () => $("search-form").hidden || $("search").focus(),
  };
  const named = state.keys && state.keys.get(event.key.toLowerCase());
  const action = named !== undefined ? () => label(named) : actions[event.key];
  if (!action || event.repeat) return;
  event.preventDefault();
  action();
});

$("skip").addEventListener("click", skip);
$("undo").addEventListener("click", undo);
$("back").addEventListener("click", () => move(-1));
$("forward").addEventListener("click", () => move(1));
$("note-open").addEventListener("click", () => toggle("note-form", "note"));
$("class-open").addEventListener("click", () => toggle("class-form", "class-name"));
$("search").addEventListener("input", choices);
submitted("search-form", () => {
  const first = $("choices").querySelector("button");
  if (!first) return;
  $("search").blur();
  label(first.dataset.label);
});
submitted("note-form", () => once(async () => {
  const text = $("note").value.trim();
  const card = state.now;
  if (!text || !card) return closeForms();
  await send("note", `${card.row} ${text}`, { row: card.row, text });
  card.notes.push({ who: who(), text });
  $("note").value = "";
  $("notes").append(element("li", `${who()}: ${text}`));
  closeForms();
  tell("The note is kept.");
}));
submitted("class-form", () => once(async () => {
  const name = $("class-name").value.trim();
  if (!name) return closeForms();
  await send("class", name, { name });
  $("class-name").value = "";
  closeForms();
  await refresh();
  tell(`The class ${name} is there.`);
}));
submitted("number-form", () => {
  const text = $("number").value.trim().replace(",", ".");
  if (!text || !Number.isFinite(Number(text))) return trouble("A number is asked for.");
  label(Number(text));
});
$("who").addEventListener("change", () => {
  sessionStorage.setItem("who", who());
  state.cards = [];
  once(async () => {
    await ask("/leave", { page });
    await refresh();
    await next();
  });
});
$("finish").addEventListener("click", () => once(async () => {
  const facts = state.facts;
  if (!confirm(`Stop labelling with ${facts.labelled} labels, and fit a model in the terminal?`)) return;
  await ask("/finish", {});
  show(null);
  clearInterval(state.timer);
  $("card").replaceChildren(element("p", "Finished. The terminal says where the labels and the model are."));
}));
addEventListener("pagehide", () => {
  fetch("/leave", {
    method: "POST", keepalive: true, headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ page }),
  }).catch(() => {});
});

document.addEventListener("click", (event) => { // after a click the space bar skips, and presses nothing
  const button = event.detail > 0 && event.target.closest("button");
  if (button) button.blur();
});

$("who").value = sessionStorage.getItem("who") || "";
state.timer = setInterval(() => {
  if (document.hidden || state.busy) return;
  refresh().then(() => { // rows may have come back
    if (!state.now && !state.busy) once(next);
  }).catch((error) => trouble(error.message));
}, 2000);
once(async () => {
  await refresh();
  await next();
});
