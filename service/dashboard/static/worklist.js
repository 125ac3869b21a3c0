// The worklist kept up to date while somebody looks at it, and worked by keyboard. All else works without it.
"use strict";

(() => {
  const list = document.getElementById("waiting");
  if (!list) return;
  const find = (id) => document.getElementById(id);
  const ACTIVE = 1000 * list.dataset.active;
  const IDLE = 1000 * list.dataset.idle;
  let etag = `"${list.dataset.mark}"`;
  let skew = Date.parse(list.dataset.now) - Date.now(); // the clock of this device may be wrong
  let acted = Date.now();
  let asked = Date.now();
  let busy = false;
  let newest = Math.max(0, ...alarms(document).map(sequence));

  // --- clocks: presenters/clock.py says the same ---
  const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

  function span(ms) {
    if (ms < MINUTE) return "under 1 min";
    if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
    if (ms >= 2 * DAY) return `${Math.floor(ms / DAY)} days`;
    const hours = Math.floor(ms / HOUR), minutes = Math.floor((ms % HOUR) / MINUTE);
    return minutes && hours < 24 ? `${hours} h ${minutes} min` : `${hours} h`;
  }

  function tick() {
    const now = Date.now() + skew;
    for (const each of document.querySelectorAll(".clock[data-due]")) {
      const since = Date.parse(each.dataset.since), due = Date.parse(each.dataset.due);
      if (due <= since) continue;
      const left = due - now;
      const [state, words] = left <= 0 ? ["breached", `Breached ${span(-left)} ago`]
        : left * 4 <= due - since ? ["soon", `Breaches in ${span(left)}`]
        : ["calm", `Due in ${span(left)}`];
      each.className = `clock clock-${state}`;
      each.textContent = words;
    }
    for (const each of document.querySelectorAll("[data-waits]")) {
      each.textContent = span(now - Date.parse(each.dataset.waits));
    }
  }

  // --- refresh ---
  function alarms(page) {
    return [...page.querySelectorAll("#alarms [data-sequence]")];
  }

  function sequence(alarm) {
    return Number(alarm.dataset.sequence);
  }

  function clockTime() {
    return new Date(Date.now() + skew).toISOString().slice(11, 16);
  }

  // A part of the page as the new page has it; the focus stays where it was in it.
  function take(page, id) {
    const part = find(id), html = page.getElementById(id).innerHTML;
    if (part.innerHTML === html) return;
    const focused = part.contains(document.activeElement) && document.activeElement.id;
    part.innerHTML = html;
    if (focused && find(focused)) find(focused).focus({ preventScroll: true });
  }

  function sound(before) {
    const fresh = alarms(document).filter((each) => sequence(each) > before);
    if (!fresh.length) return;
    newest = Math.max(...fresh.map(sequence));
    const title = fresh.length === 1 ? "New emergency:" : `${fresh.length} new emergencies. The newest:`;
    const link = fresh[0].querySelector("a");
    const alarm = find("alarm");
    alarm.querySelector("[data-alarm-title]").textContent = title;
    const shown = alarm.querySelector("[data-alarm-link]");
    shown.textContent = link.textContent;
    shown.href = link.href;
    const more = fresh[0].querySelector("span").textContent;
    alarm.querySelector("[data-alarm-more]").textContent = more;
    alarm.hidden = false;
    find("alarm-words").textContent = `${title} ${link.textContent}. ${more}`;
  }

  // What must not move under a pointer or lose the focus.
  function held() {
    return document.querySelector("#rows tr:hover") || document.activeElement.closest("#rows tr");
  }

  function placeIn(row) {
    const focused = document.activeElement;
    return row.contains(focused) ? [...row.querySelectorAll("a, button")].indexOf(focused) : -1;
  }

  function mergeRows(page) {
    const old = find("rows"), fresh = page.getElementById("rows");
    if (!old || !fresh) return false;
    const anchor = held();
    const top = anchor && anchor.getBoundingClientRect().top;
    const focused = old.contains(document.activeElement) && document.activeElement;
    const standing = new Map([...old.children].map((row) => [row.id, row]));
    const lost = anchor && !fresh.querySelector(`#${CSS.escape(anchor.id)}`) && placeIn(anchor) >= 0;
    const next = lost && (anchor.nextElementSibling || anchor.previousElementSibling);
    const wanted = [...fresh.children].map((row) => {
      const kept = standing.get(row.id);
      if (kept && kept.dataset.mark === row.dataset.mark) return kept;
      const made = document.adoptNode(row);
      if (!kept) made.classList.add("waiting-new");
      const place = kept ? placeIn(kept) : -1;
      if (kept) {
        kept.replaceWith(made);
        if (place >= 0) (made.querySelectorAll("a, button")[place] || made.querySelector("a")).focus({ preventScroll: true });
      }
      return made;
    });
    for (const row of [...old.children]) if (!wanted.includes(row)) row.remove();
    wanted.forEach((row, n) => {
      if (old.children[n] !== row) old.insertBefore(row, old.children[n] || null);
    });
    if (focused && focused.isConnected) focused.focus({ preventScroll: true }); // a row that was moved has lost it
    if (next && next.isConnected) next.querySelector("a").focus({ preventScroll: true });
    const stays = anchor && find(anchor.id);
    if (stays) window.scrollBy(0, stays.getBoundingClientRect().top - top);
    return true;
  }

  function show(html, deed) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.getElementById("waiting");
    if (fresh.dataset.session !== list.dataset.session) return location.reload(); // somebody else signed in
    skew = Date.parse(fresh.dataset.now) - Date.now();
    const before = newest;
    for (const id of ["waiting", "standing", "pages"]) take(page, id);
    if (deed) take(page, "told"); // with its way back it stays until the next one
    if (!mergeRows(page)) take(page, "list");
    tick();
    sound(before);
  }

  async function look(address, options) {
    const deed = options.method === "POST";
    busy = true;
    asked = Date.now();
    try {
      const answer = await fetch(address, { cache: "no-store", ...options });
      if (answer.redirected && new URL(answer.url).pathname !== list.dataset.path) return location.assign(answer.url);
      if (answer.status !== 304) {
        const html = await answer.text();
        if (!html.includes('id="waiting"')) throw new Error(answer.status);
        etag = deed ? null : answer.headers.get("ETag");
        show(html, deed);
      }
      find("checked").textContent = clockTime();
      find("stale").hidden = true;
    } catch {
      const since = find("checked").textContent;
      find("stale").textContent = deed
        ? "Perhaps this was not done: the service did not answer. Look again before you rely on it."
        : `Not up to date since ${since} UTC: the service does not answer. Trying again.`;
      find("stale").hidden = false;
    } finally {
      busy = false;
    }
  }

  function refresh() {
    const here = new URL(location.href);
    for (const name of ["told", "id", "version"]) here.searchParams.delete(name);
    const headers = { "X-Activity": isIdle() ? "idle" : "active" };
    if (etag) headers["If-None-Match"] = etag;
    return look(here, { headers });
  }

  function isIdle() {
    return Date.now() - acted > IDLE;
  }

  function due() {
    return !document.hidden && !busy && Date.now() - asked >= (isIdle() ? IDLE : ACTIVE);
  }

  setInterval(() => { if (due()) refresh(); }, 1000);
  setInterval(tick, 15000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !busy) refresh(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) refresh(); }); // what the browser kept is old
  for (const event of ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"]) {
    document.addEventListener(event, () => { acted = Date.now(); }, { passive: true });
  }

  // --- claim, release, acknowledge and undo without leaving the page ---
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-quick]")) return;
    event.preventDefault();
    if (busy) return void setTimeout(() => event.target.isConnected && event.target.requestSubmit(event.submitter), 200);
    look(event.target.action, { method: "POST", body: new URLSearchParams(new FormData(event.target, event.submitter)) });
  });
  find("alarm").querySelector("[data-alarm-close]").addEventListener("click", () => { find("alarm").hidden = true; });

  // --- keys ---
  const dialog = find("keys");

  function openKeys(event) {
    event.preventDefault();
    dialog.showModal();
  }

  function go(step) {
    const rows = [...document.querySelectorAll("#rows tr")];
    const at = rows.indexOf(document.activeElement.closest("#rows tr"));
    const row = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step];
    if (!row) return;
    row.querySelector("a").focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function press(...deeds) {
    const row = document.activeElement.closest("#rows tr");
    const button = row && deeds.map((deed) => row.querySelector(`button[value="${deed}"]`)).find(Boolean);
    if (button) button.click();
  }

  const KEYS = {
    j: () => go(1),
    k: () => go(-1),
    a: () => press("acknowledge"),
    c: () => press("claim", "release"),
    u: () => { const undo = find("told").querySelector("button"); if (undo) undo.click(); },
    o: () => {
      const row = document.activeElement.closest("#rows tr");
      if (row && row.querySelector("[data-quick]")) location.assign(`${row.querySelector("a").href}/decide`);
    },
    "/": (event) => { event.preventDefault(); find("search").focus(); find("search").select(); },
    "?": openKeys,
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select, [contenteditable]");
    if (typing || dialog.open || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    KEYS[event.key](event);
  });
  document.querySelector("[data-keys]").addEventListener("click", openKeys);
  // A filter's panel closes as a menu does.
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector(".filters[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
})();
