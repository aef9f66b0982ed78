// Replaces the list of phones only if it changed, to keep scroll positions and selections.
const state = document.getElementById("state");
const connectedText = state.textContent;

async function refresh() {
  try {
    const response = await fetch("/", { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("phones");
    const shown = document.getElementById("phones");
    if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(document.adoptNode(fresh));
    document.body.classList.remove("offline");
    state.textContent = connectedText;
  } catch {
    document.body.classList.add("offline");
    state.textContent = "Can't reach the simulator. Retrying…";
  }
  setTimeout(refresh, 1000);
}

setTimeout(refresh, 1000);
