// Copies numbers, sends texts and pictures from the phone, and switches the simulator's faults and pace.
import { refresh } from "../refresh.js";

const said = document.getElementById("said");

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { copy, fault, pace, picture, text } = button.dataset;
  if ([copy, fault, pace, picture, text].every((each) => each === undefined)) return;
  try {
    if (copy) {
      await navigator.clipboard.writeText(copy);
      say(`Copied ${copy}`);
    } else {
      if (text) await send("POST", "texts", JSON.stringify({ sender: button.form.dataset.sender, body: text }));
      else if (picture !== undefined) await sendMedia(button.form, { num_media: 1 });
      else if (pace) await send("POST", "pace", `{"pace": ${pace}}`);
      else {
        // Pressing what is on switches it off.
        const isOn = button.getAttribute("aria-pressed") === "true";
        await send("DELETE", "faults");
        if (fault && !isOn) await send("POST", "faults", fault);
      }
      await refresh();
    }
  } catch (error) {
    say(copy ? `The browser does not let this page copy. The number is ${copy}.` : `That did not work: ${error.message}`);
  }
});

// The page shows the phone of the newest message, until somebody writes on one.
document.addEventListener("focusin", ({ target }) => {
  const { sender } = target.form?.dataset ?? {};
  const address = new URL(location.href);
  if (!sender || address.searchParams.has("phone")) return;
  address.searchParams.set("phone", sender);
  history.replaceState(null, "", address);
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const text = form.elements.body;
  const command = { sender: form.dataset.sender, body: text.value };
  text.value = "";
  try {
    await send("POST", "texts", JSON.stringify(command));
    await refresh();
  } catch (error) {
    text.value ||= command.body;
    say(`That did not work: ${error.message}`);
  }
});

document.addEventListener("change", async ({ target }) => {
  if (target.type !== "file" || !target.files.length) return;
  const [file] = target.files;
  try {
    const content = await base64Of(file);
    await sendMedia(target.form, { media: [{ content_type: file.type || "application/octet-stream", content }] });
    await refresh();
  } catch (error) {
    say(`That did not work: ${error.message}`);
  }
  target.value = "";
});

/** Sends media with what is written in the field, if anything. */
async function sendMedia(form, media) {
  await send("POST", "texts", JSON.stringify({ sender: form.dataset.sender, body: form.elements.body.value, ...media }));
  form.elements.body.value = "";
}

function base64Of(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

async function send(method, path, body) {
  const response = await fetch(`/_control/${path}`, { method, body, headers: { "Content-Type": "application/json" } });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
}

let silence;

function say(text) {
  said.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => (said.textContent = ""), 4000);
}
