// Behaviour: sound, cursor, zoom, scrolling, and the text under the picture. Lyrics are only ever set as text.

const part = (id) => document.getElementById(id);
const stage = part("stage"), canvas = part("picture"), scroller = part("scroller"), cursor = part("cursor");
const audio = new Audio();
const HIGHEST_SCALE = 600, USUAL_SCALE = 90, FOLLOWED_TO = 0.85, FOLLOWED_FROM = 0.12;
const view = { pen: canvas.getContext("2d"), width: 0, start: 0, scale: USUAL_SCALE, now: 0 };
let waiting = false;

function loadSound() {
  const letters = atob(scene.sound.base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  audio.src = URL.createObjectURL(new Blob([bytes], { type: scene.sound.type }));
  audio.preload = "auto";
}

function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    drawScene(view);
    placeCursor();
  });
}

function resize() {
  const ratio = window.devicePixelRatio || 1;
  view.width = stage.clientWidth;
  canvas.width = Math.round(view.width * ratio);
  canvas.height = Math.round(panels.height * ratio);
  canvas.style.height = cursor.style.height = `${panels.height}px`;
  view.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  setScale(view.scale, view.start, 0);
}

const shownSeconds = () => (view.width - GUTTER) / view.scale;
const lowestScale = () => (view.width - GUTTER) / scene.seconds;

function setScale(scale, keptSeconds, keptPixel) {
  view.scale = Math.max(lowestScale(), Math.min(HIGHEST_SCALE, scale));
  part("width").style.width = `${GUTTER + scene.seconds * view.scale}px`;
  scrollTo(keptSeconds - keptPixel / view.scale);
}

function scrollTo(seconds) {
  view.start = Math.max(0, Math.min(seconds, scene.seconds - shownSeconds()));
  scroller.scrollLeft = view.start * view.scale;
  redraw();
}

function zoom(factor, pixel = (view.width - GUTTER) / 2) {
  setScale(view.scale * factor, view.start + pixel / view.scale, pixel);
}

function placeCursor() {
  const x = xOf(view, view.now);
  cursor.hidden = x < GUTTER || x > view.width;
  cursor.style.transform = `translateX(${x}px)`;
  part("clock").textContent = `${clockText(view.now, 1)} / ${clockText(scene.seconds, 1)}`;
  const bar = barAt(view.now), note = scene.notes.find(([start, end]) => view.now >= start && view.now < end);
  part("now").textContent = [bar && `bar ${bar}`, note && noteName(note[2]), note && note[3]].filter(Boolean).join("  ");
}

function barAt(seconds) {
  const before = scene.bars.filter(([start]) => start <= seconds + 1e-3);
  const label = before.length ? before[before.length - 1][1] : "";
  return label === "0" ? "" : label;
}

function goTo(seconds) {
  view.now = Math.max(0, Math.min(seconds, scene.seconds));
  audio.currentTime = view.now;
  if (view.now < view.start || view.now > endOf(view)) scrollTo(view.now - FOLLOWED_FROM * shownSeconds());
  redraw();
}

function toggle() {
  if (!audio.paused) return audio.pause();
  if (audio.ended || view.now >= scene.seconds - 0.02) goTo(0);
  return audio.play();
}

function step() {
  view.now = audio.currentTime;
  const share = (view.now - view.start) / shownSeconds();
  if (part("follow").checked && !audio.paused && (share > FOLLOWED_TO || share < 0)) {
    scrollTo(view.now - FOLLOWED_FROM * shownSeconds());
  }
  redraw();
  if (!audio.paused) requestAnimationFrame(step);
}

function stepBar(direction) {
  const starts = scene.bars.length ? scene.bars.map(([seconds]) => seconds) : [];
  const ahead = direction > 0 ? starts.find((s) => s > view.now + 0.05) : starts.filter((s) => s < view.now - 0.35).pop();
  goTo(ahead ?? (starts.length && direction < 0 ? 0 : view.now + direction * 2));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
  const actions = {
    " ": toggle, ArrowLeft: () => stepBar(-1), ArrowRight: () => stepBar(1), Home: () => goTo(0), "+": () => zoom(1.5),
    "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: () => setScale(0, 0, 0),
  };
  if (!actions[event.key] || (event.key === " " && event.target.matches("button, input"))) return;
  event.preventDefault();
  actions[event.key]();
}

