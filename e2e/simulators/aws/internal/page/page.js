// Fetches what is shown anew every second while the page is looked at, and changes it only where it differs.
"use strict";

const live = document.getElementById("live");
const link = document.getElementById("link");
let last = "";

function tell(text, mood) {
  link.textContent = text;
  link.className = mood;
}

async function refresh() {
  if (document.hidden) {
    return;
  }
  try {
    const response = await fetch("live" + location.search, { cache: "no-store" });
    if (!response.ok) {
      throw new Error(response.statusText);
    }
    const text = await response.text();
    const selecting = !document.getSelection().isCollapsed;
    if (text !== last && !selecting) {
      live.innerHTML = text;
      last = text;
    }
    tell(selecting ? "paused while text is selected" : "live", selecting ? "waiting" : "good");
  } catch {
    tell("the simulator does not answer", "bad");
  }
}

async function run() {
  await refresh();
  setTimeout(run, 1000);
}

document.addEventListener("visibilitychange", refresh);
run();
