// Replaces the list of mails only if it changed, to keep the scroll position and the selection.
const state = document.getElementById("state");
const connectedText = state.textContent;

async function refresh() {
  try {
    const response = await fetch("/", { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("mails");
    const shown = document.getElementById("mails");
    if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(document.adoptNode(fresh));
    state.textContent = connectedText;
  } catch {
    state.textContent = "Can't reach the mail catcher. Retrying…";
  }
  setTimeout(refresh, 1000);
}

setTimeout(refresh, 1000);
