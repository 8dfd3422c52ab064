// The page's script. It shows what the stage says about the three processes, and sends
// its forms without leaving the page.
"use strict";

const klass = document.body.dataset.class;
let signedIn = "me" in document.body.dataset;
let role = "";
let stream; // of the stage's events
let pressed = ""; // what is measured, for the notice
let ends = new Map(); // process: milliseconds

const $ = (selector, from = document) => from.querySelector(selector);
const card = (process) => $("#process-" + process);
const say = (text) => { if ($("#says").textContent !== text) $("#says").textContent = text; };

const words = {
  session_ended: "ended: the session is over", role_changed: "ended: another role",
  session_expired: "ended: the token is to be renewed", signed_out: "no stream",
  server_stopping: "ended: the process stops", unavailable: "cannot be confirmed now (503)",
  unreachable: "the process does not answer", connection_lost: "the connection broke",
};

function show(process, kind, text) {
  const box = card(process);
  box.classList.toggle("open", kind === "open");
  box.classList.toggle("over", kind === "over");
  $(".what", box).textContent = text;
}

function shows(now) { // who is signed in
  signedIn = now;
  for (const e of document.querySelectorAll(".in")) e.hidden = !now;
  for (const e of document.querySelectorAll(".out")) e.hidden = now;
}

function listen() {
  if (stream) stream.close();
  stream = new EventSource("/stage/events");
  const on = (name, f) => stream.addEventListener(name, (e) => f(JSON.parse(e.data)));
  on("begin", (e) => show(e.process, "open", "stream open, as " + e.role));
  on("over", (e) => {
    const failed = e.code !== "signed_out";
    if (failed) show(e.process, "over", words[e.code] || e.code);
    else if (!card(e.process).classList.contains("over")) show(e.process, "", words[e.code]);
    if (!e.after) return;
    $(".after", card(e.process)).textContent = "ended after " + e.after.toFixed(1) + " ms";
    ends.set(e.process, e.after);
    const list = [...ends].sort().map(([p, ms]) => "process " + p + " after " + ms.toFixed(1) + " ms").join(", ");
    say(pressed + "The streams ended: " + list + ".");
    if (e.code === "session_ended") shows(false);
  });
  on("state", (e) => {
    const box = card(e.process);
    box.classList.toggle("silent", e.silent);
    $(".heard", box).textContent = e.heard < 0 ? "not heard yet" : (e.silent ? "silent for " : "heard ") + (e.heard / 1000).toFixed(1) + (e.silent ? " s" : " s ago");
    $(".asked", box).textContent = "asked " + e.asked + (e.asked === 1 ? " time" : " times") + (e.unpublished ? "; to publish: " + e.unpublished : "");
  });
  on("power", (e) => {
    turn($("#redis button"), "Redis", e.redis);
    turn($("#stytch button"), "Stytch", e.stytch);
    $("#redis").hidden = !e.ours;
  });
}

function turn(button, name, on) {
  button.textContent = (on ? "Stop " : "Start ") + name;
  button.value = on ? "no" : "yes";
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target, path = new URL(form.action).pathname;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  if (path.endsWith("/sign-out") || path.endsWith("/roles")) {
    ends = new Map();
    pressed = path.endsWith("/roles") ? "Changed the role. " : "Signed out at process " + path.split("/")[2] + ". ";
    say(pressed);
    for (const e of document.querySelectorAll(".after")) e.textContent = "\u00a0";
  }
  event.submitter.disabled = true;
  let res;
  try {
    res = await fetch(form.action, { method: "POST", body, redirect: "manual" });
  } catch {
    say("Nothing answers. Is the program still running?");
    return;
  } finally {
    event.submitter.disabled = false;
  }
  if (res.type !== "opaqueredirect") return say("Refused with status " + res.status + ".");
  if (path === "/sign-in") return location.assign("/");
  if (path.endsWith("/sign-out")) shows(false);
  if (path.endsWith("/roles") && !ends.size) say(pressed + "It counts from the next request on.");
  if (path === "/stage/redis") say(body.get("on") === "no" ? "Redis is stopped." : "Redis is started, and empty.");
  if (path === "/stage/stytch") say(body.get("on") === "no" ? "Stytch is stopped." : "Stytch answers again.");
});

async function ask() {
  if (!signedIn || document.hidden) return;
  const began = performance.now();
  let process = "–", text;
  try {
    const res = await fetch("/classes/" + klass);
    process = res.headers.get("X-Process") || process;
    text = res.ok ? "200 " : String(res.status);
    if (res.ok) {
      const me = await res.json();
      text += me.role;
      if (role && role !== me.role) listen();
      role = me.role;
      $("#role").textContent = role;
      $("#roles").hidden = role !== "instructor";
    }
    if (res.status === 401) shows(false);
  } catch {
    text = "no answer";
  }
  const took = performance.now() - began, lines = $("#lines"), row = document.createElement("tr");
  for (const cell of [new Date().toLocaleTimeString("en-GB"), process, text, took.toFixed(0)]) {
    row.insertCell().textContent = cell;
  }
  if ($("td[colspan]", lines)) lines.replaceChildren();
  lines.prepend(row);
  while (lines.rows.length > 6) lines.deleteRow(-1);
}

listen();
ask();
setInterval(ask, 1000);
