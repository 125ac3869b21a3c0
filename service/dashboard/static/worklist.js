// The worklist kept up to date while somebody looks at it, and worked by keyboard. All else works without it.
"use strict";

(() => {
  const list = document.getElementById("waiting");
  if (!list) return;
  const find = (id) => document.getElementById(id);
  const ACTIVE = 1000 * list.dataset.active;
  const IDLE = 1000 * list.dataset.idle;
  let etag = null;
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

  function setTold(id, html) {
    const part = find(id);
    if (part.innerHTML !== html) part.innerHTML = html;
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
    alarm.hidden = false;
    find("alarm-words").textContent = `${title} ${link.textContent}`;
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
      // Only what stands elsewhere is moved: moving a row takes the focus from it.
      if (old.children[n] !== row) old.insertBefore(row, old.children[n] || null);
    });
    if (next && next.isConnected) next.querySelector("a").focus({ preventScroll: true });
    const stays = anchor && find(anchor.id);
    if (stays) window.scrollBy(0, stays.getBoundingClientRect().top - top);
    return true;
  }

  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.getElementById("waiting");
    if (!fresh || fresh.dataset.session !== list.dataset.session) return location.reload();
    skew = Date.parse(fresh.dataset.now) - Date.now();
    const before = newest;
    for (const id of ["waiting", "summary", "told"]) setTold(id, page.getElementById(id).innerHTML);
    if (!mergeRows(page)) setTold("list", page.getElementById("list").innerHTML);
    const pages = page.querySelector("#list .pages"), shown = document.querySelector("#list .pages");
    if (shown) shown.remove();
    if (pages) find("list").append(document.adoptNode(pages));
    tick();
    sound(before);
  }

  async function look(address, options) {
    busy = true;
    asked = Date.now();
    try {
      const answer = await fetch(address, { cache: "no-store", ...options });
      if (answer.redirected && !new URL(answer.url).pathname.match(/^\/dashboard\/$/)) return location.assign(answer.url);
      if (answer.status !== 304) {
        const html = await answer.text();
        if (!answer.ok && !html.includes('id="waiting"')) throw new Error(answer.status);
        etag = answer.redirected ? null : answer.headers.get("ETag");
        show(html);
      }
      find("checked").textContent = clockTime();
      find("stale").hidden = true;
    } catch {
      const stale = find("stale");
      if (stale.hidden) stale.textContent = `Not up to date since ${find("checked").textContent} UTC: the service does not answer. Trying again.`;
      stale.hidden = false;
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
    o: () => {
      const row = document.activeElement.closest("#rows tr");
      if (row) location.assign(`${row.querySelector("a").href}#override`);
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
