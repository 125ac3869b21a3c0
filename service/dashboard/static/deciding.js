// Copies the accepted orders, and says when an answer was not recorded. Without scripts the text can be selected
// and answers load a new page.
"use strict";
(() => {
  const show = () => {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(text.value);
      document.getElementById("announcements").textContent = "Copied";
      button.textContent = "Copied";
    } catch {
      text.select();
    }
  });

  const answering = (event) => event.detail.requestConfig?.elt.closest(".answering");
  const failed = (event) => {
    const form = answering(event);
    if (!form) return;
    const words = form.querySelector(".wrong") || document.createElement("p");
    words.className = "wrong";
    words.setAttribute("role", "alert");
    words.textContent = "Not recorded: the service did not answer. Try again.";
    form.querySelector("legend").after(words);
  };
  // A page that says what is wrong with an answer is shown like any other.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!answering(event) || ![400, 403, 404, 409, 422].includes(event.detail.xhr.status)) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:afterSettle", show);
  show();
})();
