/* Asks the questions of the page a few at a time: the form in the page stays the only form, and the service says
   which of its questions come next. Without this script the same form is answered as a whole. */
"use strict";

(() => {
  const STORE = "legtriage-intake";
  const DAY = 24 * 60 * 60 * 1000;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const forget = () => { try { localStorage.removeItem(STORE); } catch { /* storage may be switched off */ } };

  if (one("[data-result]")) {
    forget();
    all("[data-script]").forEach((part) => { part.hidden = false; });
    one('[data-do="print"]').addEventListener("click", () => print());
    return;
  }
  const form = one("[data-form]");
  if (!form || form.hasAttribute("data-wrong")) return;

  const title = document.title;
  const status = one("[data-status]");
  const problem = one("[data-problem]");
  const button = (name) => one(`[data-do="${name}"]`);
  const item = (key) => one(`[data-key="${key}"]`, form);
  const group = (name) => one(`[data-group="${name}"]`, form);
  const inputs = (key) => all("input, textarea", item(key));
  const isYesNo = (key) => item(key).dataset.type === "yes-no";
  const main = (key) => inputs(key).filter((input) => input.name === key);
  const isAnswered = (key) => main(key).some((input) => input.checked);

  let screens = [{ group: "welcome", keys: ["text"] }];
  let at = 0;
  let busy = false;

  /* What is kept on the device. */
  const save = () => {
    const fields = [...new FormData(form)].filter(([, value]) => value !== "");
    try { localStorage.setItem(STORE, JSON.stringify({ saved: Date.now(), screens, at, fields })); } catch { /* full or off */ }
  };
  const restore = () => {
    let kept;
    try { kept = JSON.parse(localStorage.getItem(STORE)); } catch { return; }
    const known = kept && Date.now() - kept.saved < DAY &&
      kept.screens.every((screen) => group(screen.group) && screen.keys.every(item)) && kept.screens[kept.at];
    if (!known) { forget(); return; }
    form.reset();
    for (const [name, value] of kept.fields) {
      for (const input of all("input, textarea", form).filter((each) => each.name === name)) {
        if (input.type !== "radio" && input.type !== "checkbox") input.value = value;
        else if (input.value === value) input.checked = true;
      }
    }
    screens = kept.screens;
    at = kept.at;
  };

  /* The map of the legs mirrors the boxes below it. */
  const places = all("[data-map] path", form);
  const box = (path) => one(`input[value="${path.dataset.value}"]`, form);
  const drawPlaces = () => places.forEach((path) => path.classList.toggle("chosen", box(path).checked));
  const followSides = () => {
    const sides = new Set(places.filter((path) => box(path).checked).map((path) => path.dataset.value.split(".")[1]));
    all('[data-type="places"] input:checked', form).forEach((input) => sides.add(input.value.split(".")[1]));
    sides.delete(undefined);
    const side = sides.size > 1 ? "bilateral" : [...sides][0];
    const radio = side && one(`input[name="symptom_side"][value="${side}"]`, form);
    if (radio) radio.checked = true;
  };
  const chooseLeg = (input) => {
    const side = one('input[name="symptom_side"]:checked', form)?.value;
    const which = all(`input[name="${input.name}.side"]`, form);
    if (input.value !== "present") which.forEach((each) => { each.checked = false; });
    else if (side && !which.some((each) => each.checked)) which.filter((each) => each.value === side).forEach((each) => { each.checked = true; });
  };

  /* One screen. */
  const show = (focus) => {
    const screen = screens[at];
    all(".group", form).forEach((each) => each.classList.toggle("now", each.dataset.group === screen.group));
    all(".item", group(screen.group)).forEach((each) => { each.hidden = !screen.keys.includes(each.dataset.key); });
    all("[data-map]").forEach((map) => { map.hidden = false; });
    const questions = screen.keys.filter(isYesNo);
    button("none").hidden = questions.length < 2;
    button("back").hidden = at === 0;
    button("on").textContent = at === 0 ? "Start" : "Continue";
    one("[data-kept]").hidden = at === 0;
    one(".banner details").open = at === 0;
    problem.hidden = true;
    clearErrors();
    nameNone();
    drawPlaces();
    const heading = one("h2", group(screen.group));
    document.title = at === 0 ? title : `${heading.textContent} – ${title}`;
    status.textContent = at === 0 ? "" : `Page ${at + 1}: ${heading.textContent}`;
    if (focus) { scrollTo(0, 0); heading.focus({ preventScroll: true }); }
  };
  const nameNone = () => {
    const some = screens[at].keys.filter(isYesNo).some(isAnswered);
    button("none").textContent = some ? "No to the rest" : "None of these";
  };

  /* What is wrong with the answers of a screen. */
  const clearErrors = () => all(".error", form).forEach((line) => { line.hidden = true; line.textContent = ""; });
  const tell = (wrong) => {
    clearErrors();
    for (const { field, detail } of wrong) {
      const line = document.getElementById(`e-${field}`);
      if (line) { line.textContent = detail; line.hidden = false; }
    }
    const first = wrong.find(({ field }) => item(field) && !item(field).hidden);
    if (first) inputs(first.field)[0].focus();
    else if (wrong.length) trouble("Some of your answers could not be read. Please go back and check them.");
  };
  const trouble = (words) => { problem.textContent = words; problem.hidden = false; };
  const open = () => screens[at].keys.filter((key) => isYesNo(key) && !isAnswered(key))
    .map((field) => ({ field, detail: "Please choose yes, no or don’t know." }));

  /* From screen to screen. What was answered on a screen that is not on the way any more does not count. */
  const onTheWay = () => new Set(screens.slice(0, at + 1).flatMap((screen) => screen.keys));
  const isOnTheWay = (name) => onTheWay().has(name.replace(/\.side$/, ""));
  const sent = () => {
    const data = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value !== "" && isOnTheWay(name)));
    onTheWay().forEach((key) => { if (key !== "text") data.append("asked", key); });
    return data;
  };
  const finish = () => {
    all("input, textarea", form).filter((input) => !isOnTheWay(input.name)).forEach((input) => { input.disabled = true; });
    form.submit();
  };
  const goOn = async () => {
    const missing = open();
    if (missing.length) { tell(missing); return; }
    if (busy) return;
    busy = true;
    button("on").setAttribute("aria-disabled", "true");
    try {
      const answer = await fetch("/intake/next", { method: "POST", body: sent(), headers: { Accept: "application/json" } });
      if (answer.status !== 200 && answer.status !== 422) throw new Error("not answered");
      const next = await answer.json();
      if (next.errors) { tell(next.errors); return; }
      screens = screens.slice(0, at + 1);
      if (next.done) { save(); finish(); return; }
      screens.push(next);
      at += 1;
      history.pushState({ at }, "");
      save();
      show(true);
    } catch {
      trouble("We cannot be reached just now. Your answers are still here: please try again. If it is urgent, call us, or your emergency number.");
    } finally {
      busy = false;
      button("on").removeAttribute("aria-disabled");
    }
  };

  button("on").addEventListener("click", goOn);
  button("none").addEventListener("click", () => {
    for (const key of screens[at].keys.filter((each) => isYesNo(each) && !isAnswered(each))) {
      one('input[value="absent"]', item(key)).checked = true;
    }
    goOn();
  });
  button("back").addEventListener("click", () => history.back());
  button("forget").addEventListener("click", () => { forget(); form.reset(); location.replace("/intake/"); });
  addEventListener("popstate", (event) => {
    at = Math.min(event.state?.at ?? 0, screens.length - 1);
    save();
    show(true);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); goOn(); });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); goOn(); }
  });
  form.addEventListener("change", (event) => {
    if (event.target.closest('[data-type="places"]')) followSides();
    if (event.target.closest('[data-type="yes-no"]')) chooseLeg(event.target);
    drawPlaces();
    nameNone();
    save();
  });
  places.forEach((path) => path.addEventListener("click", () => box(path).click()));

  document.documentElement.classList.add("stepwise");
  form.noValidate = true;
  all("[data-plain]").forEach((part) => { part.hidden = true; });
  all("[data-script]").forEach((part) => { part.hidden = false; });
  restore();
  history.replaceState({ at: 0 }, "");
  for (let step = 1; step <= at; step += 1) history.pushState({ at: step }, "");
  show(at > 0);
})();
