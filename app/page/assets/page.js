// Keeps an open page up to date, filters while one types, and moves by keys. The server draws
// everything: what is new is the same page asked for again, of which the elements marked `data-live`
// are exchanged. Without this script the page is complete, only still.
'use strict';

const SOON = 250;             // ms after an event, so that a burst is one request
const REFRESH = 5000;         // ms between two looks without an event
const RETRY = 10000;          // ms until the stream is tried again when the server refused it

const liveButton = document.getElementById('live');
let paused = false;
let timer = 0;
let asking = null;            // the request under way
let missed = false;           // something came while it was
let stream = null;

function say(text) {
  document.getElementById('said').textContent = text;
}

function rows() {
  return [...document.querySelectorAll('[data-row]')];
}

// Exchanges the live elements for those of `page`; the focus stays in its row. With `mark`, alerts
// that were not there before are marked. Says how many.
function exchange(page, mark) {
  const known = new Set(rows().map((row) => row.dataset.seq));
  const focused = document.activeElement?.closest('[data-row]');
  const focusedAt = focused ? rows().indexOf(focused) : -1;
  let fresh = 0;
  for (const old of document.querySelectorAll('[data-live]')) {
    const next = page.getElementById(old.id);
    if (!next || next.outerHTML === old.outerHTML) continue;
    old.replaceWith(document.adoptNode(next));
  }
  for (const row of document.querySelectorAll('tr[data-seq]')) {
    if (mark && !known.has(row.dataset.seq)) {
      row.classList.add('fresh');
      fresh += 1;
    }
  }
  if (focused && !focused.isConnected) {
    const same = focused.dataset.seq && document.querySelector(`tr[data-seq="${focused.dataset.seq}"]`);
    (same || rows()[focusedAt])?.querySelector('a')?.focus({ preventScroll: true });
  }
  return fresh;
}

async function refresh(announce) {
  clearTimeout(timer);
  asking?.abort();
  const mine = asking = new AbortController();
  missed = false;
  try {
    const answer = await fetch(location.href, { signal: mine.signal, headers: { accept: 'text/html' } });
    if (answer.status === 401) {
      location.reload();      // the session has ended: this leads to the form to sign in
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (mine.signal.aborted) return;
    const fresh = exchange(page, announce);
    if (fresh > 0) say(fresh === 1 ? 'One new alert' : `${fresh} new alerts`);
    liveButton.classList.remove('lost');
  } catch (error) {
    if (error.name === 'AbortError') return;
    liveButton.classList.add('lost');
  }
  if (mine === asking) {
    asking = null;
    plan(missed ? SOON : REFRESH);
  }
}

function plan(delay) {
  clearTimeout(timer);
  if (!paused && !document.hidden) timer = setTimeout(() => refresh(true), delay);
}

// One stream while the page is looked at: browsers allow few connections to one server, and the
// server few streams.
function listen() {
  if (stream || paused || document.hidden) return;
  const mine = stream = new EventSource('/api/v1/events');
  mine.addEventListener('alert', () => {
    missed = true;
    if (!asking) plan(SOON);
  });
  mine.addEventListener('error', () => {
    // The browser comes again by itself, except when the server refused.
    if (mine.readyState !== EventSource.CLOSED || mine !== stream) return;
    stream = null;
    setTimeout(listen, RETRY);
  });
}

function stopListening() {
  stream?.close();
  stream = null;
}

function setPaused(value) {
  paused = value;
  liveButton.setAttribute('aria-pressed', String(!paused));
  liveButton.textContent = paused ? 'Paused' : 'Live';
  say(paused ? 'Live updates are paused' : 'Live updates go on');
  if (paused) {
    clearTimeout(timer);
    stopListening();
  } else {
    listen();
    refresh(true);
  }
}

// The form filters as it is filled in; the address says the same, so that it can be passed on.
function startFilter() {
  const form = document.getElementById('filter');
  if (!form) return;
  let typing = 0;
  const apply = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value !== '') query.set(name, value);
    }
    const text = query.toString().replaceAll('%2C', ',');
    history.replaceState(null, '', text ? `/?${text}` : '/');
    refresh(false);
  };
  form.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(apply, SOON);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(typing);
    apply();
  });
}

function move(step) {
  const all = rows().filter((row) => row.querySelector('a'));
  if (all.length === 0) return;
  const at = all.indexOf(document.activeElement?.closest('[data-row]'));
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
  const target = all[Math.min(Math.max(next, 0), all.length - 1)];
  const link = target.querySelector('.c-title a, th a, a');
  link.focus();
  target.scrollIntoView({ block: 'nearest' });
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  '/': () => {
    const search = document.getElementById('search');
    if (search) search.focus(); else location.assign('/');
  },
  u: () => document.querySelector('[data-back]')?.click(),
  p: () => setPaused(!paused),
  '?': () => document.getElementById('keys').showModal(),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const target = event.target;
  if (target.matches('input, select, textarea')) {
    if (event.key === 'Escape') target.blur();
    return;
  }
  // Arrows move in a list once one is in it; before that they scroll, as everywhere, and in a box of text too.
  const arrow = event.key.startsWith('Arrow');
  if (arrow && !target.closest('[data-row]')) return;
  if (Object.hasOwn(keys, event.key)) {
    event.preventDefault();
    keys[event.key]();
  }
});

// Back to the list as it was, with its filter.
document.addEventListener('click', (event) => {
  const back = event.target.closest?.('[data-back]');
  if (!back || !document.referrer || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const from = new URL(document.referrer);
  if (from.origin === location.origin && from.pathname === new URL(back.href).pathname && history.length > 1) {
    event.preventDefault();
    history.back();
  }
});

if (liveButton && document.querySelector('[data-live]')) {
  liveButton.hidden = false;
  liveButton.addEventListener('click', () => setPaused(!paused));
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      stopListening();
    } else if (!paused) {
      listen();
      refresh(true);
    }
  });
  window.addEventListener('pagehide', stopListening);
  startFilter();
  setTimeout(listen, SOON);   // not for a page that is left at once
  plan(REFRESH);
}