function onWheel(event) {
  if (event.ctrlKey) {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 200), event.offsetX - GUTTER);
  } else if (event.deltaX || event.shiftKey) {
    event.preventDefault();
    scrollTo(view.start + (event.deltaX || event.deltaY) / view.scale);
  }
}

function readOut(event) {
  const seconds = view.start + (event.offsetX - GUTTER) / view.scale, frame = Math.round(seconds / scene.frameSeconds);
  const off = (curve) => {
    const note = scene.noteCents[frame], value = curve[frame];
    return note == null || value == null ? null : `${value >= note ? "+" : ""}${value - note}`;
  };
  const asked = off(scene.asked), heard = off(scene.heard), note = scene.noteCents[frame];
  const phone = scene.phones.find(([start, end]) => seconds >= start && seconds < end);
  part("readout").textContent = event.offsetX < GUTTER ? "" : [
    clockText(Math.max(0, seconds), 2), barAt(seconds) && `bar ${barAt(seconds)}`, note != null && noteName(note / 100),
    phone && `[${phone[2]}]`, asked && `asked ${asked}`, heard && `heard ${heard} cents`,
  ].filter(Boolean).join("   ");
}

function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...properties });
}

function jump(label, seconds) {
  return element("button", label, { type: "button", className: "go", title: "Go there", onclick: () => goTo(seconds) });
}

function writeText() {
  const { findings } = scene;
  part("title").textContent = scene.title || "Untitled";
  part("about").textContent = [scene.part, scene.language, clockText(scene.seconds, 1)].filter(Boolean).join(" · ");
  part("made").textContent = `Made by svs ${scene.version}.`;
  for (const one of findings.figures) {
    const card = element("div", "", { title: one.convention }), value = element("dd", `${one.value} `);
    value.append(element("small", one.unit));
    card.append(element("dt", one.label), value);
    part("figures").append(card);
  }
  part("measures").hidden = !findings.figures.length;
  part("method").textContent = `F0 heard by ${findings.extractor}. Rest on a figure to see how it is defined.`;
  for (const one of findings.warnings) {
    const item = element("li", `${one.text} `), line = scene.bars.find(([, label]) => label === one.bar);
    if (line) item.append(jump(`bar ${one.bar}`, line[0]));
    part("warnings").append(item);
  }
  part("warned").hidden = !findings.warnings.length;
  writeRows(findings.bars);
}

function writeRows(bars) {
  part("by-bar").hidden = !bars.length;
  for (const one of bars) {
    const row = element("tr", ""), first = element("td", "");
    first.append(jump(one.bar === "0" ? "pickup" : one.bar || clockText(one.seconds, 1), one.seconds));
    const pitch = one.error_cents, onset = one.onset_ms;
    row.append(
      first, element("td", one.words),
      element("td", pitch == null ? "–" : pitch.toFixed(0), { className: pitch != null && pitch >= 50 ? "off" : "" }),
      element("td", onset == null ? "–" : onset.toFixed(0).replace(/^-0$/, "0"), { className: Math.abs(onset || 0) >= 60 ? "off" : "" }),
      element("td", one.remarks.join("; ")),
    );
    row.dataset.remarks = one.remarks.length;
    part("rows").append(row);
  }
}

function listen() {
  part("play").onclick = toggle;
  part("in").onclick = () => zoom(1.5);
  part("out").onclick = () => zoom(1 / 1.5);
  part("fit").onclick = () => setScale(0, 0, 0);
  part("speed").onchange = (event) => { audio.playbackRate = Number(event.target.value); };
  part("only").onchange = (event) => {
    for (const row of part("rows").children) row.hidden = event.target.checked && row.dataset.remarks === "0";
  };
  audio.onplay = () => { part("play").textContent = "Pause"; step(); };
  audio.onpause = audio.onended = () => { part("play").textContent = "Play"; step(); };
  scroller.onscroll = () => { if (Math.abs(scroller.scrollLeft - view.start * view.scale) > 1) scrollTo(scroller.scrollLeft / view.scale); };
  canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); goTo(view.start + (event.offsetX - GUTTER) / view.scale); };
  canvas.onpointermove = (event) => {
    readOut(event);
    if (event.buttons & 1) goTo(view.start + (event.offsetX - GUTTER) / view.scale);
  };
  canvas.addEventListener("wheel", onWheel, { passive: false });
  document.addEventListener("keydown", onKey);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); redraw(); });
  new ResizeObserver(resize).observe(stage);
}

readColours();
loadSound();
writeText();
listen();
