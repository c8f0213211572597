// Talks to the bot. Every refusal arrives as one sentence in the reader's language.

import { current, t } from "./words.js";

let csrf = "";

export class Trouble extends Error {
  constructor(status, sentence, code = "") {
    super(sentence);
    this.status = status;
    this.code = code;
  }
}

async function ask(path, options = {}) {
  const headers = { "accept-language": current(), ...(options.headers || {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, credentials: "same-origin" });
  } catch {
    throw new Trouble(0, t("offline"));
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Trouble(answer.status, told.sentence || t("failed", { status: answer.status }), told.error);
  if (told.csrf) csrf = told.csrf;
  return told;
}

export const get = (path) => ask(path);

export const bring = (file) =>
  ask("/web/files", {
    method: "POST",
    headers: { "content-type": "application/octet-stream", "x-csrf-token": csrf, "x-file-name": encodeURIComponent(file.name || "picture.png") },
    body: file,
  });

export const post = (path, body = {}) =>
  ask(path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": csrf },
    body: JSON.stringify(body),
  });
