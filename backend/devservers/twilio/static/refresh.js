// Replaces the list of phones only when it changed, so that scrolling and selections stay.
const state = document.getElementById("state");
const quiet = state.textContent;

async function refresh() {
  try {
    const answer = await fetch("/", { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("phones");
    const shown = document.getElementById("phones");
    if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(document.adoptNode(fresh));
    document.body.classList.remove("away");
    state.textContent = quiet;
  } catch {
    document.body.classList.add("away");
    state.textContent = "The simulator does not answer";
  }
  setTimeout(refresh, 1000);
}

setTimeout(refresh, 1000);
